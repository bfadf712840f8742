"""What each component of a circuit does, as a case of AgenticInterpBench has it.

A component has an `id` (`L0_MLP`, `L1H2_ATTN`), the `hook` at which TransformerLens has what it
computes, a `role` of a `tag` and a `note`, and as `labels` the variables that it computes. Of the
benchmark's five tags two can be read off a compiled component with certainty, `AGGREGATOR` and
`INDICATOR`; any other component has no tag, and our own word for what it does, `construction`.
"""

from __future__ import annotations

from collections.abc import Iterable

from rasplab.lab.circuits.blocks import Writer
from rasplab.lab.circuits.data import by_default
from rasplab.lab.circuits.truth import GroundTruth
from rasplab.rasp.inputs import saved_inputs
from rasplab.rasp.values import Value, canonical
from rasplab.weights.artefact import Component, ModelWeights
from rasplab.weights.codec import decode, encode
from rasplab.weights.forward import forward
from rasplab.weights.trace_steps import DOING
from rasplab.weights.values_json import Json, to_json

EXAMPLES = 5
"""A case of the benchmark has at most so many examples."""


def case(truth: GroundTruth, weights: ModelWeights) -> Json:
    """The program, examples of what it does, and the role of every component in the circuit."""
    here = {node.name for node in truth.nodes}
    parts = [w for w in truth.blocks.writers if w.step is not None and w.name in here]
    config = weights.config
    return {
        "task": {
            "summary": f"Computes, at every position, {weights.circuit.program}",
            "examples": _examples(weights),
        },
        "program": weights.circuit.program,
        "model": {
            "n_layers": config.n_layers,
            "n_heads": config.n_heads,
            "d_model": config.d_model,
            "d_head": config.d_head,
            "d_mlp": config.d_mlp,
            "n_ctx": config.n_ctx,
            "causal": config.causal,
        },
        "circuit": {"ablation": truth.ablation, "data": truth.data, "inputs": truth.inputs},
        "components": [_component(part, weights) for part in parts],
    }


def _examples(weights: ModelWeights) -> list[Json]:
    """Some inputs, spread over all of them, with what the model gives on them."""
    config = weights.config
    meant = saved_inputs(weights.circuit.inputs, config.vocabulary, config.max_length)
    known = list(by_default(config, meant, 0))
    chosen = known[:: max(1, len(known) // EXAMPLES)][:EXAMPLES]
    outputs = decode(config, forward(weights, encode(config, chosen)), list(map(len, chosen)))
    pairs = zip(chosen, outputs, strict=True)
    return [{"input": _listed(given), "output": _listed(output)} for given, output in pairs]


def _listed(values: Iterable[Value]) -> list[object]:
    return [to_json(value) for value in values]


def _component(part: Writer, weights: ModelWeights) -> Json:
    step = part.step
    assert step is not None
    found = [c for c in weights.circuit.components if _within(c, part)]
    head = step.kind == "attn"
    return {
        "id": f"L{step.layer}H{part.start}_ATTN" if head else f"L{step.layer}_MLP",
        "hook": f"{step.inner}hook_result[{part.start}]" if head else f"{step.inner}hook_post",
        "role": {
            "tag": _tag(found, weights),
            "note": " ".join(map(_note, found)),
            "construction": sorted({c.construction for c in found}),
        },
        "labels": [c.variable for c in found],
        "reads": list(dict.fromkeys(name for c in found for name in c.reads)),
    }


def _within(component: Component, part: Writer) -> bool:
    assert part.step is not None
    kind = "head" if part.step.kind == "attn" else "mlp"
    overlap = component.start < part.stop and part.start < component.stop
    return component.kind == kind and component.layer == part.step.block and overlap


def _tag(found: list[Component], weights: ModelWeights) -> str | None:
    """The benchmark's tag, where all that a component computes has it."""
    if found and all(c.kind == "head" and c.construction in ("mean", "sum") for c in found):
        return "AGGREGATOR"
    if found and all(c.kind == "mlp" and _two_valued(c.variable, weights) for c in found):
        return "INDICATOR"
    return None


def _two_valued(name: str, weights: ModelWeights) -> bool:
    """Whether a variable says of each position yes or no."""
    held = next((v.encoding for v in weights.circuit.variables if v.name == name), None)
    return held is not None and bool(held.values) and all(map(_yes_or_no, held.values))


def _yes_or_no(value: Value) -> bool:
    return isinstance(value, bool | int | float) and canonical(value) in (0, 1)


def _note(component: Component) -> str:
    """A sentence on what it does."""
    does = DOING.get(component.construction, component.construction)
    read = ", ".join(component.reads)
    where = f" where {component.selector} holds" if component.selector else ""
    return f"Computes {component.equation}: {does}{where}, from {read}."
