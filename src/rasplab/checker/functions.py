"""A block of hidden units against its specification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import Array
from rasplab.checker.hidden import (
    NONE_YET,
    Decision,
    Written,
    direction_of,
    nearer,
    silent_at_bos,
    written,
    written_along,
)
from rasplab.checker.known import (
    Known,
    ideal_of,
    lane,
    operands,
    reads,
    worst_errors,
)
from rasplab.checker.spills import Spilled
from rasplab.checker.stream import Held, RefutedError
from rasplab.checker.totals import followed
from rasplab.checker.units import Net, Units
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Function,
    Line,
)
from rasplab.diagnostics import share
from rasplab.rasp.values import identity
from rasplab.weights.artefact import Component, VariablePlace


def function(
    known: Known, component: Component, block: Function, place: VariablePlace | None
) -> tuple[Held, Decision]:
    """How far off what hidden units write can be.

    Raises:
        RefutedError: they read or write something else, or are not silent at BOS.
    """
    own, name = lane(place), component.variable
    prefix = f"blocks.{component.layer}.mlp."
    arrays = known.weights.arrays
    some = slice(component.start, component.stop)
    w_out = arrays[f"{prefix}W_out"][some].astype(np.float64)
    if w_out[:, : own.start].any() or w_out[:, own.stop :].any():
        raise RefutedError(f"{name} writes to lanes that are not its own")
    beside = known.units_off(component.layer, some)
    units = Units(
        arrays[f"{prefix}W_in"][:, some].astype(np.float64),
        arrays[f"{prefix}b_in"][some].astype(np.float64),
        w_out[:, own],
        known.form,
        beside.off,
        beside.spilling,
    )
    ideal = ideal_of(known, place, len(block.of.values))
    if place is not None and list(map(identity, place.encoding.values)) != list(
        map(identity, block.of.values)
    ):
        raise RefutedError(f"{name} is specified with other values than it can have")
    read = [known.held[n] for n in reads(known, units.w_in, name)]
    if not silent_at_bos(read, units):
        raise RefutedError(f"{name} is not silent at BOS")
    if isinstance(block.of, Line):
        parts = _along(known, block.of, Net.of(units), name)
        codes, rows = block.of.codes, len(block.of.points)
    else:
        table = block.of
        held = operands(known, table.variables, table.codes.shape, units.w_in, name)
        parts = written(held, Net.of(units))
        codes, rows = table.codes.ravel(), table.codes.size
    known.take_possible(codes, name)
    if len(codes) != rows:
        raise RefutedError(f"{name} is specified over other values than it reads")
    worst = _worst(parts, codes, ideal, name)
    if worst.spilled is not None:
        known.spilled.append(worst.spilled)
    nothing = np.zeros(ideal.shape[1])
    held_as = Held(own.start, ideal, worst.relative, worst.absolute, nothing, nothing)
    return held_as, worst.decision


@dataclass(slots=True)
class _Worst:
    """The worst of the rows that are possible, over all parts that were followed."""

    relative: Array
    absolute: Array
    decision: Decision = NONE_YET
    spilled: Spilled | None = None


def _worst(parts: Iterable[Written], codes: NDArray[np.int32], ideal: Array, name: str) -> _Worst:
    """How far what is written can be from the rows that stand for the specified values."""
    nothing = np.zeros(ideal.shape[1])
    worst, start = _Worst(nothing, nothing), 0
    for found in parts:
        share(start / len(codes))
        here = codes[start : start + len(found.value)]
        start += len(found.value)
        possible = here != IMPOSSIBLE
        target = ideal[here[possible]]
        error = np.abs(found.value[possible] - target) + found.error[possible]
        if not (found.finite[possible].all() and np.isfinite(error).all()):
            raise RefutedError(f"{name} is not bounded")  # whatever the parts to come are
        relative, absolute = worst_errors(target, error)
        worst.relative = np.maximum(worst.relative, relative)
        worst.absolute = np.maximum(worst.absolute, absolute)
        worst.decision = nearer(worst.decision, found.decision)
        if found.spilled is not None:
            spilled = found.spilled.worst(possible)
            worst.spilled = spilled if worst.spilled is None else worst.spilled.most(spilled)
    return worst


def _along(known: Known, line: Line, net: Net, name: str) -> Iterator[Written]:
    """Units that read one number, a multiple of the total that the specification names."""
    direction = direction_of(net)[:, None]
    found = followed(known, line.total, direction, np.zeros(1), name)
    points = found.factor * (line.points - line.total.constant) + found.shift
    known.taken.append(f"the number that {name} reads is one of those that are listed")
    return written_along(points, found.error, found.size, found.terms, net)
