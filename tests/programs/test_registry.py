"""The registry is complete: every program is named, documented and shown at any size."""

from __future__ import annotations

import inspect

import pytest

from rasplab import programs
from rasplab.diagnostics import InputError, ProgramError
from rasplab.programs import Entry
from rasplab.rasp import SOp
from rasplab.rasp.sequence import read_token
from tests.programs.references import reference

ENTRIES = {entry.name: entry for entry in programs.all()}
LIKE_TRACR = ["frac_prevs", "length", "hist", "reverse", "sort_unique", "sort", "sort_freq"]


@pytest.fixture(params=ENTRIES.values(), ids=list(ENTRIES))
def entry(request: pytest.FixtureRequest) -> Entry:
    return request.param


def test_every_entry_says_what_it_is_and_shows_it(entry: Entry) -> None:
    text = inspect.getdoc(entry.build) or ""
    assert entry.summary.endswith(".")
    assert "\n" not in entry.summary
    assert f">>> {entry.name}(" in text or f"{entry.name}()(" in text
    assert any(word in text for word in ("causal", "Bidirectional", "mask"))
    assert getattr(programs, entry.name) is entry.build
    assert entry.name in programs.__all__
    assert programs.get(entry.name) is entry


@pytest.mark.everyday(140)
@pytest.mark.parametrize("size", [1, 2, 5, 7, 10, 30, 100])
def test_examples_have_as_many_distinct_tokens_as_asked_for(entry: Entry, size: int) -> None:
    program, vocab = entry.at(size, size)
    needed = {"addition": 3, "dyck2": 4, "dyck3": 6, "shuffle_dyck2": 4, "shuffle_dyck3": 6}
    at_least = needed.get(entry.name, 2 if "dyck" in entry.name or "pair" in entry.name else 1)
    assert isinstance(program, SOp)
    assert len(vocab) == len(set(vocab)) == max(size, at_least)
    assert [read_token(token) for token in vocab] == list(vocab)


def test_results_carry_the_name_of_their_program(entry: Entry) -> None:
    assert entry.at(5, 5)[0].name == entry.name


def test_every_entry_has_a_reference(entry: Entry) -> None:
    assert callable(reference(entry.name, list(entry.at(5, 5)[1]), 5))


@pytest.mark.parametrize("name", LIKE_TRACR)
def test_the_programs_of_the_tracr_paper_are_here(name: str) -> None:
    assert name in ENTRIES


def test_an_unknown_name_is_answered_with_the_closest_one() -> None:
    with pytest.raises(InputError) as caught:
        programs.get("histt")
    assert caught.value.code == "E403"
    assert caught.value.diagnostics[0].help == "did you mean 'hist'?"


def test_a_name_unlike_any_other_is_answered_with_all_names() -> None:
    with pytest.raises(InputError) as caught:
        programs.get("xyzzy")
    assert "reverse" in str(caught.value)
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 1)])
def test_a_size_without_tokens_or_positions_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InputError) as caught:
        programs.get("hist").at(*size)
    assert caught.value.code == "E415"


def test_arguments_that_make_no_program_are_refused() -> None:
    for build in (
        lambda: programs.dyck([]),
        lambda: programs.shuffle_dyck(["("]),
        lambda: programs.detect_pattern(""),
        lambda: programs.addition(base=11),
    ):
        with pytest.raises(ProgramError) as caught:
            build()
        assert caught.value.code == "E104"
