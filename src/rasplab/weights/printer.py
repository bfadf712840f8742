"""A model as text: sizes, the plan layer by layer, the certificate."""

from __future__ import annotations

from rasplab.diagnostics import counted
from rasplab.display import Table, shorten
from rasplab.weights.architecture import EMBED
from rasplab.weights.artefact import Component, Manifest, ModelWeights


def describe(weights: ModelWeights) -> str:
    """Everything that a person wants to see first."""
    config, circuit = weights.config, weights.circuit
    masking = "causal" if config.causal else "bidirectional"
    parts = [
        f"program: {circuit.program}",
        f"model: {weights}",
        (
            f"{masking}, up to length {config.max_length} over "
            f"{counted(len(config.vocabulary), 'token')}, {circuit.compiled}"
        ),
        *([f"meant for {circuit.inputs}"] if circuit.inputs is not None else []),
        *([f"disguised: {circuit.disguise}"] if circuit.disguise is not None else []),
        "",
        "embedding",
        *(
            f"  {v.name}: {counted(v.stop - v.start, 'direction')}"
            for v in circuit.variables
            if v.written == EMBED
        ),
    ]
    for layer in range(config.n_layers):
        parts.append(f"layer {layer}")
        parts += [f"  {_line(c)}" for c in circuit.components if c.layer == layer]
    return "\n".join([*parts, "", str(circuit.certificate)])


def _line(component: Component) -> str:
    return f"{_which(component)}: {component.equation}"


def _which(component: Component) -> str:
    if component.kind == "head":
        return f"head {component.start}"
    return f"mlp units {component.start}-{component.stop - 1}"


def overview(weights: ModelWeights) -> list[tuple[str, object]]:
    """What a model is, in a few rows."""
    config, circuit = weights.config, weights.circuit
    words = ", ".join(map(repr, config.vocabulary[:12])) + ", …" * (len(config.vocabulary) > 12)
    output = "a number"
    if config.output_values is not None:
        output = f"one of {counted(len(config.output_values), 'value')}"
    meant = [] if circuit.inputs is None else [("meant for", str(circuit.inputs))]
    return [
        ("program", shorten(circuit.program, 200)),
        ("vocabulary", words),
        ("length", f"up to {config.max_length}"),
        *meant,
        *([] if circuit.disguise is None else [("disguised", str(circuit.disguise))]),
        ("masking", "causal" if config.causal else "bidirectional"),
        ("output", output),
        ("sizes", str(weights)),
        ("certificate", str(circuit.certificate).split("\n")[0]),
    ]


def circuit_tables(circuit: Manifest) -> list[Table]:
    """The components and the variables, for a notebook."""
    parts = [
        (c.layer, _which(c), c.variable, shorten(c.expression), ", ".join(c.reads))
        for c in circuit.components
    ]
    places = [
        (v.name, f"{v.start}:{v.stop}", v.written, v.encoding.kind) for v in circuit.variables
    ]
    return [
        Table(("layer", "component", "variable", "expression", "reads"), parts, "components"),
        Table(("variable", "directions", "written", "encoding"), places, "variables"),
    ]
