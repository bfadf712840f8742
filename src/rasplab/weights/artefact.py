"""The weights artefact: named arrays, the configuration, and the circuit that explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.certificate import SPARING, Certificate
from rasplab.craft.specification import HeadKind, Specification
from rasplab.diagnostics import InternalError, Place, counted, read_places
from rasplab.display import Table, brief, html, shorten
from rasplab.rasp.declaration import Declaration
from rasplab.rasp.values import Value
from rasplab.weights.architecture import (
    EMBED,
    Kind,
    Site,
)
from rasplab.weights.config import Config, expected_shapes
from rasplab.weights.frames import Basis, Disguise, Frame, Nominal

BOS_COLUMN: Final = 0
"""The named direction that marks BOS; whatever others are called, they are the program's."""


@dataclass(frozen=True, slots=True)
class NamedDirection:
    """One column of the residual stream."""

    index: int
    variable: str
    values: tuple[Value, ...]
    role: str

    @property
    def label(self) -> str:
        """A short text, such as `tokens:a`."""
        from rasplab.craft import Direction

        return str(Direction(self.variable, self.values, self.role))

    @property
    def marks_bos(self) -> bool:
        """Whether it is 1 at BOS and 0 elsewhere, as the first one is."""
        return self.index == BOS_COLUMN


PartKind: TypeAlias = Literal["head", "mlp"]

Construction: TypeAlias = Literal[HeadKind, "steps", "products", "trained", ""]
"""How a component was made: what a head does with values, how hidden units are built.

`"trained"` was found by gradient descent, `""` is not told.
"""


@dataclass(frozen=True, slots=True)
class Component:
    """A head, or a run of hidden units, and what it implements.

    `start` and `stop` are the hidden units (for a head, its number and the next). `selector` is
    what a head selects by: its name, or how it is written.
    """

    layer: int
    kind: PartKind
    start: int
    stop: int
    variable: str
    expression: str
    place: str
    reads: tuple[str, ...]
    construction: Construction
    selector: str = field(default="", metadata=SPARING)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where in the source it was built: one place, several of a part that implements more."""
        return read_places(self.place)

    @property
    def half(self) -> Kind:
        """Of which half of its layer it is a part."""
        return "attn" if self.kind == "head" else "mlp"

    @property
    def order(self) -> tuple[int, bool, int]:
        """What components are ordered by: as a forward pass comes to them."""
        return self.layer, self.half == "mlp", self.start

    @property
    def is_named(self) -> bool:
        """Whether its variable has a name of its own; else it is called by its formula.

        >>> part = Component(0, "mlp", 0, 1, "n", "x // 2", "", ("x",), "steps")
        >>> part.is_named, replace(part, variable="x // 2").is_named
        (True, False)
        """
        return self.variable != shorten(self.expression, len(self.variable))

    @property
    def equation(self) -> str:
        """`rank = selector_width(before)`, or its formula alone where it is called by that."""
        return f"{self.variable} = {self.expression}" if self.is_named else self.expression


EncodingKind: TypeAlias = Literal["one-hot", "features", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """What stands on a variable's directions for each value that it can take.

    - `"one-hot"`: 1 on the direction of the value; values that no direction has are all zeros.
    - `"features"`: for the value at an index of `values`, the numbers at that index of `rows`.
    - `"number"`: `sign · (value - offset)`, and a 1 on the direction `undefined` if there is one.
    - `"flag"`: 1 at BOS, 0 elsewhere.

    `values` are all that can occur; a number that has too many lies between `low` and `high`.
    """

    kind: EncodingKind
    values: tuple[Value, ...] = ()
    rows: tuple[tuple[float, ...], ...] = ()
    offset: float = 0.0
    sign: float = 1.0
    low: float = 0.0
    high: float = 0.0
    undefined: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class VariablePlace:
    """Where a variable lives: its directions, and from which site on, up to which.

    At the site `written` they hold it for the first time; at `dies`, if that comes, no longer.
    Several places may hold one expression, in different encodings: they share `expression`, which
    is the name that it is set by, and `""` where that would not set it alone.
    `also_in` names the variables that are computed from the same expression without reading any
    of its places.
    """

    name: str
    start: int
    stop: int
    written: Site
    encoding: Encoding = Encoding("flag")
    expression: str = ""
    also_in: tuple[str, ...] = ()
    dies: Site | None = field(default=None, metadata=SPARING)

    def __repr__(self) -> str:
        return brief(self)

    @property
    def columns(self) -> slice:
        """Its directions among all named ones."""
        return slice(self.start, self.stop)

    @property
    def marks_bos(self) -> bool:
        """Whether it is what every model has beside the program's: the mark of BOS."""
        return self.start == BOS_COLUMN

    def lives_at(self, site: Site) -> bool:
        """Whether it can be read at a site."""
        return self.written <= site and (self.dies is None or site < self.dies)


@dataclass(frozen=True, slots=True)
class Fused:
    """A named expression without directions, and the variables whose blocks compute it inside."""

    name: str
    into: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A named expression that is not set by its name, as that would set others with it.

    `why` is `"name"` where others have the same name, and `"place"` where its directions hold
    others as well.
    """

    name: str
    why: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Manifest:
    """The ground truth: directions, components, variables, the program and the certificate.

    `inputs` are those for which the program is meant, if not all. `softness` is the part of every
    margin that was given up for soft attention; `disguise` is what was done to the weights since.
    """

    program: str
    directions: tuple[NamedDirection, ...]
    components: tuple[Component, ...]
    variables: tuple[VariablePlace, ...]
    certificate: Certificate
    optimize: int
    fused: tuple[Fused, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    inputs: Declaration | None = field(default=None, metadata=SPARING)
    softness: float = field(default=0.0, metadata=SPARING)
    disguise: Disguise | None = field(default=None, metadata=SPARING)

    @property
    def compiled(self) -> str:
        """How it was compiled, as one writes it: `optimize=1`, and its softness if it has any."""
        soft = f", softness={self.softness:g}" if self.softness else ""
        return f"optimize={self.optimize}{soft}"

    def holding(self, name: str) -> tuple[VariablePlace, ...]:
        """The places that hold the expression of a name, in whatever encodings.

        >>> import rasplab
        >>> program, vocab = rasplab.programs.get("hist").at(3, 5)
        >>> circuit = rasplab.compile(program, vocab=vocab, max_length=5).manifest
        >>> [place.name for place in circuit.holding("hist")]
        ['hist', 'categorical(hist)']
        """
        return tuple(v for v in self.variables if v.expression == name) if name else ()

    def living(self, site: Site) -> tuple[VariablePlace, ...]:
        """The variables that can be read at a site, in the order in which they were written."""
        alive = [place for place in self.variables if place.lives_at(site)]
        return tuple(sorted(alive, key=lambda place: place.written))

    def __repr__(self) -> str:
        return (
            f"<manifest of {shorten(self.program)}: {counted(len(self.directions), 'direction')}, "
            f"{counted(len(self.components), 'component')}, "
            f"{counted(len(self.variables), 'variable')}>"
        )

    def _repr_html_(self) -> str:
        from rasplab.weights.printer import circuit_tables

        return html(f"manifest of {shorten(self.program)}", *circuit_tables(self))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ModelWeights:
    """Everything that a model is. Arrays have TransformerLens's names and shapes.

    Without `bases` the columns of the residual stream are the named directions; each basis holds
    from its site on, up to the next. The `specification` says what every block must compute; a
    model that is not exact has none. Weights that were disguised have the `nominal` ones, which the
    specification is of, beside them.
    """

    config: Config
    arrays: dict[str, NDArray[np.floating]]
    circuit: Manifest
    bases: Mapping[Site, Basis] = field(default_factory=dict[Site, Basis])
    specification: Specification | None = None
    nominal: Nominal | None = None

    def verify(self) -> None:
        """Check shapes, names and that every direction belongs to one variable.

        Raises:
            InternalError: something does not fit.
        """
        c = self.config
        if {name: a.shape for name, a in self.arrays.items()} != expected_shapes(c):
            raise InternalError("the arrays do not have the names and shapes of the configuration")
        if c.architecture.unbuilt is not None:
            raise InternalError(f"no forward pass is written for {c.architecture.unbuilt}")
        if (c.norm == "none") != (c.norm_epsilon == 0) or not 0 <= c.norm_epsilon < np.inf:
            raise InternalError("norms and their epsilon do not belong together")
        if c != c.bare and self.nominal is None:
            raise InternalError("nothing says of which weights it is that norms or units are")
        if self.specification is not None and not c.bare.architecture.standard:
            raise InternalError("a specification is of layers, each with its own weights")
        named = len(self.circuit.directions)
        if self.plain and named != c.d_model:
            raise InternalError(f"{named} directions, d_model {c.d_model}")
        if self.bases and not EMBED in self.bases.keys() <= set(c.architecture.sites):
            raise InternalError("there is no basis after the embeddings, or one where no site is")
        sizes = {(basis.write.shape, basis.read.shape) for basis in self.bases.values()}
        if sizes - {((named, c.d_model), (c.d_model, named))}:
            raise InternalError("the basis does not have the directions and the stream's columns")
        covered = [i for v in self.circuit.variables for i in range(v.start, v.stop)]
        if sorted(covered) != list(range(named)):
            raise InternalError("a direction belongs to no variable, or to two")
        if self.nominal is not None:
            self._verify_nominal(self.nominal)

    def _verify_nominal(self, nominal: Nominal) -> None:
        c = self.config.bare
        if len(self.circuit.directions) != c.d_model or not self.bases.keys() <= {EMBED}:
            raise InternalError("a disguised stream has one basis, and a column per direction")
        if {name: a.shape for name, a in nominal.arrays.items()} != expected_shapes(c):
            raise InternalError("the nominal arrays do not have the configuration's shapes")
        heads = (c.n_heads, c.d_head, c.d_head)
        blocks = [f"blocks.{n}.attn." for n, kind in c.architecture.blocks if kind == "attn"]
        known = {f"{block}{part}" for block in blocks for part in ("QK", "OV")}
        if not nominal.mixes.keys() <= known or {mix.shape for mix in nominal.mixes.values()} - {
            heads
        }:
            raise InternalError("heads are mixed that there are not")

    @property
    def undisguised(self) -> ModelWeights:
        """The nominal weights as a model of their own; the same weights, where none are disguised.

        Their certificate is that of the disguised ones.
        """
        if self.nominal is None:
            return self
        arrays = dict(self.nominal.arrays)
        return replace(self, config=self.config.bare, arrays=arrays, bases={}, nominal=None)

    @property
    def plain(self) -> bool:
        """Whether the columns of the residual stream are the named directions, all the way."""
        return not self.bases

    def frame(self, site: Site) -> Frame:
        """How the residual stream at a site holds the named directions."""
        before = [known for known in self.bases if known <= site]
        basis = self.bases[max(before)] if before else None
        return Frame(site, len(self.circuit.directions), basis)

    @property
    def tolerance(self) -> float:
        """How far an output that is a number may be off; 0 where it is chosen or rounded."""
        approximate = self.config.numerical and self.config.output_unit is None
        return self.circuit.certificate.output_error if approximate else 0.0

    def parameters(self) -> int:
        """The number of weights and biases."""
        return sum(a.size for a in self.arrays.values())

    def __str__(self) -> str:
        c = self.config
        return (
            f"{counted(c.n_layers, 'layer')}, {counted(c.n_heads, 'head')}, "
            f"d_model {c.d_model}, d_head {c.d_head}, "
            f"d_mlp {c.d_mlp}, {self.parameters()} parameters, {c.dtype}"
        )

    def __repr__(self) -> str:
        return f"<weights of {shorten(self.circuit.program)}: {self}>"

    def _repr_html_(self) -> str:
        rows = [(name, " × ".join(map(str, a.shape)), a.dtype) for name, a in self.arrays.items()]
        title = f"weights of {shorten(self.circuit.program)}"
        return html(title, str(self), Table(("array", "shape", "format"), rows))
