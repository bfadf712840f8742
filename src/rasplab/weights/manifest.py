"""The JSON of a model directory: configuration, tokenizer and circuit, as data and back.

Records are JSON objects with the fields of the dataclass, in their order. Values of the language
keep their types: strings, numbers, booleans and null are themselves, a tuple is
`{"tuple": [...]}`, a number that is not finite `{"float": "inf"}`.
"""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from typing import Any, cast

from rasplab.craft.certificate import SPARING
from rasplab.rasp.values import Value
from rasplab.weights import declared
from rasplab.weights.architecture import Site
from rasplab.weights.artefact import Manifest
from rasplab.weights.config import BOS_ID, FIRST_TOKEN_ID, PAD_ID, Config
from rasplab.weights.schema import Kind, ListOf, Maybe, Record, SiteName
from rasplab.weights.values_json import Json, from_json, to_json


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
    config = Config(**_fields(declared.CONFIG, data), vocabulary=vocabulary)
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


def circuit_data(circuit: Manifest) -> Json:
    """The whole circuit: program, directions, components, variables, certificate."""
    return _record(circuit)


def read_circuit(data: Json) -> Manifest:
    """The circuit that `circuit_data` wrote.

    Raises:
        ValueError: it is no such data.
    """
    data = {**data, "withheld": data.get("withheld", [])}  # not in files of the first version
    declared.CIRCUIT.check(data, "circuit")
    return cast(Manifest, _read(declared.CIRCUIT, data))


def _record(artefact: Any) -> Json:
    parts = [(f, getattr(artefact, f.name)) for f in fields(artefact)]
    return {f.name: _field(part) for f, part in parts if f.metadata != SPARING or part != f.default}


def _field(content: object) -> Any:
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


def _read(kind: Kind, data: Any) -> Any:
    """What data of a kind, which were checked, stand for."""
    match kind:
        case Record():
            return kind.made(**_fields(kind, data))
        case ListOf():
            return tuple(_read(kind.kind, part) for part in data)
        case Maybe():
            return None if data is None else _read(kind.kind, data)
        case SiteName():
            return Site.read(data)
        case _:  # a value of the language
            return _read_item(data)


def _fields(record: Record, data: Json) -> Json:
    return {name: _read(record.fields[name], part) for name, part in data.items()}


def _read_item(data: object) -> Any:
    if not isinstance(data, dict):
        return from_json(data)
    [(kind, content)] = cast(Json, data).items()
    if kind == "float":
        return float(content)
    if kind == "tuple":
        return tuple(_read_item(part) for part in content)
    raise ValueError(f"{kind!r} is no kind of value")
