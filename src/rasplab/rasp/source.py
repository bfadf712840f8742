"""RASP source text from Python: `read` a file, or `parse` a text; the parser is imported then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rasplab.rasp.syntax.program import Program


def read(path: str | Path, *, strict: bool = False) -> Program:
    """The program of a `.rasp` file: its names, with s-ops and selectors as expressions.

    `strict` makes errors of the warnings, which are otherwise `program.warnings`.

    Raises:
        ProgramError: all that is wrong with the program, each with its place.
        InputError: E711, where the file cannot be read.
    """
    from rasplab.rasp.syntax.program import read as read_program

    return read_program(path, strict=strict)


def parse(text: str, *, file: str = "<text>", strict: bool = False) -> Program:
    """The program of a text in the language of Weiss, Goldberg and Yahav (ICML 2021).

    >>> program = parse("hist = selector_width(select(tokens, tokens, ==));")
    >>> program.hist("hello")
    [1, 1, 2, 2, 1]

    Raises:
        ProgramError: all that is wrong with the program, each with its place.
    """
    from rasplab.rasp.syntax.program import parse as parse_text

    return parse_text(text, file=file, strict=strict)
