"""One `Select` for any formula of selectors: between the classes of its keys and of its queries."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import CompileError, diagnostic
from rasplab.graph import Facts, Node
from rasplab.graph import node as g
from rasplab.graph.predicates import lookup
from rasplab.graph.relation import Dense
from rasplab.passes.formulas import relation_of, selects_of, truth_of
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value

CASES_AT_MOST = 1 << 22
Truth: TypeAlias = "NDArray[np.bool_]"
Variables: TypeAlias = "tuple[Node, ...]"


def matching(node: Node, formula: Node, facts: Facts, *, positive: bool) -> Node:
    """The `Select` that holds where a formula does, or where it does not; `node` is its place.

    Raises:
        CompileError: E304 where there are too many cases to tell apart.
    """
    selects = sorted(selects_of(formula), key=lambda n: n.number)
    keys = tuple(dict.fromkeys(s.operands[0] for s in selects))
    queries = tuple(dict.fromkeys(s.operands[1] for s in selects))
    _check_cases(node, (*keys, *queries), facts)
    # a function's key: the same formula gives the same classes, hence the same node
    tag = (formula.number, positive)
    if len(keys) == len(queries) == 1:
        key, query, relation = keys[0], queries[0], relation_of(formula, facts)
        relation = relation if positive else relation.complement()
    else:
        truth = _joint_truth(formula, selects, keys, queries, facts)
        truth = truth if positive else ~truth
        key, rows = _classes(keys, truth, ("key class", *tag), node, facts)
        query, columns = _classes(queries, truth.T, ("query class", *tag), node, facts)
        relation = Dense(truth[np.ix_(rows, columns)])
    found = (facts.compared(select).assumed for select in selects)
    assumed = next((finding for finding in found if finding is not None), None)
    predicate = lookup(relation, facts.listed(key), facts.listed(query), tag, assumed)
    return facts.interner.node(g.Select(predicate), key, query, like=node)


def _check_cases(node: Node, variables: Variables, facts: Facts) -> None:
    sizes = [len(facts.listed(v)) for v in variables]
    if np.prod(sizes, dtype=float) <= CASES_AT_MOST:
        return
    raise CompileError(
        diagnostic(
            "E304",
            "this combination of selectors has too many cases to be compiled exactly",
            at=facts.interner.origin(node),
            label=f"{' × '.join(map(str, sizes))} combinations of key and query values",
            notes=[f"at most {CASES_AT_MOST} are tabulated"],
            help="use `&` instead of `|` where the program allows it, coarser values, or "
            "a smaller vocabulary or `max_length`",
        )
    )


def _joint_truth(
    formula: Node, selects: list[Node], keys: Variables, queries: Variables, facts: Facts
) -> Truth:
    """Rows: combinations of the keys' values; columns: of the queries' values."""
    sizes = [len(facts.listed(v)) for v in (*keys, *queries)]
    axes = [i for i, size in enumerate(sizes) if size > 1]  # NumPy has no more than 64
    spread: dict[Node, Truth] = {}
    for select in selects:
        key, query = select.operands
        own = (keys.index(key), len(keys) + queries.index(query))
        shape = [sizes[i] if i in own else 1 for i in axes]
        spread[select] = facts.relation(select).matrix().reshape(shape)
    full = np.broadcast_to(truth_of(formula, spread), [sizes[i] for i in axes])
    return full.reshape(int(np.prod(sizes[: len(keys)])), -1)


def _classes(
    variables: Variables, truth: Truth, tag: tuple[object, ...], like: Node, facts: Facts
) -> tuple[Node, NDArray[np.intp]]:
    """The node that says which distinct row a combination of values has; a row for each value."""
    if len(variables) == 1:
        return variables[0], np.arange(len(truth))
    # combinations that every query, or key, treats alike are one class
    _, first, inverse = np.unique(truth, axis=0, return_index=True, return_inverse=True)
    domains = [facts.listed(v) for v in variables]
    codes = inverse.ravel()

    def class_of(*values: Value) -> int:
        place = 0
        for domain, value in zip(domains, values, strict=True):
            place = place * len(domain) + domain.position(value)
        return int(codes[place])

    function = Function(str(tag[0]), class_of, tag, strict=False)
    made = facts.interner.node(g.Map(function), *variables)
    facts.interner.describe(made, None, facts.interner.origins.get(like))
    return made, first[[value for value in facts.listed(made).values if isinstance(value, int)]]
