"""What has to be written anew for a decision to be right: what is read along a line before it."""

from __future__ import annotations

from rasplab.craft import Subspace
from rasplab.craft.blocks import reads
from rasplab.craft.certificate import Certificate
from rasplab.graph import Facts, Node
from rasplab.graph import node as g
from rasplab.graph.settled import is_settled
from rasplab.lower.decompose import read_along_a_line
from rasplab.lower.lowered import Lowered
from rasplab.rasp.functions import CATEGORICAL


def unsettled(lowered: Lowered, found: Certificate, facts: Facts) -> frozenset[Node]:
    """What a certificate's first wrong decision relies on that could be written anew, and is not.

    On every way from the decision back to the input the first such variable: what is before it
    does not matter once it is settled. Empty, if there is nothing.
    """
    node_of = {variable.subspace: node for node, variable in lowered.variables.items()}
    block_of = {block.writes: block for block in lowered.craft.blocks}
    wrong = next((b.name for b in found.bounds if b.margin <= 0), None)
    last = [block for block in block_of.values() if block.implements.name == wrong]
    readout = [subspace for subspace, _ in lowered.craft.readout.parts]
    waiting = [s for block in last for s in reads(block)] if last else readout
    seen: set[Subspace] = set()
    nodes: set[Node] = set()
    while waiting:
        subspace = waiting.pop()
        if subspace in seen or subspace not in block_of:
            continue
        seen.add(subspace)
        node = node_of[subspace]
        if is_settled(node):
            continue
        if _can_be_settled(node, lowered, facts):
            nodes.add(node)
        else:
            waiting += reads(block_of[subspace])
    return frozenset(nodes)


def _can_be_settled(node: Node, lowered: Lowered, facts: Facts) -> bool:
    if not isinstance(node.op, g.Map) or lowered.style.settles(node):
        return False
    return node.op.function is CATEGORICAL or read_along_a_line(node, facts, lowered.style)
