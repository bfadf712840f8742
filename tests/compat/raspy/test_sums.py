"""raspy's `value`: one value as it is, numbers added up, words never."""

from random import Random
from typing import Any

import pytest

import rasplab
from rasplab.compat import raspy
from rasplab.compat.raspy import indices, key, length, query, raw, select, tokens, where
from rasplab.diagnostics import ProgramError

EQUAL: Any = "=="


def added(selected: list, default: object) -> object:
    """The definition; None where Python adds no words."""
    if len(selected) < 2:
        return selected[0] if selected else default
    try:
        return sum(selected)
    except TypeError:
        return None


SELECTORS = {
    "the same": (key(tokens) == query(tokens), lambda w, k, q: w[k] == w[q]),
    "before": (key(indices) < query(indices), lambda w, k, q: k < q),
    "the one before": (key(indices) == query(indices - 1), lambda w, k, q: k == q - 1),
    "opposite": (key(length - indices - 1) == query(indices), lambda w, k, q: len(w) - k - 1 == q),
    "either": (
        (key(indices) == query(0)) | (key(indices) > query(indices)),
        lambda w, k, q: k == 0 or k > q,
    ),
    "not the same": (~(key(tokens) == query(tokens)), lambda w, k, q: w[k] != w[q]),
    "a function": (select(tokens, indices, lambda k, q: q == 1), lambda w, k, q: q == 1),
}
WORDS = {"numbers": [1, 2, 5], "words": ["x", "y"], "both": [1, 2, "x"]}
DEFAULTS = [0, 7, "-"]


@pytest.mark.parametrize("name", SELECTORS)
@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("default", DEFAULTS)
def test_a_value_is_the_one_or_the_sum(name: str, kind: str, default) -> None:
    selector, chosen = SELECTORS[name]
    program = selector.value(tokens, default)
    random = Random(0)
    for _ in range(12):
        w = random.choices(WORDS[kind], k=random.randrange(1, 6))
        n = range(len(w))
        wanted = [added([w[k] for k in n if chosen(w, k, q)], default) for q in n]
        assert program(w).toseq() == wanted, w


@pytest.mark.everyday(6)
@pytest.mark.parametrize("name", ["the same", "the one before", "before"])
@pytest.mark.parametrize("kind", WORDS)
def test_a_model_gives_the_one_or_the_sum(name: str, kind: str) -> None:
    program = SELECTORS[name][0].value(tokens, 7)
    model = rasplab.compile(program.expression, vocab=WORDS[kind], max_length=4)
    random = Random(0)
    for _ in range(30):
        w = random.choices(WORDS[kind], k=random.randrange(1, 5))
        assert model(w) == program(w).toseq(), w


def test_conditions_are_counted() -> None:
    assert (key(1) == query(1)).value(tokens == "a")("aba") == [2, 2, 2]
    assert (key(indices) < query(indices)).value(tokens == "a", "none")("ab") == ["none", 1]


def test_words_are_moved_by_one_head_where_a_row_selects_one() -> None:
    program = where(tokens == "a", "x", "y")
    moved = (key(length - indices - 1) == query(indices)).value(program)
    assert rasplab.compile(moved.expression, vocab="ab", max_length=4).config.n_layers <= 2


REFUSED = {
    "a key and a number": (lambda: key(tokens) == 1, "E103", "compared with a query"),
    "a selector as a sequence": (
        lambda: tokens + (key(1) == query(1)),
        "E103",
        "a sequence or a value is needed, not a selector",
    ),
    "a complement of a number": (lambda: ~tokens, "E104", "of a condition only"),
    "a predicate that is none": (lambda: select(tokens, tokens, EQUAL), "E104", "predicate"),
    "a default of several": (
        lambda: (key(1) == query(1)).value(tokens, [1]),
        "E103",
        "must be one value",
    ),
    "truth": (lambda: bool(tokens == "a"), "E101", "neither true nor false"),
}


@pytest.mark.parametrize(("build", "code", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_raspy_has_not_is_refused_with_the_reason(build, code: str, said: str) -> None:
    with pytest.raises(ProgramError, match=said) as caught:
        build()
    assert caught.value.code == code
    assert caught.value.diagnostics[0].labels[0].span.file == __file__


def test_given_values_end_where_the_list_does() -> None:
    assert raw([1, 2])("abc") == [1, 2, None]
    assert (raw([1, 2, 3]) + 1)("ab") == [2, 3]


def test_numbers_that_are_no_conditions_join_bitwise() -> None:
    assert (tokens & 6)([3, 5]) == [2, 4]
    assert ((tokens > 3) & (tokens < 6))([3, 5]) == [False, True]


def test_a_name_that_is_missing_is_answered_with_the_nearest() -> None:
    with pytest.raises(ImportError, match="did you mean `cumsum`"):
        from rasplab.compat.raspy import cum_sum  # noqa: F401
    with pytest.raises(ImportError, match=r"rasplab\.view\.draw"):
        from rasplab.compat.raspy import draw  # noqa: F401
    assert not hasattr(raspy, "nothing_of_the_kind")


def test_names_travel() -> None:
    assert (tokens + 1).name("more").expression.name == "more"
    assert raspy.aggregate(key(1) == query(1), 1, name="all").expression.name == "all"
