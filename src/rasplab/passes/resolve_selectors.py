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

from dataclasses import dataclass, field, replace
from typing import assert_never

from rasplab.diagnostics import Diagnostic, InternalError
from rasplab.graph import Facts, Listed, Node
from rasplab.graph import node as g
from rasplab.graph.picking import conjuncts, selects_at_most_one
from rasplab.graph.predicates import negation
from rasplab.graph.refusals import averages_words
from rasplab.passes.formulas import SUMMANDS_AT_MOST, clauses_of
from rasplab.passes.matching import matching
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
from rasplab.passes.rewrite import Rewritten, rebuild
from rasplab.rasp.functions import OPERATORS, Function
from rasplab.rasp.values import Value


def _always(key: Value, query: Value) -> bool:
    return True


ALWAYS = Function("is_defined", _always, "is_defined")


@dataclass(frozen=True, slots=True)
class ResolveSelectors:
    """Selectors to conjunctions of `Select`s."""

    split_sums: bool = True
    name: str = "resolve-selectors"

    def __call__(self, root: Node, facts: Facts) -> Rewritten:
        """The graph with every selector resolved."""
        resolver = _Resolver(facts, self.split_sums)
        return replace(rebuild(root, facts, resolver.rewrite), assumed=resolver.assumed)


@dataclass(slots=True)
class _Resolver:
    facts: Facts
    split_sums: bool
    assumed: dict[Node, Diagnostic] = field(default_factory=dict[Node, Diagnostic])

    def rewrite(self, node: Node, operands: tuple[Node, ...]) -> Node | None:
        match node.op:
            case g.Mean():
                return self._mean(node, node.op.default, *operands)
            case g.Sum():
                selector, values = operands
                return self._sum(node, selector, values)
            case g.Tokens() | g.Indices() | g.Constant() | g.Map():
                return None
            case g.Select() | g.And() | g.Or() | g.Not() | g.Best():
                return None  # resolved where it is aggregated by
            case _:
                assert_never(node.op)

    def _counted(self, selector: Node, values: Node) -> Node:
        """The resolved selector, without the positions whose value is undefined."""
        parts = [selector, self._defined(values)] if self._undefined(values) else [selector]
        resolved = self._conjunction(parts)
        # the promise is of the selector as written; this one selects no more that counts
        if (selector, values) in self.facts.interner.alike:
            self.facts.interner.alike.add((resolved, values))
        return resolved

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
        self.assumed[either] = averages_words(node, values, self.facts.interner)
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
            # a sum of position and 1 is seen as what it is made of, not as what it stands for
            if not isinstance(single.op, g.Map):
                self.facts.interner.equate(single, make(node.op, selector, values))
            return single
        terms = [
            self._plain_sum(self._counted(self._both(parts), values), values) for parts in clauses
        ]
        total = terms[0]
        for term in terms[1:]:
            total = self._described(make(g.Map(OPERATORS["+"]), total, term), node)
        self.facts.interner.describe(total, self.facts.interner.names.get(node), None)
        self.facts.interner.equate(total, make(node.op, selector, values))
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
        # nothing of the one is in the other
        if any(self._exclusive(a, b) for a in piece for b in earlier):
            return [piece]
        result: list[list[Node]] = []
        kept = list(piece)
        for literal in earlier:
            opposite = self._literal(literal, False)
            assert opposite is not None
            # inside the literals before this one and outside it: no two such pieces meet
            result.append([*kept, opposite])
            kept.append(literal)
        return result

    def _exclusive(self, a: Node, b: Node) -> bool:
        same = a.operands == b.operands
        return same and not self.facts.relation(a).meets(self.facts.relation(b))

    def _literal(self, select: Node, positive: bool) -> Node | None:
        if not isinstance(select.op, g.Select):
            return None
        return select if positive else self._complement(select)

    def _complement(self, select: Node) -> Node:
        assert isinstance(select.op, g.Select)
        opposite = g.Select(negation(select.op.predicate))
        return self.facts.interner.node(opposite, *select.operands, like=select)

    def _conjunction(self, selectors: list[Node]) -> Node:
        interner = self.facts.interner
        made = self._conjoined(selectors)
        if any(map(interner.promised, selectors)):
            interner.single.add(made)
        return made

    def _conjoined(self, selectors: list[Node]) -> Node:
        parts: list[Node] = []
        best: list[Node] = []
        for selector in selectors:
            for part in conjuncts(selector):
                (best if isinstance(part.op, g.Best) else parts).append(part)
        # only alone can it rank in the head itself: beside others it becomes an equality
        if len(best) == 1 and not parts:
            inner, scores = best[0].operands
            ranked = [inner, self._defined(scores)] if self._undefined(scores) else [inner]
            plain = self._conjunction(ranked)
            if isinstance(plain.op, g.Best):
                plain = self._conjunction(self._best_as_selects(plain))
            return self.facts.interner.node(g.Best(), plain, scores, like=best[0])
        parts += [part for found in best for part in self._best_as_selects(found)]
        resolved = [piece for part in parts for piece in self._resolved(part, True)]
        # what always holds adds nothing; one is kept where there is no other
        kept = [p for p in dict.fromkeys(resolved) if not self._trivial(p)] or resolved[:1]
        return kept[0] if len(kept) == 1 else self.facts.interner.node(g.And(), *kept)

    def _trivial(self, select: Node) -> bool:
        return self.facts.relation(select).is_full()

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
            case g.And() | g.Or():
                return [self._joint(node, positive)]
            case g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
                raise InternalError(f"not a selector: {node.op}")
            case _:
                assert_never(node.op)

    def _joint(self, node: Node, positive: bool) -> Node:
        return matching(node, self._without_best(node), self.facts, positive=positive)

    def _without_best(self, node: Node) -> Node:
        make = self.facts.interner.node
        if isinstance(node.op, g.Best):
            made = make(g.And(), *self._best_as_selects(node), like=node)
            return self._without_best(made)
        if isinstance(node.op, g.Select):
            return node
        return make(node.op, *(self._without_best(o) for o in node.operands), like=node)
