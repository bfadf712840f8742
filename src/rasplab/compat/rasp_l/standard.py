"""The library of np-RASP: what its programs are written with."""

from __future__ import annotations

from typing import Any

import numpy as np

from rasplab.compat.rasp_l.arrays import Map, Sequence
from rasplab.compat.rasp_l.either import either, sequence
from rasplab.compat.rasp_l.functions import always, equals, gt, predicate
from rasplab.compat.rasp_l.operators import truth_of
from rasplab.compat.rasp_l.primitives import (
    full,
    indices,
    integers,
    kqv,
    sel_width,
    select,
)
from rasplab.diagnostics import ProgramError, capture, diagnostic
from rasplab.rasp.functions import OPERATORS

_BEFORE_ANY = -999


def _true(key: Any, query: Any) -> Any:
    return key


@either
def shift_right(x: Any, n: int, default: Any = 0) -> Sequence:
    """The sequence moved right by `n` positions."""
    return kqv(indices(x) + n, indices(x), x, equals, default=default)


@either
def cumsum(bool_array: Any) -> Sequence:
    """How many elements up to here are true."""
    return sel_width(select(bool_array, bool_array, _true))


@either
def where(condition: Any, x_if: Any, y_else: Any) -> Sequence:
    """`x_if` where the condition is true, else `y_else`."""
    test = sequence(condition, "the condition of `where`")
    then, otherwise = sequence(x_if, "`x_if`"), sequence(y_else, "`y_else`")
    truth, inverted = truth_of(test)
    if truth is not None and not inverted:
        test = truth
    return Map(OPERATORS["where"], (test, integers(then), integers(otherwise)))


@either
def mask(x: Any, bool_mask: Any, mask_val: Any = 0) -> Sequence:
    """`x` where the mask is true, else `mask_val`."""
    return where(bool_mask, x, full(x, mask_val))


@either
def maximum(x: Any) -> Sequence:
    """The greatest element up to here."""
    return kqv(x, x, x, always, reduction="max")


@either
def minimum(x: Any) -> Sequence:
    """The smallest element up to here."""
    return kqv(x, x, x, always, reduction="min")


@either
def argmax(x: Any) -> Sequence:
    """The last position up to here that holds the greatest element up to here."""
    return kqv(x, maximum(x), indices(x), equals, reduction="max")


@either
def argmin(x: Any) -> Sequence:
    """The last position up to here that holds the smallest element up to here."""
    return argmax(-x)


@either
def num_prev(x: Any, queries: Any) -> Sequence:
    """How often what is asked for occurs up to here."""
    return sel_width(select(x, queries, equals))


@either
def has_seen(x: Any, queries: Any) -> Sequence:
    """Whether what is asked for occurs up to here, as 1 or 0."""
    return kqv(x, queries, full(x, 1), equals, default=0)


@either
def firsts(x: Any, queries: Any, default: Any = -1) -> Sequence:
    """Where what is asked for occurs first, up to here."""
    return kqv(x, queries, indices(x), equals, default=default, reduction="min")


@either
def lasts(x: Any, queries: Any, default: Any = -1) -> Sequence:
    """Where what is asked for occurs last, up to here."""
    return kqv(x, queries, indices(x), equals, default=default, reduction="max")


@either
def index_select(x: Any, idx: Any, default: Any = 0) -> Sequence:
    """The element at a position, where that is not later than here."""
    return kqv(indices(x), idx, x, equals, default=default)


@either
def first_true(x: Any, default: Any = -1) -> Sequence:
    """The first position up to here whose element is 1."""
    seen = kqv(x, full(x, 1), full(x, 1), equals, default=0)
    first = (seen == 1) & (shift_right(seen, 1) == 0)
    return kqv(integers(first), full(x, 1), indices(x), equals, default=default)


@either
def mode(x: Any) -> Sequence:
    """The most frequent element up to here."""
    return index_select(x, argmax(num_prev(x, x)))


@either
def binary_mode(x: Any) -> Sequence:
    """Whether 1 is more frequent than 0 up to here, as 1 or 0."""
    ones, zeros = num_prev(x, full(x, 1)), num_prev(x, full(x, 0))
    return integers(Map(predicate(gt, ("int", "int")), (ones, zeros), kind="bool"))


@either
def induct_kqv(
    k: Any, q: Any, v: Any, offset: int, default: Any = 0, null_val: int = _BEFORE_ANY
) -> Sequence:
    """The value `offset` positions after the first key that equals the query."""
    at = firsts(shift_right(k, offset, default=null_val), q, default=null_val)
    return index_select(v, at, default=default)


@either
def induct(k: Any, q: Any, offset: int, default: Any = 0, null_val: int = _BEFORE_ANY) -> Sequence:
    """The key `offset` positions after the first key that equals the query."""
    return induct_kqv(k, q, k, offset, default=default, null_val=null_val)


@either
def induct_prev(
    k: Any, q: Any, offset: int, default: Any = 0, null_val: int = _BEFORE_ANY
) -> Sequence:
    """The key `offset` positions from the first key that equals the query; negative: before it."""
    return index_select(k, firsts(k, q, default=null_val) + offset, default=default)


def sample_autoregressive(program: Any, prompt: Any, steps: int, end: int | None = None) -> Any:
    """Append what a program says at the last position, up to `steps` times or until `end`.

    >>> from rasplab.compat.rasp_l import sample_autoregressive
    >>> sample_autoregressive(lambda x: x + 1, [1, 2], 3)
    array([1, 2, 3, 4, 5])
    """
    sequence_so_far = np.asarray(prompt)
    if sequence_so_far.ndim != 1 or not sequence_so_far.size:
        raise ProgramError(
            diagnostic("E104", "a prompt is an array of at least one token", at=capture())
        )
    for _ in range(steps):
        if end is not None and sequence_so_far[-1] == end:
            break
        following = np.asarray(program(sequence_so_far))[-1:]
        sequence_so_far = np.concatenate((sequence_so_far, following))
    return sequence_so_far
