"""In every format that the certificate calls exact a cast model is right; in others it warns."""

from __future__ import annotations

import functools
import itertools
import random
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import rasplab
from rasplab import programs, rasp
from rasplab.checker import prove
from rasplab.checker.arithmetic import lowest_bit
from rasplab.craft import Head
from rasplab.craft.precision import FLOAT16, FLOAT32, PRECISIONS
from rasplab.craft.stored import stored
from rasplab.diagnostics import CompileError
from rasplab.rasp import aggregate_sum, indices, numerical, select, shift, tokens
from rasplab.rasp.expressions import SOp
from rasplab.runtime import PrecisionWarning
from rasplab.weights import encode, forward
from tests.corpus.at_bos import everything, parts
from tests.differential.agreement import same

FORMATS = sorted(PRECISIONS)
LONG = ("hist", "previous_token", "frac_prevs", "caesar", "reverse", "length", "mark_first")
nothing = ~select(indices, indices, lambda _key, _query: True)


@functools.cache
def said(program: SOp, sequence: tuple[Any, ...]) -> list[Any]:
    """What the evaluator says, once for all formats; programs are told apart as objects."""
    return program(list(sequence))


def outputs_within(model: Any, dtype: str) -> float | None:
    """How far a number may be off in a format; `None` where it is not certified there."""
    proof = prove(model.weights, dtype)
    return proof.output_error if proof.holds else None


def assert_right_in(model: Any, program: SOp, dtype: str, sequences: list[list[Any]]) -> None:
    within = outputs_within(model, dtype)
    if within is None:
        return
    error = within if model.numerical and model.config.output_unit is None else None
    module = model.torch(dtype=getattr(torch, dtype))
    wanted = [said(program, tuple(sequence)) for sequence in sequences]
    for fused in (True, False):
        module.fused = fused
        results = module.batch(sequences)
        for sequence, expected, found in zip(sequences, wanted, results, strict=True):
            pairs = zip(expected, found, strict=True)
            assert all(same(e, f, error) for e, f in pairs), (dtype, fused, sequence)


def longest() -> list[Any]:
    """Programs, the formats they are compiled for, and lengths; what takes long is slow."""
    return [
        pytest.param(name, compiled_for, length, marks=pytest.mark.slow if slow else ())
        for name, compiled_for, length in itertools.product(LONG, FORMATS, (3, 10, 100))
        for slow in [name == "reverse" and length == 100 and compiled_for.startswith("float")]
    ]


@pytest.mark.everyday(1)
@pytest.mark.parametrize(("name", "compiled_for", "length"), longest())
def test_a_cast_that_is_certified_is_right(name: str, compiled_for: str, length: int) -> None:
    program, vocab = programs.get(name).at(3, length)
    try:
        model = rasplab.compile(program, vocab=vocab, max_length=length, dtype=compiled_for)
    except CompileError as refusal:
        assert refusal.code == "E305"  # noqa: PT017
        return
    draw = random.Random(0)
    sequences = [draw.choices(list(vocab), k=k) for k in (length, length, 1 + length // 2)]
    for dtype in FORMATS:
        assert_right_in(model, program, dtype, sequences)


@pytest.mark.parametrize("name", ["hist", "previous_token", "caesar", "reverse", "mark_first"])
def test_numpy_computes_in_float16_what_is_certified(name: str) -> None:
    program, vocab = programs.get(name).at(3, 4)
    model = rasplab.compile(program, vocab=vocab, max_length=4, dtype="float16")
    arrays = {name: array.astype(np.float16) for name, array in model.weights.arrays.items()}
    halves = type(model.weights)(model.config, arrays, model.manifest)
    sequences = [list(vocab[:3]), [vocab[0]] * 4]
    out = forward(halves, encode(model.config, sequences))
    assert out.dtype == np.float16
    found = model.decode(out.astype(np.float64), encode(model.config, sequences))
    assert found == [program(sequence) for sequence in sequences]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("dtype", FORMATS)
def test_nothing_is_left_at_bos_of_what_a_sum_scales(dtype: str) -> None:
    program = aggregate_sum(everything, shift(parts, 1, 0))
    compilation = rasplab.compile(program, vocab="ab", max_length=20).compilation
    assert compilation is not None
    craft = compilation.lowered.craft
    precision = PRECISIONS[dtype]
    for block in stored(craft, precision).blocks:
        if not isinstance(block, Head):
            continue
        rows = [m[s.at_bos != 0] for s, m in block.value.parts]
        terms = np.concatenate([block.value.bias[None], block.value.bos[None], *rows])
        assert (terms.sum(axis=0) == block.writes.at_bos / block.scale).all()
        grid = np.exp2(np.minimum(lowest_bit(terms).min(axis=0), 1000).astype(float))
        assert (np.maximum(terms, 0).sum(axis=0) * precision.roundoff <= grid).all()


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    ("program", "dtype"),
    [
        (shift(tokens, 1, 0) + indices + 16_777_217, "float32"),
        (shift(tokens, 1, 0) + indices + 2_049, "float16"),
        (shift(tokens, 1, 0) + indices + 257, "bfloat16"),
    ],
)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("values", "optimize"),  # chosen among all, and as one number
    [(4, 0), (4, 1), pytest.param(1100, 0, marks=pytest.mark.slow), (1100, 1)],
)
def test_whole_sums_beyond_the_format_are_refused_or_right(
    program: SOp, dtype: str, causal: bool, optimize: int, values: int
) -> None:
    try:
        model = rasplab.compile(
            program,
            vocab=range(values),
            max_length=3,
            dtype=dtype,
            causal=causal,
            optimize=optimize,
        )
    except CompileError as refusal:
        assert refusal.code == "E305"  # noqa: PT017
        return
    assert model([3, 2, 1]) == program([3, 2, 1], causal=causal)


@pytest.mark.everyday(21)
@pytest.mark.parametrize("number", [16_777_217, 1e6, 0.1])
@pytest.mark.parametrize("compiled_for", FORMATS)
@pytest.mark.parametrize("dtype", FORMATS)
def test_what_a_format_makes_of_a_number_is_within_the_certified_error(
    number: float, compiled_for: str, dtype: str
) -> None:
    program = numerical(rasp.constant(number))
    try:
        model = rasplab.compile(program, vocab="ab", max_length=3, dtype=compiled_for)
    except CompileError:
        held = float(PRECISIONS[compiled_for].rounded(np.array([number]))[0])
        assert abs(held - number) > 0.49 or number > FLOAT16.largest / 4
        return
    assert_right_in(model, program, dtype, [["a", "b"]])


def test_the_error_of_stored_weights_stays_in_a_wider_format() -> None:
    model = rasplab.compile(numerical(indices**0.5), vocab="ab", max_length=10)
    within = outputs_within(model, "float64")
    found = model.torch(dtype=torch.float64)(torch.tensor([[0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]]))
    worst = np.abs(found[0, 1:, 0].detach().numpy() - np.arange(10) ** 0.5).max()
    assert within is not None
    assert FLOAT32.roundoff / 8 < worst <= within


@pytest.mark.parametrize("optimize", [0, 1])
def test_a_scale_beyond_a_format_is_not_certified_there(optimize: int) -> None:
    program = aggregate_sum(nothing, tokens)
    model = rasplab.compile(program, vocab=[1, 2], max_length=10, optimize=optimize)
    scales = [a.max() for name, a in model.weights.arrays.items() if name.endswith("W_O")]
    certified = outputs_within(model, "float16") is not None
    assert not certified or max(scales, default=0.0) < FLOAT16.largest / 4


# -- warnings


def test_a_module_that_is_cast_later_warns_once() -> None:
    model = rasplab.compile(rasp.length, vocab="ab", max_length=30)
    module = model.torch()
    with pytest.warns(PrecisionWarning, match="not certified in bfloat16"):
        module.bfloat16()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module.bfloat16()
    with pytest.warns(PrecisionWarning, match="not certified in float32"):
        module.float()  # what bfloat16 took from the weights does not come back


def test_weights_that_were_rounded_twice_are_certified_nowhere() -> None:
    """To float16 after bfloat16 they are others than to float16 alone."""
    module = rasplab.compile(tokens, vocab=(0, 1), max_length=2).torch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module.bfloat16()
    with pytest.warns(PrecisionWarning, match="not certified in float16"):
        module.half()
    with pytest.warns(PrecisionWarning, match="not certified in float32"):
        module.float()


def test_a_wider_cast_that_is_certified_does_not_warn() -> None:
    model = rasplab.compile(rasp.length, vocab="ab", max_length=30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = model.torch(dtype=torch.float64)
        module.float()
        assert module.batch(["abab"]) == [[4, 4, 4, 4]]


def test_autocast_warns() -> None:
    module = rasplab.compile(rasp.length, vocab="ab", max_length=30).torch()
    with (
        torch.autocast("cpu", torch.bfloat16),
        pytest.warns(PrecisionWarning, match="not certified in bfloat16"),
    ):
        module.batch(["ab"])
