"""Tracr's `tracr.transformer.encoder`: tokens to ids, ids to values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rasplab.compat.tracr.craft.bases import UNDEFINED, BasisDirection


class Undefined(str):
    """The value of the direction that says that there is none, as it stands in labels."""

    __slots__ = ()


def undefined(values: Iterable[Any]) -> Undefined:
    """The mark of "undefined" beside these values: as `encoding_map` spells it, unless a word is.

    >>> undefined(["a"]), undefined(["None"])
    ('None', '∅')
    """
    return Undefined("∅" if UNDEFINED in set(map(str, values)) else UNDEFINED)


class Encoder:
    """What the encoders share."""

    def encode(self, inputs: list[Any]) -> list[Any]:
        """Values as the numbers that stand for them."""
        return list(inputs)

    def decode(self, encodings: list[Any]) -> list[Any]:
        """Numbers as the values that they stand for."""
        return list(encodings)

    @property
    def bos_token(self) -> Any:
        """The token that starts every sequence, if there is one."""
        return None

    @property
    def pad_token(self) -> Any:
        """The token that fills a batch, if there is one."""
        return None

    @property
    def bos_encoding(self) -> int | None:
        """The id of the first token of every sequence."""
        return None

    @property
    def pad_encoding(self) -> int | None:
        """The id of padding."""
        return None


class NumericalEncoder(Encoder):
    """Numbers stand for themselves; not-a-number is undefined.

    >>> NumericalEncoder().decode([0.5, float("nan")])
    [0.5, None]
    """

    def __init__(self, basis: Sequence[BasisDirection] = ()) -> None:
        self.basis = list(basis)

    def decode(self, encodings: list[Any]) -> list[Any]:
        return [None if np.isnan(x) else x for x in encodings]


class CategoricalEncoder(Encoder):
    """Each value of a basis is its number in it."""

    def __init__(
        self,
        basis: Sequence[BasisDirection],
        enforce_bos: bool = False,
        bos_token: Any = None,
        pad_token: Any = None,
        max_seq_len: int | None = None,
    ) -> None:
        self.basis = list(basis)
        self._values = [None if isinstance(d.value, Undefined) else d.value for d in basis]
        self.encoding_map: dict[Any, int] = {value: i for i, value in enumerate(self._values)}
        self.enforce_bos = enforce_bos
        self._bos_token = bos_token
        self._pad_token = pad_token
        self._max_seq_len = max_seq_len
        if enforce_bos and not bos_token:
            raise ValueError("BOS token must be specified if enforcing BOS.")
        for token, name in ((bos_token, "BOS"), (pad_token, "PAD")):
            if token and token not in self.encoding_map:
                raise ValueError(f"{name} token missing in encoding.")

    def encode(self, inputs: list[Any]) -> list[int]:
        if self.enforce_bos and (not inputs or inputs[0] != self.bos_token):
            found = repr(inputs[0]) if inputs else "nothing"
            raise ValueError(
                f"First input token must be BOS token: {self.bos_token!r}, but was {found}."
            )
        missing = [x for x in inputs if x not in self.encoding_map]
        if missing:
            known = ", ".join(map(repr, self.encoding_map))
            raise ValueError(f"Inputs {missing} not found in encoding, which has {known}")
        if self._max_seq_len is not None and len(inputs) > self._max_seq_len:
            raise ValueError(
                f"inputs={inputs} are longer than the maximum sequence length {self._max_seq_len}"
            )
        return [self.encoding_map[x] for x in inputs]

    def decode(self, encodings: list[int]) -> list[Any]:
        missing = [x for x in encodings if not 0 <= x < len(self._values)]
        if missing:
            raise ValueError(f"Encodings {missing} not found: there are {self.vocab_size} values")
        return [self._values[int(x)] for x in encodings]

    @property
    def vocab_size(self) -> int:
        """How many values there are."""
        return len(self._values)

    @property
    def bos_token(self) -> Any:
        return self._bos_token

    @property
    def pad_token(self) -> Any:
        return self._pad_token

    @property
    def bos_encoding(self) -> int | None:
        return None if self.bos_token is None else self.encoding_map[self.bos_token]

    @property
    def pad_encoding(self) -> int | None:
        return None if self.pad_token is None else self.encoding_map[self.pad_token]
