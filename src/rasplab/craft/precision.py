"""Number formats, as far as exactness is concerned."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Precision:
    """A floating-point format: its unit roundoff, and its largest and least normal number."""

    name: str
    roundoff: float
    largest: float
    least: float

    def score_gap(self, keys: int) -> float:
        """The gap in score beyond which all but the winner weigh less than half a roundoff in all.

        n keys each lose a factor e^-g, so n·e^-g ≤ u/2, or g ≥ ln(2n/u); rounded up to a whole
        number, which every format holds exactly.
        """
        return float(math.ceil(math.log(2 * keys / self.roundoff)))

    @np.errstate(over="ignore", invalid="ignore")  # too large a number becomes infinite
    def rounded(self, numbers: Array) -> Array:
        """The nearest numbers of the format; the narrow ones by way of float32, as torch does it.

        >>> BFLOAT16.rounded(np.array([0.3, 257.0])).tolist()
        [0.30078125, 256.0]
        """
        if self.name == "float64":
            return numbers
        single = numbers.astype(np.float32)
        if self.name == "float16":
            single = single.astype(np.float16)
        if self.name == "bfloat16":  # the upper half of the bits, ties to even
            bits = single.view(np.uint32)
            nearest = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
            single = (nearest & np.uint32(0xFFFF0000)).view(np.float32)
        return single.astype(np.float64)


FLOAT64 = Precision("float64", 2.0**-53, 1.7e308, 2.0**-1022)
FLOAT32 = Precision("float32", 2.0**-24, 3.4e38, 2.0**-126)
BFLOAT16 = Precision("bfloat16", 2.0**-8, 3.3e38, 2.0**-126)
FLOAT16 = Precision("float16", 2.0**-11, 65504.0, 2.0**-14)
PRECISIONS = {p.name: p for p in (FLOAT64, FLOAT32, BFLOAT16, FLOAT16)}
