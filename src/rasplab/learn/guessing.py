"""Guesses: a program against what a model does, of which nothing else is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasplab.diagnostics import Diagnostic, RasplabError, diagnostic
from rasplab.display import code, html
from rasplab.learn.trying import Difference, first_difference, inputs, written
from rasplab.model import Model
from rasplab.options import read_options
from rasplab.rasp.expressions import SOp
from rasplab.verification import difference


@dataclass(frozen=True, slots=True, repr=False)
class Guess:
    """What was found of a guess: no `findings` where it gives what the model gives."""

    tried: str
    findings: tuple[Diagnostic, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the guess and the model were the same on all that was tried."""
        return not self.findings

    def __str__(self) -> str:
        if self.right:
            return f"right: the guess gives what the model gives, on {self.tried}"
        return "\n\n".join(["not yet", *map(str, self.findings)])

    def __repr__(self) -> str:
        return f"<guess: {'right' if self.right else 'not yet'}>"

    def _repr_html_(self) -> str:
        return html("", picture=code(str(self)))


def compare(model: Model, program: Any, *, seed: int = 0) -> Guess:
    """Compare a guess with what a model gives, on every short input and on drawn longer ones.

    The model is one that was sealed, or any other; only what it gives is looked at.

    Raises:
        InputError: E406 for what is no program.

    >>> from rasplab import learn, programs
    >>> from rasplab.rasp import tokens
    >>> box = learn.seal(learn.pick(3))
    >>> compare(box, tokens).right
    False
    """
    config = model.config
    read_options(program, config.vocabulary, config.max_length, config.causal, 1, config.dtype)
    tried = inputs(config.vocabulary, config.max_length, seed=seed)
    tolerance = model.weights.tolerance
    try:
        found = first_difference(
            tried,
            model,
            lambda tokens: program(list(tokens), causal=config.causal),
            lambda wanted, given: difference(model, wanted, given) <= tolerance,
        )
    except RasplabError as problem:
        return Guess(str(tried), problem.diagnostics)
    return Guess(str(tried), () if found is None else (_differs(program, found),))


def _differs(program: SOp, found: Difference) -> Diagnostic:
    tokens, place = written(found.tokens), program.origin.span()
    notes = [f"the model gives {found.wanted} on {tokens}"]
    return diagnostic(
        "E902",
        f"this is not what the model does on {tokens}",
        at=place,
        label=f"gives {found.given} there",
        notes=notes if place else [f"the guess gives {found.given}", *notes],
        help=f"`model.trace({tokens})` shows what every head and hidden unit does",
    )
