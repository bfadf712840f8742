"""Reading RASP source text: statements, and for those that are none, what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token
from lark.exceptions import UnexpectedToken

from rasplab.diagnostics import Diagnostic
from rasplab.rasp.syntax import refusals
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.build import builder, place_of
from rasplab.rasp.syntax.complaints import complain
from rasplab.rasp.syntax.statements import LONGEST, Chunk, chunks
from rasplab.rasp.syntax.tree import Source


@dataclass(frozen=True, slots=True)
class Read:
    """One statement of a text, or what is wrong with it; `names` are those it would bind."""

    statement: t.Statement | None
    finding: Diagnostic | None = None
    names: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """The grammar as a parser; made on first use."""
    return Lark(
        files("rasplab.rasp.syntax").joinpath("grammar.lark").read_text("utf-8"),
        parser="lalr",
        lexer="basic",
        start=["statement", "value", "unused"],
        keep_all_tokens=True,
        transformer=builder(),
    )


def _lexed(source: Source) -> Iterator[Token]:
    return cast(Any, grammar()).lex(source.text)


def read(source: Source) -> Iterator[Read]:
    """The statements of a text, in order; a wrong one leaves those after it readable."""
    for chunk in chunks(_lexed(source)):
        yield read_chunk(chunk, source)


def split(source: Source) -> tuple[list[Chunk], Chunk | None]:
    """The complete statements of a text, and the incomplete one at its end."""
    found = list(chunks(_lexed(source)))
    rest = found.pop() if found and not _ended(found[-1]) else None
    return found, rest


def _ended(chunk: Chunk) -> bool:
    """With the end of the line a `set example` ends as well."""
    first = chunk.tokens[0].type
    return chunk.complete or (first == "SET_EXAMPLE" and len(chunk.tokens) > 1 and not chunk.open)


def read_chunk(chunk: Chunk, source: Source) -> Read:
    """Parse one statement."""
    if chunk.too_long:
        at = source.span(place_of(chunk.tokens[0]))
        return Read(None, refusals.too_long(LONGEST, at), _bound(chunk.tokens))
    parser: Any = cast(Any, grammar()).parse_interactive(start="statement")
    taken = 0
    try:
        for token in chunk.tokens:
            parser.feed_token(token)
            taken += 1
        return Read(parser.feed_eof(chunk.tokens[-1]))
    except UnexpectedToken:
        finding = complain(chunk, taken, frozenset(parser.accepts()), source)
        return Read(None, finding, _bound(chunk.tokens))


def _bound(tokens: list[Token]) -> tuple[str, ...]:
    """The names that a broken statement was to bind."""
    if tokens[0].type == "DEF" and len(tokens) > 1 and tokens[1].type == "NAME":
        return (str(tokens[1]),)
    names: list[str] = []
    for token in tokens:
        if token.type not in ("NAME", "COMMA"):
            return tuple(names) if token.type == "EQUAL" else ()
        names.append(str(token))
    return ()
