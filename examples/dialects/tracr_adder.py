"""Addition in the manner of Tracr's users, in our own words: a decoder that writes the sum.

`12+9=` goes on with `12`, the sum's digits with the last one first: every position says which token
comes next. Where the `+` stands is read by an aggregate of positions, said to be `categorical`.
On an input with two `+` that would be a mean.
"""

from typing import Any

from rasplab.compat.tracr.rasp import rasp

DIGITS = "0123456789"
VOCABULARY = {*DIGITS, "+", "="}
INPUTS = r"[0-9]+\+[0-9]+=[0-9]*"
"""The inputs for which it is meant, as a pattern over tokens."""

EQ, LT, LEQ = rasp.Comparison.EQ, rasp.Comparison.LT, rasp.Comparison.LEQ
tokens, indices = rasp.tokens, rasp.indices


def constant(value: Any) -> rasp.SOp:
    return rasp.Map(lambda token: value, tokens)


def position_of(token: str, name: str) -> rasp.SOp:
    """Where a token stands, once it has been seen; -1 before."""
    here = rasp.Select(tokens, constant(token), EQ)
    return rasp.categorical(rasp.Aggregate(here, indices, default=-1)).named(name)


def digit_before(end: rasp.SOp, start: rasp.SOp, place: rasp.SOp, name: str) -> rasp.SOp:
    """The digit so many places before an end, 0 where the number is shorter."""
    at = rasp.SequenceMap(lambda e, p: e - 1 - p if p >= 0 else -1, end, place)
    inside = rasp.SequenceMap(lambda a, s: a if a > s else -1, at, start)
    digit = rasp.Map(lambda token: int(token) if token in DIGITS else 0, tokens)
    found = rasp.Aggregate(rasp.Select(indices, inside, EQ), digit, default=0)
    return rasp.categorical(found).named(name)


def adder() -> rasp.SOp:
    """The next digit of the sum, from the `=` on; the empty text before."""
    plus = position_of("+", "plus")
    equals = position_of("=", "equals")
    place = rasp.SequenceMap(lambda i, e: i - e if e >= 0 else -1, indices, equals).named("place")
    first = digit_before(plus, constant(-1), place, "first_digit")
    second = digit_before(equals, plus, place, "second_digit")
    column = rasp.SequenceMap(lambda a, b: a + b, first, second).named("column")
    # a carry comes from the last column before this one that is not 9
    answers = rasp.Map(lambda p: p >= 0, place)
    stops = rasp.SequenceMap(lambda c, on: c != 9 if on else True, column, answers).named("stops")
    overflows = rasp.SequenceMap(lambda c, on: c > 9 if on else False, column, answers)
    stop = rasp.Select(stops, constant(True), EQ)
    before = rasp.SelectorWidth(stop & rasp.Select(indices, indices, LT))
    so_far = rasp.SelectorWidth(stop & rasp.Select(indices, indices, LEQ))
    last = rasp.Select(so_far, before, EQ) & stop
    carry = rasp.Aggregate(last, rasp.Map(int, overflows), default=0)
    carry = rasp.categorical(carry).named("carry")
    total = rasp.SequenceMap(lambda c, k: (c + k) % 10, column, carry)
    digit = rasp.SequenceMap(lambda t, on: str(t) if on else "", total, answers)
    return digit.named("next_digit")
