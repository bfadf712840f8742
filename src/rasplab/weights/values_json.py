"""Values of the language as JSON and back, types kept."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from rasplab.rasp.values import Value

Json: TypeAlias = "dict[str, Any]"
"""An object of JSON, as Python has it."""


def to_json(value: Value) -> Any:
    """JSON keeps strings, numbers, booleans and null apart by itself; tuples are wrapped."""
    if isinstance(value, tuple):
        return {"tuple": [to_json(part) for part in value]}
    return value


def from_json(data: object) -> Value:
    """The value that `to_json` wrote."""
    if isinstance(data, dict):
        return tuple(from_json(part) for part in cast("dict[str, list[Any]]", data)["tuple"])
    return cast(Value, data)
