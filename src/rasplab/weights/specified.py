"""The specification of a model as JSON, and back.

A table is `{"variables": [...], "shape": [...], "codes": "0 0 1 …", "values": [...]}`, its codes in
row-major order. A comparison's classes hold of each other as a line of 0 and 1 for each class of
keys.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from rasplab.craft.specification import (
    Attention,
    Codes,
    Comparison,
    Function,
    Line,
    Specification,
    Table,
    Term,
    Total,
)
from rasplab.rasp.values import Value
from rasplab.weights.values_json import Json, from_json, to_json


def specification_data(specification: Specification) -> Json:
    """The specification as JSON."""
    return {
        "causal": specification.causal,
        "tokens": list(specification.tokens),
        "positions": list(specification.positions),
        "blocks": [
            _attention(b) if isinstance(b, Attention) else _function(b)
            for b in specification.blocks
        ],
        "output": _argument(specification.output),
    }


def read_specification(data: Json) -> Specification:
    """The specification that `specification_data` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    blocks = tuple(
        _read_attention(b) if "kind" in b else _read_function(b)
        for b in cast("list[Json]", data["blocks"])
    )
    output = _read_argument(data["output"])
    if isinstance(output, Line):
        raise ValueError("the output is no line")
    if not isinstance(data["causal"], bool):
        raise ValueError("a model is causal or it is not")
    embedded = tuple(data["tokens"]), tuple(data["positions"])
    return Specification(data["causal"], *embedded, blocks, output)


def _attention(block: Attention) -> Json:
    return {
        "variable": block.variable,
        "kind": block.kind,
        "comparisons": [
            {
                "columns": [c.start, c.stop],
                "keys": _argument(c.keys),
                "queries": _argument(c.queries),
                "holds": ["".join("01"[int(x)] for x in row) for row in c.holds],
            }
            for c in block.comparisons
        ],
        "ranking": None if block.ranking is None else _argument(block.ranking),
        "values": _argument(block.values),
        "default": to_json(block.default),
    }


def _function(block: Function) -> Json:
    return {"variable": block.variable, "function": _argument(block.of)}


def _argument(given: Table | Total | Line) -> Json:
    match given:
        case Table():
            return {
                "variables": list(given.variables),
                "shape": list(given.codes.shape),
                "codes": _line_of(given.codes),
                "values": [to_json(v) for v in given.values],
            }
        case Total():
            return {
                "terms": [
                    {"variable": t.variable, "numbers": list(t.numbers), "factor": t.factor}
                    for t in given.terms
                ],
                "constant": given.constant,
                "blur": given.blur,
            }
        case Line():
            return {
                "total": _argument(given.total),
                "points": given.points.tolist(),
                "codes": _line_of(given.codes),
                "values": [to_json(v) for v in given.values],
            }


def _line_of(codes: Codes) -> str:
    return " ".join(map(str, codes.ravel().tolist()))


def _read_attention(data: Json) -> Attention:
    ranking = None if data["ranking"] is None else _read_table(data["ranking"])
    values = _read_argument(data["values"])
    if isinstance(values, Line):
        raise ValueError("what a head reads is no line")
    comparisons = tuple(
        Comparison(
            int(c["columns"][0]),
            int(c["columns"][1]),
            _read_table(c["keys"]),
            _read_table(c["queries"]),
            _matrix(c["holds"]),
        )
        for c in cast("list[Json]", data["comparisons"])
    )
    return Attention(
        data["variable"], data["kind"], comparisons, ranking, values, from_json(data["default"])
    )


def _read_function(data: Json) -> Function:
    of = _read_argument(data["function"])
    if isinstance(of, Total):
        raise ValueError("hidden units do not compute a total")
    return Function(data["variable"], of)


def _read_argument(data: Json) -> Table | Total | Line:
    if "terms" in data:
        return _read_total(data)
    if "total" in data:
        points = np.array(data["points"], np.float64)
        return Line(
            _read_total(data["total"]), points, _codes(data["codes"]), _values(data["values"])
        )
    return _read_table(data)


def _read_table(data: Json) -> Table:
    codes = _codes(data["codes"]).reshape([int(size) for size in data["shape"]])
    if len(data["shape"]) != len(data["variables"]):
        raise ValueError("a table has an axis per variable")
    return Table(tuple(data["variables"]), codes, _values(data["values"]))


def _read_total(data: Json) -> Total:
    terms = tuple(
        Term(t["variable"], tuple(map(float, t["numbers"])), t["factor"])
        for t in cast("list[Json]", data["terms"])
    )
    return Total(terms, float(data["constant"]), float(data["blur"]))


def _codes(text: str) -> Codes:
    return np.array([int(code) for code in text.split()], np.int32)


def _values(data: list[Any]) -> tuple[Value, ...]:
    return tuple(from_json(value) for value in data)


def _matrix(rows: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if set("".join(rows)) - {"0", "1"}:
        raise ValueError("a comparison holds or does not: 0 or 1")
    width = len(rows[0]) if rows else 0
    return np.array([[x == "1" for x in row] for row in rows], np.bool_).reshape(len(rows), width)
