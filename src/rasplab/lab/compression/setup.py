"""From a model and options to a sweep: everything is checked first, then all members trained."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeAlias

import torch

from rasplab.diagnostics import InputError
from rasplab.lab.compression import checkpoint
from rasplab.lab.compression.checks import (
    check_device,
    check_inputs,
    check_model,
    check_names,
    check_numbers,
    checkpoint_seconds,
    members_of,
    nothing_to_compress,
)
from rasplab.lab.compression.compressible import M, M_co
from rasplab.lab.compression.directory import no_sweep_in
from rasplab.lab.compression.domain import Domain, domain
from rasplab.lab.compression.maps import Member, Parameters, Sharing
from rasplab.lab.compression.measures import measure
from rasplab.lab.compression.objective import Objective, objective
from rasplab.lab.compression.recipes import Recipe, read_recipe, settings
from rasplab.lab.compression.sweep import Sweep
from rasplab.lab.compression.training import Training
from rasplab.weights.directory import check_parent

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of steps that are done, and of all."""


@dataclass(frozen=True, slots=True, eq=False)
class Setup(Generic[M_co]):
    """A sweep that can be trained: nothing is wrong with what was asked for.

    `save_every` is the time between checkpoints in seconds.
    """

    model: M_co
    inputs: Domain
    objective: Objective
    parameters: Parameters
    members: tuple[Member, ...]
    recipe: Recipe
    threads: int
    save_every: float

    def train(
        self, directory: str | Path | None = None, progress: Progress | None = None
    ) -> Sweep[M_co]:
        """Train and measure all members.

        A checkpoint is kept in the directory; a training whose checkpoint lies there goes on.

        Raises:
            InputError: E802 for a checkpoint of another sweep, E803 for a directory that cannot be.
        """
        used = self.settings()
        home = None if directory is None else Path(directory)
        if home is not None:
            try:
                check_parent(home)
                home.mkdir(exist_ok=True)
            except OSError as problem:
                raise InputError(no_sweep_in(home, problem)) from problem
        with _workers(self.threads) as workers:
            teacher = replace(self.objective, workers=workers)
            training = self.recipe.begin(teacher, self.parameters, self.members)
            seconds = _train(training, home, used, self.save_every, progress)
        measures = measure(self.objective, self.model.weights.circuit, training)
        return Sweep(
            self.model,
            self.inputs,
            self.objective,
            self.parameters,
            self.members,
            training.theta,
            measures,
            used,
            seconds,
        )

    def settings(self) -> dict[str, object]:
        """What decides the result, as data: two sweeps with the same are the same."""
        weights, digest = self.model.weights, hashlib.sha256()
        digest.update(repr(weights.config).encode())
        for name, array in weights.arrays.items():
            digest.update(name.encode() + array.tobytes())
        digest.update(self.inputs.ids.tobytes())
        return {
            "program": weights.circuit.program,
            "model_and_inputs": digest.hexdigest(),
            "inputs": len(self.inputs),
            "all_inputs": self.inputs.complete,
            "d_model": weights.config.d_model,
            "widths": sorted({m.width for m in self.members}),
            "seeds": 1 + max(m.seed for m in self.members),
            "sharing": self.parameters.sharing,
            "train_weights": self.parameters.weights,
            **settings(self.recipe),
        }


def set_up(
    model: M,
    widths: Iterable[int],
    seeds: int = 10,
    *,
    recipe: Recipe | str = "fast",
    sharing: Sharing = "shared",
    train_weights: bool = False,
    inputs: Domain | None = None,
    device: str = "cpu",
    threads: int | None = None,
    first: int = 0,
) -> Setup[M]:
    """Check what `compress` is asked for, which see; `first` is the first of the seeds."""
    chosen = read_recipe(recipe)
    threads = torch.get_num_threads() if threads is None else threads
    check_numbers(chosen, seeds=seeds, threads=threads)
    check_names(chosen, sharing=sharing)
    check_device(device)
    check_model(model.weights)
    members = members_of(model.weights, widths, range(first, first + seeds))
    config = model.weights.config
    inputs = domain(config) if inputs is None else inputs
    check_inputs(config, inputs)
    dtype = torch.float64 if config.dtype == "float64" else torch.float32
    teacher = objective(model.weights, inputs, dtype=dtype, device=device)
    if not teacher.network.sublayers:
        raise InputError(nothing_to_compress(model.weights))
    width = max(m.width for m in members)
    parameters = Parameters(teacher.network, sharing, width, train_weights)
    return Setup(model, inputs, teacher, parameters, members, chosen, threads, checkpoint_seconds())


def compress(
    model: M,
    widths: Iterable[int],
    seeds: int = 10,
    *,
    recipe: Recipe | str = "fast",
    sharing: Sharing = "shared",
    train_weights: bool = False,
    inputs: Domain | None = None,
    device: str = "cpu",
    threads: int | None = None,
    directory: str | Path | None = None,
    progress: Progress | None = None,
) -> Sweep[M]:
    """Compress a model's residual stream to each width, from as many starts as there are seeds.

    Args:
        model: any compiled model that is not compressed yet. One that was compiled for float64 is
            compressed in float64, others in float32.
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
            another sweep, E804 a number or a name that makes no sense.

    >>> import rasplab
    >>> from rasplab.lab.compression import FastRecipe, compress
    >>> program, vocab = rasplab.programs.get("frac_prevs").at(2, 2)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=2)
    >>> brief = FastRecipe(steps=1, beam=1, finish=9)
    >>> sweep = compress(model, [model.config.d_model], 1, recipe=brief)
    >>> round(sweep.measures[0].accuracy, 2)
    1.0
    """
    prepared = set_up(
        model,
        widths,
        seeds,
        recipe=recipe,
        sharing=sharing,
        train_weights=train_weights,
        inputs=inputs,
        device=device,
        threads=threads,
    )
    return prepared.train(directory, progress)


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
    used: dict[str, object],
    save_every: float,
    progress: Progress | None,
) -> float:
    """Train to the end, from the checkpoint if there is one; seconds in all."""
    path = directory / checkpoint.NAME if directory is not None else None
    state = checkpoint.load(path, used) if path is not None else None
    before = 0.0
    if state is not None:
        training.restore(state)
        before = float(state["seconds"])
    started = saved = time.monotonic()

    def seconds() -> float:
        return before + time.monotonic() - started

    def save() -> None:
        if path is not None:
            spent = torch.tensor(seconds(), dtype=torch.float64)
            checkpoint.save(path, {**training.state(), "seconds": spent}, used)

    if training.done:
        return before
    whole = True
    try:
        while not training.done:
            whole = False
            training.advance()
            whole = True
            if progress is not None:
                progress(training.step, training.steps)
            if time.monotonic() - saved >= save_every:
                save()
                saved = time.monotonic()
    finally:  # a step that was interrupted may have changed a part of the state only
        if whole:
            save()
    return seconds()
