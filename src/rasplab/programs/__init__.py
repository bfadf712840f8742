"""The program library: RASP programs to compile, to study and to copy from.

Each is a function that builds an expression; `all()` and `get(name)` give them as entries.

>>> from rasplab import programs
>>> programs.sort()([3, 1, 2])
[1, 2, 3]
>>> program, vocab = programs.get("reverse").at(vocab_size=3, max_length=5)
>>> program("cab"), vocab
(['b', 'a', 'c'], ('a', 'b', 'c'))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from rasplab.diagnostics.absence import absent
from rasplab.programs.arithmetic import addition, average, greatest, least, running_sum
from rasplab.programs.balance import (
    dyck,
    dyck1,
    dyck2,
    dyck3,
    pair_balance,
    shuffle_dyck,
    shuffle_dyck1,
    shuffle_dyck2,
    shuffle_dyck3,
)
from rasplab.programs.counting import (
    contains,
    count,
    count_less_freq,
    double_hist,
    frac_prevs,
    hist,
    length,
    most_freq,
    parity,
    seen_before,
)
from rasplab.programs.registry import Entry, get
from rasplab.programs.registry import entries as all
from rasplab.programs.search import (
    detect_pattern,
    induction_head,
    longest_run,
    mark_first,
    mark_last,
    run_length,
    select_next_identical,
)
from rasplab.programs.sequence import (
    caesar,
    load_from_location,
    palindrome,
    previous_token,
    reverse,
    shift,
)
from rasplab.programs.sorting import sort, sort_freq, sort_unique

__all__ = [
    "Entry",
    "addition",
    "all",
    "average",
    "caesar",
    "contains",
    "count",
    "count_less_freq",
    "detect_pattern",
    "double_hist",
    "dyck",
    "dyck1",
    "dyck2",
    "dyck3",
    "frac_prevs",
    "get",
    "greatest",
    "hist",
    "induction_head",
    "least",
    "length",
    "load_from_location",
    "longest_run",
    "mark_first",
    "mark_last",
    "most_freq",
    "pair_balance",
    "palindrome",
    "parity",
    "previous_token",
    "reverse",
    "run_length",
    "running_sum",
    "seen_before",
    "select_next_identical",
    "shift",
    "shuffle_dyck",
    "shuffle_dyck1",
    "shuffle_dyck2",
    "shuffle_dyck3",
    "sort",
    "sort_freq",
    "sort_unique",
]

_RENAMED = {
    "maximum": "the greatest value of a sequence is `greatest`",
    "minimum": "the least value of a sequence is `least`",
    "max": "the greatest value of a sequence is `greatest`",
    "min": "the least value of a sequence is `least`",
}


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # type checkers would take any name for one that there is

    def __getattr__(name: str) -> NoReturn:
        """Say of a name that is no program's which program it may be."""
        absent(__name__, name, __all__, _RENAMED.get(name), cutoff=0.6)
