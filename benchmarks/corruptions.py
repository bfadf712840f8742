"""Whether the checker refuses models whose weights or manifest were changed so that outputs change.

    python benchmarks/corruptions.py --count 200

Each corruption takes a saved model of the library, changes one thing in its files' contents, and
compares what it returns on every short input with what it returned before. Those that change no
output may be proved or not; of those that do, every one must be refused.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab
from benchmarks.table import markdown
from rasplab import programs
from rasplab.checker import prove
from rasplab.diagnostics import CompileError, InternalError
from rasplab.rasp.possible import Sequences
from rasplab.weights import ModelWeights, decode, encode, forward

Change = Callable[[ModelWeights, random.Random], ModelWeights]
NAMES = ("sort", "hist", "reverse", "frac_prevs", "dyck1", "sort_unique", "induction_head", "shift")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="corruptions that change an output")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts, missed = corrupt(options.count, options.seed)
    kinds = sorted({kind for kind, _ in counts})
    results = ("changed, refused", "changed, PROVED", "same, refused", "same, proved")
    rows = [(kind, *(counts[kind, result] for result in results)) for kind in kinds]
    print(markdown(("corruption", *results), rows))
    for line in missed:
        print(line)
    sys.exit(bool(missed))


def corrupt(count: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How often each kind changed an output and was refused; and which were missed."""
    draw = random.Random(seed)
    models = [(name, *examined(weights)) for name, weights in library()]
    counts: Counter[tuple[str, str]] = Counter()
    missed: list[str] = []
    while sum(n for (_, result), n in counts.items() if result.startswith("changed")) < count:
        name, weights, ids, expected = draw.choice(models)
        kind = draw.choice(list(CHANGES))
        changed = CHANGES[kind](weights, draw)
        differs = outputs(changed, ids) != expected
        proved = prove(changed).holds
        verdict = ("changed" if differs else "same", "proved" if proved else "refused")
        if verdict == ("changed", "proved"):
            verdict = ("changed", "PROVED")
            missed.append(f"{name}: {kind}: {difference(weights, changed)}")
        counts[kind, ", ".join(verdict)] += 1
    return counts, missed


def difference(before: ModelWeights, after: ModelWeights) -> str:
    for name, array in before.arrays.items():
        for place in np.argwhere(array != after.arrays[name])[:1].tolist():
            i = tuple(place)
            return f"{name}{place} {array[i]} -> {after.arrays[name][i]}"
    return "the configuration"


def library() -> Iterator[tuple[str, ModelWeights]]:
    for name in NAMES:
        entry = programs.get(name)
        program, vocabulary = entry.at(4, 4)
        for causal, optimize in itertools.product((False, True), (0, 1)):
            try:
                model = rasplab.compile(
                    program, vocab=vocabulary, max_length=4, causal=causal, optimize=optimize
                )
            except CompileError:
                continue
            yield f"{name} causal={causal} optimize={optimize}", model.weights


def examined(weights: ModelWeights) -> tuple[ModelWeights, Any, list[Any]]:
    """The weights, every input of three lengths, and what comes out."""
    config = weights.config
    inputs = list(Sequences(config.vocabulary, (1, 2, config.max_length)))
    ids = encode(config, inputs)
    return weights, ids, outputs(weights, ids)


def outputs(weights: ModelWeights, ids: Any) -> list[Any]:
    lengths = [int((row != 1).sum()) - 1 for row in ids]
    with np.errstate(all="ignore"):
        out = forward(weights, ids)
    if not np.isfinite(out).all():
        return ["not finite"]
    found = decode(weights.config, out, lengths)
    if weights.tolerance:  # numbers as they come: equal within what is certified
        return [[round(v, 2) if isinstance(v, int | float) else v for v in row] for row in found]
    return found


# -- the changes


def weight(weights: ModelWeights, draw: random.Random) -> ModelWeights:
    """One weight that is not 0 becomes another number."""
    name, array, place = nonzero(weights, draw)
    array[place] = draw.choice((0.0, -array[place], array[place] * 1.5, array[place] + 1))
    return with_array(weights, name, array)


def zero(weights: ModelWeights, draw: random.Random) -> ModelWeights:
    """One weight that is 0 becomes another number."""
    name = draw.choice([n for n, a in weights.arrays.items() if a.size])
    array = weights.arrays[name].copy()
    place = tuple(draw.randrange(size) for size in array.shape)
    array[place] += draw.choice((-1.0, 0.25, 1.0, 30.0))
    return with_array(weights, name, array)


def nudge(weights: ModelWeights, draw: random.Random) -> ModelWeights:
    """One weight moves by a part of itself."""
    name, array, place = nonzero(weights, draw)
    array[place] *= 1 + draw.choice((-1, 1)) * 10 ** draw.uniform(-4, 0)
    return with_array(weights, name, array)


def swap(weights: ModelWeights, draw: random.Random) -> ModelWeights:
    """Two columns of an array change places."""
    name = draw.choice([n for n, a in weights.arrays.items() if a.ndim > 1 and a.shape[-1] > 1])
    array = weights.arrays[name].copy()
    i, j = draw.sample(range(array.shape[-1]), 2)
    array[..., [i, j]] = array[..., [j, i]]
    return with_array(weights, name, array)


def vocabulary(weights: ModelWeights, draw: random.Random) -> ModelWeights:
    """Two tokens change their ids, or two outputs their places."""
    config = weights.config
    if draw.random() < 0.5 or config.output_values is None:
        return replace(weights, config=replace(config, vocabulary=swapped(config.vocabulary, draw)))
    return replace(
        weights, config=replace(config, output_values=swapped(config.output_values, draw))
    )


def masking(weights: ModelWeights, draw: random.Random) -> ModelWeights:
    """Causal, or no longer."""
    del draw
    return replace(weights, config=replace(weights.config, causal=not weights.config.causal))


def unit(weights: ModelWeights, draw: random.Random) -> ModelWeights:
    """A number is rounded to another unit; of scores, two values become one."""
    config = weights.config
    if config.output_unit is not None:
        return replace(weights, config=replace(config, output_unit=config.output_unit * 2))
    if config.output_values is not None and len(config.output_values) > 1:
        values = (config.output_values[1], *config.output_values[1:])
        return replace(weights, config=replace(config, output_values=values))
    return weight(weights, draw)


CHANGES: dict[str, Change] = {
    "a weight": weight,
    "a zero": zero,
    "a small change": nudge,
    "two columns swapped": swap,
    "the vocabulary": vocabulary,
    "the masking": masking,
    "the unit or values of the output": unit,
}


def nonzero(weights: ModelWeights, draw: random.Random) -> tuple[str, Any, tuple[int, ...]]:
    name = draw.choice([n for n, a in weights.arrays.items() if a.any()])
    array = weights.arrays[name].copy()
    return name, array, tuple(draw.choice(np.argwhere(array).tolist()))


def with_array(weights: ModelWeights, name: str, array: Any) -> ModelWeights:
    return replace(weights, arrays=weights.arrays | {name: array})


def swapped(values: tuple[Any, ...], draw: random.Random) -> tuple[Any, ...]:
    if len(values) < 2:
        raise InternalError("one value cannot be swapped")
    listed = list(values)
    i, j = draw.sample(range(len(listed)), 2)
    listed[i], listed[j] = listed[j], listed[i]
    return tuple(listed)


if __name__ == "__main__":
    main()
