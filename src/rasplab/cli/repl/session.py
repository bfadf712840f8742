"""A session: lines in, text out. It knows nothing of terminals, so that a transcript is a test."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

from rasplab.cli.repl.commands import Commands
from rasplab.diagnostics import MissingExtraError, RasplabError, Span
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.interpreter import Interpreter
from rasplab.rasp.syntax.machine import Bound, SilentError
from rasplab.rasp.syntax.parser import Read, read_chunk, split
from rasplab.rasp.syntax.precedence import surprises
from rasplab.rasp.syntax.printing import Printer, Shown
from rasplab.rasp.syntax.program import EXAMPLE, Loader
from rasplab.rasp.syntax.running import Run
from rasplab.rasp.syntax.scope import Scope
from rasplab.rasp.syntax.statements import Chunk
from rasplab.rasp.syntax.tree import Source
from rasplab.rasp.syntax.values import Result, quoted

INPUT: Final = "<input>"
_DRAWINGS: Final = Path("comp_flows")
_LONGEST_STEM: Final = 60


@dataclass(slots=True)
class Host(Loader):
    """Carries out what statements ask of the session."""

    printer: Printer = field(
        default_factory=lambda: Printer(
            Shown(EXAMPLE, Run(list(EXAMPLE))), Shown(EXAMPLE, Run(list(EXAMPLE)))
        )
    )
    said: list[str] = field(default_factory=list[str])
    finished: bool = False

    def load(self, name: str, at: Span) -> Scope:
        """Run a file; what is wrong in it is told, the rest is there."""
        inner = bool(self.running)
        loaded = Loader.load(self, name, at)
        if not inner:
            self.said += [str(finding) for finding in (*self.warnings, *self.findings)]
            self.warnings.clear()
            self.findings.clear()
        return loaded

    def command(self, words: tuple[str, ...]) -> None:
        """A command of the original REPL; `exit` in a file ends the file."""
        if words[0].startswith(("exit", "quit")):
            if self.running:
                Loader.command(self, words)
            self.finished = True
        elif words[0] == "full":
            self.printer = replace(self.printer, full=words[-1] == "on")
        elif words[0] == "show":
            self.said += [
                f"\t{kind} example: {quoted(self._shown(kind).sequence)}" for kind in _kinds(words)
            ]
        else:
            for kind in _kinds(words):
                self._show(kind, replace(self._shown(kind), on=words[-1] == "on"))

    def set_example(self, kinds: frozenset[str], example: str | list[object]) -> None:
        """Choose the running example."""
        for kind in kinds:
            self._show(kind, Shown(example, Run(list(example)), self._shown(kind).on))

    def draw(self, expression: ex.SOp, sequence: str | list[object] | None, at: Span) -> Result:
        """Picture a computation in a file of its own."""
        chosen = self.printer.sop.sequence if sequence is None else sequence
        result = Result(Run(list(chosen))(expression), chosen, matrix=False)
        try:
            self.said.append(f"\t{drawn(expression, chosen)}")
        except MissingExtraError as problem:
            self.said.append(str(problem))
        return result

    def _shown(self, kind: str) -> Shown:
        return self.printer.sop if kind == "s-op" else self.printer.selector

    def _show(self, kind: str, shown: Shown) -> None:
        if kind == "s-op":
            self.printer = replace(self.printer, sop=shown)
        else:
            self.printer = replace(self.printer, selector=shown)


def _kinds(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in ("s-op", "selector") if kind in words) or ("s-op", "selector")


def drawn(expression: ex.Expression, sequence: str | list[object]) -> Path:
    """Draw a computation on an input to a file that is named after both."""
    from rasplab.view import draw

    stem = "".join(c if c.isalnum() else "_" for c in expression.name or "out").strip("_")
    path = _DRAWINGS / f"{stem}_{_input_stem(sequence)}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(expression, list(sequence), path)
    return path


def _input_stem(sequence: str | list[object]) -> str:
    """An input as part of a file name: another one for each; long ones end in a checksum.

    >>> _input_stem("hello"), _input_stem("(a)"), _input_stem([1, "b"])
    ('hello', '%28a%29', "1,'b'")
    """
    items = [quote(str(item), safe="") for item in sequence]
    if not isinstance(sequence, str):
        texts = [isinstance(item, str) for item in sequence]
        items = [f"'{i}'" if text else i for i, text in zip(items, texts, strict=True)]
    whole = ("" if isinstance(sequence, str) else ",").join(items)
    if len(whole) <= _LONGEST_STEM:
        return whole
    return f"{whole[:_LONGEST_STEM]}~{sha256(whole.encode()).hexdigest()[:12]}"


@dataclass(slots=True)
class Session:
    """A session of the REPL.

    >>> session = Session()
    >>> print(session.feed("evens = indices % 2 == 0;"))
         s-op: evens
              Example: evens("hello") = [T, F, T, F, T] (bools)
    """

    host: Host = field(default_factory=Host)
    scope: Scope = field(init=False)
    commands: Commands = field(init=False)
    waiting: str = ""
    depth: int = 0

    def __post_init__(self) -> None:
        self.scope = self.host.top("console")
        self.commands = Commands(self.host, self.scope)

    @property
    def prompt(self) -> str:
        """What to ask the next line with."""
        return f".. {'  ' * self.depth}" if self.waiting else ">> "

    @property
    def finished(self) -> bool:
        """Whether `exit` was said."""
        return self.host.finished

    def welcome(self) -> str:
        """What to begin with."""
        return f"RASP in rasplab, :help for help\nrunning example is: {EXAMPLE}"

    def names(self) -> list[str]:
        """The names that are known, for completion."""
        return list(dict.fromkeys(self.scope.names()))

    def complete(self, text: str) -> bool:
        """Whether a text ends with the end of a statement or a command."""
        return text.lstrip().startswith(":") or split(Source(INPUT, f"{text}\n"))[1] is None

    def feed(self, line: str) -> str:
        """Take a line, or several; give what there is to print. Statements may go on over lines."""
        if not self.waiting and line.lstrip().startswith(":"):
            return self._answer(line.strip()[1:])
        source = Source(INPUT, f"{self.waiting}{line}\n")
        found, rest = split(source)
        self.waiting = "" if rest is None else source.text[rest.tokens[0].start_pos :]
        self.depth = 0 if rest is None else rest.depth
        return self._run(found, source)

    def interrupt(self) -> None:
        """Forget a statement that was begun."""
        self.waiting, self.depth = "", 0

    def end(self) -> str:
        """The input is over: a statement that was begun is wrong."""
        source = Source(INPUT, self.waiting)
        _, rest = split(source)
        self.interrupt()
        return "" if rest is None else self._run([rest], source)

    def _answer(self, text: str) -> str:
        try:
            return self.commands.answer(text)
        except RasplabError as problem:
            return str(problem)

    def _run(self, chunks: list[Chunk], source: Source) -> str:
        for chunk in chunks:
            if not self.host.finished:
                self.host.said += self._run_one(read_chunk(chunk, source), source)
        text = "\n".join(self.host.said)
        self.host.said.clear()
        return text

    def _run_one(self, found: Read, source: Source) -> list[str]:
        if found.statement is None:
            return [str(found.finding)]
        self.host.said += [str(warning) for warning in surprises(found.statement, source)]
        interpreter = Interpreter(self.host.machine, self.scope, source)
        try:
            events = interpreter.run(found.statement)
        except SilentError:
            return []
        except RasplabError as problem:
            return [str(problem)]
        loading = isinstance(found.statement, t.Load)
        return [self._shown(event, examples=not loading) for event in events]

    def _shown(self, event: Bound | Result, *, examples: bool) -> str:
        printer = self.host.printer
        if not examples:
            printer = replace(
                printer,
                sop=replace(printer.sop, on=False),
                selector=replace(printer.selector, on=False),
            )
        if isinstance(event, Result):
            return printer.result(event)
        return printer.binding(event.name, event.value)
