"""Arrays whose axes have names and whose places along them have labels."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, diagnostic

Label: TypeAlias = "str | int"


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """An array, the names of its axes, and a label for every place along each.

    `shown` may have, per axis, other texts for the labels: they are printed, and select as well.

    >>> pattern = Named(np.eye(2), ("query", "key"), {"query": ("bos", 0), "key": ("bos", 0)})
    >>> pattern.sel(query=0, key="bos").item()
    0.0
    >>> print(pattern.sel(query=0))
    key
    bos  0
    0    1
    """

    array: NDArray[np.floating]
    axes: tuple[str, ...]
    labels: Mapping[str, tuple[Label, ...]]
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])

    def sel(self, **where: Label | Sequence[Label]) -> Named:
        """The part at the given labels: one label removes its axis, a list keeps those of it.

        Raises:
            InputError: E417 for an axis or a label that is not there.
        """
        part = self
        for axis, wanted in where.items():
            part = part._at(axis, wanted)
        return part

    def item(self) -> float:
        """The number, where one place is left."""
        return float(self.array.item())

    def texts(self, axis: str) -> tuple[str, ...]:
        """What is printed for each label of an axis."""
        return self.shown.get(axis) or tuple(map(str, self.labels[axis]))

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self.array.shape

    def __array__(
        self, dtype: np.dtype[np.generic] | None = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        return np.array(self.array, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        match self.axes:
            case ():
                return number(self.item())
            case (axis,):
                rows = [[t, number(x)] for t, x in zip(self.texts(axis), self.array, strict=True)]
                return table([[axis], *rows])
            case (down, across):
                head = [f"{down} \\ {across}", *self.texts(across)]
                rows = zip(self.texts(down), self.array, strict=True)
                return table([head, *([t, *map(number, row)] for t, row in rows)])
            case _:
                return repr(self)

    def __repr__(self) -> str:
        sizes = zip(self.axes, self.shape, strict=True)
        return f"Named({', '.join(f'{axis} {size}' for axis, size in sizes)})"

    def _at(self, axis: str, wanted: Label | Sequence[Label]) -> Named:
        if axis not in self.axes:
            raise InputError(unknown("axis", axis, self.axes))
        if isinstance(wanted, str | int):
            index = self._index(axis, wanted)
            array = np.asarray(self.array.take(index, axis=self.axes.index(axis)))
            return Named(array, tuple(a for a in self.axes if a != axis), self.labels, self.shown)
        kept = [self._index(axis, label) for label in wanted]
        array = self.array.take(kept, axis=self.axes.index(axis))
        labels = {**self.labels, axis: tuple(self.labels[axis][i] for i in kept)}
        shown = {**self.shown, axis: tuple(self.texts(axis)[i] for i in kept)}
        return Named(array, self.axes, labels, shown)

    def _index(self, axis: str, label: Label) -> int:
        for known in (self.labels[axis], self.texts(axis)):
            if label in known:
                return known.index(label)
        raise InputError(unknown(axis, label, (*self.labels[axis], *self.texts(axis))))


def number(x: float) -> str:
    """A number as a person reads it: three digits, no trailing zeros."""
    return f"{x:.3g}" if x else "0"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells in columns, two spaces apart."""
    count = max(map(len, rows), default=0)
    widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(count)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def unknown(kind: str, wanted: Label, known: Sequence[Label]) -> Diagnostic:
    """What to say where a name is asked for that is not there (E417)."""
    texts = list(dict.fromkeys(map(str, known)))
    close = difflib.get_close_matches(str(wanted), texts, 1)
    shown = ", ".join(texts[:12]) + (", …" if len(texts) > 12 else "")
    return diagnostic(
        "E417",
        f"there is no {kind} {wanted!r}",
        notes=[f"there is {shown}" if shown else "there is none"],
        help=f"did you mean {close[0]!r}?" if close and close[0] != str(wanted) else None,
    )
