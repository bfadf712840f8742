"""Programs of RASP source text: reading files, and what they define."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, assert_never

from rasplab.diagnostics import Diagnostic, InputError, ProgramError, Span, diagnostic
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.interpreter import Interpreter
from rasplab.rasp.syntax.library import base_machine, kept_names
from rasplab.rasp.syntax.machine import Bound, Machine, SilentError, deep_enough
from rasplab.rasp.syntax.parser import Read
from rasplab.rasp.syntax.parser import read as read_statements
from rasplab.rasp.syntax.precedence import surprises
from rasplab.rasp.syntax.running import Run
from rasplab.rasp.syntax.scope import Failed, Function, Primitive, Scope
from rasplab.rasp.syntax.tree import Source
from rasplab.rasp.syntax.values import Result

EXAMPLE: Final = "hello"
_FINDINGS: Final = 20
_LARGEST_FILE: Final = 16_000_000
_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class StopFileError(Exception):
    """The file said `exit`."""


def read_file(path: Path, at: Span | None = None) -> Source:
    """A file as text: UTF-8, with whatever line ends.

    Raises:
        InputError: E711, where it cannot be read, or is not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise InputError(_unreadable(path, f"it has {size:,} bytes", at))
        data = path.read_bytes()
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise InputError(_unreadable(path, f"{reason}", at)) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(_not_utf8(path, data, problem.start)) from None
    return Source(str(path), _plain_lines(text))


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


_OF_LOAD = (
    '`load "name";` reads name.rasp, beside the file that says so or in the current directory'
)


def _unreadable(path: Path, reason: str, at: Span | None) -> Diagnostic:
    return diagnostic(
        "E711",
        f"cannot read {str(path)!r}",
        at=at,
        label=reason,
        notes=() if at is not None else (reason,),
        help=_OF_LOAD if at is not None else "give the path of a file of source text",
    )


def _not_utf8(path: Path, data: bytes, start: int) -> Diagnostic:
    line = data.count(b"\n", 0, start) + 1
    before = data[data.rfind(b"\n", 0, start) + 1 : start]
    shown = data.decode("utf-8", errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    column = len(before.decode("utf-8", errors="replace"))
    utf16 = data.startswith(_MARKS)
    return diagnostic(
        "E711",
        f"{str(path)!r} is not UTF-8",
        at=Span(str(path), line, column, line, column + 1, source=shown),
        label="it looks like UTF-16" if utf16 else f"the byte {data[start]:#04x}",
        help="save it as UTF-8",
    )


@dataclass(slots=True)
class Loader:
    """Runs files, one within another; keeps what they found wrong, and what they asked to draw."""

    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])
    warnings: list[Diagnostic] = field(default_factory=list[Diagnostic])
    drawings: list[tuple[ex.SOp, str | list[object]]] = field(
        default_factory=list[tuple[ex.SOp, "str | list[object]"]]
    )
    example: str | list[object] = EXAMPLE
    running: list[Path] = field(default_factory=list[Path])
    machine: Machine = field(init=False)
    base: Scope = field(init=False)

    def __post_init__(self) -> None:
        self.machine, self.base = base_machine(self)

    def top(self, name: str) -> Scope:
        """An empty scope for a file or a session."""
        return Scope(name, self.base, kept_names(self.base))

    def run(self, source: Source, scope: Scope) -> None:
        """Run a text; what is wrong with one statement leaves the others, as far as they can."""
        statements = list(read_statements(source))
        wrong = [found.finding for found in statements if found.finding is not None]
        self.findings += wrong
        interpreter = Interpreter(self.machine, scope, source)
        for found in statements:
            if len(self.findings) >= _FINDINGS:
                return
            if found.statement is not None and len(self.warnings) < _FINDINGS:
                self.warnings += surprises(found.statement, source)
            self._run_one(interpreter, found, scope)

    def _run_one(self, interpreter: Interpreter, found: Read, scope: Scope) -> None:
        names = found.names
        try:
            if found.statement is not None:
                names = tuple(bound_names(found.statement))
                for event in interpreter.run(found.statement):
                    if isinstance(event, Bound):
                        scope.announce(event.name)
                return
        except (ProgramError, InputError) as problem:
            self.findings += problem.diagnostics
        except SilentError:
            pass
        scope.values.update({name: Failed() for name in names})
        scope.failed |= isinstance(found.statement, t.Load)

    # -- the host of the program

    def load(self, name: str, at: Span) -> Scope:
        """Run a file in a scope of its own."""
        path = self._find(name, at)
        if path.resolve() in self.running:
            chain = " → ".join(p.name for p in [*self.running, path.resolve()])
            raise ProgramError(
                diagnostic("E712", "a file loads itself", at=at, notes=[chain], help="load it once")
            )
        scope = self.top(name)
        self.run_file(path, scope, at)
        return scope

    def run_file(self, path: Path, scope: Scope, at: Span | None = None) -> None:
        """Run a file; `exit` ends it."""
        source = read_file(path, at)
        depth = self.machine.depth
        self.running.append(path.resolve())
        try:
            self.run(source, scope)
        except StopFileError:
            pass
        finally:
            self.running.pop()
            self.machine.depth = depth

    def _find(self, name: str, at: Span) -> Path:
        """Beside the file that loads it, else from the current directory."""
        here = [self.running[-1].parent] if self.running else []
        paths = [folder / f"{name}.rasp" for folder in (*here, Path())]
        return next((path for path in paths if path.is_file()), paths[-1])

    def command(self, words: tuple[str, ...]) -> None:
        """Of the REPL's commands only the end matters to a file."""
        if words[0].startswith(("exit", "quit")):
            raise StopFileError

    def set_example(self, kinds: frozenset[str], example: str | list[object]) -> None:
        """The example on which `draw` pictures an s-op."""
        if "s-op" in kinds:
            self.example = example

    def draw(self, expression: ex.SOp, sequence: str | list[object] | None, at: Span) -> Result:
        """Note what is to be drawn; who loads the file may do it."""
        chosen = self.example if sequence is None else sequence
        self.drawings.append((expression, chosen))
        return Result(Run(list(chosen))(expression), chosen, matrix=False)


def bound_names(statement: t.Statement) -> Iterator[str]:
    """The names that a statement is to bind."""
    stack = [statement]
    while stack:
        match inner := stack.pop():
            case t.Assignment(names=names):
                yield from (name.name for name in names)
            case t.Definition(name=name):
                yield name.name
            case t.Loop(names=names, body=body):
                yield from (name.name for name in names)
                stack.extend(body)
            case t.Bare() | t.Draw() | t.Load() | t.SetExample() | t.Command():
                pass
            case _:
                assert_never(inner)


class Program(Mapping[str, Any]):
    """The names of a program: s-ops and selectors as expressions, functions as callables.

    `program["name"]`, or where it is no method `program.name`.
    """

    def __init__(self, loader: Loader, scope: Scope, file: str) -> None:
        self._loader, self._scope, self._file = loader, scope, file
        self._names = scope.public()
        self.warnings = tuple(loader.warnings)
        self.drawings = tuple(loader.drawings)

    def __getitem__(self, name: str) -> Any:  # what it is, only its reader knows
        value = self._names[name]
        if isinstance(value, Function | Primitive):
            return Callback(value, self._loader.machine)
        return value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"{self._file} defines nothing called {name!r}")
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<RASP program {self._file}: {', '.join(self._names)}>"

    def evaluate(self, text: str) -> Any:
        """The value of an expression of source text, seen from the end of this program.

        Raises:
            ProgramError: the expression is malformed, or has no value.
        """
        return value_of(text, self._loader.machine, self._scope)


def value_of(text: str, machine: Machine, scope: Scope) -> object:
    """The value of an expression in a scope; see `Program.evaluate`."""
    source = Source("<expression>", text)
    found = list(read_statements(Source(source.file, f"{text};")))
    wrong = [one.finding for one in found if one.finding is not None]
    if not wrong and (len(found) != 1 or not isinstance(found[0].statement, t.Bare)):
        at = Span(source.file, 1, 0, 1, len(text), text)
        wrong = [diagnostic("E701", "this is no expression", at=at)]
    if wrong:
        raise ProgramError(wrong)
    statement = found[0].statement
    assert isinstance(statement, t.Bare)
    with deep_enough():
        return Interpreter(machine, scope.inner(), source).value(statement.value)


@dataclass(frozen=True, slots=True)
class Callback:
    """A function of a program, to be called from Python."""

    function: Function | Primitive
    machine: Machine = field(repr=False)

    def __call__(self, *arguments: object) -> Any:
        """Call it with expressions, atoms, lists or dicts."""
        from rasplab.diagnostics import capture

        origin = capture()
        if isinstance(self.function, Primitive):
            return self.function(list(arguments), origin)
        at = origin.span() or Span("<python>", 1)
        interpreter = Interpreter(self.machine, self.function.scope, self.function.source)
        with deep_enough():
            return interpreter.apply(self.function, arguments, at)

    def __str__(self) -> str:
        return str(self.function)


def read(path: str | Path, *, strict: bool = False) -> Program:
    """The program of a file; see `rasplab.rasp.read`."""
    loader = Loader()
    file = Path(path)
    scope = loader.top(file.stem)
    loader.run_file(file, scope)
    return _finished(loader, scope, str(file), strict)


def parse(text: str, *, file: str = "<text>", strict: bool = False) -> Program:
    """The program of a text; see `rasplab.rasp.parse`."""
    loader = Loader()
    scope = loader.top(file)
    with contextlib.suppress(StopFileError):
        loader.run(Source(file, _plain_lines(text)), scope)
    return _finished(loader, scope, file, strict)


def _finished(loader: Loader, scope: Scope, file: str, strict: bool) -> Program:
    found = [*loader.findings, *(loader.warnings if strict else ())]
    if found:
        raise ProgramError(found)
    return Program(loader, scope, file)
