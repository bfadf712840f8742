"""`rasplab disguise`: a model that looks less clean, and still is its program."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, cast

from cyclopts import Parameter

from rasplab.cli import output, reading
from rasplab.cli.disguise_options import Dials, Parts, Squeeze, given_of
from rasplab.cli.parameters import Compiling, Out, Program
from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.model import Model
from rasplab.weights.directory import check_free, check_parent

_DEFAULT = Compiling()
_DIALS = Dials()
_PARTS = Parts()
_SQUEEZE = Squeeze()


def disguise(
    program: Program,
    /,
    *,
    out: Out,
    level: int | None = None,
    dials: Dials = _DIALS,
    parts: Parts = _PARTS,
    squeeze: Squeeze = _SQUEEZE,
    seed: int = 0,
    compiling: Compiling = _DEFAULT,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make a model look less clean, prove it again, and save it.

    Either a level of the ladder, or dials one by one: rotated, permuted and mixed by default. Parts
    that act together are added before. What cannot be proved is refused. With --dtype float64 more
    can be. With --superposed the stream is squeezed in the end, and what comes out is measured.

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
    if squeeze.superposed is None:
        check_parent(out)
    else:  # which may be trained for long
        check_free(out, overwrite=overwrite)
    turned = given_of(dials)
    if level is not None and turned:
        raise InputError(_either(*next(iter(turned.items()))))
    parts.check()
    squeeze.check(dials, level)
    dtype = None
    if reading.is_model(program):  # which is in a format already: it is that of the disguise
        dtype, compiling = compiling.dtype, replace(compiling, dtype=None)
    model, _ = reading.model_of(program, compiling)
    rotate = dials.rotate is not False
    if squeeze.superposed is not None:  # a rotation comes after it
        turned["rotate"] = False
    with output.busy(f"disguising {program}"):
        made = _made(parts.added_to(model), level, turned, dtype, seed)
    made = squeeze.of(made, rotate=rotate, seed=seed)
    written = made.save(out, overwrite=overwrite)
    output.say(f"{written}: {made.weights}")
    output.say(f"disguise: {made.manifest.disguise or 'none'}; {_promised(made)}")


def _promised(model: Model) -> str:
    """What is known of a model: its margin, or what was measured."""
    certificate = model.certificate
    if certificate.measured:
        found = ", ".join(f"{name} {value:.4g}" for name, value in certificate.measurements)
        return f"measured, not proved: {found}"
    return f"smallest margin {certificate.smallest_margin:.3g}"


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
