"""The commands that compile a program, or take a model instead: what they do with the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from rasplab.cli import completing, output, reading
from rasplab.cli.parameters import (
    AsJson,
    Compiling,
    CompilingFor,
    CompilingPlainly,
    Division,
    Out,
    Program,
)
from rasplab.cli.sources import SIZE
from rasplab.diagnostics import require
from rasplab.model import Model
from rasplab.weights.directory import check_parent

_DEFAULT, _FOR, _PLAINLY = Compiling(), CompilingFor(), CompilingPlainly()


def compile_(
    program: Program,
    /,
    *,
    out: Out,
    compiling: CompilingFor = _FOR,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Compile a program and save the model.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, or FILE.rasp:NAME.
    out
        The directory to write.
    overwrite
        Replace a model that is there already.
    """
    check_parent(out)
    source = reading.found_for(program, compiling)
    model = reading.compiled(source, **reading.options(source, compiling))
    written = model.save(out, overwrite=overwrite)
    output.say(f"{written}: {model.weights}")


def show(
    program: Program,
    /,
    *,
    compiling: Compiling = _DEFAULT,
    stage: Annotated[str | None, Parameter(completer=completing.stages)] = None,
    json: AsJson = False,
) -> None:
    """Show what a model does: its layers and what they implement, its sizes and its certificate.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    stage
        Stop after this stage of the compiler and print what it made: graph, sums-from-means,
        resolve-selectors, craft, plan or weights.
    """
    from rasplab.cli.show import no_stages, show_model, show_stage

    if stage is None:
        show_model(reading.model_of(program, compiling)[0], as_json=json)
    elif reading.is_model(program):
        raise no_stages(program)
    else:
        source = reading.found_for(program, compiling)
        show_stage(stage, source, as_json=json, **reading.options(source, compiling))


def view(
    program: Program,
    /,
    *,
    out: Out,
    input: Annotated[str | None, Parameter(name=("--input", "-i"))] = None,
    split: Division = None,
    open: Annotated[bool, Parameter(negative="")] = False,
    compiling: Compiling = _DEFAULT,
    circuits: Annotated[bool, Parameter(negative="")] = False,
    beside: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write a page that shows inside a model, step by step, on any input; it needs no network.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    out
        The HTML file to write.
    input
        The sequence that the page begins with, as for `run`.
    open
        Show the page in the browser.
    circuits
        Compute the ground truth at every level and for every ablation, to be drawn in the page.
    beside
        Show the program compiled at the other level beside it, on the same input.
    """
    from rasplab.cli.view import no_other_level, view_model

    check_parent(out)
    if beside and reading.is_model(program):
        raise no_other_level(program)
    tokens = () if input is None else (input,)
    model, sequence = reading.model_of(program, compiling, tokens, split=split, least=SIZE)
    other: Model | None = None
    if beside:
        level = replace(compiling, optimize=0 if model.manifest.optimize else 1)
        other = reading.model_of(program, level, tokens, split=split, least=SIZE)[0]
    view_model(
        model,
        out,
        None if input is None else sequence,
        name=program,
        show=open,
        circuits=circuits,
        beside=other,
    )


def compress(
    program: Program,
    /,
    *,
    dims: str,
    seeds: int = 10,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    recipe: Literal["fast", "paper"] = "fast",
    steps: int | None = None,
    beam: int | None = None,
    layout: Literal["auto", "paper", "rasplab"] = "auto",
    compiling: CompilingPlainly = _PLAINLY,
    lengths: Literal["all", "longest"] | None = None,
    distinct: Annotated[bool, Parameter(negative="")] = False,
    sharing: Literal["shared", "separate", "per-layer"] = "shared",
    train_weights: Annotated[bool, Parameter(negative="")] = False,
    device: str = "cpu",
    threads: int | None = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Compress a model's residual stream into fewer dimensions, by gradient descent.

    Every width and seed is trained at once, in float64 for a model in float64 and otherwise in
    float32. What is written: the compressed models, tables, and figures where matplotlib is
    installed.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, or a model directory.
    dims
        The widths: 8, or 6,8,10, or 2:14 with both ends, or 2:14:2.
    seeds
        Starts per width.
    out
        The directory to write; by default compress-PROGRAM.
    recipe
        fast, or the paper's.
    steps
        Steps of gradient descent; by default the recipe's own number.
    beam
        Maps of each width from which the fast recipe drops the next dimension: more find better
        ones and take as much longer; 0 for gradient descent alone. By default 6.
    layout
        frac_prevs and sort_unique are taken as the paper has them, in Tracr's layout, unless sizes
        are given or this says rasplab.
    lengths
        Train and measure on sequences of all lengths, or of the longest only, as the paper does.
    distinct
        Only on sequences in which no token occurs twice.
    sharing
        One map for all reads and writes, one for each, or one for every sublayer.
    train_weights
        Train the weights of heads and hidden units as well.
    device
        Where to compute, such as cuda.
    threads
        Groups of models that are computed at a time; by default one per core.
    resume
        Go on with a sweep that was interrupted.
    overwrite
        Replace a sweep that is there already.
    """
    require("torch", extra="torch", purpose="compression")
    from rasplab.cli.compress import Options, is_of_paper, paper_model, run

    if is_of_paper(program, layout, compiling):
        model, unique = paper_model(program)
        output.note("note: the paper's model, in Tracr's layout; --layout rasplab for ours")
        distinct = distinct or unique
        # All five tokens, sorted, are always the same: with shorter ones there is something to do.
        lengths = lengths or ("all" if unique else "longest")
    else:
        model, _ = reading.model_of(program, compiling, optimize=0)
    name = "".join(c if c.isalnum() or c in "_-" else "-" for c in Path(program).name)
    asked = Options(
        dims=dims,
        seeds=seeds,
        recipe=recipe,
        steps=steps,
        beam=beam,
        lengths=lengths or "all",
        distinct=distinct,
        sharing=sharing,
        train_weights=train_weights,
        device=device,
        threads=threads,
        out=out or Path(f"compress-{name}"),
        resume=resume,
        overwrite=overwrite,
    )
    return run(model, asked)
