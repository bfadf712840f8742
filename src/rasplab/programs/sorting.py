"""Programs that sort: count who comes before, then fetch by that rank."""

from __future__ import annotations

from rasplab.programs.counting import hist, seen_before
from rasplab.programs.patterns import earlier
from rasplab.programs.registry import program
from rasplab.programs.vocabulary import numbers, words
from rasplab.rasp import SOp, Value, aggregate, indices, select, selector_width, tokens


@program(numbers)
def sort_unique(keys: SOp = tokens, values: SOp = tokens) -> SOp:
    """The values in increasing order of their keys, for keys that are all different.

    Tracr paper, section 4, and `make_sort_unique` in its library. Numbers, or words. Equal keys
    of equal values leave all places but their first undefined. Bidirectional.

    >>> sort_unique()([2, 4, 3, 1])
    [1, 2, 3, 4]
    """
    rank = selector_width(select(keys, keys, "<"))
    return aggregate(select(rank, indices, "=="), values).named("sort_unique")


@program(numbers)
def sort(keys: SOp = tokens, values: SOp = tokens) -> SOp:
    """The values in increasing order of their keys; equal keys keep their order.

    The sorting task of the RASP paper. Tracr's `make_sort` breaks ties by a fraction that it
    adds to the key. Numbers, or words. Bidirectional.

    >>> sort()([2, 4, 1, 2])
    [1, 2, 2, 4]
    >>> sort(keys=-tokens, values=indices)([2, 4, 1, 2])
    [1, 0, 3, 2]
    """
    before = select(keys, keys, "<") | (select(keys, keys, "==") & earlier())
    rank = selector_width(before)
    return aggregate(select(rank, indices, "=="), values).named("sort")


@program(words)
def sort_freq(values: SOp = tokens, padding: Value = "§") -> SOp:
    """The distinct tokens by decreasing frequency, ties by first occurrence, then padding.

    Most-Freq of the RASP paper. Tracr's `make_sort_freq` is another program: it keeps repeated
    tokens. Any tokens but the padding. Bidirectional.

    >>> sort_freq()("hello")
    ['l', 'h', 'e', 'o', '§']
    """
    frequency = hist(values)
    distinct = select(seen_before(values), False, "==")
    before = select(frequency, frequency, ">") | (select(frequency, frequency, "==") & earlier())
    rank = selector_width(before & distinct)
    source = select(rank, indices, "==") & distinct
    return aggregate(source, values, default=padding).named("sort_freq")
