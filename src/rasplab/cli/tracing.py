"""`rasplab trace`: what a model computes on one sequence, step by step."""

from __future__ import annotations

from rasplab.cli import output, reading
from rasplab.cli.parameters import AsJson, Compiling, Division, Program, Tokens

_DEFAULT = Compiling()


def trace(
    program: Program,
    /,
    *tokens: Tokens,
    split: Division = None,
    compiling: Compiling = _DEFAULT,
    json: AsJson = False,
) -> None:
    """Trace a model step by step: each variable, what computed it, the selector, its values.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    tokens
        The sequence, as for `run`.
    """
    model, sequence = reading.model_of(program, compiling, tokens, split=split)
    traced = model.trace(sequence)
    if json:
        output.json(traced.data())
    else:
        output.say(str(traced))
