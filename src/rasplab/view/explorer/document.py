"""What the page is given: a model, what its parts are called, and the program, as one JSON object.

`explorer/src/core/document.ts` declares the same fields. A changed meaning raises `FORMAT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, cast

from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.export.standard import require_one_basis, require_standard
from rasplab.rasp import naming
from rasplab.rasp.phrases import literal
from rasplab.rasp.values import Value
from rasplab.view import colours
from rasplab.view.explorer.arrays import ArrayData, pack
from rasplab.view.explorer.circuits import Choice, CircuitView, chosen, circuit_views
from rasplab.view.explorer.expressions import Expression, Linked, expressions_of
from rasplab.view.explorer.source import SourceText, read_sources
from rasplab.view.plan_drawing import lanes_of
from rasplab.view.plan_rows import rows_of
from rasplab.weights import EMBED, ModelWeights, encode
from rasplab.weights.artefact import Component
from rasplab.weights.config import FIRST_TOKEN_ID, Config
from rasplab.weights.directions import require_directions
from rasplab.weights.dressing import Lanes, sharpness
from rasplab.weights.manifest import circuit_data, config_data
from rasplab.weights.reading import tolerance
from rasplab.weights.trace import direction_labels
from rasplab.weights.values_json import to_json

if TYPE_CHECKING:
    from rasplab.model import Model

FORMAT = 3

INTEGERS_IN_JAVASCRIPT = 1 << 53
"""Up to here a number of JavaScript tells integers apart."""

_DIGITS = (3, 1, 4, 1, 5)
"""Which tokens the page begins with: unsorted, and one twice."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the vocabulary: its id, and the text that a reader types for it."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """What the page knows of a variable beside its place in the circuit.

    `tolerance` is how far its coordinates may be off; `expression` a number in the list of
    expressions, or -1; `settable` says whether setting it by name means what it says.
    """

    name: str
    colour: str
    tolerance: float
    expression: int
    settable: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the network: what is embedded, a head, a run of hidden units, or the output.

    `site` is the half-layer after which it is there; `component` a number in the circuit, or -1.
    """

    site: str
    half: str
    layer: int | None
    component: int
    name: str
    text: str
    detail: str
    reads: tuple[str, ...]
    writes: str | None
    lane: int


@dataclass(frozen=True, slots=True)
class NormLane:
    """A column of the stream that holds up the norms, which no named direction has a part of."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that a page shows; nothing else goes into it but the program of the page.

    `beside` is a second network for the same inputs, such as the program's at another level.
    Hidden units of a smooth activation read `sharpness` times as much, and write as much less.
    """

    format: int
    name: str
    about: str
    sizes: str
    config: dict[str, object]
    circuit: dict[str, object]
    smallest_margin: float
    vocabulary: tuple[Token, ...]
    labels: tuple[str, ...]
    variables: tuple[Variable, ...]
    steps: tuple[Step, ...]
    expressions: tuple[Expression, ...]
    sources: tuple[SourceText, ...]
    input: tuple[int, ...]
    arrays: dict[str, ArrayData]
    circuits: tuple[CircuitView, ...]
    lanes: tuple[NormLane, ...]
    sharpness: float
    beside: Document | None = None

    def data(self) -> dict[str, object]:
        """As JSON holds it."""
        return cast("dict[str, object]", as_data(self))


def document_of(
    model: Model,
    sequence: Iterable[object] | None = None,
    *,
    name: str | None = None,
    about: str = "",
    circuits: Choice = False,
    beside: Model | None = None,
) -> Document:
    """The document of a model; `sequence` is the input that its page begins with.

    `name` and `about` are its title, by default the program's name, and a sentence below it;
    `circuits` says which ablations are computed, `beside` is a second model for the same inputs.

    Raises:
        InputError: E401 to E405, for a sequence that the model does not take; E440 for circuits
            that the page cannot draw, or a second model for other inputs; E601 for a schedule of
            steps that the page does not go through, or a stream that changes its basis; E468 for a
            model whose directions have no names.
    """
    weights, config = model.weights, model.config
    if beside is not None:
        _require_same_inputs(model, beside)
    require_standard(config.bare, "the page")
    require_one_basis(weights, "the page")
    require_directions(weights, "the page")
    linked = expressions_of(model)
    sources = read_sources(linked.spans)
    circuit = weights.circuit
    short = replace(circuit, components=tuple(map(_without_directory, circuit.components)))
    margin = circuit.certificate.smallest_margin
    arrays = dict(weights.arrays)
    if not weights.plain:
        maps = weights.frame(EMBED).maps
        arrays |= {"basis.write": maps.write, "basis.read": maps.read}
    steps = _steps(weights)
    first = _first_input(model, sequence)
    return Document(
        format=FORMAT,
        name=name or _name(model),
        about=about,
        sizes=_sizes(weights),
        config=config_data(config),
        circuit=circuit_data(short),
        smallest_margin=margin,
        vocabulary=_typed(config.vocabulary),
        labels=direction_labels(circuit.directions),
        variables=_variables(weights, linked),
        steps=steps,
        expressions=tuple(_placed(e, sources) for e in linked.expressions),
        sources=tuple(sources.values()),
        input=first,
        arrays={key: pack(array) for key, array in arrays.items()},
        circuits=circuit_views(model, steps, chosen(circuits)),
        lanes=_norm_lanes(config),
        sharpness=1.0 if config.activation == "relu" else sharpness(config.dtype),
        beside=None
        if beside is None
        else document_of(
            beside,
            config.tokens_of(first),
            name=name or _name(model),
            circuits=circuits,
        ),
    )


def _require_same_inputs(model: Model, other: Model) -> None:
    """Two networks side by side are given one input."""
    ours, theirs = model.config, other.config
    if (ours.vocabulary, ours.n_ctx) != (theirs.vocabulary, theirs.n_ctx):
        raise InputError(
            diagnostic(
                "E440",
                "the two models that the page would show take different inputs",
                notes=[
                    f"{len(ours.vocabulary)} tokens, up to length {ours.max_length}",
                    f"{len(theirs.vocabulary)} tokens, up to length {theirs.max_length}",
                ],
                help="compile both for the same vocabulary and the same length",
            )
        )


def _name(model: Model) -> str:
    if model.program is not None and (named := naming.program_name(model.program)) is not None:
        return named
    last = max(model.manifest.components, key=lambda c: (c.layer, c.kind == "mlp"), default=None)
    return "model" if last is None else last.variable


def _norm_lanes(config: Config) -> tuple[NormLane, ...]:
    """The columns beside the stream, by what stands there."""
    lanes = Lanes(config.norm, config.bare.d_model)
    return tuple(NormLane(name, lanes.width + i) for i, name in enumerate(lanes.names))


def _typed(vocabulary: tuple[Value, ...]) -> tuple[Token, ...]:
    """A different text for each: words without blanks are bare, unless a number looks the same."""
    numbers = {literal(value).text for value in vocabulary if not isinstance(value, str)}
    bare = [
        isinstance(value, str)
        and value not in numbers
        and not any(c.isspace() or c in "'\"\\" for c in value)
        for value in vocabulary
    ]
    texts = [
        str(value) if plain and value != "" else literal(value).text
        for value, plain in zip(vocabulary, bare, strict=True)
    ]
    return tuple(Token(i, text) for i, text in enumerate(texts, FIRST_TOKEN_ID))


def _sizes(weights: ModelWeights) -> str:
    config = weights.config
    heads = sum(c.kind == "head" for c in weights.circuit.components)
    return (
        f"{counted(config.n_layers, 'layer')} · {counted(heads, 'head')} · "
        f"d_model {config.d_model} · d_mlp {config.d_mlp} · "
        f"{'causal' if config.causal else 'bidirectional'} · "
        f"{weights.parameters():,} parameters, {config.dtype}"
    )


def _without_directory(component: Component) -> Component:
    """Whose file it is, is nothing for a page."""
    return replace(component, place=", ".join(place.within(1) for place in component.places))


def _placed(expression: Expression, sources: Mapping[str, SourceText]) -> Expression:
    """With its place in the sources that are shown, if it has one there."""
    place = expression.place
    if place is None or place.file not in sources:
        return replace(expression, place=None)
    return replace(expression, place=replace(place, file=sources[place.file].file))


def _variables(weights: ModelWeights, linked: Linked) -> tuple[Variable, ...]:
    from rasplab.lab.interventions.edits import settable

    circuit = weights.circuit
    can_be_set = set(settable(circuit))
    colour = colours.by_variable(v.name for v in circuit.variables if not v.marks_bos)
    return tuple(
        Variable(
            v.name,
            colour.get(v.name, colours.MUTED),
            tolerance(circuit, v),
            linked.of_variable.get(v.name, -1),
            v.expression in can_be_set,
        )
        for v in circuit.variables
    )


def _steps(weights: ModelWeights) -> tuple[Step, ...]:
    rows = rows_of(weights)
    lanes = lanes_of(rows)
    numbers = {c.variable: i for i, c in enumerate(weights.circuit.components)}
    sites = {v.name: v.written for v in weights.circuit.variables}
    halves = {"attention": "attn", "MLP": "mlp"}
    return tuple(
        Step(
            site=f"{row.layer}.{halves[row.half]}"
            if row.layer is not None
            else ("output" if row.writes is None else str(sites[row.writes])),
            half=row.half,
            layer=row.layer,
            component=-1 if row.layer is None else numbers[row.name],
            name=row.name,
            text=row.text,
            detail=row.detail,
            reads=row.reads,
            writes=row.writes,
            lane=lanes.get(row.writes or "", -1),
        )
        for row in rows
    )


def _first_input(model: Model, sequence: Iterable[object] | None) -> tuple[int, ...]:
    config = model.config
    declared = model.inputs
    if sequence is None and declared is not None and declared.known:
        sequence = max(declared.drawn(len(_DIGITS)), key=len, default=None)
    if sequence is None:
        words = config.vocabulary
        sequence = [words[digit % len(words)] for digit in _DIGITS[: config.max_length]]
    return tuple(encode(config, [sequence])[0, 1:].tolist())


def as_data(content: object) -> object:
    """What dataclasses and values hold, as JSON holds it; the page's `document.ts` reads it."""
    if is_dataclass(content):
        return {f.name: as_data(getattr(content, f.name)) for f in fields(content)}
    if isinstance(content, dict):
        return {key: as_data(part) for key, part in cast("dict[str, object]", content).items()}
    if isinstance(content, tuple | list):
        return [as_data(part) for part in cast("list[object]", content)]
    if isinstance(content, int) and abs(content) > INTEGERS_IN_JAVASCRIPT:
        return {"integer": str(content)}
    if isinstance(content, float) and content in (float("inf"), float("-inf")):
        return {"float": str(content)}
    return to_json(cast("Value", content))
