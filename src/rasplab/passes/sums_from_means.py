"""A mean times the number of positions that it is over is a sum, with far fewer values.

The RASP paper counts with `(indices + 1) * aggregate(select(indices, indices, <=), indicator)`.
By itself the product of a position and a fraction of up to n could be any of about n³ numbers.
The evaluator rounds the mean and then the product, which gives the sum only while it is not large.
"""

from __future__ import annotations

from dataclasses import dataclass

from rasplab.graph import Facts, Node
from rasplab.graph import node as g
from rasplab.graph.rounding import returns_sums
from rasplab.passes.rewrite import Rewritten, rebuild


@dataclass(frozen=True, slots=True)
class SumsFromMeans:
    """`width * mean` to a sum, where that is what the evaluator computes."""

    name: str = "sums-from-means"

    def __call__(self, root: Node, facts: Facts) -> Rewritten:
        """The graph with sums in the place of such products."""

        def rewrite(node: Node, operands: tuple[Node, ...]) -> Node | None:
            if not isinstance(node.op, g.Map) or node.op.function.key != "*":
                return None
            left, right = operands
            for width, mean in ((left, right), (right, left)):
                if _is_mean(mean, facts) and _is_width(width, mean.operands[0]):
                    return facts.interner.node(g.Sum(), *mean.operands, like=node)
            return None

        return rebuild(root, facts, rewrite)


def _is_mean(node: Node, facts: Facts) -> bool:
    """Whether a node is a mean of integers, with a number where nothing is selected.

    That number is multiplied by 0. An undefined value would count in the width and not in the mean.
    """
    if not isinstance(node.op, g.Mean) or not isinstance(node.op.default, int | float):
        return False
    values = facts.domain(node.operands[1])
    return not values.undefined and returns_sums(values, facts.max_length)


def _is_width(node: Node, selector: Node) -> bool:
    """Whether a node counts what a selector selects: as such, or from the position."""
    if isinstance(node.op, g.Sum):
        return node.operands[0] is selector and _is_one(node.operands[1])
    if not isinstance(selector.op, g.Select) or not all(map(_is_position, selector.operands)):
        return False
    if selector.op.predicate.key == "<":
        return _is_position(node)
    return selector.op.predicate.key == "<=" and _is_next_position(node)


def _is_next_position(node: Node) -> bool:
    if not isinstance(node.op, g.Map) or node.op.function.key != "+":
        return False
    left, right = node.operands
    return (_is_position(left) and _is_one(right)) or (_is_one(left) and _is_position(right))


def _is_position(node: Node) -> bool:
    return isinstance(node.op, g.Indices)


def _is_one(node: Node) -> bool:
    return isinstance(node.op, g.Constant) and node.op.value == 1 and node.op.value is not True
