"""What a head reads at BOS is exactly what it should be, in each format and in any order."""

from __future__ import annotations

import numpy as np
import pytest

from rasplab.craft.affine import Affine
from rasplab.craft.blocks import Head, Provenance, Scores, Sharpness
from rasplab.craft.model import CraftModel, Embedding, Output
from rasplab.craft.precision import PRECISIONS, Precision
from rasplab.craft.space import Direction, Subspace
from rasplab.craft.stored import stored

WIDTH = 3


def subspace(name: str, at_bos: np.ndarray) -> Subspace:
    directions = tuple(Direction(name, (i,)) for i in range(len(at_bos)))
    return Subspace(directions, at_bos, np.ones(len(at_bos)), True)


def reading(draw: np.random.Generator, parts: list[Subspace], goal: np.ndarray) -> Affine:
    """A map of numbers of many sizes, which is `goal` at BOS but for rounding."""
    sizes = 10.0 ** draw.uniform(-3, 1, 8)
    matrices = [
        draw.normal(size=(len(s), WIDTH)) * draw.choice(sizes, (len(s), WIDTH)) for s in parts
    ]
    bias = draw.normal(size=WIDTH) * draw.choice(sizes, WIDTH)
    affine = Affine(tuple(zip(parts, matrices, strict=True)), bias, np.zeros(WIDTH))
    return Affine(affine.parts, bias, goal - affine.at_bos())


def kept(draw: np.random.Generator, precision: Precision) -> tuple[Head, Head]:
    """A head as it is meant and as it is stored."""
    parts = [subspace(name, draw.integers(0, 2, 4).astype(float)) for name in "ab"]
    writes = subspace("w", draw.integers(0, 3, WIDTH).astype(float))
    key, query = (reading(draw, parts, np.zeros(WIDTH)) for _ in range(2))
    meant = Head(
        query,
        key,
        reading(draw, parts, writes.at_bos),
        writes,
        1.0,
        "move",
        Scores(1.0, 0.0, 0.5, 1.0, 1.0, 0.0, 1, 0.0, Sharpness(0.5)),
        Provenance("w", "w"),
    )
    craft = CraftModel(("a",), 3, False, (), (meant,), key, Output((0, 1), False))
    (found,) = stored(craft, precision).blocks
    assert isinstance(found, Head)
    return meant, found


def sum_in(precision: Precision, terms: list[float], draw: np.random.Generator) -> float:
    """In a random order, rounded at every step."""
    draw.shuffle(terms)  # pyright: ignore[reportArgumentType]
    total = 0.0
    for term in terms:
        total = float(precision.rounded(np.array([total + term]))[0])
    return total


def terms_at_bos(affine: Affine, column: int) -> list[float]:
    found = [float(affine.bias[column]), float(affine.bos[column])]
    for part, matrix in affine.parts:
        found += (part.at_bos * matrix[:, column]).tolist()
    return found


@pytest.mark.parametrize("name", PRECISIONS)
@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_left_at_bos_by_rounding(name: str, seed: int) -> None:
    precision, draw = PRECISIONS[name], np.random.default_rng(seed)
    meant, found = kept(draw, precision)
    for affine, own in ((found.value, meant.writes.at_bos), (found.key, None), (found.query, None)):
        for column in range(WIDTH - (own is None)):  # the last feature is BOS's own score
            goal = 0.0 if own is None else float(own[column])
            for _ in range(5):
                assert sum_in(precision, terms_at_bos(affine, column), draw) == goal


@pytest.mark.parametrize("name", PRECISIONS)
@pytest.mark.parametrize("seed", range(10))
def test_stored_weights_are_numbers_of_the_format_near_those_that_are_meant(
    name: str, seed: int
) -> None:
    precision, draw = PRECISIONS[name], np.random.default_rng(seed)
    meant, found = kept(draw, precision)
    for a, b in ((meant.value, found.value), (meant.key, found.key), (meant.query, found.query)):
        sums = np.abs(a.bias) + sum(np.abs(m).sum(axis=0) for _, m in a.parts) + np.abs(a.bos)
        pairs = [(x, y) for (_, x), (_, y) in zip(a.parts, b.parts, strict=True)]
        for x, y in [(a.bias, b.bias), (a.bos, b.bos), *pairs]:
            assert np.array_equal(precision.rounded(y), y)
            assert (np.abs(x - y) <= 40 * precision.roundoff * sums).all()


def test_embeddings_and_the_readout_are_rounded_to_the_nearest() -> None:
    precision, draw = PRECISIONS["bfloat16"], np.random.default_rng(0)
    one = subspace("a", np.zeros(4))
    rows, readout = draw.normal(size=(5, 4)), reading(draw, [one], np.zeros(WIDTH))
    embedding = Embedding(one, rows, "token")
    craft = CraftModel(tuple("abcde"), 3, False, (embedding,), (), readout, Output((0,), False))
    found = stored(craft, precision)
    assert np.array_equal(found.embeddings[0].rows, precision.rounded(rows))
    assert np.array_equal(found.readout.bias, precision.rounded(readout.bias))
    assert np.array_equal(found.readout.parts[0][1], precision.rounded(readout.parts[0][1]))
