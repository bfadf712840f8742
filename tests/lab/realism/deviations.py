"""How far disguised models really are from the ideal coordinates, against what is proved."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import numpy as np

import rasplab
from benchmarks.bounds import Truth
from rasplab.checker import followed
from rasplab.checker.arithmetic import stored_in
from rasplab.weights import EMBED, ModelWeights, encode, forward


def inputs(model: rasplab.Model, count: int, seed: int = 0) -> list[tuple[Any, ...]]:
    """All inputs where there are few, else so many drawn ones of every length."""
    config = model.config
    words, longest = config.vocabulary, config.max_length
    if sum(len(words) ** n for n in range(1, longest + 1)) <= count:
        return [s for n in range(1, longest + 1) for s in itertools.product(words, repeat=n)]
    draw = random.Random(seed)
    return [tuple(draw.choice(words) for _ in range(longest - i % longest)) for i in range(count)]


def named(weights: ModelWeights, stream: Any) -> Any:
    """A stored stream along the named directions, in float64."""
    wide, count = stream.astype(np.float64), len(weights.circuit.directions)
    if not weights.bases:
        return wide
    write = weights.bases[EMBED].write.astype(np.float64)
    return wide[..., :count] @ np.linalg.inv(write[:, :count])  # lanes of norms come after these


def largest_part(
    model: rasplab.Model, disguised: rasplab.Model, count: int, dtype: str | None = None
) -> float:
    """The largest part that a deviation has of its bound; above 1 the bound is broken.

    At the end of the stream, for every variable at every position, BOS among them. With `dtype`,
    of the weights as they are stored in that format.
    """
    weights, worst = disguised.weights, 0.0
    proof, held = followed(weights, dtype)
    assert proof.holds
    if dtype is not None:
        arrays = {name: stored_in(array, dtype) for name, array in weights.arrays.items()}
        weights = replace(weights, arrays=arrays)
    architecture = weights.config.architecture
    last = architecture.stream(architecture.last)
    for sequence in inputs(model, count):
        known = Truth(model).of(sequence)  # one that remembers would take 1 for True
        if known is None:
            continue
        seen: dict[str, Any] = {}
        forward(weights, encode(weights.config, [sequence]), seen.__setitem__)
        stream = named(weights, seen[last])[0]
        for one in held.values():
            lane = slice(one.start, one.stop)
            ideal = known[0][:, lane]
            bound = one.relative * np.abs(ideal) + one.absolute
            off = np.abs(stream[1:, lane] - ideal)
            at_bos = np.abs(stream[0, lane] - one.bos)
            for error, allowed in ((off, bound), (at_bos, one.bos_error)):
                with np.errstate(divide="ignore", invalid="ignore"):
                    parts = np.where(error > 0, error / allowed, 0.0)
                worst = max(worst, float(np.nanmax(parts, initial=0.0)))
    return worst
