"""Data sets as files: JSON lines, parquet, and the prompts of auto-circuit."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from rasplab.diagnostics import InputError, ModelFileError, diagnostic
from rasplab.diagnostics.extras import require
from rasplab.lab.data.dataset import Dataset, Pair
from rasplab.rasp.values import Value, identity
from rasplab.weights.config import BOS_ID, FIRST_TOKEN_ID
from rasplab.weights.directory import write_file
from rasplab.weights.values_json import Json, from_json, to_json

FORMATS = ("jsonl", "parquet", "auto-circuit")
FORMAT = "rasplab-data"
_SIDES = ("clean", "corrupt", "clean_output", "corrupt_output")


def save(data: Dataset, path: str | Path, format: str | None, answers: str) -> Path:
    """Write a data set; the suffix names the format unless one is given."""
    chosen = format or Path(path).suffix[1:].lower()
    match chosen:
        case "jsonl":
            content = _lines(data)
        case "parquet":
            content = _parquet(data)
        case "auto-circuit":
            content = (json.dumps(prompts(data, answers), indent=1) + "\n").encode("ascii")
        case _:
            raise InputError(
                diagnostic(
                    "E442",
                    f"data cannot be written as {chosen!r}",
                    help="name the file .jsonl or .parquet, or give one of "
                    f"{', '.join(map(repr, FORMATS))} as `format`",
                )
            )
    return write_file(path, content)


def load(path: str | Path) -> Dataset:
    """Read a data set that was saved as JSON lines or parquet.

    Raises:
        ModelFileError: E501 where there is none, E502 where it is damaged.
    """
    try:
        data = Path(path).read_bytes()
        head, records = _from_parquet(data) if data[:4] == b"PAR1" else _from_lines(data)
        if head.get("format") != FORMAT:
            raise ValueError("it does not say that it is a data set")
        return _dataset(head, records)
    except OSError as error:
        raise _unreadable("E501", path, f"{error.strerror}") from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _unreadable("E502", path, f"{error}") from error


def prompts(data: Dataset, answers: str = "columns") -> Json:
    """The prompts of auto-circuit: ids with BOS first; per position the right and a wrong answer.

    Where the output is a number, answers are the numbers themselves.
    """
    ids = {identity(t): i for i, t in enumerate(data.vocabulary, FIRST_TOKEN_ID)}
    answer = _answers(data, answers)
    return {
        "prompts": [
            {
                "clean": [BOS_ID, *(ids[identity(t)] for t in pair.clean)],
                "corrupt": [BOS_ID, *(ids[identity(t)] for t in pair.corrupt)],
                "answers": [[answer[identity(v)] if answer else v] for v in pair.clean_output],
                "wrong_answers": [
                    [answer[identity(v)] if answer else v] for v in pair.corrupt_output
                ],
            }
            for pair in data
        ]
    }


def _answers(data: Dataset, answers: str) -> dict[object, int]:
    """What stands for each output value; nothing where the output is a number."""
    if answers not in ("columns", "ids"):
        raise InputError(
            diagnostic(
                "E440",
                f"`answers` cannot be {answers!r}",
                help="choose 'columns' (of the model's read-out) or 'ids' (of a checkpoint)",
            )
        )
    found: dict[object, int] = {}
    if answers == "ids":
        found |= {identity(t): i for i, t in enumerate(data.vocabulary, FIRST_TOKEN_ID)}
    outputs: dict[object, int] = {}
    for column, value in enumerate(data.output_values or ()):
        if answers == "columns":
            outputs[identity(value)] = column
        else:  # an output that is no token comes after the tokens
            new = len(found) + FIRST_TOKEN_ID
            outputs[identity(value)] = found.setdefault(identity(value), new)
    return outputs


# -- records


def _head(data: Dataset) -> Json:
    outputs = data.output_values
    return {
        "format": FORMAT,
        "format_version": 1,
        "corrupt": data.corruption,
        "seed": data.seed,
        "exhaustive": data.exhaustive,
        "vocabulary": _json(data.vocabulary),
        "output_values": None if outputs is None else _json(outputs),
        "program": data.program,
    }


def _json(values: Sequence[Value]) -> list[object]:
    return [to_json(value) for value in values]


def _record(pair: Pair) -> Json:
    sides = {side: _json(getattr(pair, side)) for side in _SIDES}
    return {**sides, "differs": {name: list(places) for name, places in pair.differs.items()}}


def _dataset(head: Json, records: list[Json]) -> Dataset:
    return Dataset(
        tuple(map(_pair, records)),
        head["corrupt"],
        head["seed"],
        head["exhaustive"],
        _values(head["vocabulary"]),
        None if head["output_values"] is None else _values(head["output_values"]),
        head["program"],
    )


def _pair(record: Json) -> Pair:
    clean, corrupt, output, corrupted = (_values(record[side]) for side in _SIDES)
    differs = {name: tuple(places) for name, places in record["differs"].items()}
    return Pair(clean, corrupt, output, corrupted, differs)


def _values(items: list[object]) -> tuple[Value, ...]:
    return tuple(from_json(item) for item in items)


def _lines(data: Dataset) -> bytes:
    """The first line says what the data are, each other line is a pair."""
    lines = [_head(data), *map(_record, data)]
    return "".join(json.dumps(line) + "\n" for line in lines).encode("ascii")


def _from_lines(data: bytes) -> tuple[Json, list[Json]]:
    head, *records = map(json.loads, data.decode("utf-8").splitlines())
    return head, records


def _parquet(data: Dataset) -> bytes:
    """A row per pair; tokens and outputs as their own type where all have one, else as JSON."""
    arrow, parquet = _arrow()
    records = [_record(pair) for pair in data]
    columns: Json = {}
    as_json: list[str] = []
    for side in _SIDES:
        lists: list[list[Any]] = [record[side] for record in records]
        kind = _common_type([item for items in lists for item in items])
        if kind is None:
            as_json.append(side)
            lists = [[json.dumps(item) for item in items] for items in lists]
        columns[side] = arrow.array(lists, type=arrow.list_(_type_of(arrow, kind or str)))
    places = arrow.map_(arrow.string(), arrow.list_(arrow.int64()))
    differs = [list(record["differs"].items()) for record in records]
    columns["differs"] = arrow.array(differs, type=places)
    head = json.dumps(_head(data) | {"as_json": as_json})
    stream = io.BytesIO()
    parquet.write_table(arrow.table(columns).replace_schema_metadata({FORMAT: head}), stream)
    return stream.getvalue()


def _common_type(items: list[str | float | None]) -> type | None:
    """The type of all values that are defined, where parquet has it and holds them all."""
    defined = [item for item in items if item is not None]
    for kind in (bool, int, float, str):
        if all(type(item) is kind for item in defined):
            return kind if all(map(_holds, defined)) else None
    return None


def _holds(item: str | float) -> bool:
    """Whether a column of its own type holds a value: 64 bits, text that is Unicode."""
    if isinstance(item, str):
        return not any("\ud800" <= character <= "\udfff" for character in item)
    return isinstance(item, float) or abs(item) < 1 << 63


def _type_of(arrow: Any, kind: type) -> object:
    known = {int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_(), str: arrow.string()}
    return known[kind]


def _from_parquet(data: bytes) -> tuple[Json, list[Json]]:
    arrow, parquet = _arrow()
    try:
        table = parquet.read_table(io.BytesIO(data))
    except arrow.ArrowException as error:
        raise ValueError(error) from error
    head = json.loads(cast("dict[bytes, bytes]", table.schema.metadata)[FORMAT.encode()])
    records: list[Json] = table.to_pylist()
    for record in records:
        record["differs"] = dict(record["differs"])
        for side in head["as_json"]:
            record[side] = [json.loads(item) for item in record[side]]
    return head, records


def _arrow() -> tuple[Any, Any]:
    package: Any = require("pyarrow", extra="data", purpose="parquet")
    return package, require("pyarrow.parquet", extra="data", purpose="parquet")


def _unreadable(code: str, path: str | Path, why: str) -> ModelFileError:
    title = "is not a data set" if code == "E501" else "is damaged, or not a data set"
    return ModelFileError(
        diagnostic(
            code,
            f"{str(path)!r} {title}",
            notes=[why],
            help="give a file that `Dataset.save` wrote",
        )
    )
