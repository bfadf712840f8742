"""`rasplab show`: a program, its plan layer by layer, its sizes and its certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rasplab.cli.output import aligned, decision, fits, json, record, say, table
from rasplab.cli.sources import Source
from rasplab.cli.tokens import shown
from rasplab.craft.certificate import Certificate
from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.model import Model
from rasplab.weights import EMBED, Component


def show_model(model: Model, *, as_json: bool = False) -> None:
    """Everything about a model that fits on a page or two."""
    if as_json:
        json(_data(model))
        return
    _overview(model)
    say()
    _layers(model)
    say()
    _certificate(model.certificate)


def _data(model: Model) -> dict[str, object]:
    """The same as data; documented in the page on the command line."""
    config, circuit, certificate = model.config, model.manifest, model.certificate
    return {
        "program": circuit.program,
        "name": model.name,
        "optimize": circuit.optimize,
        "softness": circuit.softness,
        "config": {**record(config), "max_length": config.max_length},
        "variables": [
            {"name": v.name, "from": v.start, "to": v.stop, "written": str(v.written)}
            for v in circuit.variables
        ],
        "components": [record(component) for component in circuit.components],
        "certificate": {
            "exact": certificate.exact,
            "smallest_margin": certificate.smallest_margin,
            **record(certificate),
        },
    }


def show_stage(name: str, source: Source, *, as_json: bool = False, **options: object) -> None:
    """What one stage of the compiler makes of a program."""
    from rasplab.compiler import stop_after
    from rasplab.options import read_options

    text = stop_after(name, source.program, read_options(source.program, **options)).text
    if as_json:
        json({"stage": name, "text": text})
    else:
        say(text)


def no_stages(name: str) -> InputError:
    """Of a saved model the compiler's stages are gone."""
    return InputError(
        diagnostic(
            "E403",
            f"{name!r} is a saved model, which has no stages of the compiler",
            help="name the program that it was compiled from, or leave `--stage` out",
        )
    )


def _overview(model: Model) -> None:
    c, circuit = model.config, model.manifest
    words = " ".join(map(shown, c.vocabulary[:20])) + (" …" if len(c.vocabulary) > 20 else "")
    masking = "causal" if c.causal else "bidirectional"
    output = "a number" if c.output_values is None else f"one of {len(c.output_values)} values"
    aligned(
        [
            ("program", circuit.program),
            ("vocabulary", f"{counted(len(c.vocabulary), 'token')}: {words}"),
            ("length", f"at most {c.max_length}, {masking}"),
            ("output", output),
            ("model", f"{model.weights}, {circuit.compiled}"),
        ]
    )


def _layers(model: Model) -> None:
    circuit = model.manifest
    rows = [
        ("embed", "table", v.name, counted(v.stop - v.start, "direction"), "", "")
        for v in circuit.variables
        if v.written == EMBED
    ]
    for component in sorted(circuit.components, key=lambda c: c.order):
        rows.append(_row(component))
    columns = ("layer", "block", "implements", "as", "reads", "source")
    if fits(columns, rows):
        table(columns, rows)
    else:
        say("\n".join(_listed(rows)))


def _listed(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The same for a narrow terminal: blocks below their layer, what they compute below them."""
    before = ""
    for layer, block, variable, expression, reads, source in rows:
        if layer != before:
            yield f"layer {layer}" if layer.isdecimal() else layer
            before = layer
        yield f"  {block}: {variable}" + ("" if reads else f", {expression}")
        if reads:
            yield f"    = {expression}"
            yield f"    reads {reads}" + (f"; {source}" if source else "")


def _row(component: Component) -> tuple[str, str, str, str, str, str]:
    units = component.stop - component.start
    head = component.kind == "head"
    block = f"head {component.start}" if head else f"mlp, {counted(units, 'unit')}"
    how = f" ({component.construction})" if component.construction else ""
    return (
        str(component.layer),
        f"{block}{how}",
        component.variable,
        component.expression,
        ", ".join(component.reads),
        ", ".join(place.within(1) for place in component.places),
    )


def _certificate(certificate: Certificate) -> None:
    if certificate.measured:
        say(str(certificate))
        return
    rows = [
        (
            bound.name,
            bound.kind,
            f"{bound.error:.1e}",
            *decision(bound.met, bound.borne, bound.margin),
        )
        for bound in certificate.bounds
    ]
    if rows:
        table(
            ("block", "kind", "error", "meets", "bears", "margin"),
            rows,
            title=f"certificate for {certificate.precision}",
            right="error meets bears margin",
        )
    certain = "number" if certificate.numerical else "scores"
    say(f"output: {certain} within {certificate.output_error:.1e}")
    for name, exact, error in certificate.other_formats:
        say(f"in {name}: {f'exact, output within {error:.1e}' if exact else 'not exact'}")
    for assumption in certificate.assumptions:
        say(f"assumed: {assumption}")
