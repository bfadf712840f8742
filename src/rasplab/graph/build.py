"""From expressions to the graph: equal computations become one node, names and places travel."""

from __future__ import annotations

from typing import assert_never, cast

from rasplab.diagnostics import CompileError, diagnostic
from rasplab.graph import node as g
from rasplab.graph.node import Interner, Node
from rasplab.rasp import expressions as ex
from rasplab.rasp.naming import name_computations
from rasplab.rasp.order import topological
from rasplab.rasp.values import Value

COMPARISONS_AT_MOST = 1 << 16
"""Of one selector: some seconds of work."""


def build_graph(
    program: ex.Expression, interner: Interner, vocabulary: tuple[Value, ...] = ()
) -> Node:
    """The node of a program in `interner`, with everything below it.

    RASP source text reads every token as a string (`rasp.syntax.operators.cast`). Of a `vocabulary`
    of strings that leaves each as it is, and is not computed.
    """
    one = interner.node(g.Constant(1))
    known: dict[int, Node] = {}
    sizes: dict[Node, int] = {}
    naming = name_computations(program)
    for expression in topological(program):
        operands = tuple(known[id(operand)] for operand in expression.operands())
        if _is_as_read(expression, vocabulary):
            node = operands[0]
        else:
            node = _node(expression, operands, interner, one)
        known[id(expression)] = node
        if isinstance(node.op, g.SELECTORS) and node not in sizes:
            sizes[node] = _written_out(node, sizes)
            _check_formula(sizes[node], expression)
        name = naming.name(expression)
        if isinstance(expression, ex.PicksOne):
            interner.single.add(node)
        interner.describe(node, name, expression.origin)
        if name is not None:
            interner.written[node] = name
    return known[id(program)]


def _written_out(node: Node, sizes: dict[Node, int]) -> int:
    """How many comparisons a selector is made of; what it uses twice counts twice."""
    if isinstance(node.op, g.Select):
        return 1
    return sum(sizes.get(operand, 0) for operand in node.operands)


def _check_formula(comparisons: int, expression: ex.Expression) -> None:
    """Refuse a formula that could not be gone through; every pass takes it as it is written out."""
    if comparisons <= COMPARISONS_AT_MOST:
        return
    raise CompileError(
        diagnostic(
            "E306",
            "this selector is too large",
            at=expression.origin,
            label=f"{comparisons:.1e} comparisons where it is written out",
            notes=["a selector that is used twice in `&`, `|` and `~` counts twice"],
            help=f"write it with at most {COMPARISONS_AT_MOST:,} comparisons",
        )
    )


def _is_as_read(expression: ex.Expression, vocabulary: tuple[Value, ...]) -> bool:
    """Whether this converts tokens that are what they are converted to."""
    match expression:
        case ex.Map(function, (ex.Tokens(),)) if vocabulary:
            return all(function.key == ("cast", type(token).__name__) for token in vocabulary)
        case _:
            return False


def _node(
    expression: ex.Expression, operands: tuple[Node, ...], interner: Interner, one: Node
) -> Node:
    make = interner.node
    kind = cast(ex.AnySOp | ex.AnySelector, expression)
    match kind:
        case ex.Tokens():
            return make(g.Tokens())
        case ex.Indices():
            return make(g.Indices())
        case ex.Constant():
            return make(g.Constant(kind.value))
        case ex.Map():
            return make(g.Map(kind.function), *operands)
        case ex.Aggregate():
            return make(g.Mean(kind.default), *operands)
        case ex.AggregateSum():
            return make(g.Sum(), *operands)
        case ex.SelectorWidth():
            return make(g.Sum(), *operands, one)
        case ex.Select():
            return make(g.Select(kind.predicate), *operands)
        case ex.And():
            return make(g.And(), *operands)
        case ex.Or():
            return make(g.Or(), *operands)
        case ex.Not():
            return make(g.Not(), *operands)
        case ex.PicksOne():
            return operands[0]
        case ex.Best():
            return make(g.Best(), *operands)
        case _:
            assert_never(kind)
