"""The refusal of what would be too large to hold."""

from __future__ import annotations

from dataclasses import dataclass

from rasplab.diagnostics import CompileError, diagnostic
from rasplab.graph import Facts, Listed, Node

WEIGHTS_AT_MOST = 1 << 28
"""Of a whole model: 1 GiB in float32."""

MATRIX_AT_MOST = 1 << 26
"""Of one matrix: several of them, in float64, are at hand while a block is built."""

CELLS_AT_MOST = 1 << 26
"""Of all that one attempt to lower a program has at hand, in float64: half a GiB, and copies."""

WORK_AT_MOST = 1 << 27
"""Of all attempts together: beyond it no other style is tried."""


@dataclass(slots=True)
class Budget:
    """The cells of all matrices that lowering builds, counted before it builds them.

    `held` is of the attempt that goes on, `spent` of those before it.
    """

    held: int = 0
    spent: int = 0

    def begin(self) -> None:
        """Another attempt, which holds nothing yet."""
        self.spent += self.held
        self.held = 0

    @property
    def exhausted(self) -> bool:
        """Whether the attempts so far have cost as much as may be spent."""
        return self.spent + self.held > WORK_AT_MOST

    def spend(self, cells: int, node: Node, facts: Facts, what: str) -> None:
        """Count cells that are about to be built; `what` says what `node` needs of them.

        Raises:
            CompileError: E306, at the expression of the node.
        """
        self.held += cells
        check_size(self.held, node, facts, f"with {what}", most=CELLS_AT_MOST)


def check_size(
    weights: int, node: Node, facts: Facts, what: str, *, most: int | None = None
) -> None:
    """Refuse more weights than can be held, in one matrix; `what` says what `node` needs of them.

    Raises:
        CompileError: E306, at the expression of the node.
    """
    most = MATRIX_AT_MOST if most is None else most
    if weights <= most:
        return
    raise CompileError(
        diagnostic(
            "E306",
            "this expression makes the transformer too large",
            at=facts.interner.origin(node),
            label="this one needs most",
            notes=[f"{what}: {weights:.1e} weights, of which {most:.1e} can be held"],
            help="use a smaller vocabulary or `max_length`, coarser values, or functions of fewer "
            "arguments; optimize=1 spends less than optimize=0",
        )
    )


def check_one_hot(node: Node, facts: Facts) -> None:
    """Refuse a direction per value of a node that has too many (E306)."""
    domain = facts.domain(node)
    if isinstance(domain, Listed):
        what = f"a direction for each of {len(domain)} values"
        check_size(len(domain) ** 2, node, facts, what)
