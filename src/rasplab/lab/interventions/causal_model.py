"""The program as a causal model: a variable per named expression and position.

Its parts are shaped as in pyvene's `CausalModel` and the like: `variables`, and per variable its
`values`, its `parents`, and a function of them.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.display import Table, html, shorten
from rasplab.rasp import expressions as ex
from rasplab.rasp.evaluate import evaluate_from
from rasplab.rasp.interventions import unknown_variable
from rasplab.rasp.naming import Naming, name_computations
from rasplab.rasp.sequence import read_sequence, whole
from rasplab.rasp.values import Value
from rasplab.weights.artefact import Manifest, VariablePlace
from rasplab.weights.config import Config

if TYPE_CHECKING:
    from rasplab.model import Model

Setting = dict[str, Value]
OUTPUT = "output"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CausalModel:
    """A program on sequences of one length.

    `variables` are in an order in which parents come first. `places` has, for those that the
    network holds, the places of their expression; the position is the variable's own.
    """

    length: int
    variables: list[str]
    values: dict[str, list[Value]]
    parents: dict[str, list[str]]
    functions: dict[str, Callable[..., Value]]
    places: dict[str, tuple[VariablePlace, ...]]

    @property
    def children(self) -> dict[str, list[str]]:
        """Per variable those that are functions of it."""
        found: dict[str, list[str]] = {variable: [] for variable in self.variables}
        for variable in self.variables:
            for parent in self.parents[variable]:
                found[parent].append(variable)
        return found

    @property
    def inputs(self) -> list[str]:
        """The variables without parents."""
        return [variable for variable in self.variables if not self.parents[variable]]

    @property
    def outputs(self) -> list[str]:
        """The variables without children."""
        children = self.children
        return [variable for variable in self.variables if not children[variable]]

    def inputs_of(self, sequence: Iterable[object]) -> Setting:
        """The setting of the tokens that a sequence is.

        Raises:
            InputError: E432 for a sequence of another length, E401 and E402 for none.
        """
        tokens = read_sequence(sequence)
        if len(tokens) != self.length:
            raise InputError(
                diagnostic(
                    "E432",
                    f"{len(tokens)} tokens were given to a causal model for {self.length}",
                    help=f"make one with `length={len(tokens)}`",
                )
            )
        read = self._tokens()  # none, where the program does not read them
        return dict(zip(read, tokens, strict=bool(read)))

    def run_forward(self, intervention: Mapping[str, Value] | None = None) -> Setting:
        """The value of every variable, where some are set; tokens that are not have the first.

        Raises:
            InputError: E431 for a variable that is not there.
            ProgramError: the program has no value there.
        """
        held = dict(intervention or {})
        for name in held:
            if name not in self.parents:
                raise InputError(unknown_variable(name, self.variables, "the causal model"))
        found: Setting = {}
        for variable in self.variables:
            parts = [found[parent] for parent in self.parents[variable]]
            found[variable] = (
                held[variable] if variable in held else self.functions[variable](*parts)
            )
        return found

    def run_interchange(
        self, base: Mapping[str, Value], sources: Mapping[str, Mapping[str, Value]]
    ) -> Setting:
        """The values on `base`, with each variable of `sources` as it is on its own source."""
        held = dict(base)
        for variable, source in sources.items():
            held[variable] = self.run_forward(source)[variable]
        return self.run_forward(held)

    def _tokens(self) -> list[str]:
        """The variables that are the input sequence."""
        functions = self.functions
        return [v for v in self.variables if getattr(functions[v], "of", None) == "tokens"]

    def __repr__(self) -> str:
        return f"<causal model on {self.length} tokens: {counted(len(self.variables), 'variable')}>"

    def __str__(self) -> str:
        return "\n".join([repr(self)[1:-1], *("  " + "  ".join(row) for row in self._rows())])

    def _repr_html_(self) -> str:
        return html(repr(self)[1:-1], Table(("variable", "parents", "values"), self._rows()))

    def _rows(self) -> list[tuple[str, str, str]]:
        rows: list[tuple[str, str, str]] = []
        for name in self.variables:
            values = shorten(", ".join(map(repr, self.values[name])), 60)
            rows.append((name, f"({', '.join(self.parents[name])})", values))
        return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Input:
    """An input that nobody set: the first token of the vocabulary, or the position."""

    of: str
    value: Value

    def __call__(self) -> Value:
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class _Mechanism:
    """A named expression at one position, as a function of others at theirs.

    `parents` are all expressions that are one computation (by `id`), and a position.
    """

    expression: ex.SOp
    position: int
    length: int
    causal: bool
    parents: tuple[tuple[tuple[int, ...], int], ...]

    def __call__(self, *values: Value) -> Value:
        known: dict[int, list[Value]] = {}
        for (same, position), value in zip(self.parents, values, strict=True):
            for one in same:
                known.setdefault(one, [None] * self.length)[position] = value
        row = evaluate_from(self.expression, known, length=self.length, causal=self.causal)
        return row[self.position]


def causal_model(model: Model, length: int | None = None) -> CausalModel:
    """The causal model of a compiled program; see `Model.causal_model`."""
    config = model.config
    if model.program is None:
        raise InputError(
            diagnostic(
                "E411",
                "this model was loaded without its program, which its causal model is",
                help="compile it again, or pass the program: `rasplab.Model(weights, program)`",
            )
        )
    n = config.max_length if length is None else whole(length)
    if n is None or not 0 < n <= config.max_length:
        raise InputError(
            diagnostic(
                "E432",
                f"a causal model cannot be for sequences of {length!r} tokens",
                help=f"give a length from 1 to {config.max_length}",
            )
        )
    return _Builder(model.program, config, model.manifest, n).build()


@dataclass(slots=True, eq=False)
class _Builder:
    program: ex.SOp
    config: Config
    circuit: Manifest
    length: int

    def build(self) -> CausalModel:
        naming = name_computations(self.program)
        named = self._named(naming)
        variables: list[str] = []
        parents: dict[str, list[str]] = {}
        functions: dict[str, Callable[..., Value]] = {}
        for name, expression in named.items():
            for position in range(self.length):
                variable = f"{name}[{position}]"
                variables.append(variable)
                reads = self._parents(naming, named, expression, position)
                parents[variable] = [f"{parent}[{at}]" for parent, at in reads]
                same = [(naming.number[id(named[parent])], at) for parent, at in reads]
                ids = [(tuple(map(id, naming.members[number])), at) for number, at in same]
                functions[variable] = self._function(expression, position, tuple(ids))
        names = {f"{name}[{p}]": name for name in named for p in range(self.length)}
        values = {v: self._values(naming, names[v], named[names[v]]) for v in variables}
        alone = {n: self._places(naming, n, named[n]) for n in named}
        places = {v: tuple(alone[names[v]]) for v in variables}
        return CausalModel(self.length, variables, values, parents, functions, places)

    def _named(self, naming: Naming) -> dict[str, ex.SOp]:
        """The expressions that become variables, operands first, and the output.

        Of several that have one name, the later ones are numbered.
        """
        found: dict[str, ex.SOp] = {}
        root = naming.number[id(self.program)]
        for number in naming.members:
            name, first = naming.shown(number), naming.members[number][0]
            if number == root and name is None:
                name = OUTPUT
            if (
                isinstance(first, ex.SOp)
                and not isinstance(first, ex.Constant)
                and name is not None
            ):
                found[_unused(name, found)] = first
        return found

    def _function(
        self, expression: ex.SOp, position: int, parents: tuple[tuple[tuple[int, ...], int], ...]
    ) -> Callable[..., Value]:
        match expression:
            case ex.Tokens():
                return _Input("tokens", self.config.vocabulary[0])
            case ex.Indices():
                return _Input("indices", position)
            case _:
                causal = self.config.causal
                return _Mechanism(expression, position, self.length, causal, parents)

    def _parents(
        self, naming: Naming, named: dict[str, ex.SOp], expression: ex.SOp, position: int
    ) -> list[tuple[str, int]]:
        """The named expressions, with positions, that the expression is made of."""
        order = {naming.number[id(e)]: (i, name) for i, (name, e) in enumerate(named.items())}
        met: set[tuple[int, int]] = set()
        seen: set[tuple[int, int]] = set()
        waiting = list(self._reads(expression, position))
        while waiting:
            part, at = waiting.pop()
            key = (naming.number[id(part)], at)
            if key in seen:
                continue
            seen.add(key)
            if key[0] in order:
                met.add((order[key[0]][0], at))
            else:
                waiting.extend(self._reads(part, at))
        names = list(named)
        return [(names[i], at) for i, at in sorted(met)]

    def _reads(self, expression: ex.Expression, position: int) -> Iterator[tuple[ex.SOp, int]]:
        """The sequence operators that an expression reads at one position, and where it does."""
        if isinstance(expression, ex.Map):
            for argument in expression.arguments:
                yield argument, position
            return
        for part in expression.operands():  # whatever it is made of, wherever that is seen
            if isinstance(part, ex.Selector):
                yield from self._compared(part, position)
            elif isinstance(part, ex.SOp):
                yield from self._everywhere(part, position)

    def _compared(self, selector: ex.Selector, position: int) -> Iterator[tuple[ex.SOp, int]]:
        waiting: list[ex.Expression] = [selector]
        while waiting:
            part = waiting.pop()
            if isinstance(part, ex.Select):
                yield part.queries, position
                yield from self._everywhere(part.keys, position)
                continue
            for operand in part.operands():
                if isinstance(operand, ex.SOp):  # such as scores
                    yield from self._everywhere(operand, position)
                else:
                    waiting.append(operand)

    def _everywhere(self, values: ex.SOp, position: int) -> Iterator[tuple[ex.SOp, int]]:
        """At all positions that a query sees."""
        last = position + 1 if self.config.causal else self.length
        for at in range(last):
            yield values, at

    def _places(self, naming: Naming, name: str, expression: ex.SOp) -> list[VariablePlace]:
        """Where the expression, and nothing else, is held."""
        own = naming.shown(naming.number[id(expression)])
        if own != name or name in {withheld.name for withheld in self.circuit.withheld}:
            return []
        return list(self.circuit.holding(name))

    def _values(self, naming: Naming, name: str, expression: ex.SOp) -> list[Value]:
        """What the variable can be, where it is known: from its place in the network."""
        if isinstance(expression, ex.Tokens):
            return list(self.config.vocabulary)
        if isinstance(expression, ex.Indices):
            return list(range(self.length))
        for place in self._places(naming, name, expression):
            if place.encoding.values:
                return list(place.encoding.values)
        is_output = expression is self.program
        return list(self.config.output_values or ()) if is_output else []


def _unused(wish: str, used: Container[str]) -> str:
    name, count = wish, 1
    while name in used:
        count += 1
        name = f"{wish}_{count}"
    return name
