"""What cannot be compressed, or not so: refused before anything is trained or replaced."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

import torch

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.compression.maps import Member, Sharing, Start
from rasplab.lab.compression.recipes import Recipe, settings
from rasplab.weights import ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model

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
        if name in given and given[name] < bound:
            raise InputError(
                diagnostic("E804", f"`{name}` must be at least {bound}, not {given[name]}")
            )


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
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as problem:
        first = str(problem).partition("\n")[0]
        raise InputError(
            diagnostic("E804", f"cannot compute on {name!r}", notes=[first], help="use cpu or cuda")
        ) from problem


def check_model(model: Model) -> None:
    """Refuse a model in whose stream nothing can be shared.

    Raises:
        InputError: E801.
    """
    weights = model.weights
    if weights.basis is not None:
        raise InputError(_compressed_already(weights))
    if len(_variables(weights)) < 2:
        raise InputError(_nothing_to_share(weights))


def members_of(weights: ModelWeights, widths: Iterable[int], seeds: int) -> tuple[Member, ...]:
    """A member for every width and seed, by width.

    Raises:
        InputError: E800 for a width that cannot be, or none.
    """
    full, chosen = weights.config.d_model, sorted({operator.index(w) for w in widths})
    wrong = [w for w in chosen if not 1 <= w <= full]
    if wrong or not chosen:
        raise InputError(
            diagnostic(
                "E800",
                f"a stream of {full} dimensions cannot be compressed to {wrong[0]}"
                if wrong
                else "there is no width to compress to",
                help=f"give widths from 1 to {full}",
            )
        )
    return tuple(Member(w, s) for w in chosen for s in range(seeds))


def nothing_to_compress(weights: ModelWeights) -> Any:
    """The message for a model without a sublayer."""
    return diagnostic(
        "E801",
        f"there is nothing to compress: `{weights.circuit.program[:60]}` is read off the embedding",
        notes=["no attention or MLP sublayer writes anything"],
        help="take a program that needs a sublayer, or compile it with `optimize=0`",
    )


def _variables(weights: ModelWeights) -> list[str]:
    return [v.name for v in weights.circuit.variables if v.name != "bos"]


def _nothing_to_share(weights: ModelWeights) -> Any:
    names = _variables(weights)
    return diagnostic(
        "E801",
        f"there is nothing to compress: only `{names[0]}` lives in the stream"
        if names
        else "there is nothing to compress: no variable lives in the stream",
        notes=["compression lets several variables share directions"],
        help="take a program with more variables, or compile it with `optimize=0`",
    )


def _compressed_already(weights: ModelWeights) -> Any:
    return diagnostic(
        "E801",
        f"there is nothing to compress: this model of `{weights.circuit.program[:60]}` is "
        "compressed already",
        notes=["its variables share directions"],
        help="compress the compiled model that it was made from",
    )
