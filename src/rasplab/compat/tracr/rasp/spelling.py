"""Tokens as they were given: Tracr gives back 0.1 + 0.2 where a value of rasplab is 0.3."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from rasplab.rasp.values import Value, canonical, identity


class Spellings:
    """How the values of a vocabulary or a sequence were written.

    >>> Spellings([0.1 + 0.2, 2.0]).all([0.3, 2, "a"])
    [0.30000000000000004, 2, 'a']
    """

    def __init__(self, given: Iterable[Any]) -> None:
        self.given = tuple(dict.fromkeys(given))
        self.tokens: dict[Hashable, Any] = {}
        self._other: dict[Hashable, Any] = {}
        for value in self.given:
            plain = _canonical(value)
            if plain is None:
                continue
            self.tokens.setdefault(identity(plain), value)
            if plain != value:
                self._other.setdefault(identity(plain), value)

    def token(self, value: Value) -> Any:
        """A token as it was given, `2.0` also where its value is shown as 2."""
        return self.tokens.get(identity(value), value)

    def one(self, value: Value) -> Any:
        """A value as it was given, where what was given is another number."""
        return self._other.get(identity(value), value)

    def all(self, values: list[Value]) -> list[Any]:
        """Values as they were given."""
        return [self.one(value) for value in values] if self._other else values


def plain_identity(token: Any) -> Hashable:
    """The identity of a token's value, however it was given."""
    return identity(canonical(token))


def _canonical(value: object) -> Value:
    try:
        return canonical(value)
    except TypeError:  # no value of the language: whoever takes it says so
        return None
