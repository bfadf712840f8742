"""A public name means one thing, wherever it stands."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import rasplab
from rasplab import lab, learn, programs, rasp, view
from rasplab.export.vocabulary import Words
from rasplab.runtime.transformer import Transformer
from rasplab.weights.trace import Trace
from tests.golden.compare import compare

PLACES: tuple[Any, ...] = (
    rasplab, rasp, programs, learn, view,
    *(getattr(lab, name) for name in lab.__all__),
    rasplab.Model, Transformer, Trace, Words, rasp.Expression,
)  # fmt: skip


def names(place: Any) -> Iterator[str]:
    listed = vars(place) if inspect.isclass(place) else place.__all__
    return (name for name in listed if not name.startswith("_"))


def summary(place: Any, name: str) -> str:
    found = inspect.getdoc(getattr(place, name)) if hasattr(place, name) else None
    return (found or "").strip().split("\n")[0]


def test_names_in_two_places_are_those_that_were_read() -> None:
    known: dict[str, list[str]] = {}
    for place in PLACES:
        for name in names(place):
            line = f"  {place.__name__.removeprefix('rasplab.')}: {summary(place, name)}"
            known.setdefault(name, []).append(line.rstrip())
    lines = [
        line for name in sorted(known) if len(known[name]) > 1 for line in (name, *known[name])
    ]
    compare("names.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("name", sorted(set(rasp.__all__) & set(programs.__all__)))
def test_a_program_of_the_library_means_what_the_expression_of_its_name_means(name: str) -> None:
    entry = programs.get(name)
    vocabulary, expression = entry.vocabulary(4), getattr(rasp, name)
    arguments = entry.arguments(vocabulary, 5)
    if not isinstance(expression, rasp.SOp):
        taken = inspect.signature(expression).parameters
        values = {"values": rasp.tokens} if "values" in taken else {}
        expression = expression(**values, **arguments)
    for sequence in (vocabulary, vocabulary[::-1], vocabulary[:1] * 5, vocabulary[1:3]):
        assert entry.build(**arguments)(sequence) == expression(sequence)


@pytest.mark.parametrize("place", [rasplab, rasp, programs, lab, learn, view])
def test_what_is_listed_is_what_there_is(place: Any) -> None:
    assert dir(place) == sorted(place.__all__)
    assert all(hasattr(place, name) for name in place.__all__)
