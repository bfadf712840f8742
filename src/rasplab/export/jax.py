"""A model in JAX: a pure function of its parameters and token ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from rasplab.diagnostics import InputError, diagnostic, require
from rasplab.weights import EMBED, PAD_ID, Config, ModelWeights
from rasplab.weights.architecture import LAST_NORM, Kind
from rasplab.weights.dressing import CORNER, norms

if TYPE_CHECKING:
    import numpy as np
    from jax import Array
    from numpy.typing import NDArray

Arrays: TypeAlias = "dict[str, Array]"
Params: TypeAlias = "dict[str, Any]"
"""A pytree: what JAX itself has no type for."""

Apply: TypeAlias = "Callable[..., Any]"


class Block(Protocol):
    """A half of a layer: what it writes, and what is seen within."""

    def __call__(self, w: Arrays, x: Array, visible: Array, /) -> tuple[Array, Arrays]:
        """Of a stream, as far as others are visible."""
        ...


def to_jax(weights: ModelWeights) -> tuple[Apply, Params]:
    """A pure function and its parameters, a pytree of nested dicts and lists of arrays.

    `apply(params, ids)` gives the read-out (batch x positions x d_out) for token ids (batch x
    positions, BOS first); `apply(params, ids, activations=True)` that and a dict of every
    activation, by name and with the axes of `rasplab.weights.forward`. It can be jitted (with
    `activations` static), differentiated and mapped.

    Raises:
        MissingExtraError: E602, jax is not installed.
        InputError: E603, a float64 model while JAX has 64 bits switched off.
    """
    jax = require("jax", extra="jax", purpose="a JAX model")
    if weights.config.dtype == "float64" and not jax.config.jax_enable_x64:
        raise InputError(
            diagnostic(
                "E603",
                "JAX would round this float64 model to float32",
                help="call jax.config.update('jax_enable_x64', True) first, or compile for float32",
            )
        )
    return _function(weights.config), _params(weights, jax.numpy.asarray)


def _params(weights: ModelWeights, convert: Callable[[NDArray[np.floating]], Array]) -> Params:
    """The arrays as nested dicts; the blocks as a list."""
    blocks: list[Params] = [{} for _ in range(weights.config.n_layers)]
    for number, kind in weights.config.architecture.blocks:
        blocks[number][kind] = {}
    params: Params = {"embed": {}, "pos_embed": {}, "blocks": blocks, "unembed": {}}
    for name in norms(weights.config):
        *path, own, _ = name.split(".")
        (blocks[int(path[1])] if path else params)[own] = {}
    for name, array in weights.arrays.items():
        *path, last = name.split(".")
        place: Any = params
        for step in path:
            place = place[int(step) if step.isdigit() else step]
        place[last] = convert(array)
    return params


def _function(config: Config) -> Apply:
    architecture = config.architecture
    import jax
    import jax.numpy as jnp
    from jax.lax import Precision

    def product(a: Array, b: Array) -> Array:
        # accelerators round the factors of a product to fewer bits unless told not to
        return jnp.matmul(a, b, precision=Precision.HIGHEST)

    def normed(w: Arrays, x: Array) -> tuple[Array, Arrays]:
        if architecture.norm == "none":
            return x, {}
        if architecture.norm == "layer":
            x = x - x.mean(axis=-1, keepdims=True)
        scale = jnp.sqrt((x * x).mean(axis=-1, keepdims=True) + architecture.epsilon)
        read = x / scale * w["w"]
        return read, {"scale": scale, "normalized": read}

    def unit(x: Array) -> Array:
        if architecture.activation == "relu":
            return jnp.maximum(x, 0)
        smooth = {"gelu": jax.nn.gelu, "silu": jax.nn.silu}[architecture.activation]
        # what a compiler makes of tanh and exp far from 0 is not said; there they are relus
        far = CORNER[architecture.activation][config.dtype]
        near = jnp.clip(x, -far, far)
        return jnp.where(jnp.abs(x) < far, smooth(near), jnp.maximum(x, 0))

    def attention(w: Arrays, x: Array, visible: Array) -> tuple[Array, Arrays]:
        x = x[:, None]  # batch, head, position, direction
        q, k, v = (product(x, w[f"W_{part}"]) + w[f"b_{part}"][:, None] for part in "QKV")
        scores = jnp.where(visible, product(q, k.swapaxes(-1, -2)), -jnp.inf)
        pattern = jax.nn.softmax(scores, axis=-1)
        z = product(pattern, v)
        result = product(z, w["W_O"])
        seen = {"q": q, "k": k, "v": v, "attn_scores": scores, "pattern": pattern}
        return result.sum(axis=1), {**seen, "z": z, "result": result}

    def mlp(w: Arrays, x: Array, visible: Array) -> tuple[Array, Arrays]:
        del visible
        hidden = unit(product(x, w["W_in"]) + w["b_in"])
        return product(hidden, w["W_out"]), {"post": hidden}

    steps: dict[Kind, Block] = {"attn": attention, "mlp": mlp}

    def apply(
        params: Params, ids: Array, *, activations: bool = False
    ) -> Array | tuple[Array, Arrays]:
        n = ids.shape[1]
        # of what is no id, not those of another: what comes of it is not a number
        rows: Array = jnp.asarray(params["embed"]["W_E"])  # pyright: ignore[reportUnknownMemberType]
        tokens = rows.at[ids].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)
        x = tokens + params["pos_embed"]["W_pos"][:n]
        visible = (ids != PAD_ID)[:, None, None, :]
        if architecture.causal:
            visible = visible & jnp.tri(n, dtype=bool)
        seen: Arrays = {} if architecture.steps else {architecture.stream(EMBED): x}
        for step in architecture.steps:
            seen.setdefault(step.reads_whole, x)
            block = params["blocks"][step.block]
            read, own = normed(block.get(step.norm.split(".")[2]), x)
            seen |= {f"{step.inner_norm}hook_{part}": array for part, array in own.items()}
            written, within = steps[step.kind](block[step.kind], read, visible)
            seen |= {f"{step.inner}hook_{part}": array for part, array in within.items()}
            if step.kind == "mlp":
                seen[step.out] = written
            x = seen[architecture.stream(step.site)] = x + written
        read, own = normed(params.get("ln_final", {}), x)
        seen |= {f"{LAST_NORM}hook_{part}": array for part, array in own.items()}
        out = product(read, params["unembed"]["W_U"]) + params["unembed"]["b_U"]
        return (out, seen) if activations else out

    return apply
