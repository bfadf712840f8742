"""From the parser's rules to the syntax tree; called bottom-up, so that depth has no limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from lark import Token, Transformer
from lark import v_args as called_with  # pyright: ignore[reportUnknownVariableType]

from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.tree import Place

EVERY_KIND = frozenset({"s-op", "selector"})

Pair: TypeAlias = "tuple[t.Value, t.Value]"
Names: TypeAlias = "tuple[t.Name, ...]"
Body: TypeAlias = "tuple[t.Statement, ...]"


@called_with(inline=True)
class _Build(Transformer[Token, object]):
    """A method for each rule, with a parameter for each child: `_` are what only punctuates.

    `open_` and `end` say where a part of the text begins and ends.
    """

    def name(self, name: Token) -> t.Name:
        return t.Name(place_of(name), str(name))

    def integer(self, number: Token) -> t.Literal:
        return t.Literal(place_of(number), read_integer(number))

    def float_(self, number: Token) -> t.Literal:
        return t.Literal(place_of(number), float(number))

    def string(self, text: Token) -> t.Literal:
        return t.Literal(place_of(text), _unquoted(text))

    def group(self, open_: Token, value: t.Value, end: Token) -> t.Group:
        inner = value.inner if isinstance(value, t.Group) else value
        return t.Group(place(open_, end), inner)

    def list_(self, open_: Token, items: list[t.Value] | None, end: Token) -> t.ListOf:
        return t.ListOf(place(open_, end), tuple(items or ()))

    def dict_(self, open_: Token, items: list[Pair] | None, end: Token) -> t.DictOf:
        return t.DictOf(place(open_, end), tuple(items or ()))

    def pair(self, key: t.Value, _: Token, item: t.Value) -> Pair:
        return key, item

    def list_for(
        self,
        open_: Token,
        item: t.Value,
        _1: Token,
        names: Names,
        _2: Token,
        of: t.Value,
        end: Token,
    ) -> t.Comprehension:
        return t.Comprehension(place(open_, end), None, item, names, of)

    def dict_for(
        self, open_: Token, pair: Pair, _1: Token, names: Names, _2: Token, of: t.Value, end: Token
    ) -> t.Comprehension:
        key, item = pair
        return t.Comprehension(place(open_, end), key, item, names, of)

    def index(self, indexed: t.Value, _: Token, index: t.Value, end: Token) -> t.Index:
        return t.Index(place(indexed, end), indexed, index)

    def call(
        self, function: t.Value, _: Token, arguments: list[t.Value] | None, end: Token
    ) -> t.Call:
        return t.Call(place(function, end), function, tuple(arguments or ()))

    def unary(self, operator: Token, operand: t.Value) -> t.Unary:
        return t.Unary(place(operator, operand), str(operator), operand)

    def elementwise(self, operator: Token, _: Token, operand: t.Value, end: Token) -> t.Unary:
        return t.Unary(place(operator, end), str(operator), operand)

    def binary(self, left: t.Value, operator: Token, right: t.Value) -> t.Binary:
        return t.Binary(place(left, right), str(operator), left, right)

    def choice(
        self, then: t.Value, _1: Token, condition: t.Value, _2: Token, otherwise: t.Value
    ) -> t.Choice:
        return t.Choice(place(then, otherwise), then, condition, otherwise)

    def contains(self, item: t.Value, _: Token, container: t.Value) -> t.Contains:
        return t.Contains(place(item, container), item, container)

    def select(
        self,
        open_: Token,
        _1: Token,
        keys: t.Value,
        _2: Token,
        queries: t.Value,
        _3: Token,
        comparison: Token,
        end: Token,
    ) -> t.Select:
        return t.Select(place(open_, end), keys, queries, str(comparison))

    def aggregate(
        self,
        open_: Token,
        _1: Token,
        selector: t.Value,
        _2: Token,
        values: t.Value,
        *default_and_end: Token | t.Value,
    ) -> t.Aggregate:
        default = next(_values(default_and_end), None)
        return t.Aggregate(place(open_, default_and_end[-1]), selector, values, default)

    def builtin(self, name: Token, _: Token, arguments: list[t.Value], end: Token) -> t.Builtin:
        return t.Builtin(place(name, end), str(name), tuple(arguments))

    def names(self, *parts: Token) -> Names:
        return tuple(self.name(token) for token in parts[::2])

    def values(self, *parts: Token | t.Value) -> list[t.Value]:
        return list(_values(parts))

    def pairs(self, *parts: Token | Pair) -> list[Pair]:
        return [part for part in parts if not isinstance(part, Token)]

    def body(self, *statements: t.Statement) -> Body:
        return statements

    def statement(self, statement: t.Statement) -> t.Statement:
        return statement

    def assignment(
        self, names: Names, equal: Token, values: list[t.Value], end: Token
    ) -> t.Assignment:
        return t.Assignment(names[0].place.to(place(equal, end)), names, tuple(values))

    def expression(self, value: t.Value, _: Token) -> t.Bare:
        return t.Bare(place_of(value), value)

    def draw(self, open_: Token, _: Token, value: t.Value, *rest: Token | t.Value) -> t.Draw:
        return t.Draw(place(open_, rest[-1]), value, next(_values(rest), None))

    def load(self, open_: Token, text: Token, _: Token) -> t.Load:
        return t.Load(place(open_, text), _unquoted(text))

    def function(
        self,
        open_: Token,
        name: Token,
        _1: Token,
        parameters: Names | None,
        _2: Token,
        _3: Token,
        body: Body,
        result: list[t.Value],
        _4: Token,
    ) -> t.Definition:
        return t.Definition(
            place(open_, name), self.name(name), parameters or (), body, tuple(result)
        )

    def returns(self, _1: Token, values: list[t.Value], _2: Token) -> list[t.Value]:
        return values

    def loop(
        self,
        open_: Token,
        names: Names,
        _1: Token,
        iterable: t.Value,
        _2: Token,
        body: Body,
        _3: Token,
    ) -> t.Loop:
        return t.Loop(place_of(open_), names, iterable, body)

    def set_example(self, command: Token, value: t.Value, end: Token | None = None) -> t.SetExample:
        kinds = EVERY_KIND & set(command.split())
        return t.SetExample(place(command, end or value), kinds or EVERY_KIND, value)

    def command(
        self, command: Token | t.SetExample, end: Token | None = None
    ) -> t.Command | t.SetExample:
        if isinstance(command, t.SetExample):
            return command
        return t.Command(place(command, end or command), tuple(command.split()))


def _values(parts: tuple[Token | t.Value, ...]) -> Iterator[t.Value]:
    """What stands between commas and brackets."""
    return (part for part in parts if not isinstance(part, Token))


def _unquoted(text: Token) -> str:
    return str(text)[1:-1]


def builder() -> Transformer[Token, object]:
    """What makes the tree, a method for each rule of the grammar."""
    return _Build()  # pyright: ignore[reportUnknownVariableType]


def read_integer(text: str) -> int:
    """A whole number of however many digits: what is too large for a float is refused later."""
    return int(text) if len(text) <= 400 else int(f"1{'0' * 400}")


def place(first: Token | t.Node, last: Token | t.Node) -> Place:
    """From the start of the first child to the end of the last one."""
    return place_of(first).to(place_of(last))


def place_of(part: Token | t.Node) -> Place:
    """Where a token or a node stands."""
    if isinstance(part, t.Node):
        return part.place
    line, column = part.line or 1, (part.column or 1) - 1
    return Place(line, column, part.end_line or line, (part.end_column or column + 2) - 1)
