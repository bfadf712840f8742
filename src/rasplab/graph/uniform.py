"""Which nodes have one value at all positions of a sequence."""

from __future__ import annotations

from typing import assert_never

from rasplab.graph import node as g
from rasplab.graph.known import Known
from rasplab.graph.node import Node


def is_uniform(node: Node, known: Known) -> bool:
    """Whether a sequence operator is certainly the same everywhere; a selector, in every row.

    Under causal masking every query sees other keys, and no aggregate is the same everywhere.
    """
    match node.op:
        case g.Constant():
            return True
        case g.Tokens() | g.Indices():
            return False
        case g.Map() | g.And() | g.Or() | g.Not():
            return all(map(known.uniform, node.operands))
        case g.Mean() | g.Sum() | g.Best():
            return not known.causal and known.uniform(node.operands[0])
        case g.Select():
            # a row of keys for each query: whatever the keys, equal queries have equal rows
            return known.uniform(node.operands[1])
        case _:
            assert_never(node.op)
