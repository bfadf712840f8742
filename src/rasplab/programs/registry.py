"""The table of programs: each has a name, a summary, and an example at any size."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ParamSpec, TypeAlias, cast

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.rasp import SOp, Value

P = ParamSpec("P")
Vocabulary: TypeAlias = tuple[Value, ...]
Arguments: TypeAlias = Callable[[Vocabulary, int], Mapping[str, object]]

_ENTRIES: dict[str, Entry] = {}


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A program of the library: the function that builds it, and how it is meant to be used.

    `causal` is the recommended masking: programs that only look back are marked causal, though
    they compute the same without the mask. `alphabet` says that the tokens can only be single
    characters: digits, brackets.
    """

    name: str
    summary: str
    build: Callable[..., SOp]
    causal: bool
    vocabulary: Callable[[int], Vocabulary]
    arguments: Arguments
    alphabet: bool = False

    def __repr__(self) -> str:
        return f"<program {self.name}: {self.summary}>"

    def at(self, vocab_size: int, max_length: int) -> tuple[SOp, Vocabulary]:
        """The program and a vocabulary of `vocab_size` tokens, more only where it needs more.

        Raises:
            InputError: E415 where a size is less than 1.

        >>> get("reverse").at(3, 5)[1]
        ('a', 'b', 'c')
        """
        if vocab_size < 1 or max_length < 1:
            raise InputError(
                diagnostic(
                    "E415",
                    f"`{self.name}` has no example with {vocab_size} tokens "
                    f"and sequences up to length {max_length}",
                    help="give at least one token and one position",
                )
            )
        vocabulary = self.vocabulary(vocab_size)
        return self.build(**self.arguments(vocabulary, max_length)), vocabulary


def program(
    vocabulary: Callable[[int], Vocabulary],
    arguments: Arguments = lambda vocabulary, max_length: {},
    *,
    causal: bool = False,
    alphabet: bool = False,
) -> Callable[[Callable[P, SOp]], Callable[P, SOp]]:
    """Register the decorated function under its own name; the function itself stays as it is."""

    def register(build: Callable[P, SOp]) -> Callable[P, SOp]:
        summary = " ".join((inspect.getdoc(build) or "").split("\n\n")[0].split())
        name = build.__name__
        _ENTRIES[name] = Entry(name, summary, build, causal, vocabulary, arguments, alphabet)
        return build

    return register


def entries() -> tuple[Entry, ...]:
    """Every registered program, by name.

    >>> [entry.name for entry in entries()][:3]
    ['addition', 'average', 'caesar']
    """
    return tuple(_ENTRIES[name] for name in sorted(_ENTRIES))


def get(name: str) -> Entry:
    """The entry of one program.

    Raises:
        InputError: E403 where there is no program of this name.

    >>> get("hist").summary
    'How often the token at each position occurs in the sequence.'
    """
    text = name if isinstance(cast(object, name), str) else ""  # a person may give anything
    if text in _ENTRIES:
        return _ENTRIES[text]
    close = get_close_matches(text, _ENTRIES, n=1, cutoff=0.6)
    raise InputError(
        diagnostic(
            "E403",
            f"there is no program called {shown(name)}",
            notes=[] if close else [f"the programs are {', '.join(sorted(_ENTRIES))}"],
            help=f"did you mean {close[0]!r}?" if close else "use one of these names",
        )
    )
