"""What is wrong with a statement that cannot be parsed, with the near miss that it probably is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from lark import Token

from rasplab.diagnostics import Diagnostic, diagnostic
from rasplab.rasp.syntax.build import place_of
from rasplab.rasp.syntax.statements import ENDS_VALUE, Chunk
from rasplab.rasp.syntax.tree import Source

_CLOSER: Final = {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}
_OPENER: Final = {"RPAR": "(", "RSQB": "[", "RBRACE": "{"}
_FOREIGN: Final = {
    "'": 'strings stand in double quotes: "a"',
    '"': 'a string ends with `"` on the same line',
    "!": "`not x` negates, `x != y` compares",
    "&": "between s-ops or selectors it is `and`",
    "|": "between s-ops or selectors it is `or`",
    "~": "to negate an s-op or a selector write `not x`",
    ".": "a number with a point has digits on both sides: 0.5",
}
_TWICE: Final = {
    "**": "a power is written `x ^ y`",
    "//": "there is no whole division; `round(x / y)` rounds, `x % y` is the remainder",
    "==": "to compare write `==` once",
    "=<": "at most is written `<=`",
    "=>": "at least is written `>=`",
    "<>": "unequal is written `!=`",
    "++": "to add one write `x = x + 1;`",
}
_STATEMENTS: Final = {
    "while": "there is no `while`; `for x in list { ... }` repeats",
    "elif": "choose with `a if condition else b`, in parentheses where they are nested",
    "lambda": "functions have a name: `def f(x) { return x; }`",
    "import": 'other files are read with `load "name";`',
    "function": "a function is written `def f(x) { return x; }`",
    "let": "a name is bound by `name = value;`",
    "var": "a name is bound by `name = value;`",
}


def complain(chunk: Chunk, taken: int, accepts: frozenset[str], source: Source) -> Diagnostic:
    """The diagnostic for the token at which a statement stopped making sense, or for its end."""
    tokens = chunk.tokens
    bad = tokens[taken] if taken < len(tokens) else None
    before = tokens[taken - 1] if taken else None
    if bad is None:
        return _early_end(chunk, accepts, source)
    if bad.type == "SEMICOLON" and (opened := _unclosed(tokens[:taken], accepts)):
        return _never_closed(opened, source)
    if bad.type == "COMPARISON" and (misspelt := _misspelt_select(tokens[:taken])):
        return diagnostic(
            "E702",
            f"there is no `{misspelt}`",
            at=source.span(place_of(misspelt)),
            help="did you mean `select`?",
        )
    if before is not None and _semicolon_forgotten(before, bad, accepts):
        return _forgotten(before, source)
    if bad.type == "RBRACE" and "RETURN" in accepts:
        return diagnostic(
            "E701",
            "this function returns nothing",
            at=source.span(place_of(bad)),
            label="`return` is missing before this",
            help="a function ends with `return value;`",
        )
    return _found(bad, accepts, source, before)


def _misspelt_select(tokens: list[Token]) -> Token | None:
    """The name that a comparison is the third argument of, where it is nearly `select`."""
    depth = commas = 0
    for token, after in zip(reversed(tokens), [None, *reversed(tokens)], strict=False):
        if depth == 1 and commas == 2 and token.type == "NAME" and after and after.type == "LPAR":
            return token if get_close_matches(str(token), ["select"], 1, 0.75) else None
        depth += (token.type in _CLOSER) - (token.type in _OPENER)
        commas += depth == 0 and token.type == "COMMA"
    return None


def _found(
    bad: Token, accepts: frozenset[str], source: Source, before: Token | None = None
) -> Diagnostic:
    advice = _near_miss(bad, before, accepts)
    wanted = _wanted(accepts)
    return diagnostic(
        "E701",
        _title(bad, before),
        at=source.span(place_of(bad)),
        label=wanted,
        help=advice,
    )


def _title(bad: Token, before: Token | None) -> str:
    text = str(bad) if len(bad) <= 30 else f"{bad[:29]}…"
    if bad.type == "KEYWORD" or (bad.type not in ("NAME", "OTHER") and text.isalpha()):
        return f"the keyword `{text}` cannot stand here"
    if bad == "'":
        return "a single quote begins no string"
    if bad == '"':
        return "this string has no end"
    if bad.type == "SEMICOLON":
        return "the statement ends too early" if before is not None else "an empty statement"
    if bad.type in _OPENER and before is None:
        return f"there is no `{_OPENER[bad.type]}` for this `{text}`"
    return f"`{text}` cannot stand here"


def _near_miss(bad: Token, before: Token | None, accepts: frozenset[str]) -> str | None:
    text, previous = str(bad), "" if before is None else str(before)
    touching = before is not None and before.end_pos == bad.start_pos
    if touching and f"{previous}{text}" in _TWICE and text != "=":
        return _TWICE[f"{previous}{text}"]
    if text == "=":
        if touching and previous in ("==", "="):
            return _TWICE["=="]
        if "COMPARISON" in accepts:
            return "`=` binds a name; to compare write `==`"
        return "a statement is `name = value;`, and a comparison `==`"
    if accepts == frozenset({"COMPARISON"}):
        return "the third argument of `select` is one of == != < <= > >=, without quotes"
    if bad.type == "COMPARISON" and previous in (",", "("):
        return "the comparison of a `select` comes last: `select(keys, queries, ==)`"
    if accepts & {"COMMA"} and bad.type == "RPAR" and "SEMICOLON" not in accepts:
        return "`select(keys, queries, ==)` and `aggregate(selector, values)` need more arguments"
    if bad.type == "KEYWORD" or (text.isalpha() and bad.type not in ("NAME", "OTHER")):
        return f"`{text}` cannot be a name" if "NAME" in accepts else None
    if bad.type == "OTHER":
        return _FOREIGN.get(text)
    if previous in _STATEMENTS:
        return _STATEMENTS[previous]
    if accepts == frozenset({"RBRACE"}):
        return "`return` is the last statement of a function, and there is one"
    if bad.type == "SEMICOLON" and before is None:
        return "one `;` ends a statement; after `}` there is none"
    if previous in ("select", "aggregate") or bad.type == "SEMICOLON":
        return None
    return _STATEMENTS.get(text)


def _wanted(accepts: frozenset[str]) -> str:
    """What could have stood there, where that is little enough to say."""
    shown = {
        "SEMICOLON": "`;`", "COMMA": "`,`", "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`",
        "LPAR": "`(`", "LBRACE": "`{`", "EQUAL": "`=`", "IN": "`in`", "ELSE": "`else`",
        "COLON": "`:`", "COMPARISON": "a comparison", "NAME": "a name", "STRING": "a string",
    }  # fmt: skip
    if "INTEGER" in accepts:
        return "a value is expected here"
    known = [text for key, text in shown.items() if key in accepts]
    if "PLUS" in accepts:
        known = [text for text in known if text in ("`;`", "`)`", "`]`", "`}`", "`,`", "`else`")]
    return f"expected {' or '.join(known)}" if 0 < len(known) <= 3 else ""


def _semicolon_forgotten(before: Token, bad: Token, accepts: frozenset[str]) -> bool:
    """A new line, or a closing brace, where the statement could have ended."""
    if "SEMICOLON" not in accepts or before.type not in ENDS_VALUE:
        return False
    return (bad.line or 0) > (before.end_line or 0) or bad.type in ("RBRACE", "RETURN")


def _forgotten(before: Token, source: Source) -> Diagnostic:
    return diagnostic(
        "E701",
        "a `;` is missing",
        at=source.span(place_of(before).after()),
        label="after this",
        help="every statement ends with `;`",
    )


def _early_end(chunk: Chunk, accepts: frozenset[str], source: Source) -> Diagnostic:
    if chunk.open:
        return _never_closed(chunk.open[-1], source)
    if "SEMICOLON" in accepts:
        return _forgotten(chunk.tokens[-1], source)
    return diagnostic(
        "E701",
        "the text ends within a statement",
        at=source.span(place_of(chunk.tokens[-1])),
        label=_wanted(accepts) or "this is the last that is there",
    )


def _unclosed(tokens: list[Token], accepts: frozenset[str]) -> Token | None:
    """The innermost bracket that these tokens leave open, unless it is that of a body."""
    stack: list[Token] = []
    for token in tokens:
        if token.type in _CLOSER:
            stack.append(token)
        elif token.type in _OPENER and stack:
            stack.pop()
        elif token.type == "SEMICOLON":
            while stack and stack[-1].type != "LBRACE":
                stack.pop()
    of_dict = "COLON" in accepts or {"COMMA", "RBRACE"} <= accepts
    return stack[-1] if stack and (stack[-1].type != "LBRACE" or of_dict) else None


def _never_closed(opened: Token, source: Source) -> Diagnostic:
    return diagnostic(
        "E701",
        f"this `{opened}` is never closed",
        at=source.span(place_of(opened)),
        label=f"`{_CLOSER[opened.type]}` is missing",
    )
