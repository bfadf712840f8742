"""A model as text: sizes, the plan layer by layer, the certificate."""

from __future__ import annotations

from rasplab.diagnostics import counted
from rasplab.weights.architecture import EMBED
from rasplab.weights.artefact import Component, ModelWeights


def describe(weights: ModelWeights) -> str:
    """Everything that a person wants to see first."""
    config, circuit = weights.config, weights.circuit
    masking = "causal" if config.causal else "bidirectional"
    parts = [
        f"program: {circuit.program}",
        f"model: {weights}",
        (
            f"{masking}, up to length {config.max_length} over "
            f"{counted(len(config.vocabulary), 'token')}, optimize={circuit.optimize}"
        ),
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
    which = (
        f"head {component.start}"
        if component.kind == "head"
        else f"mlp units {component.start}-{component.stop - 1}"
    )
    return f"{which}: {component.variable} = {component.expression}"
