"""The exercises: every reference passes, what is nearly right does not, budgets are felt."""

from typing import Any

import pytest

from rasplab import InputError, ProgramError, learn, programs, rasp
from rasplab.learn.trying import inputs
from rasplab.rasp import SOp, parse
from rasplab.rasp.library import indices, tokens
from tests.learn import mistakes
from tests.learn.mistakes import IN_SOURCE_TEXT, LARGER, OTHERS, WRONG

EXERCISES = learn.all()
NAMES = [exercise.name for exercise in EXERCISES]


def written(expression: str) -> SOp:
    return eval(expression, {**mistakes.NAMES})


def test_there_are_twenty_with_consecutive_numbers_and_names_of_their_own() -> None:
    assert [exercise.number for exercise in EXERCISES] == list(range(1, 21))
    assert len(set(NAMES)) == 20
    assert WRONG.keys() == set(NAMES)


@pytest.mark.everyday(2)
@pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
def test_the_reference_is_solved_within_its_budget(exercise: learn.Exercise) -> None:
    marking = learn.mark(exercise, exercise.reference)
    assert marking.passed, str(marking)
    assert marking.layers == exercise.layers
    assert exercise.heads - 1 <= (marking.heads or 0) <= exercise.heads


@pytest.mark.everyday(45)
@pytest.mark.parametrize(
    ("name", "expression"), [(n, e) for n, wrong in WRONG.items() for e in wrong]
)
def test_a_wrong_program_fails_on_an_input_that_is_told(name: str, expression: str) -> None:
    program = written(expression)
    marking = learn.mark(name, program)
    assert not marking.passed
    [finding] = marking.findings
    assert finding.code in ("E902", "E204")


def test_the_input_that_is_told_is_a_shortest_one() -> None:
    exercise = learn.get("seen_before")
    program = rasp.shift(tokens, 1, default="-") == tokens
    [finding] = learn.mark(exercise, program).findings
    assert finding.title == "this is not `seen_before` on 'aba'"
    tried = inputs(exercise.vocabulary, exercise.max_length)
    assert all(program(s) == exercise.reference(s) for s in tried.sequences if len(s) < 3)


def test_true_and_one_are_told_apart_aloud() -> None:
    [finding] = learn.mark("vowel", rasp.where(rasp.is_in(tokens, "ae"), 1, 0)).findings
    assert "True and 1 are two values, and so are False and 0" in finding.notes


@pytest.mark.parametrize(("name", "expression"), LARGER.items())
def test_a_right_program_beyond_the_budget_is_told_its_heads(name: str, expression: str) -> None:
    marking = learn.mark(name, written(expression))
    [finding] = marking.findings
    assert finding.code == "E903"
    assert (marking.layers or 0) > learn.get(name).layers or (
        (marking.heads or 0) > learn.get(name).heads
    )
    assert len(finding.notes) == marking.heads


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expression"), OTHERS.items(), ids=list(OTHERS))
def test_other_solutions_are_solved_too(name: str, expression: str) -> None:
    marking = learn.mark(name, written(expression))
    assert marking.passed, str(marking)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text"), IN_SOURCE_TEXT.items(), ids=list(IN_SOURCE_TEXT))
def test_source_text_solves_within_the_budget(name: str, text: str) -> None:
    marking = learn.mark(name, parse(text)[name])
    assert marking.passed, str(marking)


def test_a_program_without_a_value_is_told_what_it_meets() -> None:
    two = rasp.select(indices, indices, lambda key, query: key <= 1)
    marking = learn.mark("first", rasp.aggregate(two, tokens))
    assert marking.findings[0].code == "E204"
    with pytest.raises(ProgramError):
        marking.require()


def test_a_program_that_is_right_and_does_not_compile_is_told_why() -> None:
    others = [rasp.shift(tokens, by, "-") for by in range(1, 6)] * 2
    program = rasp.apply(
        lambda i, *rest: i + 1, indices, *others, *map(rasp.fill, others, "x" * 10)
    )
    marking = learn.mark("from_one", program)
    assert marking.layers is None
    assert marking.findings[0].code.startswith("E3"), str(marking)


@pytest.mark.parametrize(
    "given",
    [rasp.full, None, "hist", programs.hist],
    ids=["selector", "nothing", "text", "function"],
)
def test_what_is_no_program_is_refused(given: Any) -> None:
    with pytest.raises(InputError) as caught:
        learn.mark("hist", given)
    assert caught.value.code == "E406"


@pytest.mark.parametrize("exercise", EXERCISES, ids=NAMES)
def test_texts_are_whole_and_their_examples_are_true(exercise: learn.Exercise) -> None:
    assert exercise.text.endswith(".")
    assert all(hint.endswith((".", "`", "?", ")")) for hint in exercise.hints)
    assert len(exercise.hints) >= 2
    given = set(exercise.vocabulary)
    for sequence in (*exercise.examples, *exercise.edges):
        assert set(sequence) <= given
        assert 1 <= len(sequence) <= exercise.max_length
    for call, values in exercise.shown:
        program = exercise.reference
        assert repr(eval(call, {exercise.name: program})) == values
    assert max(map(len, str(exercise).splitlines())) <= 80
    assert f"{exercise.name} = " in exercise.solution


def test_hints_come_one_by_one_and_end_with_the_last() -> None:
    exercise = learn.get(2)
    assert [exercise.hint(n) for n in (1, 2, 3, 4)] == [*exercise.hints, exercise.hints[-1]]


@pytest.mark.parametrize("name", [0, 21, "histo", "", None])
def test_an_exercise_that_is_not_there_is_told(name: Any) -> None:
    with pytest.raises(InputError) as caught:
        learn.get(name)
    assert caught.value.code == "E901"


def test_inputs_are_all_of_the_short_ones_and_some_of_the_long_ones() -> None:
    few = inputs("ab", 3)
    assert few.complete
    assert len(few) == 2 + 4 + 8
    many = inputs("abc", 8, edges=["abcabcab"], seed=1)
    assert not many.complete
    assert tuple("abcabcab") in many.sequences
    assert [len(s) for s in many.sequences] == sorted(len(s) for s in many.sequences)
    assert sum(len(s) == 8 for s in many.sequences) > 30
    assert many == inputs("abc", 8, edges=["abcabcab"], seed=1)
    assert inputs([True, 1], 1).sequences == ((True,), (1,))
