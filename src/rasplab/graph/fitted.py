"""The weighted sum that a function of numbers turns out to be, once all its values are known.

A function written as `lambda x, mean: x - mean` is the sum that operators would have said it is.
That saves making a mean one-hot, which has many values.
"""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rasplab.graph import node as g
from rasplab.graph.domain import WHOLE_UP_TO, Listed, is_whole
from rasplab.graph.form import LinearForm
from rasplab.graph.known import Known
from rasplab.graph.node import Node
from rasplab.graph.rounding import FLOAT_ROUNDING
from rasplab.graph.values import Table

Array = NDArray[np.float64]

DENOMINATORS_AT_MOST = 1000
SNAPPED_WITHIN = 1e-9
"""A weight found from rounded values is taken for the simple fraction that is relatively so near:
what that misses is measured on every cell."""


def fitted_form(domain: Listed, table: Table, known: Known) -> LinearForm | None:
    """The weighted sum that a table is on every cell, if it reads an aggregate of numbers.

    Only where nothing is undefined. The blur is the largest difference that there is, and what
    float64 may miss in finding it.
    """
    if not any(isinstance(s.op, g.Mean | g.Sum) for s in table.supports) or not _plain(domain):
        return None
    domains = [known.domain(support) for support in table.supports]
    if not all(isinstance(d, Listed) and _plain(d) for d in domains):
        return None
    points = [cast(Listed, d).numbers() for d in domains]
    values = domain.numbers()[table.codes]
    weights = [_weight(values, axis, place) for axis, place in enumerate(points)]
    total = np.zeros(())
    for axis, (place, weight) in enumerate(zip(points, weights, strict=True)):
        shape = [1] * values.ndim
        shape[axis] = len(place)
        total = total + weight * place.reshape(shape)
    # the first cell is met exactly; what the others miss is measured
    constant = float(values.flat[0] - total.flat[0])
    missed = float(np.abs(total + constant - values).max())
    largest = abs(constant) + sum(
        abs(w) * float(np.abs(p).max()) for w, p in zip(weights, points, strict=True)
    )
    whole = all(map(is_whole, [domain, *domains])) and all(w.is_integer() for w in weights)
    exactly = whole and missed == 0.0 and largest < WHOLE_UP_TO / 2
    rounded = 0.0 if exactly else FLOAT_ROUNDING * largest
    found = LinearForm((), constant, missed + rounded)
    for support, weight in zip(table.supports, weights, strict=True):
        if weight:
            found = found.plus(_form_of(support, known).scaled(weight))
    return found


def _plain(domain: Listed) -> bool:
    """Whether all values are numbers, told apart as such, and none is beyond whole floats."""
    plain = domain.numeric and not domain.undefined and not domain.ambiguous
    return plain and bool((np.abs(domain.numbers()) < WHOLE_UP_TO).all())


def _weight(values: Array, axis: int, points: Array) -> float:
    """The slope along an axis, from its two ends."""
    low, high = int(points.argmin()), int(points.argmax())
    if points[low] == points[high]:
        return 0.0
    first = [0] * values.ndim
    last = list(first)
    first[axis], last[axis] = low, high
    slope = float((values[tuple(last)] - values[tuple(first)]) / (points[high] - points[low]))
    simple = float(Fraction(slope).limit_denominator(DENOMINATORS_AT_MOST))
    return simple if abs(simple - slope) <= SNAPPED_WITHIN * abs(slope) else slope


def _form_of(support: Node, known: Known) -> LinearForm:
    return known.form(support) or LinearForm(((support, 1.0),))
