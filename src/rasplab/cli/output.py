"""What the commands print: tables and colour in a terminal, plain aligned text elsewhere."""

from __future__ import annotations

import contextlib
import math
import shlex
import sys
from collections.abc import Generator, Sequence
from dataclasses import asdict
from inspect import cleandoc
from json import dumps
from typing import TYPE_CHECKING, cast

from cyclopts import CycloptsError
from rich import console as rich_console
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from rasplab.diagnostics import RasplabError, long_work

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PATIENCE = 1.0
"""Seconds after which something that is still going on says so."""

_STYLES = (
    (r"^error\[E\d+\]", "bold red"),
    (r"^warning\[E\d+\]", "bold yellow"),
    (r"^(note|help):", "bold cyan"),
    (r"(?<=\| )\s*\^+.*$", "red"),
    (r"^ *\d* *(-->|\||=)", "blue"),
)


class Console(rich_console.Console):
    """A console that leaves it to `main` what to do when nobody reads on."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """A console for the stream of this moment; without a terminal lines are never wrapped."""
    made = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    made.soft_wrap = not made.is_terminal
    return made


def say(text: str = "", style: str | None = None) -> None:
    """One line or several on stdout, in colour where there is a terminal."""
    console().print(Text(text, style or ""))


def prose(text: str) -> None:
    """Paragraphs on stdout, filled to the width of a terminal; those that are indented stay."""
    if console().is_terminal:
        paragraphs = (p if p.startswith(" ") else " ".join(p.split()) for p in text.split("\n\n"))
        text = "\n\n".join(paragraphs)
    say(text)


def json(data: object) -> None:
    """Data as JSON on stdout; what is not finite is a string."""
    narrow = not sys.stdout.encoding.lower().startswith("utf")
    print(dumps(_finite(data), indent=1, ensure_ascii=narrow))


def record(value: DataclassInstance, *left_out: str) -> dict[str, object]:
    """The fields of a dataclass, as data."""
    return {k: v for k, v in asdict(value).items() if k not in left_out}


def _finite(data: object) -> object:
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    if isinstance(data, dict):
        return {str(k): _finite(v) for k, v in cast("dict[object, object]", data).items()}
    if isinstance(data, list | tuple):
        return [_finite(part) for part in cast("list[object]", data)]
    return data


def reflowed(docstring: str) -> str:
    r"""A docstring with each paragraph, and each parameter's description, in one line.

    Help is wrapped to the terminal's width, and keeps the line ends that it is given.

    >>> reflowed("One\nsentence.\n\nParameters\n----\nx\n    Its\n    text.")
    'One sentence.\n\nParameters\n----\nx\n    Its text.'
    """
    lines: list[str] = []
    indent = ""  # of what goes on with the line before: a paragraph, or a parameter's description
    for line in cleandoc(docstring).splitlines():
        indent = {"Parameters": "    ", "Args:": "        "}.get(line, indent)
        before = lines[-1] if lines else ""
        of_text = bool(before) if not indent else before.startswith("    ")
        if line and of_text and line.startswith(indent):
            lines[-1] = f"{before} {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def note(text: str) -> None:
    """A remark on stderr."""
    console(stderr=True).print(Text(text, "dim"))


def error(problem: RasplabError) -> None:
    """The diagnostics on stderr, coloured where there is a terminal."""
    coloured(str(problem), stderr=True)


def coloured(text: str, *, stderr: bool = False) -> None:
    """Text that may hold diagnostics, coloured where there is a terminal."""
    shown = Text(text)
    for pattern, style in _STYLES:
        shown.highlight_regex(f"(?m){pattern}", style)
    console(stderr=stderr).print(shown, soft_wrap=True)


def usage_error(problem: CycloptsError) -> None:
    """What is wrong with the command line, in a line, and where help is."""
    command = " ".join(("rasplab", *(problem.command_chain or ())))
    text = Text.assemble(("error: ", "bold red"), _said(problem, command))
    text.append(f"\nSee `{command} --help`.")
    console(stderr=True).print(text, soft_wrap=True)


def _said(problem: CycloptsError, command: str) -> str:
    """The parser's words; of what is not there at all they would be about its argument.

    An option that does not exist is told before one that is missing: it may be that, mistyped.
    """
    from cyclopts import MissingArgumentError, UnknownCommandError

    if isinstance(problem, UnknownCommandError):
        return f"{problem}{_as_program(problem)}"
    argument = problem.argument
    if not isinstance(problem, MissingArgumentError) or argument is None:
        return str(problem)
    if problem.keyword is not None or argument.tokens:
        return str(problem)
    unknown = _unknown_option(problem)
    if unknown is not None:
        return str(unknown)
    option = "the option " * argument.name.startswith("-")
    return f"`{command}` needs {option}{argument.name}."


def _as_program(problem: CycloptsError) -> str:
    """A hint for who leaves out `run`."""
    from rasplab.cli.sources import is_file
    from rasplab.programs import all

    word = next(iter(problem.unused_tokens or ()), "")
    known = {entry.name for entry in all()}
    found = word.partition("(")[0] in known or is_file(word)
    return f"\nIt is a program: `rasplab run {shlex.quote(word)} ...`." if found else ""


def _unknown_option(problem: CycloptsError) -> CycloptsError | None:
    """What the parser would say of the first option that it does not know, if there is one."""
    from cyclopts import Token, UnknownOptionError

    unused = [token for token in problem.unused_tokens or () if token.startswith("-")]
    if not unused or problem.app is None:
        return None
    known = problem.app.assemble_argument_collection()
    token = Token(keyword=unused[0], source="cli")
    return UnknownOptionError(token=token, argument_collection=known, verbose=problem.verbose)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", right: str = ""
) -> None:
    """Rows under a header; the columns named in `right`, divided by spaces, hold numbers."""
    target = console()
    if not target.is_terminal:
        target.print(Text(_plain(columns, rows, title, right.split())))
        return
    made = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        justify = "right" if column in right.split() else "left"
        made.add_column(column, justify=justify, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    target.print(made)


def fits(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table needs no second line for any row; elsewhere than in a terminal none does."""
    target = console()
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    return not target.is_terminal or sum(widths) + 3 * len(widths) + 1 <= target.width


def decision(met: float, borne: float, margin: float) -> tuple[str, str, str]:
    """Cells for what a block's decision meets, what it bears, and the margin."""
    bears = f"{borne:.1e}" if math.isfinite(borne) else "any"
    return f"{met:.1e}", bears, f"{margin:.4f}"


def aligned(rows: Sequence[Sequence[str]]) -> None:
    """Rows in columns, without a header: the first cell says what the row is."""
    say(_columns(rows, ()))


def _plain(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str, right: Sequence[str]
) -> str:
    text = _columns([columns, *rows], [i for i, c in enumerate(columns) if c in right])
    return f"{title}\n{text}" if title else text


def _columns(rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


@contextlib.contextmanager
def busy(doing: str) -> Generator[None]:
    """Show on stderr what is going on, if it takes long: at once where somebody is watching."""
    target = console(stderr=True)
    if not target.is_terminal:
        with long_work(doing):
            yield
        return
    status = target.status(Text(doing))

    def tell(what: str) -> None:
        status.update(Text(what))
        status.start()

    try:
        with long_work(doing, tell=tell, every=PATIENCE):
            yield
    finally:
        status.stop()
