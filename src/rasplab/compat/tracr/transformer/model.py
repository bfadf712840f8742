"""Tracr's `tracr.transformer.model`: the shape of a model, and what its parameters mean.

The forward pass is written for arrays of any library that follows the array API: with NumPy's it
needs nothing else, with JAX's it can be differentiated and compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, TypeAlias

from rasplab.compat.tracr.absent import absent

Array: TypeAlias = Any
Params: TypeAlias = Mapping[str, Mapping[str, Array]]

MASKED = -1e30
"""The score of a key that cannot be seen, as Tracr's attention has it."""


def relu(x: Array) -> Array:
    """The larger of the number and zero, for arrays of any library."""
    return x.__array_namespace__().maximum(x, 0)


@dataclass
class TransformerConfig:
    """The shape of a model."""

    num_heads: int
    num_layers: int
    key_size: int
    mlp_hidden_size: int
    dropout_rate: float
    activation_function: Callable[[Array], Array] = relu
    layer_norm: bool = False
    causal: bool = False


class TransformerOutput(NamedTuple):
    """The activations of a forward pass, batch first; a tuple, so that JAX can return it.

    `layer_outputs` and `residuals` have two items a layer, after the attention and after the MLP
    (batch × position × direction); `attn_logits` one a layer (batch × head × query × key).
    """

    layer_outputs: list[Array]
    residuals: list[Array]
    attn_logits: list[Array]
    output: Array
    input_embeddings: Array


class CompiledTransformerModelOutput(NamedTuple):
    """The activations, and the output: numbers, or the index of the value (batch × position)."""

    transformer_output: TransformerOutput
    unembedded_output: Array


@dataclass
class CompiledTransformerModel:
    """What `get_compiled_model` gives: a model of its parts, with the parameters in them.

    Called with ids (batch × position, BOS first) it gives what `forward` does.
    """

    transformer: Callable[..., TransformerOutput]
    token_embed: Callable[[Array], Array]
    position_embed: Callable[[Array], Array]
    unembed: Callable[..., Array]
    use_unembed_argmax: bool
    pad_token: int | None = None

    def embed(self, tokens: Array) -> Array:
        """The embeddings of tokens and positions (batch × position × direction)."""
        embedded = self.token_embed(tokens)
        positions = embedded.__array_namespace__().arange(embedded.shape[1])
        return embedded + self.position_embed(positions)

    def __call__(self, tokens: Array, use_dropout: bool = False) -> CompiledTransformerModelOutput:
        """Every activation, and the output; there is no dropout to use."""
        embeddings = self.embed(tokens)
        xp = embeddings.__array_namespace__()
        ids = xp.asarray(tokens)
        mask = xp.ones(ids.shape, dtype=bool) if self.pad_token is None else ids != self.pad_token
        activations = self.transformer(embeddings, mask, use_dropout=use_dropout)
        unembedded = self.unembed(activations.output, use_unembed_argmax=self.use_unembed_argmax)
        return CompiledTransformerModelOutput(activations, unembedded)


def embed(params: Params, tokens: Array) -> Array:
    """The embeddings of tokens and positions (batch × position × direction)."""
    positions = params["pos_embed"]["embeddings"][: tokens.shape[1]]
    return params["token_embed"]["embeddings"][tokens] + positions


def transformer(
    config: TransformerConfig, params: Params, embeddings: Array, mask: Array
) -> TransformerOutput:
    """Every activation for embeddings, where `mask` (batch × key) is true of keys to be seen."""
    xp = embeddings.__array_namespace__()
    n = embeddings.shape[1]
    visible = mask[:, None, None, :]
    if config.causal:
        visible = visible & xp.tril(xp.ones((n, n), dtype=bool))
    stream = embeddings
    residuals: list[Array] = []
    outputs: list[Array] = []
    logits: list[Array] = []
    for layer in range(config.num_layers):
        name = f"transformer/layer_{layer}"
        written, scores = _attention(config, params, f"{name}/attn", stream, visible)
        logits.append(scores)
        for half in ("attn", "mlp"):
            if half == "mlp":
                hidden = config.activation_function(_linear(params, f"{name}/mlp/linear_1", stream))
                written = _linear(params, f"{name}/mlp/linear_2", hidden)
            stream = stream + written
            outputs.append(written)
            residuals.append(stream)
    return TransformerOutput(outputs, residuals, logits, stream, embeddings)


def _attention(
    config: TransformerConfig, params: Params, name: str, stream: Array, visible: Array
) -> tuple[Array, Array]:
    xp = stream.__array_namespace__()
    batch, n, _ = stream.shape

    def heads(part: str) -> Array:  # batch, head, position, coordinate
        y = _linear(params, f"{name}/{part}", stream)
        return xp.permute_dims(
            xp.reshape(y, (batch, n, config.num_heads, config.key_size)), (0, 2, 1, 3)
        )

    scores = heads("query") @ xp.permute_dims(heads("key"), (0, 1, 3, 2))
    scores = scores / float(config.key_size) ** 0.5
    scores = xp.where(visible, scores, xp.asarray(MASKED, dtype=scores.dtype))
    pattern = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    pattern = pattern / xp.sum(pattern, axis=-1, keepdims=True)
    moved = xp.permute_dims(pattern @ heads("value"), (0, 2, 1, 3))
    return _linear(params, f"{name}/linear", xp.reshape(moved, (batch, n, -1))), scores


def _linear(params: Params, name: str, x: Array) -> Array:
    return x @ params[name]["w"] + params[name]["b"]


def __getattr__(name: str) -> NoReturn:
    raise absent("transformer.model", name)
