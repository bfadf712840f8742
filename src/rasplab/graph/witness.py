"""What facts cannot prove is tried: a counter-example refuses, none leaves an assumption."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from rasplab.diagnostics import CompileError, Diagnostic, ProgramError
from rasplab.graph import Facts
from rasplab.graph.node import Node
from rasplab.rasp.expressions import Expression
from rasplab.rasp.values import Value

TRIED_AT_MOST = 300


def refute(program: Expression, facts: Facts, open_questions: list[Diagnostic]) -> tuple[str, ...]:
    """Look for an input on which the program has no value; refuse with it, or state the assumption.

    Raises:
        CompileError: with the evaluator's own diagnostic and the input that shows it.
    """
    if not open_questions:
        return ()
    for sequence in inputs(facts.vocabulary, min(facts.max_length, 8)):
        try:
            program(sequence, causal=facts.causal)
        except ProgramError as error:
            shown = " ".join(map(str, sequence))
            raise CompileError([_on(finding, shown) for finding in error.diagnostics]) from error
    return tuple(
        f"no input makes it fail: {finding.title}" for finding in dict.fromkeys(open_questions)
    )


def open_questions(
    facts: Facts, parts: Iterable[Node], assumed: Mapping[Node, Diagnostic]
) -> list[Diagnostic]:
    """What could make parts of a program fail: as facts have it, or `assumed` by who made them."""
    found = [assumed.get(node) or _assumed(facts, node) for node in parts]
    return [finding for finding in found if finding is not None]


def _assumed(facts: Facts, node: Node) -> Diagnostic | None:
    """What could make a node fail; of what facts refuse to speak, that is open."""
    try:
        return facts.assumed(node)
    except CompileError as refusal:
        return refusal.diagnostics[0]


def inputs(vocabulary: tuple[Value, ...], longest: int) -> Iterator[list[Value]]:
    """Every short sequence while there are few, then drawn ones of every length."""
    count = 0
    for length in range(1, longest + 1):
        if len(vocabulary) ** length > TRIED_AT_MOST // 3:
            break
        for tokens in itertools.product(vocabulary, repeat=length):
            count += 1
            yield list(tokens)
    import random  # here: most programs leave nothing to be tried

    draw = random.Random(0)
    for i in range(TRIED_AT_MOST - count):
        length = longest - i % longest
        yield [draw.choice(vocabulary) for _ in range(length)]


def _on(finding: Diagnostic, shown: str) -> Diagnostic:
    return Diagnostic(
        finding.code,
        finding.title,
        finding.labels,
        (f"for example on the input `{shown}`", *finding.notes),
        finding.help,
    )
