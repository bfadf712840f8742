"""Every activation of one sequence, with named axes, and what the variables hold.

Axes: `position`, `query` and `key` are labelled `"bos"`, 0, 1, … (as `indices` counts), and shown
with their tokens, `"0:a"`; `direction` by variable and value, `"hist:2"`; `head`, `coordinate` (of
a head) and `unit` (of an MLP) by number; `output` by value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, Span
from rasplab.display import html
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value
from rasplab.weights.artefact import ModelWeights, NamedDirection, VariablePlace
from rasplab.weights.codec import decode, encode
from rasplab.weights.forward import Record, forward
from rasplab.weights.named import Label, Named, unknown
from rasplab.weights.positions import BOS_POSITION, position_labels
from rasplab.weights.reading import Reading, read_variable
from rasplab.weights.values_json import to_json

if TYPE_CHECKING:
    from rasplab.weights.trace_steps import TraceStep

_AXES = {
    "hook_embed": ("position", "direction"),
    "hook_resid_pre": ("position", "direction"),
    "hook_resid_mid": ("position", "direction"),
    "hook_resid_post": ("position", "direction"),
    "hook_mlp_out": ("position", "direction"),
    "hook_q": ("head", "query", "coordinate"),
    "hook_k": ("head", "key", "coordinate"),
    "hook_v": ("head", "key", "coordinate"),
    "hook_attn_scores": ("head", "query", "key"),
    "hook_pattern": ("head", "query", "key"),
    "hook_z": ("head", "query", "coordinate"),
    "hook_result": ("head", "query", "direction"),
    "hook_post": ("position", "unit"),
    "hook_scale": ("position", "one"),
    "hook_normalized": ("position", "lane"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The activations of one sequence.

    `residual` is the residual stream (position × direction) at every site: `"embed"`, `"0.attn"`,
    `"0.mlp"`, `"1.attn"`, …; `activations` holds everything by TransformerLens's names; `logits`
    is the read-out (position × output). `spans` are the places in the program from which
    variables were built, where it was compiled here. A trace prints as its `steps`, 80 columns
    wide, and a notebook shows them as tables.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(3, 5)
    >>> traced = rasplab.compile(program, vocab=vocab, max_length=5).trace("aba")
    >>> traced.output
    [2, 1, 2]
    >>> traced.residual["embed"].sel(position=1, direction="tokens:b").item()
    1.0
    >>> traced.attention(0, 0)
    Named(query 4, key 4)
    >>> print(traced.variable("tokens"))
    tokens (embed): a, b, a
    >>> [step.part for step in traced.steps]
    ['embedding', 'layer 0, head 0', 'layer 0, MLP units 0-8']
    >>> traced.steps[1].selector
    ((1, 0, 1), (0, 1, 0), (1, 0, 1))
    """

    weights: ModelWeights
    tokens: tuple[Value, ...]
    output: list[Value]
    residual: dict[str, Named]
    activations: dict[str, Named]
    logits: Named
    spans: Mapping[str, Span] = field(default_factory=dict[str, Span])

    def attention(self, layer: int, head: int) -> Named:
        """The attention pattern of a head (query × key); each row sums to 1."""
        return self._of(f"blocks.{layer}.attn.hook_pattern").sel(head=head)

    def scores(self, layer: int, head: int) -> Named:
        """The scores of a head before the softmax (query × key); -inf where masked."""
        return self._of(f"blocks.{layer}.attn.hook_attn_scores").sel(head=head)

    def hidden(self, layer: int) -> Named:
        """The hidden units of an MLP after the relu (position × unit)."""
        return self._of(f"blocks.{layer}.mlp.hook_post")

    def variable(self, name: str) -> Reading:
        """What a variable holds at every position, read from its directions once written.

        Raises:
            InputError: E417 for a name that is no variable of the model.
        """
        place = self._place(name)
        columns = self.weights.circuit.directions[place.columns]
        stream = self.residual[str(place.written)]
        array = stream.sel(direction=self._labels(columns))
        return read_variable(self.weights.circuit, place, array)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order of the residual stream; BOS is none."""
        return tuple(v.name for v in self.weights.circuit.variables if not v.marks_bos)

    @property
    def steps(self) -> tuple[TraceStep, ...]:
        """The variables in the order in which they are written, and the part that wrote each."""
        from rasplab.weights.trace_steps import steps_of

        return steps_of(self)

    def data(self) -> dict[str, object]:
        """The steps as JSON holds them, between the tokens and the output."""
        return {
            "program": self.weights.circuit.program,
            "tokens": [to_json(token) for token in self.tokens],
            "steps": [step.data() for step in self.steps],
            "output": [to_json(value) for value in self.output],
        }

    def __str__(self) -> str:
        from rasplab.weights.trace_printer import describe

        return describe(self)

    def __repr__(self) -> str:
        return f"<trace of {list(self.tokens)!r} through {self.weights}>"

    def _of(self, name: str) -> Named:
        if name not in self.activations:
            raise InputError(unknown("activation", name, tuple(self.activations)))
        return self.activations[name]

    def _place(self, name: str) -> VariablePlace:
        for place in self.weights.circuit.variables:
            if place.name == name:
                return place
        raise InputError(unknown("variable", name, self.variables))

    def _labels(self, columns: tuple[NamedDirection, ...]) -> tuple[Label, ...]:
        labels = self.residual["embed"].labels["direction"]
        return tuple(labels[column.index] for column in columns)

    def _repr_html_(self) -> str:
        from rasplab.weights.trace_printer import picture

        return html(repr(self)[1:-1], picture=picture(self))


def trace(
    weights: ModelWeights,
    sequence: Iterable[object],
    edit: Record | None = None,
    spans: Mapping[str, Span] | None = None,
) -> Trace:
    """Run one sequence in NumPy and keep every activation, as `edit` left it.

    `spans` are where the variables were built in the program.

    Raises:
        InputError: E401 to E405, for what is not a sequence that the model takes.
    """
    tokens = tuple(read_sequence(sequence))
    kept: dict[str, NDArray[np.floating]] = {}
    ids = encode(weights.config, [tokens])

    def keep(name: str, activation: NDArray[np.floating]) -> NDArray[np.floating]:
        edited = edit(name, activation) if edit is not None else None
        kept[name] = activation if edited is None else edited
        return kept[name]

    out = forward(weights, ids, keep)
    labels, shown = _labels(weights, tokens)

    def named(array: NDArray[np.floating], axes: tuple[str, ...]) -> Named:
        return Named(
            array, axes, {a: labels[a] for a in axes}, {a: shown[a] for a in axes if a in shown}
        )

    architecture, along = weights.config.architecture, weights.config.architecture.along_stream
    frames = {site: weights.frame(site) for site in architecture.sites}
    activations = {
        name: named(frames[along[name]].named(array[0]) if name in along else array[0], axes)
        for name, array in kept.items()
        for axes in [_AXES[name.rpartition(".")[2]]]
    }
    return Trace(
        weights=weights,
        tokens=tokens,
        output=decode(weights.config, out, [len(tokens)])[0],
        residual={str(s): activations[architecture.stream(s)] for s in architecture.sites},
        activations=activations,
        logits=named(out[0], ("position", "output")),
        spans=spans or {},
    )


def _labels(
    weights: ModelWeights, tokens: tuple[Value, ...]
) -> tuple[dict[str, tuple[Label, ...]], dict[str, tuple[str, ...]]]:
    """Per axis the labels, and for positions also the texts with tokens."""
    c = weights.config
    positions = position_labels(len(tokens) + 1)
    texts = (BOS_POSITION, *(f"{i}:{text(token)}" for i, token in enumerate(tokens)))
    outputs = ("number", "undefined")[: c.d_out]
    if c.output_values is not None:
        outputs = tuple(map(repr, c.output_values))
    placed = ("position", "query", "key")
    labels: dict[str, tuple[Label, ...]] = {
        **dict.fromkeys(placed, positions),
        "direction": direction_labels(weights.circuit.directions),
        "head": tuple(range(c.n_heads)),
        "coordinate": tuple(range(c.d_head)),
        "unit": tuple(range(c.d_mlp)),
        "lane": tuple(range(c.d_model)),
        "one": ("scale",),
        "output": outputs,
    }
    return labels, dict.fromkeys(placed, texts)


def direction_labels(directions: tuple[NamedDirection, ...]) -> tuple[str, ...]:
    """A different text for every direction: `hist:2`, and `x:'1'` beside `x:1`."""
    short = [d.label for d in directions]
    exact = [f"{d.variable}:{'|'.join(map(repr, d.values))}" for d in directions]
    texts = [
        e if short.count(s) > 1 and d.values else s
        for s, e, d in zip(short, exact, directions, strict=True)
    ]
    return tuple(f"{t}#{i}" if texts.count(t) > 1 else t for i, t in enumerate(texts))


def text(value: Value) -> str:
    """A value as it is shown in a table."""
    return value if isinstance(value, str) else repr(value)
