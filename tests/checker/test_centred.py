"""What is said of streams whose mean a norm takes away is true of sums as they are rounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.checker.arithmetic import FORMATS, Reading
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
