"""The inputs on which a circuit is asked about, in batches of one length."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.rasp.inputs import Inputs as DeclaredInputs
from rasplab.rasp.possible import Chosen, Sequences
from rasplab.rasp.sequence import different, read_sequence
from rasplab.weights.codec import encode
from rasplab.weights.config import Config

EVERY_AT_MOST = 4096
"""All inputs are the data by default while they are no more than this."""

DRAWN = 512
"""So many inputs are drawn where there are more, fewer where they are long."""

SCORES_AT_MOST = 1 << 24
"""So many scores one head has on all drawn inputs."""

Ids = NDArray[np.intp]


@runtime_checkable
class Pairs(Protocol):
    """Data that say which corrupted input belongs to which clean one."""

    @property
    def clean(self) -> Sequence[Sequence[object]]:
        """The clean inputs."""
        ...

    @property
    def corrupt(self) -> Sequence[Sequence[object]]:
        """As many corrupted inputs, each as long as its clean one."""
        ...


@dataclass(frozen=True, eq=False)
class Inputs:
    """Per length the ids of the clean inputs, and of their corrupted ones if they are paired.

    `every` says whether they are all inputs that the model takes.
    """

    clean: tuple[Ids, ...]
    corrupt: tuple[Ids, ...] | None
    every: bool

    @property
    def count(self) -> int:
        """The number of clean inputs."""
        return sum(map(len, self.clean))

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all inputs, in their order: two circuits of one digest are of the same data."""
        found = hashlib.sha256(b"pairs" if self.corrupt else b"inputs")
        for ids in (*self.clean, *(self.corrupt or ())):
            found.update(repr(ids.shape).encode())
            found.update(ids.astype("<i8").tobytes())
        return found.hexdigest()[:16]


def read_inputs(config: Config, data: object, seed: int) -> Inputs:
    """The data of a circuit: as given, else every input, else drawn ones of the greatest length.

    Raises:
        InputError: E441 for data that are none, or pairs of different lengths; E401 to E405.
    """
    if data is None:
        chosen = by_default(config, None, seed)
        return Inputs(_by_length(config, list(chosen)), None, chosen.complete)
    if isinstance(data, Pairs):
        return _paired(config, data)
    sequences = _listed(data)
    if not sequences:
        raise InputError(_unusable("there is no sequence in the data"))
    read = [tuple(read_sequence(sequence)) for sequence in sequences]
    return Inputs(_by_length(config, list(different(read))), None, False)


def _listed(data: object) -> list[Iterable[object]]:
    if not isinstance(data, Iterable):
        raise InputError(_unusable(f"{shown(data)} is no list of sequences"))
    return list(cast("Iterable[Iterable[object]]", data))


def by_default(config: Config, declared: DeclaredInputs | None, seed: int) -> Chosen:
    """Every input while they are few, else drawn ones of the greatest length; of the declared ones.

    The longest come first: they show most.
    """
    few, longest = EVERY_AT_MOST, config.max_length
    if declared is not None:
        return Chosen(declared, few, drawn=DRAWN, seed=seed, longest=True, listed=True)
    every = Sequences.up_to(longest, config.vocabulary, longest_first=True)
    count = min(DRAWN, max(SCORES_AT_MOST // config.n_ctx**2, 2))
    return Chosen(every, few, drawn=count, seed=seed, longest=True)


def _by_length(config: Config, sequences: Sequence[tuple[object, ...]]) -> tuple[Ids, ...]:
    # stable: within a length the order stays that of the data, which the digest and what is drawn
    # from them depend on
    longest_first = sorted(sequences, key=len, reverse=True)
    return tuple(
        encode(config, list(group)) for _, group in itertools.groupby(longest_first, key=len)
    )


def _paired(config: Config, data: Pairs) -> Inputs:
    pairs = [
        (tuple(read_sequence(a)), tuple(read_sequence(b)))
        for a, b in zip(data.clean, data.corrupt, strict=True)
    ]
    if not pairs:
        raise InputError(_unusable("there is no pair in the data"))
    uneven = next((pair for pair in pairs if len(pair[0]) != len(pair[1])), None)
    if uneven is not None:
        shown = " and ".join(" ".join(map(str, side)) for side in uneven)
        raise InputError(_unusable(f"`{shown}` are a pair of different lengths"))
    pairs.sort(key=lambda pair: len(pair[0]), reverse=True)
    groups = [list(group) for _, group in itertools.groupby(pairs, key=lambda pair: len(pair[0]))]
    clean, corrupt = (
        tuple(encode(config, [pair[side] for pair in group]) for group in groups) for side in (0, 1)
    )
    return Inputs(clean, corrupt, False)


def _unusable(what: str) -> Diagnostic:
    return diagnostic(
        "E441",
        f"a circuit needs other data: {what}",
        help="give sequences, or pairs of clean and corrupted ones of equal length",
    )
