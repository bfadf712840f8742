"""The residual stream of one input, sublayer by sublayer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.rasp.values import Value
from rasplab.weights import EMBED, Site
from rasplab.weights.trace import Trace

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Sublayer:
    """The stream (positions × directions) after the embedding or a sublayer, and who it wrote."""

    title: str
    stream: Array
    wrote: tuple[str, ...]


def positions(found: Trace) -> tuple[str, ...]:
    """A label per position, BOS first."""
    return ("BOS", *(shown(token) for token in found.tokens))


def sublayers(found: Trace) -> tuple[Sublayer, ...]:
    """The embedding, then every sublayer that writes a variable."""
    result: list[Sublayer] = []
    for site in found.weights.config.architecture.sites:
        wrote = tuple(v.name for v in found.weights.circuit.variables if v.written == site)
        if wrote or site == EMBED:
            result.append(Sublayer(_title(site), found.residual[str(site)].array, wrote))
    return tuple(result)


def shown(value: Value) -> str:
    """A value as a label."""
    if value is None:
        return "undefined"
    return value if isinstance(value, str) else repr(value)


def _title(site: Site) -> str:
    if site == EMBED:
        return "embedding"
    return f"layer {site.layer}\n{'attention' if site.half == 'attn' else 'MLP'}"
