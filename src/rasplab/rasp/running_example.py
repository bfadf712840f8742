"""The running example: what expressions show their values on, as in the RASP language's REPL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from rasplab.display import Table, html, shorten
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value

if TYPE_CHECKING:
    from rasplab.rasp.expressions import Expression

Values: TypeAlias = "list[Value] | list[list[bool]]"
"""Of a sequence operator, or of a selector."""

_chosen: list[list[Value]] = []
_busy: list[bool] = []


def example(sequence: Iterable[object] | None) -> None:
    """From now on expressions show their values on this sequence; on none with `None`.

    >>> from rasplab.rasp import indices, select, tokens
    >>> example("abc")
    >>> indices + 1
    <Map: indices + 1> = [1, 2, 3]
    >>> select(indices, indices, "<=")
    <Select: select(indices, indices, "<=")>
        a b c
      a 1 . .
      b 1 1 .
      c 1 1 1
    >>> example(None)
    >>> indices + 1
    <Map: indices + 1>

    Raises:
        InputError: E401 for an empty sequence, E402 for what cannot be a token.
    """
    tokens = None if sequence is None else read_sequence(sequence)
    _chosen[:] = [] if tokens is None else [tokens]


def on_example(expression: Expression) -> tuple[list[Value], Values] | str | None:
    """The example and the values there, or why there are none; `None` where none is chosen."""
    from rasplab.diagnostics import RasplabError, telling

    if not _chosen or _busy or telling():
        return None
    _busy.append(True)  # what is said of a program without values shows the expression, too
    try:
        return _chosen[0], expression(_chosen[0])
    except (RasplabError, RecursionError) as problem:
        why = problem.diagnostics[0].title if isinstance(problem, RasplabError) else str(problem)
        return f"no values on the example: {why}"
    finally:
        _busy.clear()


def as_text(expression: Expression) -> str:
    """The formula, and on the example the values, or the grid of a selector."""
    name = "" if expression.name is None else f" {expression.name}"
    line = f"<{type(expression).__name__}{name}: {shorten(str(expression), 400)}>"
    found = on_example(expression)
    if found is None:
        return line
    if isinstance(found, str):
        return f"{line} ({found})"
    tokens, values = found
    if _is_grid(values):
        return "\n".join([line, *_grid(tokens, values)])
    return f"{line} = {shorten(repr(values), 400)}"


def as_html(expression: Expression) -> str:
    """The same for a notebook."""
    formula = str(expression) if expression.name is None else f"{expression.name} = {expression}"
    found = on_example(expression)
    if found is None or isinstance(found, str):
        return html("", formula, found or "")
    tokens, values = found
    words = [str(token) for token in tokens]
    if _is_grid(values):
        rows = [
            [w, *("■" if x else "·" for x in row)] for w, row in zip(words, values, strict=True)
        ]
        return html("", formula, Table(["", *words], rows))
    return html("", formula, Table(words, [[_shown(value) for value in values]]))


def _is_grid(values: Values) -> TypeGuard[list[list[bool]]]:
    return isinstance(values[0], list)


def _grid(tokens: list[Value], rows: list[list[bool]]) -> list[str]:
    words = [str(token) for token in tokens]
    wide = max(map(len, words))
    head = " ".join(words)
    lines = [
        f"  {word:>{wide}} {' '.join(('1' if x else '.').ljust(len(w)) for x, w in cells)}".rstrip()
        for word, row in zip(words, rows, strict=True)
        for cells in [list(zip(row, words, strict=True))]
    ]
    return [f"  {' ' * wide} {head}", *lines]


def _shown(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
