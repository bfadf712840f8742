"""E7xx: programs in RASP source text."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page


def _page(code: str, title: str, meaning: str, why: str, bad: str, mended: str) -> Page:
    """A page whose examples are source text."""
    return Page(code, title, meaning, why, _loading(bad), _loading(mended))


def _loading(text: str) -> str:
    return f'from rasplab.rasp import parse\n\nparse("""\n{text}\n""")'


PAGES = (
    _page(
        "E701",
        "this is no statement of RASP",
        """\
The text does not follow the grammar. The message points at the first token that cannot stand
where it does, or at the bracket that is never closed.""",
        """\
The usual mistakes: a `;` is missing (every statement ends with one, `}` needs none), `=` where
`==` was meant, single quotes, `&&` for `and`, `**` for `^`, a comparison in quotes in `select`.
Each statement is read by itself, so that one message does not cause the next.""",
        "same = select(tokens, tokens, =);",
        "same = select(tokens, tokens, ==);",
    ),
    _page(
        "E702",
        "there is no such name",
        """\
A name is used that nothing has bound. The message proposes the known name that is most like
it.""",
        """\
Names are bound from top to bottom. What a function binds is its own; a name that begins with
`_` stays in its file.""",
        "previous = select(indices, indexes - 1, ==);",
        "previous = select(indices, indices - 1, ==);",
    ),
    _page(
        "E703",
        "a value is of the wrong kind",
        """\
There are atoms (numbers, strings, booleans), lists and dicts of anything, s-ops, selectors and
functions. An operator or a built-in form was given a kind that it does not take.""",
        """\
Lists and dicts only organise a program: an s-op is compared with a list by `in`, and looks up a
list by `list[s-op]`. Selectors combine with `and`, `or` and `not`, among themselves only.""",
        'is_vowel = tokens == ["a", "e", "i", "o", "u"];',
        'is_vowel = tokens in ["a", "e", "i", "o", "u"];',
    ),
    _page(
        "E704",
        "the wrong number of values",
        """\
A function was called with more or fewer arguments than it has parameters, or a list was given
more or fewer names than it has values.""",
        """\
There are no optional parameters. `a, b = list;` takes a list apart; a function may return
several values, which are a list then.""",
        "first = shift(tokens, 1);",
        'first = shift(tokens, 1, "-");',
    ),
    _page(
        "E705",
        "this name cannot be assigned",
        """\
The words of the language, the base s-ops (`indices`, `tokens_str`, ...) and the names of the
library keep their meaning. `tokens` may be assigned.""",
        """\
Whoever reads `length` or `sort` in a program must be able to rely on it. Parameters and local
names of functions may be called as they like, except for the words of the language.""",
        "length = 3;",
        "longest = 3;",
    ),
    _page(
        "E706",
        "there is nothing at this index",
        "A list or a string was indexed beyond its ends, or a dict by a key that it does not have.",
        "Positions are counted from 0, and from the end with negative numbers.",
        'pair = "()";\nclosing = pair[2];',
        'pair = "()";\nclosing = pair[1];',
    ),
    _page(
        "E707",
        "an operation has no value",
        """\
An operator or a look-up has no value for the values that it got: words and numbers are added or
ordered, something is divided by 0, `tokens_int` meets a letter, a look-up finds nothing. The
message shows the values, and the position where they met.""",
        """\
Both branches of `if else` on s-ops are computed at every position, so that a condition does not
keep an operation from values that it has no answer for.""",
        'tokens_int("1+2");',
        'digits = {"1": 1, "2": 2, "+": 0};\ndigits[tokens]("1+2");',
    ),
    _page(
        "E708",
        "a sequence has values of different types",
        """\
The values of an s-op on an input are all strings, all booleans, or all numbers. Here they are
mixed.""",
        """\
Most often an aggregate selects nothing at some position and gives its default, which is 0 unless
its third argument says otherwise.""",
        'previous = aggregate(select(indices, indices - 1, ==), tokens);\nprevious("abc");',
        'previous = aggregate(select(indices, indices - 1, ==), tokens, "-");\nprevious("abc");',
    ),
    _page(
        "E709",
        "an aggregate would average what is no number",
        """\
An aggregate gives the mean of the values that a position selects. One value may be of any type;
of several all values of the sequence must be numbers. The message shows a position and what it
selects.""",
        """\
Between words there is no mean. Booleans are counted by `indicator`, which makes 1 and 0 of
them: their mean is then the share of those that are true.""",
        'aggregate(full_s, tokens)("abc");',
        'aggregate(full_s, indicator(tokens == "a"))("abc");',
    ),
    _page(
        "E710",
        "a program is nested too deeply, or too long",
        """\
Functions call each other without end, or an expression has brackets in brackets or operators in a
row beyond any measure.""",
        """\
A function may call itself, as long as a condition on atoms ends it: `if else` on atoms computes
only the branch that it chooses, on s-ops both.""",
        "def power(n) {\n    return 2 * power(n - 1);\n}\n\npower(5);",
        "def power(n) {\n    return 1 if n == 0 else 2 * power(n - 1);\n}\n\npower(5);",
    ),
    Page(
        "E711",
        "a source file cannot be read",
        """\
`load "name";` reads `name.rasp`, beside the file that says so or else in the current directory.
There is no such file, or it is not UTF-8 text; then the message shows the place of the first
wrong byte.""",
        """\
A text in another encoding would give other tokens than its author meant: "§" has one character
in UTF-8 and two when it is misread.""",
        'from rasplab.rasp import read\n\nread("no_such_file.rasp")',
        """\
from pathlib import Path
from rasplab.rasp import read

Path("first.rasp").write_text("first = tokens[0];", encoding="utf-8")
read("first.rasp")""",
    ),
    Page(
        "E712",
        "a file loads itself",
        "A file loads another one that, by however many steps, loads the first again.",
        """\
Loading runs the file from its beginning, so that this would have no end. Two files that need
the same names load a third one.""",
        """\
from pathlib import Path
from rasplab.rasp import read

Path("first.rasp").write_text('load "second"; a = 1;', encoding="utf-8")
Path("second.rasp").write_text('load "first"; b = a;', encoding="utf-8")
read("first.rasp")""",
        """\
from pathlib import Path
from rasplab.rasp import read

Path("first.rasp").write_text('load "second"; c = b;', encoding="utf-8")
Path("second.rasp").write_text("b = 1;", encoding="utf-8")
read("first.rasp")""",
    ),
    Page(
        "E713",
        "an operator binds otherwise than one would think",
        """\
A warning, an error only where `strict=True` asks for it. RASP has other precedences than Python:
`in` binds loosest, `and` and `or` equally from left to right, unary `-` and `not` tightest, `%`
looser than `*`; `^` goes from left to right, comparisons are not chained, and a second `if else`
takes all before it as its first branch. The message shows how the expression was read.""",
        """\
Programs written for the original interpreter rely on these precedences, so that they stay.
Parentheses make an expression mean the same to all readers, and silence the warning.""",
        """\
from rasplab.rasp import parse

parse("odd = not indices % 2 == 0;", strict=True)""",
        """\
from rasplab.rasp import parse

parse("odd = not (indices % 2 == 0);", strict=True)""",
    ),
    Page(
        "E714",
        "the REPL has no such command",
        "A line that begins with a colon is a command of the REPL, and this is none of them.",
        "`:help` shows them all. Statements of the language begin with no colon.",
        """\
from rasplab.cli.repl.session import Session

session = Session()
session.commands.answer("compiel indices")""",
        """\
from rasplab.cli.repl.session import Session

session = Session()
session.commands.answer("compile indices")""",
    ),
)
