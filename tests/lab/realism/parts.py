"""Parts of a model taken away by hand, and what they write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

import rasplab
from rasplab import programs
from rasplab.weights import ModelWeights, encode, forward
from tests.lab.realism.deviations import inputs


def compiled(name: str, size: int = 3, **options: Any) -> rasplab.Model:
    """A program of the library over so many tokens, up to as many positions."""
    program, vocabulary = programs.get(name).at(size, size)
    return rasplab.compile(program, vocab=vocabulary, max_length=size, **options)


def without(weights: ModelWeights, variables: Iterable[str]) -> ModelWeights:
    """The weights with what the parts of some variables write taken away."""
    arrays = dict(weights.arrays)
    for name in variables:
        component = next(c for c in weights.circuit.components if c.variable == name)
        part = "attn.W_O" if component.kind == "head" else "mlp.W_out"
        block = f"blocks.{component.layer}.{part}"
        arrays[block] = arrays[block].copy()
        arrays[block][component.start : component.stop] = 0
    return replace(weights, arrays=arrays)


def changes(model: rasplab.Model, *variables: str) -> bool:
    """Whether an output changes on some input if parts write nothing, all of them at once."""
    ids = model.encode(inputs(model, 60))
    clean = model.decode(forward(model.weights, ids), ids)
    return model.decode(forward(without(model.weights, variables), ids), ids) != clean


def written(model: rasplab.Model, variable: str, sequence: tuple[Any, ...]) -> Any:
    """What stands on a variable's directions at the end (positions × directions), and at BOS."""
    seen: dict[str, Any] = {}
    ids = encode(model.config, [sequence])
    forward(model.weights, ids, seen.__setitem__)
    architecture = model.config.architecture
    place = next(p for p in model.manifest.variables if p.name == variable)
    return np.asarray(seen[architecture.stream(architecture.last)])[0][:, place.columns]
