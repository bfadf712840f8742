"""The refusal of a planned model that would be too large to hold."""

from __future__ import annotations

from rasplab.graph import Facts, Node
from rasplab.lower import WEIGHTS_AT_MOST, Lowered, check_size
from rasplab.plan.schedule import Plan


def check_planned(planned: Plan, lowered: Lowered, facts: Facts, root: Node) -> None:
    """Refuse a model too large to hold, at the variable that takes most of it.

    Raises:
        CompileError: E306, at that expression.
    """
    craft, sizes = planned.craft, planned.sizes
    written = [block.writes for block in craft.blocks] + [e.writes for e in craft.embeddings]
    directions = max((subspace.directions for subspace in written), key=len, default=())
    node = lowered.node_of(directions[0].variable) if directions else None
    embedded = (len(facts.vocabulary) + facts.max_length) * sizes.d_model
    what = f"d_model {sizes.d_model}, d_mlp {sizes.d_mlp}, {sizes.n_layers} layers in all"
    check_size(sizes.parameters() + embedded, node or root, facts, what, most=WEIGHTS_AT_MOST)
