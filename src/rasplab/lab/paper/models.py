"""The two models of the Tracr paper's section 5, in the paper's layout.

Ours differ from Tracr's in the residual stream: there is no constant direction (our sublayers have
biases), none for padding, and a selector width reads a sum instead of 1/(w + 1). What is found in
the paper is found in its layout, so here are its two models, dimension by dimension (14 and 25):
attention with scores of 100 and 0, BOS at 50 where it holds the default and at 100 where widths
are counted, and steps of slope 100.

Source: Lindner et al., Tracr (NeurIPS 2023), sections 3 and 5, figures 2 and 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.certificate import measured as measured_certificate
from rasplab.craft.space import BOS
from rasplab.rasp import SOp, Value, aggregate, apply, indices, select, selector_width, tokens
from rasplab.rasp.printer import to_text
from rasplab.weights import (
    EMBED,
    Component,
    Config,
    Manifest,
    ModelWeights,
    NamedDirection,
    Site,
    VariablePlace,
)
from rasplab.weights.artefact import Construction, Encoding, PartKind
from rasplab.weights.config import expected_shapes

Array = NDArray[np.float32]

COLD = 100.0
"""The score of a selected key, and the slope of a step: Tracr's constants."""
LENGTH = 5
PAD = "compiler_pad"
WITHIN = 1e-3
"""What Tracr's constants leave of error at this size, measured on every input."""


SHARE = "target_pos_selector_width_attn_output"
NUMBERS: dict[str, tuple[float, ...]] = {
    "one": (1,),
    "is_x": (0, 1),
    "frac_prevs": tuple(sorted({k / n for n in range(1, LENGTH + 1) for k in range(n + 1)})),
    SHARE: tuple(sorted(1 / (width + 1) for width in range(LENGTH + 1))),
}
"""The variables of one dimension, and the numbers that they can be."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperModel:
    """A model of the paper: its program, the weights, and the inputs that it is meant for.

    These are all sequences over its vocabulary; with `distinct` those without a token twice.
    """

    name: str
    program: SOp
    weights: ModelWeights
    distinct: bool


def frac_prevs() -> PaperModel:
    """The share of `x` so far, over a, b, c and x: an MLP, then an attention head; D = 14."""
    is_x = apply(_is_x, tokens).named("is_x")
    so_far = select(indices, indices, "<=")
    program = aggregate(so_far, is_x, default=0).named("frac_prevs")
    made = _Builder(program, ("a", "b", "c", "x"), [("is_x", ()), ("frac_prevs", ())])
    made.mlp(0, "is_x", ["tokens"], W_in={("tokens", "x"): [1.0]}, b=[0.0], W_out=[[1.0]])
    made.head(1, "frac_prevs", _so_far, query="indices", key="indices", value=["is_x"], bos=0.5)
    return PaperModel("frac_prevs", program, made.weights(None), distinct=False)


def sort_unique() -> PaperModel:
    """The tokens 1 to 5 in order, none twice: widths, steps, then a fetch; D = 25."""
    vocabulary = (1, 2, 3, 4, 5)
    target_pos = selector_width(select(tokens, tokens, "<")).named("target_pos")
    program = aggregate(select(target_pos, indices, "=="), tokens).named("sort_unique")
    ranks = tuple(range(LENGTH + 1))
    variables = [(SHARE, ()), ("target_pos", ranks), ("sort_unique", vocabulary)]
    made = _Builder(program, vocabulary, variables)
    made.head(0, SHARE, _smaller, query="tokens", key="tokens", value=[BOS.variable], bos=1.0)
    made.mlp(0, "target_pos", [BOS.variable, SHARE], **_steps())
    made.head(1, "sort_unique", _same, query="indices", key="target_pos", value=["tokens"], bos=0.5)
    return PaperModel("sort_unique", program, made.weights(vocabulary), distinct=True)


PAPER: dict[str, Callable[[], PaperModel]] = {"frac_prevs": frac_prevs, "sort_unique": sort_unique}
"""Both, by name; each call makes one anew."""


def _is_x(token: Value) -> int:
    return int(token == "x")


def _so_far(key: int, query: int) -> bool:
    return key <= query


def _smaller(key: int, query: int) -> bool:
    return key < query


def _same(key: int, query: int) -> bool:
    return key == query


def _steps() -> dict[str, Any]:
    """Hidden units that turn 1/(w + 1) into a one-hot of w: two per step, half-way between values.

    Shares rise as widths fall, so the first unit is always 1 and means the largest width. At BOS,
    which no selector means, the share is taken for 0 and every unit is silent.
    """
    shares = [1 / (width + 1) for width in range(LENGTH, -1, -1)]
    halves = [(a + b) / 2 for a, b in pairwise(shares)]
    slopes, biases = [0.0], [1.0]
    writes = np.zeros((1 + 2 * len(halves), LENGTH + 1))
    writes[0, LENGTH] = 1
    for number, half in enumerate(halves):
        slopes += [COLD, COLD]
        biases += [1 - COLD * half, -COLD * half]
        above = LENGTH - 1 - number
        writes[1 + 2 * number, [above, above + 1]] = 1, -1
        writes[2 + 2 * number, [above, above + 1]] = -1, 1
    silent = [-1.0, *slopes[1:]]
    into = {(SHARE, None): slopes, (BOS.variable, None): [-abs(slope) for slope in silent]}
    return {"W_in": into, "b": biases, "W_out": writes.tolist()}


class _Builder:
    """Directions in the order bos, pad, tokens, indices, the constant, what sublayers write."""

    def __init__(
        self,
        program: SOp,
        vocabulary: tuple[Value, ...],
        variables: Sequence[tuple[str, tuple[Value, ...]]],
    ) -> None:
        self.program, self.vocabulary = program, vocabulary
        embedded = [
            (BOS.variable, ()),
            (PAD, ()),
            ("tokens", vocabulary),
            ("indices", tuple(range(LENGTH))),
            ("one", ()),
        ]
        self.numbers = {
            name: Encoding("number", values, low=float(min(values)), high=float(max(values)))
            for name, values in NUMBERS.items()
        }
        self.columns: dict[str, list[int]] = {}
        self.directions: list[NamedDirection] = []
        self.places: list[VariablePlace] = []
        self.components: list[Component] = []
        self.written = dict.fromkeys([name for name, _ in embedded], EMBED)
        for name, values in [*embedded, *variables]:
            start = len(self.directions)
            for value in [(v,) for v in values] or [()]:
                self.directions.append(NamedDirection(len(self.directions), name, value, ""))
            self.columns[name] = list(range(start, len(self.directions)))
        self.arrays: dict[str, Array] = {}

    def head(
        self,
        layer: int,
        writes: str,
        selects: Callable[[int, int], bool],
        *,
        query: str,
        key: str,
        value: Sequence[str],
        bos: float,
    ) -> None:
        """A head whose coordinates are the key's values, and one for BOS."""
        W_Q, W_K, W_V = (np.zeros((len(self.directions), LENGTH + 1)) for _ in range(3))
        W_O = np.zeros((LENGTH + 1, len(self.directions)))
        keys = self.columns[key][:LENGTH]
        for j, k in enumerate(keys):
            W_K[k, j] = 1
            for q in self.columns[query]:
                W_Q[q, j] = COLD * selects(self._value(k), self._value(q))
        W_Q[self.columns["one"], LENGTH] = COLD * bos
        W_K[self.columns[BOS.variable], LENGTH] = 1
        read = [i for name in value for i in self.columns[name]]
        for j, (source, target) in enumerate(zip(read, self.columns[writes], strict=True)):
            W_V[source, j] = W_O[j, target] = 1
        named = {"W_Q": W_Q, "W_K": W_K, "W_V": W_V, "W_O": W_O}
        for name, array in named.items():
            self.arrays[f"blocks.{layer}.attn.{name}"] = array[None].astype(np.float32)
        construction = "mean" if query == "indices" and len(read) == 1 else "move"
        self._component(layer, "head", 1, writes, (query, key, *value), construction)

    def mlp(
        self,
        layer: int,
        writes: str,
        reads: Sequence[str],
        *,
        W_in: dict[tuple[str, Value], Sequence[float]],
        b: Sequence[float],
        W_out: Sequence[Sequence[float]],
    ) -> None:
        """Hidden units that read the named directions, and the constant instead of a bias."""
        into = np.zeros((len(self.directions), len(b)))
        for (name, value), row in W_in.items():
            into[self._column(name, value)] = row
        into[self.columns["one"]] = b
        out = np.zeros((len(b), len(self.directions)))
        out[:, self.columns[writes]] = W_out
        self.arrays[f"blocks.{layer}.mlp.W_in"] = into.astype(np.float32)
        self.arrays[f"blocks.{layer}.mlp.W_out"] = out.astype(np.float32)
        self._component(layer, "mlp", len(b), writes, tuple(reads), "steps")

    def weights(self, output_values: tuple[Value, ...] | None) -> ModelWeights:
        """Everything together; what was not set is zero."""
        config = self._config(output_values)
        arrays = {n: np.zeros(s, np.float32) for n, s in expected_shapes(config).items()}
        for name, array in self.arrays.items():
            arrays[name][tuple(map(slice, array.shape))] = array
        token, position = arrays["embed.W_E"], arrays["pos_embed.W_pos"]
        rows = [*self.columns[BOS.variable], *self.columns[PAD], *self.columns["tokens"]]
        token[np.arange(len(rows)), rows] = 1
        position[np.arange(1, LENGTH + 1), self.columns["indices"]] = 1
        position[:, self.columns["one"]] = 1
        outputs = self.columns[self.components[-1].variable]
        arrays["unembed.W_U"][outputs, np.arange(len(outputs))] = 1
        return ModelWeights(config, arrays, self._circuit(output_values is None))

    def _config(self, output_values: tuple[Value, ...] | None) -> Config:
        sizes = {name: array.shape for name, array in self.arrays.items()}
        return Config(
            n_layers=2,
            n_heads=1,
            d_model=len(self.directions),
            d_head=LENGTH + 1,
            d_mlp=max(shape[1] for name, shape in sizes.items() if name.endswith("W_in")),
            n_ctx=LENGTH + 1,
            d_vocab=len(self.vocabulary) + 2,
            d_out=1 if output_values is None else len(output_values),
            causal=False,
            dtype="float32",
            vocabulary=self.vocabulary,
            output_values=output_values,
            output_undefined=False,
        )

    def _circuit(self, numerical: bool) -> Manifest:
        places = [
            VariablePlace(
                name, columns[0], columns[-1] + 1, self.written[name], self._encoding(name), name
            )
            for name, columns in self.columns.items()
        ]
        certificate = measured_certificate("float32", WITHIN, numerical=numerical)
        return Manifest(
            to_text(self.program, 2000),
            tuple(self.directions),
            tuple(self.components),
            tuple(places),
            certificate,
            0,
        )

    def _encoding(self, name: str) -> Encoding:
        values = tuple(v for c in self.columns[name] for v in self.directions[c].values)
        if values:
            return Encoding("one-hot", values)
        return self.numbers.get(name, Encoding("flag"))

    def _component(
        self,
        layer: int,
        kind: PartKind,
        stop: int,
        writes: str,
        reads: tuple[str, ...],
        how: Construction,
    ) -> None:
        self.written[writes] = Site(layer, "attn" if kind == "head" else "mlp")
        self.components.append(
            Component(layer, kind, 0, stop, writes, writes, "", tuple(sorted(set(reads))), how)
        )

    def _column(self, name: str, value: Value) -> int:
        columns = self.columns[name]
        return next(i for i in columns if self.directions[i].values in ((value,), ()))

    def _value(self, column: int) -> Any:
        return self.directions[column].values[0]
