"""A trace as text: where every head looks and what every variable holds, a column per position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rasplab.weights.architecture import Site, Step
from rasplab.weights.artefact import Component
from rasplab.weights.named import table
from rasplab.weights.reading import show

if TYPE_CHECKING:
    from rasplab.weights.trace import Trace

SEEN = 0.005
"""Attention below this is not shown."""

MANY = 3
"""More keys than this are counted instead of listed."""


def describe(trace: Trace) -> str:
    """Half-layer by half-layer."""
    positions = trace.residual["embed"].texts("position")[1:]
    rows = [["", *positions]]
    for site in trace.weights.config.architecture.sites:
        found = [*_heads(trace, site), *_variables(trace, site)]
        if found:
            rows += [[str(site)], *found]
    rows += [["output", *map(show, trace.output)]]
    return table(rows)


def _variables(trace: Trace, site: Site) -> list[list[str]]:
    places = [v for v in trace.weights.circuit.variables if v.written == site and not v.marks_bos]
    return [[f"  {p.name}", *map(show, trace.variable(p.name))] for p in places]


def _heads(trace: Trace, site: Site) -> list[list[str]]:
    if site.half != "attn":
        return []
    step = trace.weights.config.architecture.step(site)
    found = trace.weights.circuit.components
    return [_head(trace, step, c) for c in found if c.kind == "head" and c.layer == step.block]


def _head(trace: Trace, step: Step, c: Component) -> list[str]:
    """Per query (BOS left out), the keys that the head attends to, or adds up."""
    pattern = trace.attention(step.layer, c.start)
    keys = pattern.texts("key")
    rows = [[(float(w), k) for w, k in zip(row, keys, strict=True)] for row in pattern.array[1:]]
    if c.construction != "sum":
        return [f"  head {c.start} looks at", *map(_looks, rows)]
    out = trace.weights.arrays[step.writing][c.start]
    scale = float(trace.weights.frame(step.site).named(out).max(initial=0.0))
    return [f"  head {c.start} adds up", *(_adds(row, scale) for row in rows)]


def _looks(weights: list[tuple[float, str]]) -> str:
    seen = [(w, key) for w, key in weights if w >= SEEN]
    if len(seen) == 1:
        return seen[0][1]
    return _few([f"{key} {w:.0%}" for w, key in seen], " ")


def _adds(weights: list[tuple[float, str]], scale: float) -> str:
    """The selected: a sum scales what it reads so that each counts once, and BOS is very heavy."""
    (bos, _), *others = weights
    return _few([key for w, key in others if w * scale > bos / 2], " + ") or "nothing"


def _few(keys: list[str], between: str) -> str:
    return between.join(keys) if len(keys) <= MANY else f"{len(keys)} keys"
