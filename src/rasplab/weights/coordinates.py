"""From a value to what stands on a variable's directions, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.rasp.values import Value, canonical, identity, is_number
from rasplab.weights.artefact import Manifest, NamedDirection, VariablePlace

Row = NDArray[np.float64]


def directions_of(circuit: Manifest, place: VariablePlace) -> tuple[NamedDirection, ...]:
    """The directions of a variable, in the order of its columns."""
    return circuit.directions[place.start : place.stop]


def can_hold(place: VariablePlace, value: Value) -> bool:
    """Whether a value is among those that a variable can take."""
    held = place.encoding
    if held.values or held.kind != "number":
        return identity(value) in {identity(known) for known in held.values}
    if value is None:
        return held.undefined
    return is_number(value) and held.low <= float(value) <= held.high  # pyright: ignore[reportArgumentType]


def coordinates(circuit: Manifest, place: VariablePlace, value: Value) -> Row:
    """What stands on a variable's directions where it has a value that it can take."""
    directions, held = directions_of(circuit, place), place.encoding
    if held.kind == "features":
        index = [identity(known) for known in held.values].index(identity(value))
        return np.array(held.rows[index], np.float64)
    if held.kind == "number":
        number = 0.0
        if isinstance(value, int | float):
            number = held.sign * (float(value) - held.offset)
        # without a direction of its own what is undefined is all zeros: `_within` reads it so
        return np.array([number, float(value is None)][: len(directions)], np.float64)
    return np.array(
        [float(identity(value) in map(identity, d.values)) for d in directions], np.float64
    )


def values_at(
    circuit: Manifest, place: VariablePlace, row: NDArray[np.floating], tolerance: float
) -> tuple[Value, ...]:
    """The values that stand for coordinates (several where they share directions; or none)."""
    held = place.encoding
    match held.kind:
        case "number":
            return _numbers(place, row, tolerance)
        case "one-hot":
            return _chosen(directions_of(circuit, place), held.values, row)
        case "features":
            far = np.abs(np.array(held.rows) - row).max(axis=1)
            return tuple(v for v, x in zip(held.values, far, strict=True) if x <= tolerance)
        case "flag":
            return ()
        case _:
            assert_never(held.kind)


def _numbers(
    place: VariablePlace, row: NDArray[np.floating], tolerance: float
) -> tuple[Value, ...]:
    """The number, made the one that can occur where only one is within the tolerance."""
    if len(row) == 2 and row[1] > 0.5:
        return (None,)
    near = _within(place, row, tolerance)
    return near if None in near or len(near) == 1 else (canonical(_number(place, row)),)


def _number(place: VariablePlace, row: NDArray[np.floating]) -> float:
    return place.encoding.sign * float(row[0]) + place.encoding.offset


def _within(place: VariablePlace, row: NDArray[np.floating], tolerance: float) -> tuple[Value, ...]:
    """What can occur within the tolerance; what is undefined and has no flag is all zeros."""
    held, number = place.encoding, _number(place, row)
    blank = held.undefined and len(row) == 1 and abs(float(row[0])) <= tolerance
    listed = (v for v in held.values if isinstance(v, int | float))
    near = tuple(v for v in listed if abs(v - number) <= tolerance)
    return (None, *near) if blank else near


def stands_for_a_value(
    circuit: Manifest, place: VariablePlace, row: NDArray[np.floating], tolerance: float
) -> bool:
    """Whether coordinates are, within the tolerance, those of a value that can occur."""
    held = place.encoding
    if held.kind != "number":
        return bool(values_at(circuit, place, row, tolerance))
    if len(row) == 2 and row[1] > 0.5:
        return held.undefined
    if _within(place, row, tolerance):
        return True
    between = held.low - tolerance <= _number(place, row) <= held.high + tolerance
    return between and not held.values


def _chosen(
    directions: Sequence[NamedDirection], values: tuple[Value, ...], row: NDArray[np.floating]
) -> tuple[Value, ...]:
    """The values of the direction that is set; of none where several are, or one by half."""
    near = np.abs(row - np.rint(row)).max(initial=0.0) < 0.25
    set_ = np.flatnonzero(row > 0.5)
    if not near or len(set_) > 1:
        return ()
    if len(set_):
        return directions[int(set_[0])].values
    with_one = {identity(value) for d in directions for value in d.values}
    return tuple(value for value in values if identity(value) not in with_one)
