"""Linear probes with their controls, and beside them whether the model holds what they find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, counted, diagnostic, shown
from rasplab.display import Table, html
from rasplab.lab.circuits.data import Inputs, read_inputs
from rasplab.lab.recovery.linear import accuracy, explained
from rasplab.lab.recovery.site_features import (
    Array,
    check_threshold,
    read_seed,
    rows_at,
    site_of,
    weights_of,
)
from rasplab.lab.recovery.targets import (
    Target,
    evaluated,
    everyday_expressions,
    other_than,
    read_after,
    read_expressions,
    variables_of,
)
from rasplab.rasp.expressions import SOp
from rasplab.weights.architecture import EMBED, Site
from rasplab.weights.artefact import ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model

Truth: TypeAlias = Literal["read", "held", "absent"]

CONTROLS = 5
"""So many times random values are drawn, of which the mean score is the control."""
DRAWN = 600
"""So many inputs are enough, if none are given."""
TESTED = 0.3
"""The share of the inputs that probes are not fitted on, and marked by."""


@dataclass(frozen=True, slots=True)
class Probe:
    """How well a variable can be read off the stream by a linear probe, and what that is worth.

    `truth` is `"read"` where the variable has directions at the site that something after it reads,
    `"held"` where it has some that nothing reads, and `"absent"` where it has none. `measure` is
    `"accuracy"`, or `"R2"` for numbers; it is the measure of all that follow, on inputs that no
    probe was fitted on:

    - `score`: of the probe;
    - `baseline`: of the commonest value;
    - `control`: of a probe of the same kind for random values, one for each token of the
      vocabulary, drawn as often as the variable has them (Hewitt and Liang, 2019, section 2);
    - `projected`: of a probe that sees as many random directions as the variable has values;
    - `inputs`: of a probe at the embeddings: what the token and its position alone say.
    """

    name: str
    truth: Truth
    measure: str
    score: float
    baseline: float
    control: float
    projected: float
    inputs: float

    @property
    def selectivity(self) -> float:
        """By how much the probe is better at the variable than at random values of tokens."""
        return self.score - self.control


@dataclass(frozen=True, slots=True)
class Probes:
    """Probes at one site, for variables of the model and for others.

    `found` are those whose score is at least the threshold; `constant` the names of what has one
    value at all positions, for which there is nothing to probe.
    """

    site: Site
    threshold: float
    probes: tuple[Probe, ...]
    constant: tuple[str, ...]

    def __getitem__(self, name: str) -> Probe:
        for probe in self.probes:
            if probe.name == name:
                return probe
        raise InputError(self._not_probed(name))

    @property
    def found(self) -> tuple[Probe, ...]:
        """The probes that find what they look for."""
        return tuple(probe for probe in self.probes if probe.score >= self.threshold)

    def counts(self, truth: Truth) -> tuple[int, int]:
        """How many probes with a truth find something, and how many there are."""
        return (
            sum(probe.truth == truth for probe in self.found),
            sum(probe.truth == truth for probe in self.probes),
        )

    def _not_probed(self, name: object) -> Diagnostic:
        if name in self.constant:
            why = f"{shown(name)} has one value at all positions: there is nothing to probe"
        else:
            why = f"nothing was probed that is called {shown(name)}"
        known = ", ".join(probe.name for probe in self.probes) or "none"
        return diagnostic("E475", why, help=f"the probes are {known}")

    def __str__(self) -> str:
        head = ("variable", "truth", *_COLUMNS)
        rows = [head, *((p.name, p.truth, *_numbers(p)) for p in self.probes)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        lines = [
            "  ".join(
                text.ljust(width) if i < 2 else text.rjust(width)
                for i, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        return "\n".join([self._summary(), *(f"  {line.rstrip()}" for line in lines)])

    def __repr__(self) -> str:
        return f"<{self._summary()}>"

    def _summary(self) -> str:
        truths: tuple[Truth, ...] = ("read", "held", "absent")
        counts = [(*self.counts(truth), truth) for truth in truths]
        said = [f"{some} of {all_} {truth}" for some, all_, truth in counts if all_]
        return (
            f"{counted(len(self.probes), 'probe')} at {self.site}, found at {self.threshold:g} "
            f"or more: {', '.join(said)}"
        )

    def _repr_html_(self) -> str:
        rows = [(p.name, p.truth, *_numbers(p)) for p in self.probes]
        return html(self._summary(), Table(("variable", "truth", *_COLUMNS), rows))


_COLUMNS = ("score", "baseline", "control", "selectivity", "projected", "inputs")


def _numbers(probe: Probe) -> tuple[str, ...]:
    marked = f"{probe.score:.2f}" + (" R²" if probe.measure == "R2" else "")
    others = (probe.baseline, probe.control, probe.selectivity, probe.projected, probe.inputs)
    return (marked, *(f"{x:.2f}" for x in others))


def probe(
    model: Model | ModelWeights,
    site: Site | str | None = None,
    *,
    others: Mapping[str, SOp] | None = None,
    data: object = None,
    threshold: float = 0.95,
    seed: int = 0,
) -> Probes:
    """Fit a linear probe for every variable of the model, and for others, at one site.

    A probe that finds a variable shows that it can be computed linearly from the stream, not that
    the model holds it, or uses it: so every probe has controls, and the truth beside it.

    Args:
        model: a model, or its weights.
        site: where to probe, by default the last site.
        others: expressions to look for beside the variables, by name; by default some that one
            might look for in any model. Those that tell positions apart as a variable of the
            model does are left out, as they are that variable.
        data: the inputs, by default 600 at most of those of `model.circuit`.
        threshold: the score from which on a probe counts as having found something.
        seed: of the split of the inputs, of the random values and of the directions.

    Raises:
        InputError: E451 where the model has no such site, or for a threshold that is none; E452
            for too few inputs; E475 for what is no model, no seed, or no expressions by name; E441,
            and E401 to E405, for the data.
        ProgramError: one of the `others` has no value on some input.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(3, 4)
    >>> found = probe(rasplab.compile(program, vocab=vocab, max_length=4), others={})
    >>> [(p.name, p.truth, round(p.score, 3)) for p in found.probes]
    [('tokens', 'held', 1.0), ('hist', 'held', 1.0), ('categorical(hist)', 'read', 1.0)]
    """
    check_threshold(threshold)
    weights, seed = weights_of(model), read_seed(seed)
    at = site_of(weights, site)
    expressions = everyday_expressions() if others is None else read_expressions(others)
    inputs = read_inputs(weights.config, data, seed)
    if data is None:
        inputs = _some(inputs, seed)
    own = variables_of(weights, inputs)
    targets = [*own, *other_than(own, evaluated(expressions, weights, inputs))]
    fitter = _Fitter.of(weights, at, inputs, seed)
    return Probes(
        at,
        threshold,
        tuple(fitter.probe(target) for target in targets if not fitter.constant(target)),
        tuple(target.name for target in targets if fitter.constant(target)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Fitter:
    """The stream at a site and at the embeddings, and which positions are fitted on."""

    weights: ModelWeights
    site: Site
    stream: Array
    embedded: Array
    token: NDArray[np.intp]
    fitted: NDArray[np.bool_]
    seed: int

    @staticmethod
    def of(weights: ModelWeights, site: Site, inputs: Inputs, seed: int) -> _Fitter:
        """Split the inputs, all positions of one together.

        Raises:
            InputError: E452.
        """
        if inputs.count < 10:
            raise InputError(
                diagnostic(
                    "E452",
                    f"{counted(inputs.count, 'input')} cannot be split for probes",
                    help="give ten inputs or more; a few hundred make scores that mean something",
                )
            )
        kept = np.random.default_rng(seed).permutation(inputs.count) >= TESTED * inputs.count
        sizes = [ids.shape[1] - 1 for ids in inputs.clean for _ in range(len(ids))]
        return _Fitter(
            weights,
            site,
            rows_at(weights, site, inputs),
            rows_at(weights, EMBED, inputs),
            np.concatenate([ids[:, 1:].ravel() for ids in inputs.clean]),
            np.repeat(kept, sizes),
            seed,
        )

    def constant(self, target: Target) -> bool:
        """Whether there is nothing to tell apart among what is fitted on."""
        return len(set(target.classes[self.fitted].tolist())) < 2

    def probe(self, target: Target) -> Probe:
        """The probe of a target, with its controls."""
        draw = np.random.default_rng([self.seed, *target.name.encode()])
        width = int(target.classes.max()) + 1 if target.numbers is None else 1
        directions = draw.standard_normal((self.stream.shape[1], width))
        return Probe(
            target.name,
            self._truth(target),
            "accuracy" if target.numbers is None else "R2",
            self._score(self.stream, target),
            self._baseline(target),
            fmean(self._score(self.stream, self._control(target, draw)) for _ in range(CONTROLS)),
            self._score(self.stream @ directions, target),
            self._score(self.embedded, target),
        )

    def _truth(self, target: Target) -> Truth:
        if target.place is None or not target.place.lives_at(self.site):
            return "absent"
        return "read" if read_after(self.weights, target.place, self.site) else "held"

    def _score(self, rows: Array, target: Target) -> float:
        a, b = self.fitted, ~self.fitted
        if target.numbers is not None:
            return explained(rows[a], target.numbers[a], rows[b], target.numbers[b])
        return accuracy(rows[a], target.classes[a], rows[b], target.classes[b])

    def _baseline(self, target: Target) -> float:
        if target.numbers is not None:
            return 0.0
        commonest = np.bincount(target.classes[self.fitted]).argmax()
        return float((target.classes[~self.fitted] == commonest).mean())

    def _control(self, target: Target, draw: np.random.Generator) -> Target:
        """A random value for every token, drawn as often as the variable has it."""
        chosen = draw.integers(len(self.token), size=int(self.token.max()) + 1)
        at = chosen[self.token]
        numbers = None if target.numbers is None else target.numbers[at]
        return Target(target.name, target.classes[at], numbers)


def _some(inputs: Inputs, seed: int) -> Inputs:
    """Inputs of every length, some drawn where there are many."""
    kept = np.random.default_rng(seed).permutation(inputs.count) < DRAWN
    parts = np.split(kept, np.cumsum([len(ids) for ids in inputs.clean])[:-1])
    chosen = [ids[part] for ids, part in zip(inputs.clean, parts, strict=True) if part.any()]
    return Inputs(tuple(chosen), None, inputs.every and bool(kept.all()))
