"""One more step of hidden units between the places of a variable and its readers.

Hidden units that look over what a variable's parts wrote need a step of their own: after these and
before whoever reads it. Where the model has none, it gets one more layer there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.specification import (
    Attention,
    Function,
    Specification,
    Table,
    Total,
    rewritten,
)
from rasplab.diagnostics import InputError
from rasplab.lab.realism.fit import AXES
from rasplab.weights import (
    EMBED,
    Component,
    Config,
    Manifest,
    ModelWeights,
    NamedDirection,
    Site,
    VariablePlace,
)
from rasplab.weights.artefact import Construction
from rasplab.weights.config import expected_shapes
from rasplab.weights.named import unknown

Array: TypeAlias = "NDArray[np.floating]"
CELLS = 1 << 20
"""The checker goes through this many combinations of what a part reads, at most."""
AXES_AT_MOST = 32
"""A table has an axis per variable, and NumPy's oldest arrays that are supported have so many."""


def can_tell(table: Table, axes: int, combinations: int) -> bool:
    """Whether a table may have so many variables more, with so many combinations of values."""
    return table.codes.ndim + axes <= AXES_AT_MOST and table.codes.size * combinations <= CELLS


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Hidden units that write a new variable: what they read, what they write, what that must be.

    `place` is the new variable's, its directions counted from 0 and written anywhere; `reads` has
    the weights of every unit per direction of the stream (d_model × units), `writes` those on the
    new directions (units × directions).
    """

    place: VariablePlace
    directions: tuple[NamedDirection, ...]
    reads: Array
    bias: Array
    writes: Array
    must: Table
    construction: Construction


def place_of(weights: ModelWeights, name: str) -> VariablePlace:
    """The place of a variable that there is."""
    return next(place for place in weights.circuit.variables if place.name == name)


def asked_for(weights: ModelWeights, name: object) -> VariablePlace:
    """The place of a variable that somebody names.

    Raises:
        InputError: E417, there is none.
    """
    places = {p.name: p for p in weights.circuit.variables if not p.marks_bos}
    if not isinstance(name, str) or name not in places:
        raise InputError(unknown("variable", str(name), tuple(places)))
    return places[name]


def taken_names(circuit: Manifest) -> set[str]:
    """Whatever has a name already, also what was fused away or is withheld: none gets it again."""
    held = {name for place in circuit.variables for name in (place.name, place.expression)}
    return held | {gone.name for gone in (*circuit.fused, *circuit.withheld)}


def free_name(weights: ModelWeights, wanted: str) -> str:
    """The name, or with the first number behind it for which nothing is called so."""
    taken = taken_names(weights.circuit)
    numbered = (f"{wanted}{i}" for i in itertools.count(2))
    return next(name for name in itertools.chain([wanted], numbered) if name not in taken)


def reading_rows(arrays: dict[str, Array]) -> dict[str, Array]:
    """Of every array that reads the stream a view with the stream's directions first."""
    found: dict[str, Array] = {}
    for name, array in arrays.items():
        part = name.rpartition(".")[2]
        axis = 0 if part == "W_U" else AXES.get(part, "").find("d")
        if part not in ("W_O", "W_out") and axis >= 0:
            found[name] = np.moveaxis(array, axis, 0)
    return found


def staged(weights: ModelWeights, stage: Stage, after: VariablePlace) -> ModelWeights:
    """The weights with the units after whoever wrote a variable, and before all of its readers.

    Nobody reads yet what they write.
    """
    weights, layer = _with_room(weights, after)
    site, config = Site(layer, "mlp"), weights.config
    lane = slice(config.d_model, config.d_model + len(stage.directions))
    own = slice(config.d_mlp, config.d_mlp + len(stage.bias))
    arrays = grown(weights.arrays, replace(config, d_model=lane.stop, d_mlp=own.stop))
    block = f"blocks.{layer}.mlp."
    arrays[f"{block}W_in"][: config.d_model, own] = stage.reads
    arrays[f"{block}b_in"][own] = stage.bias
    arrays[f"{block}W_out"][own, lane] = stage.writes
    place = replace(stage.place, start=lane.start, stop=lane.stop, written=site)
    assert weights.specification is not None
    block = Function(place.name, stage.must)
    stated = replace(weights.specification, blocks=(*weights.specification.blocks, block))
    reads = stage.must.variables
    component = Component(
        layer, "mlp", own.start, own.stop, place.name, place.expression, "", reads,
        stage.construction,
    )  # fmt: skip
    circuit = with_part(weights.circuit, component, place, stage.directions, like=reads[0])
    return ModelWeights(
        replace(config, d_model=lane.stop, d_mlp=own.stop), arrays, circuit, specification=stated
    )


def grown(arrays: dict[str, Array], config: Config) -> dict[str, Array]:
    """The arrays with zeros up to the sizes of a larger configuration."""
    made: dict[str, Array] = {}
    for name, shape in expected_shapes(config).items():
        old = arrays[name]
        made[name] = np.zeros(shape, old.dtype)
        made[name][tuple(map(slice, old.shape))] = old
    return made


def with_part(
    circuit: Manifest,
    component: Component,
    place: VariablePlace,
    directions: Iterable[NamedDirection],
    like: str,
) -> Manifest:
    """The manifest with a part that writes a variable at a place of its own.

    It stands where another variable does in the source, and is bounded as that one is.
    """
    writer = next((c for c in circuit.components if c.variable == like), None)
    component = replace(component, place="" if writer is None else writer.place)
    own = (
        replace(one, index=place.start + i, variable=place.name) for i, one in enumerate(directions)
    )
    bounds = circuit.certificate.bounds
    more = (replace(bound, name=place.name) for bound in bounds if bound.name == like)
    return replace(
        circuit,
        directions=(*circuit.directions, *own),
        variables=(*circuit.variables, place),
        components=tuple(sorted((*circuit.components, component), key=lambda c: c.order)),
        certificate=replace(circuit.certificate, bounds=(*bounds, *more)),
    )


# -- room for one more step


def _with_room(weights: ModelWeights, after: VariablePlace) -> tuple[ModelWeights, int]:
    """The weights, and the layer whose hidden units come after a variable and before its readers.

    A layer is put in where there is no such: what came after the variable is a layer later then.
    """
    layer = max((after.written.order + 1) // 2, 0)
    wanted = Site(layer, "mlp")
    rows = reading_rows(weights.arrays)
    readers = (
        step.site
        for step in weights.config.architecture.steps
        if any(rows[name][after.columns].any() for name in step.reading)
    )
    if layer < weights.config.n_layers and all(site > wanted for site in readers):
        return weights, layer
    return with_layer(weights, after.written, layer), layer


def with_layer(weights: ModelWeights, last: Site, layer: int) -> ModelWeights:
    """The weights with one more layer: the steps up to `last` stay, all later ones come after.

    Hidden units of the layer at `layer` are the new ones, which are none yet.
    """
    config = replace(weights.config, n_layers=weights.config.n_layers + 1)
    made = {
        name: np.zeros(shape, weights.arrays["embed.W_E"].dtype)
        for name, shape in expected_shapes(config).items()
    }
    for name, array in weights.arrays.items():
        block, _, rest = name.partition(".")
        if block != "blocks":
            made[name] = array.copy()
            continue
        number, _, rest = rest.partition(".")
        half = "attn" if rest.startswith("attn") else "mlp"
        made[f"blocks.{_later(Site(int(number), half), last).layer}.{rest}"] = array.copy()
    circuit = weights.circuit
    components = (
        replace(c, layer=_later(Site(c.layer, c.half), last).layer) for c in circuit.components
    )
    places = (
        replace(
            place,
            written=_later(place.written, last),
            dies=None if place.dies is None else _later(place.dies, last),
        )
        for place in circuit.variables
    )
    circuit = replace(circuit, components=tuple(components), variables=tuple(places))
    return replace(weights, config=config, arrays=made, circuit=circuit)


def _later(site: Site, last: Site) -> Site:
    return site if site <= last or site == EMBED else Site(site.layer + 1, site.half)


# -- readers that are stated anew


def stated_anew(
    weights: ModelWeights,
    table: Callable[[Table], Table],
    total: Callable[[Total], Total],
    but: Sequence[str],
) -> Specification:
    """The specification with other tables and totals, of all blocks but some, and of the output."""
    stated = weights.specification
    assert stated is not None
    blocks: tuple[Attention | Function, ...] = tuple(
        block if block.variable in but else rewritten(block, table, total)
        for block in stated.blocks
    )
    read = stated.output
    output = total(read) if isinstance(read, Total) else table(read)
    return replace(stated, blocks=blocks, output=output)
