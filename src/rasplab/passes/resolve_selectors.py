"""Every selector becomes a conjunction of plain `Select`s, at most under one `Best`.

- `and` stays: the scores of conjuncts add up.
- `not` of a `Select` complements its predicate.
- `or` of selects of the same keys and queries merges their predicates; any other formula compares
  two new elementwise values, the class of the key's variables and the class of the query's.
- A sum over `a or b` is the sum over `a` plus the sum over `b and not a`.
- `Best` inside a formula becomes "its score equals the best score".
- An undefined value does not count: its position is not selected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import CompileError, diagnostic
from rasplab.graph import Facts, Listed, Node
from rasplab.graph import node as g
from rasplab.graph.picking import conjuncts, selects_at_most_one
from rasplab.passes.formulas import (
    SUMMANDS_AT_MOST,
    clauses_of,
    negation,
    selects_of,
    truth_of,
)
from rasplab.passes.means import (
    IS_BOOLEAN,
    NUMBER_OF,
    ONLY_NUMBER,
    ONLY_WORD,
    decided,
    filled,
    numbers_among_words,
    whichever,
)
from rasplab.passes.rewrite import rebuild
from rasplab.rasp.functions import OPERATORS, Function
from rasplab.rasp.values import Value, identity

JOINT_CELLS_AT_MOST = 1 << 22


def _always(key: Value, query: Value) -> bool:
    return True


ALWAYS = Function("is_defined", _always, "is_defined")


@dataclass(frozen=True, slots=True)
class ResolveSelectors:
    """Selectors to conjunctions of `Select`s."""

    split_sums: bool = True
    name: str = "resolve-selectors"

    def __call__(self, root: Node, facts: Facts) -> Node:
        """The graph with every selector resolved."""
        resolver = _Resolver(facts, self.split_sums)
        images = rebuild(root, facts, resolver.rewrite)
        facts.written.update(images.values())
        return images[root]


@dataclass(slots=True)
class _Resolver:
    facts: Facts
    split_sums: bool
    built: dict[Node, tuple[Node, ...]] = field(default_factory=dict[Node, tuple[Node, ...]])

    def rewrite(self, node: Node, operands: tuple[Node, ...]) -> Node | None:
        match node.op:
            case g.Mean():
                return self._mean(node, node.op.default, *operands)
            case g.Sum():
                selector, values = operands
                return self._sum(node, selector, values)
            case _:
                return None

    def _counted(self, selector: Node, values: Node) -> Node:
        """The resolved selector, without the positions whose value is undefined."""
        if self._undefined(values):
            return self._conjunction([selector, self._defined(values)])
        return self._conjunction([selector])

    def _mean(self, node: Node, default: Value, selector: Node, values: Node) -> Node:
        """A mean; what a number cannot hold beside the others is decided afterwards."""
        make = self.facts.interner.node
        resolved = self._counted(selector, values)
        domain = self.facts.domain(values)
        equal = self.facts.unique(resolved, values)
        if isinstance(domain, Listed) and not equal and numbers_among_words(domain.values):
            return self._mean_among_words(node, default, resolved, values)
        if equal or not domain.numeric or not isinstance(domain, Listed):
            return make(g.Mean(default), resolved, values, like=node)
        mean = self._described(make(g.Mean(None), resolved, values), node)
        if self._collides(mean):
            return self._mean_of_mixed(node, default, resolved, values)
        whole = make(g.Mean(default), resolved, values)
        if isinstance(default, str | tuple) or self._collides(whole):
            return make(g.Map(filled(default)), mean, like=node)
        return make(g.Mean(default), resolved, values, like=node)

    def _collides(self, node: Node) -> bool:
        domain = self.facts.domain(node)
        return isinstance(domain, Listed) and domain.ambiguous

    def _mean_of_mixed(self, node: Node, default: Value, selector: Node, values: Node) -> Node:
        """Booleans among equal numbers: they are told apart by how many selected are booleans."""
        make = self.facts.interner.node
        numbers = self._described(make(g.Map(NUMBER_OF), values), node)
        mean = self._described(make(g.Mean(None), selector, numbers), node)
        boolean = self._described(make(g.Map(IS_BOOLEAN), values), node)
        share = self._described(make(g.Mean(None), selector, boolean), node)
        return make(g.Map(decided(default)), mean, share, like=node)

    def _mean_among_words(self, node: Node, default: Value, selector: Node, values: Node) -> Node:
        """Numbers and words in one sequence: either only numbers are selected, or one word."""
        make = self.facts.interner.node
        numbers = self._described(make(g.Map(ONLY_NUMBER), values), node)
        inner = self._described(make(g.Mean(None), selector, numbers), node)
        mean = self._mean(inner, None, selector, numbers)
        words = self._described(make(g.Map(ONLY_WORD), values), node)
        word = self._described(make(g.Mean(None), self._counted(selector, words), words), node)
        either = make(g.Map(whichever(default)), mean, word, like=node)
        self.facts.assumptions.setdefault(either, self.facts.averages_words(node, values))
        return either

    def _described(self, made: Node, like: Node) -> Node:
        self.facts.interner.describe(made, None, self.facts.interner.origins.get(like))
        return made

    def _undefined(self, values: Node) -> bool:
        return self.facts.domain(values).undefined

    def _defined(self, values: Node) -> Node:
        one = self.facts.interner.node(g.Constant(True))
        return self.facts.interner.node(g.Select(ALWAYS), values, one, like=values)

    def _sum(self, node: Node, selector: Node, values: Node) -> Node:
        make = self.facts.interner.node
        clauses = self._disjoint(selector) if self.split_sums else None
        if clauses is None or len(clauses) == 1:
            counted = self._counted(selector, values)
            if isinstance(counted.op, g.Best):  # a sum must weigh all that it selects equally
                counted = self._conjunction(self._best_as_selects(counted))
            single = self._plain_sum(counted, values, like=node)
            if not isinstance(single.op, g.Map):
                self.facts.inherit(single, make(node.op, selector, values))
            return single
        terms = [
            self._plain_sum(self._counted(self._both(parts), values), values) for parts in clauses
        ]
        total = terms[0]
        for term in terms[1:]:
            total = self._described(make(g.Map(OPERATORS["+"]), total, term), node)
        self.facts.interner.describe(total, self.facts.interner.names.get(node), None)
        self.facts.inherit(total, make(node.op, selector, values))
        for i, term in enumerate(terms):
            name = self.facts.interner.names.get(node)
            part = None if name is None else f"{name}.part{i + 1}"
            self.facts.interner.describe(term, part, self.facts.interner.origins.get(node))
        return total

    def _plain_sum(self, selector: Node, values: Node, like: Node | None = None) -> Node:
        """Of at most one number, the sum is the number itself, moved, or 0.

        Under causal masking the positions seen so far are counted by the position itself.
        """
        if self.split_sums and self._counts_all_so_far(selector, values):
            make = self.facts.interner.node
            return make(g.Map(OPERATORS["+"]), make(g.Indices()), values, like=like)
        domain = self.facts.domain(values)
        whole = isinstance(domain, Listed) and not any(isinstance(v, bool) for v in domain.values)
        if self.split_sums and whole and selects_at_most_one(self.facts, selector):
            return self.facts.interner.node(g.Mean(0), selector, values, like=like)
        return self.facts.interner.node(g.Sum(), selector, values, like=like)

    def _counts_all_so_far(self, selector: Node, values: Node) -> bool:
        counts = isinstance(values.op, g.Constant) and values.op.value == 1
        whole = isinstance(selector.op, g.Select) and self._trivial(selector)
        return self.facts.causal and counts and whole

    def _both(self, parts: list[Node]) -> Node:
        return parts[0] if len(parts) == 1 else self.facts.interner.node(g.And(), *parts)

    def _disjoint(self, selector: Node) -> list[list[Node]] | None:
        """Clauses, each a conjunction of literals, of which exactly one holds where any does."""
        clauses = clauses_of(selector, positive=True)
        if clauses is None or len(clauses) < 2:
            return None
        literals = [[self._literal(s, sign) for s, sign in clause] for clause in clauses]
        if any(literal is None for clause in literals for literal in clause):
            return None
        done: list[list[Node]] = []
        for clause in literals:
            pieces = [[literal for literal in clause if literal is not None]]
            for earlier in list(done):
                pieces = [part for piece in pieces for part in self._minus(piece, earlier)]
                if len(done) + len(pieces) > SUMMANDS_AT_MOST:
                    return None
            done += pieces
        return done

    def _minus(self, piece: list[Node], earlier: list[Node]) -> list[list[Node]]:
        """The part of one clause outside another, as disjoint clauses."""
        if any(self._exclusive(a, b) for a in piece for b in earlier):
            return [piece]
        result: list[list[Node]] = []
        kept = list(piece)
        for literal in earlier:
            opposite = self._literal(literal, False)
            assert opposite is not None
            result.append([*kept, opposite])
            kept.append(literal)
        return result

    def _exclusive(self, a: Node, b: Node) -> bool:
        same = a.operands == b.operands
        return same and not bool((self.facts.truth(a) & self.facts.truth(b)).any())

    def _literal(self, select: Node, positive: bool) -> Node | None:
        if not isinstance(select.op, g.Select):
            return None
        return select if positive else self._complement(select)

    def _complement(self, select: Node) -> Node:
        assert isinstance(select.op, g.Select)
        opposite = g.Select(negation(select.op.predicate))
        made = self.facts.interner.node(opposite, *select.operands, like=select)
        self.facts.truths[made] = ~self.facts.truth(select)
        self._assume_as(made, [select])
        return made

    def _assume_as(self, made: Node, selects: list[Node]) -> None:
        """What is assumed of the selects that a new one replaces is assumed of it."""
        for select in selects:
            if select in self.facts.assumptions:
                self.facts.assumptions.setdefault(made, self.facts.assumptions[select])

    def _conjunction(self, selectors: list[Node]) -> Node:
        parts: list[Node] = []
        best: list[Node] = []
        for selector in selectors:
            for part in conjuncts(selector):
                (best if isinstance(part.op, g.Best) else parts).append(part)
        if len(best) == 1 and not parts:
            inner, scores = best[0].operands
            ranked = [inner, self._defined(scores)] if self._undefined(scores) else [inner]
            plain = self._conjunction(ranked)
            if isinstance(plain.op, g.Best):
                plain = self._conjunction(self._best_as_selects(plain))
            return self.facts.interner.node(g.Best(), plain, scores, like=best[0])
        parts += [part for found in best for part in self._best_as_selects(found)]
        resolved = [piece for part in parts for piece in self._resolved(part, True)]
        kept = [p for p in dict.fromkeys(resolved) if not self._trivial(p)] or resolved[:1]
        return kept[0] if len(kept) == 1 else self.facts.interner.node(g.And(), *kept)

    def _trivial(self, select: Node) -> bool:
        return bool(self.facts.truth(select).all())

    def _best_as_selects(self, node: Node) -> list[Node]:
        make = self.facts.interner.node
        inner, scores = node.operands
        if self._collides(scores):  # no number holds both 1 and True
            scores = self._described(make(g.Map(NUMBER_OF), scores), node)
            node = make(g.Best(), inner, scores, like=node)
        highest = make(g.Mean(None), self._conjunction([node]), scores)
        self.facts.interner.describe(highest, None, self.facts.interner.origins.get(node))
        return [inner, make(g.Select(OPERATORS["=="]), scores, highest, like=node)]

    def _resolved(self, node: Node, positive: bool) -> list[Node]:
        """Selects whose conjunction is the selector (or its complement)."""
        match node.op:
            case g.Select():
                return [node if positive else self._complement(node)]
            case g.And() | g.Or() if isinstance(node.op, g.And) == positive:
                return [p for o in node.operands for p in self._resolved(o, positive)]
            case g.Not():
                return self._resolved(node.operands[0], not positive)
            case g.Best():
                made = self.facts.interner.node(g.And(), *self._best_as_selects(node), like=node)
                return self._resolved(made, positive)
            case _:
                return [self._joint(node, positive)]

    def _joint(self, node: Node, positive: bool) -> Node:
        """One `Select` for any formula, between the classes of its keys and of its queries."""
        formula = self._without_best(node)
        selects = sorted(selects_of(formula), key=lambda n: n.number)
        keys = tuple(dict.fromkeys(s.operands[0] for s in selects))
        queries = tuple(dict.fromkeys(s.operands[1] for s in selects))
        truth = self._joint_truth(node, formula, selects, keys, queries)
        truth = truth if positive else ~truth
        tag = (formula.number, positive)
        key_class, key_rows = self._classes(keys, truth, ("key class", *tag), node)
        query_class, query_rows = self._classes(queries, truth.T, ("query class", *tag), node)
        matrix = truth[key_rows][:, query_rows]

        def holds(key: Value, query: Value) -> bool:
            return bool(matrix[key_class_index(key), query_class_index(query)])

        key_class_index = _index_of(key_class, keys, self.facts)
        query_class_index = _index_of(query_class, queries, self.facts)
        predicate = Function("matches", holds, ("joint", *tag), strict=False)
        made = self.facts.interner.node(g.Select(predicate), key_class, query_class, like=node)
        places = [
            [index(value) for value in self.facts.listed(classes).values]
            for classes, index in ((key_class, key_class_index), (query_class, query_class_index))
        ]
        self.facts.truths[made] = matrix[np.ix_(*places)]
        self._assume_as(made, selects)
        return made

    def _without_best(self, node: Node) -> Node:
        make = self.facts.interner.node
        if isinstance(node.op, g.Best):
            made = make(g.And(), *self._best_as_selects(node), like=node)
            return self._without_best(made)
        if isinstance(node.op, g.Select):
            return node
        return make(node.op, *(self._without_best(o) for o in node.operands), like=node)

    def _joint_truth(
        self,
        node: Node,
        formula: Node,
        selects: list[Node],
        keys: tuple[Node, ...],
        queries: tuple[Node, ...],
    ) -> NDArray[np.bool_]:
        """Rows: combinations of the keys' values; columns: of the queries' values."""
        variables = [*keys, *queries]
        sizes = [len(self.facts.listed(v)) for v in variables]
        if np.prod(sizes, dtype=float) > JOINT_CELLS_AT_MOST:
            shown = " × ".join(map(str, sizes))
            raise CompileError(
                diagnostic(
                    "E304",
                    "this combination of selectors has too many cases to be compiled exactly",
                    at=self.facts.interner.origin(node),
                    label=f"{shown} combinations of key and query values",
                    notes=[f"at most {JOINT_CELLS_AT_MOST} are tabulated"],
                    help="use `&` instead of `|` where the program allows it, coarser values, or "
                    "a smaller vocabulary or `max_length`",
                )
            )
        axes = [i for i, size in enumerate(sizes) if size > 1]  # NumPy has no more than 64
        spread: dict[Node, NDArray[np.bool_]] = {}
        for select in selects:
            key, query = select.operands
            own = (keys.index(key), len(keys) + queries.index(query))
            shape = [sizes[i] if i in own else 1 for i in axes]
            spread[select] = self.facts.truth(select).reshape(shape)
        full = np.broadcast_to(truth_of(formula, spread), [sizes[i] for i in axes])
        return full.reshape(int(np.prod(sizes[: len(keys)])), -1)

    def _classes(
        self,
        variables: tuple[Node, ...],
        truth: NDArray[np.bool_],
        tag: tuple[object, ...],
        like: Node,
    ) -> tuple[Node, NDArray[np.intp]]:
        """The node that says which distinct row a combination of values has; one row of each."""
        if len(variables) == 1:
            return variables[0], np.arange(len(truth))
        _, first, inverse = np.unique(truth, axis=0, return_index=True, return_inverse=True)
        domains = [self.facts.listed(v) for v in variables]
        codes = inverse.ravel()

        def class_of(*values: Value) -> int:
            place = 0
            for domain, value in zip(domains, values, strict=True):
                place = place * len(domain) + domain.position(value)
            return int(codes[place])

        function = Function(str(tag[0]), class_of, tag, strict=False)
        made = self.facts.interner.node(g.Map(function), *variables)
        return self._described(made, like), first


def _index_of(
    class_node: Node, variables: tuple[Node, ...], facts: Facts
) -> Callable[[Value], int]:
    if len(variables) > 1:
        return lambda value: int(value) if isinstance(value, int) else 0
    index = facts.listed(class_node).index
    return lambda value: index[identity(value)]
