"""Regular patterns over tokens: which sequences they match, how many, and each of them.

A pattern is that of regular expressions, with tokens in the place of characters: `[ab]*=c?`.
A token of several characters stands in quotes, spaces mean nothing, and a backslash takes the next
character as it is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rasplab.rasp.values import Value, identity

STATES_AT_MOST = 1 << 12
REPEATS_AT_MOST = 1 << 10
NESTED_AT_MOST = 100
"""Brackets within brackets."""

Choice = frozenset[int]
State = frozenset[int]


class PatternError(ValueError):
    """What was written is no pattern; says where."""


class NoTokenError(PatternError):
    """It speaks of a token that the vocabulary does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenPattern:
    """A pattern as a machine: `moves` has, per state, the next one for each token or `None`."""

    text: str
    vocabulary: tuple[Value, ...]
    moves: tuple[tuple[int | None, ...], ...]
    accepting: frozenset[int]
    _counts: dict[tuple[int, int], int] = field(
        default_factory=dict[tuple[int, int], int], repr=False
    )

    def matches(self, sequence: Sequence[Value]) -> bool:
        """Whether the whole sequence is one of the pattern's."""
        places = {identity(token): i for i, token in enumerate(self.vocabulary)}
        state: int | None = 0
        for token in sequence:
            place = places.get(identity(token))
            state = None if place is None or state is None else self.moves[state][place]
        return state is not None and state in self.accepting

    def count(self, length: int, state: int = 0) -> int:
        """How many sequences of a length match, from a state on."""
        for size in range(length + 1):  # shorter ones first, so that depth has no limit
            for each in range(len(self.moves)) if size < length else (state,):
                if (each, size) not in self._counts:
                    self._counts[each, size] = self._count(each, size)
        return self._counts[state, length]

    def _count(self, state: int, length: int) -> int:
        if length == 0:
            return int(state in self.accepting)
        following = (n for n in self.moves[state] if n is not None)
        return sum(self._counts[n, length - 1] for n in following)

    def occurring(self, tokens: frozenset[int], longest: int) -> tuple[int, int]:
        """How often one of some tokens stands in a sequence that matches, at least and at most.

        Tokens are given by their places in the vocabulary; `longest` is how long sequences can be,
        of which one at least matches.

        >>> token_pattern("[ab]*=[ab]*", "ab=").occurring(frozenset([2]), 5)
        (1, 1)
        """
        seen: dict[int, tuple[int, int]] = {0: (0, 0)}
        found: list[tuple[int, int]] = []
        for _ in range(longest):
            following = dict[int, tuple[int, int]]()
            for state, (least, most) in seen.items():
                for token, after in enumerate(self.moves[state]):
                    if after is not None:
                        one = int(token in tokens)
                        old = following.get(after, (least + one, most + one))
                        following[after] = min(old[0], least + one), max(old[1], most + one)
            seen = following
            found += [seen[state] for state in self.accepting & seen.keys()]
        return min(least for least, _ in found), max(most for _, most in found)

    def every(self, length: int) -> Iterator[tuple[Value, ...]]:
        """All sequences of a length, in the order of the vocabulary."""
        return (self.nth(length, place) for place in range(self.count(length)))

    def drawn(self, length: int, draw: random.Random) -> tuple[Value, ...] | None:
        """A sequence of a length, each as likely as any other; `None` where there is none."""
        total = self.count(length)
        return self.nth(length, draw.randrange(total)) if total else None

    def nth(self, length: int, place: int) -> tuple[Value, ...]:
        """The sequence of a length at a place among all of them."""
        found: list[Value] = []
        state = 0
        for rest in range(length - 1, -1, -1):
            for token, following in zip(self.vocabulary, self.moves[state], strict=True):
                here = 0 if following is None else self.count(rest, following)
                if place < here:
                    found.append(token)
                    state = following if following is not None else 0
                    break
                place -= here
        return tuple(found)


def token_pattern(text: str, vocabulary: Sequence[Value]) -> TokenPattern:
    """Read a pattern.

    Raises:
        PatternError: it is none, or speaks of tokens that the vocabulary does not have.

    >>> [*token_pattern("a+b?", "ab").every(2)]
    [('a', 'a'), ('a', 'b')]
    >>> token_pattern("[^b]*'if'", ["a", "b", "if"]).matches(["a", "if"])
    True
    """
    reader = _Reader(text, tuple(vocabulary))
    return _machine(text, tuple(vocabulary), reader.read())


@dataclass(slots=True)
class _Automaton:
    """States with moves that take one of some tokens, or none."""

    free: list[list[int]] = field(default_factory=list[list[int]])
    taking: list[list[tuple[Choice, int]]] = field(default_factory=list["list[tuple[Choice, int]]"])

    def state(self) -> int:
        self.free.append([])
        self.taking.append([])
        if len(self.free) > STATES_AT_MOST:
            raise PatternError("the pattern is too large")
        return len(self.free) - 1

    def reached(self, states: State) -> State:
        """The states, and those that are reached from them for free."""
        found, waiting = set(states), list(states)
        while waiting:
            for following in self.free[waiting.pop()]:
                if following not in found:
                    found.add(following)
                    waiting.append(following)
        return frozenset(found)


@dataclass(slots=True)
class _Reader:
    """A recursive descent: each part is written between two states."""

    text: str
    vocabulary: tuple[Value, ...]
    at: int = 0
    made: _Automaton = field(default_factory=_Automaton)
    depth: int = 0
    skipped: dict[int, tuple[int, int | None, int]] = field(
        default_factory=dict[int, tuple[int, "int | None", int]]
    )

    def read(self) -> tuple[_Automaton, int, int]:
        start, end = self.made.state(), self.made.state()
        self._alternatives(start, end)
        if self._peek():
            raise PatternError(f"`{self._peek()}` at {self.at} closes nothing")
        return self.made, start, end

    def _peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def _take(self) -> str:
        found = self._peek()
        if not found:
            raise PatternError("the pattern ends too early")
        self.at += 1
        return found

    def _alternatives(self, start: int, end: int) -> None:
        self._sequence(start, end)
        while self._peek() == "|":
            self.at += 1
            self._sequence(start, end)

    def _sequence(self, start: int, end: int) -> None:
        own = self.made.state()  # what repeats comes back to it, and to no other alternative
        self.made.free[start].append(own)
        start = own
        while self._peek() not in ("", "|", ")"):
            following = self.made.state()
            self._repeated(start, following)
            start = following
        self.made.free[start].append(end)

    def _repeated(self, start: int, end: int) -> None:
        """One item, then how often; for each time it is read again from where it stands."""
        begun = self.at
        if begun not in self.skipped:  # each item once: what is nested would take twice as long
            self.skipped[begun] = (*self._skipped(begun), self.at)
        least, most, after = self.skipped[begun]
        for i in range(least if most is None else most):
            following = self.made.state()
            if i >= least:
                self.made.free[start].append(end)
            self._item(begun, start, following)
            start = following
        if most is None:
            self.made.free[start].append(end)
            again = self.made.state()
            self._item(begun, start, again)
            self.made.free[again].append(start)
        else:
            self.made.free[start].append(end)
        self.at = after

    def _skipped(self, begun: int) -> tuple[int, int | None]:
        """How often an item stands, with the reader after it."""
        kept, self.made = self.made, _Automaton()
        self._item(begun, self.made.state(), self.made.state())
        self.made = kept
        mark = self._peek()
        if mark in ("*", "+", "?"):
            self.at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[mark]
        closed = self.text.find("}", self.at)
        if mark == "{" and self.text[self.at + 1 : self.at + 2].isdigit() and closed > 0:
            low, comma, high = self.text[self.at + 1 : closed].partition(",")
            self.at = closed + 1
            return self._range(low.strip(), high.strip() if comma else low.strip())
        return 1, 1

    def _range(self, low: str, high: str) -> tuple[int, int | None]:
        if not low.isdigit() or not (high.isdigit() or not high):
            raise PatternError(f"`{{{low},{high}}}` is no number of times")
        least, most = int(low), int(high) if high else None
        if max(least, most or 0) > REPEATS_AT_MOST or (most is not None and most < least):
            raise PatternError(f"`{{{low},{high}}}` is no number of times")
        return least, most

    def _item(self, at: int, start: int, end: int) -> None:
        self.at = at
        mark = self._take()
        if mark == "(":
            self.depth += 1
            if self.depth > NESTED_AT_MOST:
                raise PatternError(f"more than {NESTED_AT_MOST} brackets stand in one another")
            self._alternatives(start, end)
            if self._take() != ")":
                raise PatternError("a bracket `(` is not closed")
            self.depth -= 1
        elif mark in ("*", "+", "?", ")", "|"):
            raise PatternError(f"`{mark}` at {self.at - 1} has nothing before it")
        elif mark == ".":
            self.made.taking[start].append((frozenset(range(len(self.vocabulary))), end))
        else:
            chosen = self._class() if mark == "[" else frozenset(self._tokens(self._word(mark)))
            self.made.taking[start].append((chosen, end))

    def _word(self, mark: str) -> str:
        """The text of one token, of which the first character has been read."""
        if mark == "\\":
            if self.at >= len(self.text):
                raise PatternError("nothing follows the last backslash")
            self.at += 1
            return self.text[self.at - 1]
        if mark in ("'", '"'):
            closed = self.text.find(mark, self.at)
            if closed < 0:
                raise PatternError(f"a quote {mark} is not closed")
            found, self.at = self.text[self.at : closed], closed + 1
            return found
        return mark

    def _tokens(self, word: str) -> list[int]:
        found = [i for i, token in enumerate(self.vocabulary) if str(token) == word]
        if not found:
            raise NoTokenError(f"{word!r} is no token of the vocabulary")
        return found

    def _class(self) -> Choice:
        others = self._peek() == "^"
        self.at += others
        found: set[int] = set()
        while self._peek() != "]":
            word = self._word(self._take())
            if self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                found.update(self._between(word, self._word(self._take())))
            else:
                found.update(self._tokens(word))
        self.at += 1
        return frozenset(range(len(self.vocabulary))) - found if others else frozenset(found)

    def _between(self, low: str, high: str) -> list[int]:
        for end in (low, high):
            self._tokens(end)
        texts = enumerate(map(str, self.vocabulary))
        return [i for i, text in texts if len(text) == 1 and low <= text <= high]


def _machine(
    text: str, vocabulary: tuple[Value, ...], parts: tuple[_Automaton, int, int]
) -> TokenPattern:
    """The same with one next state per token."""
    made, start, end = parts
    first = made.reached(frozenset([start]))
    number: dict[State, int] = {first: 0}
    moves: list[tuple[int | None, ...]] = []
    order = [first]
    for states in order:
        row: list[int | None] = []
        for token in range(len(vocabulary)):
            taken = [n for s in states for chosen, n in made.taking[s] if token in chosen]
            following = made.reached(frozenset(taken))
            if taken and following not in number:
                number[following] = len(order)
                order.append(following)
                if len(order) > STATES_AT_MOST:
                    raise PatternError("the pattern is too large")
            row.append(number[following] if taken else None)
        moves.append(tuple(row))
    accepting = frozenset(n for states, n in number.items() if end in states)
    return TokenPattern(text, vocabulary, tuple(moves), accepting)
