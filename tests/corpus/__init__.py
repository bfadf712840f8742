"""Programs that compilers of RASP get silently wrong, each with its reason."""

from tests.corpus.at_bos import AT_BOS
from tests.corpus.case import Case
from tests.corpus.counting import COUNTING
from tests.corpus.encodings import ENCODINGS
from tests.corpus.numbers import NUMBERS
from tests.corpus.orders import ORDERS
from tests.corpus.partial import PARTIAL_CASES
from tests.corpus.rounding import ROUNDING
from tests.corpus.selectors import SELECTORS
from tests.corpus.shapes import SHAPES
from tests.corpus.undefined import UNDEFINED
from tests.corpus.written import WRITTEN

CASES: tuple[Case, ...] = (
    *COUNTING,
    *NUMBERS,
    *UNDEFINED,
    *ENCODINGS,
    *SELECTORS,
    *ORDERS,
    *SHAPES,
    *ROUNDING,
    *AT_BOS,
    *PARTIAL_CASES,
    *WRITTEN,
)

__all__ = ["CASES", "Case"]
