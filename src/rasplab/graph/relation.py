"""Which key values a query value selects, and what can be said of that without writing it out.

A relation is between the values of two nodes, by their places in the two lists of values: rows are
keys, columns are queries. Comparisons keep a number per value rather than a cell per pair.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.graph.distinct import distinct_rows

Cells: TypeAlias = "NDArray[np.bool_]"
Places: TypeAlias = "NDArray[np.intp]"
Classes: TypeAlias = "tuple[Places, Places]"
"""The class of each row or column (equal ones are one class), and the first of each class."""

_CELLS_AT_ONCE = 1 << 20


class Relation(ABC):
    """Which keys each query selects. What a kind does not know better is found cell by cell."""

    __slots__ = ()

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """How many keys and how many queries there are."""

    @abstractmethod
    def at(self, keys: Places, queries: Places) -> Cells:
        """Whether keys are selected by queries: two arrays of places that broadcast together."""

    @abstractmethod
    def transposed(self) -> Relation:
        """The same with keys and queries exchanged."""

    def cells(self, keys: Places, queries: Places) -> Cells:
        """The rows of some keys, in the columns of some queries."""
        return self.at(keys[:, None], queries[None, :])

    def matrix(self) -> Cells:
        """The whole relation, a row per key and a column per query."""
        keys, queries = self.shape
        return self.cells(np.arange(keys), np.arange(queries))

    def holds(self, key: int, query: int) -> bool:
        """Whether one key is selected by one query."""
        return bool(self.at(np.array(key), np.array(query)))

    def complement(self) -> Relation:
        """What selects where this one does not."""
        return Complement(self)

    def diagonal(self) -> Cells:
        """Of a relation of values with themselves: which of them select themselves."""
        every = np.arange(min(self.shape))
        return self.at(every, every)

    def is_full(self) -> bool:
        """Whether every query selects every key."""
        return all(bool(some.all()) for _, some in self._columns())

    def meets(self, other: Relation) -> bool:
        """Whether some query selects some key here and in another relation of the same values."""
        # an equality has a pair for each key to try, rather than a cell for each pair
        return other.meets(self) if isinstance(other, Equality) else self._meets(other)

    def agrees(self, keys: Places, labels: Places) -> bool:
        """Whether all that a query selects has one label.

        What is selected are things of which each has a key, `keys`, and one of the `labels`.
        """
        beyond = int(labels.max(initial=0)) + 1
        for _, some in self._columns(len(keys)):
            chosen = some[keys]
            lowest = np.where(chosen, labels[:, None], beyond).min(axis=0, initial=beyond)
            highest = np.where(chosen, labels[:, None], -1).max(axis=0, initial=-1)
            if (lowest < highest).any():
                return False
        return True

    def selects_at_most_one(self) -> bool:
        """Whether no query selects two different keys."""
        every = np.arange(self.shape[0])
        return self.agrees(every, every)

    def classes(self) -> Classes:
        """The keys that no query tells apart."""
        return distinct_rows(self.matrix())

    def is_identity(self) -> bool:
        """Whether every value selects itself alone, in a relation of values with themselves."""
        matrix = self.matrix()
        return bool((matrix == np.eye(len(matrix), dtype=bool)).all())

    def is_order(self) -> bool:
        """Whether it is a total order, and of equals all come before each other or none do.

        Were one element counted among its equals and the next one not, both could have one rank.
        """
        truth = self.matrix()
        diagonal = truth.diagonal()
        counts = truth.sum(axis=1) - diagonal  # of a strict total order: 0, 1, 2, …
        order = np.argsort(counts)
        expected = np.tril(np.ones_like(truth), -1)
        np.fill_diagonal(expected, diagonal.any())
        return bool((truth[np.ix_(order, order)] == expected).all())

    def _meets(self, other: Relation) -> bool:
        keys = np.arange(self.shape[0])
        return any(bool((some & other.cells(keys, q)).any()) for q, some in self._columns())

    def _columns(self, width: int = 0) -> Iterator[tuple[Places, Cells]]:
        """All columns, so many at a time that `width` cells of each are not too many."""
        keys, queries = np.arange(self.shape[0]), np.arange(self.shape[1])
        step = max(_CELLS_AT_ONCE // max(len(keys), width, 1), 1)
        for start in range(0, len(queries), step):
            some = queries[start : start + step]
            yield some, self.cells(keys, some)


@dataclass(frozen=True, slots=True, eq=False)
class Dense(Relation):
    """A relation without form: a cell for each pair."""

    written: Cells

    @property
    def shape(self) -> tuple[int, int]:
        return self.written.shape[0], self.written.shape[1]

    def at(self, keys: Places, queries: Places) -> Cells:
        return self.written[keys, queries]

    def transposed(self) -> Relation:
        return Dense(self.written.T)

    def matrix(self) -> Cells:
        return self.written

    def complement(self) -> Relation:
        return Dense(~self.written)

    def is_full(self) -> bool:
        return bool(self.written.all())


@dataclass(frozen=True, slots=True, eq=False)
class Equality(Relation):
    """Equal codes. What has no equal on the other side has a code of its own, as undefined has."""

    keys: Places
    queries: Places

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.keys), len(self.queries)

    def at(self, keys: Places, queries: Places) -> Cells:
        return self.keys[keys] == self.queries[queries]

    def transposed(self) -> Relation:
        return Equality(self.queries, self.keys)

    def is_full(self) -> bool:
        codes = {*self.keys.tolist(), *self.queries.tolist()}
        return len(codes) == 1 or not self.shape[0] or not self.shape[1]

    def meets(self, other: Relation) -> bool:
        query_of = {code: q for q, code in enumerate(self.queries.tolist())}
        if len(query_of) < len(self.queries):  # several queries of one code: not one pair a key
            return self._meets(other)
        pairs = [(k, query_of[c]) for k, c in enumerate(self.keys.tolist()) if c in query_of]
        keys, queries = np.array(pairs, np.intp).reshape(-1, 2).T
        return bool(other.at(keys, queries).any())

    def agrees(self, keys: Places, labels: Places) -> bool:
        # what no query asks for is never selected
        asked = set(self.queries.tolist())
        label_of: dict[int, int] = {}
        codes = self.keys[keys].tolist()
        return all(
            label_of.setdefault(code, label) == label
            for code, label in zip(codes, labels.tolist(), strict=True)
            if code in asked
        )

    def classes(self) -> Classes:
        # keys that no query selects are one class, whatever their codes
        asked = set(self.queries.tolist())
        return _by_label([code if code in asked else None for code in self.keys.tolist()])

    def is_identity(self) -> bool:
        alike = np.array_equal(self.keys, self.queries)
        return alike and len(set(self.keys.tolist())) == len(self.keys)

    def is_order(self) -> bool:
        symmetric = np.array_equal(self.keys, self.queries)
        return len(self.keys) < 2 if symmetric else Relation.is_order(self)


@dataclass(frozen=True, slots=True, eq=False)
class Order(Relation):
    """A query selects the keys whose number is below its limit: each column holds the next one."""

    keys: Places
    limits: Places

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.keys), len(self.limits)

    def at(self, keys: Places, queries: Places) -> Cells:
        return self.keys[keys] < self.limits[queries]

    def transposed(self) -> Relation:
        return Order(-self.limits, -self.keys)

    def complement(self) -> Relation:
        return Order(-self.keys, 1 - self.limits)  # not k < l: -k ≤ -l, of whole numbers

    def is_full(self) -> bool:
        return not len(self.keys) or bool((self.limits > self.keys.max()).all())

    def agrees(self, keys: Places, labels: Places) -> bool:
        if not len(self.limits):
            return True
        most = labels[self.keys[keys] < self.limits.max()]
        return bool((most == most[:1]).all())

    def classes(self) -> Classes:
        return _by_label(self._counts().tolist())

    def is_order(self) -> bool:
        """As many come after the elements as 0, 1, 2, …: columns hold each other, so that is all.

        Strict: the last holds all but itself, the one before it all but these two, and so on.
        Else the first holds itself, the second itself and the first, and so on.
        """
        own = self.diagonal()
        if bool(own.any()) != bool(own.all()):
            return len(own) == 0
        return bool((np.sort(self._counts() - own) == np.arange(len(own))).all())

    def _counts(self) -> Places:
        """How many queries select each key; equal numbers mean the same ones."""
        return len(self.limits) - np.searchsorted(np.sort(self.limits), self.keys, side="right")


@dataclass(frozen=True, slots=True, eq=False)
class Complement(Relation):
    """What selects where another does not."""

    of: Relation

    @property
    def shape(self) -> tuple[int, int]:
        return self.of.shape

    def at(self, keys: Places, queries: Places) -> Cells:
        return ~self.of.at(keys, queries)

    def transposed(self) -> Relation:
        return Complement(self.of.transposed())

    def complement(self) -> Relation:
        return self.of

    def classes(self) -> Classes:
        return self.of.classes()


@dataclass(frozen=True, slots=True, eq=False)
class Combination(Relation):
    """Where all parts select, or any of them: relations of the same values."""

    how: Literal["all", "any"]
    parts: tuple[Relation, ...]

    @property
    def shape(self) -> tuple[int, int]:
        return self.parts[0].shape

    def at(self, keys: Places, queries: Places) -> Cells:
        combine = np.logical_and if self.how == "all" else np.logical_or
        result = self.parts[0].at(keys, queries)
        for part in self.parts[1:]:
            result = combine(result, part.at(keys, queries))
        return result

    def transposed(self) -> Relation:
        return Combination(self.how, tuple(part.transposed() for part in self.parts))

    def complement(self) -> Relation:
        other = "any" if self.how == "all" else "all"
        return Combination(other, tuple(part.complement() for part in self.parts))


def _by_label(labels: list[int | None]) -> Classes:
    """Classes in the order of their first members."""
    known: dict[int | None, int] = {}
    first: list[int] = []
    for place, label in enumerate(labels):
        if label not in known:
            known[label] = len(first)
            first.append(place)
    return np.array([known[label] for label in labels], np.intp), np.array(first, np.intp)
