"""A file as the blog's readers write it: raspy's names, and functions built on one another.

Its import says `raspy` where raspy is installed.
"""

from rasplab.compat.raspy import indices, key, query, raw, tokens, where


def length():
    return (key(1) == query(1)).value(1).name("length")


def flip():
    return (key(length() - indices - 1) == query(indices)).value(tokens)


def window(width, seq=tokens):
    since = key(indices) >= query(indices - width + 1)
    until = key(indices) <= query(indices)
    return (since & until).value(seq)


def histogram():
    return (key(tokens) == query(tokens)).value(1)


def to_numbers(seq=tokens):
    return seq.map(lambda letter: ord(letter) - ord("0"))


def plus_two():
    return to_numbers(where(tokens == "-", "0", tokens)) + 2


def later_twin():
    same = key(tokens) == query(tokens)
    return (same & (key(indices) > query(indices))).width() > 0


def balance():
    opened = (key(indices) <= query(indices)).value(tokens == "(")
    closed = (key(indices) <= query(indices)).value(tokens == ")")
    return opened - closed


def dyck():
    below = (key(1) == query(1)).value(balance() < 0)
    at_end = (key(indices) == query(length() - 1)).value(balance())
    return (below == 0) & (at_end == 0)


def weighted():
    return window(2, raw([1, 10, 100, 1000]))
