"""A block of hidden units against its specification."""

from __future__ import annotations

import numpy as np

from rasplab.checker.hidden import (
    Units,
    Written,
    direction_of,
    silent_at_bos,
    written,
    written_along,
)
from rasplab.checker.known import (
    Decision,
    Known,
    ideal_of,
    lane,
    operands,
    reads,
    with_errors,
)
from rasplab.checker.stream import (
    Held,
    RefutedError,
)
from rasplab.checker.totals import followed
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Function,
    Line,
)
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
        found = _along(known, block.of, units, name)
        codes = block.of.codes
    else:
        table = block.of
        held = operands(known, table.variables, table.codes.shape, units.w_in, name)
        found = written(held, units)
        codes = table.codes.ravel()
    possible = codes != IMPOSSIBLE
    if not possible.all():
        known.taken.append(f"some combinations of what {name} reads cannot occur")
    if found.spilled is not None:
        known.spilled.append(found.spilled.worst(possible))
    target = ideal[codes[possible]]
    error = np.abs(found.value[possible] - target) + found.error[possible]
    worst = with_errors(own.start, target, error)
    return Held(
        own.start, ideal, worst.relative, worst.absolute, worst.bos, worst.bos
    ), found.decision


def _along(known: Known, line: Line, units: Units, name: str) -> Written:
    """Units that read one number, a multiple of the total that the specification names."""
    direction = direction_of(units)[:, None]
    found = followed(known, line.total, direction, np.zeros(1), name)
    points = found.factor * (line.points - line.total.constant) + found.shift
    known.taken.append(f"the number that {name} reads is one of those that are listed")
    return written_along(points, found.error, found.size, found.terms, units)
