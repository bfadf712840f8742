"""`rasplab compress`: a model's stream in fewer dimensions, for many widths and seeds at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rasplab.cli.output import note, say, table
from rasplab.cli.parameters import Compiling
from rasplab.cli.progress import shown_progress
from rasplab.diagnostics import Diagnostic, InputError, MissingExtraError, diagnostic
from rasplab.lab.compression import Domain, Sweep, domain, set_up
from rasplab.lab.compression import results as files
from rasplab.lab.compression.checks import check_width
from rasplab.lab.compression.directory import FIGURES, prepare
from rasplab.lab.compression.maps import Sharing
from rasplab.lab.compression.recipes import FastRecipe, Recipe, read_recipe
from rasplab.lab.paper import PAPER
from rasplab.model import Model
from rasplab.view.drawing import shortened


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks of a sweep."""

    dims: str
    seeds: int
    recipe: str
    steps: int | None
    beam: int | None
    lengths: str
    distinct: bool
    sharing: Sharing
    train_weights: bool
    device: str
    threads: int | None
    out: Path
    resume: bool
    overwrite: bool


def paper_model(name: str) -> tuple[Model, bool]:
    """The model of the paper that has this name, and whether its tokens must differ.

    Raises:
        InputError: E804 where the paper has none of this name.
    """
    if name not in PAPER:
        why = f"there is no {name!r} in the paper's layout"
        raise InputError(diagnostic("E804", why, help=f"there are {' and '.join(PAPER)}"))
    found = PAPER[name]()
    return Model(found.weights, found.program), found.distinct


def is_of_paper(program: str, layout: str, asked: Compiling) -> bool:
    """Whether the paper's model is meant, and not one that is compiled as asked.

    Raises:
        InputError: E804 where the paper's is asked for, and options that it cannot follow.
    """
    if layout == "auto":
        return program in PAPER and not asked.given()
    if layout == "paper":
        asked.refuse("the paper's model")
    return layout == "paper"


def run(model: Model, options: Options) -> int:
    """Train, measure, write, and print a table; 1 where a member diverged.

    Raises:
        InputError: E800 to E804, for what cannot be.
    """
    widths = read_dims(options.dims, model.config.d_model)
    recipe = asked_recipe(options.recipe, options.steps, options.beam)
    inputs = domain(model.config, lengths=options.lengths, distinct=options.distinct)
    setup = set_up(
        model,
        widths,
        options.seeds,
        recipe=recipe,
        sharing=options.sharing,
        train_weights=options.train_weights,
        inputs=inputs,
        device=options.device,
        threads=options.threads,
    )
    # Last, since it may take an older sweep away.
    prepare(options.out, resume=options.resume, overwrite=options.overwrite)
    with shown_progress(f"{len(setup.members)} models") as progress:
        sweep = setup.train(options.out, progress)
    files.write(sweep, options.out)
    _draw(sweep, options.out)
    table(
        files.COLUMNS,
        files.rows(sweep.measures),
        title=f"{shortened(model.weights.circuit.program, 60)}: "
        f"d_model {model.config.d_model} -> d, "
        f"{_inputs(inputs)}, recipe {recipe.name}",
        right=" ".join(files.COLUMNS),
    )
    lost = [m.member.name for m in sweep.measures if m.diverged]
    if lost:
        note(f"diverged, and left as they last were: {', '.join(lost)}")
    say(f"trained in {sweep.seconds:.0f} s; models, tables and checkpoint in {options.out}")
    return 1 if lost else 0


def asked_recipe(name: str, steps: int | None, beam: int | None) -> Recipe:
    """The recipe of a name, with other numbers where these are given.

    Raises:
        InputError: E804 for another name, or a beam of a recipe that has none.
    """
    recipe = read_recipe(name)
    if steps is not None:
        recipe = replace(recipe, steps=steps)
    return recipe if beam is None else _with_beam(recipe, beam)


def _with_beam(recipe: Recipe, beam: int) -> Recipe:
    if isinstance(recipe, FastRecipe):
        return replace(recipe, beam=beam)
    raise InputError(
        diagnostic("E804", f"the {recipe.name} recipe has no beam", help="leave it out")
    )


def _draw(sweep: Sweep[Model], directory: Path) -> None:
    """The figures, where matplotlib is there to draw them."""
    from rasplab.view.compression_figures import save_figures

    try:
        save_figures(sweep, directory / FIGURES)
    except MissingExtraError as missing:
        note(f"no figures: {missing.diagnostics[0].help}")


def read_dims(text: str, full: int) -> tuple[int, ...]:
    """Widths, as `8`, `6,8,10`, `2:14` (both ends) or `2:14:2`.

    Raises:
        InputError: E800 where the text is none of these, or a width cannot be.

    >>> read_dims("2:14:4,3", 14)
    (2, 3, 6, 10, 14)
    """
    found: set[int] = set()
    for part in text.split(","):
        try:
            first, *rest = (int(number) for number in part.split(":"))
            last, step = (*rest, 1) if len(rest) == 1 else rest or (first, 1)
            widths = range(first, last + 1, step)
        except ValueError:
            raise InputError(_no_widths(text, "is no list of widths", full)) from None
        if not widths or step < 1:
            raise InputError(_no_widths(part, "does not go upwards", full))
        check_width(first, full)
        check_width(widths[-1], full)
        found.update(widths)
    return tuple(sorted(found))


def _no_widths(text: str, why: str, full: int) -> Diagnostic:
    form = f"write 8, or 6,8,10, or 2:{full} with both ends, or 2:{full}:2"
    return diagnostic("E800", f"{text!r} {why}", help=form)


def _inputs(inputs: Domain) -> str:
    return f"{'all' if inputs.complete else 'drawn'} {len(inputs)} inputs"
