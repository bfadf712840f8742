"""What is wrong with a statement that can be parsed: names, kinds, numbers of values, depth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from rasplab.diagnostics import Diagnostic, Span, diagnostic
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.scope import RESERVED, Scope
from rasplab.rasp.syntax.values import is_dict, items_of

MANY_CALLS = 100
"""From so many nested calls on it is the calls that have no end."""


def unknown(name: str, scope: Scope, at: Span) -> Diagnostic:
    """There is no such name; perhaps another one was meant."""
    near = scope.nearest(name)
    advice = None if near is None else f"did you mean `{near}`?"
    return diagnostic("E702", f"there is no `{name}`", at=at, help=advice)


def kept(name: str, at: Span) -> Diagnostic:
    """A name that cannot be assigned."""
    what = "is part of the language" if name in RESERVED else "belongs to the library"
    return diagnostic(
        "E705",
        f"`{name}` cannot be assigned",
        at=at,
        label=f"this name {what}",
        help="take another name",
    )


def wrong_kind(rule: str, got: str, at: Span) -> Diagnostic:
    """A value of another kind than the rule says."""
    advice = None
    if got == "a list" and "s-op" in rule:
        advice = "whether values are in a list is `s-op in list`"
    elif got == "an s-op" and "selector" in rule:
        advice = "a selector is made by `select(keys, queries, ==)`"
    return diagnostic("E703", rule, at=at, label=f"this is {got}", help=advice)


def wrong_number(
    name: str, wanted: int, got: int, at: Span, parameters: Iterable[str] = ()
) -> Diagnostic:
    """A call with too many or too few arguments; a `name` with blanks is that of a kind."""
    arguments = f"{wanted} argument{'s' * (wanted != 1)}"
    title = f"`{name}` takes {arguments}, not {got}"
    named = ", ".join(parameters)
    help = f"write `{name}({named})`" if named else f"give it {arguments}"
    if " " in name:
        title = f"{name} is applied to one input, not {got}"
        help = "give one input; for several, apply it to each in turn"
    return diagnostic("E704", title, at=at, help=help)


def not_unpacked(names: int, got: str, at: Span) -> Diagnostic:
    """More or fewer names than values."""
    return diagnostic(
        "E704",
        f"{names} names, but {got}",
        at=at,
        help="as many names as values, or a list of that many",
    )


def missing(indexed: object, index: object, at: Span) -> Diagnostic:
    """Nothing is at this index."""
    if is_dict(indexed):
        keys = ", ".join(map(repr, indexed))[:200]
        title, label = f"{index!r} is no key of this dict", f"its keys are {keys}"
        help = "use one of its keys, or ask first whether `key in dict`"
    else:
        size = len(items_of(indexed) or ())
        title, label = f"position {index!r} is outside", f"{size} long"
        help = f"positions go from 0 to {size - 1}" if size else "it is empty"
    return diagnostic("E706", title, at=at, label=label, help=help)


def too_deep(calls: list[str], at: Span) -> Diagnostic:
    """Calls without end, or brackets in brackets."""
    chain = " → ".join([*calls[:3], "…"] if len(calls) > 3 else calls)
    label, notes = (
        f"{len(calls)} calls deep" if calls else "",
        [f"the calls: {chain}"] * bool(calls),
    )
    if len(calls) > MANY_CALLS and len(set(calls)) < len(calls):
        return diagnostic(
            "E710",
            "the functions of this program call each other without end",
            at=at,
            label=label,
            notes=notes,
            help="a function that calls itself needs a case without a call, chosen by a "
            "condition on atoms: `0 if n == 0 else f(n - 1)`",
        )
    return diagnostic(
        "E710",
        "this program is nested too deeply",
        at=at,
        label=label,
        notes=notes,
        help="bind a part of it to a name",
    )


def too_long(most: int, at: Span) -> Diagnostic:
    """A statement of more tokens than are read."""
    return diagnostic(
        "E710",
        "this statement is too long",
        at=at,
        label="it begins here",
        notes=[f"statements of up to {most:,} words and symbols are read"],
        help="bind parts of it to names, or compute it with a loop or a function",
    )


def reason(error: Exception) -> str:
    """Why Python computed nothing, in its words; some errors have a number before them."""
    return str(error.args[-1]) if error.args else type(error).__name__


def no_value(error: Exception, at: Span) -> Diagnostic:
    """Atoms that Python cannot combine."""
    return diagnostic("E707", "this has no value", at=at, label=reason(error))


def operator_refuses(node: t.Value, got: str, at: Span) -> Diagnostic:
    """The diagnostic for an operator that does not take one of its operands."""
    rule, advice = "this operator does not take that", None
    match node:
        case t.Binary(operator=operator) if got == "a selector":
            rule = f"`{operator}` does not take a selector"
            advice = "selectors combine with `and`, `or` and `not`, among themselves only"
            if operator in ("and", "or"):
                rule = f"`{operator}` cannot join a selector with something else"
        case t.Binary(operator=operator):
            rule = f"`{operator}` does not take {got}"
            if got.startswith("a list") and operator == "==":
                advice = "whether values are in a list is `s-op in list`"
        case t.Unary(operator="indicator"):
            rule = "`indicator` takes an s-op"
            advice = "of an atom write `1 if condition else 0`"
        case t.Unary(operator=operator):
            rule = f"`{operator}` does not take {got}"
        case t.Contains():
            rule = "`in` asks whether an atom or an s-op is in a list, or an atom in an s-op"
        case t.Index():
            rule = "an s-op can only look up atoms"
        case t.Choice() | t.Group() | t.Name() | t.Literal() | t.ListOf() | t.DictOf():
            pass
        case t.Comprehension() | t.Call() | t.Select() | t.Aggregate() | t.Builtin():
            pass
        case _:
            assert_never(node)
    return diagnostic("E703", rule, at=at, label=f"there is {got}", help=advice)
