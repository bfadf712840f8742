"""Which sequences are looked at: every one that is possible while they are few, else drawn ones."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from rasplab.diagnostics import counted
from rasplab.rasp.sequence import Tokens, sequence_key
from rasplab.rasp.values import Value

Seed: TypeAlias = "int | random.Random"
"""What is drawn by: a seed, or a generator that goes on from where it is."""


class Possible(Protocol):
    """What inputs there can be: `Sequences`, or the declared `Inputs` of a program."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """Those that they can have."""
        ...

    @property
    def count(self) -> int | None:
        """How many there are, where that is known."""
        ...

    @property
    def listed(self) -> bool:
        """Whether they are at hand one by one."""
        ...

    def __iter__(self) -> Iterator[Tokens]: ...

    def drawn(
        self, count: int | None = None, seed: Seed = 0, length: int | None = None
    ) -> Iterator[Tokens]:
        """So many, or without end; of every length in turn, from the longest, or of one."""
        ...

    def different(self, count: int, seed: Seed = 0) -> Iterator[Tokens]:
        """At most so many, none of them twice."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """Every possible input while they are few, else drawn ones; iterating chooses the same anew.

    Args:
        possible: what there is to choose from.
        at_most: all are taken while they are no more than this.
        drawn: so many are drawn where there are more; by default `at_most`.
        seed: what they are drawn by.
        longest: those that are drawn are of the greatest length; else of every length.
        different: none is drawn twice.
        listed: those that are listed already are all taken, however many.

    >>> few = Sequences.up_to(2, "ab")
    >>> chosen = Chosen(few, 6)
    >>> chosen.complete, ["".join(map(str, tokens)) for tokens in chosen]
    (True, ['a', 'b', 'aa', 'ab', 'ba', 'bb'])
    >>> chosen = Chosen(few, 5, drawn=3)
    >>> chosen.complete, ["".join(map(str, tokens)) for tokens in chosen]
    (False, ['bb', 'a', 'bb'])
    """

    possible: Possible
    at_most: int
    drawn: int | None = None
    seed: int = 0
    longest: bool = False
    different: bool = False
    listed: bool = False

    @property
    def complete(self) -> bool:
        """Whether all that are possible are taken."""
        if self.listed and self.possible.listed:
            return True
        count = self.possible.count
        return count is not None and count <= self.at_most

    def __iter__(self) -> Iterator[Tokens]:
        if self.complete:
            return iter(self.possible)
        count = self.at_most if self.drawn is None else self.drawn
        if self.different:
            return self.possible.different(count, self.seed)
        length = max(self.possible.lengths) if self.longest else None
        return self.possible.drawn(count, self.seed, length)


@dataclass(frozen=True, slots=True, repr=False)
class Sequences:
    """All sequences over a vocabulary, of some lengths, in this order: counted, listed or drawn.

    Without `repeats` only those in which no token occurs twice.

    >>> few = Sequences(("a", "b"), (2, 1))
    >>> few.count, next(iter(few))
    (6, ('a', 'a'))
    >>> list(Sequences(("a", "b"), (2,), repeats=False))
    [('a', 'b'), ('b', 'a')]
    """

    vocabulary: Tokens
    lengths: tuple[int, ...]
    repeats: bool = True

    @classmethod
    def up_to(
        cls, longest: int, vocabulary: Iterable[Value], *, longest_first: bool = False
    ) -> Sequences:
        """Those of every length."""
        lengths = tuple(range(1, longest + 1))
        return cls(tuple(vocabulary), lengths[::-1] if longest_first else lengths)

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(self._of_length, self.lengths))

    @property
    def listed(self) -> bool:
        """They are made when they are asked for."""
        return False

    def __iter__(self) -> Iterator[Tokens]:
        for length in self.lengths:
            yield from self._every(length)

    def __repr__(self) -> str:
        ends = f"{min(self.lengths, default=0)} to {max(self.lengths, default=0)}"
        once = "" if self.repeats else ", none twice"
        return f"<sequences: {counted(len(self.vocabulary), 'token')}, lengths {ends}{once}>"

    def short(self, *, each: int | None = None, total: int | None = None) -> Sequences:
        """Those of the first lengths, while a length has at most so many, and all of them.

        >>> Sequences.up_to(9, "ab").short(each=8), Sequences.up_to(9, "ab").short(total=8)
        (<sequences: 2 tokens, lengths 1 to 3>, <sequences: 2 tokens, lengths 1 to 2>)
        """
        counts = [self._of_length(length) for length in self.lengths]
        few = (
            (each is None or count <= each) and (total is None or so_far <= total)
            for count, so_far in zip(counts, itertools.accumulate(counts), strict=True)
        )
        taken = sum(1 for _ in itertools.takewhile(bool, few))
        return Sequences(self.vocabulary, self.lengths[:taken], self.repeats)

    def drawn(
        self, count: int | None = None, seed: Seed = 0, length: int | None = None
    ) -> Iterator[Tokens]:
        """So many, or without end, of each length in turn or of one; some perhaps twice.

        The longest come first: they show most.
        """
        draw = generator(seed)
        lengths = sorted(self.lengths, reverse=True) if length is None else [length]
        # not evenly among all there are: nearly all of those have the greatest length
        for n in itertools.islice(itertools.cycle(lengths), count):
            if self.repeats:
                yield tuple(draw.choice(self.vocabulary) for _ in range(n))
            else:
                yield tuple(draw.sample(self.vocabulary, n))

    def different(self, count: int, seed: Seed = 0) -> Iterator[Tokens]:
        """So many, or all that there are, none twice; as even over lengths as there are enough."""
        draw = generator(seed)
        found: dict[Hashable, Tokens] = {}

        def add(sequences: Iterable[Tokens]) -> None:
            found.update((sequence_key(sequence), sequence) for sequence in sequences)

        lengths = sorted(self.lengths)
        for i, n in enumerate(lengths):  # the shorter ones first: what they leave is for the longer
            share = -(-(count - len(found)) // (len(lengths) - i))
            here = self._of_length(n)
            if here <= share:
                add(self._every(n))
                continue
            if here <= 4 * count:
                add(draw.sample([*self._every(n)], share))
                continue
            aim = len(found) + share
            while len(found) < aim:  # of more than four times as many few are drawn again
                some = draw.choices if self.repeats else draw.sample
                add([tuple(some(self.vocabulary, k=n))])
        return iter(found.values())

    def _of_length(self, length: int) -> int:
        size = len(self.vocabulary)
        return size**length if self.repeats else math.perm(size, length)

    def _every(self, length: int) -> Iterator[Tokens]:
        if self.repeats:
            return itertools.product(self.vocabulary, repeat=length)
        return itertools.permutations(self.vocabulary, length)


def generator(seed: Seed) -> random.Random:
    """What draws: a generator as it is, or one that a seed begins."""
    return seed if isinstance(seed, random.Random) else random.Random(seed)
