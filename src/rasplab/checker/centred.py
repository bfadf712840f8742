"""Disguised weights behind a norm that takes the mean away: how large that mean can be.

The norm is that of a home (`rasplab.export.gpt2`): a coordinate x is read as fl(x - m), with m the
mean as it was computed. Whoever writes a row w into the d columns of the stream writes minus its
sum, rounded, into a lane `balance`; whoever reads a column r reads a lane that is 0, which the norm
makes -m, with minus the sum of r, rounded; and a lane `word` holds 1, or 0 at BOS, of which readers
take their constant. So the mean is 0 but for rounding, and what it leaves is rounding of rounding,
whatever basis the stream is in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rasplab.checker.arithmetic import Array, Format
from rasplab.checker.stream import WIDER, RefutedError

LANES = 3
"""Beside the columns of the stream: `zero`, `balance` and `word`."""


@dataclass(slots=True)
class Centred:
    """The stream at some position, `width` columns and the lanes, behind a norm or as it stands.

    `tilt` bounds what all lanes add up to so far, which would be 0 without rounding.
    """

    form: Format
    width: int
    tilt: float = 0.0

    @property
    def roundings(self) -> int:
        """How often what is read is rounded: a term per column and a constant, as it stands.

        Behind a norm there are two lanes more, and each coordinate is rounded once by itself; and
        the weight of the lane `zero` is off by γ(d + 1) of what is added up in it.
        """
        return self.width + (5 if self.form.reading.epsilon else 1)

    def write(self, terms: float, lengths: float) -> None:
        """After a step that adds so many terms, and the stream, of these lengths in all.

        A row w of length l has coordinates that add up, sizes only, to √d·l at most, and its
        `balance` is no larger; the sum of both is within γ(d + 1)·√d·l of 0. Adding t terms rounds
        each lane by γ(t + 1) of all that is in it, which is no more than twice √d times all
        lengths, and what `balance` and `word` have of their own: the tilt, and 1.
        """
        sizes = 2 * math.sqrt(self.width) * lengths + self.tilt + 1.0
        more = float(self.form.gamma(terms + self.width + 3)) * sizes
        more += (terms + 1) * (self.width + LANES) * self.form.least
        self.tilt = (self.tilt + more) * WIDER

    def trace(self, length: float, columns: Array, bias: Array) -> Array:
        """What the norm adds to the sizes of what is read, of a stream that is so long at most.

        With m the mean, and r a column of length l with the constant b: the sizes grow by m·|r| in
        the columns, by as much and m·|b| in the lane `zero`, whose weight may be off by as much
        again, and by m·|b| in `word`. What the norm computes with is 1/√ε of what it reads:
        coordinates below the least number of the format times √ε may be lost.

        Raises:
            RefutedError: the variance may be so large that it shows beside ε.
        """
        epsilon = self.form.reading.epsilon
        if not epsilon:
            return columns * 0.0
        lost = self.form.least * math.sqrt(epsilon)
        sizes = math.sqrt(self.width) * columns + bias
        return (4 * self._mean(length) * sizes + 2 * lost * sizes / self.form.roundoff) * WIDER

    def _mean(self, length: float) -> float:
        """The most that the mean can be computed as.

        All lanes are X in size; their mean is computed within 8u·X, also by Welford's steps: the
        k-th is rounded by u·X/k and 3u·(|x| + X/k)/k, of which k/N is left. The variance is at most
        X², and is rounded by no more than itself.
        """
        total = 2 * math.sqrt(self.width) * length + self.tilt + 2.0
        if not 4 * total * total < self.form.roundoff * self.form.reading.epsilon:
            raise RefutedError("the variance of the stream is too large for the norms")
        return (self.tilt / (self.width + LANES) + 16 * self.form.roundoff * total) * WIDER
