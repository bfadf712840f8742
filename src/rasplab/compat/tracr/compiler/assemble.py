"""Tracr's `tracr.compiler.assemble`: the model that a script holds, and what it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NoReturn

import numpy as np

from rasplab.compat.tracr.absent import absent
from rasplab.compat.tracr.compiler.crafted import craft_config, craft_params
from rasplab.compat.tracr.craft.bases import VectorSpaceWithBasis, join_vector_spaces
from rasplab.compat.tracr.craft.transformers import SeriesWithResiduals
from rasplab.compat.tracr.transformer.encoder import CategoricalEncoder, Encoder
from rasplab.compat.tracr.transformer.model import (
    Array,
    CompiledTransformerModel,
    CompiledTransformerModelOutput,
    Params,
    TransformerConfig,
    TransformerOutput,
    embed,
    transformer,
)
from rasplab.model import Model


@dataclass(eq=False)
class AssembledTransformerModelOutput(Mapping[str, Any]):
    """What `apply` returns: the values, BOS first, and every activation, with a batch of one.

    They are attributes, and the items of a mapping.

    `unembedded` (1 × position) are indices of values, or numbers; `layer_outputs` and `residuals`
    have two items a layer (1 × position × direction); `attn_logits` one a layer (1 × head × query
    × key); `transformer_output` is the last residual stream.
    """

    decoded: list[Any]
    unembedded: Array
    layer_outputs: list[Array]
    residuals: list[Array]
    attn_logits: list[Array]
    transformer_output: Array
    input_embeddings: Array

    def __getitem__(self, key: str) -> Any:
        if key not in set(self):
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return (field.name for field in fields(self))

    def __len__(self) -> int:
        return len(fields(self))


@dataclass(frozen=True, eq=False)
class Forward:
    """The forward pass: parameters and ids (batch × position, BOS first) to activations.

    Padding is never seen. `outputs` are the columns of the residual stream that hold the output;
    of a number that may be undefined the second one says so.
    """

    config: TransformerConfig
    outputs: tuple[int, ...]
    categorical: bool
    pad: int | None
    marked: bool = True

    def __call__(self, params: Params, tokens: Array) -> CompiledTransformerModelOutput:
        embeddings = params["token_embed"]["embeddings"]
        ids = embeddings.__array_namespace__().asarray(tokens)
        seen = ids == ids if self.pad is None else ids != self.pad
        activations = transformer(self.config, params, embed(params, ids), seen)
        return CompiledTransformerModelOutput(activations, self.unembed(activations.output))

    def unembed(self, stream: Array) -> Array:
        """The index of the value, or the number, where not-a-number is undefined."""
        xp = stream.__array_namespace__()
        read = stream[..., list(self.outputs)]
        if self.categorical:
            return xp.argmax(read, axis=-1)
        if len(self.outputs) == 1:
            return read[..., 0]
        if not self.marked:
            return read
        return xp.where(read[..., 1] > 0.5, xp.nan, read[..., 0])


@dataclass
class AssembledTransformerModel:
    """A model as Tracr gives it; `params` are the arrays that `apply` runs on.

    `rasplab` is the same model as `rasplab.compile` returns it, with its circuit and certificate.
    A model that `assemble_craft_model` made has none, and no encoders.
    """

    forward: Forward
    params: dict[str, dict[str, Array]]
    model_config: TransformerConfig
    residual_labels: list[str]
    input_encoder: CategoricalEncoder = None  # type: ignore[assignment]
    output_encoder: Encoder = None  # type: ignore[assignment]
    rasplab: Model = None  # type: ignore[assignment]

    def apply(self, tokens: list[Any]) -> AssembledTransformerModelOutput:
        """Run the model on tokens that start with BOS.

        Raises:
            ValueError: the tokens do not start with BOS, are not in the vocabulary, or too many.
        """
        encoder: CategoricalEncoder | None = self.input_encoder
        ids = encoder.encode(list(tokens)) if encoder else list(tokens)
        output = self.forward(self.params, np.array([ids]))
        decoded = output.unembedded_output[0].tolist()
        first = encoder.bos_token if encoder else None
        values: Encoder | None = self.output_encoder
        if values:
            decoded = [first, *values.decode(decoded[1:])] if first else values.decode(decoded)
        activations = output.transformer_output
        return AssembledTransformerModelOutput(
            decoded=decoded,
            unembedded=output.unembedded_output,
            layer_outputs=activations.layer_outputs,
            residuals=activations.residuals,
            attn_logits=activations.attn_logits,
            transformer_output=activations.output,
            input_embeddings=activations.input_embeddings,
        )

    def get_compiled_model(self) -> CompiledTransformerModel:
        """The model of its parts, with the parameters that it has now; no Haiku module."""
        tables = {name: self.params[name]["embeddings"] for name in ("token_embed", "pos_embed")}

        def run(embeddings: Array, mask: Array, use_dropout: bool = False) -> TransformerOutput:
            del use_dropout
            return transformer(self.model_config, self.params, embeddings, mask)

        def unembed(stream: Array, use_unembed_argmax: bool = False) -> Array:
            return replace(self.forward, categorical=use_unembed_argmax).unembed(stream)

        return CompiledTransformerModel(
            transformer=run,
            token_embed=lambda ids: tables["token_embed"][ids],
            position_embed=lambda places: tables["pos_embed"][places],
            unembed=unembed,
            use_unembed_argmax=self.forward.categorical,
            pad_token=self.forward.pad,
        )


def assemble_craft_model(
    craft_model: SeriesWithResiduals,
    tokens_space: VectorSpaceWithBasis,
    indices_space: VectorSpaceWithBasis,
    output_space: VectorSpaceWithBasis,
    categorical_output: bool,
    causal: bool = False,
) -> AssembledTransformerModel:
    """A model of blocks that somebody made: its arrays compute what `craft_model.apply` does.

    Ids are the places of `tokens_space`'s directions; position 0 has no direction, as BOS has in
    Tracr's models, and a direction `one` is 1 everywhere. There are no encoders yet.
    """
    residual = join_vector_spaces(
        craft_model.residual_space, tokens_space, indices_space, output_space
    )
    config = craft_config(craft_model, causal)
    columns = tuple(list(residual.basis).index(d) for d in output_space.basis)
    return AssembledTransformerModel(
        forward=Forward(config, columns, categorical_output, pad=None, marked=False),
        params=craft_params(craft_model, config, residual, tokens_space, indices_space),
        model_config=config,
        residual_labels=[str(direction) for direction in residual.basis],
    )


def __getattr__(name: str) -> NoReturn:
    raise absent("compiler.assemble", name)
