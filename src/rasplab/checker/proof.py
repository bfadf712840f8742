"""Proves of stored weights that every block computes what its specification says.

Block by block, in the order in which they run: from how far off the variables are that it reads to
how far off the one is that it writes, at every position, BOS among them. What is read is what the
arrays hold; nothing is taken from the compiler but the statement that is to be proved.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from rasplab.checker.arithmetic import AS_IT_STANDS, FORMATS, Format, Reading, stored_in
from rasplab.checker.disguise import Disguise
from rasplab.checker.dressing import undressed
from rasplab.checker.functions import function
from rasplab.checker.heads import attention
from rasplab.checker.known import (
    Known,
    with_errors,
)
from rasplab.checker.output import output
from rasplab.checker.padding import finite_at_padding
from rasplab.checker.stated import check_places, check_stated
from rasplab.checker.stream import (
    Held,
    RefutedError,
    as_read,
    ideal_rows,
)
from rasplab.craft.specification import Attention, BlockKind, Function
from rasplab.diagnostics import (
    InputError,
    InternalError,
    counted,
    diagnostic,
    long_work,
    shown,
    step,
)
from rasplab.display import Table as Shown
from rasplab.display import html
from rasplab.rasp.values import identity
from rasplab.weights.artefact import Component, ModelWeights

PADDING, FIRST_TOKEN = 1, 2
UNFIT = (
    InternalError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What comes of a manifest whose parts do not fit together."""

HEAD_PARTS = ("W_Q", "b_Q", "W_K", "b_K", "W_V", "b_V", "W_O")


@dataclass(frozen=True, slots=True)
class BlockProof:
    """One block: how far off what it writes can be; what its nearest decision meets and bears.

    A head decides between scores: it meets what makes equal ones differ, and bears the gap. A
    hidden unit decides whether it is silent: it meets the error of what it reads, and bears the
    distance to where it would change its mind. One that may be either decides nothing: the error
    passes on, to `error`.
    """

    name: str
    kind: BlockKind
    error: float
    at_bos: float
    met: float
    borne: float

    @property
    def margin(self) -> float:
        """What is left of what it bears: 1 is all, 0 nothing."""
        return 1 - self.met / self.borne if self.borne > 0 else -np.inf


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """What was proved of stored weights in one format.

    `margin` is what is left at the output, from 1 (untouched) to 0: of the distance between the
    right score and the next, or of the distance of two numbers. `output_error` is how far a score,
    or the number, is off. `taken` lists what the specification states of variables together, and
    the proof takes as given: that values which are selected at once are equal, say.
    """

    format: str
    blocks: tuple[BlockProof, ...]
    output_error: float
    margin: float
    taken: tuple[str, ...] = ()
    refuted: str = ""

    @property
    def holds(self) -> bool:
        """Whether the model is proved to compute what its specification says."""
        return not self.refuted and self.margin > 0

    def __str__(self) -> str:
        verdict = "proved" if self.holds else f"NOT proved: {self.refuted or 'no margin is left'}"
        lines = [f"{self.format}: {verdict}"]
        width = max((len(b.name) for b in self.blocks), default=4)
        for b in self.blocks:
            lines.append(
                f"  {b.name:{width}}  {b.kind:8}  within {b.error:.1e}, at BOS {b.at_bos:.1e}, "
                f"margin {b.margin:.4f}"
            )
        lines.append(f"  output within {self.output_error:.1e}, margin {self.margin:.4f}")
        return "\n".join([*lines, *(f"  taken as given: {t}" for t in self.taken)])

    def __repr__(self) -> str:
        verdict = "proved" if self.holds else "NOT proved"
        return (
            f"<proof in {self.format}: {verdict}, {counted(len(self.blocks), 'block')}, "
            f"margin {self.margin:.4f}, output within {self.output_error:.1e}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            (b.name, b.kind, f"{b.error:.1e}", f"{b.at_bos:.1e}", f"{b.margin:.4f}")
            for b in self.blocks
        ]
        blocks = Shown(("block", "kind", "error", "at BOS", "margin"), rows)
        taken = [f"taken as given: {taken}" for taken in self.taken]
        return html(repr(self)[1:-1], self.refuted, blocks, *taken)


def prove(
    weights: ModelWeights,
    dtype: str | None = None,
    *,
    within: float | None = None,
    reading: Reading = AS_IT_STANDS,
) -> Proof:
    """What holds of the stored weights when they run in a format, by default their own.

    A number that is returned as it comes may be off by what the model's certificate says, or by
    `within`. In another architecture, blocks read the stream with the error that `reading` states.

    Raises:
        InputError: E410, there is no such format.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.length, vocab="ab", max_length=5)
    >>> print(prove(model.weights))  # doctest: +ELLIPSIS
    float32: proved
      length  sum ...
    """
    return followed(weights, dtype, within=within, reading=reading)[0]


def followed(
    weights: ModelWeights,
    dtype: str | None = None,
    *,
    within: float | None = None,
    reading: Reading = AS_IT_STANDS,
) -> tuple[Proof, dict[str, Held]]:
    """The proof, and of every variable what its coordinates are proved to be, as far as it went."""
    name = dtype or weights.config.dtype
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        finding = diagnostic("E410", f"{shown(name)} is no number format", help=f"use {known}")
        raise InputError(finding)
    form, specification = replace(FORMATS[name], reading=reading), weights.specification
    if specification is None:
        why = "it says nowhere what it should compute"
        return Proof(form.name, (), np.inf, -np.inf, (), why), {}
    try:
        stored, form = undressed(_stored(weights, form), form)
        if not 16 * form.reading.epsilon < form.largest:
            raise RefutedError(f"ε is beyond what {form.name} holds")
        form = replace(form, largest=form.largest / form.reading.sharp)
    except (RefutedError, *UNFIT) as refuted:
        return Proof(form.name, (), np.inf, -np.inf, (), _why(refuted)), {}
    known = Known(stored.undisguised, specification, form)
    blocks: list[BlockProof] = []
    try:
        quiet = np.errstate(over="ignore", invalid="ignore", divide="ignore")
        with quiet, long_work(f"proving a model in {form.name}"):
            if stored.nominal is not None:
                known.disguise = _disguise(stored, form)
            elif form.reading.epsilon:
                raise RefutedError("nothing says how large the mean of its stream can be")
            error, margin = _prove(known, blocks)
            if not error >= 0 or np.isnan(margin):
                raise RefutedError("the output is not bounded")
    except (RefutedError, *UNFIT) as refuted:
        proof = Proof(form.name, tuple(blocks), np.inf, -np.inf, tuple(known.taken), _why(refuted))
        return proof, known.held
    if weights.config.numerical and weights.config.output_unit is None:
        allowed = _allowed(weights, form) if within is None else within
        margin = margin if error <= allowed else float(np.minimum(1.0 - error / allowed, margin))
    return Proof(form.name, tuple(blocks), error, margin, tuple(known.taken)), known.held


def _why(refuted: Exception) -> str:
    if isinstance(refuted, RefutedError):
        return str(refuted)
    return f"its parts do not fit together: {refuted}"


def _disguise(stored: ModelWeights, form: Format) -> Disguise:
    """What disguised weights add to the proof of the nominal ones, both stored in the format."""
    stored.verify()
    _check_numbers(stored, form)
    return Disguise.of(stored, form)


def _allowed(weights: ModelWeights, form: Format) -> float:
    """How far a number may be off: as recorded for the model's format; in others, as for any."""
    certificate = weights.circuit.certificate
    own = form.name == weights.config.dtype
    return certificate.output_error if own else certificate.tolerated


def _prove(known: Known, blocks: list[BlockProof]) -> tuple[float, float]:
    known.weights.verify()
    if known.specification.causal is not known.weights.config.causal:
        raise RefutedError("it is masked in another way than is specified")
    check_places(known.weights.circuit.variables)
    check_stated(known.specification)
    _check_range(known)
    _check_nothing_else(known)
    _embeddings(known)
    stated = {block.variable: block for block in known.specification.blocks}
    components = known.weights.circuit.components
    layers = range(known.weights.config.n_layers)
    for layer, hidden in itertools.product(layers, (False, True)):
        found: dict[str, Held] = {}
        for component in components:
            if (component.layer, component.kind != "head") == (layer, hidden):
                step(f"proof of {component.variable}, {len(blocks) + 1} of {len(components)}")
                block = stated.pop(component.variable, None)
                if block is None:
                    raise RefutedError(f"nothing says what {component.variable} should be")
                held, proof = _block(known, component, block)
                found[component.variable] = held
                blocks.append(proof)
        known.settle(layer, hidden=hidden, new=found)
    if stated:
        raise RefutedError(f"nothing computes {', '.join(stated)}")
    if not finite_at_padding(known):
        known.taken.append("what stands at padding is finite")
    return output(known)


def _stored(weights: ModelWeights, form: Format) -> ModelWeights:
    """The arrays, nominal ones as well, as they are once they are stored in the format."""
    arrays = {name: stored_in(array, form.name) for name, array in weights.arrays.items()}
    nominal = weights.nominal
    if nominal is not None:
        own = {name: stored_in(array, form.name) for name, array in nominal.arrays.items()}
        nominal = replace(nominal, arrays=own)
    return replace(weights, arrays=arrays, nominal=nominal)


def _check_numbers(weights: ModelWeights, form: Format) -> None:
    for name, array in weights.arrays.items():
        ends = array.min(initial=0.0), array.max(initial=0.0)
        if not np.isfinite(ends).all() or max(-ends[0], ends[1]) >= form.largest / 4:
            raise RefutedError(f"{name} holds a number that {form.name} has not")


def _check_range(known: Known) -> None:
    _check_numbers(known.weights, known.form)
    if not known.weights.plain:
        raise RefutedError("the stream has another basis than the variables")
    if not known.weights.config.architecture.standard:
        raise RefutedError("the steps are not attention and MLP, layer by layer")


def _check_nothing_else(known: Known) -> None:
    """Heads and hidden units that no component names must be 0: then they write nothing."""
    config, arrays = known.weights.config, known.weights.arrays
    components = known.weights.circuit.components
    for layer in range(config.n_layers):
        heads, units = np.zeros(config.n_heads, int), np.zeros(config.d_mlp, int)
        for c in components:
            if c.layer == layer:
                (heads if c.kind == "head" else units)[c.start : c.stop] += 1
        if (heads > 1).any() or (units > 1).any():
            raise RefutedError(f"two components of layer {layer} share a part")
        block = f"blocks.{layer}."
        idle = [arrays[f"{block}attn.{part}"][heads == 0] for part in HEAD_PARTS]
        idle += [arrays[f"{block}mlp.W_in"][:, units == 0], arrays[f"{block}mlp.b_in"][units == 0]]
        idle += [arrays[f"{block}mlp.W_out"][units == 0]]
        if any(part.any() for part in idle):
            raise RefutedError(f"layer {layer} has a part that is not 0, and that nothing names")
    if any(not 0 <= c.layer < config.n_layers for c in components):
        raise RefutedError("a component is in no layer")


def _check_size(held: Held, name: str, form: Format) -> None:
    largest = float(np.abs(held.rows).max(initial=0.0)) + float(held.errors.max(initial=0.0))
    if not largest < form.largest / 4:  # nor is it where it is not a number
        raise RefutedError(f"{name} is beyond what {form.name} holds")


def _embeddings(known: Known) -> None:
    config, arrays = known.weights.config, known.weights.arrays
    tokens = arrays["embed.W_E"].astype(np.float64)
    positions = arrays["pos_embed.W_pos"].astype(np.float64)
    bos = tokens[0] + positions[0]
    if bos[0] != 1.0 or bos[1:].any() or tokens[1:, 0].any() or positions[1:, 0].any():
        raise RefutedError("the first lane does not mark BOS, or BOS has more than that")
    if tokens[PADDING].any():  # what is not finite there would spread, though nobody looks at it
        raise RefutedError("padding has a value")
    claimed = np.zeros(config.d_model, np.bool_)
    claimed[0] = True
    for place in known.weights.circuit.variables:
        if place.encoding.kind == "flag" or place.written != "embed":
            continue
        lane = slice(place.start, place.stop)
        claimed[lane] = True
        ideal = ideal_rows(place, known.weights.circuit.directions)
        by_token = tokens[FIRST_TOKEN:, lane]
        by_position = positions[1:, lane]
        if by_position.any() and by_token.any():
            raise RefutedError(f"{place.name} is embedded by tokens and by positions")
        stored = by_position if by_position.any() else by_token
        if stored.shape != ideal.shape:
            raise RefutedError(f"{place.name} does not have the values that are embedded")
        embedded = range(config.max_length) if by_position.any() else config.vocabulary
        if list(map(identity, place.encoding.values)) != list(map(identity, embedded)):
            raise RefutedError(f"{place.name} stands for other values than are embedded")
        stated = known.specification.positions if by_position.any() else known.specification.tokens
        if place.name not in stated and stored.any():
            raise RefutedError(f"{place.name} is embedded in another way than is specified")
        if by_position.any():
            known.positional.add(place.name)
        held = with_errors(place.start, ideal, np.abs(stored - ideal))
        _check_size(held, place.name, known.form)
        known.held[place.name] = as_read(held, known.form)
    if tokens[:, ~claimed].any() or positions[:, ~claimed].any():
        raise RefutedError("something is embedded in the lanes of a variable that a block writes")
    if known.disguise is not None:
        known.held = known.disguise.embedded(known.held)


def _block(
    known: Known, component: Component, block: Attention | Function
) -> tuple[Held, BlockProof]:
    if component.kind not in ("head", "mlp"):
        raise RefutedError(f"{component.variable} is neither a head nor hidden units")
    if isinstance(block, Attention) != (component.kind == "head"):
        raise RefutedError(f"{component.variable} is computed by another kind of part")
    if isinstance(block, Attention) and component.stop != component.start + 1:
        raise RefutedError(f"{component.variable} is computed by one head")
    if component.variable in known.held:
        raise RefutedError(f"{component.variable} is written twice")
    place = next((p for p in known.weights.circuit.variables if p.name == component.variable), None)
    if isinstance(block, Function):
        found, margin = function(known, component, block, place)
    else:
        found, margin = attention(known, component, block, place)
    error = float(found.errors.max(initial=0.0))
    at_bos = float(found.bos_error.max(initial=0.0))
    if not np.isfinite(error) or not np.isfinite(at_bos):
        raise RefutedError(f"{component.variable} is not bounded")
    _check_size(found, component.variable, known.form)
    kind = block.kind if isinstance(block, Attention) else "mlp"
    return found, BlockProof(component.variable, kind, error, at_bos, *margin)
