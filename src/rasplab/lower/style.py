"""How lowering spends: literally, economically, or with hidden units that stop errors."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Style:
    """How hidden units are spent.

    `literal`: every node in its own full subspace. `snap`: errors do not grow on the way.
    `products`: of several variables never a weighted sum, always combinations of classes.
    """

    literal: bool = False
    snap: bool = False
    products: bool = False

    def attempts(self) -> tuple[tuple[Style, ...], ...]:
        """This style, and those to try where it is not exact: of a group the smallest counts.

        A direction for every value can ask for more than the number format has, where no reader
        tells all the values apart: `literal` is given up where snapping does not help.
        """
        snap = replace(self, snap=True)
        if self.literal:
            return ((self,), (snap,), *Style().attempts())
        return ((self,), (snap, replace(self, products=True)), (replace(snap, products=True),))
