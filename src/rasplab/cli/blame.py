"""Whose mistake it is: a library program's refusal of a token points at the token.

A program of the library is not the user's to mend, so its source line says nothing to whoever
typed a sequence that it cannot take.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from rasplab import programs
from rasplab.cli.sources import Source
from rasplab.cli.tokens import shown
from rasplab.diagnostics import Diagnostic, Label, RasplabError, Span
from rasplab.rasp.values import Value

_LIBRARY = Path(programs.__file__).parent
_NO_ORDER = ("E106", "E108")
"""Codes with which a program that orders words, or numbers, refuses both together."""
_NO_MEAN = ("E204",)
"""Codes with which a program of numbers refuses words."""


@contextlib.contextmanager
def at_tokens(source: Source, what: str, tokens: Sequence[Value]) -> Generator[None]:
    """Errors in a library program are shown at the one of these tokens that is to blame.

    Where none can be told apart, and in other programs, they stay at the program's source.
    """
    try:
        yield
    except RasplabError as problem:
        if source.vocabulary is None:
            raise
        moved = [_moved(finding, source, what, tokens) for finding in problem.diagnostics]
        raise type(problem)(moved) from problem


def _moved(finding: Diagnostic, source: Source, what: str, tokens: Sequence[Value]) -> Diagnostic:
    position = _to_blame(finding.code, tokens)
    if position is None or not any(_of_library(label) for label in finding.labels):
        return finding
    kinds = ("a word", "numbers") if isinstance(tokens[position], str) else ("a number", "words")
    label = " among ".join(kinds[: len({isinstance(token, str) for token in tokens})])
    taken = "numbers" if finding.code in _NO_MEAN else "numbers alone, or words alone"
    return replace(
        finding,
        labels=(Label(_span(what, tokens, position), label),),
        notes=(),
        help=f"give `{source.name}` {taken}",
    )


def _span(what: str, tokens: Sequence[Value], position: int) -> Span:
    """The place of one token in all of them, written as they are typed."""
    texts = list(map(shown, tokens))
    start = sum(len(text) + 1 for text in texts[:position])
    return Span(what, 1, start, 1, start + len(texts[position]), " ".join(texts))


def _to_blame(code: str, tokens: Sequence[Value]) -> int | None:
    """The first word where there can be none, or the first token of another kind than the first."""
    words = [isinstance(token, str) for token in tokens]
    if code in _NO_MEAN and True in words:
        return words.index(True)
    if code in _NO_ORDER and len(set(words)) > 1:
        return words.index(not words[0])
    return None


def _of_library(label: Label) -> bool:
    return Path(label.span.file).parent == _LIBRARY
