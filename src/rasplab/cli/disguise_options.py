"""What `rasplab disguise` can be asked for: the dials, parts that are added, superposition."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, cast

from cyclopts import Parameter

from rasplab.cli import completing, reading
from rasplab.cli.progress import shown_progress
from rasplab.diagnostics import InputError, diagnostic, require
from rasplab.model import Model

_WITHOUT = {
    "level": "at every level a model is proved",
    "norm": "maps are trained for streams without norms",
    "activation": "maps are trained for units that are relus",
}
"""What there can be no superposition with, and why."""
_DETAILS = {
    "cancelled": "beside",
    "heads": "cancelled",
    "copies": "duplicate",
    "readers": "duplicate",
    **dict.fromkeys(("accuracy", "seeds", "recipe", "steps", "beam"), "superposed"),
}
"""What says more of something, and of what."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Dials:
    """The dials of a disguise, one by one.

    Parameters
    ----------
    rotate
        Give the residual stream a random orthogonal basis, which it gets by default.
    permute
        Put heads and hidden units into another order, as by default.
    mix_heads
        Mix the space of queries and keys and that of values of every head, as by default.
    noise
        The standard deviation of noise on every weight; by default there is none.
    noise_share
        As much noise as costs this share of the smallest margin, between 0 and 1.
    norm
        A norm before every reader of the stream, with an epsilon of 1e-5; by default there is none.
    norm_share
        Let the stream show in what the norm divides by, as far as costs this share of the smallest
        margin, between 0 and 1; by default nothing shows.
    activation
        What hidden units are; by default relus.
    """

    rotate: bool | None = None
    permute: bool | None = None
    mix_heads: bool | None = None
    noise: float | None = None
    noise_share: float | None = None
    norm: Literal["layer", "rms"] | None = None
    norm_share: float | None = None
    activation: Literal["gelu", "silu"] | None = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Parts that are added before the dials are turned, in this order.

    Parameters
    ----------
    beside
        Another program, like the one disguised, whose parts stand beside its own.
    cancelled
        One variable of the program beside is read, and cancelled.
    heads
        It is read by a pair of heads more, whose contributions cancel.
    duplicate
        A variable that stands in several places.
    copies
        How many places those are; by default 2, and 3 for a majority.
    readers
        Whether its readers read the average of all places, the first, or the majority.
    back_up
        A variable that gets a backup, which acts only where its first place is empty.
    """

    beside: Annotated[str | None, Parameter(completer=completing.programs)] = None
    cancelled: Annotated[bool | None, Parameter(negative="")] = None
    heads: Annotated[bool | None, Parameter(negative="")] = None
    duplicate: str | None = None
    copies: int | None = None
    readers: Literal["average", "first", "majority"] | None = None
    back_up: str | None = None

    def check(self) -> None:
        """Refuse what says more of a part that is not asked for."""
        _check_details(self)

    def added_to(self, model: Model) -> Model:
        """The model with them, each proved."""
        from rasplab.lab.realism import back_up, distract, duplicate

        if self.beside is not None:
            how = "heads" if self.heads else bool(self.cancelled)
            model = distract(model, _for_the_same(model, self.beside), cancelled=how)
        if self.duplicate is not None:
            readers = self.readers or "average"
            copies = 3 if readers == "majority" else 2
            if self.copies is not None:
                copies = self.copies
            model = duplicate(model, self.duplicate, copies, readers=readers)
        return model if self.back_up is None else back_up(model, self.back_up)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Squeeze:
    """Superposition, the last dial: what it makes is measured, and no longer proved.

    Parameters
    ----------
    superposed
        Squeeze the residual stream into so many dimensions, by linear maps that are trained.
    accuracy
        The share of outputs that must be right then, from 0 to 1; by default 0.99.
    seeds
        How many starts are tried; by default 3.
    recipe
        How maps are trained, as `rasplab compress` has it; by default fast.
    steps
        Steps of gradient descent; by default the recipe's own number.
    beam
        Maps from which the fast recipe drops the next dimension; by default 6.
    """

    superposed: int | None = None
    accuracy: float | None = None
    seeds: int | None = None
    recipe: Literal["fast", "paper"] | None = None
    steps: int | None = None
    beam: int | None = None

    def check(self, dials: Dials, level: int | None) -> None:
        """Refuse what says more of what is not asked for, and what cannot go together."""
        _check_details(self)
        if self.superposed is None:
            return
        require("torch", extra="torch", purpose="superposition")
        for name, value in (
            ("level", level),
            ("norm", dials.norm),
            ("activation", dials.activation),
        ):
            if value is not None:
                why = f"--{name} makes no sense with --superposed: {_WITHOUT[name]}"
                raise InputError(diagnostic("E463", why, help="leave out one of them"))

    def of(self, model: Model, *, rotate: bool, seed: int) -> Model:
        """The model in fewer dimensions, if that is asked for."""
        if self.superposed is None:
            return model
        from rasplab.cli.compress import asked_recipe
        from rasplab.lab.realism import superposed

        given = {n: v for n, v in given_of(self).items() if n in ("accuracy", "seeds")}
        recipe = asked_recipe(self.recipe or "fast", self.steps, self.beam)
        with shown_progress(f"{model.config.d_model} to {self.superposed} dimensions") as progress:
            return superposed(
                model,
                self.superposed,
                recipe=recipe,
                rotate=rotate,
                seed=seed,
                progress=progress,
                **cast("dict[str, Any]", given),
            )


def _check_details(options: Parts | Squeeze) -> None:
    """Refuse what says more of what is not asked for.

    Raises:
        InputError: E463.
    """
    given = given_of(options)
    for name in given:
        of = _DETAILS.get(name)
        if of is not None and of not in given:
            why = f"--{name} makes no sense without --{of}"
            raise InputError(diagnostic("E463", why, help=f"add --{of}"))


def given_of(options: Dials | Parts | Squeeze) -> dict[str, bool | float | str]:
    """Those that were given."""
    return {name: value for name, value in asdict(options).items() if value is not None}


def _for_the_same(model: Model, name: str) -> Model:
    """Another program, compiled for the inputs and in the format of a model."""
    c = model.config
    source = reading.found(name, vocab_size=len(c.vocabulary), max_length=c.max_length, tokens=())
    at = {"vocab": c.vocabulary, "max_length": c.max_length}
    return reading.compiled(source, **at, causal=c.causal, dtype=c.dtype)
