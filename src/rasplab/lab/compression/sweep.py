"""A sweep: one compiled model, compressed to several widths by several seeds, all at once."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.compression import checkpoint
from rasplab.lab.compression.domain import Domain, domain
from rasplab.lab.compression.fold import fold
from rasplab.lab.compression.maps import Member, Parameters, Sharing
from rasplab.lab.compression.measures import Measures, measure, tolerance
from rasplab.lab.compression.objective import Objective, objective
from rasplab.lab.compression.recipes import FastRecipe, PaperRecipe, Recipe, settings
from rasplab.lab.compression.training import Training
from rasplab.lab.compression.variables import VariableReport, examine
from rasplab.weights import ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of steps that are done, and of all."""

CHECKPOINT = "checkpoint.safetensors"
SAVE_EVERY = 30.0
"""Seconds of training that a kill costs at most; `RASPLAB_CHECKPOINT_SECONDS` sets another time."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The members of a sweep after training, and what was measured of each.

    `theta` (M × parameters) holds what was trained; `seconds` is how long that took, calls that
    were interrupted included.
    """

    model: Model
    inputs: Domain
    objective: Objective
    parameters: Parameters
    members: tuple[Member, ...]
    theta: Tensor
    measures: tuple[Measures, ...]
    settings: dict[str, Any]
    seconds: float

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths, ascending."""
        return tuple(sorted({m.width for m in self.members}))

    def of_width(self, width: int) -> tuple[Measures, ...]:
        """The measures of the members of one width that did not diverge."""
        return tuple(m for m in self.measures if m.member.width == width and not m.diverged)

    def best(self, width: int) -> Member:
        """The member of a width with the least loss."""
        return min(self.of_width(width), key=lambda m: m.loss).member

    def examine(self, member: Member) -> tuple[VariableReport, ...]:
        """What became of every variable in one member."""
        small = self.compressed(member).weights
        within = tolerance(self.objective)
        return examine(self.model.weights, small, self.inputs, within=within)

    def compressed(self, member: Member) -> Model:
        """A member as a model: it runs, traces, saves and exports."""
        row = self.theta[self.members.index(member)]
        within = tolerance(self.objective)
        weights = fold(self.model.weights, self.parameters, row, member, within)
        return replace(self.model, weights=weights, compilation=None)


def compress(
    model: Model,
    widths: Iterable[int],
    seeds: int = 10,
    *,
    recipe: Recipe | str = "fast",
    sharing: Sharing = "shared",
    train_weights: bool = False,
    inputs: Domain | None = None,
    device: str = "cpu",
    threads: int | None = None,
    directory: Path | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Compress a model's residual stream to each width, from as many starts as there are seeds.

    Args:
        model: any compiled model.
        widths: dimensions of the compressed stream, from 1 to the model's own.
        seeds: members per width.
        recipe: "fast", "paper", or a recipe with options of its own.
        sharing: one map for all reads and writes ("shared"), one for reads and one for writes
            ("separate"), or one for every sublayer ("per-layer").
        train_weights: whether the weights of heads and hidden units are trained as well.
        inputs: what to train and measure on; by default every input, or 4096 of them.
        device: where to compute.
        threads: how many groups of members are computed at a time on a CPU; by default as many
            as it has cores. The result does not depend on it.
        directory: where a checkpoint is kept; a training whose checkpoint lies there goes on.
        progress: called after every step.

    Raises:
        InputError: E800 a width that cannot be, E801 nothing to compress, E802 a checkpoint of
            another sweep, E804 a number that makes no sense.

    >>> import rasplab
    >>> from rasplab.lab.compression import FastRecipe, compress
    >>> program, vocab = rasplab.programs.get("frac_prevs").at(2, 2)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=2)
    >>> brief = FastRecipe(steps=1, beam=1, finish=9)
    >>> sweep = compress(model, [model.config.d_model], 1, recipe=brief)
    >>> round(sweep.measures[0].accuracy, 2)
    1.0
    """
    chosen = read_recipe(recipe) if isinstance(recipe, str) else recipe
    threads = torch.get_num_threads() if threads is None else threads
    _check_numbers(chosen, seeds=seeds, threads=threads)
    members = _members(model.weights, tuple(widths), seeds)
    inputs = domain(model.config) if inputs is None else inputs
    teacher = objective(model.weights, inputs, device=device)
    if not teacher.network.sublayers:
        raise InputError(_nothing_to_compress(model))
    width = max(m.width for m in members)
    parameters = Parameters(teacher.network, sharing, width, train_weights)
    used = _settings(model, inputs, members, parameters, chosen)
    with _workers(threads) as workers:
        training = chosen.begin(replace(teacher, workers=workers), parameters, members)
        seconds = _train(training, directory, used, progress)
    return Sweep(
        model,
        inputs,
        teacher,
        parameters,
        members,
        training.theta,
        measure(
            teacher, model.weights.circuit, parameters, training.theta, members, training.alive
        ),
        used,
        seconds,
    )


def read_recipe(name: str) -> Recipe:
    """The recipe of this name, with its usual options.

    Raises:
        InputError: E804 for another name.
    """
    for recipe in (FastRecipe(), PaperRecipe()):
        if recipe.name == name:
            return recipe
    raise InputError(diagnostic("E804", f"there is no recipe {name!r}", help="use fast or paper"))


@contextmanager
def _workers(threads: int) -> Generator[Executor]:
    """Threads that compute members apart, each on one core.

    The matrices of a step are small: shared between threads, each would wait for the other.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads, "rasplab-compress") as workers:
            yield workers
    finally:
        torch.set_num_threads(before)


def _train(
    training: Training,
    directory: Path | None,
    used: dict[str, Any],
    progress: Progress | None,
) -> float:
    """Train to the end, from the checkpoint if there is one; seconds in all."""
    path = directory / CHECKPOINT if directory is not None else None
    state = checkpoint.load(path, used) if path is not None else None
    before = 0.0
    if state is not None:
        training.restore(state)
        before = float(state["seconds"])
    every = float(os.environ.get("RASPLAB_CHECKPOINT_SECONDS", SAVE_EVERY))
    started = saved = time.monotonic()

    def seconds() -> float:
        return before + time.monotonic() - started

    def save() -> None:
        if path is not None:
            spent = torch.tensor(seconds(), dtype=torch.float64)
            checkpoint.save(path, {**training.state(), "seconds": spent}, used)

    if training.done:
        return before
    try:
        while not training.done:
            training.advance()
            if progress is not None:
                progress(training.step, training.steps)
            if time.monotonic() - saved >= every:
                save()
                saved = time.monotonic()
    finally:  # whether it is done or interrupted
        save()
    return seconds()


def _check_numbers(recipe: Recipe, **numbers: int) -> None:
    """Refuse a sweep or a recipe whose numbers make no sense."""
    given = settings(recipe) | numbers
    least = {"seeds": 1, "threads": 1, "steps": 1, "batch": 1, "adjust": 1, "patience": 1}
    least |= {"beam": 0, "finish": 0}
    for name, bound in least.items():
        if name in given and given[name] < bound:
            raise InputError(
                diagnostic("E804", f"`{name}` must be at least {bound}, not {given[name]}")
            )


def _members(weights: ModelWeights, widths: tuple[int, ...], seeds: int) -> tuple[Member, ...]:
    full = weights.config.d_model
    wrong = [w for w in widths if not 1 <= w <= full]
    if wrong or not widths:
        raise InputError(
            diagnostic(
                "E800",
                f"a stream of {full} dimensions cannot be compressed to {wrong[0]}"
                if wrong
                else "there is no width to compress to",
                help=f"give widths from 1 to {full}",
            )
        )
    if len([v for v in weights.circuit.variables if v.name != "bos"]) < 2:
        raise InputError(_nothing_to_share(weights))
    return tuple(Member(w, s) for w in sorted(set(widths)) for s in range(seeds))


def _settings(
    model: Model,
    inputs: Domain,
    members: tuple[Member, ...],
    parameters: Parameters,
    recipe: Recipe,
) -> dict[str, Any]:
    """What decides the result, as data: two sweeps with the same are the same."""
    digest = hashlib.sha256()
    for name, array in model.weights.arrays.items():
        digest.update(name.encode() + array.tobytes())
    digest.update(inputs.ids.tobytes())
    return {
        "program": model.weights.circuit.program,
        "model_and_inputs": digest.hexdigest(),
        "inputs": len(inputs),
        "all_inputs": inputs.complete,
        "d_model": model.config.d_model,
        "widths": sorted({m.width for m in members}),
        "seeds": 1 + max(m.seed for m in members),
        "sharing": parameters.sharing,
        "train_weights": parameters.weights,
        **settings(recipe),
    }


def _nothing_to_share(weights: ModelWeights) -> Any:
    names = [v.name for v in weights.circuit.variables if v.name != "bos"]
    return diagnostic(
        "E801",
        f"there is nothing to compress: only `{names[0]}` lives in the stream"
        if names
        else "there is nothing to compress: no variable lives in the stream",
        notes=["compression lets several variables share directions"],
        help="take a program with more variables, or compile it with `optimize=0`",
    )


def _nothing_to_compress(model: Model) -> Any:
    return diagnostic(
        "E801",
        f"there is nothing to compress: `{model.weights.circuit.program[:60]}` is read off the "
        "embedding",
        notes=["no attention or MLP sublayer writes anything"],
        help="take a program that needs a sublayer, or compile it with `optimize=0`",
    )
