"""What cannot have a twin, or not such a one: refused before anything is trained."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, cast

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.lab.twins.alignment import circuit_of
from rasplab.lab.twins.shape import Shape
from rasplab.lab.twins.training import Recipe
from rasplab.lower import WEIGHTS_AT_MOST
from rasplab.rasp.sequence import real, whole
from rasplab.weights import ModelWeights
from rasplab.weights.config import expected_shapes

if TYPE_CHECKING:
    from rasplab.model import Model
    from rasplab.weights import Config

_HELP = "see `help(rasplab.lab.twins.train_twins)`"


def check_model(model: Model) -> None:
    """Refuse a model that has no circuit that a twin could have.

    Raises:
        InputError: E466.
    """
    known = isinstance(getattr(model, "weights", None), ModelWeights)
    why = _unfit(model) if known else "it is no model"
    if why is not None:
        raise InputError(
            diagnostic(
                "E466",
                f"there is no twin of {f'`{model.name}`' if known else shown(model)}",
                notes=[why],
                help="train a twin of a model as `rasplab.compile` makes it, with a head or "
                "hidden units in its circuit",
            )
        )


def _unfit(model: Model) -> str | None:
    if not model.certificate.exact:
        return "nothing is proved of this model, so that its outputs teach nothing for sure"
    if not model.config.architecture.standard:
        return f"its layers are not attention and then an MLP each: {model.config.architecture}"
    if not circuit_of(model):
        return "its output is read off the embedding: no head and no hidden unit is in its circuit"
    return None


def check_kinds(recipe: object, shape: object, aligned: object) -> None:
    """Refuse what is no recipe, no shape, and neither true nor false.

    Raises:
        InputError: E467.
    """
    for name, given, kind in (("recipe", recipe, Recipe), ("shape", shape, Shape)):
        if not isinstance(given, kind):
            raise _refused(f"`{name}` must be a `{kind.__name__}`", given)
    if not isinstance(aligned, bool):
        raise _refused("`aligned` must be True or False", aligned)


def check_numbers(recipe: Recipe, shape: Shape, *, seeds: int, held_out: float, seed: int) -> None:
    """Refuse numbers that make no sense.

    Raises:
        InputError: E467.
    """
    counts = {"seeds": (seeds, 1), "seed": (seed, 0)}
    counts |= {name: (getattr(recipe, name), 1) for name in ("steps", "batch", "warm_up")}
    counts |= {name: (size, 1) for name, size in asdict(shape).items() if size is not None}
    for name, (number, least) in counts.items():
        given = whole(number)
        if given is None or given < least:
            raise _refused(f"`{name}` must be a whole number of at least {least}", number)
    for name in ("behaviour", "interchange", "strict", "rate", "decay", "clip", "enough"):
        number = getattr(recipe, name)
        if not _within(number, sys.float_info.max):
            raise _refused(f"`{name}` must be a number of at least 0", number)
    if not _are_betas(recipe.betas):
        raise _refused("`betas` must be two numbers from 0 to below 1", recipe.betas)
    if not 0 < (real(held_out) or 0) < 1:
        raise _refused("`held_out` must be a share between 0 and 1", held_out)


def _are_betas(given: object) -> bool:
    pair = cast("tuple[object, ...]", given if isinstance(given, tuple) else ())
    return len(pair) == 2 and all(_within(beta, math.nextafter(1, 0)) for beta in pair)


def _within(given: object, most: float) -> bool:
    number = real(given)
    return number is not None and 0 <= number <= most


def check_size(config: Config, seeds: int) -> None:
    """Refuse twins that together have more numbers than any model may have.

    Raises:
        InputError: E467.
    """
    shapes = expected_shapes(replace(config, n_layers=1, steps=None)).items()
    layer = sum(math.prod(shape) for name, shape in shapes if name.startswith("blocks."))
    beside = sum(math.prod(shape) for name, shape in shapes if not name.startswith("blocks."))
    numbers = seeds * (beside + config.n_layers * layer)
    if numbers > WEIGHTS_AT_MOST:
        raise InputError(
            diagnostic(
                "E467",
                f"{shown(seeds)} of these twins would have {numbers:,} numbers",
                notes=[f"up to {WEIGHTS_AT_MOST:,} are trained together"],
                help="train fewer at once, or a smaller `shape`",
            )
        )


def check_shape(model: Model, config: Config) -> None:
    """Refuse a twin that has not every part of the circuit.

    Raises:
        InputError: E467.
    """
    circuit = circuit_of(model)
    layers = 1 + max(part.layer for part in circuit)
    heads = 1 + max((part.head for part in circuit if part.head is not None), default=-1)
    for name, has, needs in (
        ("layers", config.n_layers, layers),
        ("heads", config.n_heads, heads),
    ):
        if has < needs:
            raise InputError(
                diagnostic(
                    "E467",
                    f"a twin with {name}={has} has not every part of the circuit",
                    notes=[f"the circuit of `{model.name}` is {', '.join(map(str, circuit))}"],
                    help=f"give {name}={needs} or more, or leave it out",
                )
            )


def too_few(count: int) -> InputError:
    """The error for a model with too few inputs to hold any out."""
    return InputError(
        diagnostic(
            "E467",
            f"of {count} inputs none can be held out",
            help="compile for a larger vocabulary, or longer sequences",
        )
    )


def no_seed(seed: object, seeds: int) -> InputError:
    """The error for a seed of which no twin was trained."""
    known = "0" if seeds == 1 else f"0 to {seeds - 1}"
    return InputError(diagnostic("E467", f"there is no twin of seed {shown(seed)}", help=known))


def _refused(must: str, number: object) -> InputError:
    return InputError(diagnostic("E467", f"{must}, not {shown(number)}", help=_HELP))
