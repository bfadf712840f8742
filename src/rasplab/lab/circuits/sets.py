"""Minimal circuits: which sets of edges do by themselves, all others being cut together.

A set that does need not do with one edge more. So nothing is concluded from one set for another,
but for what follows from the graph: edges that do not lead to the output within a set, and edges
that carry the same whether or not they are cut, do nothing there.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from rasplab.diagnostics import Diagnostic, InputError, counted, diagnostic
from rasplab.display import Table, html
from rasplab.lab.circuits.blocks import Reader, Writer, columns_read, columns_written
from rasplab.lab.circuits.together import Array, Batch, Flags, Rows, Together
from rasplab.lab.circuits.truth import Edge

SETS_AT_MOST = 1 << 17
"""So many sets of edges are tried before the search is given up."""

CASES_AT_MOST = 1 << 13
"""So many cases, an input with what it is patched with, a search is over."""

PROBES = 4
"""Of each length so many cases are tried first: most sets fail on the first."""

TRIED_AT_ONCE = 1 << 10

Names: TypeAlias = "tuple[str, str]"
NOTIONS = (
    "not faithful",
    "faithful",
    "quasi-minimal",
    "locally minimal",
    "subset-minimal",
    "cardinally minimal",
)
"""What a set of edges can be, from the weakest to the strongest; each but the first two implies the
one before."""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Says of a set of edges, each by its names, whether it is faithful."""

    together: Together
    batches: tuple[Batch, ...]

    def faithful(self, edges: Collection[Names]) -> bool:
        """Whether no output changes where only these are kept."""
        kept = np.array([[(w.name, r.name) in edges for w, r in self.together.edges]], np.bool_)
        return not any(
            self.together.changed(kept, batch, np.arange(len(batch))).any()
            for batch in self.batches
        )


@dataclass(frozen=True, slots=True, eq=False)
class MinimalCircuits:
    """All sets of edges that are faithful and have no smaller one within, the smallest first.

    A set is faithful if no output changes on the data where all other edges are cut together.
    `considered` counts the edges that could matter, `tried` the sets that were run.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
    >>> print(model.circuit(ablation="resample", minimal="sets").sets)
    1 minimal circuit; the smallest has 1 edge
      embed -> output
    """

    sets: tuple[tuple[Edge, ...], ...]
    considered: int
    tried: int
    judge: Judge = field(repr=False)

    @property
    def smallest(self) -> tuple[Edge, ...]:
        """A faithful set with the fewest edges that there is: cardinally minimal."""
        return self.sets[0]

    @property
    def in_all(self) -> tuple[Edge, ...]:
        """The edges that every minimal circuit has."""
        return tuple(e for e in self.sets[0] if all(e in other for other in self.sets))

    @property
    def in_any(self) -> tuple[Edge, ...]:
        """The edges that some minimal circuit has."""
        return tuple(dict.fromkeys(edge for one in self.sets for edge in one))

    def notion(self, edges: Iterable[Edge | str]) -> str:
        """The strongest of the `NOTIONS` that holds for a set of edges.

        Edges are as in `sets`, or texts such as `"embed -> output"`.

        Raises:
            InputError: E445 for an edge that the graph does not have.
        """
        from rasplab.lab.circuits.names import read_pairs

        named = {str(edge): 1.0 for edge in edges}
        given = frozenset(read_pairs(self.judge.together.blocks, named))
        if not self.judge.faithful(given):
            return NOTIONS[0]
        known = [frozenset((e.sender, e.receiver) for e in one) for one in self.sets]
        if given in known:
            return NOTIONS[5 if len(given) == len(known[0]) else 4]
        needed = [not self.judge.faithful(given - {edge}) for edge in sorted(given)]
        return NOTIONS[3 if all(needed) else 2 if any(needed) else 1]

    def __str__(self) -> str:
        return "\n".join([self._summary(), *(f"  {_line(one)}" for one in self.sets)])

    def __repr__(self) -> str:
        return f"<{self._summary()}>"

    def _summary(self) -> str:
        fewest = counted(len(self.sets[0]), "edge")
        return f"{counted(len(self.sets), 'minimal circuit')}; the smallest has {fewest}"

    def _repr_html_(self) -> str:
        return html(*self.shown())

    def shown(self) -> tuple[str, Table]:
        """A line, and a table with a row for each set, as pages show them."""
        rows = [(len(one), _line(one)) for one in self.sets]
        return self._summary(), Table(("edges", "minimal circuit"), rows)


def _line(edges: tuple[Edge, ...]) -> str:
    """By sender, as a circuit prints them."""
    by_sender = itertools.groupby(edges, key=lambda edge: edge.sender)
    parts = [f"{name} -> {', '.join(e.receiver for e in of)}" for name, of in by_sender]
    return "; ".join(parts) or "no edge at all"


def minimal_circuits(together: Together, batches: tuple[Batch, ...]) -> MinimalCircuits:
    """Every minimal faithful set of edges.

    Raises:
        InputError: E455 beyond `SETS_AT_MOST` sets.
    """
    search = _Search(together, batches)
    writers = {writer.name: i for i, writer in enumerate(together.blocks.writers)}
    found = [{together.edges[search.order[place]] for place in one} for one in search.run()]
    sets = tuple(
        tuple(
            Edge(w.name, r.name)
            for w, r in sorted(together.edges, key=lambda edge: writers[edge[0].name])
            if (w, r) in one
        )
        for one in found
    )
    return MinimalCircuits(sets, len(search.order), search.tried, Judge(together, batches))


def check_cases(count: int) -> None:
    """Refuse a search over more cases than it can be exact over (E455)."""
    if count > CASES_AT_MOST:
        raise InputError(
            _beyond(
                f"every set of edges would be run on {count:,} cases, of {CASES_AT_MOST:,} at most",
                "give fewer inputs as `data`, or pairs: `data=model.dataset(100)`",
            )
        )


def _beyond(why: str, help: str) -> Diagnostic:
    return diagnostic("E455", "all minimal circuits cannot be found here", notes=[why], help=help)


@dataclass(slots=True, eq=False)
class _Search:
    """Sets by size, each one once: edges with the last senders come first in the order."""

    together: Together
    batches: Sequence[Batch]
    order: list[int] = field(init=False)
    probes: list[Rows] = field(init=False)
    tried: int = 0

    def __post_init__(self) -> None:
        edges = self.together.edges
        live = _not_idle(self.together, self.batches)
        self.order = sorted(live, key=lambda i: edges[i][0].site, reverse=True)
        self.probes = [np.arange(min(PROBES, len(batch))) for batch in self.batches]

    def edge(self, place: int) -> tuple[Writer, Reader]:
        """The edge at a place of the order."""
        return self.together.edges[self.order[place]]

    def run(self) -> list[frozenset[int]]:
        """All minimal sets, as places in the order."""
        found: list[frozenset[int]] = []
        level: list[tuple[int, ...]] = [()]
        while level:
            # by size: all smaller ones are known, and what has a faithful one within is not minimal
            level = [one for one in level if not any(known.issubset(one) for known in found)]
            faithful = self._faithful(level, found)
            found += [frozenset(one) for one, yes in zip(level, faithful, strict=True) if yes]
            failed = [one for one, yes in zip(level, faithful, strict=True) if not yes]
            level = [longer for one in failed for longer in self._longer(one)]
        return found

    def _longer(self, one: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """With one edge more, which leads to the output by those that are there."""
        senders = {self.edge(i)[0].name for i in one}
        # later places are of earlier senders: each set that leads to the output is reached once
        for place in range(one[-1] + 1 if one else 0, len(self.order)):
            reader = self.edge(place)[1]
            if reader.step is None or any(_is_of(reader, name, self.together) for name in senders):
                yield (*one, place)

    def _faithful(self, sets: list[tuple[int, ...]], found: list[frozenset[int]]) -> list[bool]:
        self.tried += len(sets)
        if self.tried > SETS_AT_MOST:
            least = f", and the smallest has {counted(len(found[0]), 'edge')}" if found else ""
            raise InputError(
                _beyond(
                    f"{counted(len(self.order), 'edge')} can matter, and after {SETS_AT_MOST:,} "
                    f"sets of them {counted(len(found), 'minimal circuit')} had been found{least}",
                    "ask at a coarser level, for another ablation, or for a smaller model",
                )
            )
        kept = np.zeros((len(sets), len(self.together.edges)), np.bool_)
        for row, one in zip(kept, sets, strict=True):
            row[[self.order[place] for place in one]] = True
        good = np.ones(len(sets), np.bool_)
        for start in range(0, len(sets), TRIED_AT_ONCE):
            some = slice(start, start + TRIED_AT_ONCE)
            good[some] = self._hold(kept[some])
        return good.tolist()

    def _hold(self, kept: Flags) -> Flags:
        """Which sets are faithful: on a few cases first, and those that are left on all."""
        good = np.ones(len(kept), np.bool_)
        for batch, probes in zip(self.batches, self.probes, strict=True):
            left = np.flatnonzero(good)
            if len(left):
                good[left] = ~self.together.changed(kept[left], batch, probes).any(axis=1)
        for number, batch in enumerate(self.batches):
            left = np.flatnonzero(good)
            if len(left):
                changed = self.together.changed(kept[left], batch, np.arange(len(batch)))
                good[left] = ~changed.any(axis=1)
                self._remember(number, changed)
        return good

    def _remember(self, number: int, changed: Flags) -> None:
        """The cases that refuted what the probes had let through are probes from now on."""
        refuted = np.flatnonzero(changed.any(axis=0))
        if len(refuted):
            most = changed.sum(axis=0)[refuted].argmax()
            self.probes[number] = np.union1d(self.probes[number], refuted[[most]])


def _is_of(reader: Reader, sender: str, together: Together) -> bool:
    """Whether a reader is of the part that a writer is."""
    writer = next(w for w in together.blocks.writers if w.name == sender)
    return (
        writer.step == reader.step and reader.start <= writer.start and writer.stop <= reader.stop
    )


def _not_idle(together: Together, batches: Sequence[Batch]) -> list[int]:
    """The edges that may carry something else when they are cut, by number.

    A part of which no reader has such an edge writes the same in every run.
    """
    found: list[int] = []
    moving: set[str] = set()
    for writer in sorted(together.blocks.writers, key=lambda w: w.site):
        into = [together.edges[i][1] for i in found]
        if any(_is_of(reader, writer.name, together) for reader in into):
            moving.add(writer.name)
        for i, (sender, reader) in enumerate(together.edges):
            if sender == writer and (
                writer.name in moving or _differs(together, batches, writer, reader)
            ):
                found.append(i)
    return found


def _differs(together: Together, batches: Sequence[Batch], writer: Writer, reader: Reader) -> bool:
    weights = together.weights
    columns = columns_written(weights, writer) & columns_read(weights, reader)
    for batch in batches:
        own: Array = batch.clean[writer.name][batch.own][..., columns]
        if (own != batch.patches[writer.name][batch.other][..., columns]).any():
            return True
    return False
