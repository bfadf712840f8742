"""The syntax tree of a C-RASP program: what was written, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from rasplab.rasp.syntax.tree import Node


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable, or a unary predicate."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Token(Node):
    """`"a"`: whether the token here is this one."""

    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A number, `true` or `false`."""

    value: int | bool


@dataclass(frozen=True, slots=True, eq=False)
class Group(Node):
    """Something in parentheses."""

    inner: Value


@dataclass(frozen=True, slots=True, eq=False)
class Not(Node):
    """`! operand`."""

    operand: Value


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """A comparison, `&&`, `||`, `+`, `-`, and `min` and `max` of two."""

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
class Count(Node):
    """`# counted`, or `#[guard] counted`: at how many positions up to here it is true."""

    counted: Value
    guard: Name | None = None


Value: TypeAlias = Name | Token | Literal | Group | Not | Binary | Choice | Count


@dataclass(frozen=True, slots=True, eq=False)
class Assignment(Node):
    """`name = value`."""

    name: Name
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Import(Node):
    """`#import name`: a predicate on positions."""

    name: Name


Statement: TypeAlias = Assignment | Import
