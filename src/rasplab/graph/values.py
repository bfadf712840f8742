"""What is known of a node's values: the artefact of inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic
from rasplab.graph.domain import Domain, Interval
from rasplab.graph.form import LinearForm
from rasplab.graph.node import Node

TABLE_AT_MOST = 1 << 16
"""The combinations of values that a table may have."""

TABULATED_AT_MOST = 1 << 19
"""The combinations of all tables together: some seconds, before anything is known of sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A node's value for every combination of its supports' values: indices into its domain."""

    supports: tuple[Node, ...]
    codes: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The values of a node, and how they come about.

    The `table` has the node as a function of its supports; a node that is no function supports
    itself, and one whose values cannot be listed has none. The `form` is the node as a weighted
    sum, where it is one. `assumed` is what could make it fail, if nothing shows that it does not.
    """

    domain: Domain
    table: Table | None
    form: LinearForm | None = None
    assumed: Diagnostic | None = None


def by_itself(
    node: Node, domain: Domain, form: LinearForm | None = None, assumed: Diagnostic | None = None
) -> Values:
    """The values of a node that is seen as a function of nothing else."""
    if isinstance(domain, Interval):
        return Values(domain, None, form, assumed)
    return Values(domain, Table((node,), np.arange(len(domain))), form, assumed)
