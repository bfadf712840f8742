"""Superposition as a dial: a model whose stream has fewer dimensions than named directions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rasplab.diagnostics import CompileError, Diagnostic, InputError, counted, diagnostic, shown
from rasplab.lab.realism.fit import fit
from rasplab.rasp.sequence import real

if TYPE_CHECKING:
    from rasplab.lab.compression import Measures, Sweep
    from rasplab.lab.compression.recipes import Recipe
    from rasplab.model import Model


def superposed(
    model: Model,
    d_model: int,
    *,
    accuracy: float = 0.99,
    seeds: int = 3,
    recipe: Recipe | str = "fast",
) -> Model:
    """The model squeezed into fewer dimensions, in which directions share; measured, not proved.

    Linear maps into so many dimensions are trained, from as many starts as there are seeds, and
    the nearest to the model is taken: see `rasplab.lab.compression.compress`, whose tables and
    figures say more. Its certificate has the share of outputs that are right, on every input or,
    where these are many, on 4096 drawn ones, and is not exact. Its circuits are its own: they are
    computed by ablating it, and what an error of the maps leaves between parts is among them.

    Copies, backups and distractors come before it, and no disguise after.

    Args:
        model: one that is compiled, and exact.
        d_model: dimensions of the stream, from 1 to the model's own.
        accuracy: the share of outputs that must be right, from 0 to 1.
        seeds: how many starts are tried.
        recipe: how maps are trained: `"fast"`, `"paper"`, or a recipe with options of its own.

    Raises:
        InputError: E460 for a model that is disguised or of which nothing is proved, E463 for an
            accuracy that makes no sense, E800 to E804 for what `compress` refuses.
        CompileError: E492 where less is right than is asked for.

    Source: Lindner et al., Tracr (NeurIPS 2023), section 5.

    >>> import rasplab
    >>> from rasplab.lab.compression import FastRecipe
    >>> program, vocab = rasplab.programs.get("hist").at(2, 2)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=2)
    >>> quick = FastRecipe(steps=20, beam=2, adjust=10, finish=20)
    >>> small = superposed(model, model.config.d_model - 1, seeds=1, recipe=quick)
    >>> small("aa"), small.certificate.exact, small.certificate.measurements[0]
    ([2, 2], False, ('accuracy', 1.0))
    """
    fit(model)
    _check_share(accuracy)
    sweep = _compressed(model, d_model, seeds, recipe)
    best = sweep.best(d_model)
    found = next(m for m in sweep.measures if m.member == best)
    if found.diverged or not found.accuracy >= accuracy:
        raise CompileError(_too_narrow(found, accuracy, model.config.d_model))
    return _with_measures(sweep.compressed(best), found)


def _compressed(model: Model, d_model: int, seeds: int, recipe: Recipe | str) -> Sweep[Model]:
    from rasplab.lab.compression import compress  # loads PyTorch

    return compress(model, [d_model], seeds, recipe=recipe)


def _with_measures(model: Model, found: Measures) -> Model:
    """The model with what was measured of it in its certificate."""
    circuit = model.weights.circuit
    measured = (("accuracy", found.accuracy), ("cosine of what is written", found.cosine))
    certificate = replace(circuit.certificate, measurements=measured)
    circuit = replace(circuit, certificate=certificate)
    return replace(model, weights=replace(model.weights, circuit=circuit))


def _check_share(given: object) -> None:
    share = real(given)
    if share is None or not 0 <= share <= 1:
        why = f"`accuracy` is a share from 0 to 1, which {shown(given)} is not"
        raise InputError(diagnostic("E463", why, help="leave it out for 0.99"))


def _too_narrow(found: Measures, wanted: float, full: int) -> Diagnostic:
    width = found.member.width
    what = "all starts diverged" if found.diverged else f"at best {found.accuracy:.1%} are right"
    return diagnostic(
        "E492",
        f"in {counted(width, 'dimension')} fewer outputs are right than {wanted:.1%}",
        notes=[f"{what}; the model has {full} dimensions"],
        help="take more dimensions or seeds, a longer recipe, or ask for less `accuracy`; "
        "`rasplab compress` shows how far each width goes",
    )
