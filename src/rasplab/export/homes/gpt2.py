"""A compiled model as the arrays of a stock GPT-2, and back.

GPT-2 differs from our models in five ways; each is met by a choice of numbers that is exact.

**Layer norm.** LN(x) = γ·(x - mean)/√(var + ε). With ε = 4^k and γ = 2^k, and var below half a
last place of ε, that is x - mean: the sum var + ε rounds to ε, its root is 2^k, and multiplying by
powers of two is free of rounding.

Or, in the home with ordinary norms, ε is 1e-5, as GPT-2 has it, and two more lanes hold a large
number A and -A at every position: the variance is 2A²/N but for what does not show beside that, and
γ its root. Every coordinate is then off by the same part of it, a few hundred roundings, and the
others are rounded with it. Which A bears this is chosen by how long the stream can be.

**Centring.** One lane, `balance`, is written by every writer with minus the sum of all that it
writes, so the mean is 0 but for rounding. What rounding leaves is taken away by one more lane,
`zero`, that nobody writes: behind the norm it holds minus the mean, and every reader reads it with
minus the sum of its other weights. So a coordinate is read to within a rounding, and within what
rounding leaves where the mean is added again: a rounding of a rounding (`rasplab.export.norms`).

**Silence at BOS.** That rounding matters in one place. A head that adds up gives BOS the value 0,
as a constant b less b times the BOS lane, and multiplies what is left of it by a large number. The
lane `word` holds 1 at every token that is not BOS. Reading it with weight b, and BOS with
weight W_bos + b, replaces the bias: what is 0 at BOS is then a sum of zeros, but for the mean.

**Scaled scores.** GPT-2 divides scores by √head_dim: head_dim is a power of 4, W_Q is multiplied by
its root, a power of two.

**Width.** n_embd = n_head · head_dim: n_embd and n_head are powers of two, lanes and heads that are
left over stay zero.

**No bias on the output head.** It reads its constants from the lane `word`.

With `gelu_new` for relu, hidden units are gelu(s·z)/s with s = 2^24 (2^53 in float64), which is
relu(z) to within 0.17/s, and exactly relu(z) where |s·z| > 5.6.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from rasplab.checker import Proof
from rasplab.checker.arithmetic import FORMATS
from rasplab.export.home import Array, Arrays, Head, Home, Naming
from rasplab.export.norms import Norms, length, prove_behind_norms
from rasplab.export.standard import power_of_four, require_standard
from rasplab.weights import (
    EMBED,
    FIRST_TOKEN_ID,
    Component,
    Config,
    ModelWeights,
    Site,
)
from rasplab.weights.config import expected_shapes
from rasplab.weights.dressing import (
    CORNER,
    ORDINARY,
    anchor_above,
    balanced,
    sharpness,
    unmoved,
)
from rasplab.weights.dressing import gain as gain_of

Activation: TypeAlias = Literal["relu", "gelu_new"]

NORM = 60
"""k: the layer norms' ε is 4^k and their gain 2^k. With ε = 2^120, which float32 still holds, the
variance may be as large as u·ε: 2^96 in float32, 2^67 in float64."""

EXTRA_LANES, ANCHORS = 3, 2


@dataclass(frozen=True, slots=True)
class GPT2Shape:
    """The sizes of the GPT-2 that holds a model, and its three extra lanes.

    Lanes from 0 to d_model are our residual stream, in its order; lanes after `word` are empty, but
    for the two anchors of ordinary norms.
    """

    n_layer: int
    n_head: int
    n_embd: int
    n_inner: int
    n_positions: int
    d_model: int

    @property
    def head_dim(self) -> int:
        """The coordinates of a head; a power of 4."""
        return self.n_embd // self.n_head

    @property
    def zero(self) -> int:
        """The lane that nobody writes."""
        return self.d_model

    @property
    def balance(self) -> int:
        """The lane with minus the sum of all others."""
        return self.d_model + 1

    @property
    def word(self) -> int:
        """The lane that holds 1 at every token but BOS."""
        return self.d_model + 2

    @property
    def anchors(self) -> list[int]:
        """The two lanes that hold a large number, and minus that, where norms are ordinary."""
        return [self.d_model + 3, self.d_model + 4]


def gpt2_shape(config: Config, *, ordinary: bool = False) -> GPT2Shape:
    """The smallest GPT-2 of this construction that holds a model, with anchors if asked for.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=3)
    >>> gpt2_shape(model.config)
    GPT2Shape(n_layer=1, n_head=8, n_embd=8, n_inner=1, n_positions=4, d_model=3)
    """
    head_dim = power_of_four(config.d_head)
    extra = EXTRA_LANES + (ANCHORS if ordinary else 0)
    lanes = max(config.d_model + extra, max(config.n_heads, 1) * head_dim)
    n_embd = 2 ** (lanes - 1).bit_length()
    return GPT2Shape(
        n_layer=max(config.n_layers, 1),
        n_head=n_embd // head_dim,
        n_embd=n_embd,
        n_inner=max(config.d_mlp, 1),
        n_positions=config.n_ctx,
        d_model=config.d_model,
    )


def norms_of(
    weights: ModelWeights, activation: str, dtype: str, *, ordinary: bool = False
) -> Norms:
    """What a model is read through."""
    sharp = sharpness(dtype) if activation == "gelu_new" else 1.0
    bend = CORNER["gelu"][dtype] / sharp if activation == "gelu_new" else 0.0
    lanes = gpt2_shape(weights.config, ordinary=ordinary).n_embd
    if not ordinary:
        return Norms(4.0**NORM, lanes, bend, sharp=sharp)
    anchor = anchor_above(length(weights), FORMATS[dtype].bits)
    return Norms(ORDINARY, lanes, bend, anchor, sharp)


def to_gpt2(
    weights: ModelWeights,
    head: Head,
    *,
    activation: str = "relu",
    dtype: str = "float32",
    ordinary: bool = False,
) -> Arrays:
    """The state dict of a `GPT2LMHeadModel` that computes a model, with its names and shapes."""
    shape, w = gpt2_shape(weights.config, ordinary=ordinary), weights.arrays
    sharp = sharpness(dtype) if activation == "gelu_new" else 1.0
    norms = norms_of(weights, activation, dtype, ordinary=ordinary)
    gain = np.full(shape.n_embd, gain_of("layer", norms.epsilon, norms.anchor, norms.lanes))
    embeddings = np.zeros((len(head.bias), shape.n_embd))
    embeddings[: weights.config.d_vocab] = _written(shape, w["embed.W_E"])
    embeddings[FIRST_TOKEN_ID : weights.config.d_vocab, [shape.word, shape.balance]] += 1, -1
    positions = _written(shape, w["pos_embed.W_pos"])
    if ordinary:
        positions[:, shape.anchors] = norms.anchor, -norms.anchor
    arrays: Arrays = {"transformer.wte.weight": embeddings, "transformer.wpe.weight": positions}
    silent = weights.plain and weights.nominal is None and not ordinary
    for layer in range(shape.n_layer):
        name = f"transformer.h.{layer}."
        own = _layer(weights, layer, shape, sharp, silent=silent)
        own |= {f"ln_{i}.weight": gain for i in (1, 2)}
        own |= {f"ln_{i}.bias": np.zeros(shape.n_embd) for i in (1, 2)}
        arrays |= {name + part: array for part, array in own.items()}
    arrays["transformer.ln_f.weight"] = gain
    arrays["transformer.ln_f.bias"] = np.zeros(shape.n_embd)
    arrays["lm_head.weight"] = _head_rows(shape, head)
    return {name: np.ascontiguousarray(a, np.dtype(dtype)) for name, a in arrays.items()}


def from_gpt2(
    arrays: Arrays,
    config: Config,
    head_ids: list[int],
    activation: str,
    dtype: str,
    *,
    ordinary: bool = False,
) -> Arrays:
    """Our arrays out of those that `to_gpt2` made, bit for bit; `head_ids`: its columns."""
    shape = gpt2_shape(config, ordinary=ordinary)
    sharp = sharpness(dtype) if activation == "gelu_new" else 1.0
    lanes, units = slice(0, config.d_model), slice(0, config.d_mlp)
    rows = arrays["lm_head.weight"][head_ids].astype(np.float64)
    found: Arrays = {
        "embed.W_E": arrays["transformer.wte.weight"][: config.d_vocab, lanes],
        "pos_embed.W_pos": arrays["transformer.wpe.weight"][:, lanes],
        "unembed.W_U": rows[:, lanes].T,
        "unembed.b_U": rows[:, shape.word],
    }
    for layer in range(config.n_layers):
        name, ours = f"transformer.h.{layer}.", f"blocks.{layer}."
        joint = arrays[f"{name}attn.c_attn.weight"].reshape(shape.n_embd, 3, shape.n_head, -1)
        bias = arrays[f"{name}attn.c_attn.bias"].reshape(3, shape.n_head, -1)
        scale = (1.0 / math.sqrt(shape.head_dim), 1.0, 1.0)
        for i, part in enumerate("QKV"):
            wide = joint[:, i, : config.n_heads, : config.d_head].transpose(1, 0, 2)
            own = bias[i, : config.n_heads, : config.d_head]
            matrix, constant = _original(shape, wide * scale[i], own * scale[i])
            found[f"{ours}attn.W_{part}"], found[f"{ours}attn.b_{part}"] = matrix, constant
        out = arrays[f"{name}attn.c_proj.weight"].reshape(shape.n_head, shape.head_dim, -1)
        found[f"{ours}attn.W_O"] = out[: config.n_heads, : config.d_head, lanes]
        fc, fc_bias = arrays[f"{name}mlp.c_fc.weight"], arrays[f"{name}mlp.c_fc.bias"]
        matrix, constant = _original(shape, fc[:, units] / sharp, fc_bias[units] / sharp)
        found[f"{ours}mlp.W_in"], found[f"{ours}mlp.b_in"] = matrix, constant
        found[f"{ours}mlp.W_out"] = arrays[f"{name}mlp.c_proj.weight"][units, lanes] * sharp
    return {
        name: np.ascontiguousarray(found[name], config.storage) for name in expected_shapes(config)
    }


def _layer(
    weights: ModelWeights, layer: int, shape: GPT2Shape, sharp: float, *, silent: bool
) -> Arrays:
    """Attention and MLP of one layer; all zeros for a layer that the model does not have."""
    c, w, ours = weights.config, weights.arrays, f"blocks.{layer}."
    joint = np.zeros((shape.n_embd, 3, shape.n_head, shape.head_dim))
    bias = np.zeros((3, shape.n_head, shape.head_dim))
    out = np.zeros((shape.n_head, shape.head_dim, shape.n_embd))
    fc, fc_bias = np.zeros((shape.n_embd, shape.n_inner)), np.zeros(shape.n_inner)
    proj = np.zeros((shape.n_inner, shape.n_embd))
    if layer < c.n_layers:
        heads, coordinates, units = slice(c.n_heads), slice(c.d_head), slice(c.d_mlp)
        scale = (math.sqrt(shape.head_dim), 1.0, 1.0)
        for i, part in enumerate("QKV"):
            matrix, constant = _read(
                shape,
                w[f"{ours}attn.W_{part}"],
                w[f"{ours}attn.b_{part}"],
                silent=silent and part == "V",
            )
            joint[:, i, heads, coordinates] = matrix.transpose(1, 0, 2) * scale[i]
            bias[i, heads, coordinates] = constant * scale[i]
        out[heads, coordinates] = _written(shape, w[f"{ours}attn.W_O"])
        matrix, constant = _read(shape, w[f"{ours}mlp.W_in"], w[f"{ours}mlp.b_in"])
        fc[:, units], fc_bias[units] = matrix * sharp, constant * sharp
        proj[units] = _written(shape, w[f"{ours}mlp.W_out"].astype(np.float64) / sharp)
    return {
        "attn.c_attn.weight": joint.reshape(shape.n_embd, -1),
        "attn.c_attn.bias": bias.reshape(-1),
        "attn.c_proj.weight": out.reshape(-1, shape.n_embd),
        "attn.c_proj.bias": np.zeros(shape.n_embd),
        "mlp.c_fc.weight": fc,
        "mlp.c_fc.bias": fc_bias,
        "mlp.c_proj.weight": proj,
        "mlp.c_proj.bias": np.zeros(shape.n_embd),
    }


def _written(shape: GPT2Shape, matrix: Array) -> Array:
    """Rows that write our lanes, and what keeps each row's sum at 0 (... x n_embd)."""
    return balanced(matrix, shape.n_embd, shape.balance)


def _read(
    shape: GPT2Shape, matrix: Array, bias: Array, *, silent: bool = False
) -> tuple[Array, Array]:
    """Columns that read our lanes (... x n_embd x columns), and the constants (... x columns).

    Where `silent` asks for it a constant is read from the lane `word`, if it can be told again from
    what is stored. The first lane is then BOS.
    """
    wide = np.zeros((*matrix.shape[:-2], shape.n_embd, matrix.shape[-1]))
    wide[..., : shape.d_model, :] = matrix
    at_bos = (matrix[..., 0, :] + bias).astype(np.float64)
    moved = silent & (bias != 0) & (at_bos - bias.astype(np.float64) == matrix[..., 0, :])
    wide[..., 0, :] = np.where(moved, at_bos, matrix[..., 0, :])
    wide[..., shape.word, :] = np.where(moved, bias, 0)
    return unmoved(wide, shape.zero), np.where(moved, 0, bias)


def _original(shape: GPT2Shape, wide: Array, bias: Array) -> tuple[Array, Array]:
    """What `_read` was given."""
    matrix = wide[..., : shape.d_model, :].copy()
    moved = wide[..., shape.word, :]
    matrix[..., 0, :] -= moved
    return matrix, bias + moved


def _head_rows(shape: GPT2Shape, head: Head) -> Array:
    rows = np.zeros((len(head.bias), shape.n_embd))
    rows[:, : shape.d_model] = head.weight
    rows[:, shape.word] = head.bias
    rows[:, shape.zero] = -rows.sum(axis=1)
    return rows


@dataclass(frozen=True, slots=True)
class _Modules:
    """The modules of a GPT-2, with their inputs and outputs."""

    pattern: str
    root: str
    size: int

    def stream(self, site: Site) -> str:
        if site == EMBED:
            return f"{self._block(0)}.input"
        side = "ln_2.input" if site.half == "attn" else "output"
        return f"{self._block(site.layer)}.{side}"

    def part(self, layer: int, c: Component) -> str:
        block = self._block(layer)
        if c.kind == "head":
            start, stop = c.start * self.size, c.stop * self.size
            return f"{block}.attn.c_proj.input[..., {start}:{stop}]"
        return f"{block}.mlp.act.output[..., {c.start}:{c.stop}]"

    def _block(self, layer: int) -> str:
        return f"{self.root}transformer.h{self.pattern.format(layer)}"


@dataclass(frozen=True, slots=True)
class _GPT2:
    name: str = "gpt2"
    title: str = "a GPT-2"
    activations: tuple[str, ...] = get_args(Activation)
    ordinary: bool = False

    def _shape(self, config: Config) -> GPT2Shape:
        return gpt2_shape(config, ordinary=self.ordinary)

    def sizes(self, config: Config) -> dict[str, int]:
        return asdict(self._shape(config))

    def config(self, config: Config, words: int, activation: str) -> dict[str, object]:
        shape = self._shape(config)
        return {
            "architectures": ["GPT2LMHeadModel"],
            "model_type": "gpt2",
            "vocab_size": words,
            "n_positions": shape.n_positions,
            "n_embd": shape.n_embd,
            "n_layer": shape.n_layer,
            "n_head": shape.n_head,
            "n_inner": shape.n_inner,
            "activation_function": activation,
            "layer_norm_epsilon": ORDINARY if self.ordinary else 4.0**NORM,
            "scale_attn_weights": True,
            "resid_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "attn_pdrop": 0.0,
        }

    def arrays(self, weights: ModelWeights, head: Head, activation: str, dtype: str) -> Arrays:
        return to_gpt2(weights, head, activation=activation, dtype=dtype, ordinary=self.ordinary)

    def back(
        self, arrays: Arrays, config: Config, head_ids: list[int], activation: str, dtype: str
    ) -> Arrays:
        return from_gpt2(arrays, config, head_ids, activation, dtype, ordinary=self.ordinary)

    def prove(self, weights: ModelWeights, activation: str, dtype: str) -> Proof:
        norms = norms_of(weights, activation, dtype, ordinary=self.ordinary)
        return prove_behind_norms(weights, norms, dtype)

    def naming(self, config: Config, pattern: str, root: str) -> Naming:
        require_standard(config, self.title)
        return _Modules(pattern, root, self._shape(config).head_dim)


GPT2: Home = _GPT2()
ORDINARY_GPT2: Home = _GPT2("gpt2-layernorm", "a GPT-2 with ordinary layer norms", ordinary=True)
