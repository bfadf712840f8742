"""Making a data set: which inputs, how corrupted, and what differs."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, assert_never, cast

import numpy as np

from rasplab.diagnostics import Diagnostic, InputError, ProgramError, diagnostic
from rasplab.lab.data.corrupt import CORRUPTIONS, Corruption, Tokens, minimal, redrawn, resampled
from rasplab.lab.data.dataset import Dataset, Pair
from rasplab.lab.data.runs import Runs
from rasplab.rasp.inputs import Inputs
from rasplab.rasp.possible import Chosen, Sequences
from rasplab.rasp.sequence import different, whole
from rasplab.weights.config import Config

if TYPE_CHECKING:
    from rasplab.model import Model

EVERY_AT_MOST = 1 << 16
"""All inputs are enumerated while they are no more than this."""

DRAWN_AT_MOST = 64
"""So many inputs are drawn for each that is wanted, before they are taken to be too few."""


def make_dataset(
    model: Model,
    n: int | None = None,
    *,
    corrupt: str = "resample",
    seed: int = 0,
    length: int | None = None,
) -> Dataset:
    """Clean and corrupted inputs of a model; see `Model.dataset`."""
    config = model.config
    _check(config, n, corrupt, length)
    n, length = whole(n), whole(length)
    draw = random.Random(seed)
    runs = Runs(model.weights)
    if model.inputs is None:
        total, source = _undeclared(config, n, length, draw)
    else:
        total, source = _declared(model.inputs, n, length, seed)
    clean: list[Tokens] = []
    bad: list[Tokens | None] = []
    for i, tokens in enumerate(source):
        if n is not None and (len(clean) == n or i >= DRAWN_AT_MOST * n):
            break
        if _has_value(model, tokens):
            other = _corrupted(model, tokens, cast("Corruption", corrupt), draw, runs)
            if other is not None or corrupt == "resample":
                clean.append(tokens)
                bad.append(other)
    if corrupt == "resample":
        bad = resampled(clean, draw)
    pairs = [(a, b) for a, b in zip(clean, bad, strict=True) if b is not None]
    if not pairs or (n is not None and len(pairs) < n):
        raise InputError(_too_few(n, len(pairs), corrupt, total))
    return Dataset(
        tuple(_described(runs, pairs)),
        corrupt,
        seed,
        n is None and len(pairs) == total,
        config.vocabulary,
        config.output_values,
        model.manifest.program,
    )


def _check(config: Config, n: int | None, corrupt: str, length: int | None) -> None:
    if corrupt not in CORRUPTIONS:
        raise InputError(
            diagnostic(
                "E440",
                f"`corrupt` cannot be {corrupt!r}",
                help=f"choose one of {', '.join(map(repr, CORRUPTIONS))}",
            )
        )
    for name, given, most in (("n", n, None), ("length", length, config.max_length)):
        number = whole(given)
        if given is not None and not (number and 1 <= number <= (most or math.inf)):
            upper = "" if most is None else f" to {most}"
            raise InputError(
                diagnostic(
                    "E440",
                    f"`{name}` cannot be {given!r}",
                    help=f"give a whole number from 1{upper}, or leave it out",
                )
            )


def _undeclared(
    config: Config, n: int | None, length: int | None, draw: random.Random
) -> tuple[int, Iterator[Tokens]]:
    """How many inputs there are, of a length, and they; each once, in random order if drawn.

    Without a length they are of all, or, where they are drawn, of the greatest.
    """
    possible = config.sequences
    if length is not None or n is not None:
        possible = Sequences(config.vocabulary, (length or config.max_length,))
    every = Chosen(possible, EVERY_AT_MOST)
    if n is None:
        if not every.complete:
            raise InputError(
                diagnostic(
                    "E441",
                    f"there are {possible.count} inputs, too many to enumerate",
                    help="give `n`, how many to draw, or a smaller `length`",
                )
            )
        return possible.count, iter(every)
    if n > possible.count:
        raise InputError(
            diagnostic(
                "E441",
                f"there are only {possible.count} different inputs of length {possible.lengths[0]}",
                help="leave `n` out to have them all",
            )
        )
    if every.complete:
        return possible.count, iter(_shuffled(every, draw))
    return possible.count, different(possible.drawn(seed=draw))


def _declared(
    inputs: Inputs, n: int | None, length: int | None, seed: int
) -> tuple[int, Iterator[Tokens]]:
    """How many inputs were declared, of a length, and they; each once, in random order if drawn."""
    if inputs.every is None:
        if n is None:
            raise InputError(
                diagnostic(
                    "E441",
                    f"the inputs are too many to enumerate: {inputs}",
                    help="give `n`, how many to draw",
                )
            )
        drawn = inputs.drawn(DRAWN_AT_MOST * n, seed, length or inputs.lengths[-1])
        return DRAWN_AT_MOST * n, different(drawn)
    every = [s for s in inputs.every if length is None or len(s) == length]
    if n is not None:
        counts = Counter(map(len, every))
        enough = [size for size, count in counts.items() if count >= n]
        every = [s for s in every if not enough or len(s) == max(enough)]
        every = _shuffled(every, random.Random(seed))
    return len(every), iter(every)


def _shuffled(sequences: Iterable[Tokens], draw: random.Random) -> list[Tokens]:
    """The same in random order."""
    found = list(sequences)
    draw.shuffle(found)
    return found


def _has_value(model: Model, tokens: Tokens) -> bool:
    if model.inputs is not None and not model.inputs.contains(tokens):
        return False
    if model.program is None:
        return True
    try:
        model.program(list(tokens), causal=model.config.causal)
    except ProgramError:
        return False
    return True


def _corrupted(
    model: Model, tokens: Tokens, corrupt: Corruption, draw: random.Random, runs: Runs
) -> Tokens | None:
    vocabulary = model.config.vocabulary
    match corrupt:
        case "random":
            return redrawn(tokens, vocabulary, draw, lambda found: _has_value(model, found))
        case "minimal":

            def differs(clean: Tokens, others: Sequence[Tokens]) -> list[bool]:
                found = runs.output_differs(clean, others)
                pairs = zip(found, others, strict=True)
                return [other and _has_value(model, tried) for other, tried in pairs]

            return minimal(tokens, vocabulary, draw, differs)
        case "resample":  # from among the clean ones, once they are known
            return None
        case _:
            assert_never(corrupt)


def _described(runs: Runs, pairs: list[tuple[Tokens, Tokens]]) -> Iterator[Pair]:
    for start in range(0, len(pairs), 256):
        some = pairs[start : start + 256]
        (good, outputs), (bad, corrupted) = (
            runs.variables_and_outputs([pair[side] for pair in some]) for side in (0, 1)
        )
        differing = {name: runs.differing(name, good[name], bad[name]) for name in good}
        for i, (clean, corrupt) in enumerate(some):
            places = {n: np.flatnonzero(d[i, : len(clean)]).tolist() for n, d in differing.items()}
            differs = {name: tuple(found) for name, found in places.items() if found}
            yield Pair(clean, corrupt, tuple(outputs[i]), tuple(corrupted[i]), differs)


def _too_few(n: int | None, found: int, corrupt: str, total: int) -> Diagnostic:
    what = "no input" if not found else f"only {found} of {n} inputs"
    why = {
        "resample": "has another of its length beside it",
        "minimal": "can be changed so that the output is another",
        "random": "can be drawn anew as another",
    }[corrupt]
    return diagnostic(
        "E441",
        f"{what} {why}",
        notes=[f"the model takes {total} inputs of these lengths"],
        help="ask for fewer, other lengths, or another kind of corruption",
    )
