"""Sequences of tokens: a person's input as it is read, and what tells two of them apart."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeAlias, cast

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.rasp.values import Value, canonical, identity

Tokens: TypeAlias = "tuple[Value, ...]"


def read_sequence(sequence: object) -> list[Value]:
    """A string as its characters, any other iterable as its tokens, in canonical form.

    Arrays and tensors of one dimension are taken as lists are.

    Raises:
        InputError: E401 for an empty sequence, E402 for what cannot be a token.
    """
    try:
        tokens = list(cast("Iterable[object]", plain(sequence)))
    except TypeError:
        raise InputError(
            diagnostic(
                "E402",
                f"a sequence is a string or a list of tokens, not {shown(sequence)}",
                help=_as_list(sequence),
            )
        ) from None
    if not tokens:
        raise InputError(
            diagnostic("E401", "the sequence is empty", help="give at least one token")
        )
    return [read_token(token) for token in tokens]


def sequence_key(tokens: Iterable[Value]) -> Hashable:
    """A key that is equal exactly for equal sequences; it tells `True` from 1."""
    return tuple(map(identity, tokens))


def different(sequences: Iterable[Tokens]) -> Iterator[Tokens]:
    """Each sequence once, in order; `True` and 1 are two tokens.

    >>> list(different([(1, 2), (True, 2), (1.0, 2)]))
    [(1, 2), (True, 2)]
    """
    seen: set[Hashable] = set()
    for tokens in sequences:
        key = sequence_key(tokens)
        if key not in seen:
            seen.add(key)
            yield tokens


def read_token(token: object) -> Value:
    """One token in canonical form; `None`, NaN and unhashable things are refused (E402)."""
    try:
        value = canonical(plain(token))
    except (TypeError, RecursionError) as error:
        raise InputError(_no_token(token, error)) from None
    if value is None:
        raise InputError(
            diagnostic(
                "E402",
                f"{shown(token)} cannot be a token",
                notes=["it stands for an undefined value, or is not a finite number"],
                help="use a string, a number or a boolean",
            )
        )
    return value


def plain(given: object) -> object:
    """An array or a tensor, of any library, as Python's own numbers and lists; others as they are.

    >>> import numpy as np
    >>> plain(np.array([1, 2])), plain(np.float32(0.5)), plain("ab")
    ([1, 2], 0.5, 'ab')
    """
    convert = None if isinstance(given, str) else getattr(given, "tolist", None)
    return given if convert is None else convert()


def whole(given: object) -> int | None:
    """A whole number of Python's or of NumPy's as an `int`; `None` for all else, booleans too.

    >>> import numpy as np
    >>> whole(np.int64(3)), whole(3), whole(3.0), whole(True)
    (3, 3, None, None)
    """
    number = plain(given)
    return number if type(number) is int else None


def real(given: object) -> float | None:
    """A number of Python's or of NumPy's, infinite where it is too large; `None` for all else.

    >>> import numpy as np
    >>> real(np.float32(0.5)), real(2), real(True), real("2")
    (0.5, 2.0, None, None)
    """
    number = plain(given)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _no_token(token: object, error: Exception) -> Diagnostic:
    if isinstance(plain(token), list):
        return diagnostic(
            "E402",
            f"{shown(token)} cannot be a token: it is a list",
            help="for several sequences use `model.batch([...])`",
        )
    return diagnostic(
        "E402",
        f"{shown(token)} cannot be a token",
        notes=[str(error)] if isinstance(error, RecursionError) else (),
        help="use a string, a number, a boolean, or a tuple of these",
    )


def _as_list(given: object) -> str:
    if given is None:
        return "give one; a function that makes it must return it"
    if isinstance(given, str | int | float):
        return f"put it into a list: `[{shown(given)}]`"
    return 'write `"abc"` for characters, `["a", "b"]` for words, `[1, 2]` for numbers'
