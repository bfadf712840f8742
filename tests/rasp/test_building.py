"""Building expressions: names, copies, what is refused and with which code."""

from collections.abc import Callable
from typing import Any

import pytest

from rasplab import rasp
from rasplab.diagnostics import InputError, ProgramError, RasplabError
from rasplab.rasp import (
    apply,
    evaluate,
    full,
    indices,
    length,
    select,
    tokens,
)

letters: Any = tokens  # type checkers know that an expression has no truth


def test_a_named_copy_differs_in_name_only() -> None:
    copy = tokens.named("letters")
    assert copy is not tokens
    assert (tokens.name, copy.name) == (None, "letters")
    assert copy("ab") == tokens("ab")
    assert (copy == tokens)("ab") == [True, True]
    assert full.named("all").name == "all"
    assert full.name == "full"


def test_named_copies_of_one_name_stay_apart() -> None:
    first, second = (tokens + 1).named("x"), (tokens + 2).named("x")
    assert (first * 10 + second)([0, 1]) == [12, 23]


def test_comparison_builds_an_expression_and_hashing_is_by_identity() -> None:
    assert isinstance(tokens == tokens, rasp.SOp)
    assert len({tokens, tokens.named("a"), tokens.named("a")}) == 3


def test_expressions_are_immutable() -> None:
    with pytest.raises(AttributeError):
        tokens.name = "x"  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: bool(tokens == "a"),
        lambda: 1 < tokens < 3,
        lambda: tokens == "a" and indices == 0,
        lambda: not letters,
        lambda: "b" if letters == "a" else "c",
        lambda: tokens in ["a", "b"],
        lambda: bool(full),
        lambda: full and full,
    ],
    ids=["bool", "chain", "and", "not", "if", "in", "bool selector", "and selector"],
)
def test_asking_for_truth_is_refused(ask: Callable[[], Any]) -> None:
    with pytest.raises(ProgramError, match="neither true nor false") as refusal:
        ask()
    assert refusal.value.code == "E101"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: list(tokens),
        lambda: "a" in tokens,  # pyright: ignore[reportOperatorIssue]
        lambda: [*full],  # pyright: ignore[reportGeneralTypeIssues]
    ],
    ids=["list", "in", "star"],
)
def test_iterating_is_refused(ask: Callable[[], Any]) -> None:
    with pytest.raises(ProgramError, match="no items before it runs") as refusal:
        ask()
    assert refusal.value.code == "E102"


MALFORMED = {
    "tokens + full": "E103",
    "tokens + [1]": "E103",
    "where(full, 1, 2)": "E103",
    'select(full, tokens, "==")': "E103",
    'select(tokens, [1], "==")': "E103",
    "aggregate(tokens, tokens)": "E103",
    "aggregate(full, full)": "E103",
    "selector_width(tokens)": "E103",
    "best(tokens, tokens)": "E103",
    "full & tokens": "E103",
    "full | True": "E103",
    "constant(full)": "E103",
    "constant([1])": "E103",
    "aggregate(full, tokens, [1])": "E103",
    "aggregate(full, tokens, tokens)": "E103",
    "is_in(tokens, [[1]])": "E103",
    "is_in(tokens, [indices])": "E103",
    'select(tokens, tokens, "=>")': "E104",
    "select(tokens, tokens, 1)": "E104",
    'apply("f", tokens)': "E104",
    "apply(len)": "E104",
    'is_in("a", tokens)': "E104",
    'tokens.named("")': "E104",
    "tokens.named(1)": "E104",
    "tokens.named('half \\ud83d')": "E104",
}


@pytest.mark.parametrize("source", MALFORMED)
def test_malformed_programs_are_refused(source: str) -> None:
    with pytest.raises(ProgramError) as refusal:
        eval(source, vars(rasp).copy())
    assert refusal.value.code == MALFORMED[source]
    assert refusal.value.diagnostics[0].labels


WITHOUT_A_VALUE: list[tuple[str, Any, str]] = [
    ("tokens + 1", "a", "E105"),
    ("apply(lambda t: 1 / (t - 1) if t else [t], tokens)", [0], "E105"),
    ("apply(lambda t: t.missing, tokens)", "a", "E105"),
    ("apply(lambda t: t, tokens, tokens)", "a", "E105"),
    ("tokens < 1", "a", "E105"),
    ('selector_width(select(tokens, 1, "<"))', "a", "E106"),
    ("selector_width(select(tokens, 1, lambda k, q: k.missing))", "a", "E106"),
    ("selector_width(select(tokens, 1, lambda k, q: k))", "a", "E107"),
    ("selector_width(select(tokens, 1, lambda k, q: 1))", "a", "E107"),
    ("selector_width(select(tokens, 1, lambda k, q: None))", "a", "E107"),
    ("aggregate(best(full, tokens), indices)", ["a", 1], "E108"),
    ("aggregate(full, tokens)", "ab", "E204"),
    ("aggregate(full, tokens)", ["a", 1], "E204"),
    ("aggregate_sum(full, tokens)", "a", "E204"),
]


@pytest.mark.parametrize(("source", "sequence", "code"), WITHOUT_A_VALUE)
def test_a_program_without_a_value_says_so(source: str, sequence: Any, code: str) -> None:
    program = eval(source, vars(rasp).copy())
    with pytest.raises(ProgramError) as refusal:
        program(sequence)
    assert refusal.value.code == code
    assert refusal.value.diagnostics[0].labels


def test_a_numpy_bool_is_a_bool_for_a_predicate() -> None:
    import numpy as np

    equal: Any = lambda k, q: np.bool_(k == q)  # noqa: E731
    assert select(tokens, 1, equal)([1, 2])[0] == [True, False]


@pytest.mark.parametrize(
    ("sequence", "code"),
    [
        ([], "E401"),
        ("", "E401"),
        (3, "E402"),
        (None, "E402"),
        ([None], "E402"),
        ([float("nan")], "E402"),
        ([float("inf")], "E402"),
        ([[1]], "E402"),
        ([{"a": 1}], "E402"),
    ],
    ids=repr,
)
def test_what_is_no_sequence_is_refused(sequence: Any, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        tokens(sequence)
    assert refusal.value.code == code
    assert isinstance(refusal.value, RasplabError)


def test_sequences_of_every_shape_are_read() -> None:
    assert tokens(("a", 1.0)) == ["a", 1]
    assert tokens(letter for letter in "ab") == ["a", "b"]
    assert tokens({"a": 1}) == ["a"]
    assert evaluate(length, range(3)) == [3, 3, 3]


@pytest.mark.slow
def test_depth_has_no_limit() -> None:
    value = tokens
    selector = full
    for _ in range(20_000):
        value = value + 1
        selector = ~selector
    assert value([0]) == [20_000]
    assert selector("a") == [[True]]


@pytest.mark.slow
def test_values_of_any_depth_are_refused_where_they_are_written() -> None:
    deep: Any = ()
    for _ in range(100_000):
        deep = (deep,)
    for build in (rasp.constant, lambda value: tokens + value):
        with pytest.raises(ProgramError) as caught:
            build(deep)
        assert caught.value.code == "E103"


def test_a_shared_part_is_evaluated_once() -> None:
    calls: list[Any] = []
    part = apply(lambda t: calls.append(t) or t, tokens)
    (part + part)([1, 2])
    assert calls == [1, 2]
