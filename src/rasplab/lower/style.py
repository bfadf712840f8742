"""How lowering spends: literally, economically, or with hidden units that stop errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rasplab.graph import Node


@dataclass(frozen=True, slots=True)
class Style:
    """How hidden units are spent.

    `literal`: every node in its own full subspace. `snap`: errors do not grow on the way through
    combinations of classes. `products`: of several variables never a weighted sum, always
    combinations of classes. `settle`: what is read along a line is written anew before it is read,
    a layer more, which leaves nothing of its error: nowhere, everywhere, or only what decisions
    read that would be wrong without; `settled` are those found so far.
    """

    literal: bool = False
    snap: bool = False
    products: bool = False
    settle: Literal["nowhere", "needed", "everywhere"] = "nowhere"
    settled: frozenset[Node] = frozenset()

    def settles(self, node: Node) -> bool:
        """Whether a variable is written anew before it is read."""
        return self.settle == "everywhere" or node in self.settled

    def settling(self, nodes: frozenset[Node]) -> Style:
        """The same style with more variables written anew."""
        return replace(self, settled=self.settled | nodes)


_SPARING = (
    (Style(),),
    (Style(snap=True), Style(products=True)),
    (Style(snap=True, settle="needed"), Style(snap=True, settle="needed", products=True)),
    (Style(snap=True, settle="everywhere"),),
    (Style(snap=True, settle="everywhere", products=True),),
)
_WORD_FOR_WORD = (
    (Style(literal=True),),
    (Style(literal=True, snap=True, settle="needed"),),
    (Style(literal=True, snap=True, settle="everywhere"),),
)

ECONOMICAL = (*_SPARING, *_WORD_FOR_WORD)
"""The styles to try where the ones before are not exact: of a group the smallest counts. What is
written on the way as it stands in the program is larger, and at times more precise."""

LITERAL = (*_WORD_FOR_WORD, *_SPARING)
"""A direction for every value can ask for more than the number format has, where no reader tells
all the values apart: it is given up where settling does not help."""
