"""How values look in a transcript: kind and name, with the value on the running example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from rasplab.diagnostics import ProgramError
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax.naming import name_of
from rasplab.rasp.syntax.running import Run
from rasplab.rasp.syntax.values import (
    Result,
    is_dict,
    is_list,
    quoted,
    sequence_text,
    type_of,
)

Example: TypeAlias = "str | list[object]"


@dataclass(frozen=True, slots=True)
class Shown:
    """A running example with what is known of it."""

    sequence: Example
    run: Run
    on: bool = True


@dataclass(frozen=True, slots=True)
class Printer:
    """How values are printed: on which examples, and whether sequences are spread out."""

    sop: Shown
    selector: Shown
    full: bool = False

    def binding(self, name: str, value: object) -> str:
        """What a statement bound: lines that end with the value."""
        return "\n".join(self._binding(name, value, "", ""))

    def result(self, result: Result) -> str:
        """The value of an s-op or a selector on an input."""
        if result.matrix:
            return "\n".join(
                ["\t = ", *_grid(result.sequence, cast("list[list[bool]]", result.values), "")]
            )
        if self.full:
            return self._spread("\t = ", " ", result.sequence, result.values, "")
        return f"\t =  {sequence_text(result.values)}"

    def _binding(self, name: str | None, value: object, indent: str, before: str) -> list[str]:
        start = f"{indent} {before} "
        match value:
            case ex.SOp():
                return self._sop(name or name_of(value), value, start, indent)
            case ex.Selector():
                return self._selector(name or name_of(value), value, start, indent)
            case Result():
                return [f"{start}   value: {name} = {self.result(value).lstrip()}"]
            case _ if is_list(value) or is_dict(value):
                return self._collection(name, value, indent, start)
            case _ if isinstance(value, int | float | str):
                named = f"{name} = " if name is not None else ""
                return [f"{indent}    value: {named} {quoted(value)}"]
            case _:
                return [f"{start}   {value}"]

    def _sop(self, name: str, value: ex.SOp, start: str, indent: str) -> list[str]:
        lines = [f"{start}   s-op: {name}"]
        if not self.sop.on:
            return lines
        called = f"{name}({quoted(self.sop.sequence)}) ="
        return lines + _tried(indent, lambda: self._example(called, value, indent))

    def _example(self, called: str, value: ex.SOp, indent: str) -> list[str]:
        values = self.sop.run(value)
        begin = f"{indent} \t Example:"
        if self.full:
            return [self._spread(begin, f" {called}", self.sop.sequence, values, indent)]
        return [f"{begin} {called} {sequence_text(values)}"]

    def _selector(self, name: str, value: ex.Selector, start: str, indent: str) -> list[str]:
        lines = [f"{start}   selector: {name}"]
        if not self.selector.on:
            return lines
        shown = self.selector

        def grid() -> list[str]:
            return [f"{indent} \t Example:", *_grid(shown.sequence, shown.run(value), indent)]

        return lines + _tried(indent, grid)

    def _collection(
        self, name: str | None, value: list[object] | dict[object, object], indent: str, start: str
    ) -> list[str]:
        kind, opening, closing = ("list", *"[]") if is_list(value) else ("dict", *"{}")
        named = f"   {kind}: {f'{name} = ' if name is not None else ''}"
        items: list[object] = list(value.values()) if is_dict(value) else list(value)
        if all(isinstance(item, int | float | str) for item in items):
            return [f"{start}{named}{value}"]
        lines = [f"{start}{named}{indent} {opening}"]
        deeper = indent + ("\t\t" if is_list(value) else "\t\t\t")
        keys = [f"{quoted(key)} : " for key in value] if is_dict(value) else [""] * len(items)
        for key, item in zip(keys, items, strict=True):
            lines += self._binding(None, item, deeper, key)
        return [*lines, f"{indent} {' ' * len(named)} {closing}"]

    def _spread(
        self, begin: str, called: str, sequence: Example, values: list[object], indent: str
    ) -> str:
        """Input over output in columns; of equal values only the short form."""
        if len(set(values)) == 1:
            short = sequence_text(values)
            return f"{begin}{called} {short} [skipped full display: identical values]"
        given, found = [_cells(row) for row in (list(sequence), values)]
        width = max(map(len, given + found))
        rows = [" ".join(cell.rjust(width) for cell in row) for row in (given, found)]
        kinds = [f"({type_of(row)}s)" for row in (sequence, values)]
        return "\n".join(
            [
                begin,
                f"{indent} \t\tinput:   {rows[0]} \t {kinds[0]}",
                f"{indent} \t\toutput:  {rows[1]} \t {kinds[1]}",
            ]
        )


def _cells(values: list[object]) -> list[str]:
    """Of booleans only the rarer ones are shown."""
    if not isinstance(values[0], bool):
        return [str(value) for value in values]
    true, false = values.count(True), values.count(False)
    shown: dict[object, str] = {True: "T" * (true <= false), False: "F" * (false <= true)}
    return [shown[value] for value in values]


def _grid(sequence: Example, rows: Sequence[Sequence[bool]], indent: str) -> list[str]:
    """A selector as ones and blanks, the input on both axes."""
    lines = [f"{indent} \t\t\t     {' '.join(map(str, sequence))}"]
    for token, row in zip(sequence, rows, strict=True):
        cells = " ".join("1" if cell else " " for cell in row)
        lines.append(f"{indent} \t\t\t {token} | {cells}")
    return lines


def _tried(indent: str, show: Callable[[], list[str]]) -> list[str]:
    """The example, or why there is none."""
    try:
        return show()
    except ProgramError as problem:
        return [f"{indent} \t Example: no value on the running example", *str(problem).split("\n")]
