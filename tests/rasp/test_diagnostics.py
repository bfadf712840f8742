"""What a person reads when a program is wrong: the whole text, places and underlines included."""

import linecache
import pickle
from typing import Any

import pytest

from rasplab import rasp
from rasplab.diagnostics import (
    Diagnostic,
    Label,
    ModelFileError,
    ProgramError,
    RasplabError,
    Span,
    placed_at,
)
from rasplab.rasp import tokens

GOLDEN = [
    (
        'flag = tokens == "a"\nok = bool(flag)\n',
        """\
error[E101]: an expression is neither true nor false before it runs
 --> program.py:2:6
2 | ok = bool(flag)
  |      ^^^^^^^^^^ this asks for its truth
1 | flag = tokens == "a"
  |        ^^^^^^^^^^^^^ the expression was built here
help: use `&`, `|`, `~`, `where(c, a, b)`, `is_in(x, [...])`, and `(1 < x) & (x < 3)` instead of \
`and`, `or`, `not`, `if`, `in` and `1 < x < 3`; `maximum` and `minimum` instead of `max` and \
`min`""",
    ),
    (
        'vowel = tokens == "a" | tokens == "e"\n',
        """\
error[E101]: an expression is neither true nor false before it runs
 --> program.py:1:9
1 | vowel = tokens == "a" | tokens == "e"
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this asks for its truth
help: `|` binds tighter than comparisons, which need brackets: `(a == b) | (c == d)`""",
    ),
    (
        "letters = list(tokens)\n",
        """\
error[E102]: an expression has no items before it runs
 --> program.py:1:11
1 | letters = list(tokens)
  |           ^^^^^^^^^^^^
help: call it on a sequence first: `program([...])`; for membership use `is_in`, for \
`max`, `min` and `sorted` `programs.greatest`, `programs.least` and `programs.sort`""",
    ),
    (
        "same = select(tokens, tokens, '==')\nx = tokens + same\n",
        """\
error[E103]: an operand of `+` must be a sequence operator or a value, not a selector
 --> program.py:2:5
2 | x = tokens + same
  |     ^^^^^^^^^^^^^
1 | same = select(tokens, tokens, '==')
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the selector was built here
help: a selector is used by `aggregate`, `selector_width` and their kin""",
    ),
    (
        "def program():\n    return aggregate(tokens, indices)\n\nprogram()\n",
        """\
error[E103]: the first argument of `aggregate` must be a selector, not a sequence operator
 --> program.py:2:12
2 |     return aggregate(tokens, indices)
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^
help: build one with `select(keys, queries, "==")`""",
    ),
    (
        "s = select(tokens, tokens, '=>')\n",
        """\
error[E104]: '=>' is no predicate
 --> program.py:1:5
1 | s = select(tokens, tokens, '=>')
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
help: use one of != < <= == > >=, or a function (key, query)""",
    ),
    (
        "total = (tokens\n         + 1)\ntotal('ab')\n",
        """\
error[E105]: the function `+` cannot be applied to 'a', 1
 --> program.py:1:10
1 | total = (tokens
  |          ^^^^^^ TypeError: can only concatenate str (not "int") to str
help: words and numbers have no order and no arithmetic between them; compare them with `==`, or \
map one to the other first""",
    ),
    (
        "x = apply(lambda t: t.size, tokens)\nx('a')\n",
        """\
error[E105]: the function `f` cannot be applied to 'a'
 --> program.py:1:5
1 | x = apply(lambda t: t.size, tokens)
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ AttributeError: 'str' object has no attribute 'size'
help: let it return a value (or None, which means undefined) for these as well""",
    ),
    (
        "n = selector_width(select(tokens, indices, '<'))\nn('a')\n",
        """\
error[E106]: the predicate `<` cannot be applied to 'a', 0
 --> program.py:1:20
1 | n = selector_width(select(tokens, indices, '<'))
  |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ TypeError: '<' not supported between instances \
of 'str' and 'int'
help: words and numbers have no order and no arithmetic between them; compare them with `==`, or \
map one to the other first""",
    ),
    (
        "n = selector_width(select(tokens, 'b', lambda k, q: k and q))\nn('a')\n",
        """\
error[E107]: the predicate returned 'b', which is not a bool
 --> program.py:1:20
1 | n = selector_width(select(tokens, 'b', lambda k, q: k and q))
  |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ for key 'a' and query 'b'
help: return a comparison, or wrap the result in `bool(...)`""",
    ),
    (
        "top = best(full, tokens)\naggregate(top, indices)(['a', 1])\n",
        """\
error[E108]: these scores have no order
 --> program.py:1:7
1 | top = best(full, tokens)
  |       ^^^^^^^^^^^^^^^^^^ '>' not supported between instances of 'int' and 'str'
help: score with numbers, or with words alone""",
    ),
    (
        "upper = apply(str.upper, tokens)\nmixed = aggregate(full, upper)\nmixed('aba')\n",
        """\
error[E204]: this aggregate would average words
 --> program.py:2:9
2 | mixed = aggregate(full, upper)
  |         ^^^^^^^^^^^^^^^^^^^^^^ selects 'A', 'B' at once
1 | upper = apply(str.upper, tokens)
  |         ^^^^^^^^^^^^^^^^^^^^^^^^ the values: upper(tokens)
note: only numbers can be averaged
help: select at most one position, or aggregate an indicator such as `tokens == "a"`""",
    ),
    (
        "tokens('')\n",
        "error[E401]: the sequence is empty\nhelp: give at least one token",
    ),
    (
        "tokens([None])\n",
        """\
error[E402]: None cannot be a token
note: it stands for an undefined value, or is not a finite number
help: use a string, a number or a boolean""",
    ),
]


def run_file(source: str, name: str = "program.py") -> dict[str, Any]:
    """Run source text as if it stood in a file in the current directory."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope: dict[str, Any] = {name: getattr(rasp, name) for name in rasp.__all__}
    exec(compile(source, name, "exec"), scope)
    return scope


@pytest.mark.parametrize(
    ("source", "text"), GOLDEN, ids=[text[6:10] + f" {i}" for i, (_, text) in enumerate(GOLDEN)]
)
def test_golden_text(source: str, text: str) -> None:
    with pytest.raises(RasplabError) as error:
        run_file(source)
    assert str(error.value) == text


@pytest.mark.parametrize(
    "statement",
    ["x = 1 < tokens < 3", "x = tokens and indices", "for t in tokens: pass", "x = 1 in tokens"],
)
def test_what_python_does_on_its_own_is_placed_on_its_line(statement: str) -> None:
    with pytest.raises(ProgramError) as error:
        run_file(f"pass\n{statement}\n")
    assert f"2 | {statement}\n" in str(error.value)


def test_the_place_is_the_users_line_also_through_the_library() -> None:
    scope = run_file("x = 1\nfirst = mark_first(tokens,\n    'a')\n")
    span = scope["first"].origin.span()
    assert (span.file, span.line, span.column) == ("program.py", 2, 8)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("hist = selector_width(full)\n", "hist"),
        ("def f():\n    inner = tokens + 1\n    return inner\nhist = f()\n", "inner"),
        ("hist = tokens + 1 + 2\n", "hist"),
        ("hist = (tokens + 1) * 2\n", "hist"),
        ("hist = [tokens + 1][0]\n", None),
        ("global hist\nhist = shift(tokens, 1)\n", "hist"),
    ],
)
def test_the_variable_it_was_assigned_to(source: str, name: str | None) -> None:
    assert run_file(source)["hist"].origin.variable() == name


def test_a_place_given_outright() -> None:
    span = Span("prog.rasp", 2, 0, 2, 5, source="a = 1;\nb = tokens;")
    with placed_at(span, "b"):
        built = tokens + 1
    assert built.origin.span() == span
    assert built.origin.variable() == "b"
    with pytest.raises(ProgramError) as error:
        built("a")
    assert "2 | b = tokens;\n  | ^^^^^ TypeError" in str(error.value)


def test_a_place_without_source_still_says_its_line() -> None:
    finding = Diagnostic("E999", "a title", (Label(Span("gone.py", 7, 2), "what"),))
    assert str(finding) == "error[E999]: a title\n --> gone.py:7:3\n  = what"


def test_expressions_of_the_library_itself_have_no_place() -> None:
    assert tokens.origin.span() is None
    assert rasp.length.origin.span() is None


def test_an_error_lists_all_that_was_found_and_survives_pickling() -> None:
    error = ProgramError([Diagnostic("E103", "one"), Diagnostic("E104", "two")])
    assert str(error) == "error[E103]: one\n\nerror[E104]: two"
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is ProgramError
    assert copy.diagnostics == error.diagnostics
    assert isinstance(error, ValueError)
    assert str(ModelFileError(Diagnostic("E501", "no such file"))) == "error[E501]: no such file"
