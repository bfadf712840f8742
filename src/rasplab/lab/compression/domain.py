"""The inputs that a compression is trained and judged on, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, diagnostic
from rasplab.rasp.possible import Chosen, Sequences
from rasplab.rasp.values import Value
from rasplab.weights import PAD_ID, Config, encode

MOST = 4096
"""Domains up to this many sequences are taken whole; larger ones are drawn."""

Sequence_ = tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """Sequences, and the distinct rows of the embedding that they are made of.

    `ids` (input × position) holds token ids, BOS first and PAD last; `rows` (input × position)
    says which of the distinct (token, position) pairs `kinds` (row × 2) stands there.
    """

    sequences: tuple[Sequence_, ...]
    ids: NDArray[np.intp]
    kinds: NDArray[np.intp]
    rows: NDArray[np.intp]
    complete: bool

    @property
    def present(self) -> NDArray[np.bool_]:
        """Where there is a position at all (input × position): BOS and tokens, not PAD."""
        return self.ids != PAD_ID

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Where there is an output to compare: tokens, not BOS."""
        present = self.present.copy()
        present[:, 0] = False
        return present

    def __len__(self) -> int:
        return len(self.sequences)


def domain(
    config: Config,
    *,
    lengths: str = "all",
    distinct: bool = False,
    most: int = MOST,
    seed: int = 0,
) -> Domain:
    """Every sequence that a model takes, or, where there are too many, `most` of them.

    Args:
        config: of the model.
        lengths: "all", or "longest" for sequences of the greatest length only.
        distinct: only sequences in which no token occurs twice.
        most: how many are drawn (every length alike) where there are more than that.
        seed: what they are drawn by.

    Raises:
        InputError: E804 for a number or a name that makes no sense.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=3)
    >>> len(domain(model.config)), len(domain(model.config, lengths="longest"))
    (14, 8)
    """
    if lengths not in ("all", "longest"):
        why = f"`lengths` cannot be {lengths!r}"
        raise InputError(diagnostic("E804", why, help="it is all or longest"))
    longest = min(config.max_length, len(config.vocabulary)) if distinct else config.max_length
    wanted = range(longest if lengths == "longest" else 1, longest + 1)
    if most < 1:
        raise InputError(diagnostic("E804", f"a compression needs inputs, not {most} of them"))
    possible = Sequences(config.vocabulary, tuple(wanted), repeats=not distinct)
    chosen = Chosen(possible, most, seed=seed, different=True)
    sequences = tuple(chosen)
    ids = encode(config, sequences)
    kinds, rows = _distinct_rows(ids)
    return Domain(sequences, ids, kinds, rows, chosen.complete)


def _distinct_rows(ids: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The distinct (token, position) pairs, and for every place the number of its own.

    Under PAD stands the row of BOS, which is never read.
    """
    positions = np.zeros_like(ids) + np.arange(ids.shape[1], dtype=np.intp)
    pad = ids == PAD_ID
    pairs = np.stack([np.where(pad, 0, ids), np.where(pad, 0, positions)], axis=-1)
    kinds, rows = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    return kinds, rows.reshape(ids.shape)
