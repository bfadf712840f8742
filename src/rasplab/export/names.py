"""Where everything is in an exported model, by the names of each target.

Variables in the residual stream, layer by layer; and which head and which hidden units implement
which expression, with its place in the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.display import Table, html, shorten
from rasplab.export.home import Home, Naming
from rasplab.export.homes.gpt2 import GPT2
from rasplab.weights import Architecture, Component, ModelWeights, Site
from rasplab.weights.named import table
from rasplab.weights.trace import direction_labels


@dataclass(frozen=True, slots=True)
class StreamPoint:
    """One site of the residual stream: `"embed"`, `"0.attn"`, `"0.mlp"` and so on.

    `name` is the target's; `written` are the variables that are new here, `holds` all that are in
    the stream.
    """

    after: str
    name: str
    written: tuple[str, ...]
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VariableName:
    """A variable's lanes of the stream, from `start` up to `stop`, and where it can be read."""

    variable: str
    start: int
    stop: int
    labels: tuple[str, ...]
    written: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComponentName:
    """A head, or a run of hidden units: the target's name and what it implements."""

    name: str
    layer: int
    kind: str
    start: int
    stop: int
    variable: str
    expression: str
    place: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Names:
    """The names of one target.

    Lanes are columns of the residual stream; of a model in another basis, columns of the stream
    times the basis's `read`.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(3, 5)
    >>> names = rasplab.compile(program, vocab=vocab, max_length=5).names("transformer_lens")
    >>> names.points[1].name, names.points[1].written
    ('blocks.0.hook_resid_mid', ('hist',))
    >>> names["hist"].points
    ('blocks.0.hook_resid_mid', 'blocks.0.hook_resid_post')
    """

    target: str
    points: tuple[StreamPoint, ...]
    variables: tuple[VariableName, ...]
    components: tuple[ComponentName, ...]

    def __getitem__(self, variable: str) -> VariableName:
        for known in self.variables:
            if known.variable == variable:
                return known
        raise KeyError(variable)

    def __str__(self) -> str:
        stream = [(p.after, p.name, ", ".join(p.written)) for p in self.points]
        lanes = [
            (v.variable, f"{v.start}:{v.stop}", v.written, ", ".join(v.labels[:4]) + _more(v))
            for v in self.variables
        ]
        parts = [(c.name, c.variable, c.expression, c.place) for c in self.components]
        return "\n\n".join(
            table([head, *rows])
            for head, rows in (
                (("after", f"name ({self.target})", "written"), stream),
                (("variable", "lanes", "written", "directions"), lanes),
                (("component", "variable", "expression", "place"), parts),
            )
        )

    def __repr__(self) -> str:
        return (
            f"<names for {self.target}: {counted(len(self.variables), 'variable')}, "
            f"{counted(len(self.components), 'component')}>"
        )

    def _repr_html_(self) -> str:
        stream = [(p.after, p.name, ", ".join(p.written)) for p in self.points]
        lanes = [(v.variable, f"{v.start}:{v.stop}", v.written) for v in self.variables]
        parts = [(c.name, c.variable, shorten(c.expression), c.place) for c in self.components]
        return html(
            repr(self)[1:-1],
            Table(("after", "name", "written"), stream),
            Table(("variable", "lanes", "written"), lanes),
            Table(("component", "variable", "expression", "place"), parts),
        )


def _more(variable: VariableName) -> str:
    return ", …" if len(variable.labels) > 4 else ""


def names_of(weights: ModelWeights, target: str = "transformers", *, home: Home = GPT2) -> Names:
    """The names of a model in one of the `TARGETS`; those that open checkpoints name a `home`.

    Raises:
        InputError: E601, there is no such target, or it does not go through such steps.
    """
    if target not in TARGETS:
        raise InputError(
            diagnostic(
                "E601",
                f"there is no target {target!r} with names of its own",
                help=f"use {', '.join(map(repr, TARGETS))}",
            )
        )
    naming, sites = TARGETS[target](weights, home), weights.config.architecture.sites
    variables = weights.circuit.variables
    labels = direction_labels(weights.circuit.directions)
    return Names(
        target,
        tuple(_point(weights, site, naming) for site in sites),
        tuple(
            VariableName(
                v.name,
                v.start,
                v.stop,
                labels[v.columns],
                str(v.written),
                tuple(naming.stream(site) for site in sites if v.lives_at(site)),
            )
            for v in variables
        ),
        tuple(_component(weights, naming, c) for c in weights.circuit.components),
    )


def _point(weights: ModelWeights, site: Site, naming: Naming) -> StreamPoint:
    alive = [v for v in weights.circuit.living(site) if not v.marks_bos]
    new = tuple(v.name for v in alive if v.written == site)
    return StreamPoint(str(site), naming.stream(site), new, tuple(v.name for v in alive))


def _component(weights: ModelWeights, naming: Naming, c: Component) -> ComponentName:
    """Of a block that comes again, where it comes first."""
    steps = weights.config.architecture.steps
    layer = next(s.layer for s in steps if (s.kind, s.block) == (c.half, c.layer))
    return ComponentName(
        naming.part(layer, c),
        c.layer,
        c.kind,
        c.start,
        c.stop,
        c.variable,
        c.expression,
        c.place,
        c.reads,
    )


@dataclass(frozen=True, slots=True)
class _Hooks:
    """TransformerLens's names; where the head's axis stands differs."""

    architecture: Architecture
    head_axes: str

    def stream(self, site: Site) -> str:
        return self.architecture.stream(site)

    def part(self, layer: int, c: Component) -> str:
        if c.kind == "head":
            return f"blocks.{layer}.attn.hook_z[{self.head_axes}{c.start}]"
        return f"blocks.{layer}.mlp.hook_post[..., {c.start}:{c.stop}]"


Namings: TypeAlias = "Callable[[ModelWeights, Home], Naming]"


def _hooks(head_axes: str) -> Namings:
    return lambda weights, home: _Hooks(weights.config.architecture, head_axes)


def _modules(pattern: str, root: str) -> Namings:
    return lambda weights, home: home.naming(weights.config, pattern, root)


TARGETS: dict[str, Namings] = {
    "transformers": _modules(".{}", ""),
    "nnsight": _modules("[{}]", "model."),
    "pyvene": _modules("[{}]", ""),
    "captum": _modules("[{}]", "model."),
    "transformer_lens": _hooks(":, :, "),
    "torch": _hooks(":, :, "),
    "onnx": _hooks(":, "),
    "jax": _hooks(":, "),
}
"""For each target, how it calls a place: of modules, `.input` and `.output` say which side."""
