"""Reading C-RASP: a statement on each line, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, cast

from lark import Lark, Token, Transformer
from lark import v_args as called_with  # pyright: ignore[reportUnknownVariableType]
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


@called_with(inline=True)
class _Build(Transformer[Token, object]):
    """A method for each rule, with a parameter for each child: `_` are what only punctuates."""

    def name(self, name: Token) -> t.Name:
        return t.Name(place_of(name), str(name))

    def string(self, text: Token) -> t.Token:
        return t.Token(place_of(text), str(text)[1:-1])

    def integer(self, number: Token) -> t.Literal:
        return t.Literal(place_of(number), read_integer(number))

    def true(self, word: Token) -> t.Literal:
        return t.Literal(place_of(word), True)

    def false(self, word: Token) -> t.Literal:
        return t.Literal(place_of(word), False)

    def group(self, open_: Token, value: t.Value, end: Token) -> t.Group:
        inner = value.inner if isinstance(value, t.Group) else value
        return t.Group(place(open_, end), inner)

    def unary(self, operator: Token, operand: t.Value) -> t.Not:
        return t.Not(place(operator, operand), operand)

    def binary(self, left: t.Value, operator: Token, right: t.Value) -> t.Binary:
        return t.Binary(place(left, right), str(operator), left, right)

    def and_not(self, left: t.Value, operator: Token, no: Token, right: t.Value) -> t.Binary:
        denied = t.Not(place(no, right), right)
        return t.Binary(place(left, right), str(operator), left, denied)

    def extreme(
        self, operator: Token, _1: Token, left: t.Value, _2: Token, right: t.Value, end: Token
    ) -> t.Binary:
        return t.Binary(place(operator, end), str(operator), left, right)

    def choice(
        self, then: t.Value, _1: Token, condition: t.Value, _2: Token, otherwise: t.Value
    ) -> t.Choice:
        return t.Choice(place(then, otherwise), then, condition, otherwise)

    def count(self, hash_: Token, counted: t.Value) -> t.Count:
        return t.Count(place(hash_, counted), counted)

    def guarded(
        self, hash_: Token, _1: Token, guard: Token, _2: Token, counted: t.Value
    ) -> t.Count:
        return t.Count(place(hash_, counted), counted, self.name(guard))

    def assignment(self, name: Token, _: Token, value: t.Value) -> t.Assignment:
        return t.Assignment(place(name, value), self.name(name), value)

    def import_(self, word: Token, name: Token) -> t.Import:
        return t.Import(place(word, name), self.name(name))


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
