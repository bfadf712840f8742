"""Every way to run a compiled model, and inputs that are likely to make its errors large."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rasplab
from rasplab.checker.arithmetic import FORMATS
from rasplab.rasp.possible import Chosen
from rasplab.weights import forward

Array = NDArray[np.float64]
Sequence = tuple[Any, ...]
Backend = Callable[[NDArray[np.intp]], tuple[Array, Array]]
"""From token ids to the last residual stream and the read-out."""


# -- what runs them


def backends(model: rasplab.Model, home: Path | None) -> Iterator[tuple[str, str, Backend]]:
    """Every way to run a model in which its weights are proved: format, name, function."""
    own = "float64" if model.config.dtype == "float64" else "float32"
    for dtype in FORMATS:
        if dtype in ("float64", "float32"):
            yield dtype, "NumPy", in_numpy(model, np.dtype(dtype))
        if dtype == own and home is not None:
            yield dtype, "ONNX", in_onnx(model, home)
            yield dtype, "JAX", in_jax(model)
        for fused in (True, False):
            yield dtype, "torch, fused" if fused else "torch", in_torch(model, dtype, fused)


def last(model: rasplab.Model) -> str:
    """The activation that holds what all blocks wrote."""
    architecture = model.config.architecture
    return architecture.stream(architecture.last)


def in_numpy(model: rasplab.Model, dtype: np.dtype[Any]) -> Backend:
    arrays = {name: array.astype(dtype) for name, array in model.weights.arrays.items()}
    weights = replace(model.weights, arrays=arrays)

    def run(ids: NDArray[np.intp]) -> tuple[Array, Array]:
        seen: dict[str, Any] = {}
        out = forward(weights, ids, seen.__setitem__)
        return np.asarray(seen[last(model)], np.float64), np.asarray(out, np.float64)

    return run


def in_torch(model: rasplab.Model, dtype: str, fused: bool) -> Backend:
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = model.torch(dtype=dtype)
    module.fused = fused
    name = last(model)

    def run(ids: NDArray[np.intp]) -> tuple[Array, Array]:
        with torch.no_grad():
            out, seen = module.run_with_cache(torch.as_tensor(ids), [name])
        return seen[name].double().numpy(), out.double().numpy()

    if name == "hook_embed":  # there, without the positions
        return lambda ids: (
            module.embedded(torch.as_tensor(ids)).detach().double().numpy(),
            run(ids)[1],
        )
    return run


def in_onnx(model: rasplab.Model, home: Path) -> Backend:
    import onnxruntime

    path = model.to_onnx(home / "model.onnx", activations=True, overwrite=True)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    names = ["logits", last(model)]

    def run(ids: NDArray[np.intp]) -> tuple[Array, Array]:
        out, stream = session.run(names, {"ids": ids.astype(np.int64)})
        return np.asarray(stream, np.float64), np.asarray(out, np.float64)

    return run


def in_jax(model: rasplab.Model) -> Backend:
    import jax

    with jax.enable_x64(True):
        apply, params = model.to_jax()
        jitted = jax.jit(partial(apply, activations=True))

    def run(ids: NDArray[np.intp]) -> tuple[Array, Array]:
        with jax.enable_x64(True):  # and not for all that runs in this process
            out, seen = jitted(params, ids)
        return np.asarray(seen[last(model)], np.float64), np.asarray(out, np.float64)

    return run


# -- inputs


@dataclass(slots=True)
class Search:
    """Which inputs are tried, and how long the worst ones are made worse."""

    inputs: int
    rounds: int
    seed: int

    def first(self, model: rasplab.Model) -> tuple[list[Sequence], bool]:
        """Inputs to begin with, and whether these are all there are."""
        config, draw = model.config, random.Random(self.seed)
        words, longest = config.vocabulary, config.max_length
        every = Chosen(config.sequences, self.inputs)
        if every.complete:
            return list(every), True
        found = [(word,) * n for word in words[:8] for n in (1, longest)]
        ends = (words[0], words[-1])
        found += [tuple(ends[i % 2] for i in range(longest)), (ends[0],) * (longest - 1) + ends[1:]]
        found += [tuple(itertools.islice(itertools.cycle(words), longest))]
        while len(found) < self.inputs:
            length = draw.choice((longest, draw.randint(1, longest)))
            some = draw.sample(words, min(len(words), draw.randint(1, 4)))
            found.append(tuple(draw.choice(some) for _ in range(length)))
        return list(dict.fromkeys(found)), False

    def near(self, worst: Iterable[Sequence], model: rasplab.Model, turn: int) -> list[Sequence]:
        """Neighbours of the worst inputs: a token changed, copied over others, added or dropped."""
        draw = random.Random(f"{self.seed} {turn}")
        words, longest = model.config.vocabulary, model.config.max_length
        found: list[Sequence] = []
        for sequence in worst:
            for _ in range(4):
                new = list(sequence)
                place = draw.randrange(len(new))
                match draw.randrange(4):
                    case 0:
                        new[place] = draw.choice(words)
                    case 1:
                        new[place:] = [new[place]] * (len(new) - place)
                    case 2 if len(new) < longest:
                        new.insert(place, draw.choice((new[place], draw.choice(words))))
                    case _ if len(new) > 1:
                        del new[place]
                    case _:
                        draw.shuffle(new)
                found.append(tuple(new))
        return list(dict.fromkeys(found))
