"""Superposition as a dial: a model whose stream has fewer dimensions than named directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rasplab.diagnostics import CompileError, Diagnostic, InputError, counted, diagnostic, shown
from rasplab.lab.realism.dials import orthogonal, randomness
from rasplab.lab.realism.disguise import read_seed
from rasplab.lab.realism.fit import fit
from rasplab.rasp.sequence import real
from rasplab.weights import Disguise, ModelWeights

if TYPE_CHECKING:
    from rasplab.lab.compression import Measures, Sweep
    from rasplab.lab.compression.recipes import Recipe
    from rasplab.lab.compression.setup import Progress
    from rasplab.model import Model

DIAL = "superposed"
"""As the manifest names it."""


def superposed(
    model: Model,
    d_model: int,
    *,
    accuracy: float = 0.99,
    seeds: int = 3,
    recipe: Recipe | str = "fast",
    rotate: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
) -> Model:
    """The model squeezed into fewer dimensions, in which directions share; measured, not proved.

    Linear maps into so many dimensions are trained, from as many starts as there are seeds, and of
    those of which enough is right the nearest to the model is taken: see
    `rasplab.lab.compression.compress`, whose tables and figures say more. Its certificate has the
    share of outputs that are right, on every input or, where these are many, on 4096 drawn ones,
    and is not exact. Its circuits are its own: they are
    computed by ablating it, and what an error of the maps leaves between parts is among them.

    It is the last dial. What comes before is proved: copies, backups and distractors, and then a
    disguise that permutes, mixes heads or adds noise. Of the result nothing is, so that nothing
    could be proved of what came after. Only a rotation has to come after, by `rotate`: one before
    would be taken away by the maps, which are trained from every basis alike.

    Args:
        model: one that is compiled, and exact; it may be disguised, but for a rotation, norms and
            smooth units.
        d_model: dimensions of the stream, from 1 to the model's own.
        accuracy: the share of outputs that must be right, from 0 to 1.
        seeds: how many starts are tried.
        recipe: how maps are trained: `"fast"`, `"paper"`, or a recipe with options of its own.
        rotate: give the narrower stream a random orthogonal basis. Without, the maps may have left
            a dimension of its own to whoever needs one.
        seed: the number of the first start, and what the rotation is drawn by.
        progress: called after every step.

    Raises:
        InputError: E460 for a model that is rotated or of which nothing is proved, E463 for an
            accuracy or a seed that makes no sense, E800 to E804 for what `compress` refuses.
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
    _check_fits(model)
    _check_share(accuracy)
    _check_rotate(rotate)
    seed = read_seed(seed)
    from rasplab.lab.compression import set_up  # loads PyTorch

    setup = set_up(model, [d_model], seeds, recipe=recipe, first=seed)
    sweep = setup.train(progress=progress)
    found = _nearest(sweep.measures, accuracy)
    if rotate and not found.diverged:
        sweep = _rotated(sweep, found, seed)
        (found,) = sweep.measures
    if found.diverged or not found.accuracy >= accuracy:
        raise CompileError(_too_narrow(found, accuracy, model.config.d_model))
    dials = ("rotate", DIAL) if rotate else (DIAL,)
    return _with_measures(sweep.compressed(found.member), found, dials, seed)


def _nearest(measures: Sequence[Measures], accuracy: float) -> Measures:
    """The member with the least loss, of those of which enough is right if there are any."""
    return min(measures, key=lambda m: (m.diverged, not m.accuracy >= accuracy, m.loss))


def _rotated(sweep: Sweep[Model], best: Measures, seed: int) -> Sweep[Model]:
    """One member alone, in another basis of its stream, and measured there."""
    import torch

    from rasplab.lab.compression.measures import measured, tolerance

    row = sweep.theta[sweep.members.index(best.member)][None]
    maps, _ = sweep.parameters.split(row)
    turn = torch.tensor(orthogonal(best.member.width, randomness(seed, "rotate"))).to(maps)
    row = sweep.parameters.join(turn @ maps)
    circuit, within = sweep.model.weights.circuit, tolerance(sweep.objective)
    after = measured(sweep.objective, circuit, sweep.parameters, row, best.member, within)
    after = replace(after, pruned=best.pruned)
    return replace(sweep, members=(best.member,), theta=row, measures=(after,))


def _with_measures(model: Model, found: Measures, dials: tuple[str, ...], seed: int) -> Model:
    """The model with what was measured of it in its certificate, and what was done to it."""
    circuit = model.weights.circuit
    measured = (("accuracy", found.accuracy), ("cosine of what is written", found.cosine))
    certificate = replace(circuit.certificate, measurements=measured)
    before = circuit.disguise or Disguise((), 0.0, 1.0, seed)
    if before.seed != seed:  # which is that of the dials before it
        dials = tuple(f"{dial} (seed {seed})" for dial in dials)
    done = replace(before, dials=(*before.dials, *dials))
    circuit = replace(circuit, certificate=certificate, disguise=done)
    return replace(model, weights=replace(model.weights, circuit=circuit))


def _check_fits(model: object) -> None:
    """Refuse what is no compiled model, and a disguise that maps cannot follow (E460).

    Norms and smooth units are left to `compress`, which has a reason of its own (E801).
    """
    weights = getattr(model, "weights", None)
    if (
        not isinstance(weights, ModelWeights)
        or weights.circuit.disguise is None
        or weights.circuit.certificate.measured
    ):
        fit(model)
        return
    if weights.plain or weights.config != weights.config.bare:
        return
    raise InputError(
        diagnostic(
            "E460",
            "the stream of this model is rotated, and cannot be squeezed",
            notes=["maps into fewer dimensions would take the rotation away again"],
            help="disguise it with `rotate=False`, then `superposed(..., rotate=True)`",
        )
    )


def _check_rotate(given: object) -> None:
    if not isinstance(given, bool):
        why = f"`rotate` must be True or False, not {shown(given)}"
        raise InputError(diagnostic("E463", why, help="leave it out for False"))


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
