"""Small models that compress in no time."""

import functools

import rasplab
from rasplab import programs
from rasplab.lab.paper import PAPER
from rasplab.model import Model


@functools.cache
def compiled(name: str, *, vocab: int = 3, length: int = 3, optimize: int = 0) -> Model:
    program, words = programs.get(name).at(vocab, length)
    return rasplab.compile(program, vocab=words, max_length=length, optimize=optimize)


@functools.cache
def paper(name: str) -> Model:
    found = PAPER[name]()
    return Model(found.weights, found.program)
