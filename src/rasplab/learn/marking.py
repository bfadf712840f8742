"""Marking: a program against an exercise's reference and its budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasplab.diagnostics import Diagnostic, ProgramError, RasplabError, counted, diagnostic
from rasplab.display import code, html, shorten
from rasplab.learn.exercise import Exercise
from rasplab.learn.table import get
from rasplab.learn.trying import Difference, first_difference, inputs, written
from rasplab.model import Model
from rasplab.opening import compile
from rasplab.options import read_options
from rasplab.rasp.expressions import SOp
from rasplab.rasp.values import Value, identity


@dataclass(frozen=True, slots=True, repr=False)
class Marking:
    """What was found of a solution: `findings` is empty where it is right and within the budget.

    `layers` and `heads` are those of the compiled model, heads of all layers together; they are
    `None` where the program was wrong already. `tried` says on how many inputs it was compared.
    """

    exercise: Exercise
    tried: str
    findings: tuple[Diagnostic, ...] = ()
    layers: int | None = None
    heads: int | None = None

    @property
    def passed(self) -> bool:
        """Whether the exercise is solved."""
        return not self.findings

    def require(self) -> Marking:
        """The marking itself, for those who grade by scripts.

        Raises:
            ProgramError: with the findings, where there are any.
        """
        if self.findings:
            raise ProgramError(self.findings)
        return self

    def __str__(self) -> str:
        e = self.exercise
        if self.findings:
            return "\n\n".join(
                [f"exercise {e.number}, {e.name}: not yet", *map(str, self.findings)]
            )
        size = _size(self.layers or 0, self.heads or 0)
        return f"exercise {e.number}, {e.name}: solved, with {size} (the budget: {e.budget})"

    def __repr__(self) -> str:
        verdict = "solved" if self.passed else f"not yet ({self.findings[0].code})"
        return f"<marking of exercise {self.exercise.number}, {self.exercise.name}: {verdict}>"

    def _repr_html_(self) -> str:
        return html("", picture=code(str(self)))


def mark(exercise: int | str | Exercise, program: Any) -> Marking:
    """Compare a program with an exercise's reference, compile it, and look at its size.

    It is compared on every short input and on some longer ones, the shortest first. The budget is
    looked at only if it is right.

    Raises:
        InputError: E406 for what is no program, E901 for what is no exercise.

    >>> from rasplab.rasp import indices
    >>> mark(1, indices).findings[0].code
    'E902'
    >>> print(mark(1, indices + 1))
    exercise 1, from_one: solved, with 0 layers and 0 heads (the budget: 0 layers, 0 heads)
    """
    exercise = get(exercise)
    read_options(program, exercise.vocabulary, exercise.max_length, False, 1, "float32")
    tried = inputs(
        exercise.vocabulary, exercise.max_length, edges=exercise.edges, seed=exercise.number
    )
    try:
        found = first_difference(tried, exercise.reference, program, _same)
        if found is not None:
            return Marking(exercise, str(tried), (_differs(exercise, program, found),))
        model = compile(program, exercise.vocabulary, exercise.max_length)
    except RasplabError as problem:
        return Marking(exercise, str(tried), problem.diagnostics)
    layers, heads = sizes(model)
    over = layers > exercise.layers or heads > exercise.heads
    findings = (_too_large(exercise, program, model),) if over else ()
    return Marking(exercise, str(tried), findings, layers, heads)


def sizes(model: Model) -> tuple[int, int]:
    """The layers of a model, and the heads in all of them."""
    heads = [part for part in model.manifest.components if part.kind == "head"]
    return model.config.n_layers, len(heads)


def _same(one: list[Value], other: list[Value]) -> bool:
    return list(map(identity, one)) == list(map(identity, other))


def _differs(exercise: Exercise, program: SOp, found: Difference) -> Diagnostic:
    tokens, place = written(found.tokens), program.origin.span()
    notes = [f"on {tokens} exercise {exercise.number} asks for {found.wanted}"]
    if found.wanted == found.given:
        notes.append("True and 1 are two values, and so are False and 0")
    return diagnostic(
        "E902",
        f"this is not `{exercise.name}` on {tokens}",
        at=place,
        label=f"gives {found.given} there",
        notes=notes if place else [f"it gives {found.given} there", *notes],
        help=f"look at the steps on {tokens}, or take a hint",
    )


def _too_large(exercise: Exercise, program: SOp, model: Model) -> Diagnostic:
    heads = [part for part in model.manifest.components if part.kind == "head"]
    return diagnostic(
        "E903",
        f"this computes `{exercise.name}`, but not within the budget",
        at=program.origin,
        label=f"compiles to {_size(*sizes(model))}; the budget is {exercise.budget}",
        notes=[f"layer {part.layer} has a head for {shorten(part.expression)}" for part in heads],
        help="do more in one head (`&` of selectors, `default` instead of `fill`), or in none",
    )


def _size(layers: int, heads: int) -> str:
    return f"{counted(layers, 'layer')} and {counted(heads, 'head')}"
