"""Rounding in a number format, for sums in any order; and in this file's own float64.

Two facts carry everything. A sum of t products, in whatever order, with or without fused
multiply-add, is within γ_t = t·u / (1 - t·u) of the sum of their sizes (Higham, Accuracy and
Stability of Numerical Algorithms, section 3.1). And it is exact where all terms are multiples of
one power of two q and their sizes add up to at most 2^p·q: every partial sum is then a number that
the format has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.integer]

OWN = 2.0**-52
"""What bounds are computed with rounds, too: every bound is widened by as much per term."""

ZERO = 2**15
"""The place of the lowest bit of 0: beyond all others."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How an architecture reads the stream: as it stands, or through a norm.

    Each coordinate is rounded `roundings` times. A norm takes the mean away and its readers add it
    again, which leaves a trace in every sum, also of zeros: it is rounded as if it had a few terms
    more, of size `beside` (at BOS `at_bos`) times the weights. With `lane`, constants of values and
    of the output are read as coordinates are: from a lane that holds 1, but 0 at BOS, where the
    first lane has what they add up to with its own weight. Hidden units are relu but where they
    read less than `bend`; there they may be off by a thirtieth of it, also below. They are read
    `sharp` times as large as the weights that are followed say.

    Disguised weights say themselves how large mean and variance can be. Of the norm that they are
    read through it matters what it adds to the variance, `epsilon`, of how many `lanes` the stream
    is, and what two of these hold everywhere, `anchor` and minus that. Without anchors, ε is a
    power of 4 beside which the variance does not show. A norm that takes no `mean` away divides by
    the root of the mean square, and one lane holds the anchor.
    """

    roundings: int = 0
    beside: float = 0.0
    at_bos: float = 0.0
    lane: bool = False
    bend: float = 0.0
    sharp: float = 1.0
    epsilon: float = 0.0
    lanes: int = 0
    anchor: float = 0.0
    mean: bool = True

    @property
    def of_disguised(self) -> bool:
        """Whether disguised weights, and no others, are followed as they are read so."""
        own = replace(self, bend=0.0, sharp=1.0, epsilon=0.0, lanes=0, anchor=0.0, mean=True)
        return own == AS_IT_STANDS


AS_IT_STANDS = Reading()


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: bits of the significand, largest and least normal number.

    Its exponentials are trusted to be right within `exponential` units of rounding, and exp(0) to
    be 1; a kernel may multiply what it adds up `rescaled` times more. Those of 16 bits are computed
    in float32 and rounded, and so are their sums. `reading` is how blocks read the stream in it.
    """

    name: str
    bits: int
    largest: float
    least: float
    exponential: int = 8
    rescaled: int = 4
    reading: Reading = AS_IT_STANDS

    @property
    def summed(self) -> float:
        """The largest number of sums: those of 16 bits are computed in float32."""
        return max(self.largest, 2.0**127)

    @property
    def read(self) -> float:
        """In proportion, how far off a coordinate is that is read."""
        return float(self.gamma(self.reading.roundings))

    @property
    def constant(self) -> float:
        """In proportion, how far off a constant of values or of the output is."""
        return self.read if self.reading.lane else 0.0

    @property
    def roundoff(self) -> float:
        """Half a unit in the last place of 1."""
        return 2.0**-self.bits

    def gamma(self, roundings: Array | float) -> Array | float:
        """The relative error of so many roundings, one after the other."""
        total = np.asarray(roundings, np.float64) * self.roundoff
        return np.where(total < 0.5, total / np.maximum(1.0 - total, 0.5), np.inf)


FORMATS = {
    f.name: f
    for f in (
        Format("float64", 53, 2.0**1023, 2.0**-1022),
        Format("float32", 24, 2.0**127, 2.0**-126),
        Format("bfloat16", 8, 2.0**127, 2.0**-126, 2, 0),
        Format("float16", 11, 65504.0, 2.0**-14, 2, 0),
    )
}


def lowest_bit(numbers: Array) -> NDArray[np.int64]:
    """The place of a bit below which none is set: all are multiples of 2 to that power.

    >>> lowest_bit(np.array([1.0, 0.375, 6.0])).tolist()
    [0, -3, 1]
    """
    if numbers.size and bool((numbers == np.rint(numbers)).all()):  # the most frequent, and fast
        return np.where(numbers == 0, ZERO, 0)
    mantissa, exponent = np.frexp(numbers)
    whole = np.abs(np.ldexp(mantissa, 53)).astype(np.int64)
    place = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    return np.where(whole == 0, ZERO, exponent.astype(np.int64) - 53 + place)


def is_power_of_two(numbers: Array) -> Flags:
    """Whether each is ± a power of two: multiplying by it rounds nothing."""
    return np.abs(np.frexp(numbers)[0]) == 0.5


def two_to(places: NDArray[np.int64]) -> Array:
    """2 to the power of each; beyond the floats the largest power that they have."""
    return np.exp2(np.minimum(places, 1023).astype(np.float64))


def stored_in(numbers: NDArray[np.floating], name: str) -> NDArray[np.floating]:
    """Numbers rounded to a format, to the nearest, ties to even; infinite beyond its largest.

    The same array where it has them so already.
    """
    if name == "float64":
        return numbers.astype(np.float64, copy=False)
    with np.errstate(over="ignore"):
        narrow = numbers.astype(np.float32, copy=False)
        if name == "float16":
            return narrow.astype(np.float16).astype(np.float32)
    if name == "bfloat16":
        bits = narrow.view(np.uint32)
        nearest = bits + 0x7FFF + ((bits >> 16) & 1)
        return (nearest & np.uint32(0xFFFF0000)).view(np.float32)
    return narrow
