"""`rasplab trace`: what a model computes on one sequence, step by step."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from rasplab.cli import output, reading
from rasplab.cli.parameters import (
    AsJson,
    Causal,
    Division,
    Dtype,
    KeepText,
    Optimize,
    Program,
    Softness,
    Vocab,
)
from rasplab.cli.tokens import Reader, are_characters, divided
from rasplab.model import Model
from rasplab.opening import load
from rasplab.rasp.values import Value


def trace(
    program: Program,
    /,
    *tokens: Annotated[str, Parameter(name="TOKENS")],
    text: KeepText = False,
    split: Division = None,
    vocab: Vocab = None,
    max_length: int | None = None,
    causal: Causal = False,
    optimize: Optimize = 1,
    dtype: Dtype = "float32",
    softness: Softness = 0.0,
    json: AsJson = False,
) -> None:
    """Trace a model step by step: each variable, what computed it, the selector, its values.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    tokens
        The sequence, as for `run`.
    vocab
        The vocabulary to compile for; otherwise the library's example and the tokens given.
    max_length
        The longest sequence to compile for, BOS not counted; by default that of this one.
    """
    if reading.is_model(program):
        model = load(program)
        known = model.config.vocabulary
        reader = Reader(
            known, alphabet=are_characters(known), keep=text, split=split, say=output.note
        )
        _print(model, reader.sequence(tokens), json)
        return
    source = reading.found(program, tokens=divided(tokens))
    sequence = reading.sequence(source, tokens, text, split, vocab)
    model = reading.compiled(
        source,
        vocab=reading.vocabulary(source, vocab, text, sequence),
        max_length=max_length or max(len(sequence), 1),
        causal=causal,
        optimize=optimize,
        dtype=dtype,
        softness=softness,
    )
    _print(model, sequence, json)


def _print(model: Model, sequence: list[Value], json: bool) -> None:
    traced = model.trace(sequence)
    if json:
        output.json(traced.data())
    else:
        output.say(str(traced))
