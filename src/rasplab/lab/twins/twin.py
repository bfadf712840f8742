"""Twins: trained, measured, and each of them a model like others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from rasplab.craft.certificate import measured
from rasplab.diagnostics import counted, places_text
from rasplab.display import Table, html
from rasplab.lab.twins import checks
from rasplab.lab.twins.alignment import Alignment, Part, align
from rasplab.lab.twins.examples import Examples, examples_of, outputs_of, scored
from rasplab.lab.twins.measures import Measures, measure
from rasplab.lab.twins.shape import Layout, Shape, config_of
from rasplab.lab.twins.training import Course, Descent, Objective, Progress, Recipe
from rasplab.runtime import Transformer, build
from rasplab.weights import EMBED, Basis, Component, Manifest, ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Twins:
    """The twins of a compiled model, one of every seed, and what was measured of each.

    `theta` (M × parameters) holds what was trained, and `course` how that went. Twins that were not
    `aligned` learned the outputs alone: the control, of which the alignment need not be true.
    """

    compiled: Model
    alignment: Alignment
    aligned: bool
    layout: Layout
    theta: Tensor
    within: float
    measures: tuple[Measures, ...]
    examples: Examples
    course: Course

    @property
    def steps(self) -> int:
        """After how many steps the training ended."""
        return self.course.steps[-1]

    def __len__(self) -> int:
        return len(self.measures)

    @property
    def best(self) -> Model:
        """The twin with the greatest accuracy, interchanges counted as much as plain runs."""
        return self.model(max(self.measures, key=lambda m: m.accuracy + m.iia).seed)

    def model(self, seed: int = 0) -> Model:
        """The twin of a seed as a model: it runs, saves, exports, and has circuits.

        Its certificate is not exact and has what was measured; its manifest names no directions,
        and as components the parts of the alignment, if it was trained for one.

        Raises:
            InputError: E467 for a seed of which none was trained.
        """
        if seed not in range(len(self)):
            raise checks.no_seed(seed, len(self))
        weights = self._weights(seed)
        weights.verify()
        return replace(self.compiled, weights=weights, compilation=None)

    def _weights(self, seed: int) -> ModelWeights:
        config = self.layout.config
        arrays = self.layout.arrays(self.theta[seed][None].detach())
        empty = np.zeros((0, config.d_model), np.float32)
        return ModelWeights(
            config,
            {name: np.ascontiguousarray(array[0].numpy()) for name, array in arrays.items()},
            self._circuit(seed),
            {EMBED: Basis(empty, np.ascontiguousarray(empty.T))},
        )

    def _circuit(self, seed: int) -> Manifest:
        config, parts = self.layout.config, self.alignment.circuit if self.aligned else ()
        certificate = measured(config.dtype, self.within, numerical=config.numerical)
        return Manifest(
            program=self.compiled.manifest.program,
            directions=(),
            components=tuple(_components(parts, self.compiled.manifest, config.d_mlp)),
            variables=(),
            certificate=replace(certificate, measurements=self.measures[seed].named),
            optimize=self.compiled.manifest.optimize,
            inputs=self.compiled.manifest.inputs,
        )

    def __str__(self) -> str:
        how = "" if self.aligned else ", which learned its outputs alone"
        title = f"{counted(len(self), 'twin')} of {self.compiled.name}{how}: {self.alignment}"
        return "\n".join([title, *(f"  {m}" for m in self.measures)])

    def __repr__(self) -> str:
        kind = "twin" if self.aligned else "unaligned twin"
        accuracy = max(m.accuracy for m in self.measures)
        iia = max(m.iia for m in self.measures)
        return (
            f"<{counted(len(self), kind)} of {self.compiled.name}: accuracy up to {accuracy:.2%}, "
            f"interchange accuracy up to {iia:.2%}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            (m.seed, *(f"{x:.2%}" for x in (m.accuracy, m.iia, m.iia_changed, m.strict)))
            for m in self.measures
        ]
        columns = ("seed", "accuracy", "interchange", "where changed", "strict")
        return html(repr(self)[1:-1], Table(columns, rows))


def train_twins(
    model: Model,
    seeds: int = 1,
    *,
    aligned: bool = True,
    shape: Shape | None = None,
    recipe: Recipe | None = None,
    held_out: float = 0.2,
    seed: int = 0,
    progress: Progress | None = None,
) -> Twins:
    """Transformers trained by gradient descent to have a compiled model's circuit.

    A twin starts from random weights, has the compiled model's inputs, outputs and masking, and a
    shape of its own. Each head and each MLP of the circuit is aligned with the twin's of the same
    place; the twin learns to give the same outputs (behaviour), the same outputs while an aligned
    part writes what it writes on another input (interchange), and unchanged ones while any other
    part does (strict). Nothing is proved of it: `measures` say what was found on held-out inputs.

    Args:
        model: as it was compiled.
        seeds: how many twins are trained, in one batch; their first weights are of seeds 0, 1, ….
        aligned: whether they learn interchanges at all; without, they are a control.
        shape: of the twins; by default 4 heads or more a layer and 32 dimensions.
        recipe: how they are trained.
        held_out: the share of inputs that is measured on, and not learned from.
        seed: of what is held out, and of the batches.
        progress: called with the number of steps that are done, and of all.

    Raises:
        InputError: E466 for a model that has no circuit to be aligned with, E467 for numbers that
            make no sense, or a shape without some part of the circuit.

    Source: Gupta, Arcuschin, Kwa and Garriga-Alonso, InterpBench (NeurIPS 2024, arXiv 2407.14494).

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("contains").at(2, 3)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=3)
    >>> twins = train_twins(model, 2, recipe=Recipe(steps=2), shape=Shape(d_model=8))
    >>> print(twins.alignment)
    circuit a0.h0; beside it a0.h1, a0.h2, a0.h3, m0
    >>> twins.model(1).certificate.exact
    False
    """
    recipe = Recipe() if recipe is None else recipe
    shape = Shape() if shape is None else shape
    checks.check_kinds(recipe, shape, aligned)
    checks.check_numbers(recipe, shape, seeds=seeds, held_out=held_out, seed=seed)
    checks.check_model(model)
    config = config_of(model.config, shape)
    checks.check_size(config, seeds)
    checks.check_shape(model, config)
    if not aligned:
        recipe = replace(recipe, interchange=0.0, strict=0.0)
    examples = examples_of(model, held_out, seed)
    if not len(examples.train):
        raise checks.too_few(len(examples.held_out))
    objective = _objective(model, Transformer(config, fused=False), examples)
    layout = Layout(config)
    draw = torch.Generator().manual_seed(seed)
    descent = Descent(recipe, objective, layout, layout.drawn(range(seeds)), draw)
    course = descent.run(examples.train, progress)
    return Twins(
        model,
        objective.alignment,
        aligned,
        layout,
        descent.theta,
        objective.compare.within,
        measure(objective, layout.arrays(descent.theta), examples.held_out, seed),
        examples,
        course,
    )


def _objective(model: Model, twin: Transformer, examples: Examples) -> Objective:
    compiled = build(model.weights)
    with torch.no_grad():
        out = torch.cat([compiled(ids).float() for ids in torch.split(examples.train, 4096)])
    compare = outputs_of(model, out, scored(examples.train))
    return Objective(compiled, twin, align(model, twin.config), compare)


def _components(parts: Iterable[Part], compiled: Manifest, units: int) -> Iterator[Component]:
    """What each part of the circuit implements, as the compiled model's manifest says."""
    for part in parts:
        kind = "mlp" if part.head is None else "head"
        own = [
            c
            for c in compiled.components
            if (c.layer, c.kind) == (part.layer, kind) and part.head in (None, c.start)
        ]
        yield Component(
            layer=part.layer,
            kind=kind,
            start=part.head or 0,
            stop=units if part.head is None else part.head + 1,
            variable=", ".join(dict.fromkeys(c.variable for c in own)),
            expression="; ".join(dict.fromkeys(c.expression for c in own)),
            place=places_text(dict.fromkeys(place for c in own for place in c.places)),
            reads=(),
            construction="trained",
            selector=own[0].selector if part.head is not None and own else "",
        )
