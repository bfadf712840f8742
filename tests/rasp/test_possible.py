"""What is possible is taken whole while it is little, else drawn: the same for the same seed."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from rasplab.diagnostics import InternalError
from rasplab.rasp.inputs import Examples, Inputs, read_inputs
from rasplab.rasp.possible import Chosen, Possible, Sequences, generator
from rasplab.rasp.values import Value

Tokens = tuple[Value, ...]

ALL = Sequences.up_to(3, "ab")


def declared(given: object, vocabulary: str = "abc", longest: int = 6) -> Inputs:
    found = read_inputs(given, tuple(vocabulary), longest)
    assert found is not None
    return found


def text(sequences: object) -> list[str]:
    assert isinstance(sequences, Chosen | Sequences | list)
    return ["".join(map(str, tokens)) for tokens in sequences]


def test_all_are_taken_up_to_as_many_as_are_allowed() -> None:
    assert ALL.count == 14
    assert Chosen(ALL, 14).complete
    assert list(Chosen(ALL, 14)) == list(ALL)
    assert not Chosen(ALL, 13).complete
    assert len(list(Chosen(ALL, 13))) == 13
    assert len(list(Chosen(ALL, 13, drawn=20))) == 20


def test_the_same_seed_draws_the_same() -> None:
    one, other = Chosen(ALL, 9, seed=1), Chosen(ALL, 9, seed=2)
    assert list(one) == list(one)
    assert list(one) != list(other)
    assert text(Chosen(ALL, 9)) == ["bba", "bb", "b", "bbb", "aa", "b", "aab", "ab", "a"]


def test_lengths_take_turns_from_the_longest_or_are_the_longest() -> None:
    for possible in (ALL, Sequences.up_to(3, "ab", longest_first=True)):
        assert [len(tokens) for tokens in Chosen(possible, 5)] == [3, 2, 1, 3, 2]
        assert {len(tokens) for tokens in Chosen(possible, 5, longest=True)} == {3}
    assert [len(t) for t in Chosen(declared("a[abc]*"), 5)] == [6, 5, 4, 3, 2]
    assert {len(t) for t in Chosen(declared("(ab)+"), 2, longest=True)} == {6}


def test_a_generator_goes_on_from_where_it_is() -> None:
    draw = random.Random(3)
    both = [*ALL.drawn(3, draw), *ALL.drawn(3, draw)]
    assert both == list(ALL.drawn(6, seed=3))
    assert generator(draw) is draw
    assert list(itertools.islice(ALL.drawn(seed=3), 6)) == both


@pytest.mark.parametrize("most", [3, 5, 14, 40, 100, 600])
@pytest.mark.parametrize("repeats", [True, False])
def test_different_ones_are_as_even_over_lengths_as_there_are(most: int, repeats: bool) -> None:
    possible = Sequences(tuple("abcdef"), (1, 2, 3, 4), repeats)
    found = list(Chosen(possible, most, different=True))
    assert len(found) == len(set(found)) == min(most, possible.count)
    assert repeats or all(len(set(tokens)) == len(tokens) for tokens in found)
    counts, rooms = (
        Counter(map(len, found)),
        [Sequences(possible.vocabulary, (n,), repeats).count for n in possible.lengths],
    )
    full = [n for n, room in zip(possible.lengths, rooms, strict=True) if counts[n] == room]
    rest = [counts[n] for n in possible.lengths if n not in full]
    assert not rest or max(rest) - min(rest) <= 1
    assert all(counts[n] <= min(rest, default=most) + 1 for n in full)


def test_more_different_ones_than_there_are_are_all() -> None:
    assert sorted(ALL.different(99)) == sorted(ALL)


def test_without_repeats_no_token_occurs_twice() -> None:
    possible = Sequences(tuple("abc"), (1, 2, 3), repeats=False)
    assert possible.count == len(list(possible)) == 3 + 6 + 6
    assert Sequences(tuple("ab"), (3,), repeats=False).count == 0
    for tokens in possible.drawn(30):
        assert len(set(tokens)) == len(tokens)


def test_short_ones_are_those_of_the_first_lengths_while_they_are_few() -> None:
    possible = Sequences.up_to(9, "ab")
    assert possible.short(each=8).lengths == (1, 2, 3)
    assert possible.short(each=7).lengths == (1, 2)
    assert possible.short(total=14).lengths == (1, 2, 3)
    assert possible.short(total=13).lengths == (1, 2)
    assert possible.short(each=4, total=14).lengths == (1, 2)
    assert possible.short(each=1).lengths == ()


def test_what_is_listed_is_all_taken_where_that_is_wanted() -> None:
    inputs = declared(["a", "ab", "abc"])
    assert list(Chosen(inputs, 2, listed=True)) == list(inputs) == list(inputs.every or ())
    assert Chosen(inputs, 2, listed=True).complete
    assert not Chosen(inputs, 2).complete
    assert len(list(Chosen(inputs, 2))) == 2
    assert Chosen(inputs, 3).complete


@pytest.mark.parametrize(
    "possible",
    [declared(Examples(["ab", "abc"])), declared("[abc]+", longest=12)],
    ids=["examples", "pattern"],
)
def test_what_is_not_listed_is_drawn_however_few_there_may_be(possible: Possible) -> None:
    assert possible.count is None
    assert not Chosen(possible, 1 << 40, drawn=5, listed=True).complete
    found = list(Chosen(possible, 1 << 40, drawn=5, listed=True))
    assert len(found) == 5
    assert list(Chosen(possible, 5, different=True)) == list(dict.fromkeys(possible.drawn(5)))
    with pytest.raises(InternalError, match="are not listed"):
        iter(possible)
