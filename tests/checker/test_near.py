"""Matrices that are known up to an error, what parts spill, and what disguised arrays differ by."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from rasplab.checker import near
from rasplab.checker.arithmetic import Array
from rasplab.checker.disturbed import Reader
from rasplab.checker.near import Near, inverse, lengths
from rasplab.checker.spills import Spilled, Spilling
from rasplab.checker.stream import RefutedError
from tests.checker.disguised import (
    BLOCK,
    HEADS,
    INNER,
    SHAPES,
    WIDTH,
    arrays,
    disturbed,
    exact,
    just_above,
    product,
)

# -- matrices


def corners(matrix: Near) -> Iterator[Array]:
    """Every matrix whose entries are all at an end of what they can be."""
    for signs in itertools.product((-1, 1), repeat=matrix.value.size):
        yield matrix.value + np.reshape(signs, matrix.value.shape) * matrix.off


def drawn(draw: np.random.Generator, signs: Array) -> Near:
    return Near(signs * draw.integers(0, 9, signs.shape) / 8, draw.integers(1, 5, signs.shape) / 16)


@pytest.mark.parametrize("seed", range(5))
def test_a_product_is_off_by_what_it_is_at_the_worst_corner(seed: int) -> None:
    """All products are on one side of 0, so that the worst of each can come together."""
    draw = np.random.default_rng(seed)
    signs = draw.choice((-1.0, 1.0), (1, 3))
    one, other = drawn(draw, signs), drawn(draw, (-1) ** seed * signs.T)
    found = one.times(other)
    worst = max(
        abs(float((a @ b)[0, 0]) - float(found.value[0, 0]))
        for a in corners(one)
        for b in corners(other)
    )
    assert just_above(found.off, worst)
    assert just_above(one.size, np.max([abs(a) for a in corners(one)], axis=0))


def test_every_entry_of_a_product_has_its_own_error() -> None:
    one = Near(np.array([[1.0, -2.0], [0.0, 4.0]]), np.array([[0.0, 0.5], [0.25, 0.0]]))
    other = Near(np.array([[2.0, 0.0], [-8.0, 1.0]]), np.array([[0.0, 1.0], [2.0, 0.0]]))
    # 1·0 + 2·2 + .5·(8 + 2), 1·1 + 2·0 + .5·1; 0·0 + 4·2 + .25·2, 0·1 + 4·0 + .25·1
    assert just_above(one.times(other).off, [[9.0, 1.5], [8.5, 0.25]])


@pytest.mark.parametrize("terms", [1, 2, 3, 400])
def test_a_product_is_off_by_what_float64_rounds(terms: int) -> None:
    """Also where all but nothing is left of what is added up."""
    draw = np.random.default_rng(terms)
    for _ in range(40 if terms < 10 else 2):
        a = 2.0**20 * draw.normal(size=(1, terms))
        b = draw.normal(size=(terms, 1))
        if terms > 1:
            a[0, 0] = -np.delete(a[0], 0) @ b[1:, 0] / b[0, 0]
        found = Near.of(a).times(Near.of(b))
        off = abs(product(exact(a), exact(b))[0][0] - Fraction(float(found.value[0, 0])))
        assert off <= Fraction(float(found.off[0, 0]))
        assert found.off[0, 0] < 1e-12 * (np.abs(a) @ np.abs(b))[0, 0]


def test_a_long_product_is_off_by_all_that_may_be_lost_beside_1() -> None:
    """2^-53, and a little less of it, is lost wherever it is added to 1."""
    small = np.full((1, 4000), 2.0**-53 * 0.99)
    small[0, 0] = 1.0
    found = Near.of(small).times(Near.of(np.ones((4000, 1))))
    off = product(exact(small), exact(np.ones((4000, 1))))[0][0] - Fraction(found.value[0, 0])
    assert abs(off) <= Fraction(float(found.off[0, 0]))


def test_a_difference_is_off_by_what_is_taken_from_and_by_what_float64_rounds() -> None:
    found = Near(np.array([[3.0]]), np.array([[0.5]])).minus(np.array([[5.0]]))
    assert found.value.tolist() == [[-2.0]]
    assert just_above(found.off, [[0.5]])
    for value, other in ((0.1, 1e9), (1e9, 0.1), (-0.1, 0.3), (2.0, 0.1)):
        rounded = Near.of(np.array([[value]])).minus(np.array([[other]]))
        truth = Fraction(value) - Fraction(other)
        off = abs(truth - Fraction(float(rounded.value[0, 0])))
        assert 0 < off <= Fraction(float(rounded.off[0, 0])) < abs(truth) / 10**12


def test_lengths_are_rounded_up() -> None:
    matrix = np.array([[3.0, 0.0, 5.0], [-4.0, 2.0, -12.0]])
    assert just_above(lengths(matrix, axis=0), [5.0, 2.0, 13.0])
    assert just_above(lengths(np.array([[2.0, -1.0, 2.0], [2.0, 3.0, 6.0]]), axis=1), [3.0, 7.0])


@pytest.mark.parametrize("size", [1.0, -(2.0**-30), 2.0**40])
def test_an_inverse_is_as_near_as_is_said(size: float) -> None:
    matrix = size * np.array([[3.0, 1.0], [1.0, 2.0]])
    truth = [[Fraction(n) / 5 / Fraction(size) for n in row] for row in ((2, -1), (-1, 3))]
    found = inverse(matrix, "it")
    for (i, j), off in np.ndenumerate(found.off):
        away = abs(truth[i][j] - Fraction(float(found.value[i, j])))
        assert away <= Fraction(float(off)) < abs(truth[i][j]) / 10**12


ROUGH: dict[str, Any] = {
    "less": ([[1.0]], [[0.75]]),  # I + D = 3/4, so R/(1 - 1/4) is P⁻¹ to the last term
    "below 0": ([[-2.0]], [[-0.375]]),
    "one of two": ([[1.0, 0.0], [0.0, 1.0]], [[0.75, 0.0], [0.0, 1.0]]),
    "a row": ([[1.0, 0.0], [0.0, 1.0]], [[0.75, -0.125], [0.0, 0.75]]),
    "a column": ([[1.0, 0.0], [0.0, 1.0]], [[0.75, 0.0], [-0.125, 0.75]]),
}


@pytest.mark.parametrize("how", ROUGH)
def test_an_inverse_that_was_computed_badly_is_off_by_all_that_is_left(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix, computed = (np.array(one) for one in ROUGH[how])
    truth = np.linalg.inv(matrix)
    monkeypatch.setattr(np.linalg, "inv", lambda _: computed)
    found = inverse(matrix, "it")
    assert (found.off >= np.abs(truth - computed)).all()


@pytest.mark.parametrize("computed", [0.25, 0.0, -0.5, 1.75, np.nan])
def test_what_does_not_undo_a_matrix_is_no_inverse(
    computed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np.linalg, "inv", lambda _: np.array([[computed]]))
    with pytest.raises(RefutedError, match="cannot be undone"):
        inverse(np.array([[1.0]]), "it")


def test_a_matrix_that_has_no_inverse_has_none() -> None:
    with pytest.raises(RefutedError, match="cannot be undone"):
        inverse(np.array([[1.0, 2.0], [2.0, 4.0]]), "it")
    with pytest.raises(RefutedError, match="as many rows"):
        inverse(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), "it")
    assert near.identity(2).value.tolist() == [[1.0, 0.0], [0.0, 1.0]]


# -- spills

SPILLING = Spilling(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([7.0, 8.0, 9.0]))


def parts(spilled: Spilled) -> list[Any]:
    return [spilled.lanes.tolist(), spilled.lengths.tolist(), spilled.terms.tolist()]


def test_parts_spill_as_much_as_they_are_awake() -> None:
    """Rows of activations, of which those above 0 are terms."""
    found = SPILLING.some_of(np.array([[2.0, 0.0], [0.5, 1.0]]), np.array([0, 2]))
    assert parts(found) == [[[2.0, 4.0], [5.5, 7.0]], [14.0, 12.5], [1.0, 2.0]]
    assert parts(SPILLING.all_of(np.array([1.0, 0.0, 2.0]))) == [[[11.0, 14.0]], [25.0], [2.0]]
    some = SPILLING[np.array([False, True, True])].all_of(np.array([1.0, 1.0]))
    assert parts(some) == [[[8.0, 10.0]], [17.0], [2.0]]


ONE = Spilled(np.array([[1.0, 5.0], [3.0, 2.0]]), np.array([1.0, 6.0]), np.array([4.0, 2.0]))
OTHER = Spilled(np.array([[2.0, 4.0], [1.0, 7.0]]), np.array([5.0, 3.0]), np.array([3.0, 8.0]))


def test_spills_add_up_and_the_worst_is_the_worst_of_each() -> None:
    assert parts(ONE.plus(OTHER)) == [[[3.0, 9.0], [4.0, 9.0]], [6.0, 9.0], [7.0, 10.0]]
    assert parts(ONE.most(OTHER)) == [[[2.0, 5.0], [3.0, 7.0]], [5.0, 6.0], [4.0, 8.0]]
    assert parts(ONE.worst(slice(None))) == [[[3.0, 5.0]], [6.0], [4.0]]
    assert parts(ONE.worst(np.array([False, True]))) == [[[3.0, 2.0]], [6.0], [2.0]]
    nothing = [[[0.0, 0.0]], [0.0], [0.0]]
    assert parts(ONE.worst(np.array([False, False]))) == nothing
    assert parts(Spilled.nothing(2)) == nothing


# -- disguised arrays

WRITE = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
READ = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, -0.5, 1.0]])
QK = np.array([[[1.0, 2.0], [0.0, 0.5]], [[-1.0, 0.0], [4.0, 1.0]]])
OV = np.array([[[2.0, 0.0], [1.0, 1.0]], [[1.0, 1.0], [0.0, -4.0]]])
MIXES = {f"{BLOCK}attn.QK": QK, f"{BLOCK}attn.OV": OV}


def off_arrays(seed: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Stored and nominal arrays that have little in common, of quarters."""
    draw = np.random.default_rng(seed)
    found: Any = [
        {name: draw.integers(-12, 13, shape) / 4 for name, shape in SHAPES.items()} for _ in "sn"
    ]
    return found


def test_a_stream_is_stretched_and_its_errors_are_turned_back() -> None:
    of = disturbed(arrays(), arrays(), WRITE, READ)
    draw = np.random.default_rng(0)
    for row in draw.normal(size=(200, WIDTH)):
        assert np.linalg.norm(row @ WRITE) <= of.stretch * np.linalg.norm(row)
        assert (np.abs(row @ READ) <= of.back * np.linalg.norm(row)).all()
    # the rows of P·Pᵀ are (1, 0, 0), (0, 4, 2) and (0, 2, 2); the columns of P⁻¹ are seen
    assert just_above(of.stretch, np.sqrt(6.0))
    assert just_above(of.back, [1.0, np.sqrt(0.5), 1.0])
    assert just_above([disturbed(arrays(), arrays()).stretch], [1.0])


READERS = [(f"{BLOCK}attn.W_{part}", head) for part in "QKV" for head in range(HEADS)]
READERS += [(f"{BLOCK}mlp.W_in", None), ("unembed.W_U", None)]


def inner(name: str, head: int | None) -> Array:
    """What undoes the columns of a map: q = q'·M⁻¹, k = k'·Mᵀ, v = v'·M⁻¹."""
    if head is None:
        return np.eye(SHAPES[name][-1])
    match name[-1]:
        case "Q":
            return np.linalg.inv(QK[head])
        case "K":
            return QK[head].T
        case _:
            return np.linalg.inv(OV[head])


@pytest.mark.parametrize(("name", "head"), READERS)
def test_who_reads_differs_by_what_it_reads_of_the_same_stream(name: str, head: int | None) -> None:
    stored, nominal = off_arrays(1)
    of = disturbed(stored, nominal, WRITE, READ, MIXES)
    for number in range(HEADS):  # what is kept of others is not taken for this one
        of.reader(f"{BLOCK}attn.W_K", number)
    found, undo = of.reader(name, head), inner(name, head)
    front, _, kind = name.rpartition("W_")
    matrix, bias, wanted, wanted_bias = (
        array[name if part == "W" else f"{front}b_{kind}"][... if head is None else head]
        for array, part in itertools.product((stored, nominal), "Wb")
    )
    assert (found.nominal == wanted).all()
    differs = bias @ undo - wanted_bias
    assert np.allclose(found.constant, np.abs(differs), rtol=1e-12)
    assert (found.constant >= np.abs(differs)).all()
    for row in np.random.default_rng(2).integers(-9, 10, (20, WIDTH)):
        off = (row @ WRITE @ matrix + bias) @ undo - (row @ wanted + wanted_bias)
        assert np.allclose(off, row @ found.shift.value + differs, atol=1e-12)
    check_columns(found, matrix, bias, undo)


def check_columns(found: Reader, matrix: Array, bias: Array, undo: Array) -> None:
    """Of stored columns: their length, their bias, and what an error in one is in nominal ones."""
    assert just_above(found.lengths, [np.sqrt(float(column @ column)) for column in matrix.T])
    assert (found.bias == np.abs(bias)).all()
    assert np.allclose(found.back, np.abs(undo), rtol=1e-9)
    assert (found.back >= np.abs(undo)).all()


@pytest.mark.parametrize("name", [f"{BLOCK}attn.W_O", f"{BLOCK}mlp.W_out", "embed.W_E"])
@pytest.mark.parametrize("head", range(HEADS))
def test_who_writes_spills_what_its_rows_differ_by(name: str, head: int) -> None:
    stored, nominal = off_arrays(3)
    of = disturbed(stored, nominal, WRITE, READ, MIXES)
    mix = OV[head] if name.endswith("W_O") else np.eye(len(stored[name]))
    some = (head,) if name.endswith("W_O") else ()
    found = of.spilling(name, *some)
    differs = mix @ stored[name][some] @ READ - nominal[name][some]
    assert np.allclose(found.lanes, np.abs(differs), rtol=1e-12, atol=1e-12)
    own = np.array([np.sqrt(float(row @ row)) for row in stored[name][some]])
    assert just_above(found.lengths, np.abs(mix) @ own)


def test_an_error_of_a_product_counts_in_what_reads_and_writes() -> None:
    """Thirds are not undone exactly; nothing else differs."""
    mix = np.array([[[3.0, 1.0], [1.0, 2.0]]] * HEADS)
    stored = arrays(W_V=np.ones((HEADS, WIDTH, INNER)), W_O=np.ones((HEADS, INNER, WIDTH)))
    of = disturbed(stored, stored, mixes={f"{BLOCK}attn.OV": mix})
    shift = of.reader(f"{BLOCK}attn.W_V", 0).shift
    truth = [[Fraction(1, 5) - 1, Fraction(2, 5) - 1]] * WIDTH
    for (i, j), off in np.ndenumerate(shift.off):
        assert abs(truth[i][j] - Fraction(float(shift.value[i, j]))) <= Fraction(float(off))
        assert 0 < off < 1e-12


def test_heads_that_are_not_mixed_are_read_as_they_are() -> None:
    of = disturbed(arrays(), arrays(), mixes={f"{BLOCK}attn.QK": QK})
    by, undone = of.mix(f"{BLOCK}attn.", "QK", 1).by, of.mix(f"{BLOCK}attn.", "OV", 1).undone
    assert by.value.tolist() == QK[1].tolist()
    assert undone.value.tolist() == np.eye(INNER).tolist()
    singular = disturbed(arrays(), arrays(), mixes={f"{BLOCK}attn.OV": 0 * OV})
    with pytest.raises(RefutedError, match="the OV mix of a head cannot be undone"):
        singular.reader(f"{BLOCK}attn.W_V", 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_directions_are_read_as_they_are_written_but_for_rounding(sign: int) -> None:
    """P is I/2, of which the inverse is 2·I: four units times 2·2 are allowed."""
    write, read = np.eye(WIDTH) / 2, 2 * np.eye(WIDTH)
    read[1, 2] = sign * 15 * 2.0**-52
    disturbed(arrays(), arrays(), write, read)
    read[1, 2] = sign * 17 * 2.0**-52
    with pytest.raises(RefutedError, match="not read as they are written"):
        disturbed(arrays(), arrays(), write, read)
    with pytest.raises(RefutedError, match="not read as they are written"):
        disturbed(arrays(), arrays(), write, np.eye(WIDTH + 1)[:, :WIDTH])
