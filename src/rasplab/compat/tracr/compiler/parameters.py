"""A compiled model's arrays under Haiku's names and shapes, as Tracr lays its models out.

Tracr reads its output by projecting the residual stream on the directions of the output. Where our
read-out is not such a projection, the stream gets a lane for each of its columns, and whatever is
written to the stream is written there too: the read-out is linear, so that the lanes always hold
what it would read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.compat.tracr.craft.bases import BasisDirection
from rasplab.compat.tracr.rasp.spelling import Spellings
from rasplab.compat.tracr.transformer.encoder import Undefined
from rasplab.compat.tracr.transformer.model import TransformerConfig
from rasplab.rasp.values import Value
from rasplab.weights import ModelWeights
from rasplab.weights.artefact import NamedDirection

Array: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Tracr's residual stream: its directions, and how our columns are written into it.

    `write` is our directions × Tracr's; `constant` stands at every position; `output` are the
    columns that the output is read from, in the order of its values.
    """

    directions: tuple[BasisDirection, ...]
    write: Array
    constant: Array
    read: Array
    output: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What Tracr calls things: the output's label and all labels, BOS, and tokens as given."""

    program: str
    labels: frozenset[str]
    bos: Any
    spellings: Spellings
    undefined: Undefined

    def value(self, value: Value) -> Any:
        """A value of a direction."""
        return self.undefined if value is None else self.spellings.one(value)


def lay_out(weights: ModelWeights, names: Names) -> Layout:
    """The layout of a model whose output is the expression with the label `names.program`."""
    W_U, b_U = weights.arrays["unembed.W_U"], weights.arrays["unembed.b_U"]
    named = _named(weights, names)
    wanted = _outputs(weights, names)
    columns = [int(column) for column in W_U.argmax(axis=0)]
    write, constant = np.eye(len(named), dtype=W_U.dtype), np.zeros(len(named), W_U.dtype)
    projects = bool((write[:, columns] == W_U).all() and not b_U.any())
    if projects and [named[column] for column in columns] == wanted:
        output = columns
    else:
        output = [len(named) + i for i in range(len(wanted))]
        named = [*(d for d in _apart(named, wanted)), *wanted]
        write = np.concatenate([write, W_U], axis=1)
        constant = np.concatenate([constant, b_U])
    order = sorted(range(len(named)), key=named.__getitem__)
    place = {column: i for i, column in enumerate(order)}
    if weights.config.output_values is not None:
        output.sort(key=place.__getitem__)
    return Layout(
        directions=tuple(named[column] for column in order),
        write=write[:, order],
        constant=constant[order],
        read=np.eye(*write.shape, dtype=W_U.dtype)[:, order].T,
        output=tuple(place[column] for column in output),
    )


def _outputs(weights: ModelWeights, names: Names) -> list[BasisDirection]:
    """What Tracr has as the directions of the output; a number has no value."""
    c = weights.config
    if c.output_values is None:
        values: list[Any] = [None, names.undefined][: c.d_out]
    else:
        values = [names.value(value) for value in c.output_values]
    return [BasisDirection(names.program, value) for value in values]


def _named(weights: ModelWeights, names: Names) -> list[BasisDirection]:
    """Our directions under the labels of the expressions; two never have the same name."""
    named: list[BasisDirection] = []
    taken: set[BasisDirection] = set()
    computed = {place.name: place.expression for place in weights.circuit.variables}
    stated = weights.specification
    tokens = () if stated is None else stated.tokens
    for direction in weights.circuit.directions:
        if direction.marks_bos:
            named.append(BasisDirection("tokens", names.bos))
            continue
        copied = computed.get(direction.variable, direction.variable)
        kept = direction.variable in names.labels or copied not in names.labels
        variable = direction.variable if kept else copied
        value = _value(direction, names, token=direction.variable in tokens)
        wish = BasisDirection(variable, value)
        named.append(BasisDirection(direction.variable, wish.value) if wish in taken else wish)
        taken.add(wish)
    return named


def _value(direction: NamedDirection, names: Names, *, token: bool) -> Any:
    match direction.values:
        case ():
            return {"undefined": names.undefined, "number": None, "": None}.get(
                direction.role, direction.role
            )
        case (None,):
            return names.undefined
        case (value,) if token:
            return names.spellings.token(value)
        case (value,):
            return names.value(value)
        case values:
            return "|".join(map(str, values))


def _apart(named: list[BasisDirection], wanted: list[BasisDirection]) -> list[BasisDirection]:
    """The directions, renamed where the output takes their names."""
    taken = set(wanted)
    return [BasisDirection(f"{d.name}.held", d.value) if d in taken else d for d in named]


def config_of(weights: ModelWeights) -> TransformerConfig:
    """The shape, with at least one of everything, as Tracr's models have."""
    c = weights.config
    return TransformerConfig(
        num_heads=max(c.n_heads, 1),
        num_layers=max(c.n_layers, 1),
        key_size=_key_size(weights),
        mlp_hidden_size=max(c.d_mlp, 1),
        dropout_rate=0.0,
        causal=c.causal,
    )


def _key_size(weights: ModelWeights) -> int:
    """The least square from d_head with a root by which W_Q can be multiplied without rounding.

    Haiku divides scores by the root of the key size. A root that is a power of two always serves,
    so that less than twice the least root is tried.
    """
    root = math.isqrt(max(weights.config.d_head, 1) - 1) + 1
    queries = [a for name, a in weights.arrays.items() if name.endswith(("W_Q", "b_Q"))]
    while root & (root - 1) and not all(_scales(a, root) for a in queries):
        root += 1
    return root * root


def _scales(array: Array, by: int) -> bool:
    if array.dtype == np.float64:
        return False  # there is no wider format to compare in
    wide = array.astype(np.float64) * by
    return bool((wide == wide.astype(array.dtype)).all())


def haiku_params(
    weights: ModelWeights, layout: Layout, config: TransformerConfig, token_rows: list[int]
) -> dict[str, dict[str, Array]]:
    """The parameters; `token_rows` are our ids of Tracr's tokens, in its order."""
    c, w = weights.config, weights.arrays
    tokens = w["embed.W_E"] @ layout.write + layout.constant
    params: dict[str, dict[str, Array]] = {
        "token_embed": {"embeddings": tokens[token_rows]},
        "pos_embed": {"embeddings": w["pos_embed.W_pos"] @ layout.write},
    }
    for layer in range(config.num_layers):
        part = _Part(weights, layout, config, layer if layer < c.n_layers else None)
        name = f"transformer/layer_{layer}"
        for key, letter in (("query", "Q"), ("key", "K"), ("value", "V")):
            scale = math.isqrt(config.key_size) if letter == "Q" else 1
            params[f"{name}/attn/{key}"] = part.projection(letter, scale)
        params[f"{name}/attn/linear"] = part.output()
        params[f"{name}/mlp/linear_1"] = part.hidden()
        params[f"{name}/mlp/linear_2"] = part.written()
    return params


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One layer, padded with zeros to the shape of the configuration; `layer` None is all zeros."""

    weights: ModelWeights
    layout: Layout
    config: TransformerConfig
    layer: int | None

    def projection(self, letter: str, scale: int) -> dict[str, Array]:
        """Directions × (heads · coordinates)."""
        t, d = self.config, len(self.layout.directions)
        w = self._zeros(t.num_heads, d, t.key_size)
        b = self._zeros(t.num_heads, t.key_size)
        if self.layer is not None:
            matrix, bias = self._array(f"attn.W_{letter}"), self._array(f"attn.b_{letter}")
            heads, _, size = matrix.shape
            w[:heads, :, :size] = self.layout.read @ matrix * scale
            b[:heads, :size] = bias * scale
        return {"w": w.transpose(1, 0, 2).reshape(d, -1), "b": b.reshape(-1)}

    def output(self) -> dict[str, Array]:
        """(Heads · coordinates) × directions."""
        t, d = self.config, len(self.layout.directions)
        w = self._zeros(t.num_heads, t.key_size, d)
        if self.layer is not None:
            matrix = self._array("attn.W_O")
            w[: matrix.shape[0], : matrix.shape[1]] = matrix @ self.layout.write
        return {"w": w.reshape(-1, d), "b": self._zeros(d)}

    def hidden(self) -> dict[str, Array]:
        """Directions × hidden units."""
        w = self._zeros(len(self.layout.directions), self.config.mlp_hidden_size)
        b = self._zeros(self.config.mlp_hidden_size)
        if self.layer is not None:
            matrix = self._array("mlp.W_in")
            w[:, : matrix.shape[1]] = self.layout.read @ matrix
            b[: matrix.shape[1]] = self._array("mlp.b_in")
        return {"w": w, "b": b}

    def written(self) -> dict[str, Array]:
        """Hidden units × directions."""
        d = len(self.layout.directions)
        w = self._zeros(self.config.mlp_hidden_size, d)
        if self.layer is not None:
            matrix = self._array("mlp.W_out")
            w[: matrix.shape[0]] = matrix @ self.layout.write
        return {"w": w, "b": self._zeros(d)}

    def _array(self, name: str) -> Array:
        return self.weights.arrays[f"blocks.{self.layer}.{name}"]

    def _zeros(self, *shape: int) -> Array:
        return np.zeros(shape, self.weights.arrays["embed.W_E"].dtype)
