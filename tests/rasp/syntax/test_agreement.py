"""An s-op of source text has one value: run with its types, by the evaluator, and as a model."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, assume, given, reject

import rasplab
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.rasp import SOp, parse
from rasplab.rasp.syntax.running import Run
from rasplab.verification import difference
from tests.strategies import examples

WORDS = st.sampled_from(["tokens", "tokens_str", '"a"', 'tokens + "b"', 'shift(tokens, 1, "-")'])
NUMBERS = st.sampled_from(
    ["indices", "length", "1", "2.0", "0.5", "tokens_int", "indices % 3", "count(tokens, tokens)"]
)
COMPARE = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def numbers(depth: int) -> st.SearchStrategy[str]:
    """Expressions of numbers, as text."""
    if depth == 0:
        return NUMBERS
    one = numbers(depth - 1)
    return st.one_of(
        one,
        st.builds("({} {} {})".format, one, st.sampled_from("+-*"), one),
        st.builds("({} / ({}))".format, one, st.sampled_from(["2", "indices + 1", "4.0"])),
        st.builds("round({})".format, one),
        st.builds("(-{})".format, one),
        st.builds("indicator({})".format, truths(depth - 1)),
        st.builds("({} if {} else {})".format, one, truths(depth - 1), one),
        st.builds("aggregate({}, {})".format, selectors(depth - 1), one),
        st.builds("selector_width({})".format, selectors(depth - 1)),
        st.builds("{}[{}]".format, st.just("indices"), st.sampled_from(["0", "-1", "5"])),
        st.builds("max({}, {})".format, one, one),
        st.builds("[3, 1, 2][{}]".format, st.sampled_from(["indices % 3", "-indices % 3"])),
    )


def truths(depth: int) -> st.SearchStrategy[str]:
    """Expressions of booleans, as text."""
    plain = st.one_of(
        st.builds("({} {} {})".format, WORDS, COMPARE, WORDS),
        st.builds("({} {} {})".format, NUMBERS, COMPARE, NUMBERS),
        st.builds("({} in {})".format, WORDS, st.sampled_from(['["1", "b"]', "[]"])),
        st.sampled_from(['("1" in tokens)', '(tokens in ["1", "2"])', "True"]),
    )
    if depth == 0:
        return plain
    one = truths(depth - 1)
    return st.one_of(
        plain,
        st.builds("({} {} {})".format, one, st.sampled_from(["and", "or"]), one),
        st.builds("(not {})".format, st.one_of(one, numbers(depth - 1))),
        st.builds("has_focus({})".format, selectors(depth - 1)),
    )


def selectors(depth: int) -> st.SearchStrategy[str]:
    """Selectors, as text."""
    plain = st.one_of(
        st.builds("select({}, {}, {})".format, WORDS, WORDS, COMPARE),
        st.builds("select({}, {}, {})".format, NUMBERS, NUMBERS, COMPARE),
        st.builds("select({}, {}, ==)".format, truths(0), truths(0)),
    )
    if depth == 0:
        return plain
    one = selectors(depth - 1)
    return st.one_of(
        plain,
        st.builds("({} {} {})".format, one, st.sampled_from(["and", "or"]), one),
        st.builds("(not {})".format, one),
    )


SOPS = st.one_of(
    numbers(2),
    truths(2),
    st.builds('aggregate({}, tokens, "")'.format, selectors(1)),
    st.builds('({} if {} else "x")'.format, WORDS, truths(1)),
)
INPUTS = st.text("123", min_size=1, max_size=4)


def built(text: str) -> SOp:
    """The s-op that a text builds; of atoms alone it builds none, or is wrong."""
    try:
        found = parse(f"x = {text};").x
    except ProgramError:
        reject()
    assume(isinstance(found, SOp))
    return found


def value(program: SOp, sequence: str) -> list[Any] | None:
    """The values on an input, if it has any."""
    try:
        return Run(list(sequence))(program)
    except ProgramError as problem:
        if problem.code not in ("E707", "E708", "E709"):
            raise
        return None


@pytest.mark.slow
@given(SOPS, INPUTS)
@examples(150)
def test_the_types_of_source_text_change_no_value(text: str, sequence: str) -> None:
    program = built(text)
    found = value(program, sequence)
    assume(found is not None)
    expected = program(sequence)
    assert found == expected
    assert [isinstance(a, bool) for a in found or ()] == [isinstance(b, bool) for b in expected]


@pytest.mark.slow
@given(SOPS, st.lists(INPUTS, min_size=3, max_size=3))
@examples(120, suppress_health_check=[HealthCheck.too_slow])
def test_a_model_gives_what_source_text_gives(text: str, sequences: list[str]) -> None:
    program = built(text)
    try:
        model = rasplab.compile(program, vocab="123", max_length=4)
    except CompileError as refusal:
        assume(not refusal.diagnostics[0].labels)
        raise
    for sequence in sequences:
        found = value(program, sequence)
        if found is not None:
            error = difference(model, model(sequence), found)
            assert error <= (model.certificate.output_error if model.numerical else 0.0)
