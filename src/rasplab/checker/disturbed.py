"""Disguised weights, seen from the nominal ones: by how much every array differs from them.

The stream s' of the disguised network has as many columns as there are named directions, and P =
`write` is proved to have an inverse. So s := s'·P⁻¹ are coordinates along the named directions, and
nothing is left over. Whoever reads W' reads s'·W' = s·P·W', and whoever writes a row of W' adds it
times P⁻¹ to s. A head's inner spaces are undone likewise (see `Nominal`). All that is stored is
compared as such products with the nominal arrays, entry by entry; no array is trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rasplab.checker.arithmetic import Array
from rasplab.checker.near import Near, identity, inverse, lengths
from rasplab.checker.spills import Spilling
from rasplab.checker.stream import WIDER, RefutedError
from rasplab.weights.architecture import EMBED
from rasplab.weights.artefact import ModelWeights


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A map that reads the stream, against the nominal one (directions × columns).

    It differs by `shift`, its bias by at most `constant`. Its stored columns are as long as
    `lengths` says, have biases of the size `bias`, and what they are rounded by counts in the
    nominal columns as `back` says (stored × nominal columns).
    """

    nominal: Array
    shift: Near
    constant: Array
    lengths: Array
    bias: Array
    back: Array


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """What a head's inner space is mixed by, and how that is undone."""

    by: Near
    undone: Near


@dataclass(slots=True)
class Disturbed:
    """The disguised arrays as they are stored, and the nominal ones that the proof follows.

    `stretch` is how much longer a stream can be than its coordinates; `back` is how much, along
    each direction, an error in the stored stream of length 1 can be.
    """

    stored: dict[str, Array]
    nominal: dict[str, Array]
    mixes: dict[str, Array]
    write: Array
    undone: Near
    stretch: float
    back: Array
    readers: dict[str, Reader] = field(default_factory=dict[str, Reader])

    @classmethod
    def of(cls, weights: ModelWeights) -> Disturbed:
        """The arrays of disguised weights.

        Raises:
            RefutedError: the stream of the disguised network cannot be undone, or the map that
                reads it is not what undoes it.
        """
        assert weights.nominal is not None
        width = weights.config.d_model
        write, undone = np.eye(width), identity(width)
        if weights.bases:
            basis = weights.bases[EMBED]
            write = basis.write.astype(np.float64)
            undone = inverse(write, "the basis of the stream")
            _check_read(basis.read.astype(np.float64), undone, basis.read.dtype)
        square = Near.of(write).times(Near.of(np.ascontiguousarray(write.T))).size
        return cls(
            {name: a.astype(np.float64) for name, a in weights.arrays.items()},
            {name: a.astype(np.float64) for name, a in weights.nominal.arrays.items()},
            {name: a.astype(np.float64) for name, a in weights.nominal.mixes.items()},
            write,
            undone,
            float(np.sqrt(square.sum(axis=1).max(initial=0.0))) * WIDER,
            lengths(undone.size, axis=0),
        )

    def reader(self, name: str, head: int | None = None) -> Reader:
        """How a map, such as `blocks.0.mlp.W_in`, differs; in a head, undone as it was mixed."""
        key = name if head is None else f"{name}.{head}"
        if key not in self.readers:
            self.readers[key] = self._reader(name, head)
        return self.readers[key]

    def _reader(self, name: str, head: int | None) -> Reader:
        matrix, bias = _part(self.stored, name, head)
        nominal, nominal_bias = _part(self.nominal, name, head)
        read, constant = Near.of(self.write).times(Near.of(matrix)), Near.of(bias[None])
        back = np.eye(len(bias))
        if head is not None:
            undo = self._undo(name, head)
            read, constant, back = read.times(undo), constant.times(undo), undo.size
        return Reader(
            nominal,
            read.minus(nominal),
            constant.minus(nominal_bias[None]).size[0],
            lengths(matrix, axis=0),
            np.abs(bias),
            back,
        )

    def mix(self, block: str, part: str, head: int) -> Mix:
        """What the queries (`QK`) or the values (`OV`) of a head are mixed by."""
        found = self.mixes.get(f"{block}{part}")
        if found is None:
            same = identity(self.stored[f"{block}W_Q"].shape[-1])
            return Mix(same, same)
        return Mix(Near.of(found[head]), inverse(found[head], f"the {part} mix of a head"))

    def _undo(self, name: str, head: int) -> Near:
        block, _, matrix = name.rpartition("W_")
        if matrix == "K":  # k' = k·M⁻ᵀ
            by = self.mix(block, "QK", head).by
            return Near(by.value.T, by.off.T)
        return self.mix(block, "QK" if matrix == "Q" else "OV", head).undone

    def spilling(self, name: str, head: int | None = None) -> Spilling:
        """What the rows of a map that writes, such as `blocks.0.mlp.W_out`, differ by.

        Of a head, per unit of the nominal values; its lengths are those that have been mixed.
        """
        stored = self.stored[name] if head is None else self.stored[name][head]
        nominal = self.nominal[name] if head is None else self.nominal[name][head]
        written, sizes = Near.of(stored).times(self.undone), lengths(stored, axis=1)
        if head is not None:
            mix = self.mix(name.removesuffix("W_O"), "OV", head).by
            written, sizes = mix.times(written), mix.size @ sizes * WIDER
        return Spilling(written.minus(nominal).size, sizes)


def _part(arrays: dict[str, Array], name: str, head: int | None) -> tuple[Array, Array]:
    front, _, kind = name.rpartition("W_")
    matrix, bias = arrays[name], arrays[f"{front}b_{kind}"]
    return (matrix, bias) if head is None else (matrix[head], bias[head])


def _check_read(read: Array, undone: Near, kind: np.dtype) -> None:
    """What reads the stream by names undoes what wrote it, but for the rounding of both.

    Each was rounded to the format, and the inverse of what was rounded differs by no more than a
    few units times |P⁻¹|·|P|·|P⁻¹|; rows of P⁻¹ have length 1 where P is orthogonal.
    """
    unit = float(np.finfo(kind).eps)
    size = float(undone.size.sum(axis=1).max(initial=0.0))
    alike = read.shape == undone.value.shape
    if not alike or not (np.abs(read - undone.value) <= 4 * unit * size**2).all():
        raise RefutedError("the named directions are not read as they are written")
