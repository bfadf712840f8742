"""Distractors: parts that compute another program from the same input, and that nobody reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.checker import prove
from rasplab.craft.specification import (
    Attention,
    Function,
    Specification,
    Table,
    Term,
    Total,
    rewritten,
)
from rasplab.diagnostics import InputError, InternalError, diagnostic, shown
from rasplab.lab.realism.cancelling import read_and_cancelled
from rasplab.lab.realism.fit import AXES, fit
from rasplab.lab.realism.remade import remade
from rasplab.lab.realism.stages import taken_names
from rasplab.rasp.values import identity
from rasplab.weights import Component, Config, Manifest, ModelWeights, NamedDirection, VariablePlace
from rasplab.weights.config import expected_shapes

if TYPE_CHECKING:
    from rasplab.model import Model

Array: TypeAlias = "NDArray[np.floating]"
Rename: TypeAlias = "Callable[[str], str]"
BESIDE = "beside"
"""What the names of distractors' variables begin with, and then their number and a dot."""


def distract(model: Model, *others: Model, cancelled: bool | Literal["heads"] = False) -> Model:
    """The model with the parts of others beside its own, in the same layers; proved again.

    The others compute their variables from the same input, into directions of their own, and
    nothing reads their outputs: they are in no circuit, and every probe finds them. Their
    variables are called `beside1.hist` and so on. `disguise` can be turned on the result.

    With `cancelled`, one variable of each other *is* read, by hidden units or the output, and with
    opposite weights from a copy: either edge alone changes outputs, both together change none.
    With `cancelled="heads"` it is read by a pair of heads more, in a layer after it, or in one more
    layer: each attends to the positions that hold the value of its own and moves it, and what one
    of them contributes the other takes away.

    Args:
        model: one that is compiled, and exact.
        others: models for the same inputs and format, of which nothing is assumed.
        cancelled: whether a variable of each is read, and cancelled: `False`, `True`, or `"heads"`
            for a pair of heads of which nothing is left.

    Raises:
        InputError: E460 for a model that is disguised, or of which nothing is proved, E463 for
            another `cancelled`, E464 for others that cannot stand beside it, E491 where nothing can
            be read and cancelled.

    >>> import rasplab
    >>> at = dict(vocab="abc", max_length=4)
    >>> model = rasplab.compile(rasplab.programs.get("reverse").at(3, 4)[0], **at)
    >>> other = rasplab.compile(rasplab.programs.get("hist").at(3, 4)[0], **at)
    >>> both = distract(model, other)
    >>> both("abca"), both.certificate.exact, both.config.n_heads
    (['a', 'c', 'b', 'a'], True, 2)
    >>> read = distract(model, other, cancelled=True)
    >>> read("abca"), read.certificate.exact, read.manifest.variables[-1].name
    (['a', 'c', 'b', 'a'], True, 'beside1.categorical(hist).copy1')
    >>> pair = distract(model, other, cancelled="heads")
    >>> pair("abca"), pair.certificate.exact, pair.config.n_heads
    (['a', 'c', 'b', 'a'], True, 4)
    """
    _check_cancelled(cancelled)
    weights = fit(model)
    prefixes = list(itertools.islice(_free_prefixes(weights), len(others)))
    for prefix, other in zip(prefixes, others, strict=True):
        second = fit(other)
        _check_fits(weights, other)
        weights = _joined(weights, second, prefix)
    made = _proved(model, weights)
    heads = cancelled == "heads"
    for prefix in prefixes if cancelled else ():
        made = read_and_cancelled(made, prefix, BESIDE, heads=heads)
    return made


def _check_cancelled(given: object) -> None:
    if isinstance(given, bool) or given == "heads":
        return
    why = f"`cancelled` is True, False or 'heads', which {shown(given)} is not"
    raise InputError(diagnostic("E463", why, help="see `help(rasplab.lab.realism.distract)`"))


def _proved(model: Model, weights: ModelWeights) -> Model:
    weights.verify()
    proof = prove(weights, within=weights.circuit.certificate.tolerated)
    if not proof.holds:
        raise InternalError(f"parts side by side disturb each other: {proof.refuted}")
    return remade(model, weights, proof)


def _free_prefixes(weights: ModelWeights) -> Iterator[str]:
    """What nothing that has a name in the model begins with, or in what stands beside it."""
    names = taken_names(weights.circuit)
    prefixes = (f"{BESIDE}{number}." for number in itertools.count(1))
    return (prefix for prefix in prefixes if not any(name.startswith(prefix) for name in names))


def _check_fits(weights: ModelWeights, other: Model) -> None:
    one, two, why = weights.config, other.config, None
    if [*map(identity, one.vocabulary)] != [*map(identity, two.vocabulary)]:
        why = "their vocabularies are not the same"
    elif one.max_length != two.max_length:
        why = f"one takes {one.max_length} positions, the other {two.max_length}"
    elif one.causal != two.causal:
        why = "one looks ahead, the other does not"
    elif one.dtype != two.dtype:
        why = f"one is in {one.dtype}, the other in {two.dtype}"
    elif other.certificate.assumptions or other.manifest.inputs is not None:
        why = "something is assumed of the inputs of the other: its parts would be proved for these"
    if why is not None:
        raise InputError(
            diagnostic(
                "E464",
                "this model cannot stand beside the other",
                notes=[why],
                help="compile both for the same inputs and format",
            )
        )


# -- the parts of both


def _joined(one: ModelWeights, two: ModelWeights, prefix: str) -> ModelWeights:
    """Both side by side: they share BOS, and the read-out is that of the first."""

    def rename(name: str) -> str:
        return prefix + name

    assert one.specification is not None
    assert two.specification is not None
    config = _config(one.config, two.config)
    return ModelWeights(
        config,
        _arrays(one, two, config),
        _circuit(one, two, rename),
        specification=_specification(one.specification, two.specification, rename),
    )


def _config(one: Config, two: Config) -> Config:
    return replace(
        one,
        n_layers=max(one.n_layers, two.n_layers),
        n_heads=one.n_heads + two.n_heads,
        d_model=one.d_model + two.d_model - 1,
        d_head=max(one.d_head, two.d_head),
        d_mlp=one.d_mlp + two.d_mlp,
    )


def _arrays(one: ModelWeights, two: ModelWeights, config: Config) -> dict[str, Array]:
    """Blocks of both, each in its own columns, heads and hidden units; BOS's column is shared."""
    made = {
        name: np.zeros(shape, one.arrays["embed.W_E"].dtype)
        for name, shape in expected_shapes(config).items()
    }
    lanes = np.arange(one.config.d_model), np.arange(two.config.d_model)
    lanes[1][1:] += one.config.d_model - 1
    for weights, marked, own, heads, units in (
        (one, True, lanes[0], 0, 0),
        (two, False, lanes[1], one.config.n_heads, one.config.d_mlp),
    ):
        c = weights.config
        axes = {
            "d": own,
            "h": np.arange(c.n_heads) + heads,
            "k": np.arange(c.d_head),
            "m": np.arange(c.d_mlp) + units,
        }
        for name, array in weights.arrays.items():
            block, _, part = name.rpartition(".")
            if block.startswith("blocks"):
                made[name][np.ix_(*(axes[axis] for axis in AXES[part]))] = array
            elif block != "unembed":
                made[name][:, own] += array if marked else _without_bos(array)
    made["unembed.W_U"][lanes[0]] = one.arrays["unembed.W_U"]
    made["unembed.b_U"][:] = one.arrays["unembed.b_U"]
    return made


def _without_bos(embedded: Array) -> Array:
    """What is embedded but the mark of BOS, which stands there once."""
    rest = embedded.copy()
    rest[:, 0] = 0
    return rest


def _circuit(one: ModelWeights, two: ModelWeights, rename: Rename) -> Manifest:
    ours, theirs, config = one.circuit, two.circuit, one.config
    shift = config.d_model - 1
    directions = (
        NamedDirection(d.index + shift, rename(d.variable), d.values, d.role)
        for d in theirs.directions[1:]
    )
    known = _inputs(one, two)
    places = (_place(v, shift, rename, known) for v in theirs.variables if not v.marks_bos)
    moved = (_component(c, config, rename) for c in theirs.components)
    components = sorted((*ours.components, *moved), key=lambda c: c.order)
    bounds = tuple(replace(b, name=rename(b.name)) for b in theirs.certificate.bounds)
    certificate = ours.certificate
    return replace(
        ours,
        directions=(*ours.directions, *directions),
        variables=(*ours.variables, *places),
        components=tuple(components),
        certificate=replace(certificate, bounds=(*certificate.bounds, *bounds)),
    )


def _inputs(one: ModelWeights, two: ModelWeights) -> dict[str, str]:
    """Of the other's tokens and positions the names that they are set by: there is one input.

    Which variables are the input is specified: what they are called does not tell. An input that
    the model itself does not hold keeps the other's name for it, if that is no name of the model's.
    One that has a single value is held nowhere.
    """
    assert one.specification is not None
    assert two.specification is not None
    ours, theirs = one.circuit, {v.name: v.expression for v in two.circuit.variables}
    held = {v.name: v.expression for v in ours.variables}
    used = {*held.values(), *(f.name for f in ours.fused), *(w.name for w in ours.withheld)}
    found: dict[str, str] = {}
    for own, others in (
        (one.specification.tokens, two.specification.tokens),
        (one.specification.positions, two.specification.positions),
    ):
        here, there = (
            [n for n in names if n in of] for names, of in ((own, held), (others, theirs))
        )
        if here:
            found |= dict.fromkeys(there, held[here[0]])
        else:
            found |= {name: theirs[name] for name in there if theirs[name] not in used}
    return found


def _place(
    place: VariablePlace, shift: int, rename: Rename, inputs: Mapping[str, str]
) -> VariablePlace:
    """Where another's variable lives: it is an expression of its own, unless it is our input."""
    own = rename(place.expression) if place.expression else ""
    return replace(
        place,
        name=rename(place.name),
        start=place.start + shift,
        stop=place.stop + shift,
        expression=inputs.get(place.name, own),
        also_in=tuple(map(rename, place.also_in)),
    )


def _component(component: Component, config: Config, rename: Rename) -> Component:
    shift = config.n_heads if component.kind == "head" else config.d_mlp
    return replace(
        component,
        start=component.start + shift,
        stop=component.stop + shift,
        variable=rename(component.variable),
        reads=tuple(map(rename, component.reads)),
    )


# -- what both must compute


def _specification(one: Specification, two: Specification, rename: Rename) -> Specification:
    return replace(
        one,
        tokens=(*one.tokens, *map(rename, two.tokens)),
        positions=(*one.positions, *map(rename, two.positions)),
        blocks=(*one.blocks, *(_block(block, rename) for block in two.blocks)),
    )


def _block(block: Attention | Function, rename: Rename) -> Attention | Function:
    block = rewritten(block, lambda of: _table(of, rename), lambda of: _total(of, rename))
    return replace(block, variable=rename(block.variable))


def _table(table: Table, rename: Rename) -> Table:
    return replace(table, variables=tuple(map(rename, table.variables)))


def _total(total: Total, rename: Rename) -> Total:
    terms = (Term(rename(term.variable), term.numbers, term.factor) for term in total.terms)
    return replace(total, terms=tuple(terms))
