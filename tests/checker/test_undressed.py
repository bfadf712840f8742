"""Weights behind norms, or with smooth units: what the checker says of how they are read."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rasplab.checker.arithmetic import AS_IT_STANDS, FORMATS, Format, Reading
from rasplab.checker.dressing import undressed
from rasplab.checker.stream import RefutedError
from rasplab.weights import dressing

FORM = FORMATS["float32"]
BARE: Any = object()
ANCHOR = 64.0


def weights(**changed: Any) -> Any:
    """A configuration of seven columns behind layer norms, with gelu, but for what is changed."""
    config = {
        "activation": "gelu",
        "norm": "layer",
        "dtype": "float32",
        "norm_epsilon": 0.25,
        "d_model": 7,
        "bare": BARE,
    }
    return cast(Any, SimpleNamespace(config=SimpleNamespace(**config | changed)))


@pytest.fixture(autouse=True)
def _taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands beside the stream is as it should be, with such anchors."""
    monkeypatch.setattr(dressing, "undressed", lambda *_: (BARE, ANCHOR))


def reading(form: Format = FORM, **changed: Any) -> Reading:
    bare, behind = undressed(weights(**changed), form)
    assert bare is BARE
    assert replace(behind, reading=AS_IT_STANDS) == form
    return behind.reading


def test_how_norms_and_smooth_units_are_read_is_what_the_configuration_says() -> None:
    """Gelu bends below 8, of what is read 2^24 times as large; 2^53 times in float64."""
    layer = Reading(epsilon=0.25, lanes=7, anchor=ANCHOR)
    assert reading() == replace(layer, bend=8.0 / 2**24, sharp=2.0**24)
    assert reading(activation="relu") == layer
    assert reading(norm="rms", activation="relu") == replace(layer, mean=False)
    silu = reading(activation="silu", dtype="float64", form=FORMATS["float64"])
    assert silu == replace(layer, bend=768.0 / 2**53, sharp=2.0**53)
    plain = reading(norm="none", norm_epsilon=0.0)
    assert (plain.lanes, plain.epsilon, plain.mean) == (0, 0.0, True)
    for smooth in (reading(), silu, plain, reading(norm="rms")):
        assert smooth.of_disguised


def test_bare_weights_are_read_in_any_format() -> None:
    bare = SimpleNamespace(d_model=7)
    same = cast(Any, SimpleNamespace(config=bare))
    bare.bare = bare
    for form in (*FORMATS.values(), replace(FORM, reading=Reading(lane=True))):
        assert undressed(same, form) == (same, form)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize("activation", ["relu", "gelu", "unheard of"])
def test_norms_are_followed_where_their_rounding_is_known(name: str, activation: str) -> None:
    with pytest.raises(RefutedError, match="float32 and float64 only"):
        undressed(weights(activation=activation), FORMATS[name])


def test_units_that_nobody_knows_are_not_followed() -> None:
    with pytest.raises(RefutedError, match="float32 and float64 only"):
        undressed(weights(activation="unheard of"), FORM)


def test_nothing_is_read_through_two_norms() -> None:
    for before in (Reading(epsilon=4.0**60), Reading(sharp=2.0)):
        with pytest.raises(RefutedError, match="through norms already"):
            undressed(weights(), replace(FORM, reading=before))


def test_gains_that_were_rounded_to_float32_are_not_followed_in_float64() -> None:
    with pytest.raises(RefutedError, match="rounded to float32"):
        undressed(weights(), FORMATS["float64"])
    assert reading(norm="none", form=FORMATS["float64"]).sharp == 2.0**24
    assert reading(dtype="float64", form=FORMATS["float64"]).sharp == 2.0**53
    assert reading(dtype="float64").sharp == 2.0**53


def test_what_is_not_as_the_construction_says_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> Any:
        raise ValueError("an anchor is missing")

    monkeypatch.setattr(dressing, "undressed", refused)
    with pytest.raises(RefutedError, match="an anchor is missing"):
        undressed(weights(), FORM)


def test_the_format_that_is_asked_for_is_what_all_is_held_against(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(dressing, "undressed", lambda *given: asked.append(given) or (BARE, 1.0))
    whole = weights(dtype="float64")
    undressed(whole, FORM)
    assert asked == [(whole, "float32")]


@pytest.mark.parametrize(("part", "refused"), [(0.9, False), (1.1, True)])
def test_squares_of_anchors_and_epsilon_are_a_sixteenth_of_the_largest_number(
    part: float, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = part * FORM.largest / 16
    for anchor, epsilon in ((limit**0.5, 0.25), (1.0, limit), ((limit / 2) ** 0.5, limit / 2)):
        held = (BARE, anchor)
        monkeypatch.setattr(dressing, "undressed", lambda *_, held=held: held)
        if not refused:
            assert reading(norm_epsilon=epsilon).epsilon == epsilon
            continue
        with pytest.raises(RefutedError, match="beyond what the format holds"):
            undressed(weights(norm_epsilon=epsilon), FORM)
