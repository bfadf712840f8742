"""From maps to a model: each member of a sweep as ordinary weights of its own width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rasplab.craft.certificate import measured
from rasplab.lab.compression.maps import Member, Parameters
from rasplab.lab.compression.network import Sublayer
from rasplab.weights import EMBED, Basis, ModelWeights
from rasplab.weights.rebase import Reader, rebased

Array: TypeAlias = "NDArray[np.float64]"
MapOf: TypeAlias = "Callable[[Reader, bool], Array]"
"""The map (d D) by which the embedding, a sublayer or the read-out reads (True) or writes."""


def fold(
    weights: ModelWeights, parameters: Parameters, theta: Tensor, member: Member, within: float
) -> ModelWeights:
    """The model that a member (its parameters) is: every sublayer's maps folded into its weights.

    Arrays keep their names and get the stream's width: W_E·Wᵀ, W·W_Q, W_O·Wᵀ and so on. The named
    directions go with the model as its basis. Nothing is proved of it; a number of its output
    counts as right `within` this.
    """
    maps, trained = parameters.split(theta[None])
    stack = maps[0, :, : member.width].double().cpu().numpy()
    known = {*trained.writers, *trained.readers}

    def map_of(name: Reader, reads: bool) -> Array:
        return stack[parameters.slot(name, reads=reads) if name in known else 0]

    arrays = {name: a.astype(np.float64) for name, a in weights.arrays.items()}
    if parameters.weights:
        for sublayer in trained.sublayers:
            _put_back(arrays, sublayer)
    kind = weights.config.storage
    with np.errstate(invalid="ignore", over="ignore"):  # of a member that diverged
        narrow = rebased(
            weights.config.architecture,
            arrays,
            lambda site: map_of(site, False).T,
            lambda reader: map_of(reader, True),
        )
        folded: dict[str, NDArray[np.floating]] = {n: a.astype(kind) for n, a in narrow.items()}
    dtype = "float64" if kind is np.float64 else "float32"
    made = ModelWeights(
        replace(weights.config, d_model=member.width, dtype=dtype),
        folded,
        replace(
            weights.circuit,
            certificate=measured(dtype, within, numerical=weights.config.numerical),
        ),
        {EMBED: _basis(weights, parameters, map_of, kind)},
    )
    made.verify()
    return made


def _basis(
    weights: ModelWeights,
    parameters: Parameters,
    map_of: MapOf,
    kind: type[np.float32 | np.float64],
) -> Basis:
    """Each direction as whoever writes it does; read back by the map that reads, or the same."""
    count = len(weights.circuit.directions)
    width = len(map_of(EMBED, False))
    write = np.zeros((count, width))
    for place in weights.circuit.variables:
        write[place.columns] = map_of(place.written, False)[:, place.columns].T
    read = map_of("unembed", True) if parameters.sharing == "separate" else write.T
    return Basis(write.astype(kind), np.ascontiguousarray(read).astype(kind))


def _put_back(arrays: dict[str, Array], sublayer: Sublayer) -> None:
    """A sublayer's own weights, trained, at the places of the compiled ones."""
    read, bias, write = (
        t[0].detach().double().cpu().numpy() for t in (sublayer.read, sublayer.bias, sublayer.write)
    )
    name, at, columns = sublayer.step.weights, list(sublayer.at), list(sublayer.columns)
    if not sublayer.heads:
        arrays[f"{name}W_in"][:, at] = read
        arrays[f"{name}b_in"][at] = bias
        arrays[f"{name}W_out"][np.ix_(at, columns)] = write.T
        return
    ends = np.cumsum([sublayer.query, sublayer.query])
    for part, matrix, offset in zip(
        "QKV", np.split(read, ends, axis=1), np.split(bias, ends), strict=True
    ):
        size = matrix.shape[1] // sublayer.heads
        arrays[f"{name}W_{part}"][at] = 0
        arrays[f"{name}b_{part}"][at] = 0
        heads = matrix.reshape(len(matrix), sublayer.heads, size).transpose(1, 0, 2)
        arrays[f"{name}W_{part}"][at, :, :size] = heads
        arrays[f"{name}b_{part}"][at, :size] = offset.reshape(sublayer.heads, size)
    size = sublayer.value // sublayer.heads
    out = write.T.reshape(sublayer.heads, size, len(columns))
    arrays[f"{name}W_O"][at] = 0
    for head, values in zip(at, out, strict=True):
        arrays[f"{name}W_O"][np.ix_([head], range(size), columns)] = values[None]
