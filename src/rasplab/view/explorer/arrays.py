"""Arrays as text: little-endian numbers in base64, or only those that are not zero."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ArrayData:
    """An array: its shape, the type of its numbers, and the numbers.

    With an `index` (of 32-bit integers, in base64 as the numbers are) the numbers stand at these
    places of the flat array, and zeros elsewhere.
    """

    shape: tuple[int, ...]
    dtype: str
    numbers: str
    index: str | None


def pack(array: NDArray[np.floating]) -> ArrayData:
    """The shorter of both forms.

    >>> pack(np.array([[0.0, 0.0, 0.0], [0.0, 1.5, 0.0]], np.float32))
    ArrayData(shape=(2, 3), dtype='float32', numbers='AADAPw==', index='BAAAAA==')
    """
    dtype = "float64" if array.dtype == np.float64 else "float32"
    flat = array.astype(np.dtype(dtype).newbyteorder("<")).ravel()
    places = np.flatnonzero(flat).astype("<u4")
    if len(places) * (places.itemsize + flat.itemsize) < len(flat) * flat.itemsize:
        return ArrayData(array.shape, dtype, _text(flat[places]), _text(places))
    return ArrayData(array.shape, dtype, _text(flat), None)


def _text(numbers: NDArray[np.generic]) -> str:
    return base64.b64encode(numbers.tobytes()).decode("ascii")
