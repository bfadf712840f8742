"""The maps of a head that make its scores, and what they read."""

from __future__ import annotations

from dataclasses import dataclass

from rasplab.checker.arithmetic import Array, Format
from rasplab.checker.stream import NOT_OFF, Columns, Held, Off, read


@dataclass(frozen=True, slots=True, eq=False)
class HeadWeights:
    """The query and key maps of one head (d_model × d_head, with their biases).

    What they read is off by `off_q` and `off_k`, and `mixed` is what scores are rounded by where
    they are sums of other products than these.
    """

    w_q: Array
    b_q: Array
    w_k: Array
    b_k: Array
    off_q: Off = NOT_OFF
    off_k: Off = NOT_OFF
    mixed: float = 0.0

    def keys(self, held: list[Held], some: slice, form: Format) -> Columns:
        """What some columns read of the keys."""
        matrix, bias, beside = self.w_k[:, some], self.b_k[some], form.reading.beside
        return read(held, matrix, bias, beside=beside, off=self.off_k[some]).all()

    def queries(self, held: list[Held], some: slice, form: Format) -> Columns:
        """What some columns read of the queries."""
        matrix, bias, beside = self.w_q[:, some], self.b_q[some], form.reading.beside
        return read(held, matrix, bias, beside=beside, off=self.off_q[some]).all()
