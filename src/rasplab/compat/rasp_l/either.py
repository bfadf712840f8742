"""One definition for expressions and for arrays: arrays are put into the expression and evaluated.

A function of np-RASP builds an expression of its operands. Where these are arrays it builds the
expression of as many unknown inputs and evaluates it, so that both have one meaning.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

import numpy as np

from rasplab.compat.rasp_l.arrays import Leaf, Picked, Sequence
from rasplab.compat.rasp_l.functions import always
from rasplab.compat.rasp_l.operators import foreign, usable
from rasplab.diagnostics import ProgramError, capture, diagnostic, shown
from rasplab.rasp import expressions as ex
from rasplab.rasp.evaluate import evaluate_from
from rasplab.rasp.functions import function

P = ParamSpec("P")
R = TypeVar("R")

_KINDS: Final = {"i": "int", "u": "int", "b": "bool"}
_ALWAYS: Final = function(always)


def either(build: Callable[P, R]) -> Callable[P, R]:
    """Let a function that builds expressions compute on arrays as well."""
    signature = inspect.signature(build)

    @wraps(build)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        given = signature.bind(*arguments, **named)
        arrays = {n: v for n, v in given.arguments.items() if _is_array(v)}
        if not arrays:
            return build(*arguments, **named)
        for name, value in given.arguments.items():
            if isinstance(value, ex.Expression):
                raise foreign(np.empty(0), f"`{next(iter(arrays))}` beside `{name}`")
        return cast(R, _computed(build, given, arrays))

    return call


def _is_array(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _computed(
    build: Callable[..., Any], given: inspect.BoundArguments, arrays: dict[str, Any]
) -> Any:
    known: dict[int, list[Any]] = {}
    for name, value in arrays.items():
        leaf, rows = _leaf(np.asarray(value), name)
        known[id(leaf)] = rows
        given.arguments[name] = leaf
    lengths = {len(rows) for rows in known.values()}
    if len(lengths) > 1:
        raise ProgramError(
            diagnostic(
                "E104",
                "these arrays have different lengths",
                at=capture(),
                label=", ".join(f"`{n}` has {len(v)}" for n, v in arrays.items()),
                help="RASP-L computes on sequences of one length",
            )
        )
    expression = build(*given.args, **given.kwargs)
    return _array(expression, evaluate_from(expression, known, length=lengths.pop()))


def _leaf(array: np.ndarray[Any, Any], name: str) -> tuple[ex.Expression, list[Any]]:
    kind = _KINDS.get(array.dtype.kind)
    if array.ndim == 2 and kind == "bool":
        single = bool((array.sum(axis=1) <= 1).all())
        return Picked(Leaf(), Leaf(), _ALWAYS, single), array.tolist()
    if kind is None and array.size:
        raise ProgramError(
            diagnostic(
                "E103",
                f"`{name}` must hold whole numbers or booleans, not {array.dtype}",
                at=capture(),
                help="number your words; cut fractions off with `astype(int)`",
            )
        )
    if array.ndim != 1:
        raise ProgramError(
            diagnostic("E103", f"`{name}` has {array.ndim} axes; one is needed", at=capture())
        )
    return Leaf(kind=kind or "int"), array.tolist()


def _array(expression: Any, rows: list[Any]) -> np.ndarray[Any, Any]:
    if isinstance(expression, ex.Selector):
        return np.array(rows, dtype=bool).reshape(len(rows), len(rows))
    if None in rows or any(abs(row) >= 2**63 for row in rows):
        raise ProgramError(
            diagnostic("E105", "a result has more than 64 bits", at=expression.origin)
        )
    return np.array(rows, dtype=bool if expression.kind == "bool" else int)


def sequence(value: Any, role: str) -> Sequence:
    """An operand that must be a sequence."""
    if isinstance(value, Sequence):
        return usable(value)
    if isinstance(value, ex.Expression):
        raise foreign(value, role)
    raise ProgramError(
        diagnostic(
            "E103",
            f"{role} must be a sequence, not {shown(value)}",
            at=capture(),
            help="for the same number at every position use `full(x, number)`",
        )
    )
