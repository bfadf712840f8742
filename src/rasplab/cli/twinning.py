"""`rasplab twin`: a transformer that is trained to have a compiled model's circuit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from rasplab.cli import output, reading
from rasplab.cli.parameters import Compiling, Out, Program
from rasplab.cli.progress import shown_progress
from rasplab.diagnostics import counted, require
from rasplab.weights.directory import check_free

if TYPE_CHECKING:
    from rasplab.lab.twins import Twins

_DEFAULT = Compiling()
COLUMNS = ("seed", "accuracy", "interchange", "where changed", "strict")


def twin(
    program: Program,
    /,
    *,
    out: Out,
    seeds: int = 1,
    control: Annotated[bool, Parameter(negative="")] = False,
    steps: int | None = None,
    d_model: int | None = None,
    heads: int | None = None,
    layers: int | None = None,
    held_out: float = 0.2,
    seed: int = 0,
    compiling: Compiling = _DEFAULT,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Train a transformer to have a compiled model's circuit, measure it, and save it.

    Nothing is proved of a twin: what was measured on inputs that were held out is printed, and
    saved with it. Of several seeds the best twin is saved.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    out
        The directory to write.
    seeds
        How many twins to train, in one batch.
    control
        Let them learn the outputs alone: the circuit need not be theirs then.
    steps
        Steps of gradient descent at most; by default 3000.
    d_model
        Dimensions of the stream; by default 32.
    heads
        Heads per layer; by default 4, or as many as the compiled model has.
    layers
        Layers; by default as many as the compiled model has.
    held_out
        The share of inputs that is measured on, and not learned from.
    seed
        Of what is held out, and of the batches.
    overwrite
        Replace a model that is there already.
    """
    require("torch", extra="torch", purpose="training")
    from rasplab.lab.twins import Recipe, Shape, train_twins

    check_free(out, overwrite=overwrite)
    model, _ = reading.model_of(program, compiling)
    usual = Shape()
    shape = Shape(usual.d_model if d_model is None else d_model, heads, layers)
    with shown_progress(counted(seeds, "twin")) as progress:
        twins = train_twins(
            model,
            seeds,
            aligned=not control,
            shape=shape,
            recipe=Recipe() if steps is None else Recipe(steps=steps),
            held_out=held_out,
            seed=seed,
            progress=progress,
        )
    written = twins.best.save(out, overwrite=overwrite)
    _tell(twins)
    output.say(f"{written}: {twins.best.weights}")


def _tell(twins: Twins) -> None:
    inputs = max(m.inputs for m in twins.measures)
    kind = "twin" if twins.aligned else "control"
    output.table(
        COLUMNS,
        [
            (str(m.seed), *map(_share, (m.accuracy, m.iia, m.iia_changed, m.strict)))
            for m in twins.measures
        ],
        title=f"{counted(len(twins), kind)} of {twins.compiled.name} after "
        f"{counted(twins.steps, 'step')}, measured on {counted(inputs, 'input')}",
        right=" ".join(COLUMNS),
    )
    output.say(str(twins.alignment))


def _share(number: float) -> str:
    """A share, or a dash where there was nothing to be measured."""
    return "-" if math.isnan(number) else f"{number:.2%}"
