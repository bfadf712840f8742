"""`rasplab disguise`: a model that looks less clean, and still is its program."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, cast

from cyclopts import Parameter

from rasplab.cli import completing, output, reading
from rasplab.cli.parameters import Compiling, Out, Program
from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.model import Model
from rasplab.weights.directory import check_parent

_DEFAULT = Compiling()


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
    activation
        What hidden units are; by default relus.
    """

    rotate: bool | None = None
    permute: bool | None = None
    mix_heads: bool | None = None
    noise: float | None = None
    noise_share: float | None = None
    norm: Literal["layer", "rms"] | None = None
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
    duplicate: str | None = None
    copies: int | None = None
    readers: Literal["average", "first", "majority"] | None = None
    back_up: str | None = None

    def check(self) -> None:
        """Refuse what says more of a part that is not asked for."""
        given = _given(self)
        for name, of in DETAILS.items():
            if name in given and of not in given:
                why = f"--{name} makes no sense without --{of}"
                raise InputError(diagnostic("E463", why, help=f"add --{of}"))

    def added_to(self, model: Model) -> Model:
        """The model with them, each proved."""
        from rasplab.lab.realism import back_up, distract, duplicate

        if self.beside is not None:
            model = distract(
                model, _for_the_same(model, self.beside), cancelled=bool(self.cancelled)
            )
        if self.duplicate is not None:
            readers = self.readers or "average"
            copies = 3 if readers == "majority" else 2
            if self.copies is not None:
                copies = self.copies
            model = duplicate(model, self.duplicate, copies, readers=readers)
        return model if self.back_up is None else back_up(model, self.back_up)


DETAILS = {"cancelled": "beside", "copies": "duplicate", "readers": "duplicate"}
"""What says more of a part, and of which."""


def _given(options: Dials | Parts) -> dict[str, bool | float | str]:
    """Those that were given."""
    return {name: value for name, value in asdict(options).items() if value is not None}


def _for_the_same(model: Model, name: str) -> Model:
    """Another program, compiled for the inputs and in the format of a model."""
    c = model.config
    source = reading.found(name, vocab_size=len(c.vocabulary), max_length=c.max_length, tokens=())
    at = {"vocab": c.vocabulary, "max_length": c.max_length}
    return reading.compiled(source, **at, causal=c.causal, dtype=c.dtype)


_DIALS = Dials()
_PARTS = Parts()


def disguise(
    program: Program,
    /,
    *,
    out: Out,
    level: int | None = None,
    dials: Dials = _DIALS,
    parts: Parts = _PARTS,
    seed: int = 0,
    compiling: Compiling = _DEFAULT,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make a model look less clean, prove it again, and save it.

    Either a level of the ladder, or dials one by one: rotated, permuted and mixed by default. Parts
    that act together are added before. What cannot be proved is refused. With --dtype float64 more
    can be.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    out
        The directory to write.
    level
        0 as compiled, 1 permuted, 2 rotated and mixed too, 3 with noise too, 4 with another
        program's parts beside too, 5 with copies of a variable too.
    seed
        Of all that is drawn.
    overwrite
        Replace a model that is there already.
    """
    check_parent(out)
    turned = _given(dials)
    if level is not None and turned:
        raise InputError(_either(*next(iter(turned.items()))))
    parts.check()
    dtype = None
    if reading.is_model(program):  # which is in a format already: it is that of the disguise
        dtype, compiling = compiling.dtype, replace(compiling, dtype=None)
    model, _ = reading.model_of(program, compiling)
    with output.busy(f"disguising {program}"):
        made = _made(parts.added_to(model), level, turned, dtype, seed)
    written = made.save(out, overwrite=overwrite)
    done = made.manifest.disguise
    output.say(f"{written}: {made.weights}")
    output.say(
        f"disguise: {done or 'none'}; smallest margin {made.certificate.smallest_margin:.3g}"
    )


def _made(
    model: Model,
    level: int | None,
    turned: dict[str, bool | float | str],
    dtype: str | None,
    seed: int,
) -> Model:
    from rasplab.lab.realism import disguise, realistic

    if level is not None:
        return realistic(model, level, seed=seed, dtype=dtype)
    return disguise(model, seed=seed, dtype=dtype, **cast("dict[str, Any]", turned))


def _either(dial: str, value: object) -> Diagnostic:
    option = f"--{'no-' if value is False else ''}{dial.replace('_', '-')}"
    return diagnostic(
        "E463",
        f"{option} makes no sense with --level, which says how every dial is turned",
        help="leave out one of them",
    )
