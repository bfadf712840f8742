"""Facts are found once, by their own analysis, from what a node is made of or stands for."""

from __future__ import annotations

import pytest

from rasplab.diagnostics import CompileError
from rasplab.graph import Facts, Interner, Listed, build_graph
from rasplab.graph import node as g
from rasplab.graph.linear import linear_form
from rasplab.graph.memo import Memo
from rasplab.graph.node import Node
from rasplab.graph.predicates import negation
from rasplab.graph.settled import settled
from rasplab.passes import ResolveSelectors
from rasplab.rasp import aggregate, apply, indices, select, selector_width, tokens
from rasplab.rasp.expressions import SOp
from rasplab.rasp.functions import OPERATORS


def facts_of(program: SOp, *, causal: bool = False) -> tuple[Facts, Node]:
    facts = Facts(Interner(), (0, 1, 2), 3, causal)
    return facts, build_graph(program, facts.interner)


def test_a_memo_asks_once_and_operands_first() -> None:
    chain = [Interner().node(g.Tokens())]
    for number in range(1, 5000):
        chain.append(Node(g.Map(OPERATORS["neg"]), (chain[-1],), number))
    asked: list[Node] = []

    def depth(node: Node) -> int:
        asked.append(node)
        return 1 + max((memo(operand) for operand in node.operands), default=0)

    memo = Memo(depth, lambda node: list(node.operands))
    assert memo(chain[-1]) == memo(chain[-1]) == 5000
    assert asked == chain == list(memo)


def test_a_settled_node_is_a_function_of_what_it_repeats() -> None:
    facts, node = facts_of(tokens + indices)
    copy = settled(node, facts.interner)
    assert facts.domain(copy) is facts.domain(node)
    assert facts.table(copy).supports == (node,)
    assert len(facts.table(node).supports) == 2
    assert facts.form(node) is not None
    assert facts.form(copy) is None


@pytest.mark.parametrize(
    ("program", "weight", "constant"),
    [
        (tokens / 4, 0.25, 0.0),
        (tokens * 4 - 3, 4.0, -3.0),
        (3 - 4 * tokens, -4.0, 3.0),
        (-(tokens + 3), -1.0, -3.0),
        ((tokens + 2) / -4 + 1, -0.25, 0.5),
    ],
)
def test_a_formula_of_one_number_has_its_weight_and_constant(
    program: SOp, weight: float, constant: float
) -> None:
    facts, node = facts_of(program)
    form = linear_form(node, facts)
    assert form is not None
    assert [w for _, w in form.terms] == [weight]
    assert form.constant == constant


def test_a_node_has_the_values_of_the_one_that_it_stands_for() -> None:
    facts, root = facts_of(aggregate(select(indices, 1, "=="), tokens, default=0) * 2)
    other = facts.interner.node(g.Map(OPERATORS["+"]), root, root)
    facts.interner.equate(other, root)
    assert facts.domain(other) is facts.domain(root)
    assert facts.table(other).supports == (other,)


def test_nodes_that_stand_for_each_other_make_no_circle() -> None:
    interner = Interner()
    a, b = interner.node(g.Tokens()), interner.node(g.Indices())
    interner.equate(a, b)
    interner.equate(b, a)
    interner.equate(a, a)
    assert interner.original(a) is interner.original(b) is b


def test_a_rank_that_was_split_is_still_a_rank() -> None:
    before = select(tokens, tokens, "<") | (
        select(tokens, tokens, "==") & select(indices, indices, "<")
    )
    facts, root = facts_of(selector_width(before))
    total = ResolveSelectors()(root, facts).root
    assert isinstance(total.op, g.Map)
    assert facts.rank(total) == facts.rank(root)
    assert facts.rank(total) is not None


def test_a_rank_may_be_seen_only_after_a_rewrite() -> None:
    facts, root = facts_of(selector_width(~select(indices, indices, "<")))
    resolved = ResolveSelectors()(root, facts).root
    assert facts.rank(root) is None
    assert facts.rank(resolved) is not None


def test_the_relation_of_a_negation_is_the_complement() -> None:
    facts, root = facts_of(selector_width(select(tokens, tokens - 1, "==")))
    select_node = root.operands[0]
    assert isinstance(select_node.op, g.Select)
    opposite = negation(select_node.op.predicate)
    other = facts.interner.node(g.Select(opposite), *select_node.operands)
    expected = ~facts.relation(select_node).matrix()
    assert (facts.relation(other).matrix() == expected).all()


def holds_of_small(key: int, query: int) -> bool:
    if key + query > 2:
        raise ValueError("too large")
    return key <= query


def test_what_may_fail_is_assumed_of_the_select_and_of_its_negation() -> None:
    shifted = tokens % 3
    facts, root = facts_of(selector_width(select(shifted, shifted, holds_of_small)))
    select_node = root.operands[0]
    finding = facts.assumed(select_node)
    assert finding is not None
    assert finding.code == "E106"
    assert isinstance(select_node.op, g.Select)
    opposite = g.Select(negation(select_node.op.predicate))
    assert facts.assumed(facts.interner.node(opposite, *select_node.operands)) is finding


def test_a_predicate_that_fails_on_what_can_occur_is_refused() -> None:
    program = selector_width(select(tokens, tokens, holds_of_small))
    facts, root = facts_of(program)
    with pytest.raises(CompileError, match="E106"):
        facts.relation(root.operands[0])
    facts, root = facts_of(program, causal=True)  # two tokens need not meet
    assert facts.assumed(root.operands[0]) is not None


def test_what_a_function_may_do_wrong_is_assumed_only_where_it_is_not_certain() -> None:
    def halved(value: int) -> float:
        if value == 2:
            raise ValueError("no half")
        return value / 2

    facts, root = facts_of(apply(halved, tokens))
    with pytest.raises(CompileError, match="E105"):
        facts.domain(root)
    inner = aggregate(select(indices, 0, "=="), tokens)
    facts, root = facts_of(apply(halved, inner))
    finding = facts.assumed(root)
    assert finding is not None
    assert finding.code == "E105"
    domain = facts.domain(root)
    assert isinstance(domain, Listed)
    assert domain.values == (0, 0.5, None)
