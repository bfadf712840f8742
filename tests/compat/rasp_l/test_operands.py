"""What np-RASP's functions and operators take: arrays, expressions, and what they refuse."""

import operator

import numpy as np
import pytest

from rasplab.compat import rasp_l
from rasplab.compat.rasp_l import (
    aggr_max,
    aggr_min,
    equals,
    full,
    has_seen,
    indices,
    kqv,
    maximum,
    sel_width,
    select,
    seq_map,
    shift_right,
    tok_map,
    tokens,
    where,
)
from rasplab.diagnostics import ProgramError
from rasplab.rasp import tokens as plain_tokens

INPUT = [3, 0, 2, -1, 0, 1]
OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.floordiv,
    operator.mod,
    operator.and_,
    operator.or_,
    operator.xor,
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]
PAIRS = {
    "whole numbers": lambda x: (x, 2 - x),
    "booleans": lambda x: (x > 0, x != 2),
    "a boolean and a whole number": lambda x: (x > 0, x),
    "a whole number and a boolean": lambda x: (x, x > 0),
    "a whole number and a constant": lambda x: (x, -2),
    "a constant and a whole number": lambda x: (2, x),
    "a boolean and a constant": lambda x: (x > 0, True),
    "of comparisons": lambda x: (seq_map(x, x * 0, equals), seq_map(x, x * 0 + 2, equals)),
    "a complement and a comparison": lambda x: (
        ~seq_map(x, x * 0, equals),
        seq_map(x, x * 0 + 2, equals),
    ),
    "two complements": lambda x: (~seq_map(x, x * 0, equals), ~seq_map(x, x * 0 + 2, equals)),
}


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("pair", PAIRS.values(), ids=list(PAIRS))
@pytest.mark.parametrize("symbol", OPERATORS, ids=lambda f: f.__name__)
def test_an_operator_gives_what_numpy_gives_or_is_refused_where_numpy_raises(symbol, pair) -> None:
    try:
        wanted = symbol(*pair(np.array(INPUT)))
    except TypeError:
        with pytest.raises(ProgramError):
            symbol(*pair(tokens))
        return
    found = symbol(*pair(tokens))
    assert found(INPUT) == wanted.tolist()
    assert (found.kind == "bool") == (wanted.dtype == bool)


def test_complements_signs_and_sizes_are_numpys() -> None:
    x = np.array(INPUT)
    assert (~tokens)(INPUT) == (~x).tolist()
    assert (~~tokens)(INPUT) == INPUT
    assert (~(tokens > 0))(INPUT) == (~(x > 0)).tolist()
    assert (-tokens)(INPUT) == (-x).tolist()
    assert abs(tokens)(INPUT) == abs(x).tolist()
    with pytest.raises(ProgramError, match="does not negate booleans"):
        _ = -(tokens > 0)


def test_the_mean_is_cut_off_towards_zero() -> None:
    everything = select(tokens, tokens, lambda k, q: True)
    assert rasp_l.aggr_mean(everything, tokens)([-1, -2, 2, 4]) == [-1, -1, 0, 0]


def test_where_nothing_is_selected_stands_the_default() -> None:
    nothing = select(tokens, tokens, lambda k, q: False)
    assert aggr_max(nothing, tokens, 7)([1, 2]) == [7, 7]
    assert aggr_min(nothing, tokens, 7)([1, 2]) == [7, 7]
    assert aggr_max(nothing, tokens > 1, 7)([1, 2]) == [1, 1]  # an array of booleans holds True


def test_a_selector_of_arrays_is_an_array_of_booleans() -> None:
    x = np.array([1, 2, 1])
    same = select(x, x, equals)
    assert same.tolist() == [[True, False, False], [False, True, False], [True, False, True]]
    assert sel_width(same).tolist() == [1, 1, 2]
    assert aggr_max(same, np.array([5, 6, 7])).tolist() == [5, 6, 7]
    assert select(x, x, equals, causal=False)[0].tolist() == [True, False, True]


def test_functions_see_numpys_scalars() -> None:
    seen = []
    tok_map(np.array([True, False]), lambda e: seen.append(type(e)) or 0)
    tok_map(np.array([1]), lambda e: seen.append(type(e)) or 0)
    assert set(seen) == {np.bool_, np.int64}


def test_an_array_that_is_empty_gives_one_that_is() -> None:
    assert maximum(np.array([], dtype=int)).tolist() == []


def test_an_array_changed_in_place_is_not_used_under_its_other_name() -> None:
    x = indices(tokens)
    other = x
    x += 1
    assert x([7, 7]) == [1, 2]
    with pytest.raises(ProgramError, match="changed in place by `\\+=` under another name"):
        _ = other + 1


REFUSED = {
    "a fraction": (lambda: tokens / 2, "E104", "fractions"),
    "adding a fraction": (lambda: tokens + 0.5, "E104", "fractions"),
    "a word": (lambda: tokens == "a", "E103", "must be a number"),
    "an expression of rasp": (lambda: tokens + plain_tokens, "E103", "not NumPy's"),
    "a function of such": (lambda: indices(plain_tokens), "E103", "not NumPy's"),
    "an array": (lambda: tokens + np.array([1, 2]), "E103", "is an array, beside an expression"),
    "arrays and expressions": (
        lambda: where(tokens, np.array([1]), tokens),
        "E103",
        "is an array, beside an expression",
    ),
    "a number for a sequence": (lambda: where(tokens, tokens, 0), "E103", "must be a sequence"),
    "a selector for a sequence": (
        lambda: indices(select(tokens, tokens, equals)),
        "E103",
        "is a selector",
    ),
    "NumPy's own": (lambda: np.where(tokens > 1, 1, 0), "E103", "NumPy cannot compute"),
    "another length": (lambda: seq_map([1], [1, 2], equals), "E104", "different lengths"),
    "an array of fractions": (lambda: maximum(np.array([0.5])), "E103", "whole numbers"),
    "no function": (lambda: tok_map(tokens, 3), "E104", "a function is needed"),
    "no reduction": (
        lambda: kqv(tokens, tokens, tokens, equals, reduction="sum"),
        "E104",
        "no reduction",
    ),
    "a complement of a selector": (lambda: ~select(tokens, tokens, equals), "E104", "complement"),
    "the smallest boolean": (
        lambda: kqv(tokens, tokens, tokens > 1, equals, reduction="min"),
        "E104",
        "negate booleans",
    ),
    "a word for a token": (lambda: has_seen(tokens, full(tokens, 1))("ab"), "E105", "whole"),
    "no whole number": (lambda: tok_map(tokens, lambda e: e / 0)([1]), "E105", "no whole number"),
}


@pytest.mark.parametrize(("build", "code", "said"), REFUSED.values(), ids=list(REFUSED))
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_np_rasp_has_not_is_refused_with_the_reason(build, code: str, said: str) -> None:
    with pytest.raises(ProgramError, match=said) as caught:
        build()
    assert caught.value.code == code


def test_the_refusal_points_to_the_users_line() -> None:
    with pytest.raises(ProgramError) as caught:
        _ = shift_right(tokens, 1) / 2
    (label,) = caught.value.diagnostics[0].labels
    assert label.span.file == __file__


def test_a_name_that_is_missing_is_answered_with_the_nearest() -> None:
    with pytest.raises(ImportError, match="did you mean `shift_right`"):
        from rasplab.compat.rasp_l import shift_rigth  # noqa: F401
    with pytest.raises(AttributeError, match="did you mean `cumsum`"):
        _ = rasp_l.cum_sum
    assert not hasattr(rasp_l, "nothing_of_the_kind")


def test_everything_can_be_imported_as_programs_do() -> None:
    names: dict = {}
    exec("from rasplab.compat.rasp_l import *\nfound = cumsum(np.array([1, 0, 1]))", names)
    assert names["found"].tolist() == [1, 1, 2]
