"""Model against evaluator: on every input where feasible, else on drawn inputs of every length."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rasplab.diagnostics import InputError, ProgramError, diagnostic, shown
from rasplab.display import Table, html
from rasplab.rasp.values import Value, identity

if TYPE_CHECKING:
    from rasplab.model import Model

_BATCH = 256


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """What was compared and what was found."""

    checked: int
    exhaustive: bool
    differences: tuple[tuple[tuple[Value, ...], list[Value], list[Value]], ...]
    without_value: int
    worst_error: float
    positions: int = 0
    wrong_positions: int = 0

    @property
    def accuracy(self) -> float:
        """The share of positions with the right output."""
        return 1 - self.wrong_positions / max(self.positions, 1)

    @property
    def passed(self) -> bool:
        """Whether model and evaluator agreed everywhere."""
        return not self.differences

    def __str__(self) -> str:
        how = "every input" if self.exhaustive else "drawn inputs of every length"
        lines = [f"{'equal' if self.passed else 'DIFFERENT'} on {self.checked} sequences ({how})"]
        if self.differences:
            alike = 1 - len(self.differences) / self.checked
            lines.append(f"right at {self.accuracy:.2%} of positions, on {alike:.2%} of sequences")
        if self.worst_error:
            lines.append(f"largest error of a number: {self.worst_error:.2e}")
        if self.without_value:
            lines.append(f"{self.without_value} inputs on which the program has no value: left out")
        for tokens, got, expected in self.differences[:5]:
            lines.append(f"  on {list(tokens)!r}: model {got!r}, program {expected!r}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        how = "every input" if self.exhaustive else "drawn inputs"
        verdict = "equal on" if self.passed else f"DIFFERENT on {len(self.differences)} of"
        return f"<verification: {verdict} {self.checked} sequences, {how}>"

    def _repr_html_(self) -> str:
        rows = [(list(tokens), got, wanted) for tokens, got, wanted in self.differences]
        table = Table(("input", "model", "program"), rows)
        return html(repr(self)[1:-1], table if rows else "", "" if rows else str(self))


def verify(model: Model, *, samples: int, seed: int) -> Verification:
    """Compare a model with its program; see `Model.verify`."""
    if model.program is None:
        raise InputError(
            diagnostic(
                "E411",
                "this model was loaded without its program, so there is nothing to compare with",
                help="compile it again, or pass the program: "
                "`rasplab.Model(model.weights, program)`, `rasplab verify DIR --program FILE:NAME`",
            )
        )
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(
            diagnostic("E418", f"`samples` must be a whole number from 1, not {shown(samples)}")
        )
    config = model.config
    total = sum(len(config.vocabulary) ** n for n in range(1, config.max_length + 1))
    exhaustive = total <= samples
    source = _every(model) if exhaustive else _drawn(model, samples, seed)
    tolerance = model.weights.tolerance
    checked = without_value = positions = wrong = 0
    worst = 0.0
    differences: list[tuple[tuple[Value, ...], list[Value], list[Value]]] = []
    for batch in _batches(source):
        for tokens, got in zip(batch, model.batch(batch), strict=True):
            try:
                expected = model.program(list(tokens), causal=config.causal)
            except ProgramError:
                without_value += 1
                continue
            checked += 1
            error = difference(model, got, expected)
            worst = max(worst, error if error < float("inf") else 0.0)
            positions += len(expected)
            if error > tolerance:
                differences.append((tokens, got, expected))
                pairs = zip(got, expected, strict=True)
                wrong += sum(difference(model, [a], [b]) > tolerance for a, b in pairs)
    return Verification(
        checked, exhaustive, tuple(differences), without_value, worst, positions, wrong
    )


def difference(model: Model, got: list[Value], expected: list[Value]) -> float:
    """The largest difference between two outputs; infinite where values are simply not the same."""
    worst = 0.0
    for a, b in zip(got, expected, strict=True):
        if model.numerical and isinstance(a, int | float) and isinstance(b, int | float):
            worst = max(worst, abs(float(a) - float(b)))
        elif identity(a) != identity(b):
            return float("inf")
    return worst


def _every(model: Model) -> Iterator[tuple[Value, ...]]:
    config = model.config
    for length in range(1, config.max_length + 1):
        yield from itertools.product(config.vocabulary, repeat=length)


def _drawn(model: Model, samples: int, seed: int) -> Iterator[tuple[Value, ...]]:
    draw = random.Random(seed)
    config = model.config
    for i in range(samples):
        length = config.max_length - i % config.max_length
        yield tuple(draw.choice(config.vocabulary) for _ in range(length))


def _batches(source: Iterator[tuple[Value, ...]]) -> Iterator[list[tuple[Value, ...]]]:
    while batch := list(itertools.islice(source, _BATCH)):
        yield batch
