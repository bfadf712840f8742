"""Words of exported models: every value has an id and a text, and comes back with its type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rasplab
from rasplab.diagnostics import InputError
from rasplab.export.vocabulary import Words, words_of
from rasplab.rasp import aggregate, apply, indices, select, tokens
from rasplab.rasp.values import identity

HARD = ("a b", "a␠b", "", "ε", " ", "\n", "\u00a0", "\\u00a0", "1", 1, True, "True", "1:number")
VALUES = st.one_of(st.text(max_size=3), st.integers(-3, 3), st.booleans(), st.just(0.5))


def words_for(vocab: Any, program: Any = tokens) -> Words:
    return words_of(rasplab.compile(program, vocab=vocab, max_length=2).config)


@pytest.mark.slow
@given(st.lists(VALUES, min_size=1, max_size=6))
def test_every_token_has_its_own_text_without_white_space(vocab: list[Any]) -> None:
    words = words_for(vocab)
    assert len(set(words.texts)) == len(words.texts)
    assert all(text and text.split() == [text] for text in words.texts)
    assert all("<bos>" not in text and "<pad>" not in text for text in words.texts[2:])
    for text in words.texts:
        text.encode("utf-8")


def test_values_come_back_with_their_types() -> None:
    words = words_for(HARD)
    back = words.values(range(len(words.entries)))
    assert list(map(identity, back)) == list(map(identity, HARD))


def test_a_string_keeps_its_text_where_another_value_would_have_the_same() -> None:
    words = words_for((1, True, "1", "True", "1:number"))
    assert words.texts[2:] == ("1:number'", "True:boolean", "1", "True", "1:number")


def test_bos_and_pad_inside_of_a_word_are_not_found_there() -> None:
    assert words_for(("x<bos>y", "<pad>2")).texts[2:] == ("x«bos»y", "«pad»2")


def test_an_output_that_is_no_token_has_an_id_of_its_own() -> None:
    program = apply(lambda token: {"a": "b", "b": ("c", 1)}[token], tokens)
    words = words_for("ab", program)
    roles = {word.text: (word.id, word.token, word.output) for word in words.entries[2:]}
    assert roles == {
        "a": (2, True, False),
        "b": (3, True, True),
        "('c',␠1)": (4, False, True),
    }


def test_undefined_is_a_word() -> None:
    previous = aggregate(select(indices, indices - 1, "=="), tokens)
    words = words_for("ab", previous)
    assert [(w.text, w.value) for w in words.entries if w.kind == "undefined"] == [
        ("<undefined>", None)
    ]


def test_a_number_has_its_own_column() -> None:
    words = words_for((1, 2), aggregate(select(tokens, tokens, "<="), tokens))
    assert words.texts[4:] == ("<number>",)
    logits = np.zeros((1, 3, 5))
    logits[0, 1:, 4] = 1.5, 2.0
    assert words.decode(logits, [[0, 2, 3]]) == [[1.5, 2]]


def test_a_sequence_is_texts_with_blanks_between() -> None:
    words = words_for(HARD)
    number = words.texts[2 + [type(value) for value in HARD].index(int)]
    assert words.text([1, "1"]) == f"{number} 1"


def test_what_is_not_in_the_vocabulary_has_no_text() -> None:
    with pytest.raises(InputError) as caught:
        words_for("ab").text("ac")
    assert caught.value.code == "E404"


def test_it_prints_as_a_table() -> None:
    assert str(words_for(("a", 1))).splitlines()[2:] == [
        "   2  a             string     'a'           token output",
        "   3  1             number     1             token output",
    ]


def test_large_whole_numbers_are_written_as_in_programs() -> None:
    vocab = (1e300, 10**16, 10**30 + 1)
    words = words_for(vocab)
    assert words.texts[2:5] == ("1e+300", "1e+16", "1000000000000000000000000000001")
    assert words.values([2, 3, 4]) == [int(1e300), 10**16, 10**30 + 1]
