"""What a trace shows, step by step: who computed which variable, from what, and by which selector.

The text, the notebook's picture and the JSON of a trace are made of these steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Place
from rasplab.display import brief, shorten
from rasplab.weights.architecture import EMBED, Site
from rasplab.weights.artefact import Component, ModelWeights, VariablePlace
from rasplab.weights.reading import OneOf, Raw, Read, Reading
from rasplab.weights.values_json import to_json

if TYPE_CHECKING:
    from rasplab.weights.trace import Trace

Array: TypeAlias = "NDArray[np.floating]"
Grid: TypeAlias = "tuple[tuple[int, ...], ...]"

UNEVEN = 0.005
"""How far attention may be from an even share of what is selected before it is shown itself."""

DOING = {
    "move": "fetches a value",
    "mean": "averages",
    "sum": "adds up",
    "steps": "steps along a number line",
    "products": "looks up combinations",
}


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the user's program."""

    place: str
    text: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TraceStep:
    """One variable: the part of the network that computed it, and its value at every position.

    `part` is such as `"layer 0, head 1"`, `selector` (query × key, BOS left out) 1 where a head
    selects, `attention` the pattern in its place where that is no even share of what is selected.
    """

    site: Site
    part: str
    doing: str
    variable: str
    expression: str
    reads: tuple[str, ...]
    source: SourceLine | None
    reading: Reading
    selector: Grid | None = None
    attention: tuple[tuple[float, ...], ...] | None = None

    def __repr__(self) -> str:
        return brief(self)

    def data(self) -> dict[str, object]:
        """As JSON holds it."""
        source = self.source
        return {
            "site": str(self.site),
            "part": self.part,
            "does": self.doing,
            "variable": self.variable,
            "expression": self.expression,
            "reads": list(self.reads),
            "source": None if source is None else {"place": source.place, "line": source.text},
            "values": [read_json(read) for read in self.reading.values],
            "selector": None if self.selector is None else [list(row) for row in self.selector],
            "attention": None if self.attention is None else [list(row) for row in self.attention],
        }


def read_json(read: Read) -> object:
    """What was read as JSON: a value, `{"one_of": …}`, or `{"coordinates": …}` of no value."""
    match read:
        case OneOf():
            return {"one_of": [to_json(value) for value in read.values]}
        case Raw():
            return {"coordinates": list(read.coordinates)}
        case _:
            return to_json(read)


def steps_of(trace: Trace) -> tuple[TraceStep, ...]:
    """The variables in the order in which they are written; a head's or an MLP's by its number."""
    circuit = trace.weights.circuit
    by_variable = {c.variable: c for c in circuit.components}
    found: list[TraceStep] = []
    for site in trace.weights.config.architecture.sites:
        written = [v for v in circuit.variables if v.written == site and not v.marks_bos]
        written.sort(key=lambda v: _number(by_variable.get(v.name)))
        found += [_step(trace, place, by_variable.get(place.name)) for place in written]
    return tuple(found)


def embedded_from(weights: ModelWeights, place: VariablePlace) -> str:
    """Of which embedding an embedded variable is: of the token, or of the position."""
    token, position = (
        np.linalg.norm(weights.frame(EMBED).read(weights.arrays[name], place))
        for name in ("embed.W_E", "pos_embed.W_pos")
    )
    return "token" if token > position else "position"


def _number(component: Component | None) -> int:
    return -1 if component is None else component.start


def _step(trace: Trace, place: VariablePlace, c: Component | None) -> TraceStep:
    reading = trace.variable(place.name)
    if c is None or place.written == EMBED:
        if place.written == EMBED:
            part, doing = "embedding", f"looks up each {embedded_from(trace.weights, place)}"
        else:  # a model file may leave out what writes it
            part, doing = f"layer {place.written.layer}, {place.written.half}", "writes"
        source = _source(trace, place.name, ())
        return TraceStep(
            place.written, part, doing, place.name, place.expression, (), source, reading
        )
    known = (
        c.kind == "head" and c.construction
    )  # of a sealed model it is not known what is selected
    selector, attention = _selection(trace, place.written, c) if known else (None, None)
    return TraceStep(
        site=place.written,
        part=f"layer {place.written.layer}, {_part(c)}",
        doing=DOING.get(c.construction, c.construction),
        variable=place.name,
        expression=c.expression,
        reads=c.reads,
        source=_source(trace, place.name, c.places),
        reading=reading,
        selector=selector,
        attention=attention,
    )


def _part(c: Component) -> str:
    if c.kind == "head":
        return f"head {c.start}"
    return f"MLP unit{f's {c.start}-{c.stop - 1}' if c.stop > c.start + 1 else f' {c.start}'}"


def _source(trace: Trace, variable: str, places: tuple[Place, ...]) -> SourceLine | None:
    """The line as it was compiled, where that is known; of a loaded model, where it stood."""
    span = trace.spans.get(variable)
    if span is not None:
        return SourceLine(Place(span.file, span.line).within(0), shorten(span.text(), 200))
    return SourceLine(places[0].within(0), "") if places else None


def _selection(
    trace: Trace, site: Site, c: Component
) -> tuple[Grid, tuple[tuple[float, ...], ...] | None]:
    """The selector of a head, and its pattern where that is no even share of what is selected.

    A head that adds up scales what it reads so that each selected key counts once, beside a BOS
    that is much heavier. Elsewhere the selected keys share the largest weight, and BOS has it
    where nothing is selected.
    """
    step = trace.weights.config.architecture.step(site)
    pattern = np.asarray(trace.attention(step.layer, c.start).array, np.float64)[1:]
    bos, keys = pattern[:, :1], pattern[:, 1:]
    if c.construction == "sum":
        weights = trace.weights.undisguised
        out = weights.arrays[step.writing][c.start]
        # the one factor by which what is selected counts 1: every direction is written with it
        scale = float(weights.frame(step.site).named(out).max(initial=0.0))
        return _bits(keys * scale > bos / 2), None
    chosen = keys > pattern.max(axis=1, keepdims=True) / 2
    shares = chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1)
    even = float(np.abs(keys - shares).max(initial=0.0)) <= UNEVEN
    return _bits(chosen), None if even else tuple(tuple(map(float, row)) for row in keys)


def _bits(chosen: NDArray[np.bool_]) -> Grid:
    return tuple(tuple(map(int, row)) for row in chosen.tolist())
