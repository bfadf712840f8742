"""What a command line means: a program or a model directory, its vocabulary, its tokens."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasplab.cli import output
from rasplab.cli.blame import at_tokens
from rasplab.cli.parameters import Compiling
from rasplab.cli.sources import SIZE, Source, find_program, is_file
from rasplab.cli.tokens import Reader, Split, are_characters, divided, read_vocabulary
from rasplab.diagnostics import InputError, diagnostic
from rasplab.model import Model
from rasplab.opening import load
from rasplab.rasp import Examples
from rasplab.rasp.values import Value
from rasplab.verification import UncheckedWarning


def is_model(name: str) -> bool:
    """A directory, unless a library program has that name: `./sort` is always a directory."""
    from rasplab import programs

    if name in {entry.name for entry in programs.all()}:
        return False
    if Path(name).is_dir():
        return True
    return not ("(" in name or is_file(name)) and ("/" in name or "\\" in name)


def found(name: str, **sizes: Any) -> Source:
    """The program of this name; it is said which example the library chose for its parameters."""
    source = find_program(name, **sizes)
    if source.chosen:
        output.note(f"note: the library's example {source.chosen}")
    return source


def vocabulary(
    source: Source, vocab: str | None, keep: bool, tokens: list[Value] | None = None
) -> tuple[Value, ...]:
    """The tokens to compile for: those of `--vocab`, or the program's own and those typed.

    The library's own are an example. Where they are numbers and words were typed, or the other way
    round, that is not what is meant: a program that orders either has no order of both.

    Raises:
        InputError: E407, where there are neither.
    """
    if vocab is not None:
        characters = source.characters or are_characters(source.vocabulary or ())
        return read_vocabulary(vocab, keep=keep, characters=characters, say=output.note)
    if source.vocabulary is None and tokens is None:
        raise InputError(
            diagnostic(
                "E407",
                f"{source.name} needs a vocabulary",
                help='give its tokens: --vocab abc, or --vocab "the cat", or --vocab 0..9',
            )
        )
    own, typed = source.vocabulary or (), tokens or ()
    if not source.alphabet and own and not _kinds(typed) <= _kinds(own):
        own = ()
    return (*own, *typed)


def _kinds(tokens: Iterable[Value]) -> set[bool]:
    """Whether there are words among the tokens, and whether there is anything else."""
    return {isinstance(token, str) for token in tokens}


def sequence(
    source: Source,
    tokens: tuple[str, ...],
    keep: bool,
    split: Split | None,
    vocab: str | None = None,
) -> list[Value]:
    """The tokens that were typed, by the rule in `rasplab.cli.tokens`."""
    known = source.vocabulary or ()
    if vocab is not None:
        known = vocabulary(source, vocab, keep)
    alphabet = source.alphabet and vocab is None
    reader = Reader(known, source.characters, alphabet, keep, split, output.note)
    return reader.sequence(tokens)


def inputs(given: str | None, reader: Reader) -> str | Examples | None:
    """What `--inputs` says: examples, where it names a file of them, else a pattern.

    Raises:
        InputError: E413 for a file that cannot be read, E424 for a line that is no sequence.
    """
    if given is None or not Path(given).is_file():
        return given
    output.note(f"note: the inputs are like those in the file {given}")
    try:
        lines = Path(given).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(diagnostic("E413", f"cannot read {given!r}: {problem}")) from None
    return Examples([reader.sequence([line]) for line in lines if line.strip()])


def checked(model: Model, sequence: list[Value], *, check: bool) -> list[Value]:
    """What a model gives; with `check` what could not be checked is said."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UncheckedWarning)
        found = model(sequence, check=check)
    for warning in caught:
        output.note(f"note: {warning.message}")
    return found


def values(source: Source, sequence: list[Value], causal: bool) -> list[Value]:
    """What the program gives; that of source text with the type errors of that language."""
    if not source.characters or causal or not sequence:
        with at_tokens(source, "tokens", sequence):
            return source.program(sequence, causal=causal)
    from rasplab.rasp.syntax.running import Run

    return Run(list[object](sequence))(source.program)


def options(
    source: Source,
    asked: Compiling,
    tokens: list[Value] | None = None,
    *,
    length: int = SIZE,
    optimize: int = 1,
) -> dict[str, Any]:
    """What to compile a program for: as asked, otherwise for `length` and at level `optimize`."""
    words = vocabulary(source, asked.vocab, asked.text, tokens)
    reader = Reader(words, source.characters, are_characters(words), asked.text, say=output.note)
    return {
        "vocab": words,
        "max_length": length if asked.max_length is None else asked.max_length,
        "causal": asked.causal,
        "optimize": optimize if asked.optimize is None else asked.optimize,
        "dtype": asked.dtype or "float32",
        "softness": asked.softness,
        "inputs": inputs(asked.inputs, reader),
    }


def compiled(source: Source, **options: Any) -> Model:
    """The model of a program, with the options of `rasplab.opening.compile`."""
    from rasplab.opening import compile

    where = at_tokens(source, "vocabulary", options.get("vocab", ()))
    with where, output.busy(f"compiling {source.name}"):
        return compile(source.program, **options)


def found_for(name: str, asked: Compiling, tokens: tuple[str, ...] = ()) -> Source:
    """The program of this name, of the size that it is compiled for."""
    length = max(SIZE, len(divided(tokens))) if asked.max_length is None else asked.max_length
    return found(name, vocab_size=asked.vocab_size, max_length=length, tokens=divided(tokens))


def model_of(
    name: str,
    asked: Compiling,
    tokens: tuple[str, ...] = (),
    *,
    split: Split | None = None,
    least: int = 1,
    optimize: int = 1,
) -> tuple[Model, list[Value]]:
    """The model of a directory, or of a program that is compiled as asked; and the sequence.

    A program without a vocabulary of its own is compiled for the tokens that were typed, and where
    no length is asked for, for that of the sequence, though not for less than `least`.
    """
    if is_model(name):
        asked.refuse("a saved model", reading=bool(tokens))
        model = load(name)
        known = model.config.vocabulary
        reader = Reader(
            known, alphabet=are_characters(known), keep=asked.text, split=split, say=output.note
        )
        return model, reader.sequence(tokens) if tokens else []
    source = found_for(name, asked, tokens)
    typed = sequence(source, tokens, asked.text, split, asked.vocab) if tokens else []
    length = max(least, len(typed)) if tokens else SIZE
    as_asked = options(source, asked, typed or None, length=length, optimize=optimize)
    return compiled(source, **as_asked), typed
