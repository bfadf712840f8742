"""When a compiled model agrees with the evaluator, and running all the ways to run one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

import rasplab
from rasplab.checker import prove
from rasplab.checker.arithmetic import FORMATS
from rasplab.diagnostics import ProgramError
from rasplab.rasp.expressions import SOp
from rasplab.rasp.values import Value, identity, is_number

Inputs = Sequence[Sequence[Any]]
Outputs = list[list[Value]]


@dataclass(frozen=True)
class Disagreement:
    """One sequence on which one way to run the model differs from the evaluator."""

    way: str
    sequence: Sequence[Any]
    expected: list[Value]
    actual: Any

    def __str__(self) -> str:
        return f"{self.way} on {self.sequence!r}: {self.actual!r}, not {self.expected!r}"


def compiled(program: SOp, vocab: Any, max_length: int, *, causal: bool, optimize: int) -> Any:
    """The one call that everything here is about."""
    return rasplab.compile(  # type: ignore[attr-defined]
        program, vocab=list(vocab), max_length=max_length, causal=causal, optimize=optimize
    )


def evaluated(program: SOp, inputs: Inputs, *, causal: bool) -> list[tuple[Sequence[Any], Any]]:
    """The inputs on which the program has a value, each with it."""
    pairs: list[tuple[Sequence[Any], Any]] = []
    for sequence in inputs:
        try:
            pairs.append((sequence, program(sequence, causal=causal)))
        except ProgramError:
            continue
    return pairs


@dataclass(frozen=True)
class Way:
    """One way to run a model, and how far numbers may be off in it; None: not even by rounding."""

    run: Callable[[Inputs], Outputs]
    error: float | None


def ways_to_run(model: Any, *, torch: bool = True) -> dict[str, Way]:
    """One by one and in a batch, and in torch where wanted."""
    error = error_of(model)
    ways = {
        "one by one": Way(lambda inputs: [model(sequence) for sequence in inputs], error),
        "batch": Way(model.batch, error),
    }
    if torch:
        ways["torch"] = Way(model.torch().batch, error)
    return ways


def error_of(model: Any) -> float | None:
    """How far its numbers may be off; None where what it says is not read as a number."""
    return model.weights.tolerance if model.numerical else None


def cast(model: Any) -> dict[str, Way]:
    """The torch module in each other format for which its stored weights are proved."""
    ways: dict[str, Way] = {}
    for name in FORMATS:
        proof = None if name == model.config.dtype else prove(model.weights, name)
        if proof is None or not proof.holds:
            continue
        module = model.torch()
        module.certified.known[name] = True  # proved a line above: once is enough
        module.to(getattr(torch, name))
        error = proof.output_error if model.numerical else None
        ways[f"torch as {name}"] = Way(module.batch, error)
    return ways


def disagreements(
    ways: dict[str, Way], pairs: Sequence[tuple[Sequence[Any], list[Value]]]
) -> Iterator[Disagreement]:
    """Every way to run the model against the expected outputs."""
    inputs = [sequence for sequence, _ in pairs]
    for name, way in ways.items() if pairs else ():
        outputs = list(way.run(inputs))
        assert len(outputs) == len(inputs), f"{name}: {len(outputs)} outputs"
        for (sequence, expected), actual in zip(pairs, outputs, strict=True):
            if not agrees(expected, list(actual), way.error):
                yield Disagreement(name, sequence, expected, list(actual))


def agrees(expected: list[Value], actual: list[Value], error: float | None) -> bool:
    """Equal values; numerical outputs, which have an error, equal as numbers within it."""
    if len(expected) != len(actual):
        return False
    return all(same(e, a, error) for e, a in zip(expected, actual, strict=True))


def same(expected: Value, actual: Value, error: float | None) -> bool:
    """Whether two values are one; `error` is given where they are compared as numbers."""
    if error is not None and is_number(expected) and is_number(actual):
        difference = abs(float(expected) - float(actual))  # type: ignore[arg-type]
        return math.isfinite(difference) and difference <= error
    return identity(expected) == identity(actual)
