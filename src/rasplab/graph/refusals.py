"""What facts refuse, or leave to be tried."""

from __future__ import annotations

from rasplab.diagnostics import Diagnostic, diagnostic
from rasplab.graph.domain import Domain, Interval
from rasplab.graph.node import Interner, Node

_DECLARE = (
    "an aggregate that selects one position is said to with `picks_one`, and inputs for which "
    "the program is meant with `inputs=`"
)


def too_many_values(node: Node, domain: Domain, interner: Interner) -> Diagnostic:
    """The refusal of a node whose values cannot be listed."""
    size = f"between {domain.low:g} and {domain.high:g}" if isinstance(domain, Interval) else ""
    return diagnostic(
        "E301",
        "this expression can take too many values to be compiled exactly",
        at=interner.origin(node),
        label=f"too many different numbers {size}".strip(),
        help=f"round it, aggregate over fewer values, or lower `max_length`; {_DECLARE}",
    )


def no_order(best: Node, error: TypeError, interner: Interner) -> Diagnostic:
    """What is said of scores that cannot be compared."""
    return diagnostic(
        "E108",
        "these scores have no order",
        at=interner.origin(best),
        label=str(error),
        help="score with numbers, or with words alone",
    )


def too_many_combinations(
    node: Node, sizes: list[int], most: int, interner: Interner
) -> Diagnostic:
    """The refusal of a function whose arguments cannot all be tried."""
    return diagnostic(
        "E302",
        "this function has too many combinations of arguments to be compiled exactly",
        at=interner.origin(node),
        label=f"{' × '.join(map(str, sizes))} combinations",
        notes=[f"at most {most} are tabulated"],
        help="apply functions of fewer arguments one after the other, or use a smaller "
        f"vocabulary or `max_length`; {_DECLARE}",
    )


def too_much_tabulated(node: Node, tabulated: int, most: int, interner: Interner) -> Diagnostic:
    """The refusal of a program whose functions have too many combinations taken together."""
    return diagnostic(
        "E302",
        "the functions of this program have too many combinations of arguments in all",
        at=interner.origin(node),
        label="with those of this one",
        notes=[f"{tabulated:,} combinations, of which {most:,} are tabulated"],
        help="let one function, given to `apply`, do the work of a long chain, or use a smaller "
        "vocabulary or `max_length`; optimize=1 tabulates less than optimize=0",
    )


def not_finite(node: Node, interner: Interner) -> Diagnostic:
    """The refusal of an aggregate whose sum may be beyond the floats, hence undefined."""
    return diagnostic(
        "E301",
        "this aggregate may add up numbers to more than a float can hold",
        at=interner.origin(node),
        label="such a sum is undefined",
        help="scale the values down before they are aggregated",
    )


def averages_words(node: Node, values: Node, interner: Interner) -> Diagnostic:
    """The finding that an aggregate would average what are not all numbers."""
    return diagnostic(
        "E204",
        "this aggregate would average words",
        at=interner.origin(node),
        label="nothing shows that only equal values are selected",
        also=[(interner.origins.get(values), "the values")],
        notes=["only numbers can be averaged"],
        help='select at most one position, or aggregate an indicator such as `tokens == "a"`; '
        "say with `inputs=` for which inputs the program is meant",
    )
