"""The same network around another stream: what is written and read passes maps on the way.

A rotation, a stream that holds things twice, and compression differ in nothing but the maps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.weights.architecture import EMBED, Architecture, Site

Array: TypeAlias = "NDArray[np.floating]"
Reader: TypeAlias = "Site | Literal['unembed']"
"""Who reads the stream: the step that has written at a site, or the read-out."""


def rebased(
    architecture: Architecture,
    arrays: Mapping[str, Array],
    write: Callable[[Site], Array],
    read: Callable[[Reader], Array],
) -> dict[str, Array]:
    """The arrays of a network whose stream is d wide instead of D.

    What has been written at a site passes `write` (D × d), what somebody reads `read` (d × D).

    >>> from rasplab.weights.architecture import layered
    >>> arrays = {n: np.eye(2) for n in ("embed.W_E", "pos_embed.W_pos", "unembed.W_U")}
    >>> turned = np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> made = rebased(layered(0), arrays, lambda site: turned, lambda reader: turned.T)
    >>> (made["embed.W_E"] @ made["unembed.W_U"]).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    made = dict(arrays)
    for name in ("embed.W_E", "pos_embed.W_pos"):
        made[name] = arrays[name] @ write(EMBED)
    made["unembed.W_U"] = read("unembed") @ arrays["unembed.W_U"]
    for step in architecture.steps:
        for name in step.reading:
            made[name] = read(step.site) @ arrays[name]
        made[step.writing] = arrays[step.writing] @ write(step.site)
    return made
