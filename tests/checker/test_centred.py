"""What is said of streams whose mean a norm takes away is true of sums as they are rounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.checker.arithmetic import FORMATS, Format, Reading
from rasplab.checker.centred import LANES, Centred
from rasplab.checker.stream import RefutedError
from rasplab.lab.realism import disguise

EPSILON = 4.0**60
BEHIND = replace(FORMATS["float32"], reading=Reading(epsilon=EPSILON))
WIDTH = 24
COLUMNS, ZERO, BALANCE, WORD = slice(WIDTH), WIDTH, WIDTH + 1, WIDTH + 2


def norm(stream: np.ndarray) -> np.ndarray:
    """A layer norm of the home, in float32."""
    mean = stream.mean(dtype=np.float32)
    scale = np.float32(1) / np.sqrt(np.float32(EPSILON) + stream.var(dtype=np.float32))
    return (stream - mean) * scale * np.float32(2.0**60)


def stream_of(steps: int, draw: np.random.Generator) -> tuple[np.ndarray, Centred]:
    """A stream that several steps have written, of many rows each, and what is said of it."""
    stream, said = np.zeros(WIDTH + LANES, np.float32), Centred(BEHIND, WIDTH)
    stream[[WORD, BALANCE]] = 1, -1
    for _ in range(steps):
        rows = np.zeros((40, WIDTH + LANES))
        rows[:, COLUMNS] = draw.normal(size=(40, WIDTH)).astype(np.float32)
        rows[:, BALANCE] = -rows.sum(axis=1)
        before = float(np.linalg.norm(stream[COLUMNS]))
        stream = stream + rows.astype(np.float32).sum(axis=0, dtype=np.float32)
        lengths = float(np.linalg.norm(rows[:, COLUMNS], axis=1).sum()) + before
        said.write(len(rows) + 1, lengths)
    return stream, said


@pytest.mark.parametrize("seed", range(20))
def test_lanes_add_up_to_no_more_than_is_said(seed: int) -> None:
    stream, said = stream_of(5, np.random.default_rng(seed))
    total = abs(float(stream.astype(np.float64).sum()))
    assert 0 < total <= said.tilt
    assert said.tilt < 1e-2 * float(np.linalg.norm(stream))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_read_behind_the_norm_is_as_near_as_is_said(seed: int) -> None:
    draw = np.random.default_rng(seed)
    stream, said = stream_of(5, draw)
    columns = np.zeros((WIDTH + LANES, 300))
    columns[COLUMNS] = draw.normal(size=(WIDTH, 300)).astype(np.float32)
    bias = draw.normal(size=300).astype(np.float32)
    columns[ZERO] = -columns.sum(axis=0)
    seen = norm(stream)
    found = seen @ columns.astype(np.float32) + bias
    wide = stream[COLUMNS].astype(np.float64)
    off = np.abs(found - (wide @ columns[COLUMNS] + bias))
    length, lengths = float(np.linalg.norm(wide)), np.linalg.norm(columns[COLUMNS], axis=0)
    sizes = length * lengths + np.abs(bias)
    trace = said.trace(length, lengths, np.abs(bias))
    assert (off <= float(BEHIND.gamma(said.roundings(length))) * (sizes + trace)).all()
    assert off.max() > 0
    assert (trace < sizes).all()  # it is rounding of rounding


# -- behind anchors


ANCHOR, ORDINARY, WIDE = 2.0**13 * 64, 1e-5, 32
ANCHORED = replace(FORMATS["float32"], reading=Reading(epsilon=ORDINARY, lanes=WIDE, anchor=ANCHOR))
GAIN = np.float32(np.sqrt(ORDINARY + 2 * ANCHOR**2 / WIDE))


def moments_at_once(stream: np.ndarray) -> tuple[np.float32, np.float32]:
    return stream.mean(dtype=np.float32), stream.var(dtype=np.float32)


def moments_by_steps(stream: np.ndarray) -> tuple[np.float32, np.float32]:
    """Mean and variance by Welford's steps, each rounded to float32."""
    mean = squares = np.float32(0)
    for k, x in enumerate(stream, 1):
        off = x - mean
        mean = mean + off / np.float32(k)
        squares = squares + off * (x - mean)
    return mean, squares / np.float32(len(stream))


def moments_of_squares(stream: np.ndarray) -> tuple[np.float32, np.float32]:
    mean = stream.sum(dtype=np.float32) / np.float32(len(stream))
    return mean, (stream * stream).sum(dtype=np.float32) / np.float32(len(stream)) - mean * mean


@pytest.mark.parametrize("moments", [moments_at_once, moments_by_steps, moments_of_squares])
@pytest.mark.parametrize("seed", range(20))
def test_what_is_read_behind_anchors_is_as_near_as_is_said(seed: int, moments: Any) -> None:
    draw = np.random.default_rng(seed)
    narrow, said = stream_of(5, draw)
    said.form = ANCHORED
    stream = np.zeros(WIDE, np.float32)
    stream[: len(narrow)] = narrow
    stream[draw.choice(np.arange(len(narrow), WIDE), 2, replace=False)] = ANCHOR, -ANCHOR
    stream[:WIDTH] *= np.float32(0.5)  # less than is said of it
    mean, variance = moments(stream)
    seen = (stream - mean) * (np.float32(1) / np.sqrt(variance + np.float32(ORDINARY))) * GAIN
    columns = np.zeros((WIDE, 300))
    columns[COLUMNS] = draw.normal(size=(WIDTH, 300)).astype(np.float32)
    columns[ZERO] = -columns.sum(axis=0)
    bias = draw.normal(size=300).astype(np.float32)
    found = seen @ columns.astype(np.float32) + bias
    wide = stream[COLUMNS].astype(np.float64)
    off = np.abs(found - (wide @ columns[COLUMNS] + bias))
    length, lengths = float(np.linalg.norm(wide)), np.linalg.norm(columns[COLUMNS], axis=0)
    said.tilt = abs(float(stream.astype(np.float64).sum()))
    sizes = length * lengths + np.abs(bias) + said.trace(length, lengths, np.abs(bias))
    assert (off <= float(ANCHORED.gamma(said.roundings(length))) * sizes).all()
    assert off.max() > 0


def test_anchors_that_others_show_beside_are_refused() -> None:
    said, one = Centred(ANCHORED, WIDTH), np.ones(1)
    assert said.roundings(1.0) < said.roundings(100.0)
    said.trace(1.0, one, one)
    with pytest.raises(RefutedError, match="anchors"):
        said.roundings(ANCHOR)


# -- what is not rounding


def test_a_mean_that_is_not_nothing_would_be_seen() -> None:
    """Without the lane that balances, what is read is farther off than is said."""
    draw = np.random.default_rng(0)
    stream, said = stream_of(5, draw)
    stream[BALANCE] += 2.0**10
    total = abs(float(stream.astype(np.float64).sum()))
    assert total > said.tilt


def test_a_stream_whose_variance_shows_is_refused() -> None:
    said, one = Centred(BEHIND, WIDTH), np.ones(1)
    said.trace(2.0**40, one, one)
    with pytest.raises(RefutedError, match="variance"):
        said.trace(2.0**48, one, one)


def test_as_it_stands_nothing_is_added() -> None:
    plain, one = Centred(FORMATS["float32"], WIDTH), np.ones(1)
    assert plain.trace(1.0, one, one) == 0
    assert plain.roundings(1.0) == WIDTH + 1 < Centred(BEHIND, WIDTH).roundings(1.0)


def test_who_is_read_through_which_norm_is_checked() -> None:
    program, vocabulary = programs.get("greatest").at(3, 3)
    model = rasplab.compile(program, vocab=vocabulary, max_length=3)
    disguised = disguise(model, seed=1)
    assert "mean" in prove(model.weights, reading=Reading(epsilon=EPSILON)).refuted
    assert prove(disguised.weights, reading=Reading(epsilon=EPSILON)).holds
    assert "norms" in prove(disguised.weights, reading=Reading(roundings=1, beside=1e-6)).refuted


# -- each part of what is said, where it is nearly all that there is


FINE = Format("fine", 30, 2.0**900, 0.0)
UNIT = 2.0**-30


def behind(form: Format, width: int, tilt: float = 0.0, **reading: Any) -> Centred:
    return Centred(replace(form, reading=Reading(**reading)), width, tilt)


@pytest.mark.parametrize(
    ("width", "terms", "length", "tilt"),
    [(400, 1, 1.0, 0.0), (1, 1000, 1.0, 0.0), (1, 1000, 0.0, 500.0), (100, 100, 64.0, 0.0)],
)
def test_a_step_tilts_by_its_balances_and_by_the_sums_of_each_lane(
    width: int, terms: int, length: float, tilt: float
) -> None:
    """Of a row that is the same everywhere, sizes add up to √d times its length, and balance it."""
    row = np.full(width, length / np.sqrt(width))
    sizes = float(row.sum())
    balance = (width + 1) * UNIT * sizes
    lanes = (terms + 1) * UNIT * (2 * sizes + tilt + 1.0)  # `word` holds 1
    said = Centred(FINE, width, tilt)
    said.write(terms, length)
    assert tilt + balance + lanes <= said.tilt <= tilt + 3 * (balance + lanes)


def test_a_step_tilts_by_what_its_products_may_lose() -> None:
    """Five terms on seven columns, `balance` and `word`, each product of which may lose 1."""
    said = Centred(Format("losing", 400, 2.0**900, 1.0), 7)
    said.write(5, 1.0)
    assert 5 * (7 + 2) <= said.tilt <= 2 * 5 * (7 + 2)


def test_what_steps_tilt_adds_up() -> None:
    said = Centred(FINE, 4, 1000.0)
    said.write(1, 1.0)
    assert said.tilt > 1000.0


def test_sizes_of_all_lanes_are_those_of_a_row_that_is_the_same_everywhere() -> None:
    """Sixteen columns hold 3, so that they are 12 long, `balance` -48 and -1, and `word` 1."""
    lanes = [*[3.0] * 16, 0.0, -49.0, 1.0]
    assert np.linalg.norm(lanes[:16]) == 12.0
    for tilt in (0.0, 5.0):
        total = float(np.abs(lanes).sum()) + tilt
        assert total < Centred(FINE, 16, tilt)._sizes(12.0) <= total * (1 + 1e-9)


@pytest.mark.parametrize(
    ("length", "tilt", "anchor"),
    [(0.0, 0.0, 0.0), (1e4, 0.0, 0.0), (0.0, 1e4, 0.0), (0.0, 0.0, 1e6)],
)
def test_a_mean_is_what_is_left_and_what_is_rounded_of_all_that_is_added_up(
    length: float, tilt: float, anchor: float
) -> None:
    """Of nine lanes beside the anchors; within eight units of all sizes."""
    said = behind(FINE, 6, tilt, epsilon=4.0**60, anchor=anchor)
    total = 2 * np.sqrt(6.0) * length + tilt + 2 + 2 * anchor
    least = tilt / (6 + 3) + 8 * UNIT * total
    assert least <= said._mean(length) <= 3 * least


def test_a_mean_is_read_by_columns_the_lane_that_is_0_and_their_constant() -> None:
    """Columns of 3, sixteen of them, and a constant: each reads the mean, as the lane that is 0
    does, whose weight may be as much off again."""
    said, columns = behind(FINE, 16, epsilon=4.0**40), np.full(1, 3.0)
    mean = said._mean(5.0)
    for constant in (0.0, 200.0):
        read = mean * (np.sqrt(16.0) * 3 + constant)
        (found,) = said.trace(5.0, columns, np.full(1, constant))
        assert 3 * read < found <= 5 * read


@pytest.mark.parametrize("of", [{"epsilon": 4.0**40}, {"epsilon": 1e-9, "anchor": 2.0**40}])
@pytest.mark.parametrize("mean", [False, True])
def test_coordinates_that_a_norm_may_lose_count_as_what_they_are_read_as(
    of: dict[str, float], mean: bool
) -> None:
    """Sixteen coordinates and the constant, divided by γ, are below the least number."""
    form = Format("losing", 24, 2.0**900, 2.0**-24)
    said, columns = behind(form, 16, lanes=32, mean=mean, **of), np.full(2, 2.0**20)
    bias = np.array([0.0, 2.0**24])
    anchors = (2 if mean else 1) * said.form.reading.anchor**2
    gain = np.sqrt(said.form.reading.epsilon + anchors / 32)
    lost = form.least * gain * (4 * columns + bias)
    sizes = said.trace(1.0, columns, bias)
    assert (float(form.gamma(said.roundings(1.0))) * sizes >= lost).all()
    losing = replace(said, form=replace(said.form, least=0.0))
    assert (losing.trace(1.0, columns, bias) < sizes).all()
    assert mean or not losing.trace(1.0, columns, bias).any()


def test_what_a_norm_may_lose_is_of_all_that_is_read() -> None:
    form = Format("losing", 24, 2.0**900, 2.0**-24)
    said = behind(form, 16, epsilon=4.0**10, mean=False)
    for columns, bias, times in ((1.0, 0.0, 4.0), (3.0, 0.0, 12.0), (3.0, 200.0, 212.0)):
        (found,) = said.trace(1.0, np.full(1, columns), np.full(1, bias))
        each = form.least * 2.0**10 / form.roundoff
        assert each * times < found <= 3 * each * times


@pytest.mark.parametrize(("power", "refused"), [(19.6, True), (18.9, False)])
def test_a_variance_is_refused_where_half_a_unit_of_epsilon_may_be_reached(
    power: float, refused: bool
) -> None:
    """The variance is X² at most, and rounded by as much; half a unit of 4^35 is 2^40."""
    said = behind(FINE, 1, epsilon=4.0**35)
    length = 2.0**power / 2 - 1
    assert (2 * (2.0**power) ** 2 > UNIT * 4.0**35) is refused
    if not refused:
        assert said._mean(length) > 0
        return
    with pytest.raises(RefutedError, match="variance"):
        said._mean(length)


def test_what_is_read_is_rounded_once_for_each_lane_and_for_each_step_of_a_norm() -> None:
    """Of twelve columns: their products and the constant; with a mean `zero` and `word`, too, and
    each coordinate by itself. Anchors: as it is multiplied twice, and as the factor is off."""
    assert behind(FINE, 12).roundings(1.0) == 12 + 1
    assert 12 + 2 + 1 + 1 <= behind(FINE, 12, epsilon=4.0**60).roundings(1.0) <= 20
    for mean, own in ((True, 12 + 4), (False, 12 + 1)):
        said = behind(FINE, 12, epsilon=1e-5, anchor=2.0**30, lanes=16, mean=mean)
        factor = said._scale(1.0) / UNIT
        assert own + 2 + factor <= said.roundings(1.0) <= own + 2 + factor + 2


# -- the factor that anchors leave


@pytest.mark.parametrize("part", [1e-9, 1e-3, 0.03, 0.0624])
def test_the_root_takes_about_half_of_what_a_variance_is_off(part: float) -> None:
    """The sum and the root are rounded, the quotient by two units, and γ."""
    said = behind(FINE, 4, anchor=1.0)
    for sign in (1, -1):
        factor = abs(1 / np.sqrt(1 + sign * part) - 1)
        assert factor + 4.5 * UNIT <= said._off(part) <= 1.2 * factor + 10 * UNIT


@pytest.mark.parametrize("part", [0.0626, 0.12, 0.5, np.nan])
def test_a_variance_that_is_off_by_more_is_refused(part: float) -> None:
    with pytest.raises(RefutedError, match="too large for the anchors"):
        behind(FINE, 4, anchor=1.0)._off(part)


@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("by", [64.0, 8.0])
def test_others_beside_the_anchors_show_in_the_factor_as_much_as_is_said(
    by: float, mean: bool
) -> None:
    """A column, and minus it in `balance`; next to nothing is rounded."""
    endless, anchor = Format("endless", 400, 2.0**900, 0.0), 2.0**20
    said = behind(endless, 1, anchor=anchor, lanes=6, mean=mean)
    column = anchor / by
    squares = (2 * anchor**2, 2 * column**2) if mean else (anchor**2, column**2)
    factor = 1 - 1 / np.sqrt(1 + squares[1] / squares[0])
    if mean and by == 8.0:
        with pytest.raises(RefutedError, match="too large for the anchors"):
            said._scale(2 * column)
    assert factor <= said._scale(column) <= 3 * factor


@pytest.mark.parametrize("mean", [False, True])
def test_sums_of_squares_are_rounded_lane_by_lane(mean: bool) -> None:
    """A thousand squares that are added up, of which the root takes half; and what it adds."""
    said = behind(FINE, 900, anchor=2.0**60, lanes=1000, mean=mean)
    least = (0.5 * (1000 + 1) + 4.5) * UNIT
    assert least <= said._scale(1.0) <= 2 * least


def test_means_that_are_rounded_step_by_step_make_a_variance_wrong() -> None:
    """Each is off by 8 units of 2A, and is what is read less of 2A·(3 + ln N) in all, twice."""
    lanes, anchor = 8, 2.0**40
    said = behind(FINE, 4, anchor=anchor, lanes=lanes)
    each, all_of_them = 8 * UNIT * 2 * anchor, 2 * anchor * (3 + np.log(lanes))
    shown = 2 * each * all_of_them / (2 * anchor**2) + (lanes + 1) * UNIT
    assert 0.5 * shown <= said._scale(1.0) <= shown


def test_squares_of_anchors_are_far_above_what_may_be_lost() -> None:
    """Sixteen numbers of 2^-40 are half a unit of 16·2^-10."""
    form = Format("losing", 30, 2.0**900, 2.0**-40)
    for part, refused in ((0.98, True), (1.02, False)):
        said = behind(form, 4, anchor=np.sqrt(part * 16 * 2.0**-10), lanes=8, mean=False)
        if not refused:
            assert said._scale(0.0) < 2.0**-20
            continue
        with pytest.raises(RefutedError, match="too small for the format"):
            said._scale(0.0)
