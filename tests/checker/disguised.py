"""Small disguises made by hand: arrays that a test writes down, all else 0."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from rasplab.checker.arithmetic import Array, Format
from rasplab.checker.disturbed import Disturbed
from rasplab.checker.near import identity
from rasplab.checker.strays import Strays
from rasplab.checker.stream import Held
from rasplab.weights import EMBED, Basis
from rasplab.weights.artefact import VariablePlace

WIDTH, HEADS, INNER, UNITS, COLUMNS, LENGTH = 3, 2, 2, 4, 2, 3
BLOCK = "blocks.0."
SHAPES = {
    "embed.W_E": (4, WIDTH),
    "pos_embed.W_pos": (LENGTH + 1, WIDTH),
    **{f"{BLOCK}attn.W_{part}": (HEADS, WIDTH, INNER) for part in "QKV"},
    **{f"{BLOCK}attn.b_{part}": (HEADS, INNER) for part in "QKV"},
    f"{BLOCK}attn.W_O": (HEADS, INNER, WIDTH),
    f"{BLOCK}mlp.W_in": (WIDTH, UNITS),
    f"{BLOCK}mlp.b_in": (UNITS,),
    f"{BLOCK}mlp.W_out": (UNITS, WIDTH),
    "unembed.W_U": (WIDTH, COLUMNS),
    "unembed.b_U": (COLUMNS,),
}

ENDLESS = Format("endless", 400, 2.0**300, 0.0)
"""It rounds nothing that could be seen."""

COARSE = Format("coarse", 10, 2.0**300, 0.0, 5, 3)
"""So many roundings t are t / (1024 - t) in it."""

LOSING = Format("losing", 400, 2.0**300, 1.0, 5, 3)
"""It rounds nothing, but every product may lose 1 where numbers are subnormal."""


def arrays(**given: Any) -> dict[str, Array]:
    """All arrays by their last names, 0 but for those that are given."""
    found = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for part, array in given.items():
        (name,) = [n for n in SHAPES if n.endswith(f".{part}")]
        found[name] = np.array(array, np.float64)
        assert found[name].shape == SHAPES[name]
    return found


def disturbed(
    stored: Mapping[str, Array],
    nominal: Mapping[str, Array],
    write: Any = None,
    read: Any = None,
    mixes: Mapping[str, Any] | None = None,
) -> Disturbed:
    """These weights; without `write` the stream's columns are the directions."""
    bases = {} if write is None else {EMBED: Basis(np.array(write), np.array(read))}
    mixed = {name: np.array(mix) for name, mix in (mixes or {}).items()}
    weights = SimpleNamespace(
        config=SimpleNamespace(d_model=WIDTH),
        bases=bases,
        arrays=dict(stored),
        nominal=SimpleNamespace(arrays=dict(nominal), mixes=mixed),
    )
    return Disturbed.of(cast(Any, weights))


def only_embedded(width: int) -> Disturbed:
    """A stream of so many columns, into which nothing is embedded and nobody writes."""
    tables = {name: np.zeros((2, width)) for name in ("embed.W_E", "pos_embed.W_pos")}
    return Disturbed(tables, tables, {}, np.eye(width), identity(width), 1.0, np.ones(width))


def strays(
    of: Disturbed, form: Format, elsewhere: Any = None, at_bos: Any = None, **places: VariablePlace
) -> Strays:
    """Strays on their way, with so much of them on each direction already."""
    found = Strays(of, form, places)
    found.elsewhere = np.zeros(len(of.write)) if elsewhere is None else np.array(elsewhere)
    found.at_bos = np.zeros(len(of.write)) if at_bos is None else np.array(at_bos)
    return found


def held(start: int, rows: Any, **parts: Any) -> Held:
    """A variable with these rows; errors are 0 where none are given."""
    table = np.array(rows, np.float64)
    none = np.zeros(table.shape[1])
    of = {name: none + np.array(parts.get(name, 0.0)) for name in ("relative", "absolute")}
    at_bos = {name: none + np.array(parts.get(name, 0.0)) for name in ("bos", "bos_error")}
    return Held(start, table, **of, **at_bos)


def just_above(bounds: Any, truths: Any) -> bool:
    """Whether each bound is above what is true, by what float64 itself rounds and no more."""
    pairs = list(zip(np.ravel(bounds).tolist(), np.ravel(truths).tolist(), strict=True))
    return all(
        0 <= bound < 1e-90 if truth == 0 else truth < bound <= truth * (1 + 1e-9)
        for bound, truth in pairs
    )


def exact(matrix: Any) -> list[list[Fraction]]:
    """The numbers of a matrix as fractions."""
    return [[Fraction(x) for x in row] for row in np.array(matrix).tolist()]


def product(one: list[list[Fraction]], other: list[list[Fraction]]) -> list[list[Fraction]]:
    """The product of two matrices of fractions."""
    columns = list(zip(*other, strict=True))
    return [[sum((a * b for a, b in zip(r, c, strict=True)), Fraction()) for c in columns]
            for r in one]  # fmt: skip
