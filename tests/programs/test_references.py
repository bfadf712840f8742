"""Each program computes what a plain Python function computes that is written without it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasplab import programs
from rasplab.programs import Entry
from rasplab.rasp import indices, tokens
from tests.programs.references import reference
from tests.strategies import examples, sequences

ENTRIES = {entry.name: entry for entry in programs.all()}
each_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
looking_back = [entry for entry in ENTRIES.values() if entry.causal]


def differs(entry: Entry, size: tuple[int, int], sequence: list[Any]) -> str:
    """Empty where program and reference agree, with the types of what they give."""
    program, vocab = entry.at(*size)
    got = program(sequence, causal=entry.causal)
    wanted = reference(entry.name, list(vocab), size[1])(list(sequence))
    wanted = [int(x) if isinstance(x, float) and x.is_integer() else x for x in wanted]
    return "" if repr(got) == repr(wanted) else f"{sequence}: {got}, not {wanted}"


@pytest.mark.everyday(7)
@each_entry
@examples(60)
@given(data=st.data(), size=st.tuples(st.integers(1, 13), st.integers(1, 14)))
def test_programs_agree_with_plain_python(
    entry: Entry, data: st.DataObject, size: tuple[int, int]
) -> None:
    sequence = data.draw(sequences(entry.at(*size)[1], size[1]))
    assert not differs(entry, size, sequence)


@pytest.mark.everyday(5)
@each_entry
def test_programs_agree_with_plain_python_on_every_short_sequence(entry: Entry) -> None:
    vocab = entry.at(2, 4)[1]
    for length in range(1, 5 if len(vocab) < 6 else 4):
        for sequence in product(vocab, repeat=length):
            assert not differs(entry, (2, 4), list(sequence))


@pytest.mark.everyday(12)
@pytest.mark.parametrize("size", [30, 100])
@each_entry
@examples(2)
@given(data=st.data())
def test_programs_agree_with_plain_python_at_full_length(
    entry: Entry, size: int, data: st.DataObject
) -> None:
    few = st.sampled_from(entry.at(size, size)[1][:6])
    sequence = data.draw(st.lists(few, min_size=size, max_size=size))
    assert not differs(entry, (size, size), sequence)


@pytest.mark.everyday(9)
@pytest.mark.parametrize("entry", looking_back, ids=[entry.name for entry in looking_back])
@examples(30)
@given(data=st.data())
def test_programs_that_look_back_are_the_same_without_a_mask(
    entry: Entry, data: st.DataObject
) -> None:
    program, vocab = entry.at(4, 9)
    sequence = data.draw(sequences(vocab, 9))
    assert program(sequence, causal=True) == program(sequence, causal=False)


def balanced(kinds: int) -> st.SearchStrategy[str]:
    return st.recursive(
        st.just(""),
        lambda inner: st.builds(
            lambda pair, a, b: pair[0] + a + pair[1] + b,
            st.sampled_from(["()", "{}", "[]"][:kinds]),
            inner,
            inner,
        ),
        max_leaves=8,
    )


@pytest.mark.everyday(1)
@pytest.mark.parametrize("kinds", [1, 2, 3])
@examples(60)
@given(data=st.data())
def test_dyck_programs_agree_on_nearly_balanced_words(kinds: int, data: st.DataObject) -> None:
    word = list(data.draw(balanced(kinds).filter(bool)))
    size = (2 * kinds, len(word))
    if data.draw(st.booleans()):
        word[data.draw(st.integers(0, len(word) - 1))] = data.draw(
            st.sampled_from("(){}[]"[: 2 * kinds])
        )
    assert not differs(ENTRIES[f"dyck{kinds}"], size, word)
    assert not differs(ENTRIES[f"shuffle_dyck{kinds}"], size, word)


@examples(100)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_addition_adds(a: int, b: int) -> None:
    digits = programs.addition()(f"{a}+{b}")
    assert int("".join(map(str, digits))) == a + b


@examples(60)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=10))
def test_palindromes_are_recognised(half: list[int]) -> None:
    assert programs.palindrome()(half + half[::-1])[0] is True
    assert programs.palindrome()(half[:-1] + half[::-1])[0] is True


@examples(60)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=10))
def test_sort_is_stable_and_takes_any_key(values: list[int]) -> None:
    by_parity = programs.sort(keys=tokens % 2, values=indices)
    assert by_parity(values) == sorted(range(len(values)), key=lambda i: values[i] % 2)


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=8))
@examples(30)
def test_detect_pattern_can_leave_the_start_undefined(word: list[str]) -> None:
    padded = programs.detect_pattern("ab", default=None)(word)
    assert padded[0] is None
    assert padded[1:] == programs.detect_pattern("ab")(word)[1:]
