"""Whether a model stays exact behind the layer norms of a home: the checker's proof, read so.

Behind a norm as `rasplab.export.homes.gpt2` makes it a coordinate x is read as fl(x - m), with m
near 0 the mean as it was computed. Readers add W·m again, for all lanes at once: what comes out is
W·x, but for one rounding of each x that is not 0, and for what is rounded of the terms W·m, also
where x is 0. How large m can be follows from how much is written, as each writer's `balance` is a
rounded sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rasplab.checker import Proof, Reading, followed
from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.stream import ideal_rows
from rasplab.craft.specification import Attention
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.frames import Nominal

Array = NDArray[np.float64]

SLACK = 1 / 8
"""Coordinates are taken to be larger than they should be by this part, and by as much; what is
proved of their errors has to be less."""


@dataclass(frozen=True, slots=True)
class Norms:
    """The layer norms of a home: what they add to the variance, and of how many lanes they are.

    `bend` is how far from 0 what hidden units read may lie where the activation is no relu, which
    is then `sharp` times as much as the weights say. Where
    ε is no power of 4 beside which the variance does not show, two lanes hold `anchor`, once with
    a minus.
    """

    epsilon: float
    lanes: int
    bend: float
    anchor: float = 0.0
    sharp: float = 1.0


@dataclass(frozen=True, slots=True)
class NormBound:
    """What is proved of a checkpoint: the error of its output, and its smallest margin.

    `largest` bounds the coordinates of its residual stream.
    """

    precision: str
    output_error: float
    largest: float
    smallest_margin: float
    exact: bool


def behind_norms(weights: ModelWeights, norms: Norms, dtype: str) -> NormBound:
    """The bounds of a model whose every reader stands behind a layer norm."""
    return bound_of(weights, prove_behind_norms(weights, norms, dtype), dtype)


def bound_of(weights: ModelWeights, proof: Proof, dtype: str) -> NormBound:
    """The bounds that a proof gives."""
    margin = min([proof.margin, *(block.margin for block in proof.blocks)])
    exact = proof.holds and margin > 0
    return NormBound(dtype, proof.output_error, _largest(weights), margin, exact)


def _largest(weights: ModelWeights) -> float:
    """The most that a coordinate of the stream can be: in another basis, as long as it can be."""
    if weights.nominal is None or weights.plain:
        rows = _ideal(weights).values()
        return float(max((np.abs(r).max(initial=0.0) for r in rows), default=0.0))
    return length(weights)


def length(weights: ModelWeights) -> float:
    """About how long the stream of a model can be: a little more than its ideal coordinates are."""
    rows = _ideal(weights).values()
    squares = 1.0 + sum(float((r * r).sum(axis=1).max(initial=0.0)) for r in rows)
    stretch = [float(np.linalg.norm(basis.write, 2)) for basis in weights.bases.values()]
    return float(np.sqrt(squares)) * max(stretch, default=1.0) * (1 + SLACK)


def prove_behind_norms(weights: ModelWeights, norms: Norms, dtype: str) -> Proof:
    """What the checker proves of the stored weights, read behind layer norms.

    Behind anchors all weights are followed as disguised ones, if need be of themselves.
    """
    if norms.anchor and weights.nominal is None:
        weights = replace(weights, nominal=Nominal(dict(weights.arrays), {}))
    rows, within = _ideal(weights), weights.circuit.certificate.tolerated
    reading = behind_norm(weights, norms, dtype)
    proof, held = followed(weights, dtype, within=within, reading=reading)
    if not proof.holds or weights.nominal is not None:
        return proof
    # the lanes' sizes add up to at most S; `balance` holds at most S more, and `word` 1; the
    # variance is at most the sum of the squares
    total = 1.0 + sum(map(_most, rows.values()))
    variance = (2 * total + 1.0) ** 2 + (2 * total) ** 2
    if variance >= FORMATS[dtype].roundoff * norms.epsilon:
        return replace(proof, refuted="the variance of the stream is too large for the norms")
    for name, ideal in rows.items():
        allowed = SLACK * (1 + np.abs(ideal).max(axis=0, initial=0.0))
        there = held[name].bos_error > SLACK * (1 + np.abs(held[name].bos))
        if there.any() or (held[name].errors.max(axis=0, initial=0.0) > allowed).any():
            return replace(proof, refuted=f"{name} is too far off to bound the mean of the stream")
    return proof


def behind_norm(weights: ModelWeights, norms: Norms, dtype: str) -> Reading:
    """How blocks read the stream behind the norm.

    What W·m leaves is rounded like a sum of terms of size 2m·Σ|W| in any order, and the lane `zero`
    is read with a rounded weight, and each x - m is rounded: 4m·Σ|W| covers it all. Of disguised
    weights the checker follows the mean itself (`rasplab.checker.centred`).
    """
    if weights.nominal is not None:
        return Reading(
            bend=norms.bend,
            sharp=norms.sharp,
            epsilon=norms.epsilon,
            lanes=norms.lanes,
            anchor=norms.anchor,
        )
    rows = _ideal(weights)
    return Reading(
        roundings=1,
        beside=4 * _mean(weights, rows, norms, dtype, at_bos=False),
        at_bos=4 * _mean(weights, rows, norms, dtype, at_bos=True),
        lane=True,
        bend=norms.bend,
        sharp=norms.sharp,
    )


def _mean(
    weights: ModelWeights, rows: dict[str, Array], norms: Norms, dtype: str, *, at_bos: bool
) -> float:
    """The most that the mean of the stream can be computed as, which should be 0.

    A writer's lanes and its `balance` are each a sum of K products, rounded, the latter with
    rounded weights: together within 2γ(K + 2) of 0, for what is written in all. Adding L writers'
    balances rounds 2L + 2 times. The mean of N numbers, X in all, is computed within 8u·X, also by
    Welford's steps: the k-th is rounded by u·X/k and 3u·(|x| + X/k)/k, of which k/N is left.
    """
    config, form = weights.config, FORMATS[dtype]
    total = 2.0 + sum(_most(r) for n, r in rows.items() if not at_bos or n in _there(weights))
    total += SLACK * config.d_model
    left = form.roundoff * (2 * config.n_layers + 2) * 4 * total
    left += 2 * float(form.gamma(config.n_heads * config.d_head + 4)) * total
    if not at_bos:  # hidden units are silent there
        left += sum(
            2 * float(form.gamma(config.d_mlp + 2)) * _units(weights, rows, layer)
            for layer in range(config.n_layers)
        )
    return left / norms.lanes + 16 * form.roundoff * total


def _there(weights: ModelWeights) -> set[str]:
    """The variables that may hold something at BOS: what heads move there, a default."""
    blocks = () if weights.specification is None else weights.specification.blocks
    return {b.variable for b in blocks if isinstance(b, Attention) and b.kind != "sum"}


def _ideal(weights: ModelWeights) -> dict[str, Array]:
    """The coordinates that stand for every value of every variable."""
    places = [p for p in weights.circuit.variables if p.encoding.kind != "flag"]
    return {p.name: ideal_rows(p, weights.circuit.directions) for p in places}


def _most(rows: Array) -> float:
    """The most that the sizes of a variable's coordinates add up to."""
    return float(_larger(rows).sum(axis=1).max(initial=0.0))


def _larger(rows: Array) -> Array:
    return np.abs(rows) * (1 + SLACK) + SLACK


def _units(weights: ModelWeights, rows: dict[str, Array], layer: int) -> float:
    """How much the hidden units of a layer write in all, at most."""
    places = {p.name: p for p in weights.circuit.variables}
    name = f"blocks.{layer}.mlp."
    w_in, w_out = (
        np.abs(weights.arrays[f"{name}{w}"].astype(np.float64)) for w in ("W_in", "W_out")
    )
    most = np.abs(weights.arrays[f"{name}b_in"].astype(np.float64)) + w_in[0]
    for variable, own in rows.items():
        lane = w_in[places[variable].start : places[variable].stop]
        if lane.any():
            most = most + (_larger(own) @ lane).max(axis=0, initial=0.0)
    return float(most @ w_out.sum(axis=1))
