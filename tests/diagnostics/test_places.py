"""Places are written into saved models as text, and read back as what they were."""

import pytest

from rasplab.diagnostics import Place, Span, places_text, read_places

WRITTEN = [
    (),
    (Place("/home/me/sorting.py", 3, 8),),
    (Place("C:\\mine\\sorting.py", 3, 8), Place("<stdin>", 1, 1)),
    (Place("one, two/a:1.py", 12, 1), Place("three.rasp", 1, 20)),
]


@pytest.mark.parametrize("places", WRITTEN, ids=places_text)
def test_places_are_read_back_as_they_were_written(places: tuple[Place, ...]) -> None:
    assert read_places(places_text(places)) == places


def test_what_is_no_place_is_a_file() -> None:
    assert read_places("?") == (Place("?"),)
    assert read_places("a.py:1:2, b.py") == (Place("a.py:1:2, b.py"),)


def test_each_of_several_places_loses_its_own_folders() -> None:
    places = read_places("/home/me/mine/a.py:1:2, C:\\yours\\b.py:3:4")
    assert [place.within(1) for place in places] == ["mine/a.py:1:2", "yours/b.py:3:4"]
    assert [place.within(0) for place in places] == ["a.py:1:2", "b.py:3:4"]


def test_a_span_begins_at_its_place() -> None:
    span = Span("a.py", 3, 7, 4, 2)
    assert span.place == Place("a.py", 3, 8)
    assert str(span) == str(span.place) == "a.py:3:8"
