"""Hypothesis strategies shared by all tests, and the same generator without hypothesis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from rasplab.rasp.values import Value
from tests.aimed_numbers import grow_numbers
from tests.aimed_orders import grow_orders
from tests.random_programs import Program, grow_program, random_program, random_sequences

__all__ = [
    "examples",
    "numbers",
    "orders",
    "programs",
    "random_program",
    "random_sequences",
    "sequences",
]

T = TypeVar("T")


def examples(number: int, **others: Any) -> settings:
    """So many examples where all tests run, and as large a part of them as is usual elsewhere."""
    usual = settings().max_examples / 100
    return settings(max_examples=math.ceil(number * usual), **others)


class _Drawn:
    """Choices that hypothesis draws and shrinks."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def pick(self, options: Sequence[T]) -> T:
        return options[self._draw(st.integers(0, len(options) - 1))]

    def chance(self, percent: int) -> bool:
        return self._draw(st.integers(0, 99)) >= 100 - percent


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A random program with its vocabulary and maximum length."""
    return grow_program(_Drawn(draw))


@st.composite
def orders(draw: st.DrawFn) -> Program:
    """A random program about orders and ranks."""
    return grow_orders(_Drawn(draw))


@st.composite
def numbers(draw: st.DrawFn) -> Program:
    """A random program about decimals and large whole numbers."""
    return grow_numbers(_Drawn(draw))


def sequences(vocab: Sequence[Value], max_length: int) -> st.SearchStrategy[list[Value]]:
    """A sequence over the vocabulary, of length 1 to `max_length`."""
    return st.lists(st.sampled_from(list(vocab)), min_size=1, max_size=max_length)
