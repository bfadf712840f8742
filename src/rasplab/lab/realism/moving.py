"""One more head that moves what a variable holds into a place of its own.

It attends to the positions that hold the same value as its own, and writes that value: its own
position is always among them, so that there is nothing to be assumed. One value may be no key, what
is undefined or what is held by no direction: where that stands nothing is selected, and it is what
the head writes then, its default.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.stream import ideal_rows
from rasplab.craft.specification import Attention, Comparison, Table
from rasplab.lab.realism.stages import free_name, grown, place_of, with_layer, with_part
from rasplab.weights import Component, ModelWeights, Site, VariablePlace, encode
from rasplab.weights.streams import streams

Array: TypeAlias = "NDArray[np.floating]"
Flags: TypeAlias = "NDArray[np.bool_]"


def can_move(weights: ModelWeights, place: VariablePlace) -> bool:
    """Whether all values of a variable but one, at most, have a direction each and are defined."""
    if place.encoding.kind != "one-hot":
        return False
    rows, keys = ideal_rows(place, weights.circuit.directions), _keys(weights, place)
    return len(rows) - int(keys.sum()) <= 1 and bool((rows[keys].sum(axis=0) <= 1).all())


def _keys(weights: ModelWeights, place: VariablePlace) -> Flags:
    """Which values of a variable are keys: those that have a direction and are defined."""
    rows = ideal_rows(place, weights.circuit.directions)
    defined = np.array([value is not None for value in place.encoding.values], np.bool_)
    return defined & rows.any(axis=1)


def has_room(weights: ModelWeights, place: VariablePlace) -> bool:
    """Whether a layer that is there has heads after the variable."""
    return _layer(place) < weights.config.n_layers


def with_head(weights: ModelWeights, name: str) -> tuple[ModelWeights, str]:
    """The weights with a head that moves a variable, and the name of what it writes.

    Nobody reads that yet. Where no layer comes after the variable there is one more.
    """
    place = place_of(weights, name)
    layer, last = _layer(place), weights.config.n_layers
    if layer >= last:
        weights = with_layer(weights, Site(last - 1, "mlp"), last)
        layer = last
    width, config = place.stop - place.start, weights.config
    lane = slice(config.d_model, config.d_model + width)
    wide = replace(
        config,
        d_model=lane.stop,
        n_heads=config.n_heads + 1,
        d_head=max(config.d_head, width + 1),
    )
    moved = replace(
        place,
        name=free_name(weights, f"{name}.moved"),
        start=lane.start,
        stop=lane.stop,
        written=Site(layer, "attn"),
    )
    arrays = grown(weights.arrays, wide)
    for part, own in _head(weights, place, lane).items():
        into = arrays[f"blocks.{layer}.attn.{part}"][config.n_heads]
        into[tuple(map(slice, own.shape))] = own
    assert weights.specification is not None
    blocks = (*weights.specification.blocks, _block(weights, place, moved.name))
    component = Component(
        layer, "head", config.n_heads, wide.n_heads, moved.name, moved.expression, "", (name,),
        "move", f'select({name}, {name}, "==")',
    )  # fmt: skip
    held = weights.circuit.directions[place.columns]
    made = ModelWeights(
        wide,
        arrays,
        with_part(weights.circuit, component, moved, held, like=name),
        specification=replace(weights.specification, blocks=blocks),
    )
    return made, moved.name


def _layer(place: VariablePlace) -> int:
    """The first whose heads can read a variable."""
    return place.written.layer + 1


def _head(weights: ModelWeights, place: VariablePlace, lane: slice) -> dict[str, Array]:
    """Weights of the head. Its last column gives BOS its score, the others compare values.

    Keys of the value that is asked for score 2g, BOS g, and all others 0. Those n get n·e^-g of the
    weight, which is to be below half a unit: g = ln(2n/u).
    """
    config, width = weights.config, place.stop - place.start
    keys, rows = _keys(weights, place), ideal_rows(place, weights.circuit.directions)
    compared = np.diag(rows[keys].sum(axis=0))
    default = rows[~keys].sum(axis=0)
    gap = math.ceil(math.log(2 * config.n_ctx / FORMATS[config.dtype].roundoff))
    # As a query BOS attends to itself: nothing else weighs as much as the least of all numbers.
    own = 1024.0 if config.dtype == "float64" else 256.0
    at_bos = _at_bos(weights, place)
    query, key, value = (np.zeros((config.d_model, width + 1)) for _ in range(3))
    query[place.columns, :width] = 2.0 * gap * compared
    key[place.columns, :width], key[0, :width] = compared, -at_bos @ compared
    query[0, width], key[0, width] = own, 1.0
    value[place.columns, :width], value[0, :width] = np.eye(width), default - at_bos
    bias, out = np.zeros(width + 1), np.zeros((width + 1, lane.stop))
    bias[width] = gap
    out[:width, lane] = np.eye(width)
    return {"W_Q": query, "b_Q": bias, "W_K": key, "W_V": value, "W_O": out}


def _at_bos(weights: ModelWeights, place: VariablePlace) -> Array:
    """What a variable holds at BOS, the same on every input."""
    run = streams(weights, encode(weights.config, [weights.config.vocabulary[:1]]))
    return np.rint(run.variable(place)[0, 0])


def _block(weights: ModelWeights, place: VariablePlace, name: str) -> Attention:
    values, keys = place.encoding.values, _keys(weights, place)
    held = Table((place.name,), np.arange(len(values), dtype=np.int32), values)
    same = Comparison(0, place.stop - place.start, held, held, np.diag(keys))
    default = next((v for v, key in zip(values, keys.tolist(), strict=True) if not key), None)
    return Attention(name, "move", (same,), None, held, default)
