"""What strays from the nominal weights, against what happens at the worst corners, and by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from rasplab.checker import centred
from rasplab.checker.arithmetic import Array, Format
from rasplab.checker.disturbed import Reader
from rasplab.checker.near import Near
from rasplab.checker.spills import Spilled
from rasplab.checker.strays import Strays
from rasplab.checker.stream import Held, RefutedError
from rasplab.weights import EMBED
from rasplab.weights.artefact import Encoding, VariablePlace
from tests.checker.disguised import (
    COARSE,
    ENDLESS,
    LOSING,
    arrays,
    disturbed,
    exact,
    held,
    just_above,
    only_embedded,
    product,
    strays,
)

NOTHING = disturbed(arrays(), arrays())
TWICE = disturbed(arrays(), arrays(), 2 * np.eye(3), np.eye(3) / 2)
"""Its streams are twice as long as their coordinates, and errors count by half."""


def reader(nominal: Any, shift: Any = 0.0, constant: Any = 0.0, **more: Any) -> Reader:
    """A map that is stored without length or bias, unless they are given."""
    own = np.array(nominal, np.float64)
    width = own.shape[1]
    return Reader(
        own,
        Near.of(np.zeros_like(own) + np.array(shift)),
        np.zeros(width) + np.array(constant),
        np.zeros(width) + np.array(more.get("lengths", 0.0)),
        np.zeros(width) + np.array(more.get("bias", 0.0)),
        np.array(more.get("back", np.eye(width))),
    )


# -- what is read, at the corners of what stands there


def corners(x: Held, y: Held, astray: Array, *, bos: bool) -> Iterator[tuple[Array, Array]]:
    """Streams (BOS's mark, x, y, nothing) and how far each is from the ideal one."""
    mark = 1.0 if bos else 0.0
    first, second = ((h.bos[None] if bos else h.rows) for h in (x, y))
    sizes = np.array([astray[0], *(e[0] for e in (errors(x, bos), errors(y, bos))), astray[3]])
    for (i,), (j,) in itertools.product(first.tolist(), second.tolist()):
        for signs in itertools.product((-1, 1), repeat=4):
            yield np.array([mark, i, j, 0.0]), np.array(signs) * sizes


def errors(one: Held, bos: bool) -> Array:
    most = one.relative * np.abs(one.rows).max(axis=0) + one.absolute
    return one.bos_error if bos else most


def drawn(draw: np.random.Generator, start: int) -> Held:
    """Its largest row comes with both signs."""
    largest = float(draw.integers(2, 9))
    return held(
        start,
        [[largest], [-largest], [1.0]],
        relative=draw.integers(0, 3) / 8,
        absolute=draw.integers(0, 5) / 8,
        bos=float(draw.integers(0, 5)),
        bos_error=draw.integers(0, 5) / 8,
    )


def toy(seed: int) -> tuple[dict[str, Held], Strays, Reader]:
    """Two variables of one direction, and strays on the two others; what each column reads has one
    sign, so that the worst of all can come together."""
    draw = np.random.default_rng(seed)
    variables = {"x": drawn(draw, 1), "y": drawn(draw, 2)}
    astray = [draw.integers(1, 9, 4) / 16 for _ in "eb"]
    found = strays(only_embedded(4), ENDLESS, *astray)
    signs = draw.choice((-1, 1), (1, 3))
    nominal, shift = (signs * draw.integers(1, 9, (4, 3)) / 4 for _ in "ns")
    return variables, found, reader(nominal, shift, draw.integers(0, 9, 3) / 2)


@pytest.mark.parametrize("bos", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_what_is_read_is_off_by_what_it_is_at_the_worst_corner(seed: int, bos: bool) -> None:
    """Who follows the nominal map counts the errors of variables, and no others."""
    variables, said, read = toy(seed)
    astray = said.at_bos if bos else said.elsewhere
    counted = np.array([0.0, 1.0, 1.0, 0.0])
    worst = np.zeros(3)
    for stream, error in corners(variables["x"], variables["y"], astray, bos=bos):
        off = (stream + error) @ read.shift.value + (error * (1 - counted)) @ read.nominal
        worst = np.maximum(worst, np.abs(off) + read.constant)
    found = said.off(variables, read)
    assert just_above(found.at_bos if bos else found.elsewhere, worst)


@pytest.mark.parametrize("bos", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_what_is_read_reaches_as_far_as_at_the_worst_corner(seed: int, bos: bool) -> None:
    """Strays beside the variables, of which there are none here, are counted twice."""
    variables, said, read = toy(seed)
    said.elsewhere, said.at_bos = np.zeros(4), np.zeros(4)
    signs, worst = np.sign(read.nominal[0]), np.zeros(3)
    bias = signs * [3.0, 0.0, 0.5]
    for stream, error in corners(variables["x"], variables["y"], np.zeros(4), bos=bos):
        value = bias + (stream + error) @ (read.nominal + read.shift.value)
        worst = np.maximum(worst, np.abs(value) + read.constant)
    found = said.reach(variables, read, bias)
    assert just_above(found.at_bos if bos else found.elsewhere, worst)


def test_by_hand_what_is_read_reaches_all_that_may_come_together() -> None:
    """x is -2 or 1, off by a quarter of 2 and by 1, and 4 ± 3 at BOS; it is read -5 times."""
    variables = {"x": held(1, [[-2.0], [1.0]], relative=0.25, absolute=1.0, bos=4.0, bos_error=3.0)}
    read = reader([[7.0, 20.0], [-5.0, -5.0], [0.0, 0.0]], constant=[0.5, 0.0])
    found = strays(NOTHING, ENDLESS).reach(variables, read, np.array([-3.0, 1.0]))
    # 3 + 5·2 + 5·1.5 + .5, and 1 more less; at BOS |7 - 20 - 3| + 5·3 + .5, and 20 - 20 + 1 + 15
    assert just_above(found.elsewhere, [21.0, 18.5])
    assert just_above(found.at_bos, [31.5, 16.0])


@pytest.mark.parametrize("seed", range(40))
def test_what_cancels_is_off_by_what_float64_rounds(seed: int) -> None:
    """Two directions and, at BOS, a bias: all but nothing is left of them."""
    draw = np.random.default_rng(seed)
    row, column = draw.normal(size=(1, 2)), draw.normal(size=(2, 1))
    column[1] = -row[0, 0] * column[0] / row[0, 1]
    variables = {"x": held(1, row, bos=row[0])}
    shifted = np.vstack([np.zeros((1, 1)), column])
    found = strays(NOTHING, ENDLESS).off(variables, reader(np.zeros((3, 1)), shifted))
    truth = abs(product(exact(row), exact(column))[0][0])
    for bound in (found.elsewhere, found.at_bos):
        assert truth <= Fraction(float(bound[0])) < 1e-12
    column[1], bias = draw.normal(), np.zeros(1)
    bias[0] = -float((row @ column)[0, 0])
    shifted = np.vstack([np.zeros((1, 1)), column])
    reach = strays(NOTHING, ENDLESS).reach(variables, reader(shifted), bias)
    truth = abs(product(exact(row), exact(column))[0][0] + Fraction(float(bias[0])))
    assert truth <= Fraction(float(reach.at_bos[0])) < 1e-12


def test_what_is_lost_beside_1_is_told_of_a_wide_variable() -> None:
    """2^-53, and a little less of it, is lost wherever it is added to 1; then 1 is taken away."""
    width = 400
    row = np.full((1, width), 2.0**-53 * 0.99)
    row[0, 0] = 1.0
    said = strays(only_embedded(width + 1), ENDLESS)
    column = np.vstack([np.zeros((1, 1)), np.ones((width, 1))])
    truth = sum(map(Fraction, row[0, 1:].tolist()), Fraction())
    reach = said.reach({"x": held(1, row, bos=row[0])}, reader(column), np.array([-1.0]))
    assert truth <= Fraction(float(reach.at_bos[0])) < 1e-11
    row[0, -1] = -1.0
    truth -= Fraction(2.0**-53 * 0.99)
    x = {"x": held(1, row, bos=row[0])}
    off, reach = said.off(x, reader(0 * column, column)), said.reach(x, reader(column), np.zeros(1))
    for bound in (off.elsewhere, off.at_bos, reach.at_bos):
        assert truth <= Fraction(float(bound[0])) < 1e-11


def test_a_shift_that_is_known_up_to_an_error_counts_with_it() -> None:
    """3·x at most, of which nothing is sure, x within a half, and 1/8 on the last direction."""
    variables = {"x": held(1, [[3.0]], absolute=0.5)}
    unsure = replace(reader(np.zeros((3, 1))), shift=Near(np.zeros((3, 1)), np.full((3, 1), 2.0)))
    found = strays(NOTHING, ENDLESS, [0.0, 0.0, 0.125]).off(variables, unsure)
    assert just_above(found.elsewhere, [2 * 3 + 2 * 0.5 + 2 * 0.125])
    assert just_above(found.at_bos, [2.0])  # BOS's mark


def test_a_number_may_be_undefined_where_that_is_not_listed() -> None:
    """Its second direction says so, and may be read off by 5; -2 and 1 may be, by 2 and 1."""
    variables = {"x": held(1, [[-2.0, 0.0], [1.0, 0.0]])}
    read = reader(np.zeros((3, 2)), [[0.0, 0.0], [1.0, 0.0], [0.0, 5.0]])
    for encoding, off in (
        (Encoding("number", undefined=True, low=-2, high=1), [2.0, 5.0]),
        (Encoding("number", undefined=False, low=-2, high=1), [2.0, 0.0]),
        (Encoding("number", values=(-2, 1), undefined=True), [2.0, 0.0]),
    ):
        place = VariablePlace("x", 1, 3, EMBED, encoding)
        found = strays(NOTHING, ENDLESS, x=place).off(variables, read)
        assert just_above(found.elsewhere, off)


# -- what is rounded


def test_a_stream_is_as_long_as_all_that_may_stand_in_it() -> None:
    """x is 2 ± 1, another direction 0 ± 4, and all of that is stored twice as large."""
    variables = {"x": held(1, [[1.0], [-2.0]], absolute=1.0, bos=-6.0, bos_error=2.0)}
    said = strays(TWICE, ENDLESS, [0.0, 9.0, 4.0], [3.0, 9.0, 0.0])
    assert just_above(said.length(said._lanes(variables)), 2 * np.sqrt(3.0**2 + 4.0**2))
    at_bos = said.length(said._lanes_at_bos(variables))
    assert just_above(at_bos, 2 * np.sqrt((1.0 + 3.0) ** 2 + 8.0**2))


READ_LONG = reader(
    np.zeros((3, 2)), lengths=[5.0, 0.0], bias=[2.0, 0.0], back=[[0.5, 3.0], [100.0, 100.0]]
)
"""Two stored columns: one of length 5 with a bias of 2, and one that is 0."""


@pytest.mark.parametrize(("form", "rounded"), [(COARSE, 4 / 1020 * 52.0), (LOSING, 4.0)])
def test_what_is_read_is_rounded_in_the_columns_as_they_are_stored(
    form: Format, rounded: float
) -> None:
    """Of a stream that is 10 long: four roundings of 10·5 + 2, and what four terms may lose."""
    found = strays(TWICE, form, [0.0, 0.0, 4.0]).off({"x": held(1, [[3.0]])}, READ_LONG)
    assert just_above(found.elsewhere, [rounded * 0.5, rounded * 3.0])
    at_bos = 4 / 1020 * (2.0 * 5 + 2) if form is COARSE else 4.0
    assert just_above(found.at_bos, [at_bos * 0.5, at_bos * 3.0])


def test_what_is_read_of_next_to_nothing_may_be_lost() -> None:
    read = reader(np.zeros((3, 2)), lengths=[2.0**-20, 0.0])
    found = strays(NOTHING, LOSING).off({"x": held(1, [[1.0]])}, read)
    assert just_above(found.elsewhere, [4.0, 0.0])
    assert just_above(found.at_bos, [4.0, 0.0])


def test_what_is_read_behind_norms_is_rounded_as_these_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven roundings more of 8 more each, beside 10·5 + 2."""
    monkeypatch.setattr(centred.Centred, "trace", lambda *_: np.array([8.0, 0.0]))
    monkeypatch.setattr(centred.Centred, "roundings", lambda *_: 11)
    found = strays(TWICE, COARSE, [0.0, 0.0, 4.0]).off({"x": held(1, [[3.0]])}, READ_LONG)
    assert just_above(found.elsewhere, 11 / 1013 * 60.0 * np.array([0.5, 3.0]))


def test_the_norm_that_is_read_through_is_asked_for_each_column_and_place() -> None:
    asked: list[Any] = []

    class Asked:
        def __init__(self, name: str) -> None:
            self.name = name

        def trace(self, length: float, columns: Array, bias: Array) -> Array:
            asked.append((self.name, length, columns.tolist(), bias.tolist()))
            return columns * 0.0

        def roundings(self, length: float) -> int:
            asked.append((self.name, length))
            return 1

    said: Any = strays(TWICE, COARSE, [0.0, 0.0, 4.0])
    said.centred, said.centred_bos = Asked("elsewhere"), Asked("at BOS")
    said.off({"x": held(1, [[3.0]])}, READ_LONG)
    lengths = {"elsewhere": 10.0, "at BOS": 2.0}
    assert len(asked) == 4
    for name, length, *columns in asked:
        assert just_above(length, lengths[name])
        assert columns in ([], [[5.0, 0.0], [2.0, 0.0]])


@pytest.mark.parametrize("part", ["lengths", "bias"])
def test_what_is_read_is_less_than_a_quarter_of_the_largest_number(part: str) -> None:
    """The stream is 2 long where it holds x."""
    limit = COARSE.largest / 4 / (2 if part == "lengths" else 1)
    for by, held_so in ((0.99, True), (1.01, False)):
        read = reader(np.zeros((3, 2)), **{part: [0.0, by * limit]})
        said = strays(NOTHING, COARSE, [0.0, 0.0, 0.0], [1.0, 0.0, 0.0])
        if held_so:
            said.off({"x": held(1, [[2.0]])}, read)
            continue
        with pytest.raises(RefutedError, match="what is read may be beyond what coarse holds"):
            said.off({"x": held(1, [[2.0]])}, read)


@pytest.mark.parametrize("number", [np.inf, np.nan])
def test_what_is_not_bounded_is_refused(number: float) -> None:
    with pytest.raises(RefutedError, match="is not bounded"):
        strays(NOTHING, ENDLESS).off({}, reader(np.zeros((3, 2)), constant=[0.0, number]))
    endless = Spilled(np.array([[0.0, number, 0.0]]), np.zeros(1), np.ones(1))
    for spilled in ((endless, Spilled.nothing(3)), (Spilled.nothing(3), endless)):
        with pytest.raises(RefutedError, match="is not bounded"):
            strays(NOTHING, ENDLESS).written({}, *spilled)


# -- what is embedded and written


def embedded(form: Format, write: Any = None, read: Any = None) -> Strays:
    """Rows that are off by 1, 2, 3 (tokens) and 10, 20, 30 (positions); BOS has the first."""
    tokens = np.array([[4.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, -2.0, 0.0], [1.0, 0.0, 3.0]])
    places = np.array([[0.0, 3.0, 0.0], [0.0, -10.0, 0.0], [0.0, 0.0, 20.0], [30.0, 0.0, 0.0]])
    return Strays(disturbed(arrays(W_E=tokens, W_pos=places), arrays(), write, read), form, {})


def test_what_is_embedded_is_off_by_a_token_and_a_position() -> None:
    """Padding is a token; BOS is at one position, and nobody else."""
    said = embedded(ENDLESS)
    assert just_above(said.elsewhere, [1.0 + 30, 2.0 + 10, 3.0 + 20])
    assert just_above(said.at_bos, [4.0, 3.0, 0.0])
    halved = embedded(ENDLESS, 2 * np.eye(3), np.eye(3) / 2)
    assert just_above(halved.elsewhere, [31 / 2, 12 / 2, 23 / 2])


def test_the_sum_of_what_is_embedded_is_rounded_as_it_is_stored() -> None:
    """The longest row of each table, which the sum may be as long as: √10 + 30, and 4 + 3."""
    plain, said = embedded(ENDLESS), embedded(COARSE)
    for rounded, off, length in (
        (said.elsewhere, plain.elsewhere, np.sqrt(10.0) + 30),
        (said.at_bos, plain.at_bos, 7.0),
    ):
        assert (rounded >= off + length / 1024).all()
        assert (rounded <= off + 3 * length / 1024).all()
    halved = embedded(COARSE, 2 * np.eye(3), np.eye(3) / 2)
    assert just_above(
        halved.elsewhere - plain.elsewhere / 2, (said.elsewhere - plain.elsewhere) / 2
    )


def test_what_is_embedded_is_a_step_of_the_norms() -> None:
    said = embedded(COARSE)
    for found, length in ((said.centred, np.sqrt(10.0) + 30), (said.centred_bos, 7.0)):
        step = centred.Centred(COARSE, 3)
        step.write(1, length)
        assert found.tilt == pytest.approx(step.tilt, rel=1e-9)


@pytest.mark.parametrize(("form", "parts"), [(COARSE, 1.0), (LOSING, 0.0)])
def test_what_is_written_is_rounded_with_the_stream(form: Format, parts: float) -> None:
    """Two terms of length 7 and a stream of 10 are rounded four times; 3·3 products lose 1."""
    said = strays(TWICE, form, [0.0, 0.0, 4.0], [0.0, 0.0, 0.0])
    spilled = Spilled(np.array([[1.0, 2.0, 3.0]]), np.array([7.0]), np.array([2.0]))
    at_bos = Spilled(np.array([[0.5, 0.0, 0.0]]), np.array([3.0]), np.array([1.0]))
    tilts = said.centred.tilt, said.centred_bos.tilt
    found = said.written({"x": held(1, [[3.0]])}, spilled, at_bos)
    lost = 0.0 if form is COARSE else 1.0
    rounded = parts * 4 / 1020 * 17.0 + lost * 9.0
    assert just_above(found[0], np.array([1.0, 2.0, 3.0]) + rounded / 2)
    rounded = parts * 3 / 1021 * (3.0 + 2.0) + lost * 6.0
    assert just_above(found[1], np.array([0.5, 0.0, 0.0]) + rounded / 2)
    for now, before, step in (
        (said.centred, tilts[0], (3, 17.0)),
        (said.centred_bos, tilts[1], (2, 5.0)),
    ):
        alone = centred.Centred(form, 3, before)
        alone.write(*step)
        assert now.tilt == pytest.approx(alone.tilt, rel=1e-9)
        assert now.tilt > before


def test_where_nothing_is_written_nothing_is_rounded() -> None:
    said = strays(TWICE, COARSE, [0.0, 0.0, 4.0])
    tilts = said.centred.tilt, said.centred_bos.tilt
    found = said.written({"x": held(1, [[3.0]])}, Spilled.nothing(3), Spilled.nothing(3))
    assert [one.tolist() for one in found] == [[0.0] * 3] * 2
    assert (said.centred.tilt, said.centred_bos.tilt) == tilts


@pytest.mark.parametrize("where", ["elsewhere", "at BOS"])
@pytest.mark.parametrize("what", ["stream", "spilled"])
def test_a_stream_is_less_than_a_quarter_of_the_largest_number(what: str, where: str) -> None:
    for by, held_so in ((0.99, True), (1.01, False)):
        half = by * COARSE.largest / 4
        astray = np.array([0.0, 0.0, half if what == "stream" else 0.0])
        long = Spilled(np.zeros((1, 3)), np.array([half if what == "spilled" else 0.0]), np.ones(1))
        short = Spilled.nothing(3)
        if where == "elsewhere":
            said, spilled = strays(NOTHING, COARSE, astray), (long, short)
        else:
            said, spilled = strays(NOTHING, COARSE, None, astray), (short, long)
        if held_so:
            said.written({}, *spilled)
            continue
        with pytest.raises(RefutedError, match="the stream may be beyond what coarse holds"):
            said.written({}, *spilled)
