"""Names and their values: the built-in ones, the library's, a file's, a function's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from rasplab.diagnostics import Origin
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.operators import CASTS, cast
from rasplab.rasp.syntax.tree import Source

LIBRARY: Final = "library"
NOWHERE: Final = Origin()
"""The place of what is built in: whoever uses it gives it theirs."""

_WORDS: Final = "if else not and or out def return range for in zip len get"
_BASE: Final = "tokens_asis tokens_str tokens_int tokens_bool tokens_float indices True False"
RESERVED: Final = frozenset([*_WORDS.split(), *_BASE.split()])


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the program: its definition, and the names that it sees."""

    definition: t.Definition = field(repr=False)
    source: Source = field(repr=False)
    scope: Scope = field(repr=False)

    @property
    def name(self) -> str:
        """The name that it was defined by."""
        return self.definition.name.name

    def __str__(self) -> str:
        parameters = ", ".join(parameter.name for parameter in self.definition.parameters)
        return f"{self.scope.name} function: {self.name}({parameters})"


@dataclass(frozen=True, slots=True)
class Primitive:
    """A function of the library that RASP cannot write as well."""

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., object]

    def __call__(self, arguments: list[object], at: Origin) -> object:
        """Apply it; `at` is the place of the call."""
        return self.call(*arguments, at=at)

    def __str__(self) -> str:
        return f"{LIBRARY} function: {self.name}({', '.join(self.parameters)})"


class Failed:
    """What a name is bound to whose statement failed: its use is no further error."""


@dataclass(slots=True)
class Scope:
    """Names of one place, and those around it; `kept` may not be assigned by who stands here.

    A scope in which a `load` `failed` lacks names that are no mistake. `announced` are the names
    that statements bound, each where it was bound last; those of loops are not.
    """

    name: str
    around: Scope | None = None
    kept: frozenset[str] = RESERVED
    values: dict[str, object] = field(default_factory=dict[str, object], repr=False)
    failed: bool = False
    announced: dict[str, None] = field(default_factory=dict[str, None], repr=False)

    def announce(self, name: str) -> None:
        """Note that a statement bound a name."""
        # taken out first, so that it goes to the end: to where it was bound last
        self.announced.pop(name, None)
        self.announced[name] = None

    def public(self) -> dict[str, object]:
        """What a file gives to who loads it."""
        # `out` is whatever a statement left without a name last
        return {
            name: value
            for name, value in self.values.items()
            if not name.startswith("_") and name != "out" and not isinstance(value, Failed)
        }

    def find(self, name: str) -> object:
        """The value of a name.

        Raises:
            KeyError: there is none.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.around
        raise KeyError(name)

    def incomplete(self) -> bool:
        """Whether names may be missing here because a `load` failed."""
        return self.failed or (self.around is not None and self.around.incomplete())

    def names(self) -> Iterator[str]:
        """All names that are seen from here, the nearest first."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.values
            scope = scope.around

    def nearest(self, name: str) -> str | None:
        """The known name that is most like this one."""
        known = dict.fromkeys([*self.names(), "select", "aggregate", "range", "zip", "len"])
        # the nearest last, as of names that differ in case alone the last one is kept
        folded = {other.lower(): other for other in reversed(known)}
        close = get_close_matches(name.lower(), list(folded), n=1, cutoff=0.6)
        return folded[close[0]] if close else None

    def inner(self) -> Scope:
        """A scope for a function's body or a comprehension."""
        return Scope(f"{self.name}'", self)


def builtin_scope() -> Scope:
    """What there is before the library: the base s-ops and the booleans."""
    values: dict[str, object] = {
        "tokens_asis": ex.Tokens(name="tokens_asis", origin=NOWHERE),
        **{f"tokens_{name}": cast(name) for name in CASTS},
        "indices": ex.Indices(name="indices", origin=NOWHERE),
        "True": True,
        "False": False,
    }
    return Scope("rasp", values=values)
