"""What a command line means: a program or a model directory, its vocabulary, its tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasplab.cli import output
from rasplab.cli.parameters import Compiling
from rasplab.cli.sources import Source, find_program, is_file
from rasplab.cli.tokens import Reader, Split, are_characters, divided, read_vocabulary
from rasplab.diagnostics import InputError, diagnostic
from rasplab.model import Model, load
from rasplab.rasp.values import Value


def is_model(name: str) -> bool:
    """A directory, unless a library program has that name: `./sort` is always a directory."""
    from rasplab import programs

    if "(" in name or is_file(name) or name in {entry.name for entry in programs.all()}:
        return False
    return Path(name).is_dir() or "/" in name or "\\" in name


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
    return (*(source.vocabulary or ()), *(tokens or ()))


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


def values(source: Source, sequence: list[Value], causal: bool) -> list[Value]:
    """What the program gives; that of source text with the type errors of that language."""
    if not source.characters or causal or not sequence:
        return source.program(sequence, causal=causal)
    from rasplab.rasp.syntax.running import Run

    return Run(sequence)(source.program)


def compiled(source: Source, **options: Any) -> Model:
    """The model of a program, with the options of `rasplab.model.compile`."""
    from rasplab.model import compile

    with output.busy(f"compiling {source.name}"):
        return compile(source.program, **options)


def model_of(name: str, tokens: tuple[str, ...], asked: Compiling) -> tuple[Model, list[Value]]:
    """The model of a directory, or of a program that is compiled as asked; and the sequence.

    A program without a vocabulary of its own is compiled for the tokens that were typed.
    """
    if is_model(name):
        model = load(name)
        known = model.config.vocabulary
        reader = Reader(
            known, alphabet=are_characters(known), keep=asked.text, split=asked.split,
            say=output.note,
        )  # fmt: skip
        return model, reader.sequence(tokens) if tokens else []
    length = max(asked.max_length, len(divided(tokens)))
    source = found(name, vocab_size=asked.vocab_size, max_length=length, tokens=divided(tokens))
    typed = sequence(source, tokens, asked.text, asked.split, asked.vocab) if tokens else []
    model = compiled(
        source,
        vocab=vocabulary(source, asked.vocab, asked.text, typed or None),
        max_length=max(length, len(typed)),
        causal=asked.causal,
        optimize=asked.optimize,
        dtype=asked.dtype,
    )
    return model, typed
