"""The schema of a model's files: what every field may be, and how the fields belong together.

A field is what its type says (`BY_TYPE`), or what a record says more narrowly. What relates fields
to one another is a row of `CONFIG_RELATIONS` or `CIRCUIT_RELATIONS`. All of it is checked before an
array is touched, so no size that a file claims is ever allocated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVarTuple, assert_never, get_args

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.certificate import SPARING, Bound, Certificate
from rasplab.craft.precision import PRECISIONS
from rasplab.craft.specification import BoundKind
from rasplab.rasp.declaration import KINDS, Declaration
from rasplab.rasp.patterns import PatternError, token_pattern
from rasplab.rasp.values import Value, identity
from rasplab.weights.architecture import Activation, Norm, Site, Step
from rasplab.weights.artefact import (
    Component,
    Construction,
    Encoding,
    EncodingKind,
    Fused,
    Manifest,
    NamedDirection,
    PartKind,
    VariablePlace,
    Withheld,
)
from rasplab.weights.config import BOS_ID, FIRST_TOKEN_ID, PAD_ID, Config, expected_shapes
from rasplab.weights.frames import Disguise
from rasplab.weights.schema import (
    FLAG,
    AnyValue,
    Kind,
    ListOf,
    Maybe,
    Number,
    OneOf,
    Record,
    SiteName,
    Text,
    TupleOf,
    Whole,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Arrays: TypeAlias = "Mapping[str, NDArray[np.generic]]"
Parts = TypeVarTuple("Parts")

SIZE = Whole(0, 1 << 28)
"""Of anything counted in a model: no model has more weights (E306)."""

SEED = (1 << 63) - 1
"""The greatest seed."""

FORMAT = OneOf(tuple(PRECISIONS))
ERROR = Number(least=0.0, infinite=True)
"""An error may be unbounded, in a block that is not exact."""

BY_TYPE: dict[str, Kind] = {
    "int": SIZE,
    "bool": FLAG,
    "str": Text(),
    "float": Number(),
    "float | None": Maybe(Number()),
    "tuple[str, ...]": ListOf(Text()),
    "tuple[Value, ...]": ListOf(AnyValue()),
    "tuple[Value, ...] | None": Maybe(ListOf(AnyValue())),
    "Site": SiteName(),
    "Site | None": SiteName(),  # left out where there is none
    "Activation": OneOf(get_args(Activation)),
    "Norm": OneOf(get_args(Norm)),
    "BoundKind": OneOf(get_args(BoundKind)),
    "Construction": OneOf(get_args(Construction)),
    "EncodingKind": OneOf(get_args(EncodingKind)),
    "PartKind": OneOf(get_args(PartKind)),
    "tuple[tuple[float, ...], ...]": ListOf(TupleOf((Number(),), repeated=True)),
    "tuple[tuple[str, float], ...]": ListOf(TupleOf((Text(), Number()))),
    "tuple[tuple[Value, ...], ...]": ListOf(TupleOf((AnyValue(),), repeated=True)),
}
"""What a field of a dataclass is, by its type."""


def _record(
    of: type[DataclassInstance], /, *, leaving_out: Iterable[str] = (), **narrower: Kind
) -> Record:
    """A dataclass's fields, which make one."""
    named = [f for f in fields(of) if f.name not in leaving_out]
    sparing = frozenset(f.name for f in named if f.metadata == SPARING)
    kinds = {f.name: narrower.get(f.name) or BY_TYPE[str(f.type)] for f in named}
    return Record(kinds, sparing, of)


CONFIG = _record(
    Config,
    leaving_out=("vocabulary",),
    n_ctx=Whole(2, SIZE.most),
    dtype=FORMAT,
    steps=Maybe(ListOf(_record(Step, kind=OneOf(("attn", "mlp"))))),
)
TOKENIZER = Record(
    {
        "bos_id": OneOf((BOS_ID,)),
        "pad_id": OneOf((PAD_ID,)),
        "tokens": ListOf(Record({"id": SIZE, "value": AnyValue()})),
    }
)
CERTIFICATE = _record(
    Certificate,
    precision=FORMAT,
    bounds=ListOf(
        _record(Bound, error=ERROR, met=Number(infinite=True), borne=Number(infinite=True))
    ),
    output_error=ERROR,
    output_size=Number(least=0.0),
    tolerated=Number(least=0.0),
    other_formats=ListOf(TupleOf((FORMAT, FLAG, Number(nan=True)))),
)
ENCODING = _record(Encoding)
CIRCUIT = _record(
    Manifest,
    directions=ListOf(_record(NamedDirection)),
    components=ListOf(_record(Component)),
    variables=ListOf(_record(VariablePlace, encoding=ENCODING)),
    certificate=CERTIFICATE,
    optimize=OneOf((0, 1)),
    fused=ListOf(_record(Fused)),
    withheld=ListOf(_record(Withheld, why=OneOf(("name", "place")))),
    inputs=_record(Declaration, kind=OneOf(KINDS)),
    softness=Number(least=0.0),
    disguise=_record(
        Disguise, noise=Number(least=0.0), lighter=Number(least=0.0), seed=Whole(0, SEED)
    ),
)


# -- relations


@dataclass(frozen=True, slots=True)
class Relation(Generic[*Parts]):
    """What must hold between fields; `holds` is given the configuration, or it and the circuit."""

    says: str
    holds: Callable[[*Parts], bool]


def _tells_apart(values: Iterable[Value]) -> bool:
    keys = [identity(value) for value in values]
    return len(set(keys)) == len(keys)


CONFIG_RELATIONS: tuple[Relation[Config], ...] = (
    Relation("the vocabulary has a token", lambda c: len(c.vocabulary) > 0),
    Relation("tokens differ and are defined", lambda c: _tells_apart((None, *c.vocabulary))),
    Relation(
        "d_vocab is the number of tokens, BOS and PAD",
        lambda c: c.d_vocab == len(c.vocabulary) + FIRST_TOKEN_ID,
    ),
    Relation("output values differ", lambda c: _tells_apart(c.output_values or ())),
    Relation(
        "d_out is the number of output values, or a number and its flag",
        lambda c: c.d_out == _outputs(c) > 0,
    ),
    Relation(
        "only numbers have a unit, and it is above 0",
        lambda c: c.output_unit is None or (c.numerical and c.output_unit > 0),
    ),
    Relation(
        "without layers there are no heads and units", lambda c: c.n_layers > 0 or _inner(c) == 0
    ),
    Relation("steps are in order, of blocks that there are", lambda c: _in_order(c)),
    Relation(
        "norms, and nothing else, have an epsilon above 0 and lanes of their own",
        lambda c: (c.norm == "none") == (c.norm_epsilon == 0) and c.bare.d_model > 0,
    ),
    Relation("heads have a size", lambda c: (c.n_heads > 0) == (c.d_head > 0)),
)


def _outputs(c: Config) -> int:
    return 1 + c.output_undefined if c.output_values is None else len(c.output_values)


def _inner(c: Config) -> int:
    return c.n_heads + c.d_head + c.d_mlp


def _in_order(c: Config) -> bool:
    """Whether a schedule is one: each layer once, every block used, iterations counted up."""
    if c.steps is None:
        return True
    sites, seen = [step.site for step in c.steps], dict[tuple[int, str], int]()
    for step in c.steps:
        if step.iteration != seen.get((step.block, step.kind), 0):
            return False
        seen[step.block, step.kind] = step.iteration + 1
    layers, blocks = dict.fromkeys(site.layer for site in sites), {block for block, _ in seen}
    return (
        sites == sorted(set(sites))
        and list(layers) == list(range(len(layers)))
        and len(blocks) == c.n_layers == 1 + max(blocks, default=-1)
    )


CIRCUIT_RELATIONS: tuple[Relation[Config, Manifest], ...] = (
    Relation(
        "directions are numbered in their order",
        lambda c, t: [d.index for d in t.directions] == list(range(len(t.directions))),
    ),
    Relation("variables lie side by side", lambda c, t: _side_by_side(t)),
    Relation(
        "the first direction alone marks BOS",
        lambda c, t: all(
            v.stop == 1 and v.encoding.kind == "flag" for v in t.variables if v.marks_bos
        ),
    ),
    Relation("a direction is of its variable", lambda c, t: _of_its_variable(t)),
    Relation(
        "variables are written by a layer of the model",
        lambda c, t: all(_is_site(c, v.written) for v in t.variables),
    ),
    Relation(
        "variables die after they are written, where a layer of the model writes",
        lambda c, t: all(_dies_in_time(c, v) for v in t.variables),
    ),
    Relation(
        "variables hold their values as they can", lambda c, t: all(map(_fits_place, t.variables))
    ),
    Relation(
        "components are parts of the model", lambda c, t: all(_inside(c, k) for k in t.components)
    ),
    Relation(
        "components read variables",
        lambda c, t: {n for k in t.components for n in k.reads} <= {v.name for v in t.variables},
    ),
    Relation("the certificate is for the format", lambda c, t: t.certificate.precision == c.dtype),
    Relation(
        "the certificate is of such an output", lambda c, t: t.certificate.numerical == c.numerical
    ),
    Relation(
        "the output's unit is no finer than floats of its size",
        lambda c, t: c.output_unit is None or t.certificate.output_size <= c.output_unit * 2.0**53,
    ),
    Relation("the softness is below 1", lambda c, t: t.softness < 1),
    Relation("the declared inputs are such as the model takes", lambda c, t: _takes(c, t.inputs)),
)


def _takes(c: Config, declared: Declaration | None) -> bool:
    """Checked without drawing any: a file may claim any length."""
    if declared is None:
        return True
    if declared.kind == "pattern":
        try:
            token_pattern(declared.text, c.vocabulary)
        except PatternError:
            return False
    known = set(map(identity, c.vocabulary))
    listed = declared.sequences
    needed = declared.kind in ("list", "examples") or declared.whole
    return bool(listed) == needed and all(
        0 < len(s) <= c.max_length and known.issuperset(map(identity, s)) for s in listed
    )


def _side_by_side(t: Manifest) -> bool:
    """Checked by their ends alone: a range that a file claims may be of any size."""
    ends = sorted((v.start, v.stop) for v in t.variables)
    starts = [start for start, _ in ends]
    return all(start < stop for start, stop in ends) and [*starts, len(t.directions)] == [
        0,
        *(stop for _, stop in ends),
    ]


def _of_its_variable(t: Manifest) -> bool:
    return all(d.variable == v.name for v in t.variables for d in t.directions[v.start : v.stop])


def _is_site(c: Config, site: Site) -> bool:
    """Checked by its number alone: a file may claim any number of layers."""
    if c.steps is None:
        return site.layer < c.n_layers
    return site in c.architecture.sites


def _dies_in_time(c: Config, v: VariablePlace) -> bool:
    return v.dies is None or (v.written < v.dies and _is_site(c, v.dies))


def _fits_place(v: VariablePlace) -> bool:
    e, width = v.encoding, v.stop - v.start
    match e.kind:
        case "flag":
            return width == 1
        case "features":
            return len(e.rows) == len(e.values) and all(len(row) == width for row in e.rows)
        case "number":
            return e.sign != 0 and e.low <= e.high
        case "one-hot":
            return not e.rows
        case _:
            assert_never(e.kind)


def _inside(c: Config, part: Component) -> bool:
    count = c.n_heads if part.kind == "head" else c.d_mlp
    return part.layer < c.n_layers and part.start < part.stop <= count


def check(relations: Iterable[Relation[*Parts]], *parts: *Parts) -> None:
    """Refuse what does not belong together.

    Raises:
        ValueError: with the first relation that does not hold.
    """
    for relation in relations:
        if not relation.holds(*parts):
            raise ValueError(f"it does not hold that {relation.says}")


# -- arrays

STORED_AS = {
    "float64": ("float64",),
    "float32": ("float32",),
    "bfloat16": ("float32",),
    "float16": ("float16", "float32"),
}
"""The formats of the arrays of a model for each format; NumPy has no bfloat16."""


def check_arrays(config: Config, stored: Arrays) -> None:
    """Refuse arrays that the configuration does not have, in other formats, or not finite.

    Raises:
        ValueError: with the name of the array.
    """
    if config.n_layers > len(stored):  # before there are names for so many layers
        raise ValueError(f"there are no arrays for {config.n_layers} layers")
    if {name: a.shape for name, a in stored.items()} != expected_shapes(config):
        raise ValueError("arrays do not have the configuration's names and shapes")
    check_numbers(stored, STORED_AS[config.dtype])


def check_numbers(stored: Arrays, formats: Iterable[str]) -> None:
    """Refuse arrays in other formats than these, or that hold NaN or infinity.

    Raises:
        ValueError: with the name of the array.
    """
    for name, array in stored.items():
        if str(array.dtype) not in formats:
            raise ValueError(f"the array {name} is in {array.dtype}")
        if not np.isfinite(array).all():
            raise ValueError(f"the array {name} holds numbers that are not finite")
