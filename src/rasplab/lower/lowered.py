"""The artefact of lowering: the craft model, and what it holds; and passes over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rasplab.craft import CraftModel, Head
from rasplab.craft.specification import HeadKind
from rasplab.diagnostics import InternalError
from rasplab.graph import Node
from rasplab.lower.attention import Pattern
from rasplab.lower.encoding import Variable
from rasplab.lower.functions import FunctionPlan
from rasplab.lower.naming import Names
from rasplab.lower.readout import Readout
from rasplab.lower.style import Style


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lowered:
    """The craft model, and how each node that has directions is held on them.

    `opened` has, per variable (`None` for the output), the nodes that are computed on the way to
    it without being read.
    """

    craft: CraftModel
    variables: dict[Node, Variable]
    root: Node
    names: Names
    opened: dict[Node | None, set[Node]]
    style: Style
    patterns: dict[Node, Pattern]
    plans: dict[Node, FunctionPlan]
    value_readouts: dict[Node, Readout]

    def verify(self) -> None:
        """Check the craft model, and that its subspaces are those of the variables.

        Raises:
            InternalError: BOS is not silent, or somebody holds what nobody writes.
        """
        self.craft.verify()
        held = {variable.subspace for variable in self.variables.values()}
        if held != set(self.craft.subspaces()):
            raise InternalError("the directions that variables have are not those that are written")

    def __str__(self) -> str:
        return str(self.craft)

    def kind(self, node: Node) -> HeadKind:
        """What the head of an aggregate does with the values."""
        name = self.names[node]
        return next(
            b.kind for b in self.craft.blocks if isinstance(b, Head) and b.implements.name == name
        )

    def node_of(self, variable: str) -> Node | None:
        """The node that is held under a name."""
        for node, held in self.variables.items():
            if held.subspace.directions and held.subspace.directions[0].variable == variable:
                return node
        return None

    def __repr__(self) -> str:
        return f"<lowered program: {len(self.craft.blocks)} blocks>"


class CraftPass(Protocol):
    """A rewrite of the craft model, and with it of how nodes are held; its fields are its options.

    Whoever reads or writes a direction is rewritten with it: what stands on it then is checked
    against what the program says, as after lowering.
    """

    @property
    def name(self) -> str:
        """How the pass prints."""
        ...

    def __call__(self, lowered: Lowered) -> Lowered:
        """The program as the pass has it."""
        ...
