"""The dials of a disguise: what each does to weights, exactly but for rounding.

Everything is drawn from a seed, one stream of random numbers per dial: turning one does not change
what the others draw.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import stored_in
from rasplab.weights import EMBED, Basis, Component, ModelWeights, Nominal
from rasplab.weights.rebase import rebased

Array: TypeAlias = "NDArray[np.floating]"
Arrays: TypeAlias = "dict[str, Array]"
Whole: TypeAlias = "NDArray[np.float64]"

STRETCH = 2.0
"""Mixed spaces of heads are stretched or squeezed by at most this along each axis: the rounding in
them grows no more than fourfold."""
_STREAMS = ("permute", "mix_heads", "rotate", "noise")


def randomness(seed: int, dial: str) -> np.random.Generator:
    """The random numbers of one dial."""
    return np.random.default_rng([seed, _STREAMS.index(dial)])


def orthogonal(width: int, draw: np.random.Generator) -> Whole:
    """A rotation or reflection, each as likely as any other (Mezzadri, 2007).

    >>> turned = orthogonal(3, np.random.default_rng(0))
    >>> bool(np.allclose(turned @ turned.T, np.eye(3)))
    True
    """
    q, r = np.linalg.qr(draw.normal(size=(width, width)))
    return q * np.sign(np.diagonal(r))


def retyped(weights: ModelWeights, dtype: str) -> ModelWeights:
    """The weights in a format; in another than their own their certificate has to be made anew."""
    if dtype == weights.config.dtype:
        return weights
    config = replace(weights.config, dtype=dtype)
    arrays: Arrays = {name: a.astype(config.storage) for name, a in weights.arrays.items()}
    certificate = replace(weights.circuit.certificate, precision=dtype)
    circuit = replace(weights.circuit, certificate=certificate)
    return replace(weights, config=config, arrays=arrays, circuit=circuit)


# -- the order of heads and hidden units


def permuted(weights: ModelWeights, draw: np.random.Generator) -> ModelWeights:
    """The same network with its heads and hidden units in another order, in every layer.

    The hidden units of a component stay side by side, in another order; so the components' numbers
    change and nothing else of them.
    """
    arrays, moved = dict(weights.arrays), list(weights.circuit.components)
    for number, kind in weights.config.architecture.blocks:
        own = [(i, c) for i, c in enumerate(moved) if _is_of(c, number, kind)]
        count = weights.config.n_heads if kind == "attn" else weights.config.d_mlp
        order, starts = _order(count, [c for _, c in own], draw)
        for (i, c), start in zip(own, starts, strict=True):
            moved[i] = replace(c, start=start, stop=start + c.stop - c.start)
        _reorder(arrays, f"blocks.{number}.{kind}.", order)
    circuit = replace(weights.circuit, components=_sorted(moved))
    return replace(weights, arrays=arrays, circuit=circuit)


def _is_of(component: Component, number: int, kind: str) -> bool:
    return (component.layer, component.half) == (number, kind)


def _order(
    count: int, components: list[Component], draw: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Which part stands at each place from now on, and where each component begins."""
    runs: list[list[int]] = [list(range(c.start, c.stop)) for c in components]
    named = {part for run in runs for part in run}
    idle = [[part] for part in range(count) if part not in named]
    order: list[int] = []
    starts = [0] * len(runs)
    both = [*runs, *idle]
    for which in draw.permutation(len(both)).tolist():
        if which < len(runs):
            starts[which] = len(order)
        order.extend(draw.permutation(np.array(both[which], np.intp)).tolist())
    return order, starts


def _reorder(arrays: Arrays, block: str, order: list[int]) -> None:
    for name in [name for name in arrays if name.startswith(block)]:
        array = arrays[name]
        arrays[name] = array[:, order] if name.endswith("W_in") else array[order]


def _sorted(components: Iterable[Component]) -> tuple[Component, ...]:
    return tuple(sorted(components, key=lambda c: c.order))


# -- the spaces inside heads, the stream, and noise


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """Disguised weights before they are rounded to their format, all in float64."""

    weights: ModelWeights
    arrays: dict[str, Whole]
    basis: Basis | None
    mixes: dict[str, Whole]


def clean(
    weights: ModelWeights,
    *,
    rotate: np.random.Generator | None,
    mix: np.random.Generator | None,
) -> Clean:
    """The weights with the spaces of their heads mixed, around a rotated stream."""
    arrays = {name: a.astype(np.float64) for name, a in weights.arrays.items()}
    mixes: dict[str, Whole] = {}
    for number, kind in weights.config.architecture.blocks if mix is not None else ():
        if kind == "attn" and mix is not None:
            mixes |= _mixed(arrays, f"blocks.{number}.attn.", mix)
    if rotate is None:
        return Clean(weights, arrays, None, mixes)
    stored = weights.config.storage
    write = orthogonal(weights.config.d_model, rotate).astype(stored).astype(np.float64)
    read = np.linalg.inv(write)
    turned = rebased(weights.config.architecture, arrays, lambda site: write, lambda reader: read)
    basis = Basis(write.astype(stored), np.ascontiguousarray(read).astype(stored))
    return Clean(weights, {n: a.astype(np.float64) for n, a in turned.items()}, basis, mixes)


def _mixed(arrays: dict[str, Whole], block: str, draw: np.random.Generator) -> dict[str, Whole]:
    """Mix what each head of a block computes with, and say by what: see `Nominal`."""
    count, _, width = arrays[f"{block}W_Q"].shape
    if not count * width:
        return {}
    scores, values = (
        np.stack([_invertible(width, draw) for _ in range(count)]).reshape(count, width, width)
        for _ in range(2)
    )
    back = np.linalg.inv(scores).swapaxes(1, 2)
    for part, by in (("Q", scores), ("K", back), ("V", values)):
        arrays[f"{block}W_{part}"] = arrays[f"{block}W_{part}"] @ by
        arrays[f"{block}b_{part}"] = (arrays[f"{block}b_{part}"][:, None] @ by)[:, 0]
    arrays[f"{block}W_O"] = np.linalg.inv(values) @ arrays[f"{block}W_O"]
    return {f"{block}QK": scores, f"{block}OV": values}


def _invertible(width: int, draw: np.random.Generator) -> Whole:
    """A rotation, a stretch along each axis by 1/2 to 2, and another rotation."""
    stretches = STRETCH ** draw.uniform(-1, 1, width)
    return orthogonal(width, draw) * stretches @ orthogonal(width, draw)


def finished(made: Clean, scale: float, draw: np.random.Generator) -> ModelWeights:
    """The disguised weights in their format, with noise of this scale on every number.

    The same draws for every scale: what is added is `scale` times a standard normal number. Where
    nothing but the order was changed, the weights are ordinary ones.
    """
    weights, stored = made.weights, made.weights.config.storage
    if made.basis is None and not made.mixes and not scale:
        return weights
    arrays: Arrays = {}
    for name, array in made.arrays.items():
        noise = draw.standard_normal(array.shape)
        with np.errstate(over="ignore"):  # the checker refuses what no format holds
            noisy = array + scale * noise if scale else array
            arrays[name] = stored_in(noisy, weights.config.dtype).astype(stored)
    mixes: Arrays = {name: np.ascontiguousarray(mix) for name, mix in made.mixes.items()}
    return replace(
        weights,
        arrays=arrays,
        bases={} if made.basis is None else {EMBED: made.basis},
        nominal=Nominal(dict(weights.arrays), mixes),
    )
