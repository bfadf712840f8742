"""What a head writes, from its scores and from what it reads at the keys.

With n keys, of which w are chosen, the others get at most n·e^-gap of the weight. Weights are
rounded: an exponential, a sum of n + 1 of them, a division, a sum of products, and, where scores
are rounded, the difference of two scores. A kernel that takes keys block by block rescales what it
has when a larger score comes: a few roundings more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rasplab.checker.arithmetic import Array, Format
from rasplab.checker.attention import MOST, Scores
from rasplab.checker.stream import RefutedError

NOTHING = {"float64": 2.0**-1074, "float32": 2.0**-151, "bfloat16": 2.0**-151, "float16": 2.0**-151}
"""Weights below this are 0, also where those of 16 bits are held in float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """What is read at the keys, column by column.

    Ideal `rows` for what may be chosen; what is read is within `errors` of them. `largest` bounds
    what is read anywhere. `bos` is what is read at BOS, within `bos_error`.
    """

    rows: Array
    errors: Array
    largest: Array
    bos: Array
    bos_error: Array


@dataclass(frozen=True, slots=True)
class Keys:
    """How many keys there are, how many can be chosen at once, and whether one always is."""

    count: int
    chosen: int
    always: bool


@dataclass(frozen=True, slots=True, eq=False)
class Attended:
    """The errors of what is written, and the smallest part of a gap in score that is left."""

    relative: Array
    absolute: Array
    bos_error: Array
    margin: float


def _check_sum(values: Values, keys: Keys, form: Format) -> None:
    """Kernels add up what the keys bring before they divide by the sum of the weights."""
    if not (2 * (keys.count + 1) * values.largest < form.summed / 4).all():
        raise RefutedError("what the keys hold is together beyond what the format holds")


def moved(
    scores: Scores, values: Values, keys: Keys, default: Array | None, form: Format
) -> Attended:
    """A value that all chosen keys have: their weights add up to 1, however they are shared."""
    _check_sum(values, keys, form)
    leak = _leak(scores, keys)
    weights = float(form.gamma(_roundings(scores, keys, leak, form)))
    zero = values.rows == 0
    of_zeros = np.where(zero, values.errors, 0.0).max(axis=0, initial=0.0)
    rest = np.where(zero, 0.0, values.errors / np.where(zero, 1.0, np.abs(values.rows)))
    relative = rest.max(axis=0, initial=0.0) * (1 + weights) + weights
    absolute = of_zeros * (1 + weights) + 4 * leak * values.largest
    absolute = absolute + _underflow(values, 1.0 / keys.chosen, keys, form)
    if not keys.always and default is not None:
        absolute = np.maximum(absolute, _of_default(values, default, leak, form))
    return Attended(relative, absolute, *_at_bos(scores, values, keys, default, 1.0, form))


def averaged(
    scores: Scores, values: Values, keys: Keys, default: Array | None, form: Format
) -> Attended:
    """A mean: unequal weights count in proportion to the values."""
    _check_sum(values, keys, form)
    leak = _leak(scores, keys)
    uneven = 0.0 if scores.equal else scores.spread + _difference(scores, form)
    weights = math.expm1(min(uneven, MOST))
    weights += float(form.gamma(_roundings(scores, keys, leak, form)))
    absolute = values.errors.max(axis=0, initial=0.0) * (1 + weights)
    absolute = absolute + values.largest * (weights + 4 * leak)
    absolute = absolute + _underflow(values, 1.0 / keys.chosen, keys, form)
    if not keys.always and default is not None:
        absolute = np.maximum(absolute, _of_default(values, default, leak, form))
    nothing = np.zeros_like(absolute)
    return Attended(nothing, absolute, *_at_bos(scores, values, keys, default, 1.0, form))


def summed(scores: Scores, values: Values, keys: Keys, scale: float, form: Format) -> Attended:
    """A sum: BOS, with a weight of about `scale` times one key's, holds 0 and is scaled away.

    w chosen values v give scale·Σ e^(s-b)·v / (1 + Σ e^(s-b)), where s is their score and b that
    of BOS.
    """
    if scores.never:
        return _nothing_to_add(scores, values, keys, scale, form)
    if scores.bos.low <= max(scores.others, scores.chosen.high):
        raise RefutedError("BOS does not outweigh the keys that are added up")
    n = keys.count
    far = scores.bos.high - min(scores.chosen.low, scores.bos.low)
    least = scale * math.exp(scores.chosen.low - scores.bos.high)
    most = scale * math.exp(min(scores.chosen.high - scores.bos.low, MOST))
    filled = n * math.exp(scores.chosen.high - scores.bos.low)
    filled += n * math.exp(max(scores.others - scores.bos.low, -MOST))
    filled *= 2  # adding a small weight may round it up by as much
    if math.exp(-min(far, MOST)) < form.least * (1 + filled):
        raise RefutedError("the weight of one key is below the least number of the format")
    rounding = float(
        form.gamma(2 * keys.chosen + form.exponential + form.rescaled + 2)
    ) + math.expm1(_difference(scores, form))
    proportion = max(most * (1 + rounding) - 1, 1 - least * (1 - rounding) / (1 + filled))
    at_bos = scale * (np.abs(values.bos) + values.bos_error)
    off = values.errors.max(axis=0, initial=0.0)
    absolute = 2 * n * off * (1 + proportion) + at_bos * (1 + rounding)
    absolute = absolute + _of_others(scores, values, keys, scale, form)
    absolute = absolute + scale * _underflow(values, math.exp(-far), keys, form)
    total = n * values.largest * (1 + proportion) + absolute
    if (total >= form.largest / 4).any():
        raise RefutedError("what is added up is beyond what the format holds")
    relative = np.full_like(absolute, proportion)
    if (values.rows < 0).any():
        absolute = absolute + n * values.largest * proportion
    bos_error, margin = _at_bos(scores, values, keys, None, scale, form)
    return Attended(relative, absolute, bos_error, margin)


def _nothing_to_add(
    scores: Scores, values: Values, keys: Keys, scale: float, form: Format
) -> Attended:
    bos_error, margin = _at_bos(scores, values, keys, None, scale, form)
    at_bos = 2 * scale * (np.abs(values.bos) + values.bos_error)
    absolute = _of_others(scores, values, keys, scale, form) + at_bos
    return Attended(np.zeros_like(at_bos), absolute, bos_error, margin)


def _of_others(scores: Scores, values: Values, keys: Keys, scale: float, form: Format) -> Array:
    """What those that are not chosen add to a sum.

    Each weighs at most e^(s-b): rounded, where the format has such small numbers at all; below its
    least normal number rounding to nearest adds half a last place, and at most as much again. So
    with the weight, and with its product with what is read.
    """
    if scores.others == -math.inf:
        return np.zeros_like(values.largest)
    gap = min(max(scores.others - scores.bos.low, -MOST), MOST)
    difference = 0.0 if scores.apart else 2 * form.roundoff * abs(gap)
    rounded = float(form.gamma(keys.count + form.exponential + form.rescaled + 4))
    each = math.exp(gap) * (1 + rounded + math.expm1(min(difference, MOST))) * values.largest
    last = form.least * form.roundoff
    return keys.count * scale * (each + np.minimum(3 * each, last * (2 * values.largest + 1)))


def _underflow(values: Values, weight: float, keys: Keys, form: Format) -> float:
    """What products below the least normal number lose, which may be all of them.

    Of values that are no more than an error, or of keys that are not chosen, that is no more than
    they add themselves.
    """
    sizes = np.abs(values.rows)
    least = float(sizes.min(where=sizes > 0, initial=np.inf)) * weight
    return 0.0 if least >= 2 * form.least else 2 * keys.count * form.least


def _difference(scores: Scores, form: Format) -> float:
    """How far the difference of a score and the largest can be rounded."""
    if scores.apart:
        return 0.0
    return 2 * form.roundoff * (scores.bos.high - min(scores.chosen.low, scores.bos.low))


def _roundings(scores: Scores, keys: Keys, leak: float, form: Format) -> float:
    """How often a weight and what it carries are rounded.

    Equal scores give exponentials of exactly 1, whose sum is exact: what is left is the division,
    the product and the sum over the chosen; of one chosen key nothing, for 1 + t is 1 while t is
    at most half a unit. What the others add is off by no more than itself, since adding t to a
    number that the format has is off by at most |t|: their weight bounds it.
    """
    if not scores.equal:
        return 2 * keys.chosen + 2 * form.exponential + form.rescaled + 2
    if keys.chosen == 1 and leak <= form.roundoff / 2:
        return 0
    return keys.chosen + 2


def _leak(scores: Scores, keys: Keys) -> float:
    """How much weight those get, in all, who should get none."""
    chosen = MOST if scores.never else min(scores.gap, scores.chosen.low - scores.bos.high)
    gap = chosen if keys.always else min(chosen, scores.bos.low - scores.others)
    return keys.count * math.exp(-min(gap, MOST)) if gap > 0 else math.inf


def _alone(leak: float, form: Format) -> float:
    """How far the weight of one that gets it all can be rounded: as in `_roundings`."""
    return 0.0 if leak <= form.roundoff / 2 else float(form.gamma(2 * form.exponential + 6))


def _of_default(values: Values, default: Array, leak: float, form: Format) -> Array:
    """How far what BOS gives where nothing is chosen is from the default."""
    size = np.abs(values.bos) + values.bos_error
    off = np.abs(values.bos - default) + values.bos_error
    return off + _alone(leak, form) * size + 4 * leak * values.largest


def _at_bos(
    scores: Scores,
    values: Values,
    keys: Keys,
    default: Array | None,
    scale: float,
    form: Format,
) -> tuple[Array, float]:
    """How far what is written at BOS is from what should stand there; and the margin there."""
    gap = scores.own - scores.foreign
    leak = keys.count * math.exp(-min(gap, MOST)) if gap > 0 else math.inf
    if leak < NOTHING[form.name]:
        leak = 0.0  # below all numbers that weights are held in, subnormal ones included
    weights = _alone(leak, form)
    wanted = np.zeros_like(values.bos) if default is None else default
    size = np.abs(values.bos) + values.bos_error
    off = np.abs(values.bos - wanted) + values.bos_error + weights * size
    off = off + (4 * leak * values.largest if leak else 0.0)
    room = min(scores.gap, abs(scores.chosen.low - scores.bos.high))
    return scale * off, room
