"""A whole number of NumPy's counts as one wherever one is asked for, and a boolean nowhere."""

from collections.abc import Callable

import numpy as np
import pytest

from rasplab import InputError, view
from rasplab.model import Model
from rasplab.view.look import Look
from tests.view.models import library_model

ASKING: dict[str, Callable[[Model, object], object]] = {
    "verify": lambda model, number: model.verify(samples=number).passed,  # pyright: ignore[reportArgumentType]
    "dataset": lambda model, number: len(model.dataset(number)),  # pyright: ignore[reportArgumentType]
    "length": lambda model, number: model.dataset(2, length=number).clean,  # pyright: ignore[reportArgumentType]
    "causal model": lambda model, number: model.causal_model(number).variables,  # pyright: ignore[reportArgumentType]
    "position": lambda model, number: model.run("aab", do={"hist": {number: 1}}, check=False),
    "layer": lambda model, number: view.weights(model, number, 0).caption,  # pyright: ignore[reportArgumentType]
}


@pytest.mark.parametrize("asking", ASKING)
def test_numbers_of_numpy_do_as_those_of_python(asking: str) -> None:
    model, ask = library_model("hist"), ASKING[asking]
    number = 0 if asking == "layer" else 2
    assert ask(model, np.int64(number)) == ask(model, number)


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("number", [True, np.True_, 1.0, "1"])
def test_what_is_no_whole_number_is_refused(asking: str, number: object) -> None:
    with pytest.raises(InputError):
        ASKING[asking](library_model("hist"), number)


def test_a_picture_is_as_wide_as_a_number_of_numpy_says() -> None:
    assert Look(size=np.float32(6.5)).size == 6.5  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="E506"):
        Look(size=True)
