"""Small models on which methods are tried: of each kind of output, with one head and two."""

from __future__ import annotations

import functools

import rasplab
from rasplab import programs
from rasplab.rasp import aggregate, apply, indices, select, selector_width, tokens


@functools.cache
def model(name: str) -> rasplab.Model:
    hist = selector_width(select(tokens, tokens, "==")).named("hist")
    first = aggregate(select(indices, 0, "=="), tokens).named("first")
    match name:
        case "two heads":
            return rasplab.compile((first == tokens) & (hist > 1), vocab="ab", max_length=3)
        case "histogram, literal":
            return rasplab.compile(hist * 2 + indices, vocab="ab", max_length=3, optimize=0)
        case "number":
            fraction = aggregate(select(indices, indices, "<="), tokens == "x")
            return rasplab.compile(fraction, vocab="xy", max_length=3, causal=True)
        case "absent":
            before = aggregate(select(indices, indices, "<"), tokens)
            return rasplab.compile(before, vocab=[1, 2], max_length=3)
        case "nothing read":
            return rasplab.compile(apply(lambda token: 1, tokens), vocab="ab", max_length=2)
        case "no layers":
            return rasplab.compile(tokens, vocab="ab", max_length=2)
        case _:
            return library(name)


@functools.cache
def library(name: str, vocabulary: int = 3, length: int = 3) -> rasplab.Model:
    entry = programs.get(name)
    program, vocab = entry.at(vocabulary, length)
    return rasplab.compile(program, vocab=vocab, max_length=length, causal=entry.causal)


NAMES = ("two heads", "histogram, literal", "number", "absent", "no layers", "reverse")
