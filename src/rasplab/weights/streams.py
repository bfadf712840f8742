"""The residual stream of a run, site by site, and the variables in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.weights.architecture import Site
from rasplab.weights.artefact import ModelWeights, VariablePlace
from rasplab.weights.forward import Record, forward

Array: TypeAlias = "NDArray[np.floating]"


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """The streams of a run (… × positions × d_model) as they are, by site, and its read-out.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=3)
    >>> found = streams(model.weights, model.encode(["ab"]))
    >>> found.variable(model.manifest.variables[1])[0].tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """

    weights: ModelWeights
    at: Mapping[Site, Array]
    output: Array

    def variable(self, place: VariablePlace, site: Site | None = None) -> Array:
        """What stands along a variable's directions at a site, by default where it is written.

        The first position is that of BOS.
        """
        where = place.written if site is None else site
        return self.weights.frame(where).read(self.at[where], place)

    def named(self, site: Site) -> Array:
        """The stream at a site along all named directions."""
        return self.weights.frame(site).named(self.at[site])


def streams(weights: ModelWeights, ids: NDArray[np.intp], record: Record | None = None) -> Streams:
    """Run token ids (batch × positions), and keep the stream at every site, as `record` left it."""
    sites, kept = weights.config.architecture.streams, dict[Site, Array]()

    def keep(name: str, activation: Array) -> Array | None:
        edited = record(name, activation) if record is not None else None
        # as it was edited: whoever looks at a run sees what later steps saw
        if name in sites:
            kept[sites[name]] = activation if edited is None else edited
        return edited

    output = forward(weights, ids, keep)
    return Streams(weights, kept, output)
