"""The configuration of a model: its shape, and what its numbers mean."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

import numpy as np

from rasplab.craft.certificate import SPARING
from rasplab.diagnostics import counted
from rasplab.rasp.possible import Sequences
from rasplab.rasp.values import Value, identity
from rasplab.weights.architecture import (
    LAST_NORM,
    Activation,
    Architecture,
    Norm,
    Steps,
    layered,
    norm_of,
)

BOS_ID = 0
PAD_ID = 1
FIRST_TOKEN_ID = 2

NORM_LANES: dict[Norm, int] = {"none": 0, "layer": 4, "rms": 1}
"""How many lanes a norm adds to the stream (`rasplab.weights.dressing`)."""


@dataclass(frozen=True, repr=False)
class Config:
    """The shape and meaning of a model. Token ids: BOS 0, PAD 1, then the vocabulary in order.

    `n_layers` counts the blocks of weights. `steps` says in which order they come, where that is
    not each of them once, attention and then the MLP; `architecture` has all of it in one value.
    """

    # no slots: what is derived from the fields, and asked for in every run, is kept beside them
    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    d_mlp: int
    n_ctx: int
    d_vocab: int
    d_out: int
    causal: bool
    dtype: str
    vocabulary: tuple[Value, ...]
    output_values: tuple[Value, ...] | None
    output_undefined: bool
    output_unit: float | None = None
    steps: Steps | None = field(default=None, metadata=SPARING)
    activation: Activation = field(default="relu", metadata=SPARING)
    norm: Norm = field(default="none", metadata=SPARING)
    norm_epsilon: float = field(default=0.0, metadata=SPARING)

    @property
    def sequences(self) -> Sequences:
        """All sequences that the model takes."""
        return Sequences.up_to(self.max_length, self.vocabulary)

    @functools.cached_property
    def architecture(self) -> Architecture:
        """What a forward pass does, step by step."""
        return layered(
            self.n_layers,
            self.steps,
            self.activation,
            self.norm,
            causal=self.causal,
            epsilon=self.norm_epsilon,
        )

    @property
    def bare(self) -> Config:
        """The same without norms and the lanes that are theirs, with relus."""
        if self.norm == "none" and self.activation == "relu":
            return self
        width = self.d_model - NORM_LANES[self.norm]
        return replace(self, d_model=width, norm="none", norm_epsilon=0.0, activation="relu")

    @property
    def max_length(self) -> int:
        """The longest sequence, BOS not counted."""
        return self.n_ctx - 1

    @property
    def numerical(self) -> bool:
        """Whether the output is one number rather than a score per value."""
        return self.output_values is None

    def __repr__(self) -> str:
        return (
            f"<config: {counted(self.n_layers, 'layer')}, {counted(self.n_heads, 'head')}, "
            f"d_model {self.d_model}, d_head {self.d_head}, d_mlp {self.d_mlp}, "
            f"{counted(len(self.vocabulary), 'token')}, at most {self.max_length} positions, "
            f"{self.dtype}>"
        )

    @property
    def storage(self) -> type[np.float32 | np.float64]:
        """What arrays are held in: numbers of half formats, bfloat16 among them, in float32."""
        return np.float64 if self.dtype == "float64" else np.float32

    def tokens_of(self, ids: Iterable[int]) -> tuple[Value, ...]:
        """The tokens of ids; BOS and PAD are none.

        >>> import rasplab
        >>> config = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2).config
        >>> config.tokens_of([0, 3, 2, 1])
        ('b', 'a')
        """
        return tuple(self.vocabulary[i - FIRST_TOKEN_ID] for i in ids if i >= FIRST_TOKEN_ID)

    def token_ids(self) -> Mapping[object, int]:
        """The id of each token, by the token's identity."""
        return self._ids

    @functools.cached_property
    def _ids(self) -> dict[object, int]:
        return {identity(t): i + FIRST_TOKEN_ID for i, t in enumerate(self.vocabulary)}


def expected_shapes(c: Config) -> dict[str, tuple[int, ...]]:
    """The shape of every array, by name."""
    d, h, k, m = c.d_model, c.n_heads, c.d_head, c.d_mlp
    shapes: dict[str, tuple[int, ...]] = {
        "embed.W_E": (c.d_vocab, d),
        "pos_embed.W_pos": (c.n_ctx, d),
        "unembed.W_U": (d, c.d_out),
        "unembed.b_U": (c.d_out,),
    }
    if c.norm != "none":
        shapes[f"{LAST_NORM}w"] = (d,)
    for number, kind in c.architecture.blocks:
        block = f"blocks.{number}.{kind}."
        if c.norm != "none":
            shapes[f"{norm_of(number, kind)}w"] = (d,)
        match kind:
            case "attn":
                for part in ("Q", "K", "V"):
                    shapes[f"{block}W_{part}"] = (h, d, k)
                    shapes[f"{block}b_{part}"] = (h, k)
                shapes[f"{block}W_O"] = (h, k, d)
            case "mlp":
                shapes[f"{block}W_in"] = (d, m)
                shapes[f"{block}b_in"] = (m,)
                shapes[f"{block}W_out"] = (m, d)
            case _:
                assert_never(kind)
    return shapes
