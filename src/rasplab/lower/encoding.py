"""How a variable is held on directions: one-hot over classes of values, columns, or a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.craft import Affine, Direction, Subspace
from rasplab.graph import Facts, Listed, Node
from rasplab.graph.distinct import distinct_rows
from rasplab.lower.readout import Features, Readout, Weights, as_features, weights_of
from rasplab.rasp.values import Value


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Rows of coordinates per value; `view` reads any readout that was asked for."""

    rows: Features
    representatives: NDArray[np.intp] | None
    zero: int | None
    columns: Features | None = None

    def view(self, subspace: Subspace, features: Features) -> Affine:
        """The affine map from the coordinates to the features."""
        if self.representatives is not None:
            base = np.zeros(features.shape[1]) if self.zero is None else features[self.zero]
            matrix = features[self.representatives]
            matrix -= base
            return Affine(((subspace, matrix),), base, np.zeros_like(base))
        assert self.columns is not None
        matrix = np.zeros((self.rows.shape[1], features.shape[1]))
        bias = np.zeros(features.shape[1])
        for j, column in enumerate(features.T):
            if (column == column[0]).all():
                bias[j] = column[0]
                continue
            i = int(np.flatnonzero((self.columns == column[:, None]).all(axis=0))[0])
            matrix[i, j], bias[j] = 1.0, (self.columns - self.rows)[0, i]
        return Affine(((subspace, matrix),), bias, np.zeros_like(bias))


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """`sign · (number - offset)` on one direction, and perhaps a flag for undefined on another.

    The program's own value is the number as the evaluator rounds it, by `rounding` at most.
    """

    offset: float
    sign: float
    flag: bool
    rounding: float

    def view(self, subspace: Subspace, weights: Weights) -> Affine:
        """The affine map from the number (and the flag) to the columns."""
        absent = weights.undefined - self.offset * weights.number
        rows = [self.sign * weights.number] + ([absent] if self.flag else [])
        bias = weights.constant + self.offset * weights.number
        found = Affine(((subspace, np.stack(rows)),), bias, np.zeros_like(bias))
        return found.blurred(np.abs(weights.number) * self.rounding + weights.blur)


Encoding = Listing | Scalar


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A node that has directions of its own."""

    node: Node
    subspace: Subspace
    encoding: Encoding

    def view(self, readout: Readout, facts: Facts) -> Affine:
        """How to read the variable."""
        match self.encoding:
            case Scalar():
                return self.encoding.view(self.subspace, weights_of(self.node, readout, facts))
            case Listing():
                return self.encoding.view(self.subspace, as_features(self.node, readout, facts))


def listing(
    name: str, domain: Listed, wanted: Features, *, literal: bool, default: int | None = None
) -> tuple[Listing, Subspace]:
    """Directions enough for the wanted features: a few columns, or one per class of values.

    Values that no reader tells apart share a direction; the class that every reader reads as zeros
    needs none. `default` is the index of the value that stands at BOS.
    """
    if literal:
        classes, reps = np.arange(len(domain)), np.arange(len(domain))
    else:
        classes, reps = distinct_rows(wanted)
        # as the readers want it, where that takes fewer directions than a one-hot
        columns = _distinct_columns(wanted)
        zero_class = bool((wanted[reps] == 0).all(axis=1).any()) if wanted.shape[1] else True
        if columns.shape[1] < len(reps) - zero_class:
            return _columns(name, domain, columns, default)
    zero: int | None = None
    kept: list[int] = []
    for c, rep in enumerate(reps.tolist()):
        if not literal and zero is None and not wanted[rep].any():
            zero = rep
        else:
            kept.append(c)
    rows = np.zeros((len(domain), len(kept)))
    members: dict[int, list[Value]] = {c: [] for c in kept}
    column = {c: i for i, c in enumerate(kept)}
    for row, (value, c) in enumerate(zip(domain.values, classes.tolist(), strict=True)):
        if c in column:
            rows[row, column[c]] = 1.0
            members[c].append(value)
    directions = tuple(Direction(name, tuple(members[c])) for c in kept)
    at_bos = rows[default] if default is not None else np.zeros(len(kept))
    subspace = Subspace(directions, at_bos, np.ones(len(kept)), True)
    return Listing(rows, reps[kept], zero), subspace


def _columns(
    name: str, domain: Listed, columns: Features, default: int | None
) -> tuple[Listing, Subspace]:
    # counted from what stands where nothing is selected, so that BOS holds zeros
    offset = columns[default] if default is not None else np.zeros(columns.shape[1])
    rows = columns - offset
    directions = tuple(
        _column_direction(name, domain, columns[:, i], i, columns.shape[1])
        for i in range(columns.shape[1])
    )
    largest = np.abs(rows).max(axis=0)
    subspace = Subspace(directions, np.zeros(len(directions)), largest, False)
    return Listing(rows, None, None, columns), subspace


def _column_direction(
    name: str, domain: Listed, column: NDArray[np.float64], i: int, count: int
) -> Direction:
    if set(column.tolist()) <= {0.0, 1.0}:
        shown = tuple(v for v, x in zip(domain.values, column, strict=True) if x)
        return Direction(name, shown)
    return Direction(name, (), "number" if count == 1 else f"feature {i}")


def _distinct_columns(features: Features) -> Features:
    varying = features[:, (features != features[:1]).any(axis=0)]
    kept = list(
        {column.tobytes(): i for i, column in reversed(list(enumerate(varying.T)))}.values()
    )
    return varying[:, sorted(kept)]
