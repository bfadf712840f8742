"""Tracr's `tracr.compiler.basis_inference`: which values and directions each expression has."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rasplab.compat.tracr.compiler.nodes import EXPR, OUTPUT_BASIS, VALUE_SET, Node, NodeID
from rasplab.compat.tracr.craft.bases import VectorSpaceWithBasis
from rasplab.compat.tracr.rasp.evaluation import operands, translate
from rasplab.compat.tracr.rasp.sops import SOp, is_numerical
from rasplab.compat.tracr.rasp.spelling import Spellings
from rasplab.diagnostics import CompileError
from rasplab.graph import Facts, Interner, Listed, build_graph
from rasplab.options import read_options
from rasplab.rasp.order import operands_first
from rasplab.rasp.values import Value

__all__ = ["InvalidValueSetError", "Node", "NodeID", "infer_bases"]

InvalidValueSetError = CompileError
"""What scripts catch where values cannot be inferred, or a program cannot be compiled."""


def infer_bases(graph: Any, sink: Node, vocab: Collection[Any], max_seq_len: int) -> None:
    """Note in the graph which values each sequence operator can take, and their directions.

    The values are those that occur, as rasplab's compiler finds them: Tracr's may be more, and of
    means they are fewer than there are. Undefined is not among them.

    >>> from rasplab.compat.tracr.compiler.rasp_to_graph import extract_rasp_graph
    >>> from rasplab.compat.tracr.rasp import rasp
    >>> found = extract_rasp_graph(rasp.tokens * 2)
    >>> infer_bases(found.graph, found.sink, {1, 2}, max_seq_len=3)
    >>> found.sink["VALUE_SET"], [str(d) for d in found.graph.nodes["tokens"]["OUTPUT_BASIS"]]
    ({2, 4}, ['tokens:1', 'tokens:2'])

    Raises:
        CompileError: an expression has no value on some input, or too many to be listed.
    """
    program: SOp = sink[EXPR]
    options = read_options(translate(program), vocab, max_seq_len, False, 1, "float32")
    spellings = Spellings(vocab)
    facts = Facts(Interner(), options.vocabulary, options.max_length, causal=False)
    for part in operands_first(program, operands):
        if not isinstance(part, SOp) or part.label not in graph.nodes:
            continue
        node = build_graph(translate(part), facts.interner)
        domain = facts.domain(node)
        known = graph.nodes[part.label]
        if isinstance(domain, Listed):
            defined: list[Value] = [value for value in domain.values if value is not None]
            known[VALUE_SET] = set(spellings.all(defined))
        elif not is_numerical(part):
            raise CompileError(facts.too_many_values(node))
        space = (
            VectorSpaceWithBasis.from_names([part.label])
            if is_numerical(part)
            else VectorSpaceWithBasis.from_values(part.label, known[VALUE_SET])
        )
        known[OUTPUT_BASIS] = space.basis
