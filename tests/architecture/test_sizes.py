"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import rasplab

SOURCE = Path(rasplab.__file__).parent
LINES = 400
MEDIAN = 8
LONG = 40
WHOLE = {"checker/standalone.py"}  # one script on purpose: who reads it needs nothing else
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def files() -> dict[str, str]:
    found = {f.relative_to(SOURCE).as_posix(): f.read_text("utf-8") for f in SOURCE.rglob("*.py")}
    assert found.keys() >= WHOLE
    return found


def lengths() -> Iterator[int]:
    for text in files().values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, FUNCTIONS):
                assert node.end_lineno is not None
                yield node.end_lineno - node.lineno + 1


def test_no_file_is_longer_than_can_be_read() -> None:
    long = {n: len(text.splitlines()) for n, text in files().items() if n not in WHOLE}
    assert not {name: lines for name, lines in long.items() if lines > LINES}


def test_functions_are_short() -> None:
    found = list(lengths())
    assert len(found) > 1000
    assert statistics.median(found) < MEDIAN
    assert sum(length > LONG for length in found) / len(found) < 0.01
