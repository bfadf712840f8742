"""What facts cannot prove is tried: what cannot be is refused, the rest becomes an assumption.

A program need not have a value on every input. Where an aggregate of words selects different ones
there is none, and what a model gives there is nobody's business: the equal ones that it selects
elsewhere it moves as they are. What else can go wrong (a function that raises, say) is refused
with an input that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rasplab.craft.certificate import WITHOUT_VALUE
from rasplab.diagnostics import CompileError, Diagnostic, ProgramError
from rasplab.graph import Facts
from rasplab.graph import node as g
from rasplab.graph.node import Interner, Node
from rasplab.rasp.expressions import Expression
from rasplab.rasp.possible import Sequences
from rasplab.rasp.values import Value

TRIED_AT_MOST = 300
NO_VALUE = ("E204", "E205")
"""What only means that there is no value on an input: averaged words, a broken promise."""


@dataclass(slots=True)
class Trials:
    """A program on the inputs that are tried: run once, when they are first asked about.

    `partial` are the codes of what only means that there is no value on an input. `without` is the
    first such input, with what says so.
    """

    program: Expression
    causal: bool
    tried: Callable[[], Iterable[Sequence[Value]]]
    partial: tuple[str, ...] = NO_VALUE
    _done: bool = field(default=False, repr=False)
    _without: tuple[str, Diagnostic] | None = field(default=None, repr=False)

    @property
    def without(self) -> tuple[str, Diagnostic] | None:
        """An input without a value and why, if there is one.

        Raises:
            CompileError: there is no value on any input, or something else goes wrong on one.
        """
        if not self._done:
            self._without = self._run()
            self._done = True
        return self._without

    def _run(self) -> tuple[str, Diagnostic] | None:
        first: tuple[str, tuple[Diagnostic, ...]] | None = None
        valued = False
        for sequence in self.tried():
            try:
                self.program(list(sequence), causal=self.causal)
                valued = True
            except ProgramError as error:
                found = as_text(sequence), tuple(error.diagnostics)
                if error.code not in self.partial:
                    raise CompileError([on(f, found[0]) for f in found[1]]) from error
                first = first or found
        if first is None:
            return None
        if not valued:
            raise CompileError([on(finding, first[0]) for finding in first[1]])
        return first[0], first[1][0]


def assumptions(
    trials: Trials,
    interner: Interner,
    found: Mapping[Node, Diagnostic],
    promised: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """What is promised, or assumed where nothing showed it; a counter-example was looked for.

    Raises:
        CompileError: what is open goes wrong on an input that was tried, or nothing has a value.
    """
    if not found and not promised:
        return ()
    without = trials.without
    stated = [*promised]
    stated += [_stated(node, finding, interner) for node, finding in found.items()]
    if without is not None:
        stated.append(f"{WITHOUT_VALUE}on some inputs, such as `{without[0]}`: {without[1].title}")
    return tuple(dict.fromkeys(stated))


def _stated(node: Node, finding: Diagnostic, interner: Interner) -> str:
    if finding.code in NO_VALUE:
        return f"{WITHOUT_VALUE}where {called(node, interner)} would average words"
    return f"no input makes it fail: {finding.title}"


def called(node: Node, interner: Interner) -> str:
    """What a person would call a node: by its name, if it has one."""
    name = interner.names.get(node)
    if name is not None:
        return f"`{name}`"
    return "a selector" if isinstance(node.op, g.SELECTORS) else "an aggregate"


def open_questions(
    facts: Facts, parts: Iterable[Node], assumed: Mapping[Node, Diagnostic]
) -> dict[Node, Diagnostic]:
    """What could make parts of a program fail: as facts have it, or `assumed` by who made them."""
    found = ((node, assumed.get(node) or _assumed(facts, node)) for node in parts)
    return {node: finding for node, finding in found if finding is not None}


def _assumed(facts: Facts, node: Node) -> Diagnostic | None:
    """What could make a node fail; of what facts refuse to speak, that is open."""
    try:
        return facts.assumed(node)
    except CompileError as refusal:
        return refusal.diagnostics[0]


def inputs(vocabulary: tuple[Value, ...], longest: int) -> Iterator[list[Value]]:
    """Every short sequence while there are few, then drawn ones of every length."""
    possible = Sequences.up_to(longest, vocabulary)
    short = possible.short(each=TRIED_AT_MOST // 3)
    yield from map(list, short)
    yield from map(list, possible.drawn(TRIED_AT_MOST - short.count))


def as_text(sequence: Iterable[Value]) -> str:
    """An input as messages show it."""
    return " ".join(map(str, sequence))


def on(finding: Diagnostic, shown: str) -> Diagnostic:
    """A finding with the input on which it was made."""
    return Diagnostic(
        finding.code,
        finding.title,
        finding.labels,
        (f"for example on the input `{shown}`", *finding.notes),
        finding.help,
    )
