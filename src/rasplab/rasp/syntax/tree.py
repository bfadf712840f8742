"""The syntax tree of RASP source text: what was written, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rasplab.diagnostics import Origin, Span


class Place(NamedTuple):
    """Lines from 1, columns from 0, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, last: Place) -> Place:
        """From the start of this place to the end of another."""
        return Place(self.line, self.column, last.end_line, last.end_column)

    def after(self) -> Place:
        """The column after this place, where something is missing."""
        return Place(self.end_line, self.end_column, self.end_line, self.end_column + 1)


@dataclass(frozen=True, slots=True)
class Source:
    """A text and what it is called: a file, or `<input>` for what was typed."""

    file: str
    text: str

    def span(self, place: Place) -> Span:
        """A place of this text, with the text that diagnostics show."""
        return Span(self.file, *place, source=self.text)

    def origin(self, place: Place) -> Origin:
        """What an expression built from this place carries."""
        return Origin(given=self.span(place))


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of the text."""

    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A number or a string."""

    value: int | float | str


@dataclass(frozen=True, slots=True, eq=False)
class Group(Node):
    """Something in parentheses."""

    inner: Value


@dataclass(frozen=True, slots=True, eq=False)
class ListOf(Node):
    """`[a, b]`."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DictOf(Node):
    """`{"a": 1}`."""

    items: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comprehension(Node):
    """`[item for names in iterable]`, or with a key `{key: item for names in iterable}`."""

    key: Value | None
    item: Value
    names: tuple[Name, ...]
    iterable: Value


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    """`indexed[index]`."""

    indexed: Value
    index: Value


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`function(arguments)`, or an s-op or selector applied to an input."""

    function: Value
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """`not`, `-`, `+`, `round` or `indicator`."""

    operator: str
    operand: Value


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """Arithmetic, a comparison, `and` or `or`."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Node):
    """`then if condition else otherwise`."""

    then: Value
    condition: Value
    otherwise: Value


@dataclass(frozen=True, slots=True, eq=False)
class Contains(Node):
    """`item in container`."""

    item: Value
    container: Value


@dataclass(frozen=True, slots=True, eq=False)
class Select(Node):
    """`select(keys, queries, comparison)`."""

    keys: Value
    queries: Value
    comparison: str


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate(Node):
    """`aggregate(selector, values, default)`."""

    selector: Value
    values: Value
    default: Value | None


@dataclass(frozen=True, slots=True, eq=False)
class Builtin(Node):
    """`range`, `zip` or `len`."""

    name: str
    arguments: tuple[Value, ...]


Value: TypeAlias = (
    Name
    | Literal
    | Group
    | ListOf
    | DictOf
    | Comprehension
    | Index
    | Call
    | Unary
    | Binary
    | Choice
    | Contains
    | Select
    | Aggregate
    | Builtin
)


@dataclass(frozen=True, slots=True, eq=False)
class Bare(Node):
    """An expression as a statement: it binds `out`."""

    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Assignment(Node):
    """`a, b = value, value;`."""

    names: tuple[Name, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Draw(Node):
    """`draw(s-op, input);`."""

    value: Value
    sequence: Value | None


@dataclass(frozen=True, slots=True, eq=False)
class Load(Node):
    """`load "name";`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Definition(Node):
    """`def name(parameters) { body return values; }`."""

    name: Name
    parameters: tuple[Name, ...]
    body: tuple[Statement, ...]
    result: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Loop(Node):
    """`for names in iterable { body }`."""

    names: tuple[Name, ...]
    iterable: Value
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SetExample(Node):
    """`set example value`, of s-ops, selectors or both."""

    kinds: frozenset[str]
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Command(Node):
    """A command of the REPL without an argument, its words divided by single blanks."""

    words: tuple[str, ...]


Statement: TypeAlias = Bare | Assignment | Draw | Load | Definition | Loop | SetExample | Command
