"""Programs that cannot be exact are refused with a place, never compiled wrong, never a crash."""

from collections.abc import Iterable
from typing import Any

import pytest

import rasplab
from rasplab import rasp
from rasplab.rasp import aggregate, aggregate_sum, apply, best, full, indices, select, tokens
from rasplab.rasp.expressions import SOp


def _one(key: Any, query: Any) -> Any:
    return 1


def _fails_on_a(key: Any, query: Any) -> bool:
    if key == "a":
        raise ValueError(key)
    return bool(key == query)


def _fails(key: Any, query: Any) -> bool:
    raise ValueError(key)


def _fails_on_b(key: Any, query: Any) -> bool:
    if key == "b":
        raise ValueError(key)
    return False


previous = aggregate(select(indices, indices - 1, "=="), tokens)
here = select(indices, indices, "==")
shifted = rasp.shift(tokens, 1, "a")
below = select(tokens, tokens, "<")
HUGE = (1e308, -1e308, 0)
REFUSED: tuple[tuple[str, SOp, Iterable[Any], str], ...] = (
    ("E204", aggregate_sum(full, tokens), ("a", 1, 2), "float32"),
    ("E108", aggregate(best(full, tokens), indices), ("a", 1), "float32"),
    ("E107", aggregate(~select(indices, indices, _one), indices), "a", "float32"),
    ("E106", aggregate(select(previous, tokens, _fails_on_a) | here, indices), "ab", "float32"),
    ("E106", aggregate(~select(shifted, shifted, _fails) & here, tokens), "ab", "float32"),
    ("E106", rasp.selector_width(here | select(shifted, shifted, _fails)), "ab", "float32"),
    ("E106", aggregate(select(shifted, shifted, _fails), 1), "ab", "float32"),
    ("E301", rasp.average(tokens), (1e308, 1.5e308), "float64"),
    ("E301", aggregate_sum(full, tokens), (1e308, 1.5e308), "float64"),
    ("E305", rasp.average(tokens), (1e39, 2e39), "float32"),
    ("E305", tokens * rasp.shift(tokens, 1, 0), HUGE, "float64"),
    ("E305", rasp.numerical(tokens + rasp.shift(tokens, 1, 0)), HUGE, "float32"),
    ("E305", tokens * (indices + 1) == tokens, (5e-324, 1.5, 1e308), "float32"),
    ("E305", rasp.average(tokens) > 150_000, (100_000, 200_000), "float16"),
    ("E305", rasp.average(tokens) > 2e-9, (1e-9, 3e-9), "float16"),
    ("E305", aggregate(below, tokens, default=2049) + tokens, (0, 1e-12, 2.01e-12), "float32"),
)


@pytest.mark.everyday(24)
@pytest.mark.parametrize(("code", "program", "vocab", "dtype"), REFUSED)
@pytest.mark.parametrize("optimize", [0, 1])
def test_refused_with_a_place(
    code: str, program: SOp, vocab: Iterable[Any], dtype: str, optimize: int
) -> None:
    with pytest.raises(rasplab.CompileError) as caught:
        rasplab.compile(program, vocab=vocab, max_length=4, dtype=dtype, optimize=optimize)
    assert caught.value.diagnostics[0].code == code
    assert caught.value.diagnostics[0].labels


@pytest.mark.parametrize("optimize", [0, 1])
def test_what_is_assumed_of_a_selector_that_a_rewrite_drops_is_stated(optimize: int) -> None:
    always_a = rasp.where(aggregate(here, tokens) == tokens, "a", "b")
    never = select(always_a, always_a, _fails_on_b)
    program = aggregate(~never & here, tokens)
    model = rasplab.compile(program, vocab="ab", max_length=3, optimize=optimize)
    assert len(model.certificate.assumptions) == 1
    assert "cannot be applied to 'b'" in model.certificate.assumptions[0]


def test_callables_count_by_identity() -> None:
    class Gives:
        __hash__ = None  # type: ignore[assignment]

        def __init__(self, value: int) -> None:
            self.value = value

        def __eq__(self, other: object) -> bool:
            return True

        def __call__(self, token: Any) -> int:
            return self.value

    program = apply(Gives(1), tokens) + apply(Gives(2), tokens) * 10
    assert rasplab.compile(program, vocab="a", max_length=2)("a") == [21]
