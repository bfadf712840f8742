"""What every block of a model must compute, in values of the language: what weights are held to.

It speaks of variables and their values, never of how a block does it. Nothing here knows of
number formats, weights or constructions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.display import brief
from rasplab.rasp.values import Value

Codes = NDArray[np.int32]

HeadKind: TypeAlias = Literal["move", "mean", "sum"]
"""What a head does with the values that it selects."""

BlockKind: TypeAlias = Literal[HeadKind, "mlp"]

BoundKind: TypeAlias = Literal[BlockKind, "head", ""]
"""What a bound is said to be of: a sealed model does not tell what a head does."""

IMPOSSIBLE = -1
"""The code of a combination of values that cannot occur together."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Table:
    """A value as a function of variables at one position.

    `codes` has an axis per variable, in the order of the variable's values; each cell is an index
    into `values`.
    """

    variables: tuple[str, ...]
    codes: Codes
    values: tuple[Value, ...]

    def __repr__(self) -> str:
        return brief(self)


@dataclass(frozen=True, slots=True)
class Term:
    """One variable in a sum: a number per value, or one factor for a number that is not listed."""

    variable: str
    numbers: tuple[float, ...]
    factor: float | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """A number that is `constant` and a term for each variable, added up.

    The program's evaluator rounds on its way: its number is within `blur` of that.
    """

    terms: tuple[Term, ...]
    constant: float
    blur: float = 0.0

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that are added up."""
        return tuple(term.variable for term in self.terms)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A value as a function of a total: the index into `values` for each number it can be."""

    total: Total
    points: NDArray[np.float64]
    codes: Codes
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Which keys a query may select: `holds[class of the key, class of the query]`.

    The scores of the comparison are what the head's query and key columns from `start` to `stop`
    give.
    """

    start: int
    stop: int
    keys: Table
    queries: Table
    holds: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Attention:
    """A head: `kind` of the values at the keys for which all comparisons hold.

    `"move"`: the value that they have in common; `"mean"`, `"sum"`: of numbers. Where `ranking` is
    given, only the keys count whose level is the highest. `default` stands where none is left.
    """

    variable: str
    kind: HeadKind
    comparisons: tuple[Comparison, ...]
    ranking: Table | None
    values: Table | Total
    default: Value

    def __repr__(self) -> str:
        return brief(self)


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """Hidden units: a variable as a function of others."""

    variable: str
    of: Table | Line


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Specification:
    """Which variables stand for the input, every block in order, and what is returned.

    `tokens` hold the token at a position, `positions` where it is; `causal` hides what comes later
    from a query.
    """

    causal: bool
    tokens: tuple[str, ...]
    positions: tuple[str, ...]
    blocks: tuple[Attention | Function, ...]
    output: Table | Total

    def __repr__(self) -> str:
        return "<specification of every block>"


def rewritten(
    block: Attention | Function,
    table: Callable[[Table], Table],
    total: Callable[[Total], Total],
) -> Attention | Function:
    """The block with another table and total in the place of each that it is stated with."""
    if isinstance(block, Function):
        of = block.of
        if isinstance(of, Line):
            return replace(block, of=replace(of, total=total(of.total)))
        return replace(block, of=table(of))
    values, ranking = block.values, block.ranking
    return replace(
        block,
        comparisons=tuple(
            replace(c, keys=table(c.keys), queries=table(c.queries)) for c in block.comparisons
        ),
        ranking=None if ranking is None else table(ranking),
        values=total(values) if isinstance(values, Total) else table(values),
    )
