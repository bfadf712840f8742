"""The program's expressions, each with the variables that hold it and its place in the source.

Of a model that was loaded from a directory the program is known only by what its parts implement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rasplab.diagnostics import Origin, Span
from rasplab.rasp import expressions as ex
from rasplab.rasp.naming import Naming, name_computations
from rasplab.rasp.order import topological
from rasplab.rasp.phrases import Phrase
from rasplab.rasp.printer import own_text
from rasplab.view.explorer.parts import origins_within

if TYPE_CHECKING:
    from rasplab.model import Model
    from rasplab.weights import Manifest

LONGEST = 400
"""Characters of an expression's text."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression stands: lines from 1, columns from 0, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Expression:
    """A computation of the program.

    `variables` hold its value; where none does, `inside` are those on the way to which it is
    computed. `name` is `""` where it has none.
    """

    name: str
    kind: str
    text: str
    operands: tuple[int, ...]
    place: Place | None
    variables: tuple[str, ...]
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """The expressions, operands first; of each variable the number of its expression; all spans."""

    expressions: tuple[Expression, ...]
    of_variable: Mapping[str, int]
    spans: tuple[Span, ...]


def expressions_of(model: Model) -> Linked:
    """The expressions of a model's program, or of what its manifest says that it computes."""
    if model.program is None:
        return _from_circuit(model.manifest)
    naming = name_computations(model.program)
    firsts = [same[0] for same in naming.members.values()]  # operands first
    firsts = [node for node in firsts if not isinstance(node, ex.Constant)]
    position = {naming.number[id(node)]: i for i, node in enumerate(firsts)}
    texts = _texts(model.program, naming)
    held = _held(model, naming, position)
    spans = [node.origin.span() for node in firsts]
    expressions = [
        Expression(
            naming.shown(naming.number[id(node)]) or "",
            type(node).__name__.lower(),
            own_text(node, texts).cut(LONGEST).text,
            tuple(
                dict.fromkeys(
                    position[naming.number[id(operand)]]
                    for operand in node.operands()
                    if naming.number[id(operand)] in position
                )
            ),
            _place(span),
            tuple(name for name, at in held.items() if at == i),
            (),
        )
        for i, (node, span) in enumerate(zip(firsts, spans, strict=True))
    ]
    users = _with_users(expressions)
    if model.compilation is not None:
        within = origins_within(model.compilation, held)
        built = [{n.origin for n in naming.members[naming.number[id(node)]]} for node in firsts]
        users = [_narrowed(e, own, within) for e, own in zip(users, built, strict=True)]
    return Linked(tuple(users), held, tuple(span for span in spans if span is not None))


def _texts(program: ex.Expression, naming: Naming) -> dict[int, Phrase]:
    """What an expression is called inside another: its name, or how it is written."""
    texts: dict[int, Phrase] = {}
    for node in topological(program):
        name = naming.name(node)
        texts[id(node)] = Phrase(name) if name else own_text(node, texts).cut(LONGEST)
    return texts


def _held(model: Model, naming: Naming, position: Mapping[int, int]) -> dict[str, int]:
    """Of each variable the expression that it holds: by its name, else by where it was built."""
    by_name = {naming.shown(number): i for number, i in position.items()}
    by_name.pop(None, None)
    by_origin = {
        node.origin: position[number]
        for number in sorted(position, key=lambda n: position[n])
        for node in naming.members[number]
        if isinstance(node, ex.SOp) and node.origin.span() is not None
    }
    held: dict[str, int] = {}
    for variable in model.manifest.variables:
        if variable.marks_bos:
            continue
        found = by_name.get(variable.expression or variable.name)
        if found is None and model.compilation is not None:
            origin = model.compilation.origin_of(variable.name)
            found = None if origin is None else by_origin.get(origin)
        if found is not None:
            held[variable.name] = found
    return held


def _with_users(expressions: list[Expression]) -> list[Expression]:
    """Where no variable holds an expression: those of the nearest that are made of it."""
    users: list[list[int]] = [[] for _ in expressions]
    for i, expression in enumerate(expressions):
        for operand in expression.operands:
            users[operand].append(i)
    inside: dict[int, tuple[str, ...]] = {}
    for i in reversed(range(len(expressions))):
        found = [name for u in users[i] for name in expressions[u].variables or inside.get(u, ())]
        inside[i] = () if expressions[i].variables else tuple(dict.fromkeys(found))
    return [replace(e, inside=inside[i]) for i, e in enumerate(expressions)]


def _narrowed(
    expression: Expression, built: set[Origin], within: Mapping[str, frozenset[Origin]]
) -> Expression:
    """Of the parts on whose way an expression lies those that compute it, where that is known.

    The parts of one expression compute different things; a pass may have left none of them.
    """
    found = tuple(name for name in expression.inside if built & within.get(name, frozenset()))
    return replace(expression, inside=found or expression.inside)


def _place(span: Span | None) -> Place | None:
    if span is None:
        return None
    end = span.end_line or span.line
    last = span.end_column if span.end_column is not None else len(span.text())
    return Place(span.file, span.line, span.column, end, last)


def _from_circuit(circuit: Manifest) -> Linked:
    """A computation per variable; what it is made of is what its component reads."""
    by_variable = {c.variable: c for c in circuit.components}
    places = [v for v in circuit.variables if not v.marks_bos]
    numbers = {v.name: i for i, v in enumerate(places)}
    expressions = tuple(
        Expression(
            v.name,
            "variable",
            by_variable[v.name].expression if v.name in by_variable else v.name,
            tuple(numbers[r] for r in by_variable[v.name].reads if r in numbers)
            if v.name in by_variable
            else (),
            None,
            (v.name,),
            (),
        )
        for v in places
    )
    return Linked(expressions, numbers, ())
