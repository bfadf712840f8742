"""From expressions to the graph: equal computations become one node, names and places travel."""

from __future__ import annotations

from typing import assert_never, cast

from rasplab.graph import node as g
from rasplab.graph.node import Interner, Node
from rasplab.rasp import expressions as ex
from rasplab.rasp.naming import name_computations
from rasplab.rasp.order import topological


def build_graph(program: ex.Expression, interner: Interner) -> Node:
    """The node of a program in `interner`, with everything below it."""
    one = interner.node(g.Constant(1))
    known: dict[int, Node] = {}
    naming = name_computations(program)
    for expression in topological(program):
        operands = tuple(known[id(operand)] for operand in expression.operands())
        node = known[id(expression)] = _node(expression, operands, interner, one)
        name = naming.name(expression)
        if isinstance(expression, ex.PicksOne):
            interner.single.add(node)
        interner.describe(node, name, expression.origin)
        if name is not None:
            interner.written[node] = name
    return known[id(program)]


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
