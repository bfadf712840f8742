"""C-RASP programs: reading files, and what they define."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rasplab.compat.c_rasp.building import Builder, SilentError, Typed
from rasplab.compat.c_rasp.parser import read as read_statements
from rasplab.compat.c_rasp.precedence import surprises
from rasplab.compat.c_rasp.predicates import Predicate
from rasplab.diagnostics import Diagnostic, ProgramError, capture, diagnostic
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax.machine import deep_enough
from rasplab.rasp.syntax.program import read_file
from rasplab.rasp.syntax.tree import Source

_FINDINGS: Final = 20
_NONE: Final[Mapping[str, Predicate]] = MappingProxyType({})


class Program(Mapping[str, ex.SOp]):
    """The variables of a program as expressions: `program["name"]`, or `program.name`."""

    def __init__(
        self, variables: Mapping[str, Typed], last: str, file: str, warnings: tuple[Diagnostic, ...]
    ) -> None:
        self._variables, self._last, self._file = dict(variables), last, file
        self.warnings = warnings

    def __getitem__(self, name: str) -> ex.SOp:
        return self._variables[name].expression

    def __getattr__(self, name: str) -> ex.SOp:
        if name.startswith("_") or name not in self._variables:
            raise AttributeError(f"{self._file} defines nothing called {name!r}")
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __repr__(self) -> str:
        return f"<C-RASP program {self._file}: {', '.join(self)}>"

    @property
    def result(self) -> ex.SOp:
        """The last variable that the program binds."""
        return self[self._last]

    def accepts(self, sequence: Iterable[Any]) -> bool:
        """Whether the last variable is true at the last position of a sequence.

        Raises:
            ProgramError: E703, where that variable is a count.
        """
        if self._variables[self._last].kind != "boolean":
            raise ProgramError(
                diagnostic(
                    "E703",
                    f"`{self._last}` is a count, and a program accepts by a boolean",
                    at=capture(),
                    help="let the last line of the program compare it",
                )
            )
        return bool(self.result(sequence)[-1])


def read(
    path: str | Path,
    *,
    predicates: Mapping[str, Predicate] = _NONE,
    strict: bool = False,
) -> Program:
    """The program of a `.cr` file.

    `predicates` are what `#import` finds besides `pred`, `pred2`, ... and `pos_even`: functions
    `f(i)`, or `f(i, j)` with `j` the earlier position. `strict` makes errors of the warnings.

    Raises:
        ProgramError: all that is wrong with the program, each with its place.
        InputError: E711, where the file cannot be read.
    """
    return _run(read_file(Path(path)), predicates, strict)


def parse(
    text: str,
    *,
    file: str = "<text>",
    predicates: Mapping[str, Predicate] = _NONE,
    strict: bool = False,
) -> Program:
    r"""The program of a text; see `read`.

    >>> program = parse('opened = # "("\nclosed = # ")"\nequal = opened == closed')
    >>> program.opened("(()")
    [1, 2, 2]
    >>> program.accepts("(())")
    True
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _run(Source(file, plain), predicates, strict)


def _run(source: Source, predicates: Mapping[str, Predicate], strict: bool) -> Program:
    builder = Builder(source, predicates)
    findings: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    last: str | None = None
    for found in read_statements(source):
        if len(findings) >= _FINDINGS:
            break
        last = found.name or last
        if found.statement is None:
            findings += [found.finding] if found.finding else []
        else:
            warnings += list(surprises(found.statement, source))[:_FINDINGS]
            try:
                with deep_enough():
                    builder.run(found.statement)
                continue
            except ProgramError as problem:
                findings += problem.diagnostics
            except SilentError:
                pass
        if found.name is not None:
            builder.variables[found.name] = None
    if not findings and last is None:
        findings = [diagnostic("E701", f"{source.file} binds nothing", help="`name = value`")]
    if findings or (strict and warnings):
        raise ProgramError([*findings, *(warnings if strict else ())])
    assert last is not None
    variables = {name: typed for name, typed in builder.variables.items() if typed is not None}
    return Program(variables, last, source.file, tuple(warnings))
