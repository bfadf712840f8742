"""A sweep: one compiled model, compressed to several widths by several seeds, and measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from torch import Tensor

from rasplab.diagnostics import Diagnostic, InputError, counted, diagnostic
from rasplab.display import Table, html, shorten
from rasplab.lab.compression.compressible import M_co, holding
from rasplab.lab.compression.domain import Domain
from rasplab.lab.compression.fold import fold
from rasplab.lab.compression.maps import Member, Parameters
from rasplab.lab.compression.measures import Measures, tolerance
from rasplab.lab.compression.objective import Objective
from rasplab.lab.compression.variables import VariableReport, examine


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sweep(Generic[M_co]):
    """The members of a sweep after training, and what was measured of each.

    `theta` (M × parameters) holds what was trained; `seconds` is how long that took, calls that
    were interrupted included.
    """

    model: M_co
    inputs: Domain
    objective: Objective
    parameters: Parameters
    members: tuple[Member, ...]
    theta: Tensor
    measures: tuple[Measures, ...]
    settings: dict[str, object]
    seconds: float

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths, ascending."""
        return tuple(sorted({m.width for m in self.members}))

    def of_width(self, width: int) -> tuple[Measures, ...]:
        """The measures of the members of one width that did not diverge."""
        return tuple(m for m in self.measures if m.member.width == width and not m.diverged)

    def best(self, width: int) -> Member:
        """The member of a width with the least loss.

        Raises:
            InputError: E804 where there is none: another width, or one at which all diverged.
        """
        found = self.of_width(width)
        if not found:
            if width in self.widths:
                raise InputError(diagnostic("E804", f"all members of width {width} diverged"))
            raise InputError(_none_of(f"width {width}", self.widths))
        return min(found, key=lambda m: m.loss).member

    def examine(self, member: Member) -> tuple[VariableReport, ...]:
        """What became of every variable in one member."""
        small = self.compressed(member).weights
        within = tolerance(self.objective)
        return examine(self.model.weights, small, self.inputs, within=within)

    def compressed(self, member: Member) -> M_co:
        """A member as a model: it runs, traces, saves and exports.

        Raises:
            InputError: E804 where it is none of the sweep's.
        """
        if member not in self.members:
            raise InputError(_none_of(member.name, [m.name for m in self.members]))
        row = self.theta[self.members.index(member)]
        within = tolerance(self.objective)
        weights = fold(self.model.weights, self.parameters, row, member, within)
        return holding(self.model, weights)

    def __repr__(self) -> str:
        widths = ", ".join(map(str, self.widths))
        lost = sum(m.diverged for m in self.measures)
        told = f"; {lost} diverged" if lost else ""
        title = f"{counted(len(self.members), 'member')} of {self.model.name}, d_model {widths}"
        return f"<sweep: {shorten(title, 200)}{told}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                m.member.name,
                m.member.width,
                "diverged" if m.diverged else f"{m.loss:.2e}",
                f"{m.accuracy:.1%}",
                f"{m.cosine:.3f}",
            )
            for m in self.measures
        ]
        return html(
            repr(self)[1:-1], Table(("member", "d_model", "loss", "accuracy", "cosine"), rows)
        )


def _none_of(wanted: str, known: Iterable[object]) -> Diagnostic:
    there = ", ".join(map(str, known))
    return diagnostic("E804", f"the sweep has no {wanted}", help=f"it has {there}")
