"""Heads: who is attended to, with what weight, and what that writes.

Scores are bounded for every pair of values that a key and a query can have, BOS among them. From
the gaps follows how much weight the others can get in all, n·e^-gap; from the spread of the
winners' scores how unequal they can weigh.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import (
    OWN,
    ZERO,
    Array,
    Codes,
    Flags,
    Format,
    lowest_bit,
    two_to,
)
from rasplab.checker.head_weights import HeadWeights
from rasplab.checker.stream import (
    WIDER,
    Columns,
    Held,
    Off,
    RefutedError,
    read,
    read_at_bos,
    traces,
)
from rasplab.craft.specification import Comparison

MOST = 700.0
"""Beyond this many units of score nothing more is to be had, and exp would overflow."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two."""

    low: float
    high: float

    def plus(self, other: Range) -> Range:
        """Where a sum of two lies."""
        return Range(self.low + other.low, self.high + other.high)

    def wider(self, by: float) -> Range:
        """With so much more on both sides."""
        return Range(self.low - by, self.high + by)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of the keys that count (`chosen`), of all others at most `others`, and of BOS.

    `bos` is what BOS scores with any other query, `own` with itself, `foreign` what any other key
    scores at most with BOS as the query. `gap` is how far the chosen are above all that is not
    chosen but BOS. `exact` says that no score is rounded, `apart` that no difference of two is.
    """

    chosen: Range
    others: float
    gap: float
    bos: Range
    own: float
    foreign: float
    exact: bool
    never: bool
    apart: bool = False

    @property
    def equal(self) -> bool:
        """Whether all that are chosen score exactly the same: exp of their distance, 0, is 1."""
        return self.exact and self.spread == 0

    @property
    def spread(self) -> float:
        """How far apart the chosen can be."""
        return self.chosen.high - self.chosen.low


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What keys or queries are: the variables read, and the class of each combination."""

    held: list[Held]
    codes: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """One comparison: its columns, both sides, and which classes of them go together."""

    of: Comparison
    keys: Side
    queries: Side


def scores(
    weights: HeadWeights,
    pairings: list[Pairing],
    ranking: tuple[Side, int] | None,
    everything: tuple[list[Held], list[Held]],
    form: Format,
) -> Scores:
    """Bounds on all scores of a head; `everything` is what the keys and the queries read in all."""
    width = len(weights.b_q)
    parts: list[_Part] = []
    start = 0
    for pairing in pairings:
        if pairing.of.start != start or not start <= pairing.of.stop <= width:
            raise RefutedError("the columns of the comparisons do not follow each other")
        start = pairing.of.stop
        parts.append(_part(weights, pairing, slice(pairing.of.start, start), form))
    levels = None
    if ranking is not None:
        if start >= width:
            raise RefutedError("there is no column for the ranking")
        levels = _levels(weights, ranking[0], slice(start, start + 1), everything[1], form)
        start += 1
    keys, queries = _sides(weights, everything, form, bos=False)
    bos_key, bos_query = _sides(weights, everything, form, bos=True)
    bos, own = _whole(bos_key, queries), _whole(bos_key, bos_query)
    foreign = _whole(keys, bos_query)
    rest = _whole(keys[start:], queries[start:])  # what belongs to no comparison
    others = [p.bound for p in parts] + ([levels.bound] if levels else []) + [rest]
    mixed = weights.mixed
    at_bos = [(b.range, _rounding([b], width, form) + mixed) for b in (bos, own, foreign)]
    exact = all(b.exact for b in (*others, bos))
    rounding = _rounding(others, width, form) + mixed
    found = _together(parts, levels, rest.range, at_bos, rounding, exact)
    return replace(
        found, apart=found.exact and _rounding([*others, *others, bos], width, form) == 0
    )


@dataclass(frozen=True, slots=True)
class _Bound:
    """A score's range, how large its terms are in all, and the place of their last bit."""

    range: Range
    size: float
    place: int
    exact: bool


NOTHING = _Bound(Range(0.0, 0.0), 0.0, 2**14, True)
"""What no column adds."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one comparison scores where it holds and where not."""

    holds: Range | None
    fails: Range | None
    bound: _Bound

    @property
    def top(self) -> float:
        """The most that it can score."""
        return max(r.high for r in (self.holds, self.fails) if r is not None)


@dataclass(frozen=True, slots=True)
class _Levels:
    """What each level of a ranking scores, from the lowest."""

    ranges: tuple[Range, ...]
    bound: _Bound

    @property
    def gap(self) -> float:
        """The least distance between two levels that follow each other."""
        steps = zip(self.ranges[1:], self.ranges[:-1], strict=True)
        return min((b.low - a.high for b, a in steps), default=MOST)

    @property
    def spread(self) -> float:
        """How far apart keys of one level can be."""
        return max(r.high - r.low for r in self.ranges)


def _product(keys: Columns, queries: Columns, form: Format) -> tuple[Array, Array, Array]:
    """Scores (keys × queries) from ideal coordinates, how far off, and the sizes of their terms."""
    of_keys, of_queries = keys.error(form), queries.error(form)
    k, q = np.abs(keys.value), np.abs(queries.value)
    error = np.zeros((len(k), len(q)))
    if of_keys.any():
        error = error + of_keys @ (q + of_queries).T
    if of_queries.any():
        error = error + k @ of_queries.T
    score = keys.value @ queries.value.T
    whole = all(bool((side.value == np.rint(side.value)).all()) for side in (keys, queries))
    positive = (keys.value >= 0).all() and (queries.value >= 0).all()
    size = (score if positive else k @ q.T) + error
    own = 0.0 if whole else OWN * (keys.value.shape[1] + 2)
    return score, error * WIDER + own * size, size


def _bound(
    keys: Columns, queries: Columns, form: Format, size: float, low: float, high: float
) -> _Bound:
    exact = not (keys.error(form).any() or queries.error(form).any())
    places = [lowest_bit(side.value).min(initial=2**14) for side in (keys, queries)]
    return _Bound(Range(low, high), size, int(sum(places)), exact)


def _part(weights: HeadWeights, pairing: Pairing, columns: slice, form: Format) -> _Part:
    keys = weights.keys(pairing.keys.held, columns, form)
    queries = weights.queries(pairing.queries.held, columns, form)
    of_keys, of_queries = pairing.keys.codes, pairing.queries.codes
    score, error, size = _product(keys, queries, form)
    possible = (of_keys >= 0)[:, None] & (of_queries >= 0)[None, :]
    holds = pairing.of.holds[of_keys][:, of_queries]
    low, high = score - error, score + error
    return _Part(
        _range(low, high, holds & possible),
        _range(low, high, ~holds & possible),
        _bound(keys, queries, form, *_ends(size, low, high)),
    )


def _ends(size: Array, low: Array, high: Array) -> tuple[float, float, float]:
    return float(size.max(initial=0.0)), float(low.min()), float(high.max())


def _range(low: Array, high: Array, where: Flags) -> Range | None:
    if not where.any():
        return None
    return Range(
        float(low.min(where=where, initial=np.inf)), float(high.max(where=where, initial=-np.inf))
    )


def _levels(
    weights: HeadWeights, side: Side, columns: slice, queries: list[Held], form: Format
) -> _Levels:
    keys, asked = weights.keys(side.held, columns, form), weights.queries(queries, columns, form)
    score, error, size = _product(keys, asked, form)
    low, high = score - error, score + error
    found: list[Range] = []
    for level in range(int(side.codes.max()) + 1):
        here = side.codes == level
        if here.any():
            found.append(Range(float(low[here].min()), float(high[here].max())))
    bound = _bound(keys, asked, form, *_ends(size, low, high))
    return _Levels(tuple(found), bound)


def _whole(k: _Extents, q: _Extents) -> _Bound:
    """The range of a part of the score, column by column, over all that is read."""
    ends = np.stack([a * b for a in (k.low, k.high) for b in (q.low, q.high)])
    live = ends.any(axis=0)
    if not live.any():
        return NOTHING
    size = float(np.abs(ends).max(axis=0).sum())
    found = Range(float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum()))
    whole = bool((ends == np.rint(ends)).all())
    return _Bound(
        found if whole else found.wider(OWN * (ends.shape[1] + 2) * size),
        size,
        int((k.place + q.place)[live].min()),
        bool((k.exact & q.exact)[live].all()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Extents:
    """Per column the least and the greatest number, the place of its last bit, and exactness."""

    low: Array
    high: Array
    place: NDArray[np.int64]
    exact: Flags

    def __getitem__(self, some: slice) -> _Extents:
        """Of some of the columns."""
        return _Extents(self.low[some], self.high[some], self.place[some], self.exact[some])


def _sides(
    weights: HeadWeights,
    everything: tuple[list[Held], list[Held]],
    form: Format,
    *,
    bos: bool,
) -> tuple[_Extents, _Extents]:
    """What columns reach as keys and as queries: at BOS, or everywhere else."""
    (keys, queries), of = everything, weights
    of_keys = _extents(keys, of.w_k, of.b_k, form, of.off_k, bos=bos)
    return of_keys, _extents(queries, of.w_q, of.b_q, form, of.off_q, bos=bos)


def _extents(
    held: list[Held], matrix: Array, bias: Array, form: Format, beside: Off, *, bos: bool
) -> _Extents:
    if bos:
        there = read_at_bos(held, matrix, bias, form, beside)
        off = there.error(form)[0]
        number = there.value[0]
        return _Extents(number - off, number + off, lowest_bit(number), off == 0)
    terms, off = np.zeros(len(bias)), np.zeros(len(bias)) + beside.elsewhere
    low, high, size = -off, off.copy(), off.copy()
    found = read(held, matrix, np.zeros(len(bias)))
    for value, error, its_size, its_terms in found.operands:
        low += (value - error).min(axis=0)
        high += (value + error).max(axis=0)
        size += its_size.max(axis=0)
        terms += its_terms.max(axis=0)
        off += error.max(axis=0)
    place = np.minimum(lowest_bit(bias), found.place)
    size, terms = size + np.abs(bias), terms + (bias != 0)
    if form.reading.beside:
        size += form.reading.beside * np.abs(matrix).sum(axis=0)
        terms, place = traces(matrix) + 1, np.full_like(place, -ZERO)
    whole = (off == 0) & (size <= two_to(place + form.bits)) & (two_to(place) >= form.least)
    rounding = np.where(whole, 0.0, form.gamma(terms) * size + terms * form.least)
    rounding = np.where(size < form.largest / 4, rounding + (~whole) * OWN * terms * size, np.inf)
    return _Extents(low + bias - rounding, high + bias + rounding, place, whole)


def _rounding(bounds: list[_Bound], width: int, form: Format) -> float:
    """How far a score is rounded, the sum of `width` products; 0 where it is exact."""
    size = sum(b.size for b in bounds)
    place = min((b.place for b in bounds), default=0)
    exact = all(b.exact for b in bounds) and size <= 2.0 ** min(place + form.bits, 1000)
    if size >= form.largest / 4:
        return math.inf
    if exact and 2.0 ** min(place, 1000) >= form.least:
        return 0.0
    return float(form.gamma(width + 1)) * size + width * form.least


def _together(
    parts: list[_Part],
    levels: _Levels | None,
    rest: Range,
    at_bos: list[tuple[Range, float]],
    rounding: float,
    exact: bool,
) -> Scores:
    (bos, bos_rounding), (own, own_rounding), (foreign, foreign_rounding) = at_bos
    chosen = rest
    for part in parts:
        chosen = chosen.plus(part.holds or Range(0.0, 0.0))
    tops = rest.high + sum(p.top for p in parts)
    others = max(
        (tops - p.top + p.fails.high for p in parts if p.fails is not None), default=-math.inf
    )
    gap = chosen.low - others
    if levels is not None:
        lowest, highest = levels.ranges[0], levels.ranges[-1]
        wide = chosen.high - chosen.low
        gap = min(levels.gap - wide, gap - (highest.high - lowest.low))
        others += highest.high
        least = chosen.low + lowest.low
        chosen = Range(least, least + levels.spread + wide)
    never = any(p.holds is None for p in parts)
    if never:
        gap = MOST
    ends = (chosen.low, chosen.high, bos.low, bos.high, own.low, foreign.high, rounding)
    if not all(map(math.isfinite, (*ends, bos_rounding, own_rounding, foreign_rounding))):
        raise RefutedError("its scores are beyond what the format holds")
    return Scores(
        chosen.wider(rounding),
        others + rounding,
        min(gap - 2 * rounding, MOST),
        bos.wider(bos_rounding),
        own.low - own_rounding,
        foreign.high + foreign_rounding,
        exact and rounding == bos_rounding == 0,
        never,
    )
