"""The functions that build expressions: the primitives, and what is defined by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from rasplab.diagnostics import ProgramError, capture, diagnostic, shown
from rasplab.rasp import expressions as ex
from rasplab.rasp import mistakes
from rasplab.rasp.expressions import Operand, Selector, SOp, as_selector, as_sop
from rasplab.rasp.functions import (
    CATEGORICAL,
    COMPARISONS,
    NUMERICAL,
    OPERATORS,
    Function,
    function,
    membership,
)
from rasplab.rasp.values import Value, canonical

tokens: Final = ex.Tokens()
indices: Final = ex.Indices()


def constant(value: object) -> SOp:
    """The same value at every position.

    >>> constant(7)("ab")
    [7, 7]
    """
    return as_sop(value, "a constant")


def _plain(value: object, role: str) -> Value:
    try:
        if isinstance(value, ex.Expression):
            raise TypeError("an expression is no plain value")
        return canonical(value)
    except TypeError as error:
        raise ProgramError(
            diagnostic("E103", f"{role} cannot be used here: {error}", at=capture())
        ) from None


def apply(function_: Callable[..., object], *arguments: Operand, name: str | None = None) -> SOp:
    """A Python function of any number of sequence operators, position by position.

    >>> apply(lambda token, i: f"{token}{i}", tokens, indices)("ab")
    ['a0', 'b1']
    """
    if not callable(function_):
        raise ProgramError(
            diagnostic("E104", f"`apply` needs a function, not {shown(function_)}", at=capture())
        )
    if not arguments:
        raise ProgramError(
            diagnostic(
                "E104",
                "`apply` needs at least one argument",
                at=capture(),
                help="for a fixed value use `constant(value)`",
            )
        )
    operands = tuple(as_sop(argument, "an argument of `apply`") for argument in arguments)
    return ex.Map(function(function_, name), operands)


def where(condition: Operand, then: Operand, otherwise: Operand) -> SOp:
    """`then` where the condition is true, else `otherwise`; undefined where any of them is.

    >>> where(tokens == "a", 1, 0)("aba")
    [1, 0, 1]
    """
    if (mistake := mistakes.order_of_where(condition, then, otherwise)) is not None:
        raise ProgramError(mistake)
    operands = (condition, then, otherwise)
    return ex.Map(
        OPERATORS["where"], tuple(as_sop(operand, "an operand of `where`") for operand in operands)
    )


def is_in(x: Operand, options: Iterable[object]) -> SOp:
    """Whether each value is one of the options.

    >>> is_in(tokens, "aeiou")("hello")
    [False, True, False, False, True]
    """
    listed = hasattr(options, "__iter__") and not isinstance(options, ex.Expression)
    if not listed:
        raise ProgramError(
            diagnostic(
                "E104",
                "`is_in` needs a plain list of values",
                at=capture(),
                help="to ask whether a value occurs in the sequence use `contains(seq, value)`"
                if isinstance(options, ex.Expression)
                else f"for one value write `is_in(x, [{shown(options)}])`",
            )
        )
    plain = tuple(
        _plain(option, "an option of `is_in`") for option in cast("Iterable[object]", options)
    )
    return ex.Map(membership(plain), (as_sop(x, "the value"),))


def maximum(a: Operand, b: Operand) -> SOp:
    """The greater of two values, position by position.

    >>> maximum(indices, 1)("abc")
    [1, 1, 2]
    """
    return ex.Map(OPERATORS["max"], (as_sop(a, "an operand"), as_sop(b, "an operand")))


def minimum(a: Operand, b: Operand) -> SOp:
    """The smaller of two values, position by position.

    >>> minimum(indices, 1)("abc")
    [0, 1, 1]
    """
    return ex.Map(OPERATORS["min"], (as_sop(a, "an operand"), as_sop(b, "an operand")))


def numerical(x: Operand) -> SOp:
    """The same values, asked to be held as one number on one direction."""
    return ex.Map(NUMERICAL, (as_sop(x, "the operand of `numerical`"),))


def categorical(x: Operand) -> SOp:
    """The same values, asked to be held one-hot, a direction per value."""
    return ex.Map(CATEGORICAL, (as_sop(x, "the operand of `categorical`"),))


def select(
    keys: Operand, queries: Operand, predicate: str | Callable[[Any, Any], bool] | Function
) -> Selector:
    """The selector that is true where `predicate(key, query)` holds.

    The predicate is one of `== != < <= > >=` or any Python function of a key and a query that
    returns a bool. Either side may be a plain value.

    >>> select(indices, indices, "<=")("ab")
    [[True, False], [True, True]]
    """
    if (mistake := mistakes.order_of_select(keys, queries, predicate)) is not None:
        raise ProgramError(mistake)
    if isinstance(predicate, str):
        if predicate not in COMPARISONS:
            raise ProgramError(
                diagnostic(
                    "E104",
                    f"{predicate!r} is no predicate",
                    at=capture(),
                    help=f"use one of {' '.join(sorted(COMPARISONS))}, or a function (key, query)",
                )
            )
        chosen = OPERATORS[predicate]
    elif callable(predicate):
        chosen = function(predicate)
    else:
        raise ProgramError(diagnostic("E104", f"{shown(predicate)} is no predicate", at=capture()))
    return ex.Select(as_sop(keys, "the keys"), as_sop(queries, "the queries"), chosen)


def aggregate(selector: Selector, values: Operand, default: Value = None) -> SOp:
    """The mean of the selected numbers; the one value, of any type, where all selected are equal.

    `default` (undefined unless given) stands where nothing is selected.

    >>> previous = select(indices, indices - 1, "==")
    >>> aggregate(previous, tokens, default="-")("abc")
    ['-', 'a', 'b']
    """
    if (mistake := mistakes.order_of_aggregate("aggregate", selector, values)) is not None:
        raise ProgramError(mistake)
    return ex.Aggregate(
        as_selector(selector, "the first argument of `aggregate`"),
        as_sop(values, "the values of `aggregate`"),
        _plain(default, "the default"),
    )


def aggregate_sum(selector: Selector, values: Operand) -> SOp:
    """The sum of the selected numbers; 0 where nothing is selected.

    >>> aggregate_sum(select(indices, indices, "<="), tokens)([1, 2, 3])
    [1, 3, 6]
    """
    if (mistake := mistakes.order_of_aggregate("aggregate_sum", selector, values)) is not None:
        raise ProgramError(mistake)
    return ex.AggregateSum(
        as_selector(selector, "the first argument of `aggregate_sum`"),
        as_sop(values, "the values of `aggregate_sum`"),
    )


def selector_width(selector: Selector) -> SOp:
    """How many positions each query selects.

    >>> selector_width(select(tokens, tokens, "=="))("hello")
    [1, 1, 2, 2, 1]
    """
    return ex.SelectorWidth(as_selector(selector, "the argument of `selector_width`"))


def best(selector: Selector, scores: Operand) -> Selector:
    """Of the selected positions, those with the highest defined score.

    >>> aggregate(best(full, tokens), indices)([3, 9, 2])
    [1, 1, 1]
    """
    return ex.Best(as_selector(selector, "the selector of `best`"), as_sop(scores, "the scores"))


full: Final = select(True, True, "==").named("full")
length: Final = selector_width(full).named("length")


def most_recent(selector: Selector) -> Selector:
    """Of the selected positions, the last one.

    >>> most_recent(select(tokens, tokens, "=="))("aab")
    [[False, True, False], [False, True, False], [False, False, True]]
    """
    return best(selector, indices)


def earliest(selector: Selector) -> Selector:
    """Of the selected positions, the first one.

    >>> earliest(select(tokens, tokens, "=="))("aab")
    [[True, False, False], [True, False, False], [False, False, True]]
    """
    return best(selector, -indices)


def picks_one(selector: Selector) -> Selector:
    """The selector, with the promise that each query selects one position at most.

    Where one selects several, the program has no value (E205): the compiler then need not provide
    for a mean of numbers. It moves the one number that is selected, and the certificate names what
    was promised.

    >>> aggregate(picks_one(select(tokens, "+", "==")), indices)("12+3")
    [2, 2, 2, 2]
    """
    return ex.PicksOne(as_selector(selector, "the argument of `picks_one`"))


def has_focus(selector: Selector) -> SOp:
    """Whether each query selects anything.

    >>> has_focus(select(indices, indices, "<"))("abc")
    [False, True, True]
    """
    # the mean of equal values is their value, whatever it is: True where anything is selected
    return aggregate(as_selector(selector, "the argument of `has_focus`"), True, False)


def count(values: Operand, value: Operand) -> SOp:
    """How often a value occurs in the sequence, the same everywhere.

    >>> count(tokens, "l")("hello")
    [2, 2, 2, 2, 2]
    """
    return selector_width(select(values, value, "=="))


def contains(values: Operand, value: Operand) -> SOp:
    """Whether a value occurs in the sequence, the same everywhere.

    >>> contains(tokens, "z")("hello")
    [False, False, False, False, False]
    """
    return has_focus(select(values, value, "=="))


def load_from_location(values: Operand, location: Operand, default: Value = None) -> SOp:
    """The value at a position: `location` may differ from query to query.

    >>> load_from_location(tokens, 1)("abc")
    ['b', 'b', 'b']
    """
    return aggregate(select(indices, location, "=="), values, default)


def shift(values: Operand, by: int, default: Value = None) -> SOp:
    """The values moved right by `by` positions (left if negative).

    >>> shift(tokens, 1, "-")("abc"), shift(tokens, -1, "-")("abc")
    (['-', 'a', 'b'], ['b', 'c', '-'])
    """
    return load_from_location(values, indices - by, default)


def average(values: Operand) -> SOp:
    """The mean over the sequence.

    >>> average(tokens)([1, 2, 6])
    [3, 3, 3]
    """
    return aggregate(full, values)


def fill(values: Operand, default: Value) -> SOp:
    """The values, with `default` where they are undefined.

    >>> fill(shift(tokens, 1), "-")("ab")
    ['-', 'a']
    """
    # each position selects itself; an undefined value does not count, and the default is left
    return aggregate(select(indices, indices, "=="), values, default)


def mark_first(values: Operand, value: Operand) -> SOp:
    """True only at the first occurrence of a value.

    >>> mark_first(tokens, "b")("abbc")
    [False, True, False, False]
    """
    return (as_sop(values, "the values") == value) & ~contains_before(values, value)


def mark_last(values: Operand, value: Operand) -> SOp:
    """True only at the last occurrence of a value.

    >>> mark_last(tokens, "b")("abbc")
    [False, False, True, False]
    """
    later = select(indices, indices, ">") & select(values, value, "==")
    return (as_sop(values, "the values") == value) & ~has_focus(later)


def contains_before(values: Operand, value: Operand) -> SOp:
    """Whether a value occurs at an earlier position.

    >>> contains_before(tokens, "b")("abc")
    [False, False, True]
    """
    return has_focus(select(indices, indices, "<") & select(values, value, "=="))
