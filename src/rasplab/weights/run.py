"""Sequences in, values out, in NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rasplab.rasp.values import Value
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.codec import decode, encode, read_batch
from rasplab.weights.config import PAD_ID
from rasplab.weights.forward import forward


def run(weights: ModelWeights, sequences: Sequence[Iterable[object]]) -> list[list[Value]]:
    """The decoded values of every sequence, in one padded batch."""
    sequences = read_batch(sequences)
    if not sequences:
        return []
    ids = encode(weights.config, sequences)
    lengths = ((ids != PAD_ID).sum(axis=1) - 1).tolist()
    return decode(weights.config, forward(weights, ids), lengths)
