"""Proves of stored weights that every block computes what its specification says.

Block by block, in the order in which they run: from how far off the variables are that it reads to
how far off the one is that it writes, at every position, BOS among them. What is read is what the
arrays hold; nothing is taken from the compiler but the statement that is to be proved.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import FORMATS, Array, Flags, Format, stored_in
from rasplab.checker.attended import Keys, Values, averaged, moved, summed
from rasplab.checker.attention import HeadWeights, Pairing, Scores, Side, scores
from rasplab.checker.hidden import (
    Units,
    Written,
    direction_of,
    silent_at_bos,
    written,
    written_along,
)
from rasplab.checker.stream import (
    Columns,
    Held,
    RefutedError,
    ideal_rows,
    number_row,
    read,
    read_at_bos,
)
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Attention,
    Function,
    Line,
    Specification,
    Table,
    Term,
    Total,
)
from rasplab.rasp.values import Value, identity
from rasplab.weights.artefact import Component, ModelWeights, VariablePlace

FIRST_TOKEN = 2

Decision: TypeAlias = tuple[float, float]
"""What the nearest decision of a block meets, and what it bears."""


@dataclass(frozen=True, slots=True)
class BlockProof:
    """One block: how far off what it writes can be; what its nearest decision meets and bears.

    A head decides between scores: it meets what makes equal ones differ, and bears the gap. A
    hidden unit decides whether it is silent: it meets the error of what it reads, and bears the
    distance to where it would change its mind.
    """

    name: str
    kind: str
    error: float
    at_bos: float
    met: float
    borne: float

    @property
    def margin(self) -> float:
        """What is left of what it bears: 1 is all, 0 nothing."""
        return 1 - self.met / self.borne if self.borne > 0 else -np.inf


@dataclass(frozen=True, slots=True)
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


@dataclass(slots=True)
class _Checker:
    weights: ModelWeights
    specification: Specification
    form: Format
    held: dict[str, Held] = field(default_factory=dict[str, Held])
    blocks: list[BlockProof] = field(default_factory=list[BlockProof])
    taken: list[str] = field(default_factory=list[str])

    @property
    def places(self) -> dict[str, VariablePlace]:
        return {place.name: place for place in self.weights.circuit.variables}


def prove(weights: ModelWeights, dtype: str | None = None) -> Proof:
    """What holds of the stored weights when they run in a format, by default their own.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.length, vocab="ab", max_length=5)
    >>> print(prove(model.weights))  # doctest: +ELLIPSIS
    float32: proved
      length  sum ...
    """
    form, specification = FORMATS[dtype or weights.config.dtype], weights.specification
    if specification is None:
        return Proof(form.name, (), np.inf, -np.inf, (), "it says nowhere what it should compute")
    weights = _cast(weights, form)
    checker = _Checker(weights, specification, form)
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            error, margin = _prove(checker)
    except RefutedError as refuted:
        return Proof(
            form.name, tuple(checker.blocks), np.inf, -np.inf, tuple(checker.taken), str(refuted)
        )
    return Proof(form.name, tuple(checker.blocks), error, margin, tuple(checker.taken))


def _prove(checker: _Checker) -> tuple[float, float]:
    _check_range(checker)
    _check_nothing_else(checker)
    _embeddings(checker)
    blocks = {block.variable: block for block in checker.specification.blocks}
    components = checker.weights.circuit.components
    halves = sorted({(c.layer, c.kind != "head") for c in components})
    for layer, hidden in halves:
        found: dict[str, Held] = {}
        for component in components:
            if (component.layer, component.kind != "head") == (layer, hidden):
                block = blocks.pop(component.variable, None)
                if block is None:
                    raise RefutedError(f"nothing says what {component.variable} should be")
                found[component.variable] = _block(checker, component, block)
        checker.held |= found
    if blocks:
        raise RefutedError(f"nothing computes {', '.join(blocks)}")
    return _output(checker)


# -- the whole


def _cast(weights: ModelWeights, form: Format) -> ModelWeights:
    """The arrays as they are once they are stored in the format."""
    if form.name == weights.config.dtype:
        return weights
    arrays = {name: stored_in(array, form.name) for name, array in weights.arrays.items()}
    return replace(weights, arrays=arrays)


def _check_range(checker: _Checker) -> None:
    for name, array in checker.weights.arrays.items():
        if not np.isfinite(array).all() or (np.abs(array) >= checker.form.largest / 4).any():
            raise RefutedError(f"{name} holds a number that {checker.form.name} has not")
        if checker.weights.basis is not None:
            raise RefutedError("the stream has another basis than the variables")


def _check_nothing_else(checker: _Checker) -> None:
    """Heads and hidden units that no component names must write nothing; BOS's lane is BOS's."""
    config, arrays = checker.weights.config, checker.weights.arrays
    components = checker.weights.circuit.components
    for layer in range(config.n_layers):
        heads, units = np.zeros(config.n_heads, int), np.zeros(config.d_mlp, int)
        for c in components:
            if c.layer == layer:
                (heads if c.kind == "head" else units)[c.start : c.stop] += 1
        if (heads > 1).any() or (units > 1).any():
            raise RefutedError(f"two components of layer {layer} share a part")
        idle = (
            arrays[f"blocks.{layer}.attn.W_O"][heads == 0],
            (arrays[f"blocks.{layer}.mlp.W_out"][units == 0]),
        )
        if any(part.any() for part in idle):
            raise RefutedError(f"a part of layer {layer} that no component names writes something")
    if any(not 0 <= c.layer < config.n_layers for c in components):
        raise RefutedError("a component is in no layer")


def _embeddings(checker: _Checker) -> None:
    config, arrays = checker.weights.config, checker.weights.arrays
    tokens = arrays["embed.W_E"].astype(np.float64)
    positions = arrays["pos_embed.W_pos"].astype(np.float64)
    bos = tokens[0] + positions[0]
    if bos[0] != 1.0 or bos[1:].any() or tokens[1:, 0].any() or positions[1:, 0].any():
        raise RefutedError("the first lane does not mark BOS, or BOS has more than that")
    claimed = np.zeros(config.d_model, np.bool_)
    claimed[0] = True
    for place in checker.weights.circuit.variables:
        if place.encoding.kind == "flag" or place.written != "embed":
            continue
        lane = slice(place.start, place.stop)
        claimed[lane] = True
        ideal = ideal_rows(place, checker.weights.circuit.directions)
        by_token = tokens[FIRST_TOKEN:, lane]
        by_position = positions[1:, lane]
        if by_position.any() and by_token.any():
            raise RefutedError(f"{place.name} is embedded by tokens and by positions")
        stored = by_position if by_position.any() else by_token
        if not stored.any():
            stored = ideal * 0 if len(ideal) not in (len(by_token),) else by_token
        if stored.shape != ideal.shape:
            raise RefutedError(f"{place.name} does not have the values that are embedded")
        checker.held[place.name] = _held(place.start, ideal, np.abs(stored - ideal))
    if tokens[:, ~claimed].any() or positions[:, ~claimed].any():
        raise RefutedError("something is embedded in the lanes of a variable that a block writes")


def _held(start: int, rows: Array, error: Array) -> Held:
    """A variable with the worst error of each coordinate where it is 0, and where not, in parts."""
    zero = rows == 0
    absolute = np.where(zero, error, 0.0).max(axis=0, initial=0.0)
    relative = np.where(zero, 0.0, error / np.where(zero, 1.0, np.abs(rows)))
    nothing = np.zeros(rows.shape[1])
    return Held(start, rows, relative.max(axis=0, initial=0.0), absolute, nothing, nothing)


# -- blocks


def _block(checker: _Checker, component: Component, block: Attention | Function) -> Held:
    place = next(
        (p for p in checker.weights.circuit.variables if p.name == component.variable), None
    )
    if isinstance(block, Function):
        found, margin = _function(checker, component, block, place)
    else:
        found, margin = _attention(checker, component, block, place)
    error = float(found.errors.max(initial=0.0))
    at_bos = float(found.bos_error.max(initial=0.0))
    if not np.isfinite(error) or not np.isfinite(at_bos):
        raise RefutedError(f"{component.variable} is not bounded")
    largest = float(np.abs(found.rows).max(initial=0.0)) + error
    if largest >= checker.form.largest / 4:
        raise RefutedError(f"{component.variable} is beyond what {checker.form.name} holds")
    kind = block.kind if isinstance(block, Attention) else "mlp"
    checker.blocks.append(BlockProof(component.variable, kind, error, at_bos, *margin))
    return found


def _lane(place: VariablePlace | None) -> slice:
    return slice(0, 0) if place is None else slice(place.start, place.stop)


def _reads(checker: _Checker, matrix: Array, what: str) -> list[str]:
    """The variables that a matrix (d_model × columns) reads; all must be written already."""
    rows = np.flatnonzero(matrix.any(axis=1))
    found: list[str] = []
    for row in rows.tolist():
        if row == 0:
            continue
        owner = [n for n, h in checker.held.items() if h.start <= row < h.stop]
        if not owner:
            raise RefutedError(f"{what} reads what has not been written yet")
        if owner[0] not in found:
            found.append(owner[0])
    return found


def _operands(
    checker: _Checker, names: tuple[str, ...], shape: tuple[int, ...], matrix: Array, what: str
) -> list[Held]:
    """The variables of a table, in its order; nothing else may be read."""
    others = set(_reads(checker, matrix, what)) - set(names)
    if others:
        raise RefutedError(f"{what} also reads {', '.join(sorted(others))}")
    found = [
        checker.held.get(name) or _nowhere(count) for name, count in zip(names, shape, strict=True)
    ]
    if [len(h.rows) for h in found] != list(shape):
        raise RefutedError(f"{what} is specified over other values than its variables have")
    return found


def _nowhere(count: int) -> Held:
    """A variable that no reader tells apart, so that it has no directions."""
    nothing = np.zeros(0)
    return Held(0, np.zeros((count, 0)), nothing, nothing, nothing, nothing)


def _function(
    checker: _Checker, component: Component, block: Function, place: VariablePlace | None
) -> tuple[Held, Decision]:
    lane, name = _lane(place), component.variable
    prefix = f"blocks.{component.layer}.mlp."
    arrays = checker.weights.arrays
    some = slice(component.start, component.stop)
    w_out = arrays[f"{prefix}W_out"][some].astype(np.float64)
    if w_out[:, : lane.start].any() or w_out[:, lane.stop :].any():
        raise RefutedError(f"{name} writes to lanes that are not its own")
    units = Units(
        arrays[f"{prefix}W_in"][:, some].astype(np.float64),
        arrays[f"{prefix}b_in"][some].astype(np.float64),
        w_out[:, lane],
        checker.form,
    )
    ideal = _ideal(checker, place, len(block.of.values))
    reads = [checker.held[n] for n in _reads(checker, units.w_in, name)]
    if not silent_at_bos(reads, units):
        raise RefutedError(f"{name} is not silent at BOS")
    if isinstance(block.of, Line):
        found = _along(checker, block.of, units, name)
        codes = block.of.codes
    else:
        table = block.of
        held = _operands(checker, table.variables, table.codes.shape, units.w_in, name)
        found = written(held, units)
        codes = table.codes.ravel()
    possible = codes != IMPOSSIBLE
    target = ideal[codes[possible]]
    error = np.abs(found.value[possible] - target) + found.error[possible]
    worst = _held(lane.start, target, error)
    return Held(
        lane.start, ideal, worst.relative, worst.absolute, worst.bos, worst.bos
    ), found.decision


def _ideal(checker: _Checker, place: VariablePlace | None, count: int) -> Array:
    if place is None:
        return np.zeros((count, 0))
    return ideal_rows(place, checker.weights.circuit.directions)


def _along(checker: _Checker, line: Line, units: Units, name: str) -> Written:
    """Units that read one number, a multiple of the total that the specification names."""
    direction = direction_of(units)[:, None]
    found = _followed(checker, line.total, direction, np.zeros(1), name)
    points = found.factor * (line.points - line.total.constant) + found.shift
    checker.taken.append(f"the number that {name} reads is one of those that are listed")
    return written_along(points, found.error, units)


@dataclass(frozen=True, slots=True)
class _Followed:
    """How one column reads a total: times `factor`, but for its constant and `shift`.

    `error` bounds how far it is off, rounding among it; what is read lies between `low` and `high`.
    """

    factor: float
    shift: float
    error: float
    low: float
    high: float


def _followed(checker: _Checker, total: Total, matrix: Array, bias: Array, what: str) -> _Followed:
    """Term by term: each may be off by a constant, which the bias has to make good."""
    others = set(_reads(checker, matrix, what)) - set(total.variables)
    if others:
        raise RefutedError(f"{what} also reads {', '.join(sorted(others))}")
    parts = [(checker.held[term.variable], term) for term in total.terms]
    numbers = [_numbers(checker, term) for term in total.terms]
    alone = [read([held], matrix, np.zeros(1)) for held, _ in parts]
    factor = _factor(alone, numbers)
    shift, error, low, high, size = float(bias[0]), 0.0, float(bias[0]), float(bias[0]), 0.0
    terms = 1.0
    for columns, wanted in zip(alone, numbers, strict=True):
        if len(wanted) != len(columns.value):
            raise RefutedError(f"{what} is specified over other values than its variables have")
        rest = columns.value[:, 0] - factor * wanted
        shift += float(rest[0])
        off = np.abs(rest - rest[0]) + columns.input_error[:, 0] + columns.own_rounding()[:, 0]
        error += float(off.max())
        low, high = low + float(columns.value.min()), high + float(columns.value.max())
        size += float(columns.size.max())
        terms += float(columns.terms.max())
    rounding = float(checker.form.gamma(terms)) * (size + abs(float(bias[0])))
    return _Followed(factor, shift, error + rounding, low, high)


def _numbers(checker: _Checker, term: Term) -> Array:
    """What a term adds for each row of its variable: for an unlisted number, at both ends."""
    if term.factor is None:
        return np.array(term.numbers)
    encoding = checker.places[term.variable].encoding
    return term.factor * np.array([encoding.low, encoding.high])


def _factor(alone: list[Columns], numbers: list[Array]) -> float:
    """By how much the column multiplies the total, from the term that varies most."""
    best, factor = 0.0, 1.0
    for columns, wanted in zip(alone, numbers, strict=True):
        low, high = int(wanted.argmin()), int(wanted.argmax())
        width = float(wanted[high] - wanted[low])
        if width > best and len(wanted) == len(columns.value):
            best, factor = width, float(columns.value[high, 0] - columns.value[low, 0]) / width
    return factor


# -- attention


def _attention(
    checker: _Checker, component: Component, block: Attention, place: VariablePlace | None
) -> tuple[Held, Decision]:
    arrays, name = checker.weights.arrays, component.variable
    prefix, head = f"blocks.{component.layer}.attn.", component.start
    of = {
        part: arrays[f"{prefix}{part}"][head].astype(np.float64)
        for part in ("W_Q", "b_Q", "W_K", "b_K", "W_V", "b_V", "W_O")
    }
    weights = HeadWeights(of["W_Q"], of["b_Q"], of["W_K"], of["b_K"])
    keys = [checker.held[n] for n in _reads(checker, weights.w_k, name)]
    queries = [checker.held[n] for n in _reads(checker, weights.w_q, name)]
    pairings = [
        Pairing(
            c,
            _side(checker, c.keys, weights.w_k[:, c.start : c.stop], name),
            _side(checker, c.queries, weights.w_q[:, c.start : c.stop], name),
        )
        for c in block.comparisons
    ]
    ranking = None
    if block.ranking is not None:
        column = max((c.stop for c in block.comparisons), default=0)
        side = _side(checker, block.ranking, weights.w_k[:, column : column + 1], name)
        ranking = (side, column)
    found = scores(weights, pairings, ranking, (keys, queries), checker.form)
    written_by = _written_by(of["W_O"], _lane(place), name)
    return _attended(checker, block, place, of, written_by, found)


def _side(checker: _Checker, table: Table, matrix: Array, what: str) -> Side:
    held = _operands(checker, table.variables, table.codes.shape, matrix, what)
    return Side(held, table.codes.ravel())


def _written_by(w_o: Array, lane: slice, name: str) -> tuple[NDArray[np.intp], float]:
    """Which column of the values each direction is written from, and the one factor of all."""
    if w_o[:, : lane.start].any() or w_o[:, lane.stop :].any():
        raise RefutedError(f"{name} writes to lanes that are not its own")
    own = w_o[:, lane]
    columns = np.array([np.flatnonzero(c)[0] if c.any() else 0 for c in own.T], np.intp)
    factors = own[columns, np.arange(own.shape[1])]
    if ((own != 0).sum(axis=0) != 1).any() or len(set(factors.tolist())) > 1:
        raise RefutedError(f"{name} does not write each value as it is")
    return columns, float(factors[0]) if len(factors) else 1.0


def _attended(
    checker: _Checker,
    block: Attention,
    place: VariablePlace | None,
    of: dict[str, Array],
    written_by: tuple[NDArray[np.intp], float],
    found: Scores,
) -> tuple[Held, Decision]:
    columns, scale = written_by
    name, form = block.variable, checker.form
    matrix, bias = of["W_V"][:, columns], of["b_V"][columns]
    if place is None:
        return _nowhere(1), (0.0, np.inf)
    ideal = ideal_rows(place, checker.weights.circuit.directions)
    values = _values(checker, block, place, ideal, matrix, bias)
    always = _always(block)
    if not always and block.kind == "move" and _row_of(place, ideal, block.default) is None:
        checker.taken.append(f"{name} always selects something")
        always = True
    single = _single(block)
    keys = Keys(
        checker.weights.config.max_length,
        1 if single else checker.weights.config.max_length,
        always,
    )
    default = _default_row(place, ideal, block)
    if block.kind == "sum":
        if place.encoding.offset or place.encoding.sign != 1:
            raise RefutedError(f"{name} is a sum that is not counted from 0")
        attended = summed(found, values, keys, scale, form)
        default = None
    elif scale != 1.0:
        raise RefutedError(f"{name} is scaled")
    elif block.kind == "mean":
        attended = averaged(found, values, keys, default, form)
    else:
        if not single and not _alike(block):
            checker.taken.append(f"the values that {name} selects are equal")
        attended = moved(found, values, keys, default, form)
    bos = np.zeros(len(columns)) if default is None else default
    return Held(
        place.start, ideal, attended.relative, attended.absolute, bos, attended.bos_error
    ), (found.spread, attended.margin)


def _default_row(place: VariablePlace, ideal: Array, block: Attention) -> Array | None:
    if block.kind == "sum":
        return None
    if place.encoding.kind == "number":
        if block.default is None:
            return np.array(number_row(place, None))
        if isinstance(block.default, int | float):
            return np.array(number_row(place, block.default))
        return None
    return _row_of(place, ideal, block.default)


def _row_of(place: VariablePlace, ideal: Array, value: Value) -> Array | None:
    if place.encoding.kind == "number":
        return np.zeros(0)
    for known, row in zip(place.encoding.values, ideal, strict=True):
        if identity(known) == identity(value):
            return row
    return None


def _values(
    checker: _Checker,
    block: Attention,
    place: VariablePlace,
    ideal: Array,
    matrix: Array,
    bias: Array,
) -> Values:
    if isinstance(block.values, Total):
        return _values_of_total(checker, block, block.values, place, matrix, bias)
    table = block.values
    held = _operands(checker, table.variables, table.codes.shape, matrix, block.variable)
    columns = read(held, matrix, bias)
    error = columns.error(checker.form)
    codes = table.codes.ravel()
    rows, known = _value_rows(place, ideal, table.values)
    chosen = (codes != IMPOSSIBLE) & known[codes]
    wanted = rows[codes[chosen]]
    off = np.abs(columns.value[chosen] - wanted) + error[chosen]
    largest = (np.abs(columns.value) + error)[codes != IMPOSSIBLE].max(axis=0, initial=0.0)
    bos, bos_error = _at_bos(checker, held, matrix, bias)
    largest = np.maximum(largest, np.abs(bos) + bos_error)
    return Values(wanted, off, largest, bos, bos_error)


def _values_of_total(
    checker: _Checker,
    block: Attention,
    total: Total,
    place: VariablePlace,
    matrix: Array,
    bias: Array,
) -> Values:
    """Numbers that are not listed: only where they end, and how far off they are."""
    if place.encoding.kind != "number":
        raise RefutedError(f"{block.variable} moves numbers that are not listed")
    found = _followed(checker, total, matrix[:, :1], bias[:1], block.variable)
    sign, offset = place.encoding.sign, place.encoding.offset
    off = abs(found.shift - sign * (total.constant - offset)) if found.factor == sign else np.inf
    width = matrix.shape[1]
    if matrix[1:, 1:].any() or bias[1:].any():
        raise RefutedError(f"{block.variable} reads its flag from somewhere")
    rows = np.zeros((2, width))
    rows[:, 0] = found.low, found.high
    errors = np.zeros((2, width))
    errors[:, 0] = found.error + off
    names = _reads(checker, matrix, block.variable)
    bos, bos_error = _at_bos(checker, [checker.held[n] for n in names], matrix, bias)
    largest = np.maximum(np.abs(rows).max(axis=0) + errors[0], np.abs(bos) + bos_error)
    return Values(rows, errors, largest, bos, bos_error)


def _at_bos(checker: _Checker, held: list[Held], matrix: Array, bias: Array) -> tuple[Array, Array]:
    """What columns read at BOS, and how far off."""
    there = read_at_bos(held, matrix, bias)
    return there.value[0], there.error(checker.form)[0]


def _value_rows(
    place: VariablePlace, ideal: Array, values: tuple[Value, ...]
) -> tuple[Array, Flags]:
    """What should be read for each value, and whether there is such a row: what has none, such as
    what is undefined, is never selected.
    """
    width = ideal.shape[1]
    if place.encoding.kind == "number":
        known = np.array([isinstance(v, int | float) for v in values], np.bool_)
        rows = [
            number_row(place, v) if k else [0.0] * width for v, k in zip(values, known, strict=True)
        ]
        return np.array(rows).reshape(len(values), width), known
    index = {identity(v): i for i, v in enumerate(place.encoding.values)}
    found = [index.get(identity(v), -1) if v is not None else -1 for v in values]
    known = np.array([i >= 0 for i in found], np.bool_)
    return np.where(known[:, None], ideal[found], 0.0), known


def _always(block: Attention) -> bool:
    """Whether every query selects a key: all keys, or its own."""
    return all(
        bool(c.holds.all())
        or (
            c.keys.variables == c.queries.variables
            and bool(c.holds[c.keys.codes.ravel(), c.queries.codes.ravel()].all())
        )
        for c in block.comparisons
    )


def _pinned(block: Attention) -> set[str]:
    """The variables that have one value at all keys that one query selects."""
    found: set[str] = set()
    for c in block.comparisons:
        selected = c.holds[c.keys.codes]  # an axis per variable, then the classes of the query
        for axis, name in enumerate(c.keys.variables):
            others = tuple(i for i in range(len(c.keys.variables)) if i != axis)
            if (selected.any(axis=others).sum(axis=0) <= 1).all():
                found.add(name)
    return found


def _single(block: Attention) -> bool:
    return "indices" in _pinned(block)


def _alike(block: Attention) -> bool:
    assert isinstance(block.values, Table)
    defined = [v for v in block.values.values if v is not None]
    return len(defined) <= 1 or set(block.values.variables) <= _pinned(block)


# -- the output


def _output(checker: _Checker) -> tuple[float, float]:
    config = checker.weights.config
    w_u = checker.weights.arrays["unembed.W_U"].astype(np.float64)
    b_u = checker.weights.arrays["unembed.b_U"].astype(np.float64)
    if isinstance(checker.specification.output, Total):
        return _number_as_it_is(checker, checker.specification.output, w_u, b_u)
    table = checker.specification.output
    held = _operands(checker, table.variables, table.codes.shape, w_u, "the output")
    columns = read(held, w_u, b_u)
    codes = table.codes.ravel()
    possible = codes != IMPOSSIBLE
    value = columns.value[possible]
    error = columns.error(checker.form)[possible]
    codes = codes[possible]
    if config.output_values is not None:
        return _choice(config.output_values, table.values, codes, value, error)
    return _number(checker, table.values, codes, value, error)


def _number_as_it_is(
    checker: _Checker, total: Total, w_u: Array, b_u: Array
) -> tuple[float, float]:
    config = checker.weights.config
    if config.output_values is not None or config.output_unit is not None:
        raise RefutedError("the output is chosen among numbers that are not listed")
    found = _followed(checker, total, w_u[:, :1], b_u[:1], "the output")
    if found.factor != 1.0:
        return np.inf, -np.inf
    margin = 1.0
    if config.output_undefined:
        margin = _flag_margin(checker, total, w_u[:, 1:2], b_u[1:2])
    return found.error + abs(found.shift - total.constant), margin


def _flag_margin(checker: _Checker, total: Total, matrix: Array, bias: Array) -> float:
    """How far the flag stays from one half: of defined terms below, of an undefined one above."""
    low, high = float(bias[0]), float(bias[0])
    least = np.inf
    for term in total.terms:
        held, place = checker.held[term.variable], checker.places[term.variable]
        alone = read([held], matrix, np.zeros(1))
        off = alone.error(checker.form)[:, 0]
        values = place.encoding.values or (0, 0)
        undefined = np.array([v is None for v in values])
        defined = np.where(undefined, 0.0, alone.value[:, 0])
        low += float((defined - off).min())
        high += float((defined + off).max())
        if undefined.any():
            least = min(least, float((alone.value[:, 0] - off)[undefined].min()))
        elif place.encoding.undefined:
            flag = held.bos[None] @ matrix[held.start : held.stop]
            least = min(least, float(flag[0, 0]) - float(off.max()))
    return 2 * min(0.5 - high, low + least - 0.5)


def _choice(
    outputs: tuple[Value, ...], values: tuple[Value, ...], codes: Array, value: Array, error: Array
) -> tuple[float, float]:
    """The score of the right value must be the highest, whatever the errors."""
    index = {identity(v): i for i, v in enumerate(outputs)}
    right = np.array([index[identity(v)] for v in values])[codes]
    rows = np.arange(len(codes))
    lowest = (value - error)[rows, right]
    others = (value + error).copy()
    others[rows, right] = -np.inf
    room = float((lowest - others.max(axis=1, initial=-np.inf)).min(initial=np.inf))
    wanted = np.zeros_like(value)
    wanted[rows, right] = 1.0
    off = float((np.abs(value - wanted) + error).max(initial=0.0))
    return off, min(room, 1.0)


def _number(
    checker: _Checker, values: tuple[Value, ...], codes: Array, value: Array, error: Array
) -> tuple[float, float]:
    """The number must be near enough, and being undefined must show."""
    config = checker.weights.config
    numbers = np.array([float(v) if isinstance(v, int | float) else 0.0 for v in values])[codes]
    defined = np.array([v is not None for v in values])[codes]
    off = np.abs(value[:, 0] - numbers) + error[:, 0]
    worst = float(np.where(defined, off, 0.0).max(initial=0.0))
    margin = 1.0
    if config.output_undefined:
        flag = np.abs(value[:, 1] - np.where(defined, 0.0, 1.0)) + error[:, 1]
        margin = 1.0 - 2 * float(flag.max(initial=0.0))
    if config.output_unit is not None:
        margin = min(margin, 1.0 - worst / (config.output_unit * 0.49))
    return worst, margin
