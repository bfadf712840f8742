"""Names, encodings and whatever else is annotated to an expression."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from typing import Any

DEFAULT_ANNOTATORS: dict[str, Callable[[Any], Any]] = {}
"""What an annotation is where none was given: a function of the expression, called when asked."""


class Encoding(enum.Enum):
    """How the values of a sequence operator are to be held."""

    CATEGORICAL = "categorical"
    NUMERICAL = "numerical"


class Annotations(Mapping[str, Any]):
    """The annotations of one expression; a missing one is made by its default annotator.

    `given` are those that somebody gave: `categorical` may be said, or only be the default.
    """

    def __init__(self, expression: Any, given: Mapping[str, Any]) -> None:
        self._expression = expression
        self._made: dict[str, Any] = {}
        self.given = dict(given)

    def __getitem__(self, key: str) -> Any:
        if key in self.given:
            return self.given[key]
        if key not in self._made:
            if key not in DEFAULT_ANNOTATORS:
                known = sorted({*self.given, *DEFAULT_ANNOTATORS})
                raise KeyError(f"there is no annotation {key!r}; there are {', '.join(known)}")
            self._made[key] = DEFAULT_ANNOTATORS[key](self._expression)
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._made, **self.given})

    def __len__(self) -> int:
        return len({**self._made, **self.given})
