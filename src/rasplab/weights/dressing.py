"""A network behind real norms, or with smooth units: made of one with neither, and undone.

What is added is exact but for rounding, and the checker bounds that (`rasplab.checker.centred`).

**A layer norm** reads x as (x - mean)/√(var + ε)·γ. Beside the stream stand four lanes. Whoever
writes a row writes minus its sum into `balance`, so that the mean is 0 but for rounding. Nobody
writes `zero`; behind the norm it holds minus the mean, and every reader reads it with minus the sum
of its other weights, so that what it reads is x, whatever the mean. Two lanes hold a large number A
and -A at every position: beside 2A²/N no other lane shows in the variance, and γ is its root.

**A root-mean-square norm** takes no mean: one lane holds A, and γ is √(ε + A²/N).

**Smooth units** f read s times as much, s a power of two, and write 1/s of it: f(s·z)/s is relu(z)
exactly where |s·z| is beyond `CORNER`, and elsewhere within a thirtieth of CORNER/s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.weights.architecture import EMBED, LAST_NORM, Activation, Norm, norm_of
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.config import NORM_LANES, Config
from rasplab.weights.frames import Basis, Nominal

Array = NDArray[np.floating]
Arrays = dict[str, Array]

ORDINARY = 1e-5
"""The ε of ordinary norms: GPT-2's own, and PyTorch's."""

CORNER: dict[Activation, dict[str, float]] = {
    "relu": {"float32": 0.0, "float64": 0.0},
    "gelu": {"float32": 8.0, "float64": 8.0},
    "silu": {"float32": 128.0, "float64": 768.0},
}
"""Beyond this a smooth unit is a relu in a format, and elsewhere within a thirtieth of it.

Of gelu the tanh is ±1 to the last place from 5.6 on in float32, from 7.4 on in float64, and it is
within 0.17 of relu. Of silu exp(-x) is infinite, or exp(x) and x·exp(x) are 0, below -104 in
float32 and -746 in float64, however it is computed; it is within 0.28 of relu."""


def sharpness(dtype: str) -> float:
    """The power of two s by which smooth units f(s·z)/s are relu(z), all but exactly.

    >>> sharpness("float32")
    16777216.0
    """
    return 2.0 ** _bits(dtype)


def anchor_above(length: float, bits: int) -> float:
    """The number that anchors hold beside a stream that is so long, in a format of so many bits.

    The larger it is, the less shows of the others beside it, and the less exact is what is computed
    of them. Of 2^p its square is far above what is rounded, and it is no more than that far above
    the stream.
    """
    return 2.0 ** ((bits + 1) // 2 + 1 + math.ceil(math.log2(length)))


def gain(norm: Norm, epsilon: float, anchor: float, lanes: int) -> float:
    """γ: what undoes the division by the root of variance, or mean square, and ε.

    >>> gain("rms", 0.0, 8.0, 4)
    4.0
    """
    return math.sqrt(epsilon + (2 if norm == "layer" else 1) * anchor**2 / lanes)


def balanced(rows: Array, lanes: int, balance: int) -> Array:
    """Rows that write the first columns of so many lanes, and minus their sum into one (... x N).

    >>> balanced(np.array([[1.0, 2.0]]), 4, 3).tolist()
    [[1.0, 2.0, 0.0, -3.0]]
    """
    wide = _widened(rows, lanes)
    wide[..., balance] = -wide.sum(axis=-1)
    return wide


def unmoved(columns: Array, zero: int) -> Array:
    """Columns (... x N x columns) that read a lane which is 0 so that the mean does not matter.

    >>> unmoved(np.array([[1.0], [2.0], [0.0]]), 2).tolist()
    [[1.0], [2.0], [-3.0]]
    """
    columns = columns.copy()
    columns[..., zero, :] = 0.0
    columns[..., zero, :] = -columns.sum(axis=-2)
    return columns


def _widened(rows: Array, lanes: int) -> Array:
    wide = np.zeros((*rows.shape[:-1], lanes))
    wide[..., : rows.shape[-1]] = rows
    return wide


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes beside a stream of so many columns, in the order zero, balance, A, -A; or A alone.

    >>> Lanes("layer", 3).zero, Lanes("layer", 3).anchors, Lanes("rms", 3).anchors
    (3, (5, 6), (3,))
    >>> Lanes("layer", 3).names, Lanes("none", 3).names
    (('zero', 'balance', 'A', '-A'), ())
    """

    norm: Norm
    width: int

    @property
    def names(self) -> tuple[str, ...]:
        """What each of them is called, in order."""
        match self.norm:
            case "layer":
                return ("zero", "balance", "A", "-A")
            case "rms":
                return ("A",)
            case "none":
                return ()
            case _:
                assert_never(self.norm)

    @property
    def total(self) -> int:
        """All of them, with the stream's columns."""
        return self.width + NORM_LANES[self.norm]

    @property
    def zero(self) -> int:
        """The lane that nobody writes."""
        return self.width

    @property
    def balance(self) -> int:
        """The lane with minus the sum of the others."""
        return self.width + 1

    @property
    def anchors(self) -> tuple[int, ...]:
        """The lanes that hold A, and -A."""
        return tuple(range(self.width + 2 if self.norm == "layer" else self.width, self.total))

    @property
    def signs(self) -> Array:
        """What these hold in units of A."""
        return np.array([1.0, -1.0])[: len(self.anchors)]

    def written(self, rows: Array) -> Array:
        """Rows that write the stream, with what they write beside it."""
        if self.norm == "layer":
            return balanced(rows, self.total, self.balance)
        return _widened(rows, self.total)

    def read(self, columns: Array) -> Array:
        """Columns (... x width x columns) that read the stream, with what they read beside it."""
        wide = _widened(columns.swapaxes(-1, -2), self.total).swapaxes(-1, -2)
        return unmoved(wide, self.zero) if self.norm == "layer" else wide


def writers(config: Config) -> list[str]:
    """The names of the arrays that write the stream, the embeddings' first."""
    steps = config.architecture.steps
    return ["embed.W_E", "pos_embed.W_pos", *(step.writing for step in steps)]


def readers(config: Config) -> list[str]:
    """The names of the arrays that read the stream, the read-out's last."""
    steps = config.architecture.steps
    return [*(name for step in steps for name in step.reading), "unembed.W_U"]


def dressed(
    weights: ModelWeights,
    norm: Norm = "none",
    activation: Activation = "relu",
    *,
    anchor: float = 0.0,
    epsilon: float = ORDINARY,
) -> ModelWeights:
    """Bare weights behind norms with so large an anchor, or with smooth units, or both.

    Raises:
        ValueError: they are not bare, or their format is a half.
    """
    c = weights.config
    plain = c.architecture.standard and weights.bases.keys() <= {EMBED}
    if not plain or c.dtype not in CORNER["relu"]:
        raise ValueError("only bare weights in float32 or float64 are put behind norms")
    lanes, sharp = Lanes(norm, c.d_model), 1.0 if activation == "relu" else sharpness(c.dtype)
    config = replace(
        c,
        d_model=lanes.total,
        norm=norm,
        norm_epsilon=0.0 if norm == "none" else epsilon,
        activation=activation,
    )
    arrays = _sharpened(weights.arrays, sharp)
    for name in writers(c):
        arrays[name] = lanes.written(arrays[name])
    for name in readers(c):
        arrays[name] = lanes.read(arrays[name])
    if norm != "none":
        arrays["pos_embed.W_pos"][:, list(lanes.anchors)] = anchor * lanes.signs
        own = np.full(lanes.total, gain(norm, epsilon, anchor, lanes.total))
        arrays |= dict.fromkeys(norms(config), own)
    stored = {name: np.ascontiguousarray(a, c.storage) for name, a in arrays.items()}
    nominal = weights.nominal or Nominal(dict(weights.arrays), {})
    bases = weights.bases if norm == "none" else {EMBED: _wider(weights, lanes)}
    return replace(weights, config=config, arrays=stored, bases=bases, nominal=nominal)


def norms(config: Config) -> list[str]:
    """The names of the arrays of all norms."""
    if config.norm == "none":
        return []
    blocks = config.architecture.blocks
    return [*(f"{norm_of(number, kind)}w" for number, kind in blocks), f"{LAST_NORM}w"]


def _sharpened(arrays: Arrays, sharp: float) -> Arrays:
    """The arrays with hidden units that read so many times as much."""
    by = {"W_in": sharp, "b_in": sharp, "W_out": 1 / sharp}
    return {n: a.astype(np.float64) * by.get(n.rpartition(".")[2], 1.0) for n, a in arrays.items()}


def _wider(weights: ModelWeights, lanes: Lanes) -> Basis:
    """The basis of a wider stream: what is written along a direction is written beside it, too.

    Named directions are read off the stream as it stands before a norm, where no mean matters.
    """
    basis, kind = weights.frame(EMBED).maps, weights.config.storage
    read = _widened(basis.read.T, lanes.total).T
    return Basis(
        np.ascontiguousarray(lanes.written(basis.write), kind), np.ascontiguousarray(read, kind)
    )


# -- and back


def undressed(weights: ModelWeights, dtype: str | None = None) -> tuple[ModelWeights, float]:
    """The bare weights that these were made of, and the anchor.

    They behave as the bare ones, to within what rounding adds, if this raises nothing: every lane
    and every gain is what the construction says, to within rounding in a format, by default their
    own.

    Raises:
        ValueError: with what is not so.

    >>> import rasplab
    >>> weights = rasplab.compile(rasplab.rasp.length, vocab="ab", max_length=3).weights
    >>> bare, anchor = undressed(dressed(weights, "layer", "silu", anchor=64.0))
    >>> anchor, all((bare.arrays[n] == a).all() for n, a in weights.arrays.items())
    (64.0, True)
    """
    c, dtype = weights.config, dtype or weights.config.dtype
    if c == c.bare:
        return weights, 0.0
    lanes, smooth = Lanes(c.norm, c.bare.d_model), c.activation != "relu"
    wide: Arrays = {name: a.astype(np.float64) for name, a in weights.arrays.items()}
    if not all(np.isfinite(array).all() for array in wide.values()):
        raise ValueError("it holds numbers that are not finite")
    anchor = _anchor(weights, wide, lanes, dtype)
    own = slice(0, lanes.width)
    arrays: Arrays = {n: a for n, a in wide.items() if n not in norms(c)}
    for name in writers(c):
        _check_written(name, wide[name], lanes, dtype, but=name == "pos_embed.W_pos")
        arrays[name] = wide[name][..., own]
    for name in readers(c):
        _check_read(name, wide[name], lanes, dtype)
        arrays[name] = wide[name][..., own, :]
    arrays = _sharpened(arrays, 1 / sharpness(c.dtype) if smooth else 1.0)
    stored = {name: np.ascontiguousarray(a, c.storage) for name, a in arrays.items()}
    if any((stored[name] != array).any() for name, array in arrays.items()):
        raise ValueError("what its units read is too small for the format without them")
    bases = {site: _narrower(basis, lanes, dtype) for site, basis in weights.bases.items()}
    return replace(weights, config=c.bare, arrays=stored, bases=bases), anchor


def _anchor(weights: ModelWeights, wide: Arrays, lanes: Lanes, dtype: str) -> float:
    """What anchors hold, once all of them do, and gains undo it."""
    c = weights.config
    if lanes.norm == "none":
        return 0.0
    held = wide["pos_embed.W_pos"][:, list(lanes.anchors)]
    anchor = float(held[0, 0])
    if not anchor > 0 or (held != anchor * lanes.signs).any():
        raise ValueError("the anchors of the norms are not the same at all positions")
    unit, right = 2.0 ** -_bits(dtype), gain(c.norm, c.norm_epsilon, anchor, lanes.total)
    for name in norms(c):
        if (np.abs(wide[name] - right) > unit * right).any():
            raise ValueError(f"{name} does not undo what the norm divides by")
    return anchor


def _bits(dtype: str) -> int:
    return 53 if dtype == "float64" else 24


def _check_written(name: str, wide: Array, lanes: Lanes, dtype: str, *, but: bool) -> None:
    """Lanes beside the stream hold what rows have to write there, but for anchors of positions.

    The sum of a row and its balance is within γ(d + 1) of the row's size of 0.
    """
    if lanes.norm == "none":
        return
    if not but and wide[..., list(lanes.anchors)].any():
        raise ValueError(f"{name} writes an anchor of the norms")
    if lanes.norm != "layer":
        return
    rows = wide[..., : lanes.width]
    off = np.abs(wide[..., lanes.balance] + rows.sum(axis=-1))
    if wide[..., lanes.zero].any() or (off > _bound(rows, -1, dtype)).any():
        raise ValueError(f"what {name} writes does not add up to 0")


def _check_read(name: str, wide: Array, lanes: Lanes, dtype: str) -> None:
    """Nobody reads balance or anchors, and the lane that is 0 is read so that means cancel."""
    if lanes.norm == "none":
        return
    others = [*lanes.anchors, *([lanes.balance] if lanes.norm == "layer" else [])]
    if wide[..., others, :].any():
        raise ValueError(f"{name} reads a lane of the norms")
    if lanes.norm != "layer":
        return
    columns = wide[..., : lanes.width, :]
    off = np.abs(wide[..., lanes.zero, :] + columns.sum(axis=-2))
    if (off > _bound(columns, -2, dtype)).any():
        raise ValueError(f"{name} reads the mean of the stream")


def _bound(terms: Array, axis: int, dtype: str) -> Array:
    count = terms.shape[axis] + 1
    unit = count * 2.0 ** -_bits(dtype)
    return unit / (1 - unit) * np.abs(terms).sum(axis=axis)


def _narrower(basis: Basis, lanes: Lanes, dtype: str) -> Basis:
    """The basis of the stream without its lanes."""
    if lanes.norm == "none":
        return basis
    _check_written("the basis", basis.write.astype(np.float64), lanes, dtype, but=False)
    if basis.read[lanes.width :].any():
        raise ValueError("a named direction is read off a lane of the norms")
    own = slice(0, lanes.width)
    return Basis(np.ascontiguousarray(basis.write[:, own]), np.ascontiguousarray(basis.read[own]))
