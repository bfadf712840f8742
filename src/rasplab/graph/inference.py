"""The values of a node, from those of the nodes that it is made of."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from rasplab.diagnostics import InternalError
from rasplab.graph import node as g
from rasplab.graph.aggregates import mean_values, sum_values
from rasplab.graph.domain import Listed
from rasplab.graph.elementwise import elementwise_values
from rasplab.graph.known import Known
from rasplab.graph.linear import linear_form
from rasplab.graph.node import Interner, Node
from rasplab.graph.settled import is_settled
from rasplab.graph.values import Table, Values, by_itself


def values_of(node: Node, known: Known) -> Values:
    """What a sequence operator can be.

    A node that a rewrite made has the values of the one that it stands for, which may be fewer
    than its own operands show; it is seen as a function of nothing else, but perhaps as a sum.
    """
    original = known.interner.original(node)
    if original is not node:
        return by_itself(node, known.domain(original), linear_form(node, known))
    match node.op:
        case g.Tokens():
            return by_itself(node, Listed(known.vocabulary))
        case g.Indices():
            return by_itself(node, Listed(tuple(range(known.max_length))))
        case g.Constant():
            return Values(Listed((node.op.value,)), Table((), np.zeros((), np.intp)))
        case g.Map() if is_settled(node):
            (repeated,) = node.operands
            return Values(known.listed(repeated), _repeats(repeated, known))
        case g.Map():
            return elementwise_values(node, node.op.function, known)
        case g.Mean():
            return mean_values(node, node.op.default, known)
        case g.Sum():
            return sum_values(node, known)
        case g.Select() | g.And() | g.Or() | g.Not() | g.Best():
            raise InternalError(f"a selector has no values: {node.op}")
        case _:
            assert_never(node.op)


def _repeats(node: Node, known: Known) -> Table:
    return Table((node,), np.arange(len(known.listed(node))))


def needed(node: Node, interner: Interner) -> list[Node]:
    """The sequence operators whose values come first: through selectors, to what they compare."""
    original = interner.original(node)
    found: list[Node] = [] if original is node else [original]
    for operand in node.operands:
        if isinstance(operand.op, g.SELECTORS):
            found.extend(needed(operand, interner))
        else:
            found.append(operand)
    return found
