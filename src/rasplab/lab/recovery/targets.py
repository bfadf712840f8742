"""What can be probed for: the variables of a model, and what it has no directions for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.lab.circuits.data import Inputs
from rasplab.lab.recovery.site_features import NO_LENGTH
from rasplab.rasp import aggregate, indices, select, selector_width, shift, tokens
from rasplab.rasp.expressions import SOp
from rasplab.rasp.values import Value, identity, is_number
from rasplab.weights.architecture import Site
from rasplab.weights.artefact import ModelWeights, VariablePlace
from rasplab.weights.coordinates import values_at
from rasplab.weights.reading import tolerance
from rasplab.weights.streams import streams

Key: TypeAlias = "tuple[Value, ...]"

NUMBERS_FROM = 12
"""What has more values than this, all of them numbers, is probed for as a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A variable with its value at every token position of the data: its class, or its number.

    `place` is none for what the model has no directions for.
    """

    name: str
    classes: NDArray[np.intp]
    numbers: NDArray[np.float64] | None = None
    place: VariablePlace | None = None


def target_of(name: str, keys: Sequence[Key], place: VariablePlace | None = None) -> Target:
    """A target by the value (or the values that share a direction) at every position."""
    known: dict[object, int] = {}
    classes = [known.setdefault(tuple(map(identity, key)), len(known)) for key in keys]
    numbers = None
    scalar = place is not None and place.encoding.kind == "number"
    if (scalar or len(known) > NUMBERS_FROM) and all(
        len(key) == 1 and is_number(key[0]) for key in keys
    ):
        numbers = np.array([float(key[0]) for key in keys], np.float64)  # pyright: ignore[reportArgumentType]
    return Target(name, np.array(classes, np.intp), numbers, place)


def variables_of(weights: ModelWeights, inputs: Inputs) -> list[Target]:
    """Every variable of the model with what it holds where it is written, one place for each."""
    circuit, keys = weights.circuit, dict[str, list[Key]]()
    places = {place.name: place for place in circuit.variables if not place.marks_bos}
    for ids in inputs.clean:
        run = streams(weights, ids)
        for name, place in places.items():
            rows = run.variable(place)[:, 1:]
            within = tolerance(circuit, place)
            keys.setdefault(name, []).extend(
                values_at(circuit, place, row, within) for row in rows.reshape(-1, rows.shape[-1])
            )
    return [target_of(name, keys[name], place) for name, place in places.items()]


def read_expressions(given: object) -> dict[str, SOp]:
    """Expressions by their names.

    Raises:
        InputError: E475 for what is not that.
    """
    if not isinstance(given, Mapping):
        why = f"`others` is a mapping of names to expressions, not {shown(given)}"
        raise InputError(diagnostic("E475", why, help='write `others={"name": expression}`'))
    for name, expression in cast("Mapping[object, object]", given).items():
        if not isinstance(name, str) or not isinstance(expression, SOp):
            why = f"`others` has {shown(expression)} under {shown(name)}"
            help = "give expressions that have a value at each position, by names that are strings"
            raise InputError(diagnostic("E475", why, help=help))
    return dict(cast("Mapping[str, SOp]", given))


def evaluated(
    expressions: Mapping[str, SOp], weights: ModelWeights, inputs: Inputs
) -> list[Target]:
    """Expressions with what the evaluator gives for them on the data."""
    config = weights.config
    sequences = [config.tokens_of(row) for ids in inputs.clean for row in ids.tolist()]
    found = list[Target]()
    for name, expression in expressions.items():
        values = [v for tokens_ in sequences for v in expression(tokens_, causal=config.causal)]
        found.append(target_of(name, [(value,) for value in values]))
    return found


def everyday_expressions() -> dict[str, SOp]:
    """What one might look for in any model, whether or not it is there."""
    first = aggregate(select(indices, 0, "=="), tokens)
    before = select(indices, indices, "<=")
    same = select(tokens, tokens, "==")
    return {
        "previous token": shift(tokens, 1),
        "first token": first,
        "equals the first token": tokens == first,
        "odd position": indices % 2 == 1,
        "occurrences so far": selector_width(same & before),
        "occurs again": selector_width(same) > 1,
    }


def other_than(known: Iterable[Target], candidates: Iterable[Target]) -> list[Target]:
    """The candidates that tell positions apart otherwise than every known variable does."""
    seen = [target.classes for target in known]
    return [
        t for t in candidates if not any(_same_partition(t.classes, classes) for classes in seen)
    ]


def _same_partition(a: NDArray[np.intp], b: NDArray[np.intp]) -> bool:
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len(pairs) == len(set(a.tolist())) == len(set(b.tolist()))


def read_after(weights: ModelWeights, place: VariablePlace, site: Site) -> bool:
    """Whether anything that is still to read the stream at a site has a weight on a variable."""
    if not place.lives_at(site):
        return False
    architecture, arrays = weights.config.architecture, weights.arrays
    readers = [(architecture.last, "unembed.W_U")]
    for step in architecture.steps:
        readers += [(architecture.read_by(step), name) for name in step.reading]
    return any(
        place.lives_at(at) and _reads(weights.frame(at).maps.write[place.columns], arrays[name])
        for at, name in readers
        if site <= at
    )


def _reads(rows: NDArray[np.floating], matrix: NDArray[np.floating]) -> bool:
    size = float(np.abs(rows).max(initial=0.0)) * float(np.abs(matrix).max(initial=0.0))
    return bool(np.abs(rows @ matrix).max(initial=0.0) > NO_LENGTH * size)
