"""Model against evaluator: on every input where feasible, else on drawn inputs of every length."""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rasplab.compiler import observation
from rasplab.diagnostics import InputError, ProgramError, diagnostic, long_work, shown, step
from rasplab.display import Table, html
from rasplab.graph import Interner, Node
from rasplab.graph.promises import named_promises, unkept, were_observed
from rasplab.options import Options
from rasplab.rasp.expressions import SOp
from rasplab.rasp.possible import Chosen
from rasplab.rasp.sequence import read_sequence, whole
from rasplab.rasp.values import Value, identity

if TYPE_CHECKING:
    from rasplab.model import Model

_BATCH = 256


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """What was compared and what was found.

    `declared` says for which inputs the program is meant, if not for all. `broken` has inputs of
    these on which a promise does not hold, with the promise. `unchecked` are promises of a loaded
    model of which it cannot be told whether they hold.
    """

    checked: int
    exhaustive: bool
    differences: tuple[tuple[tuple[Value, ...], list[Value], list[Value]], ...]
    without_value: int
    worst_error: float
    positions: int = 0
    wrong_positions: int = 0
    declared: str = ""
    broken: tuple[tuple[tuple[Value, ...], str], ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def accuracy(self) -> float:
        """The share of positions with the right output."""
        return 1 - self.wrong_positions / max(self.positions, 1)

    @property
    def passed(self) -> bool:
        """Whether model and evaluator agreed everywhere, and all promises held."""
        return not self.differences and not self.broken

    def __str__(self) -> str:
        how = "every input" if self.exhaustive else "drawn inputs of every length"
        how += f" of {self.declared}" if self.declared else ""
        verdict = "DIFFERENT" if self.differences else "equal"
        lines = [f"{verdict} on {self.checked} sequences ({how})"]
        if self.differences:
            alike = 1 - len(self.differences) / self.checked
            lines.append(f"right at {self.accuracy:.2%} of positions, on {alike:.2%} of sequences")
        if self.worst_error:
            lines.append(f"largest error of a number: {self.worst_error:.2e}")
        if self.without_value:
            lines.append(f"{self.without_value} inputs on which the program has no value: left out")
        for tokens, got, expected in self.differences[:5]:
            lines.append(f"  on {list(tokens)!r}: model {got!r}, program {expected!r}")
        for tokens, promise in self.broken[:5]:
            lines.append(f"  on {list(tokens)!r} a promise is broken: {promise}")
        lines += [f"NOT checked: {promise}" for promise in self.unchecked]
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
    number = whole(samples)
    if number is None or number < 1:
        raise InputError(
            diagnostic(
                "E418",
                f"`samples` must be a whole number from 1, not {shown(samples)}",
                help="leave it out for as many as usual, or give more for a better check",
            )
        )
    possible = model.config.sequences if model.inputs is None else model.inputs
    with long_work("comparing a model with its program"):
        return _compared(model, model.program, Chosen(possible, number, seed=seed))


def _compared(model: Model, program: SOp, source: Chosen) -> Verification:
    config, declared, tolerance = model.config, model.inputs, model.weights.tolerance
    promised = _promised(model)
    checked = without_value = positions = wrong = 0
    worst = 0.0
    differences: list[tuple[tuple[Value, ...], list[Value], list[Value]]] = []
    broken: list[tuple[tuple[Value, ...], str]] = []
    for batch in _batches(iter(source)):
        step(f"{checked + without_value:,} sequences")
        for tokens, got in zip(batch, model.batch(batch), strict=True):
            try:
                expected = program(list(tokens), causal=config.causal)
            except ProgramError as error:
                without_value += 1
                if declared is not None and error.code != "E204":
                    broken.append((tokens, error.diagnostics[0].title))
                continue
            broken += [(tokens, promise) for promise in promised.broken(tokens)]
            checked += 1
            error = difference(model, got, expected)
            worst = max(worst, error if error < float("inf") else 0.0)
            positions += len(expected)
            if error > tolerance:
                differences.append((tokens, got, expected))
                pairs = zip(got, expected, strict=True)
                wrong += sum(difference(model, [a], [b]) > tolerance for a, b in pairs)
    return Verification(
        checked,
        source.complete,
        tuple(differences),
        without_value,
        worst,
        positions,
        wrong,
        "" if declared is None else str(declared),
        tuple(broken),
        promised.lost,
    )


class UncheckedWarning(UserWarning):
    """Something was to be checked that cannot be: the warning says what."""


@dataclass(frozen=True, slots=True, eq=False)
class _Promised:
    """The aggregates of which something was taken for granted since it held on declared inputs.

    `lost` are promises that the certificate names, and no aggregate of the program is known for.
    """

    graph: Node | None = None
    interner: Interner | None = None
    made: tuple[Node, ...] = ()
    causal: bool = False
    lost: tuple[str, ...] = ()

    def broken(self, tokens: Sequence[Value]) -> list[str]:
        """What was promised and does not hold on an input."""
        if self.graph is None or self.interner is None or not self.made:
            return []
        return unkept(self.graph, self.interner, self.made, tokens, causal=self.causal)


@functools.lru_cache(maxsize=1)
def _promised(model: Model) -> _Promised:
    """The promises of a model; of a loaded one they are found again, by what its certificate says.

    What is found anew is what holds on the declared inputs, so it is the same aggregates; where
    other inputs were given than the model was compiled for, some may be lost.
    """
    named = were_observed(model.certificate.assumptions)
    if not named:
        return _Promised()
    causal, made = model.config.causal, model.compilation
    if made is not None:
        return _Promised(made.graph, made.facts.interner, made.observed, causal)
    if model.program is None:
        return _Promised(lost=tuple(named))
    graph, facts, found = observation(model.program, _options(model))
    own = {node: named_promises(node, facts.interner) for node in found.observed}
    kept = tuple(n for n, says in own.items() if any(_said(one, named) for one in says))
    lost = (a for a in named if not any(_said(one, [a]) for n in kept for one in own[n]))
    return _Promised(graph, facts.interner, kept, causal, tuple(lost))


def _said(promise: str, assumptions: Iterable[str]) -> bool:
    return any(assumption.startswith(f"{promise}, ") for assumption in assumptions)


def _options(model: Model) -> Options:
    c = model.config
    optimize = model.manifest.optimize
    return Options(c.vocabulary, c.max_length, c.causal, optimize, c.dtype, model.inputs)


def checked(model: Model, sequence: Iterable[object]) -> list[Value]:
    """The tokens of an input for which a program is meant, has a value, and keeps its promises.

    Of a loaded model only the inputs may be known: then it warns of what is not checked.

    Raises:
        InputError: E411 where nothing is known to check, E427 for an input that was not declared,
            E428 where the declared inputs were not saved.
        ProgramError: the program has no value, or E205 where a promise does not hold.
    """
    tokens, declared = read_sequence(sequence), model.inputs
    if model.program is None and declared is None:
        raise InputError(
            diagnostic(
                "E411",
                "this model was loaded without its program, so there is nothing to check",
                help="pass the program: `rasplab.Model(model.weights, program)`",
            )
        )
    shown_ = " ".join(map(str, tokens))
    if declared is not None and not declared.contains(tokens):
        raise InputError(
            diagnostic(
                "E427",
                f"`{shown_}` is none of the inputs for which the program is meant",
                notes=[f"these are {declared}"],
                help="leave the check out to have what the model gives there",
            )
        )
    if model.program is None:
        warn_unchecked(["the program is not known: whether it has a value here"])
        return tokens
    model.program(list(tokens), causal=model.config.causal)
    promised = _promised(model)
    if promised.lost:
        warn_unchecked(promised.lost)
    for promise in promised.broken(tokens):
        raise ProgramError(diagnostic("E205", f"on `{shown_}` a promise is broken: {promise}"))
    return tokens


def warn_unchecked(what: Sequence[str]) -> None:
    """Say what was to be checked and is not."""
    text = "; ".join(what)
    warnings.warn(f"this is not checked: {text}", UncheckedWarning, stacklevel=4)


def difference(model: Model, got: list[Value], expected: list[Value]) -> float:
    """The largest difference between two outputs; infinite where values are simply not the same."""
    worst = 0.0
    for a, b in zip(got, expected, strict=True):
        if model.numerical and isinstance(a, int | float) and isinstance(b, int | float):
            worst = max(worst, abs(float(a) - float(b)))
        elif identity(a) != identity(b):
            return float("inf")
    return worst


def _batches(source: Iterator[tuple[Value, ...]]) -> Iterator[list[tuple[Value, ...]]]:
    while batch := list(itertools.islice(source, _BATCH)):
        yield batch
