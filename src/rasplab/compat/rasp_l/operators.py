"""NumPy's operators on arrays of whole numbers and booleans, as expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from rasplab.compat.rasp_l.arrays import Constant, Map, Sequence
from rasplab.compat.rasp_l.functions import AS_INTEGER
from rasplab.diagnostics import ProgramError, capture, diagnostic, shown
from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import COMPARISONS, OPERATORS, Function
from rasplab.rasp.values import Value, canonical

_LOGICAL: Final = {"&": "&", "|": "|", "^": "!=", "+": "|", "*": "&"}


def _and(a: int, b: int) -> int:
    return a & b


def _or(a: int, b: int) -> int:
    return a | b


def _xor(a: int, b: int) -> int:
    return a ^ b


def _divide_down(a: int, b: int) -> int:
    return a // b if b else 0


def _remainder(a: int, b: int) -> int:
    return a % b if b else 0


def _power(a: int, b: int) -> int:
    if b < 0:
        raise ValueError("whole numbers have no negative powers in NumPy")
    return a**b


_BITWISE: Final[dict[str, Callable[..., Any]]] = {"&": _and, "|": _or, "^": _xor}
_GUARDED: Final[dict[str, Callable[..., Any]]] = {
    "//": _divide_down,
    "%": _remainder,
    "**": _power,
}
"""NumPy's results where Python has none: a whole number divided by 0 is 0."""


def binary(symbol: str, left: Any, right: Any) -> Sequence:
    """One of NumPy's operators on two sequences, or a sequence and a number.

    Raises:
        ProgramError: E103 and E104 where NumPy raises, or where the result would be a fraction.
    """
    a, b = _operand(symbol, left), _operand(symbol, right)
    if symbol in COMPARISONS:
        return Map(OPERATORS[symbol], (a, b), kind="bool")
    kinds = {a.kind, b.kind}
    if symbol == "/" or "float" in kinds:
        raise _refused(
            f"`{symbol}` would give fractions, and the sequences of RASP-L are whole numbers",
            "let a function of `seq_map` or `tok_map` divide: its result is made whole at once",
        )
    if kinds == {"bool"}:
        return _of_booleans(symbol, a, b)
    if symbol in _BITWISE:
        known = _of_truths(symbol, a, b)
        return (
            known
            if known is not None
            else Map(Function(symbol, _BITWISE[symbol], ("rasp_l", symbol)), (a, b))
        )
    if symbol in _GUARDED and not _harmless(symbol, b):
        return Map(Function(symbol, _GUARDED[symbol], ("rasp_l", symbol)), (a, b))
    return Map(OPERATORS[symbol], (a, b))


def _of_truths(symbol: str, a: Sequence, b: Sequence) -> Sequence | None:
    """The bitwise operators of 0 and 1 are the logical ones, as long as the result is 0 or 1."""
    (left, left_inverted), (right, right_inverted) = truth_of(a), truth_of(b)
    if left is None or right is None:
        return None
    if (left_inverted and right_inverted) if symbol == "&" else (left_inverted or right_inverted):
        return None
    if left_inverted:
        left = Map(OPERATORS["~"], (left,), kind="bool")
    if right_inverted:
        right = Map(OPERATORS["~"], (right,), kind="bool")
    return integer(Map(OPERATORS[_LOGICAL[symbol]], (left, right), kind="bool"))


def truth_of(sequence: Sequence) -> tuple[Sequence | None, bool]:
    """The boolean that a sequence is the whole number of, and whether it is `~` of that."""
    if sequence.kind == "bool":
        return sequence, False
    if isinstance(sequence, Map):
        return sequence.truth, sequence.inverted
    return None, False


def integer(truth: Sequence) -> Sequence:
    """A boolean as 0 and 1."""
    return Map(AS_INTEGER, (truth,), truth=truth)


def _of_booleans(symbol: str, a: Sequence, b: Sequence) -> Sequence:
    if symbol in _LOGICAL:
        return Map(OPERATORS[_LOGICAL[symbol]], (a, b), kind="bool")
    if symbol == "-":
        raise _refused("NumPy does not subtract booleans", "use `^`, or `a * 1 - b`")
    return Map(Function(symbol, _GUARDED[symbol], ("rasp_l", symbol)), (a, b))


def _harmless(symbol: str, right: Sequence) -> bool:
    """Whether Python's operator gives what NumPy's does, whatever the left operand."""
    if not isinstance(right, Constant) or not isinstance(right.value, int):
        return False
    return right.value >= 0 if symbol == "**" else right.value != 0


def unary(symbol: str, operand: Sequence) -> Sequence:
    """`~`, `-` or `abs`, as NumPy has them."""
    a = _operand(symbol, operand)
    if a.kind == "bool":
        if symbol == "-":
            raise _refused("NumPy does not negate booleans", "use `~`, or `-1 * x`")
        return Map(OPERATORS["~"], (a,), kind="bool") if symbol == "~" else a
    if symbol == "~":  # the bitwise complement of a whole number
        truth, inverted = truth_of(a)
        if truth is not None and inverted:
            return integer(truth)
        return Map(OPERATORS["-"], (Constant(-1), a), truth=truth, inverted=True)
    return Map(OPERATORS["neg" if symbol == "-" else symbol], (a,))


def in_place(symbol: str, target: Sequence, other: Any) -> Sequence:
    """`x += y`: NumPy changes the array itself, so that its other names must not be used again."""
    result = binary(symbol, target, other)
    if result.kind != target.kind:
        raise _refused(
            f"NumPy does not change booleans to whole numbers in place, by `{symbol}=`",
            f"write `x = x {symbol} y`",
        )
    if is_input(target):
        raise _refused(f"`{symbol}=` would change the input itself", f"write `x = x {symbol} y`")
    target.changed.append(symbol)
    return result


def is_input(sequence: Sequence) -> bool:
    """Whether a sequence is the program's input."""
    return isinstance(sequence, Map) and isinstance(sequence.arguments[0], ex.Tokens)


def usable(sequence: Sequence) -> Sequence:
    """A sequence as it is, unless the array that it stands for was changed under another name."""
    if sequence.changed:
        raise _refused(
            f"this array was changed in place by `{sequence.changed[0]}=` under another name",
            f"write `x = x {sequence.changed[0]} y`, which makes a new array",
        )
    return sequence


def _operand(symbol: str, value: Any) -> Sequence:
    if isinstance(value, Sequence):
        return usable(value)
    if isinstance(value, ex.Expression | np.ndarray):
        raise foreign(value, f"an operand of `{symbol}`")
    plain = _number(value, symbol)
    kind = "bool" if isinstance(plain, bool) else "int" if isinstance(plain, int) else "float"
    return Constant(plain, kind=kind)


def _number(value: Any, symbol: str) -> Value:
    try:
        plain = canonical(value)
    except TypeError:
        plain = None
    if not isinstance(plain, int | float):
        raise ProgramError(
            diagnostic(
                "E103",
                f"an operand of `{symbol}` must be a number, not {shown(value)}",
                at=capture(),
                help="RASP-L's tokens are whole numbers: number your words first",
            )
        )
    return plain


def foreign(value: Any, role: str) -> ProgramError:
    """An array beside an expression, or an expression of the language that is none of these."""
    if isinstance(value, ex.Selector):
        title, advice = f"{role} is a selector", "use `aggr` or `sel_width` of it"
    elif isinstance(value, ex.Expression):
        title = f"{role} is an expression of `rasplab.rasp`, whose operators are not NumPy's"
        advice = "start from `tokens` of rasplab.compat.rasp_l"
    else:
        title = f"{role} is an array, beside an expression"
        advice = "an array has one length: use `full(x, number)`, or call the program on arrays"
    return ProgramError(diagnostic("E103", title, at=capture(), help=advice))


def _refused(title: str, advice: str) -> ProgramError:
    return ProgramError(diagnostic("E104", title, at=capture(), help=advice))
