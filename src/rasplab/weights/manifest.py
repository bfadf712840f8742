"""The JSON of a model directory: configuration, tokenizer and circuit, as data and back.

Records are JSON objects with the fields of the dataclass, in their order. Values of the language
keep their types: strings, numbers, booleans and null are themselves, a tuple is
`{"tuple": [...]}`, a number that is not finite `{"float": "inf"}`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias, TypeVar, cast

from rasplab.craft.certificate import Bound, Certificate
from rasplab.rasp.values import Value
from rasplab.weights import declared
from rasplab.weights.architecture import Site, Step
from rasplab.weights.artefact import (
    BOS_ID,
    FIRST_TOKEN_ID,
    PAD_ID,
    SPARING,
    Circuit,
    Component,
    Config,
    Encoding,
    Fused,
    NamedDirection,
    VariablePlace,
    Withheld,
)
from rasplab.weights.values_json import from_json, to_json

Json: TypeAlias = "dict[str, Any]"
T = TypeVar("T")


def to_bytes(data: Json) -> bytes:
    """The same bytes for the same data: fields in their order, one a line, ASCII."""
    return (json.dumps(data, indent=1, allow_nan=False) + "\n").encode("ascii")


def config_data(config: Config) -> Json:
    """The configuration; the vocabulary is the tokenizer's."""
    return {name: part for name, part in _record(config).items() if name != "vocabulary"}


def from_bytes(data: bytes) -> Any:
    """The data of JSON text; NaN and infinities, which JSON does not have, are refused."""
    return json.loads(data, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def read_config(data: Json, vocabulary: tuple[Value, ...]) -> Config:
    """The configuration that `config_data` wrote, with the tokenizer's vocabulary.

    Raises:
        ValueError: it is no such data, or makes no model.
    """
    declared.CONFIG.check(data, "config")
    made = {} if data.get("steps") is None else {"steps": _build_all(Step, data["steps"])}
    config = _build(Config, data, vocabulary=vocabulary, **made)
    declared.check(declared.CONFIG_RELATIONS, config)
    return config


def tokenizer_data(vocabulary: tuple[Value, ...]) -> Json:
    """The id of BOS, of PAD and of every token."""
    tokens = [{"id": i, "value": _item(t)} for i, t in enumerate(vocabulary, FIRST_TOKEN_ID)]
    return {"bos_id": BOS_ID, "pad_id": PAD_ID, "tokens": tokens}


def read_tokenizer(data: Json) -> tuple[Value, ...]:
    """The vocabulary that `tokenizer_data` wrote.

    Raises:
        ValueError: it is no such data.
    """
    declared.TOKENIZER.check(data, "tokenizer")
    tokens: list[Json] = data["tokens"]
    if [token["id"] for token in tokens] != list(range(FIRST_TOKEN_ID, len(tokens) + 2)):
        raise ValueError("token ids are not consecutive")
    return tuple(cast(Value, _read_item(token["value"])) for token in tokens)


def circuit_data(circuit: Circuit) -> Json:
    """The whole circuit: program, directions, components, variables, certificate."""
    return _record(circuit)


def read_circuit(data: Json) -> Circuit:
    """The circuit that `circuit_data` wrote.

    Raises:
        ValueError: it is no such data.
    """
    data = {**data, "withheld": data.get("withheld", [])}  # not in files of the first version
    declared.CIRCUIT.check(data, "circuit")
    certificate = cast(Json, data["certificate"])
    return _build(
        Circuit,
        data,
        directions=_build_all(NamedDirection, data["directions"]),
        components=_build_all(Component, data["components"]),
        variables=tuple(map(_read_place, data["variables"])),
        fused=_build_all(Fused, data["fused"]),
        withheld=_build_all(Withheld, data["withheld"]),
        certificate=_build(
            Certificate, certificate, bounds=_build_all(Bound, certificate["bounds"])
        ),
    )


def _read_place(record: Json) -> VariablePlace:
    sites = {name: Site.read(record[name]) for name in ("written", "dies") if name in record}
    return _build(VariablePlace, record, encoding=_build(Encoding, record["encoding"]), **sites)


def _record(artefact: Any) -> Json:
    parts = [(f, getattr(artefact, f.name)) for f in fields(artefact)]
    return {f.name: _field(part) for f, part in parts if f.metadata != SPARING or part != f.default}


def _field(content: Any) -> Any:
    if isinstance(content, tuple):
        return [_item(part) for part in cast("tuple[Any, ...]", content)]
    return _item(content)


def _item(content: Any) -> Any:
    if isinstance(content, Site):
        return str(content)
    if is_dataclass(content):
        return _record(content)
    if isinstance(content, tuple):
        return {"tuple": [_item(part) for part in cast("tuple[Any, ...]", content)]}
    if isinstance(content, float) and not math.isfinite(content):
        return {"float": str(float(content))}
    return to_json(content)


def _build(kind: type[T], data: Json, **ready: Any) -> T:
    return kind(
        **{name: _read_field(part) for name, part in data.items() if name not in ready}, **ready
    )


def _build_all(kind: type[T], records: Sequence[Json]) -> tuple[T, ...]:
    return tuple(_build(kind, record) for record in records)


def _read_field(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_read_item(part) for part in cast("list[Any]", data))
    return _read_item(data)


def _read_item(data: Any) -> Any:
    if not isinstance(data, dict):
        return from_json(data)
    [(kind, content)] = cast(Json, data).items()
    if kind == "float":
        return float(content)
    if kind == "tuple":
        return tuple(_read_item(part) for part in content)
    raise ValueError(f"{kind!r} is no kind of value")
