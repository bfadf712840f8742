"""A head against its specification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import Array, Flags
from rasplab.checker.attended import Keys, Values, averaged, moved, summed
from rasplab.checker.attention import Pairing, Scores, Side, scores
from rasplab.checker.disguise import KeyShare
from rasplab.checker.head_weights import HeadWeights
from rasplab.checker.hidden import Decision
from rasplab.checker.known import (
    Known,
    lane,
    nowhere,
    operands,
    reads,
)
from rasplab.checker.stream import (
    Held,
    Off,
    RefutedError,
    ideal_rows,
    number_row,
    read,
    read_at_bos,
)
from rasplab.checker.taken import always_selects, single_key, take
from rasplab.checker.totals import followed
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Attention,
    Table,
    Total,
)
from rasplab.rasp.values import Value, identity
from rasplab.weights.artefact import Component, VariablePlace


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """How the values that a head writes are read, column by column, and by how much off."""

    matrix: Array
    bias: Array
    off: Off


def attention(
    known: Known, component: Component, block: Attention, place: VariablePlace | None
) -> tuple[Held, Decision]:
    """How far off what a head writes can be.

    Raises:
        RefutedError: it reads or writes something else, or nothing can be said.
    """
    arrays, name = known.weights.arrays, component.variable
    prefix, head = f"blocks.{component.layer}.attn.", component.start
    of = {
        part: arrays[f"{prefix}{part}"][head].astype(np.float64)
        for part in ("W_Q", "b_Q", "W_K", "b_K", "W_V", "b_V", "W_O")
    }
    beside = known.head_off(component.layer, head)
    weights = HeadWeights(
        of["W_Q"], of["b_Q"], of["W_K"], of["b_K"], beside.q, beside.k, beside.mixed
    )
    keys = [known.held[n] for n in reads(known, weights.w_k, name)]
    queries = [known.held[n] for n in reads(known, weights.w_q, name)]
    pairings = [
        Pairing(
            c,
            _side(known, c.keys, weights.w_k[:, c.start : c.stop], name),
            _side(known, c.queries, weights.w_q[:, c.start : c.stop], name),
        )
        for c in block.comparisons
    ]
    ranking = None
    if block.ranking is not None:
        column = max((c.stop for c in block.comparisons), default=0)
        side = _side(known, block.ranking, weights.w_k[:, column : column + 1], name)
        ranking = (side, column)
    found = scores(weights, pairings, ranking, (keys, queries), known.form)
    if block.kind == "sum":  # of others the keys may have all of the weight
        known.shares[head] = KeyShare.of(found, known.weights.config.max_length)
    written_by = _written_by(of["W_O"], lane(place), name)
    return _attended(known, block, place, (of, beside.v), written_by, found)


def _side(known: Known, table: Table, matrix: Array, what: str) -> Side:
    held = operands(known, table.variables, table.codes.shape, matrix, what)
    known.take_possible(table.codes, what)
    return Side(held, table.codes.ravel())


def _written_by(w_o: Array, lane: slice, name: str) -> tuple[NDArray[np.intp], float]:
    """Which column of the values each direction is written from, and the one factor of all."""
    if w_o[:, : lane.start].any() or w_o[:, lane.stop :].any():
        raise RefutedError(f"{name} writes to lanes that are not its own")
    own = w_o[:, lane]
    columns = np.array([np.flatnonzero(c)[0] if c.any() else 0 for c in own.T], np.intp)
    factors = own[columns, np.arange(own.shape[1])]
    if ((own != 0).sum(axis=0) != 1).any() or len(set(factors.tolist())) > 1:
        raise RefutedError(f"{name} does not write each value as it is")
    return columns, float(factors[0]) if len(factors) else 1.0


def _attended(
    known: Known,
    block: Attention,
    place: VariablePlace | None,
    reading: tuple[dict[str, Array], Off],
    written_by: tuple[NDArray[np.intp], float],
    found: Scores,
) -> tuple[Held, Decision]:
    (columns, scale), (of, off) = written_by, reading
    name, form = block.variable, known.form
    matrix, bias = of["W_V"][:, columns], of["b_V"][columns]
    unused = np.setdiff1d(np.arange(len(of["b_V"])), columns)
    if of["W_V"][:, unused].any() or of["b_V"][unused].any():
        raise RefutedError(f"{name} reads values that it does not write")
    if place is None:
        return nowhere(1), (0.0, np.inf)
    ideal = ideal_rows(place, known.weights.circuit.directions)
    values, undefined = _values(known, block, place, ideal, Read(matrix, bias, off[columns]))
    default, always = _default_row(place, ideal, block), always_selects(block)
    if not always and default is None and block.kind != "sum":
        if found.never:
            raise RefutedError(f"{name} never selects anything, and has no value for that")
        known.taken.append(f"{name} always selects something")
        always = True
    n = known.weights.config.max_length
    keys = Keys(n, 1 if single_key(known, block) else n, always)
    rounding = take(known, block, place, keys.chosen, undefined=undefined)
    if block.kind == "sum":
        if place.encoding.kind != "number" or place.encoding.offset or place.encoding.sign != 1:
            raise RefutedError(f"{name} is a sum that is not counted from 0")
        if block.ranking is not None:
            raise RefutedError(f"{name} adds up keys that do not weigh the same")
        attended = summed(found, values, keys, scale, form)
    elif scale != 1.0:
        raise RefutedError(f"{name} is scaled")
    elif block.kind == "mean" and place.encoding.kind == "number":
        attended = averaged(found, values, keys, default, form)
    elif block.kind == "move":
        attended = moved(found, values, keys, default, form)
    else:
        raise RefutedError(f"{name} can be no {block.kind}")
    bos = np.zeros(len(columns)) if default is None else default
    absolute = attended.absolute.copy()
    absolute[:1] += rounding  # of the number, not of the flag beside it
    return Held(place.start, ideal, attended.relative, absolute, bos, attended.bos_error), (
        found.spread,
        attended.margin,
    )


def _default_row(place: VariablePlace, ideal: Array, block: Attention) -> Array | None:
    if block.kind == "sum":
        return None
    if place.encoding.kind == "number":
        if block.default is None:  # which a number without a flag is only where it is listed
            listed = ideal.shape[1] == 2 or None in place.encoding.values
            return np.array(number_row(place, None)) if listed else None
        if isinstance(block.default, int | float):
            return np.array(number_row(place, block.default))
        return None
    return _row_of(place, ideal, block.default)


def _row_of(place: VariablePlace, ideal: Array, value: Value) -> Array | None:
    for known, row in zip(place.encoding.values, ideal, strict=True):
        if identity(known) == identity(value):
            return row
    return None


def _values(
    known: Known,
    block: Attention,
    place: VariablePlace,
    ideal: Array,
    of: Read,
) -> tuple[Values, bool]:
    """What is read at the keys; and whether what is undefined is, as it should be."""
    if isinstance(block.values, Total):
        return _values_of_total(known, block, block.values, place, of), False
    table = block.values
    held = operands(known, table.variables, table.codes.shape, of.matrix, block.variable)
    beside, constant = known.form.reading.beside, known.form.constant
    columns = read(held, of.matrix, of.bias, beside=beside, constant=constant, off=of.off).all()
    error = columns.error(known.form)
    known.take_possible(table.codes, block.variable)
    codes = table.codes.ravel()
    rows, listed = _value_rows(place, ideal, table.values)
    absent = np.array([v is None for v in table.values], np.bool_)[codes] & (codes != IMPOSSIBLE)
    undefined = block.kind == "move" and bool(
        listed[codes][absent].all() and (columns.value[absent] == rows[codes[absent]]).all()
    )
    chosen = (codes != IMPOSSIBLE) & listed[codes] & (undefined | ~absent)
    wanted = rows[codes[chosen]]
    off = np.abs(columns.value[chosen] - wanted) + error[chosen]
    largest = (np.abs(columns.value) + error)[codes != IMPOSSIBLE].max(axis=0, initial=0.0)
    bos, bos_error = _at_bos(known, held, of)
    largest = np.maximum(largest, np.abs(bos) + bos_error)
    return Values(wanted, off, largest, bos, bos_error), undefined


def _values_of_total(
    known: Known,
    block: Attention,
    total: Total,
    place: VariablePlace,
    of: Read,
) -> Values:
    """Numbers that are not listed: only where they end, and how far off they are."""
    if place.encoding.kind != "number":
        raise RefutedError(f"{block.variable} moves numbers that are not listed")
    matrix, bias, beside = of.matrix, of.bias, of.off
    first = beside[slice(0, 1)]
    found = followed(known, total, matrix[:, :1], bias[:1], block.variable, first)
    sign, offset = place.encoding.sign, place.encoding.offset
    off = abs(found.shift - sign * (total.constant - offset)) if found.factor == sign else np.inf
    width = matrix.shape[1]
    if matrix[1:, 1:].any() or bias[1:].any():
        raise RefutedError(f"{block.variable} reads its flag from somewhere")
    rows = np.zeros((2, width))
    rows[:, 0] = found.low, found.high
    errors = np.zeros((2, width)) + beside.elsewhere
    errors[:, 0] = found.error + found.rounding(known.form) + off
    names = reads(known, matrix, block.variable)
    bos, bos_error = _at_bos(known, [known.held[n] for n in names], of)
    largest = np.maximum(np.abs(rows).max(axis=0) + errors[0], np.abs(bos) + bos_error)
    return Values(rows, errors, largest, bos, bos_error)


def _at_bos(known: Known, held: list[Held], of: Read) -> tuple[Array, Array]:
    """What columns read at BOS, and how far off."""
    form, matrix, bias = known.form, of.matrix, of.bias
    cancels = (matrix[0] + bias == 0) & form.reading.lane
    own, rest = np.where(cancels, 0.0, matrix[0]), np.where(cancels, 0.0, bias)
    there = read_at_bos(held, np.concatenate([own[None], matrix[1:]]), rest, form, of.off)
    error = there.error(form)[0] + form.constant * np.abs(rest)
    trace = form.reading.at_bos * np.abs(bias)
    return there.value[0], error + np.where(trace > 0, form.gamma(there.terms[0] + 1) * trace, 0.0)


def _value_rows(
    place: VariablePlace, ideal: Array, values: tuple[Value, ...]
) -> tuple[Array, Flags]:
    """What should be read for each value, and whether there is such a row.

    What has none, such as what is undefined, is never selected.
    """
    width = ideal.shape[1]
    if place.encoding.kind == "number":
        known = np.array([isinstance(v, int | float) for v in values], np.bool_)
        rows = [
            number_row(place, v) if k else [0.0] * width for v, k in zip(values, known, strict=True)
        ]
        return np.array(rows).reshape(len(values), width), known
    index = {identity(v): i for i, v in enumerate(place.encoding.values)}
    found = [index.get(identity(v), -1) for v in values]
    known = np.array([i >= 0 for i in found], np.bool_)
    return np.where(known[:, None], ideal[found], 0.0), known
