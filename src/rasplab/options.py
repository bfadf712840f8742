"""What a program is compiled for, read from what a user asked for."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsIndex, cast

from rasplab.craft.precision import PRECISIONS
from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.display import brief
from rasplab.rasp.expressions import Expression, SOp
from rasplab.rasp.inputs import Inputs, read_inputs
from rasplab.rasp.sequence import plain, read_token
from rasplab.rasp.values import Value, identity

LENGTH_AT_MOST = 1 << 16


@dataclass(frozen=True, slots=True, repr=False)
class Options:
    """What a program is compiled for."""

    vocabulary: tuple[Value, ...]
    max_length: int
    causal: bool
    optimize: int
    dtype: str
    inputs: Inputs | None = None
    softness: float = 0.0

    def __repr__(self) -> str:
        return brief(self)


def read_options(
    program: object,
    vocab: object,
    max_length: object,
    causal: object,
    optimize: object,
    dtype: object,
    inputs: object = None,
    softness: object = 0.0,
) -> Options:
    """Check what a user asked for.

    Raises:
        InputError: E406 to E410 and E424 to E426, for what is wrong with the vocabulary or an
            option.
    """
    if not isinstance(program, SOp):
        raise InputError(_no_program(program))
    if isinstance(vocab, int) and hasattr(max_length, "__iter__"):
        raise InputError(_swapped(vocab, max_length))
    vocabulary, length = _vocabulary(vocab), _length(max_length)
    return Options(
        vocabulary,
        length,
        _causal(causal),
        _level(optimize),
        _format(dtype),
        read_inputs(inputs, vocabulary, length),
        _softness(softness),
    )


def _swapped(vocab: object, max_length: object) -> Diagnostic:
    """`compile(program, 5, "abc")` (E407)."""
    return diagnostic(
        "E407",
        f"a vocabulary is a string or a list of tokens, not {shown(vocab)}",
        help=f"the vocabulary comes first: `compile(program, {shown(max_length)}, {shown(vocab)})`",
    )


def _no_program(given: object) -> Diagnostic:
    kind, help = shown(given), "wrap a plain value in `constant(...)`"
    if isinstance(given, Expression):
        kind, help = "a selector", "aggregate it, or ask for its `selector_width(...)`"
    elif isinstance(given, str) and given in _library():
        help = (
            f"a program of the library is `programs.{given}()`; with its vocabulary, "
            f"`program, vocab = programs.get({given!r}).at(vocab_size, max_length)`"
        )
    elif isinstance(given, str):
        help = "give the expression itself; one in a file is `rasp.read(file).name`, or imported"
    elif inspect.isroutine(given):
        name = getattr(given, "__name__", "program")
        kind = f"the function `{name}`"
        help = f"call it, to have the expression that it builds: `{name}()`"
    elif given is None:
        help = "give the expression; a function that builds one must return it"
    elif hasattr(given, "weights"):
        kind, help = "a model", "it is compiled already"
    elif isinstance(given, Iterable) and not isinstance(given, str | bytes):
        help = "give one of them; a model computes one sequence operator"
    elif hasattr(given, "build"):
        name = shown(getattr(given, "name", "..."))
        kind = f"the entry of {name}"
        example = f"program, vocab = programs.get({name}).at(vocab_size, max_length)"
        help = f"with its vocabulary: `{example}`"
    return diagnostic("E406", f"only a sequence operator can be compiled, not {kind}", help=help)


def _library() -> tuple[str, ...]:
    from rasplab import programs

    return tuple(entry.name for entry in programs.all())


def _length(given: object) -> int:
    try:
        length = 0 if isinstance(given, bool) else operator.index(cast("SupportsIndex", given))
    except TypeError:
        length = 0
    if 1 <= length <= LENGTH_AT_MOST:
        return length
    at_most = f" to {LENGTH_AT_MOST}" if length > 1 else ""
    raise InputError(
        diagnostic(
            "E408",
            f"`max_length` must be a whole number from 1{at_most}, not {shown(given)}",
            help="give the length of the longest sequence, BOS not counted, as in `max_length=8`",
        )
    )


def _causal(given: object) -> bool:
    if isinstance(given, bool):
        return given
    raise InputError(
        diagnostic(
            "E409",
            f"`causal` must be True or False, not {shown(given)}",
            help="with True a position sees itself and what came before, with False all positions",
        )
    )


def _level(given: object) -> int:
    if type(given) is int and given in (0, 1):
        return given
    raise InputError(
        diagnostic(
            "E409",
            f"`optimize` must be 0 or 1, not {shown(given)}",
            help="1 makes the smaller model; 0 keeps every expression of the program apart",
        )
    )


def _format(given: object) -> str:
    if isinstance(given, str) and given in PRECISIONS:
        return given
    names = ", ".join(PRECISIONS)
    raise InputError(diagnostic("E410", f"{shown(given)} is no number format", help=f"use {names}"))


def _softness(given: object) -> float:
    given = plain(given)
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < 1:
        return float(given)
    raise InputError(
        diagnostic(
            "E409",
            f"`softness` must be a number from 0 to below 1, not {shown(given)}",
            notes=["it is the part of every margin that may be given up"],
            help="with 0 attention is as sharp as can be; 0.5 keeps half of every margin",
        )
    )


def _vocabulary(given: object) -> tuple[Value, ...]:
    vocab = plain(given)
    if isinstance(vocab, str) and any(map(str.isspace, vocab)):
        raise InputError(_words_or_characters(vocab))
    if not isinstance(vocab, Iterable):
        raise InputError(
            diagnostic(
                "E407",
                f"a vocabulary is a string or a list of tokens, not {shown(vocab)}",
                help="give its tokens",
            )
        )
    tokens = [read_token(token) for token in cast("Iterable[object]", vocab)]
    if not tokens:
        raise InputError(diagnostic("E407", "the vocabulary is empty", help="give its tokens"))
    distinct = {identity(token): token for token in tokens}
    reserved = [t for t in distinct.values() if t in ("<bos>", "<pad>", "BOS", "PAD")]
    if reserved:
        raise InputError(
            diagnostic(
                "E407",
                f"the vocabulary contains {reserved[0]!r}",
                notes=["BOS and PAD are added by the model itself and never typed"],
                help="leave it out, or name the token differently",
            )
        )
    return tuple(distinct.values())


def _words_or_characters(vocab: str) -> Diagnostic:
    return diagnostic(
        "E407",
        f"the vocabulary {shown(vocab)} may mean its words or its characters, blanks among them",
        notes=["a string is read as its characters"],
        help=f"for its words write `{shown(vocab)}.split()`, for its characters "
        f"`list({shown(vocab)})`",
    )
