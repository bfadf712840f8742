"""Programs on brackets: balances, shuffle-Dyck and Dyck languages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from rasplab.diagnostics import ProgramError, capture, diagnostic
from rasplab.programs.patterns import found, so_far
from rasplab.programs.registry import program
from rasplab.programs.vocabulary import PAIRS, brackets
from rasplab.rasp import (
    SOp,
    aggregate,
    aggregate_sum,
    full,
    is_in,
    most_recent,
    select,
    tokens,
    where,
)


@program(brackets(1), causal=True, alphabet=True)
def pair_balance(pair: str = "()", values: SOp = tokens) -> SOp:
    """The fraction of opening tokens so far minus the fraction of closing tokens so far.

    A step of the RASP paper's shuffle-Dyck, `make_pair_balance` in the Tracr library. Two
    brackets, and any other tokens, which are ignored. Looks back only: causal. Both fractions are
    one mean, of 1 for an opening, -1 for a closing, 0 for any other token.

    >>> pair_balance()("a()(")
    [0, 0.5, 0, 0.25]
    """
    return aggregate(so_far(), _sign([pair], values)).named("pair_balance")


def shuffle_dyck(pairs: Sequence[str], values: SOp = tokens) -> SOp:
    """Whether each kind of bracket, taken alone, is balanced in the whole sequence.

    Shuffle-Dyck of the RASP paper, `make_shuffle_dyck` in the Tracr library. Kinds need not nest.
    Bidirectional. A position counts one fault for each kind whose balance is negative so far, and
    one for each kind that is left open at the end: a balance that ends negative already counts.

    >>> shuffle_dyck(["()", "<>"])("(<)>")
    [True, True, True, True]
    """
    _check(pairs)
    signs = [_sign([pair], values).named(f"sign {pair}") for pair in pairs]
    balances = [
        aggregate_sum(so_far(), s).named(f"balance {p}") for p, s in zip(pairs, signs, strict=True)
    ]
    ends = [aggregate_sum(full, s).named(f"end {p}") for p, s in zip(pairs, signs, strict=True)]
    negative = [
        where(b < 0, 1, 0).named(f"negative {p}") for p, b in zip(pairs, balances, strict=True)
    ]
    unclosed = [
        where(end > 0, 1, 0).named(f"unclosed {p}") for p, end in zip(pairs, ends, strict=True)
    ]
    faults = reduce(add, [*negative, *unclosed])
    all_faults = aggregate_sum(full, faults)
    return (all_faults == 0).named(f"shuffle_dyck{len(pairs)}")


@program(brackets(1), alphabet=True)
def shuffle_dyck1(values: SOp = tokens) -> SOp:
    """Whether `()` are balanced in the whole sequence, at every position.

    Shuffle-Dyck of the RASP paper, `make_shuffle_dyck` in the Tracr library. Brackets, and any
    other tokens, which are ignored. Bidirectional.

    >>> shuffle_dyck1()("(())"), shuffle_dyck1()("())(")
    ([True, True, True, True], [False, False, False, False])
    """
    return shuffle_dyck(PAIRS[:1], values)


@program(brackets(2), alphabet=True)
def shuffle_dyck2(values: SOp = tokens) -> SOp:
    """Whether `()` and `{}`, each alone, are balanced in the whole sequence, at every position.

    Shuffle-Dyck of the RASP paper, `make_shuffle_dyck2` in the Tracr library. Brackets, and any
    other tokens, which are ignored. Bidirectional.

    >>> shuffle_dyck2()("({)}"), shuffle_dyck2()("({}{")
    ([True, True, True, True], [False, False, False, False])
    """
    return shuffle_dyck(PAIRS[:2], values)


@program(brackets(3), alphabet=True)
def shuffle_dyck3(values: SOp = tokens) -> SOp:
    """Whether `()`, `{}` and `[]`, each alone, are balanced in the whole sequence.

    Shuffle-Dyck of the RASP paper, `make_shuffle_dyck` in the Tracr library. Brackets, and any
    other tokens, which are ignored. Bidirectional.

    >>> shuffle_dyck3()("[(])"), shuffle_dyck3()("][")
    ([True, True, True, True], [False, False])
    """
    return shuffle_dyck(PAIRS[:3], values)


def dyck(pairs: Sequence[str], values: SOp = tokens) -> SOp:
    """Per prefix: `F` where it is wrong, `T` where it is balanced, `P` where it is still open.

    Dyck-k-PTF of the RASP paper. Brackets must nest and match in kind. Looks back only:
    causal. The opener of a closer is the most recent one of the right depth. A closer too many
    finds none, so that negative depth needs no test of its own.

    >>> dyck(["()", "<>"])("(<>)"), dyck(["()", "<>"])("(<)>")
    (['P', 'P', 'P', 'T'], ['P', 'P', 'F', 'F'])
    """
    _check(pairs)
    depth = aggregate_sum(so_far(), _sign(pairs, values)).named("depth")
    fault = depth < 0 if len(pairs) == 1 else _mismatch(pairs, values, depth)
    wrong = found(so_far() & select(fault, True, "=="))
    return where(wrong, "F", where(depth == 0, "T", "P")).named(f"dyck{len(pairs)}")


def _mismatch(pairs: Sequence[str], values: SOp, depth: SOp) -> SOp:
    """Whether a closer has not the opener of its kind.

    `depth` counts the token itself: the opener was one level deeper than its closer leaves it.
    """
    openers = select(is_in(values, [pair[0] for pair in pairs]), True, "==")
    candidates = select(depth, depth, one_deeper) & openers & so_far()
    opener = aggregate(most_recent(candidates), values, default="")
    return reduce(lambda a, b: a | b, [(values == pair[1]) & (opener != pair[0]) for pair in pairs])


def one_deeper(key: int, query: int) -> bool:
    """Whether an opener at depth `key` may be closed by a closer that leaves depth `query`."""
    return key == query + 1 > 0


@program(brackets(1), causal=True, alphabet=True)
def dyck1(values: SOp = tokens) -> SOp:
    """Per prefix, whether its `()` are wrong (`F`), balanced (`T`) or still open (`P`).

    Dyck-1-PTF of the RASP paper. Brackets, and any other tokens, which are ignored. Looks
    back only: causal.

    >>> dyck1()("(())")
    ['P', 'P', 'P', 'T']
    >>> dyck1()("())(")
    ['P', 'T', 'F', 'F']
    """
    return dyck(PAIRS[:1], values)


@program(brackets(2), causal=True, alphabet=True)
def dyck2(values: SOp = tokens) -> SOp:
    """Per prefix, whether its nested `()` and `{}` are wrong (`F`), balanced (`T`) or open (`P`).

    Dyck-2-PTF of the RASP paper. Brackets, and any other tokens, which are ignored. Looks
    back only: causal.

    >>> dyck2()("({})"), dyck2()("({)}")
    (['P', 'P', 'P', 'T'], ['P', 'P', 'F', 'F'])
    """
    return dyck(PAIRS[:2], values)


@program(brackets(3), causal=True, alphabet=True)
def dyck3(values: SOp = tokens) -> SOp:
    """Per prefix, whether its nested `()`, `{}`, `[]` are wrong (`F`), balanced (`T`), open (`P`).

    Dyck-3-PTF of the RASP paper. Brackets, and any other tokens, which are ignored. Looks
    back only: causal.

    >>> dyck3()("[]{}"), dyck3()("[(]")
    (['P', 'T', 'P', 'T'], ['P', 'P', 'F'])
    """
    return dyck(PAIRS[:3], values)


def _sign(pairs: Sequence[str], values: SOp) -> SOp:
    """1 for an opening token, -1 for a closing one, 0 for any other."""
    opening = is_in(values, [pair[0] for pair in pairs])
    closing = is_in(values, [pair[1] for pair in pairs])
    return where(opening, 1, where(closing, -1, 0))


def _check(pairs: Sequence[str]) -> None:
    if pairs and all(len(pair) == 2 for pair in pairs):
        return
    raise ProgramError(
        diagnostic(
            "E104",
            f"{pairs!r} are no pairs of brackets",
            at=capture(),
            help='give an opening and a closing token for each kind, such as ["()", "{}"]',
        )
    )
