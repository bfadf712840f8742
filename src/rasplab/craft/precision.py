"""Number formats, as far as exactness is concerned."""

from __future__ import annotations

import math
from dataclasses import dataclass


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


FLOAT64 = Precision("float64", 2.0**-53, 1.7e308, 2.3e-308)
FLOAT32 = Precision("float32", 2.0**-24, 3.4e38, 1.2e-38)
BFLOAT16 = Precision("bfloat16", 2.0**-8, 3.3e38, 1.2e-38)
FLOAT16 = Precision("float16", 2.0**-11, 65504.0, 6.1e-5)
PRECISIONS = {p.name: p for p in (FLOAT64, FLOAT32, BFLOAT16, FLOAT16)}
