"""The inputs for which a program is meant: as declared by a predicate, a list or a pattern."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import NoReturn, cast

from rasplab.diagnostics import Diagnostic, InputError, InternalError, diagnostic, shown
from rasplab.rasp.declaration import Declaration, of_predicate, quoted
from rasplab.rasp.patterns import NoTokenError, PatternError, token_pattern
from rasplab.rasp.possible import Chosen, Seed, Sequences, generator
from rasplab.rasp.sequence import Tokens, different, read_sequence
from rasplab.rasp.values import Value, identity

EVERY_AT_MOST = 1 << 12
"""So many inputs are listed, and a program is tried on each; more are drawn from."""

FILTERED_AT_MOST = 1 << 16
"""So many sequences are asked about one by one, to list those of which a predicate holds."""

TRIED = 500
"""So many drawn inputs are tried where there are too many to list."""

REDRAWN_AT_MOST = 1 << 12
"""So often in a row a predicate may refuse what is drawn."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Some of the inputs that a program is meant for: others are like them.

    >>> Examples(["1+2", "10+3"]).sequences
    ('1+2', '10+3')
    """

    sequences: Iterable[object]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sequences", _sequences(self.sequences))


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The declared inputs of a program: printed, asked about, listed or drawn from.

    They are read over a `vocabulary`, up to `max_length`. `every` has all of them where they can be
    listed. `one` draws one of a length, if there is one. `occurring` says of some tokens, by their
    places in the vocabulary, how often one of them stands in an input at least and at most, where
    that is certain. Of a predicate that was not saved nothing is `known`: whatever is asked is
    refused (E428).
    """

    declaration: Declaration
    vocabulary: Tokens
    max_length: int
    lengths: tuple[int, ...]
    contains: Callable[[Sequence[Value]], bool]
    one: Callable[[int, random.Random], Tokens | None]
    every: tuple[Tokens, ...] | None = None
    known: bool = True
    occurring: Callable[[frozenset[int]], tuple[int, int]] | None = None

    @property
    def count(self) -> int | None:
        """How many there are, where they are listed."""
        return None if self.every is None else len(self.every)

    @property
    def listed(self) -> bool:
        """Whether `every` has them."""
        return self.every is not None

    def __iter__(self) -> Iterator[Tokens]:
        if self.every is None:
            raise InternalError(f"{self} are not listed")
        return iter(self.every)

    def drawn(
        self, count: int | None = None, seed: Seed = 0, length: int | None = None
    ) -> Iterator[Tokens]:
        """So many inputs, of every length in turn or of one; perhaps some more than once.

        Those that a predicate seldom holds of may not be found each time, and are then fewer.
        """
        draw = generator(seed)
        lengths = self.lengths[::-1] if length is None else (length,)
        for n in itertools.islice(itertools.cycle(lengths), count):
            found = self.one(n, draw)
            if found is not None:
                yield found

    def different(self, count: int, seed: Seed = 0) -> Iterator[Tokens]:
        """Those among so many drawn ones, each once."""
        return different(self.drawn(count, seed))

    def tried(self) -> Chosen:
        """The inputs on which a program is tried: all that are listed, else drawn ones."""
        return Chosen(self, TRIED, listed=True)

    def __str__(self) -> str:
        return str(self.declaration)


def read_inputs(given: object, vocabulary: tuple[Value, ...], max_length: int) -> Inputs | None:
    """What was given as `inputs=`; `None` for nothing.

    Raises:
        InputError: E424 for what declares no inputs, E425 where there are none, E426 for a
            predicate that fails.
    """
    if given is None:
        return None
    if isinstance(given, Inputs):
        return _as_read(given, vocabulary, max_length)
    if isinstance(given, str):
        return _of_pattern(given, vocabulary, max_length)
    if isinstance(given, Examples):
        return _of_list(given.sequences, vocabulary, max_length, whole=False)
    if callable(given):
        return _of_predicate(given, vocabulary, max_length)
    if isinstance(given, Iterable):
        found = _sequences(cast("Iterable[object]", given))
        return _of_list(found, vocabulary, max_length, whole=True)
    raise InputError(
        _unusable(
            f"`inputs` cannot be {shown(given)}",
            "give a predicate over a tuple of tokens, a list of sequences, a pattern over tokens "
            'such as "[0-9]+", or `Examples([...])`',
        )
    )


def saved_inputs(
    declaration: Declaration | None, vocabulary: tuple[Value, ...], max_length: int
) -> Inputs | None:
    """The inputs that a saved model was declared for."""
    if declaration is None:
        return None
    key = tuple(map(identity, vocabulary))
    return _saved_inputs(declaration, key, vocabulary, max_length)


@functools.lru_cache(maxsize=16)
def _saved_inputs(
    declaration: Declaration, key: object, vocabulary: tuple[Value, ...], max_length: int
) -> Inputs:
    del key  # it tells vocabularies apart of which Python says that they are equal
    d = declaration
    if d.kind == "pattern":
        return _of_pattern(d.text, vocabulary, max_length)
    if d.checkable:
        whole = d.kind != "examples"
        return replace(_of_list(d.sequences, vocabulary, max_length, whole=whole), declaration=d)

    def unknown(*asked: object) -> NoReturn:
        del asked
        raise InputError(_not_saved(d))

    lengths = tuple(range(1, max_length + 1))
    return Inputs(d, vocabulary, max_length, lengths, unknown, unknown, known=False)


def narrowed(given: object, saved: Inputs | None, vocabulary: tuple[Value, ...], n: int) -> Inputs:
    """What is given as `inputs=` for a model that was saved with inputs: those of both.

    Raises:
        InputError: E424 for an example that the model is not meant for, E425 where none are left;
            otherwise as for `read_inputs`.
    """
    found = read_inputs(given, vocabulary, n)
    assert found is not None
    if saved is None or not saved.known:
        return found
    strange = next((s for s in found.declaration.sequences if not saved.contains(s)), None)
    if strange is not None and found.declaration.kind != "predicate":
        text = " ".join(map(str, strange))
        title = f"`{text}` is none of the inputs for which this model is meant"
        raise InputError(_unusable(title, f"these are {saved}"))

    def one(length: int, draw: random.Random) -> Tokens | None:
        tried = (found.one(length, draw) for _ in range(REDRAWN_AT_MOST))
        return next((s for s in tried if s is None or saved.contains(s)), None)

    every = None if found.every is None else tuple(filter(saved.contains, found.every))
    draw = random.Random(0)
    lengths = tuple(n for n in found.lengths if one(n, draw) is not None)
    _check_some(lengths, f"they would be {found}, and of these {saved}")
    declared = found.declaration
    if declared.kind != "list":  # what it says alone would let in others
        listed = () if every is None else every
        declared = Declaration(
            "predicate", f"both {found} and {saved}", listed, every is not None, declared.place
        )
    return Inputs(
        declared,
        vocabulary,
        n,
        lengths,
        lambda s: found.contains(s) and saved.contains(s),
        one,
        every,
    )


def _sequences(given: Iterable[object]) -> tuple[object, ...]:
    if isinstance(given, str):
        raise InputError(_unusable(f"{shown(given)} is one sequence", "give a list of sequences"))
    found = tuple(given)
    return tuple(sorted(found, key=repr)) if isinstance(given, AbstractSet) else found


def _as_read(given: Inputs, vocabulary: Tokens, max_length: int) -> Inputs:
    """The inputs of another model, read anew where this one has other tokens or lengths."""
    if max(given.lengths) > max_length:
        longest = max(given.lengths)
        why = f"the longest of `inputs` have {longest} tokens, which is above `max_length`"
        raise InputError(_unusable(why, None))
    same = tuple(map(identity, given.vocabulary)) == tuple(map(identity, vocabulary))
    if not given.known or (same and given.max_length == max_length):
        return given
    d = given.declaration
    if d.kind == "pattern":
        return _of_pattern(d.text, vocabulary, max_length)
    if d.kind != "predicate":
        return _of_list(d.sequences, vocabulary, max_length, whole=d.kind == "list")
    found = _of_predicate(given.contains, vocabulary, max_length)
    own = found.declaration
    return replace(found, declaration=replace(own, text=d.text, place=d.place))


# -- a pattern


def _of_pattern(text: str, vocabulary: tuple[Value, ...], max_length: int) -> Inputs:
    try:
        pattern = token_pattern(text, vocabulary)
    except PatternError as error:
        help = (
            "it is a regular expression over tokens: a token of several characters stands in "
            "quotes, a backslash takes the next character as it is"
        )
        if isinstance(error, NoTokenError):
            help = "give all tokens of the pattern as the vocabulary: `vocab=`, `--vocab`"
        title = f"the pattern {quoted(text)} cannot be read: {error}"
        raise InputError(_unusable(title, help)) from None
    lengths = tuple(n for n in range(1, max_length + 1) if pattern.count(n))
    _check_some(lengths, f"no sequence of up to {max_length} tokens matches {quoted(text)}")
    total = sum(map(pattern.count, lengths))
    every = [s for n in lengths for s in pattern.every(n)] if total <= EVERY_AT_MOST else None
    return Inputs(
        Declaration("pattern", text),
        vocabulary,
        max_length,
        lengths,
        pattern.matches,
        pattern.drawn,
        None if every is None else tuple(every),
        occurring=lambda tokens: pattern.occurring(tokens, max_length),
    )


# -- a list


def _of_list(
    given: Iterable[object], vocabulary: tuple[Value, ...], max_length: int, *, whole: bool
) -> Inputs:
    every = tuple(different(tuple(read_sequence(sequence)) for sequence in given))
    _check_some(every, "the list is empty")
    tokens = set(map(identity, vocabulary))
    for sequence in every:
        strange = next((t for t in sequence if identity(t) not in tokens), None)
        if strange is not None:
            found = f"`{_joined(sequence)}` has {strange!r}, which is not in the vocabulary"
            raise InputError(_unusable(found, None))
        if len(sequence) > max_length:
            raise InputError(_unusable(f"`{_joined(sequence)}` is longer than `max_length`", None))
    by_length: dict[int, list[Tokens]] = {}
    for sequence in every:
        by_length.setdefault(len(sequence), []).append(sequence)
    known = {tuple(map(identity, sequence)) for sequence in every}

    def contains(sequence: Sequence[Value]) -> bool:
        return not whole or tuple(map(identity, sequence)) in known

    def one(length: int, draw: random.Random) -> Tokens | None:
        return draw.choice(by_length[length]) if length in by_length else None

    what = Declaration("list" if whole else "examples", sequences=every)
    lengths, listed = tuple(sorted(by_length)), every if whole else None
    return Inputs(what, vocabulary, max_length, lengths, contains, one, listed)


# -- a predicate


def _of_predicate(
    given: Callable[..., object], vocabulary: tuple[Value, ...], max_length: int
) -> Inputs:
    what = of_predicate(given)

    def contains(sequence: Sequence[Value]) -> bool:
        return _holds(given, tuple(sequence))

    asked = Chosen(Sequences.up_to(max_length, vocabulary), FILTERED_AT_MOST)
    if asked.complete:
        every = [sequence for sequence in asked if contains(sequence)]
        _check_some(every, "the predicate holds of no sequence")
        if len(every) <= EVERY_AT_MOST:
            listed = _of_list(every, vocabulary, max_length, whole=True)
            what = replace(what, sequences=listed.every, whole=True)
            return replace(listed, declaration=what, contains=contains)

    def one(length: int, draw: random.Random) -> Tokens | None:
        tried = (tuple(draw.choices(vocabulary, k=length)) for _ in range(REDRAWN_AT_MOST))
        return next((sequence for sequence in tried if contains(sequence)), None)

    draw = random.Random(0)
    found = tuple(n for n in range(1, max_length + 1) if one(n, draw) is not None)
    _check_some(found, f"of {REDRAWN_AT_MOST} sequences of each length the predicate holds of none")
    return Inputs(what, vocabulary, max_length, found, contains, one)


def _holds(predicate: Callable[..., object], sequence: Tokens) -> bool:
    try:
        found = predicate(sequence)
    except Exception as error:
        raise InputError(
            diagnostic(
                "E426",
                f"the predicate of `inputs` fails on `{_joined(sequence)}`",
                notes=[f"{type(error).__name__}: {error}", "it is given a tuple of tokens"],
                help="let it return True or False for every sequence over the vocabulary",
            )
        ) from error
    if found is True or found is False:
        return found
    raise InputError(
        diagnostic(
            "E426",
            f"the predicate of `inputs` gives {shown(found)} on `{_joined(sequence)}`, "
            "which is not a bool",
            help="wrap it in `bool(...)`",
        )
    )


def _joined(sequence: Tokens) -> str:
    return " ".join(map(str, sequence))


def _check_some(found: Sequence[object], why: str) -> None:
    if not found:
        raise InputError(
            diagnostic(
                "E425",
                "there are no inputs for which the program is meant",
                notes=[why],
                help="what is rare is better declared by a pattern, or by a list",
            )
        )


def _not_saved(declaration: Declaration) -> Diagnostic:
    return diagnostic(
        "E428",
        "the inputs for which this model is meant are not saved with it",
        notes=[
            f"they are {declaration}",
            *([f"the predicate: {declaration.place}"] if declaration.place else []),
        ],
        help="give them again: `rasplab.load(directory, inputs=...)`, on the command line "
        "`--inputs`; a pattern or a list is saved with a model",
    )


def _unusable(title: str, help: str | None) -> Diagnostic:
    return diagnostic("E424", title, help=help)
