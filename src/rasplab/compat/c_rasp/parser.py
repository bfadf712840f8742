"""Reading C-RASP: a statement on each line, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedToken

from rasplab.compat.c_rasp import tree as t
from rasplab.diagnostics import Diagnostic, diagnostic
from rasplab.rasp.syntax.build import place, place_of, read_integer
from rasplab.rasp.syntax.tree import Place, Source

LONGEST: Final = 4000
"""Words and symbols of one statement."""

_ADVICE: Final = {
    "=": "equality is written `==`",
    "&": "both is written `&&`",
    "|": "either is written `||`",
    "'": 'tokens stand in double quotes: "a"',
    '"': 'a token ends with `"` on the same line',
    "*": "counts are added and subtracted; there is no multiplication",
    "/": "counts are added and subtracted; there is no division",
    ";": "a statement ends with its line",
}


@dataclass(frozen=True, slots=True)
class Read:
    """One statement, or what is wrong with it; `name` is the one that it would bind."""

    statement: t.Statement | None
    finding: Diagnostic | None = None
    name: str | None = None


class _Build(Transformer[Token, Any]):
    """A method for each rule; children are tokens and nodes."""

    def name(self, parts: list[Any]) -> t.Name:
        return t.Name(place(parts), str(parts[0]))

    def string(self, parts: list[Any]) -> t.Token:
        return t.Token(place(parts), str(parts[0])[1:-1])

    def integer(self, parts: list[Any]) -> t.Literal:
        return t.Literal(place(parts), read_integer(parts[0]))

    def true(self, parts: list[Any]) -> t.Literal:
        return t.Literal(place(parts), True)

    def false(self, parts: list[Any]) -> t.Literal:
        return t.Literal(place(parts), False)

    def group(self, parts: list[Any]) -> t.Group:
        inner = parts[1].inner if isinstance(parts[1], t.Group) else parts[1]
        return t.Group(place(parts), inner)

    def unary(self, parts: list[Any]) -> t.Not:
        return t.Not(place(parts), parts[1])

    def binary(self, parts: list[Any]) -> t.Binary:
        return t.Binary(place(parts), str(parts[1]), parts[0], parts[2])

    def and_not(self, parts: list[Any]) -> t.Binary:
        return t.Binary(place(parts), str(parts[1]), parts[0], t.Not(place(parts[2:]), parts[3]))

    def extreme(self, parts: list[Any]) -> t.Binary:
        return t.Binary(place(parts), str(parts[0]), parts[2], parts[4])

    def choice(self, parts: list[Any]) -> t.Choice:
        return t.Choice(place(parts), parts[0], parts[2], parts[4])

    def count(self, parts: list[Any]) -> t.Count:
        return t.Count(place(parts), parts[1])

    def guarded(self, parts: list[Any]) -> t.Count:
        return t.Count(place(parts), parts[4], self.name([parts[2]]))

    def assignment(self, parts: list[Any]) -> t.Assignment:
        return t.Assignment(place(parts), self.name(parts[:1]), parts[2])

    def import_(self, parts: list[Any]) -> t.Import:
        return t.Import(place(parts), self.name(parts[1:]))


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """The grammar as a parser; made on first use."""
    return Lark(
        files("rasplab.compat.c_rasp").joinpath("grammar.lark").read_text("utf-8"),
        parser="lalr",
        lexer="basic",
        start=["statement", "unused"],
        keep_all_tokens=True,
        transformer=_Build(),
    )


def read(source: Source) -> Iterator[Read]:
    """The statements of a text, in order; a wrong one leaves those after it readable."""
    line: list[Token] = []
    for token in cast("Iterator[Token]", cast(Any, grammar()).lex(source.text)):
        if token.type != "LINE":
            line.append(token)
        elif line:
            yield _read_line(line, source)
            line = []
    if line:
        yield _read_line(line, source)


def _read_line(tokens: list[Token], source: Source) -> Read:
    bound = len(tokens) > 1 and tokens[0].type == "NAME" and tokens[1].type == "EQUAL"
    name = str(tokens[0]) if bound else None
    if len(tokens) > LONGEST:
        return Read(None, _too_long(source, place_of(tokens[0])), name)
    parser: Any = cast(Any, grammar()).parse_interactive(start="statement")
    taken = 0
    try:
        for token in tokens:
            parser.feed_token(token)
            taken += 1
        return Read(parser.feed_eof(tokens[-1]), name=name)
    except UnexpectedToken:
        return Read(None, _complaint(tokens, taken, source), name)


def _complaint(tokens: list[Token], taken: int, source: Source) -> Diagnostic:
    if taken == len(tokens):
        after = place_of(tokens[-1]).after()
        opened = sum(token in ("(", "[") for token in tokens) > sum(
            token in (")", "]") for token in tokens
        )
        advice = "a bracket is not closed on its line" if opened else None
        return diagnostic(
            "E701", "this line ends too early", at=source.span(after), label="here", help=advice
        )
    bad = tokens[taken]
    advice = _ADVICE.get(str(bad)[:1]) if bad.type in ("OTHER", "EQUAL") else None
    if taken == 0 or (taken == 1 and tokens[0].type == "NAME"):
        advice = "a line is `name = value` or `#import name`"
    title = f"`{bad}` makes no sense here"
    return diagnostic("E701", title, at=source.span(place_of(bad)), help=advice)


def _too_long(source: Source, at: Place) -> Diagnostic:
    return diagnostic(
        "E710",
        "this statement is too long",
        at=source.span(at),
        notes=[f"statements of up to {LONGEST:,} words and symbols are read"],
        help="bind parts of it to names",
    )
