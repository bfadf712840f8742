"""The lines of a plan: what every component of a model computes, reads and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rasplab.rasp.structure import bare, parts_of, replaced, text_of
from rasplab.rasp.values import Value
from rasplab.weights import EMBED, Component, ModelWeights, VariablePlace
from rasplab.weights.trace_steps import DOING, embedded_from


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan.

    `kind` says what computes it, as the blocks of a circuit do: `embed`, `pos_embed`, `head`,
    `units` or `output`; it is empty for what no part of a model computes.
    """

    half: str
    layer: int | None
    name: str
    text: str
    detail: str
    reads: tuple[str, ...]
    writes: str | None
    kind: str = ""


def rows_of(weights: ModelWeights) -> tuple[Row, ...]:
    """Every line of the plan: embedded variables, components in order, the output."""
    circuit = weights.circuit
    embedded = [v for v in circuit.variables if v.written == EMBED and not v.marks_bos]
    places = {v.name: v for v in circuit.variables}
    components = sorted(circuit.components, key=lambda c: c.order)
    return (
        *(_embedded(weights, v) for v in embedded),
        *(_component(c, _in_terms_of(c, components), places) for c in components),
        _output(weights),
    )


def read_by_output(weights: ModelWeights) -> tuple[str, ...]:
    """The variables that the read-out uses; where directions share, above all."""
    weights = weights.undisguised
    maps, least = weights.frame(weights.config.architecture.last).maps, 0.0
    read = maps.write @ weights.arrays["unembed.W_U"]
    places = [v for v in weights.circuit.variables if not v.marks_bos]
    used = [float(np.linalg.norm(read[v.start : v.stop])) for v in places]
    if not weights.plain:
        least = max(used, default=0.0) / 2
    return tuple(v.name for v, size in zip(places, used, strict=True) if size > least)


def _embedded(weights: ModelWeights, place: VariablePlace) -> Row:
    labels = [
        "|".join(map(_shown, d.values)) if d.values else d.role or "its number"
        for d in weights.circuit.directions[place.columns]
    ]
    source = embedded_from(weights, place)
    return Row(
        "embed",
        None,
        place.name,
        " ".join(labels),
        f"from the {source} · {_columns(place)}",
        (),
        place.name,
        "embed" if source == "token" else "pos_embed",
    )


def _in_terms_of(component: Component, others: Sequence[Component]) -> str:
    """The component's expression, with the names of the variables that it reads.

    A variable with a name of its own stands there by it already: whoever else is written as its
    formula is another. Of several with one formula nobody knows which one stands where.
    """
    formulas = Counter(other.expression for other in others)
    parts = parts_of(component.expression)
    for other in sorted(others, key=lambda c: -len(c.expression)):
        alone = formulas[other.expression] == 1
        if alone and not other.is_named and other.variable in component.reads:
            parts = replaced(parts, parts_of(other.expression), other.variable)
    return text_of(bare(parts))


def _component(component: Component, expression: str, places: dict[str, VariablePlace]) -> Row:
    written = places.get(component.variable)
    units = component.stop - component.start
    who = (
        f"head {component.start}"
        if component.kind == "head"
        else f"{units} hidden unit{'s' * (units != 1)}"
    )
    doing = DOING.get(component.construction, component.construction)
    parts = [who, doing] if doing else [who]
    if component.reads:
        parts.append(f"reads {', '.join(component.reads)}")
    if written is not None:
        parts.append(_columns(written))
    return Row(
        "attention" if component.kind == "head" else "MLP",
        component.layer,
        component.variable,
        "" if component.variable == component.expression else f"= {expression}",
        " · ".join(parts),
        component.reads,
        component.variable if written is not None else None,
        "head" if component.kind == "head" else "units",
    )


def _output(weights: ModelWeights) -> Row:
    config = weights.config
    if config.output_values is None:
        text = "a number, or undefined" if config.output_undefined else "a number"
        detail = "read off linearly"
    else:
        text = " ".join(map(_shown, config.output_values))
        detail = "the value with the highest score"
    reads = read_by_output(weights)
    if reads:
        detail += f" · reads {', '.join(reads)}"
    return Row(
        "output",
        None,
        "output",
        text,
        detail,
        reads,
        None,
        "output",
    )


def _columns(place: VariablePlace) -> str:
    if place.stop - place.start == 1:
        return f"writes direction {place.start}"
    return f"writes directions {place.start}–{place.stop - 1}"


def _shown(value: Value) -> str:
    if value is None:
        return "undefined"
    return value if isinstance(value, str) else repr(value)
