"""How lowering spends: literally, economically, or with hidden units that stop errors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """How hidden units are spent.

    `literal`: every node in its own full subspace. `snap`: errors do not grow on the way.
    `products`: of several variables never a weighted sum, always combinations of classes.
    """

    literal: bool = False
    snap: bool = False
    products: bool = False


ECONOMICAL = (
    (Style(),),
    (Style(snap=True), Style(products=True)),
    (Style(snap=True, products=True),),
)
"""The styles to try where the ones before are not exact: of a group the smallest counts."""

LITERAL = ((Style(literal=True),), (Style(literal=True, snap=True),), *ECONOMICAL)
"""A direction for every value can ask for more than the number format has, where no reader tells
all the values apart: it is given up where snapping does not help."""
