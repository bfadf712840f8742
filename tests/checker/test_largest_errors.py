"""No error that can be found is larger than what is proved of the block that makes it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

import rasplab
from benchmarks.bounds import measure
from benchmarks.running import Search
from rasplab import programs
from rasplab.checker import followed
from rasplab.rasp import aggregate, aggregate_sum, full, indices, select, selector_width, tokens
from tests.aimed_numbers import random_numbers
from tests.random_programs import random_program

BOUNDED = (
    ("hist", "float32"),
    ("sort", "float16"),
    ("frac_prevs", "float16"),
    ("greatest", "bfloat16"),
    ("running_sum", "float64"),
)


def check(model: rasplab.Model, *, least: int) -> None:
    found = list(measure(model, Search(inputs=60, rounds=2, seed=0), exported=False))
    assert len({(m.dtype, m.backend) for m in found}) >= least
    assert [m for m in found if m.broken] == []


@pytest.mark.parametrize(("name", "dtype"), BOUNDED)
def test_errors_of_the_library_are_within_their_bounds(name: str, dtype: str) -> None:
    entry = programs.get(name)
    program, vocabulary = entry.at(4, 4)
    model = rasplab.compile(
        program, vocab=vocabulary, max_length=4, causal=entry.causal, optimize=0, dtype=dtype
    )
    check(model, least=2)


@pytest.mark.everyday(2)
@pytest.mark.parametrize("name", ["hist", "sort", "dyck1", "frac_prevs"])
def test_errors_of_soft_models_are_within_their_bounds(name: str) -> None:
    """Their errors are large, and pass through steps that are on their way from value to value."""
    program, vocabulary = programs.get(name).at(3, 3)
    model = rasplab.compile(program, vocab=vocabulary, max_length=3, softness=0.9)
    found = list(measure(model, Search(inputs=60, rounds=2, seed=0), exported=False))
    assert [m for m in found if m.broken] == []


@pytest.mark.parametrize("grow", [random_program, random_numbers])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_errors_of_random_programs_are_within_their_bounds(grow: object, seed: int) -> None:
    program, vocabulary, length = grow(seed)  # type: ignore[operator]
    try:
        model = rasplab.compile(program, vocab=vocabulary, max_length=length)
    except rasplab.CompileError:
        pytest.skip("refused, which is tested elsewhere")
    check(model, least=3)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("optimize", [0, 1])
def test_rounding_what_is_not_selected_counts(dtype: str, optimize: int) -> None:
    """In float16 the weights of keys that are not selected are below its least normal number."""
    smaller = selector_width(select(tokens, tokens, "<"))
    model = rasplab.compile(
        smaller, vocab=range(1, 5), max_length=6, dtype=dtype, optimize=optimize
    )
    check(model, least=2)


@pytest.mark.slow  # loads JAX and ONNX
def test_other_runtimes_are_within_the_same_bounds() -> None:
    before = select(indices, indices, "<=")
    program = aggregate(before, tokens) + aggregate_sum(full, tokens)
    model = rasplab.compile(program, vocab=(1, 2.5, -3), max_length=3)
    found = list(measure(model, Search(inputs=60, rounds=1, seed=0)))
    assert {"NumPy", "ONNX", "JAX", "torch", "torch, fused"} == {m.backend for m in found}
    assert not any(m.broken for m in found)


def test_a_bound_that_is_too_small_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    program, vocabulary = programs.get("frac_prevs").at(4, 4)
    model = rasplab.compile(program, vocab=vocabulary, max_length=4, causal=True)
    proof, held = followed(model.weights)
    tight = {
        name: replace(one, relative=one.relative * 1e-3, absolute=one.absolute * 1e-3)
        for name, one in held.items()
    }
    monkeypatch.setattr("benchmarks.bounds.followed", lambda *_: (proof, tight))
    found = list(measure(model, Search(inputs=60, rounds=1, seed=0), exported=False))
    assert any(m.broken for m in found)


def test_searching_makes_errors_larger() -> None:
    program, vocabulary = programs.get("running_sum").at(6, 12)
    model = rasplab.compile(program, vocab=vocabulary, max_length=12, causal=True)
    short, long = (
        list(measure(model, Search(inputs=20, rounds=r, seed=0), exported=False)) for r in (0, 6)
    )
    pairs = list(itertools.zip_longest(short, long))
    assert all(b.part >= a.part for a, b in pairs)
    assert any(b.part > a.part for a, b in pairs)
