"""`rasplab disguise`: a model that looks less clean, and still is its program."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, cast

from cyclopts import Parameter

from rasplab.cli import output, reading
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

    def given(self) -> dict[str, bool | float | str]:
        """Those that were turned by hand."""
        return {name: value for name, value in asdict(self).items() if value is not None}


_DIALS = Dials()


def disguise(
    program: Program,
    /,
    *,
    out: Out,
    level: int | None = None,
    dials: Dials = _DIALS,
    seed: int = 0,
    compiling: Compiling = _DEFAULT,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make a model look less clean, prove it again, and save it.

    Either a level of the ladder, or dials one by one: rotated, permuted and mixed by default. What
    cannot be proved is refused. With --dtype float64 more can be.

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
    turned = dials.given()
    if level is not None and turned:
        raise InputError(_either(*next(iter(turned.items()))))
    dtype = None
    if reading.is_model(program):  # which is in a format already: it is that of the disguise
        dtype, compiling = compiling.dtype, replace(compiling, dtype=None)
    model, _ = reading.model_of(program, compiling)
    with output.busy(f"disguising {program}"):
        made = _made(model, level, turned, dtype, seed)
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
