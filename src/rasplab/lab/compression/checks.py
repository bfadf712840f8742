"""What cannot be compressed, or not so: refused before anything is trained or replaced."""

from __future__ import annotations

import math
import operator
import os
import sys
from collections.abc import Iterable
from typing import get_args

import torch

from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.lab.compression.domain import Domain
from rasplab.lab.compression.maps import Member, Sharing, Start
from rasplab.lab.compression.recipes import Recipe, settings
from rasplab.rasp.sequence import real, whole
from rasplab.weights import Config, ModelWeights

SAVE_EVERY = 30.0
"""Seconds after which the step that is going on is the last before a checkpoint."""
VARIABLE = "RASPLAB_CHECKPOINT_SECONDS"
"""Of the environment, for another time."""
LEAST = {
    "seeds": 1,
    "threads": 1,
    "steps": 1,
    "batch": 1,
    "adjust": 1,
    "patience": 1,
    "beam": 0,
    "finish": 0,
}


def check_numbers(recipe: Recipe, **numbers: int) -> None:
    """Refuse a sweep or a recipe whose numbers make no sense.

    Raises:
        InputError: E804.
    """
    given = settings(recipe) | numbers
    for name, bound in LEAST.items():
        number = given.get(name, bound)
        counted = whole(number)
        if counted is None or counted < bound:
            why = f"`{name}` must be a whole number of at least {bound}, not {number!r}"
            raise InputError(diagnostic("E804", why, help=f"give {bound} or more"))
    for name in ("first_rate", "last_rate", "decay", "enough"):
        number = given.get(name, 0.0)
        if not _within(number, sys.float_info.max):
            why = f"`{name}` must be finite and not negative, not {number!r}"
            raise InputError(diagnostic("E804", why))
    betas: object = recipe.betas
    try:
        good = [_within(beta, math.nextafter(1, 0)) for beta in betas] == [True, True]
    except TypeError:
        good = False
    if not good:
        why = f"`betas` must be two numbers from 0 to below 1, not {betas!r}"
        raise InputError(diagnostic("E804", why))


def _within(number: object, most: float) -> bool:
    given = real(number)
    return given is not None and 0 <= given <= most


def check_names(recipe: Recipe, *, sharing: str) -> None:
    """Refuse an option that is none of its choices.

    Raises:
        InputError: E804.
    """
    for name, given, known in (
        ("sharing", sharing, get_args(Sharing)),
        ("start", recipe.start, get_args(Start)),
    ):
        if given not in known:
            why = f"`{name}` cannot be {given!r}"
            raise InputError(diagnostic("E804", why, help=f"it is one of {', '.join(known)}"))


def check_device(name: str) -> None:
    """Refuse a device that is not there.

    Raises:
        InputError: E804.
    """
    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, ImportError) as problem:
        first = str(problem).partition("\n")[0]
        raise InputError(
            diagnostic("E804", f"cannot compute on {name!r}", notes=[first], help="use cpu or cuda")
        ) from problem


def check_model(weights: ModelWeights) -> None:
    """Refuse a model in whose stream nothing can be shared.

    Raises:
        InputError: E801.
    """
    if not weights.plain:
        raise InputError(_compressed_already(weights))
    if not weights.config.architecture.standard:
        raise InputError(_other_architecture(weights))
    if len(_variables(weights)) < 2:
        raise InputError(_nothing_to_share(weights))


def check_inputs(config: Config, inputs: Domain) -> None:
    """Refuse inputs that the model does not take.

    Raises:
        InputError: E804.
    """
    if inputs.ids.shape[1] > config.n_ctx or inputs.ids.max() >= config.d_vocab:
        why = "the inputs are those of another model: they are longer, or have other tokens"
        raise InputError(diagnostic("E804", why, help="make them by `domain(model.config)`"))


def checkpoint_seconds() -> float:
    """After how many seconds a training saves its state, or what `VARIABLE` says instead.

    Raises:
        InputError: E804 where that is no number.
    """
    text = os.environ.get(VARIABLE, str(SAVE_EVERY))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise InputError(diagnostic("E804", f"{VARIABLE} is no number of seconds: {text!r}"))
    return seconds


def members_of(weights: ModelWeights, widths: Iterable[int], seeds: range) -> tuple[Member, ...]:
    """A member for every width and seed, by width.

    Raises:
        InputError: E800 for a width that cannot be, or none.
    """
    full = weights.config.d_model
    try:
        chosen = sorted({operator.index(w) for w in widths})
    except TypeError as problem:
        why = f"the widths are not a list of whole numbers: {problem}"
        raise InputError(diagnostic("E800", why, help=f"give widths from 1 to {full}")) from None
    if not chosen:
        why = "there is no width to compress to"
        raise InputError(diagnostic("E800", why, help=f"give widths from 1 to {full}"))
    for width in chosen:
        check_width(width, full)
    return tuple(Member(w, s) for w in chosen for s in seeds)


def check_width(width: int, full: int) -> None:
    """Refuse a width that a stream of `full` dimensions cannot be compressed to.

    Raises:
        InputError: E800.
    """
    if not 1 <= width <= full:
        why = f"a stream of {full} dimensions cannot be compressed to {width}"
        raise InputError(diagnostic("E800", why, help=f"give widths from 1 to {full}"))


def nothing_to_compress(weights: ModelWeights) -> Diagnostic:
    """The message for a model without a sublayer."""
    return diagnostic(
        "E801",
        f"there is nothing to compress: `{weights.circuit.program[:60]}` is read off the embedding",
        notes=["no attention or MLP sublayer writes anything"],
        help="take a program that needs a sublayer, or compile it with `optimize=0`",
    )


def _variables(weights: ModelWeights) -> list[str]:
    return [v.name for v in weights.circuit.variables if not v.marks_bos]


def _nothing_to_share(weights: ModelWeights) -> Diagnostic:
    names = _variables(weights)
    return diagnostic(
        "E801",
        f"there is nothing to compress: only `{names[0]}` lives in the stream"
        if names
        else "there is nothing to compress: no variable lives in the stream",
        notes=["compression lets several variables share directions"],
        help="take a program with more variables, or compile it with `optimize=0`",
    )


def _other_architecture(weights: ModelWeights) -> Diagnostic:
    return diagnostic(
        "E801",
        "only layers of attention and MLP, each with its own weights, are compressed",
        notes=[f"this model is {weights.config.architecture}"],
    )


def _compressed_already(weights: ModelWeights) -> Diagnostic:
    if not weights.circuit.directions:
        return _no_directions(weights)
    disguised = weights.nominal is not None
    return diagnostic(
        "E801",
        f"there is nothing to compress: this model of `{weights.circuit.program[:60]}` is "
        + ("disguised" if disguised else "compressed already"),
        notes=[
            "the columns of its stream are not the named directions"
            if disguised
            else "its variables share directions"
        ],
        help="compress the compiled model that it was made from",
    )


def _no_directions(weights: ModelWeights) -> Diagnostic:
    return diagnostic(
        "E801",
        "there is nothing to compress: no direction of the stream of this model of "
        f"`{weights.circuit.program[:60]}` is named",
        notes=["it was trained, and its variables lie where training put them"],
        help="compress the compiled model whose twin it is",
    )
