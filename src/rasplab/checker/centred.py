"""Disguised weights behind a layer norm: how large the mean can be, and how steady the variance.

The norms are those of a home (`rasplab.export.homes.gpt2`): a coordinate x is read as (x - m)·r·γ,
with m the mean and r = 1/√(var + ε) as they were computed. Whoever writes a row w into the d
columns of the stream writes minus its sum, rounded, into a lane `balance`; whoever reads a column r
reads a lane that is 0, which the norm makes -m·r·γ, with minus the sum of the column, rounded; and
a lane `word` holds 1, or 0 at BOS, of which readers may take their constant. So the mean is 0 but
for rounding, and what it leaves is rounding of rounding, whatever basis the stream is in.

r·γ is 1 in one of two ways: ε is so large that the variance does not show beside it, or two lanes
hold so much, an anchor and minus that, that all others do not show beside them.

A root-mean-square norm takes no mean away: what is read is x·r·γ, with r = 1/√(mean square + ε),
one lane holds an anchor, and of all this there remains what the anchor asks for.
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

    def write(self, terms: float, lengths: float) -> None:
        """After a step that adds so many terms, and the stream, of these lengths in all.

        A row w of length l has coordinates that add up, sizes only, to √d·l at most, and its
        `balance` is no larger; the sum of both is within γ(d + 1)·√d·l of 0. Adding t terms rounds
        each lane by γ(t + 1) of all that is in it, which is no more than twice √d times all
        lengths, and what `balance` and `word` have of their own: the tilt, and 1. Anchors add up
        to 0 and nobody writes them.
        """
        sizes = 2 * math.sqrt(self.width) * lengths + self.tilt + 1.0
        more = float(self.form.gamma(terms + self.width + 3)) * sizes
        more += (terms + 1) * (self.width + LANES) * self.form.least
        self.tilt = (self.tilt + more) * WIDER

    def roundings(self, length: float) -> int:
        """How often what is read is rounded: a term per column and a constant, as it stands.

        Behind a norm there are two lanes more, and each coordinate is rounded once by itself; and
        the weight of the lane `zero` is off by γ(d + 1) of what is added up in it. With anchors
        each coordinate is rounded twice more, as it is multiplied by r and by γ, and all of them
        are off by the same part, which counts as so many roundings.
        """
        reading, anchored = self.form.reading, 0
        if reading.anchor:
            anchored = 2 + math.ceil(self._scale(length) / self.form.roundoff)
        return self.width + (5 if reading.epsilon and reading.mean else 1) + anchored

    def trace(self, length: float, columns: Array, bias: Array) -> Array:
        """What the norm adds to the sizes of what is read, of a stream that is so long at most.

        With m the mean, and r a column of length l with the constant b: the sizes grow by m·|r| in
        the columns, by as much and m·|b| in the lane `zero`, whose weight may be off by as much
        again, and by m·|b| in `word`. What the norm computes with is 1/γ of what it reads:
        coordinates below the least number of the format times γ may be lost.

        Raises:
            RefutedError: the variance may be so large that it shows beside ε, or the anchors.
        """
        reading = self.form.reading
        if not reading.epsilon:
            return columns * 0.0
        # anchors: γ² is ε and 2·anchor²/N, twice of which covers that γ is rounded
        gain = math.sqrt(reading.epsilon + 4 * reading.anchor**2 / max(reading.lanes, 1))
        sizes = math.sqrt(self.width) * columns + bias
        lost = 2 * self.form.least * gain / self.form.roundoff
        if not reading.mean:
            return lost * sizes * WIDER
        return (4 * self._mean(length) * sizes + lost * sizes) * WIDER

    def _sizes(self, length: float) -> float:
        """The most that the sizes of all lanes but the anchors add up to."""
        return (2 * math.sqrt(self.width) * length + self.tilt + 2.0) * WIDER

    def _mean(self, length: float) -> float:
        """The most that the mean can be computed as.

        All lanes are X in size; their mean is computed within 8u·X, also by Welford's steps: the
        k-th is rounded by u·X/k and 3u·(|x| + X/k)/k, of which k/N is left. Without anchors, the
        variance is at most X², and is rounded by no more than itself.
        """
        reading, total = self.form.reading, self._sizes(length)
        if not reading.anchor and not 4 * total**2 < self.form.roundoff * reading.epsilon:
            raise RefutedError("the variance of the stream is too large for the norms")
        total += 2 * reading.anchor
        return (self.tilt / (self.width + LANES) + 16 * self.form.roundoff * total) * WIDER

    def _scale(self, length: float) -> float:
        """How far from 1 the factor r·γ of all coordinates can be.

        N·var is 2A² for the anchors ±A, and what the others add, at most the square of their sizes,
        less N times the square of the mean. By Welford's steps it is Σ(x - m')(x - m"), where the
        means of the first k lanes are off by e = 8u·X each: off by e·Σ|x - m'| twice, for which
        2e·X·(3 + ln N) is enough, as |m'| is at most X/k and e; and each of N terms is rounded a
        few times, (N + 8)·u of it all. A mean that is known first does no worse. The root takes
        about half of the error, 0.53 of 1/16; sum, root, quotient and γ are rounded, the quotient
        perhaps by two units. Of a mean square nothing is taken away: N times it is A², the squares
        of the others, which are the square of their length, and what N roundings of it add.

        Raises:
            RefutedError: the others may show beside the anchors.
        """
        reading, unit = self.form.reading, self.form.roundoff
        if not reading.anchor**2 * unit > (reading.lanes + 8) * self.form.least:
            raise RefutedError("the squares of the anchors are too small for the format")
        if not reading.mean:
            shown = length**2 * WIDER / reading.anchor**2
            return self._off(shown + unit * (reading.lanes + 8) * (1 + shown))
        others, own = self._sizes(length), 2 * reading.anchor**2
        total = others + 2 * reading.anchor
        shown = (others**2 + (self.tilt**2) / reading.lanes) / own
        terms = 16 * total**2 * (3 + math.log(reading.lanes)) / own + reading.lanes + 8
        return self._off(shown + unit * terms * (1 + shown))

    def _off(self, off: float) -> float:
        """How far from 1 the factor is where the variance is off by such a part of it."""
        if not off < 2.0**-4:
            raise RefutedError("the stream is too large for the anchors of the norms")
        return (0.55 * off + 8 * self.form.roundoff) * WIDER
