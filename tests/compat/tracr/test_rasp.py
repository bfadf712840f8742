"""Tracr's expressions: what they hold, what they are called, and what they evaluate to."""

import itertools
import operator
from typing import Any

import pytest

from rasplab import CompileError, ProgramError
from rasplab.compat.tracr.compiler import compiling, lib, validating
from rasplab.compat.tracr.rasp import rasp

T, AT = rasp.tokens, rasp.indices
EQ = rasp.Comparison.EQ
ANY = rasp.Select(T, T, rasp.Comparison.TRUE)


@pytest.mark.parametrize("other", [2, AT], ids=["a constant", "an expression"])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "lt", "le", "eq", "ne", "gt", "ge"])
def test_operators_are_pythons_at_every_position(name: str, other: Any) -> None:
    function = getattr(operator, name)
    xs = [3, 1, 2]
    others = other(xs) if isinstance(other, rasp.SOp) else [other] * 3
    assert function(T, other)(xs) == list(map(function, xs, others))
    assert function(other, T)(xs) == list(map(function, others, xs))
    assert type(function(T, other)) is (rasp.SequenceMap if other is AT else rasp.Map)


def test_logic_gives_one_of_the_values() -> None:
    assert (T & 5)([0, 2]) == [0, 5]
    assert (T | 5)([0, 2]) == [5, 2]
    assert (T & AT)([3, 0, 2]) == [0, 0, 2]
    assert (~T)([0, 2]) == rasp.sop_not(T)([0, 2]) == [True, False]


def test_division() -> None:
    assert (T / 2)([3]) == [1.5]
    assert (6 / T)([4]) == [1.5]


def test_a_map_of_a_map_is_one_map() -> None:
    twice: Any = (T * 2 + 2) / 2
    assert twice.inner is T
    assert twice.f(3) == 4
    assert twice([1]) == [2]
    assert rasp.Map(lambda x: x, T * 2, simplify=False).inner is not T


def test_functions_are_not_called_on_undefined_values() -> None:
    shifted = lib.shift_by(1, T)
    assert rasp.Map(str.upper, shifted)("ab") == [None, "A"]
    assert rasp.SequenceMap(operator.add, T, shifted)("ab") == [None, "ba"]
    assert rasp.Select(shifted, T, EQ)("aa") == [[False, True], [False, True]]


def test_names_and_labels() -> None:
    assert (T.label, AT.label, rasp.length.label) == ("tokens", "indices", "length")
    hist = lib.make_hist()
    assert hist.name == "hist"
    assert hist.label == f"hist_{hist.unique_id}"
    assert rasp.Map(str, T).name == "map"
    assert rasp.SelectorAnd(ANY, ANY).name == "selector_and"
    assert rasp.LinearSequenceMap(T, AT, 1, 2).name == "linear_sequence_map"


def test_annotations_are_kept_and_have_defaults() -> None:
    sop = rasp.annotate(rasp.Map(str, T), flavour="sweet").named("x")
    assert sop.annotations["flavour"] == "sweet"
    assert rasp.is_categorical(sop)
    assert rasp.is_numerical(rasp.numerical(sop))
    assert dict(sop.annotated(more=1).annotations)["more"] == 1
    with pytest.raises(KeyError, match=r"no annotation 'sour'; there are .*flavour"):
        _ = sop.annotations["sour"]
    with pytest.raises(TypeError):
        _ = ANY.annotations["encoding"]


SIDES = (T, AT, rasp.Full(1))


@pytest.mark.everyday(1)
@pytest.mark.parametrize(("combine", "kind"), [("and", rasp.SelectorAnd), ("or", rasp.SelectorOr)])
def test_simplified_selectors_select_the_same(combine: str, kind: type[rasp.Selector]) -> None:
    function = getattr(rasp, f"selector_{combine}")
    merged = 0
    for sides in itertools.product(SIDES, repeat=4):
        fst = rasp.Select(sides[0], sides[1], rasp.Comparison.LEQ)
        snd = rasp.Select(sides[2], sides[3], rasp.Comparison.NEQ)
        simple, plain = function(fst, snd), function(fst, snd, simplify=False)
        assert type(plain) is kind
        assert simple([0, 2, 1]) == plain([0, 2, 1])
        merged += type(simple) is rasp.Select
    assert 0 < merged < 81


def test_complements() -> None:
    less = rasp.Select(AT, AT, rasp.Comparison.LT)
    assert type(~less) is rasp.Select
    assert (~less)("ab") == rasp.SelectorNot(less)("ab") == [[True, True], [False, True]]
    assert (less | ~less)("ab") == [[True, True], [True, True]]


def test_aggregates() -> None:
    numbers = rasp.ConstantSOp([2, 4])
    assert rasp.Aggregate(ANY, numbers)("ab") == [3, 3]
    rows = rasp.ConstantSelector([[False, False], [True, False]])
    assert rasp.Aggregate(rows, T)("ab") == [None, "a"]
    assert rasp.Aggregate(rows, T, default="-")("ab") == ["-", "a"]


def test_a_mean_of_booleans_is_a_number() -> None:
    shares = rasp.Aggregate(ANY, T == "a")
    assert [type(x) for x in shares("aa")] == [int, int]


def test_constants_mind_their_length() -> None:
    with pytest.raises(ValueError, match="Constant len 2 doesn't match input len 3"):
        rasp.ConstantSOp([1, 2])("abc")
    assert rasp.ConstantSOp([1, 2], check_length=False)("abc") == [1, 2, None]


def test_the_empty_sequence_has_no_values() -> None:
    assert lib.make_hist()([]) == []


# What a person who runs no type checker may write.
WRONG: dict[str, Any] = {
    "a map of a selector": lambda: rasp.Map(str, ANY),  # pyright: ignore[reportArgumentType]
    "an expression for a function": lambda: rasp.Map(T, T),  # pyright: ignore[reportArgumentType]
    "an expression for a selector": lambda: rasp.Aggregate(T, T),  # pyright: ignore[reportArgumentType]
    "a text for a selector": lambda: rasp.SelectorWidth("=="),  # pyright: ignore[reportArgumentType]
    "a selector for a program": lambda: compiling.compile_rasp_to_model(ANY, {"a"}, 2),  # pyright: ignore[reportArgumentType]
    "a function for a program": lambda: compiling.compile_rasp_to_model(lib.make_hist, {"a"}, 2),  # pyright: ignore[reportArgumentType]
    "a text for keys": lambda: rasp.Select("a", T, EQ),  # pyright: ignore[reportArgumentType]
}


@pytest.mark.parametrize("build", WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused_where_it_is_written(build: Any) -> None:
    with pytest.raises(ProgramError, match=r"test_rasp\.py"):
        build()


def test_validation_reports_the_expression_and_not_those_above_it() -> None:
    mean = rasp.Aggregate(ANY, T)
    above = rasp.Map(str, mean)
    found = validating.validate(above, "ab")
    assert [item.expr for item in found] == [mean]
    assert validating.validate(above) == validating.validate(above, [1, 2]) == []


REFUSED_BY_TRACR = {
    "categorical aggregate of numbers": rasp.Aggregate(
        ANY, rasp.numerical(rasp.Map(lambda x: x, T))
    ),
    "numerical aggregate of words' numbers": rasp.numerical(rasp.Aggregate(ANY, T)),
    "default": rasp.Aggregate(rasp.Select(AT, AT, EQ), T, default=1),
    "numerical selector": rasp.SelectorWidth(
        rasp.Select(rasp.numerical(T * 1), rasp.numerical(T * 1), rasp.Comparison.LT)
    ),
    "numerical sequence map": rasp.numerical(
        rasp.SequenceMap(lambda x, y: x * y, rasp.numerical(AT + 0), T)
    ),
    "categorical linear map": rasp.categorical(
        rasp.LinearSequenceMap(rasp.categorical(T + 0), AT, 1, 2)
    ),
    "conjunction": rasp.SelectorWidth(
        rasp.SelectorAnd(ANY, rasp.Select(AT, T, rasp.Comparison.LT))
    ),
    "complement": rasp.SelectorWidth(rasp.SelectorNot(rasp.Select(T, AT, EQ))),
    "length": rasp.length - AT,
    "constant": rasp.Full(3),
    "no tokens": AT + 1,
}


@pytest.mark.parametrize("program", REFUSED_BY_TRACR.values(), ids=REFUSED_BY_TRACR)
def test_what_tracr_refuses_compiles(program: rasp.SOp) -> None:
    model = compiling.compile_rasp_to_model(program, {1, 2, 3}, 4)
    for xs in ([1], [2, 1], [3, 3, 1], [1, 2, 3, 1]):
        got = model.apply([compiling.COMPILER_BOS, *xs]).decoded[1:]
        assert got == pytest.approx(program(xs), abs=1e-5)


def test_length_stays_exact_where_thresholds_of_one_size_do_not() -> None:
    program = rasp.numerical(lib.make_length())
    model = compiling.compile_rasp_to_model(program, {"a"}, 40, compiler_bos="BOS")
    for n in (1, 7, 10, 39, 40):
        assert model.apply(["BOS", *"a" * n]).decoded[1:] == pytest.approx([n] * n, abs=1e-3)


def test_encoders_mind_bos_the_vocabulary_and_the_length() -> None:
    model = compiling.compile_rasp_to_model(T, {"a", "b"}, 3, compiler_bos="BOS")
    encoder = model.input_encoder
    assert encoder.encoding_map == {"BOS": 0, "a": 1, "b": 2, "compiler_pad": 3}
    assert (encoder.bos_encoding, encoder.pad_encoding, encoder.vocab_size) == (0, 3, 4)
    for tokens, message in (
        (["a"], "must be BOS"),
        ([], "must be BOS"),
        (["BOS", "c"], "not found"),
        (["BOS", *"aaaa"], "longer than"),
    ):
        with pytest.raises(ValueError, match=message):
            model.apply(tokens)


@pytest.mark.parametrize("taken", ["compiler_bos", "compiler_pad"])
def test_bos_and_pad_are_no_tokens(taken: str) -> None:
    with pytest.raises(ValueError, match="must not be present in the vocab"):
        compiling.compile_rasp_to_model(T, {"a", taken}, 3)


def test_a_refusal_is_a_value_error_that_points_at_the_expression() -> None:
    number = rasp.Map(int, T)
    with pytest.raises(CompileError, match=r"test_rasp\.py"):
        compiling.compile_rasp_to_model(number, {"1", "b"}, 3)
