"""From a plan to arrays: every block written into its columns."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rasplab.craft import Affine, Block, Head, Mlp, Products, Subspace
from rasplab.craft.blocks import reads
from rasplab.craft.certificate import Certificate
from rasplab.craft.precision import PRECISIONS
from rasplab.craft.space import BOS
from rasplab.craft.stored import stored
from rasplab.plan import Plan
from rasplab.weights.architecture import EMBED, Site
from rasplab.weights.artefact import (
    BOS_COLUMN,
    Component,
    Construction,
    Manifest,
    ModelWeights,
    NamedDirection,
    PartKind,
    VariablePlace,
)
from rasplab.weights.config import BOS_ID, FIRST_TOKEN_ID, Config, expected_shapes
from rasplab.weights.labels import Labels

Arrays = dict[str, NDArray[np.floating]]


def assemble(
    plan: Plan,
    labels: Labels,
    *,
    program: str,
    certificate: Certificate,
    optimize: int,
    dtype: str,
) -> ModelWeights:
    """The weights of a planned model, in the number format `dtype` (half ones held as float32)."""
    circuit = _circuit(plan, labels, program, certificate, optimize)
    return ModelWeights(_config(plan, dtype), arrays_of(plan, dtype), circuit)


def arrays_of(plan: Plan, dtype: str) -> Arrays:
    """The arrays of a planned model, by name.

    They are the weights of which the certificate speaks: rounded before they are placed.
    """
    plan = replace(plan, craft=stored(plan.craft, PRECISIONS[dtype]))
    config = _config(plan, dtype)
    arrays: Arrays = {
        name: np.zeros(shape, config.storage) for name, shape in expected_shapes(config).items()
    }
    _embeddings(plan, arrays)
    for number, layer in enumerate(plan.layers):
        for i, index in enumerate(layer.heads):
            _head(plan, cast(Head, plan.craft.blocks[index]), arrays, number, i)
        start = 0
        for index in layer.mlps:
            start = _mlp(plan, cast(Mlp, plan.craft.blocks[index]), arrays, number, start)
    readout = plan.craft.readout
    _write(plan, readout, arrays["unembed.W_U"], arrays["unembed.b_U"])
    return arrays


def _config(plan: Plan, dtype: str) -> Config:
    craft, sizes = plan.craft, plan.sizes
    return Config(
        n_layers=sizes.n_layers,
        n_heads=sizes.n_heads,
        d_model=sizes.d_model,
        d_head=sizes.d_head,
        d_mlp=sizes.d_mlp,
        n_ctx=craft.max_length + 1,
        d_vocab=len(craft.vocabulary) + FIRST_TOKEN_ID,
        d_out=craft.readout.columns,
        causal=craft.causal,
        dtype=dtype,
        vocabulary=craft.vocabulary,
        output_values=craft.output.values,
        output_undefined=craft.output.undefined,
        output_unit=craft.output.unit,
    )


def _embeddings(plan: Plan, arrays: Arrays) -> None:
    arrays["embed.W_E"][BOS_ID, BOS_COLUMN] = 1.0
    for embedding in plan.craft.embeddings:
        columns = plan.columns(embedding.writes)
        if embedding.of == "token":
            arrays["embed.W_E"][FIRST_TOKEN_ID:, columns] = embedding.rows
        else:
            # position 0 is that of BOS, which is its mark and nothing else
            arrays["pos_embed.W_pos"][1:, columns] = embedding.rows


def _head(plan: Plan, head: Head, arrays: Arrays, layer: int, number: int) -> None:
    prefix = f"blocks.{layer}.attn."
    for part, affine in (("Q", head.query), ("K", head.key), ("V", head.value)):
        matrix = arrays[f"{prefix}W_{part}"][number, :, : affine.columns]
        bias = arrays[f"{prefix}b_{part}"][number, : affine.columns]
        _write(plan, affine, matrix, bias)
    # whatever a head mixes, its value does: it writes its columns as they are, only scaled
    out = arrays[f"{prefix}W_O"][number]
    columns = plan.columns(head.writes)
    width = columns.stop - columns.start
    out[np.arange(width), np.arange(columns.start, columns.stop)] = head.scale


def _mlp(plan: Plan, mlp: Mlp, arrays: Arrays, layer: int, start: int) -> int:
    prefix = f"blocks.{layer}.mlp."
    stop = start + mlp.read.columns
    _write(
        plan, mlp.read, arrays[f"{prefix}W_in"][:, start:stop], arrays[f"{prefix}b_in"][start:stop]
    )
    arrays[f"{prefix}W_out"][start:stop, plan.columns(mlp.writes)] = mlp.write
    return stop


def _write(
    plan: Plan,
    affine: Affine,
    matrix: NDArray[np.floating],
    bias: NDArray[np.floating],
) -> None:
    for subspace, part in affine.parts:
        matrix[plan.columns(subspace)] += part
    matrix[BOS_COLUMN] += affine.bos
    bias += affine.bias


def _circuit(
    plan: Plan, labels: Labels, program: str, certificate: Certificate, optimize: int
) -> Manifest:
    craft = plan.craft
    directions = [NamedDirection(BOS_COLUMN, BOS.variable, (), "")]
    variables = [VariablePlace(BOS.variable, BOS_COLUMN, BOS_COLUMN + 1, EMBED)]
    written = {e.writes: EMBED for e in craft.embeddings}
    components: list[Component] = []
    names = {s: s.directions[0].variable for s in craft.subspaces() if s.directions}
    for number, layer in enumerate(plan.layers):
        for i, index in enumerate(layer.heads):
            head = cast(Head, craft.blocks[index])
            written[head.writes] = Site(number, "attn")
            components.append(_component(names, head, number, "head", i, i + 1))
        start = 0
        for index in layer.mlps:
            mlp = cast(Mlp, craft.blocks[index])
            written[mlp.writes] = Site(number, "mlp")
            stop = start + mlp.read.columns
            components.append(_component(names, mlp, number, "mlp", start, stop))
            start = stop
    for subspace in craft.subspaces():
        if not subspace.directions:
            continue
        columns = plan.columns(subspace)
        name, label = subspace.directions[0].variable, labels.of[subspace]
        variables.append(
            VariablePlace(
                name,
                columns.start,
                columns.stop,
                written[subspace],
                label.encoding,
                label.expression,
                label.also_in,
            )
        )
        for i, d in zip(range(columns.start, columns.stop), subspace.directions, strict=True):
            directions.append(NamedDirection(i, d.variable, d.values, d.role))
    return Manifest(
        program,
        tuple(directions),
        tuple(components),
        tuple(variables),
        certificate,
        optimize,
        labels.fused,
        labels.withheld,
    )


def _component(
    names: dict[Subspace, str], block: Block, layer: int, kind: PartKind, start: int, stop: int
) -> Component:
    if isinstance(block, Head):
        construction: Construction = block.kind
    else:
        products = any(isinstance(c, Products) for c in block.constructions)
        construction = "products" if products else "steps"
    return Component(
        layer=layer,
        kind=kind,
        start=start,
        stop=stop,
        variable=block.implements.name,
        expression=block.implements.expression,
        place="" if block.implements.place is None else str(block.implements.place),
        reads=tuple(sorted({names[s] for s in reads(block) if s in names})),
        construction=construction,
        selector=block.implements.selector,
    )
