"""Weights behind norms of their own, or with smooth units: the bare ones, and how they are read.

What stands beside the stream is held against the construction, array by array
(`rasplab.weights.dressing`); what is left is the proof of the bare weights, whose blocks read the
stream with the error that these norms and units make (`rasplab.checker.centred`).
"""

from __future__ import annotations

from dataclasses import replace

from rasplab.checker.arithmetic import AS_IT_STANDS, Format, Reading
from rasplab.checker.stream import RefutedError
from rasplab.weights import dressing
from rasplab.weights.artefact import ModelWeights


def undressed(weights: ModelWeights, form: Format) -> tuple[ModelWeights, Format]:
    """The bare weights, and the format with the error that comes of what they are read through.

    Raises:
        RefutedError: something beside the stream is not what it should be, or the format is none
            for which it is known how norms are computed in it.
    """
    config = weights.config
    if config == config.bare:
        return weights, form
    corner = dressing.CORNER.get(config.activation, {}).get(form.name)
    if corner is None:
        raise RefutedError("norms and smooth units are followed in float32 and float64 only")
    if form.reading != AS_IT_STANDS:
        raise RefutedError("its stream is read through norms already")
    if config.norm != "none" and form.name == "float64" != config.dtype:
        raise RefutedError(f"the gains of its norms are rounded to {config.dtype}")
    try:
        bare, anchor = dressing.undressed(weights, form.name)
    except ValueError as reason:
        raise RefutedError(str(reason)) from reason
    # squares of all lanes are added up, and units read so many times as much
    if not 16 * (anchor**2 + config.norm_epsilon) < form.largest:
        raise RefutedError("the squares of its anchors are beyond what the format holds")
    norm = config.norm != "none"
    reading = Reading(
        bend=corner / dressing.sharpness(config.dtype) if corner else 0.0,
        sharp=dressing.sharpness(config.dtype) if corner else 1.0,
        epsilon=config.norm_epsilon,
        lanes=config.d_model if norm else 0,
        anchor=anchor,
        mean=config.norm != "rms",
    )
    return bare, replace(form, reading=reading)
