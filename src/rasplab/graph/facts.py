"""What is known of each node for a vocabulary and a length: values, tables, who is picked.

Facts live here, beside the nodes. They are computed on demand, operands first, once per node.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import CompileError, Diagnostic, InternalError, diagnostic
from rasplab.graph import node as g
from rasplab.graph.distinct import distinct_codes
from rasplab.graph.domain import (
    Domain,
    Interval,
    Listed,
    bounds,
    listed,
    means,
    sums,
)
from rasplab.graph.joint import weighted_sum_domain
from rasplab.graph.linear import LinearForm, linear_form
from rasplab.graph.node import Interner, Node
from rasplab.graph.rank import Rank
from rasplab.graph.truth import truth_matrix
from rasplab.rasp.evaluate import raised
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value

TABLE_AT_MOST = 1 << 16
AXES_AT_MOST = 64  # NumPy's arrays have no more


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A node's value for every combination of its supports' values: indices into its domain."""

    supports: tuple[Node, ...]
    codes: NDArray[np.intp]


@dataclass(slots=True)
class Facts:
    """Facts of the nodes of one interner, for one vocabulary, length and masking.

    With `fuse`, an elementwise node is seen as a function of the nearest nodes that are not
    elementwise; without, of its own operands.

    `written` holds the nodes that stand for parts of the program as it was written. What is assumed
    of them is assumed of the program, also where a rewrite finds that it can do without them.

    `became` has, pass by pass, what each node of the graph before it is in the graph after it.
    """

    interner: Interner
    vocabulary: tuple[Value, ...]
    max_length: int
    causal: bool
    fuse: bool = True
    domains: dict[Node, Domain] = field(default_factory=dict[Node, Domain])
    tables: dict[Node, Table] = field(default_factory=dict[Node, Table])
    forms: dict[Node, LinearForm | None] = field(default_factory=dict[Node, "LinearForm | None"])
    truths: dict[Node, NDArray[np.bool_]] = field(default_factory=dict[Node, NDArray[np.bool_]])
    picks: dict[Node, frozenset[Node]] = field(default_factory=dict[Node, "frozenset[Node]"])
    ranks: dict[Node, Rank] = field(default_factory=dict[Node, Rank])
    assumptions: dict[Node, Diagnostic] = field(default_factory=dict[Node, Diagnostic])
    written: set[Node] = field(default_factory=set[Node])
    became: list[dict[Node, Node]] = field(default_factory=list[dict[Node, Node]])

    def domain(self, node: Node) -> Domain:
        """The values that a node can take."""
        self._infer(node)
        return self.domains[node]

    def listed(self, node: Node) -> Listed:
        """The values of a node as a list, or a refusal where they are too many."""
        domain = self.domain(node)
        if isinstance(domain, Listed):
            return domain
        raise CompileError(self.too_many_values(node))

    def table(self, node: Node) -> Table:
        """The node as a function of its supports; a node that is no function supports itself."""
        self._infer(node)
        found = self.tables.get(node)
        if found is None:
            found = self.tables[node] = Table((node,), np.arange(len(self.listed(node))))
        return found

    def form(self, node: Node) -> LinearForm | None:
        """The node as a weighted sum of other nodes, where it is one."""
        if node not in self.forms:
            self.forms[node] = linear_form(node, self)
        return self.forms[node]

    def truth(self, select: Node) -> NDArray[np.bool_]:
        """The matrix of a `Select`: a row per key value, a column per query value."""
        if select not in self.truths:
            self.truths[select] = truth_matrix(select, self)
        return self.truths[select]

    def unique(self, selector: Node, values: Node) -> bool:
        """Whether all values that a query selects are certainly equal (at most one, perhaps)."""
        from rasplab.graph.picking import all_equal

        return all_equal(self, selector, values)

    def inherit(self, rewritten: Node, original: Node) -> None:
        """Let a rewritten node keep what was known of the original, as a support of its own.

        Of a node that stands in the program already, others rely on what is known.
        """
        from rasplab.graph.picking import ranked

        if rewritten in self.domains:
            return
        rank = ranked(self, original)
        if rank is not None:
            self.ranks[rewritten] = rank
        self.domains[rewritten] = self.domain(original)
        self.tables.pop(rewritten, None)

    def too_many_values(self, node: Node) -> Diagnostic:
        """The refusal of a node whose values cannot be listed."""
        domain = self.domains[node]
        size = f"between {domain.low:g} and {domain.high:g}" if isinstance(domain, Interval) else ""
        return diagnostic(
            "E301",
            "this expression can take too many values to be compiled exactly",
            at=self.interner.origin(node),
            label=f"too many different numbers {size}".strip(),
            help="round it, aggregate over fewer values, or lower `max_length`",
        )

    def _infer(self, node: Node) -> None:
        if node in self.domains:
            return
        stack = [node]
        while stack:
            current = stack[-1]
            missing = [n for n in _needed(current) if n not in self.domains]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            if current not in self.domains:
                self._infer_one(current)
                self._doubt_form(current)

    def _infer_one(self, node: Node) -> None:
        match node.op:
            case g.Tokens():
                self.domains[node] = Listed(self.vocabulary)
            case g.Indices():
                self.domains[node] = Listed(tuple(range(self.max_length)))
            case g.Constant():
                self.domains[node] = Listed((node.op.value,))
                self.tables[node] = Table((), np.zeros((), np.intp))
            case g.Map():
                self._infer_map(node, node.op.function)
            case g.Mean():
                self._infer_mean(node, node.op.default)
            case g.Sum():
                self._infer_sum(node)
            case _:
                raise InternalError(f"a selector has no values: {node.op}")

    def _doubt_form(self, node: Node) -> None:
        """Drop a linear form that the evaluator's rounding could tell from the node's values."""
        form = self.forms.get(node)
        if form is not None and not form.tells_apart(self.domains[node]):
            if isinstance(self.domains[node], Interval):
                raise CompileError(self.too_many_values(node))
            self.forms[node] = None
            if node not in self.tables and isinstance(node.op, g.Map):
                self._tabulate(node, node.op.function)

    def _infer_map(self, node: Node, function: Function) -> None:
        operands = node.operands
        self.form(node)  # now, while those of the operands are known: depth then has no limit
        if any(isinstance(self.domains[operand], Interval) for operand in operands):
            self.domains[node] = self._interval_of(node)
            return
        together = weighted_sum_domain(node, self) if self.fuse else None
        if together is not None:
            self.domains[node] = together
            return
        self._tabulate(node, function)

    def _tabulate(self, node: Node, function: Function) -> None:
        operands = node.operands
        supports = self._supports(node)
        sizes = [len(self.listed(s)) for s in supports]
        spread = [self._spread(operand, supports, sizes) for operand in operands]
        lists = [self.listed(operand).values for operand in operands]
        shape = tuple(sizes)
        tuples, inverse = _combinations(spread, list(map(len, lists)))
        results: list[Value] = []
        for places in tuples.tolist():
            arguments = tuple(v[place] for v, place in zip(lists, places, strict=True))
            results.append(self._call(node, function, arguments, supports))
        domain = listed(results)
        to_code = np.array([domain.position(value) for value in results], np.intp)
        self.domains[node] = domain
        self.tables[node] = Table(supports, np.broadcast_to(to_code[inverse], shape).copy())

    def _call(
        self,
        node: Node,
        function: Function,
        arguments: tuple[Value, ...],
        supports: tuple[Node, ...],
    ) -> Value:
        try:
            return function(*arguments)
        except Exception as error:
            finding = raised(function, arguments, self.interner.origins[node], "E105", error)
            certain = all(isinstance(s.op, g.Tokens | g.Indices) for s in supports)
            if certain and self.fuse:
                raise CompileError(finding) from error
            self.assumptions.setdefault(node, finding)
            return None

    def _supports(self, node: Node) -> tuple[Node, ...]:
        """What an elementwise node is a function of: far enough to fuse, near enough to list."""
        own = tuple(dict.fromkeys(o for o in node.operands if not isinstance(o.op, g.Constant)))
        for supports in self._candidate_supports(own) if self.fuse else [own]:
            cells = np.prod([len(self.listed(s)) for s in supports], dtype=float)
            if cells <= TABLE_AT_MOST and len(supports) <= AXES_AT_MOST:
                return supports
        size = " × ".join(str(len(self.listed(s))) for s in own)
        raise CompileError(
            diagnostic(
                "E302",
                "this function has too many combinations of arguments to be compiled exactly",
                at=self.interner.origin(node),
                label=f"{size} combinations",
                notes=[f"at most {TABLE_AT_MOST} are tabulated"],
                help="apply functions of fewer arguments one after the other, or use a smaller "
                "vocabulary or `max_length`",
            )
        )

    def _candidate_supports(self, operands: tuple[Node, ...]) -> list[tuple[Node, ...]]:
        expanded = [self.tables[o].supports if o in self.tables else (o,) for o in operands]
        whole = _union(expanded)
        kept: list[tuple[Node, ...]] = []
        for i, (operand, supports) in enumerate(zip(operands, expanded, strict=True)):
            others = {s for j, e in enumerate(expanded) if j != i for s in e}
            sum_of_several = (
                len(supports) > 1 and self.form(operand) is not None and not others & set(supports)
            )
            kept.append((operand,) if sum_of_several else supports)
        return [_union(kept), whole, operands]

    def _spread(
        self, operand: Node, supports: tuple[Node, ...], sizes: list[int]
    ) -> NDArray[np.intp]:
        """An operand's codes over the supports of its user."""
        if operand in supports:
            axes, codes = (operand,), np.arange(len(self.listed(operand)))
        else:
            table = self.table(operand)
            axes, codes = table.supports, table.codes
        order = [supports.index(axis) for axis in axes]
        codes = np.transpose(codes, np.argsort(order)) if order else codes
        shape = [size if i in order else 1 for i, size in enumerate(sizes)]
        return codes.reshape(shape)

    def _interval_of(self, node: Node) -> Interval:
        form = self.form(node)
        if form is None:
            blocking = [o for o in node.operands if isinstance(self.domains[o], Interval)]
            raise CompileError(self.too_many_values(blocking[0]))
        return form.interval(self)

    def _infer_mean(self, node: Node, default: Value) -> None:
        selector, values = node.operands
        source = self.domains[values]
        alike = not isinstance(source, Interval) and self.unique(selector, values)
        if not alike:  # what is only moved is not added up
            self._check_finite(node, source)
        missing = [] if self._always_selects(selector, source) else [default]
        if isinstance(source, Interval) or (not alike and source.numeric):
            domain = source if isinstance(source, Interval) else means(source, self.max_length)
            if isinstance(domain, Interval):
                ends = [float(value) for value in missing if isinstance(value, int | float)]
                if missing and isinstance(default, str | tuple):
                    self.domains[node] = domain
                    raise CompileError(self.too_many_values(node))
                self.domains[node] = Interval(
                    min([domain.low, *ends]), max([domain.high, *ends]), None in missing
                )
            else:
                self.domains[node] = listed([*domain.values, *missing])
            return
        defined = [value for value in source.values if value is not None]
        if not alike:
            self.assumptions.setdefault(node, self.averages_words(node, values))
        self.domains[node] = listed([*defined, *missing])

    def _check_finite(self, node: Node, source: Domain) -> None:
        """Refuse to add up numbers whose sum may be beyond the floats, hence undefined."""
        if not source.numeric or max(map(abs, bounds(source))) * self.max_length < 1e308:
            return
        raise CompileError(
            diagnostic(
                "E301",
                "this aggregate may add up numbers to more than a float can hold",
                at=self.interner.origin(node),
                label="such a sum is undefined",
                help="scale the values down before they are aggregated",
            )
        )

    def _always_selects(self, selector: Node, values: Domain) -> bool:
        """Whether the default of an aggregate can never stand."""
        from rasplab.graph.picking import selects_something

        return not values.undefined and selects_something(self, selector)

    def averages_words(self, node: Node, values: Node) -> Diagnostic:
        """The finding that an aggregate would average what are not all numbers."""
        return diagnostic(
            "E204",
            "this aggregate would average words",
            at=self.interner.origin(node),
            label="nothing shows that only equal values are selected",
            also=[(self.interner.origins.get(values), "the values")],
            notes=["only numbers can be averaged"],
            help='select at most one position, or aggregate an indicator such as `tokens == "a"`',
        )

    def _infer_sum(self, node: Node) -> None:
        selector, values = node.operands
        source = self.domains[values]
        least, most = self._width(selector)
        if not source.numeric:
            raise CompileError(self.averages_words(node, values))
        self._check_finite(node, source)
        if isinstance(source, Interval):
            ends = [end * count for end in (source.low, source.high) for count in (0, most)]
            self.domains[node] = Interval(min(ends), max(ends))
            return
        if source.undefined:
            least = 0
        self.domains[node] = sums(source, least, most)

    def _width(self, selector: Node) -> tuple[int, int]:
        from rasplab.graph.picking import selects_at_most_one, selects_something

        least = 1 if selects_something(self, selector) else 0
        return least, 1 if selects_at_most_one(self, selector) else self.max_length


def _combinations(
    spread: list[NDArray[np.intp]], sizes: list[int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The distinct tuples of codes that occur together, a row each, and which one stands where.

    Codes are combined one operand at a time and numbered anew each time: a number for all operands
    at once would be beyond any integer that NumPy has.
    """
    tuples = np.zeros((1, 0), np.intp)
    places = np.zeros((), np.intp)
    for codes, size in zip(spread, sizes, strict=True):
        known = len(tuples)
        found, places = distinct_codes(codes * known + places, known * size)
        tuples = np.column_stack([tuples[found % known], found // known])
    return tuples, places


def _needed(node: Node) -> list[Node]:
    """The sequence operators whose facts come first: through selectors, to what they compare."""
    found: list[Node] = []
    for operand in node.operands:
        if isinstance(operand.op, g.SELECTORS):
            found.extend(_needed(operand))
        else:
            found.append(operand)
    return found


def _union(parts: list[tuple[Node, ...]]) -> tuple[Node, ...]:
    return tuple(sorted({n for part in parts for n in part}, key=lambda n: n.number))
