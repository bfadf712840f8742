"""Programs that count."""

from __future__ import annotations

from rasplab import rasp
from rasplab.programs.patterns import earlier, found, so_far
from rasplab.programs.registry import program
from rasplab.programs.vocabulary import numbers, words
from rasplab.rasp import SOp, Value, aggregate, best, earliest, full, select, selector_width, tokens


@program(words)
def length() -> SOp:
    """The length of the sequence, at every position.

    `length` of the RASP paper, `make_length` in the Tracr library. Any tokens. Bidirectional;
    under a causal mask it is the number of positions so far.

    >>> length()("hello")
    [5, 5, 5, 5, 5]
    """
    return rasp.length


@program(words)
def hist(values: SOp = tokens) -> SOp:
    """How often the token at each position occurs in the sequence.

    The histogram of the RASP paper (with and without BOS are one program here, because the
    compiler adds BOS itself), `make_hist` in the Tracr library. Any tokens. Bidirectional.

    >>> hist()("hello")
    [1, 1, 2, 2, 1]
    """
    return selector_width(select(values, values, "==")).named("hist")


@program(words, causal=True)
def seen_before(values: SOp = tokens) -> SOp:
    """Whether the token at each position occurs earlier in the sequence.

    A step of the RASP paper's double histogram. Any tokens. Looks back only: causal.

    >>> seen_before()("hello")
    [False, False, False, True, False]
    """
    same_earlier = select(values, values, "==") & earlier()
    return found(same_earlier).named("seen_before")


@program(words)
def double_hist(values: SOp = tokens) -> SOp:
    """How many distinct tokens occur as often as the token at each position.

    The double histogram of the RASP paper, figure 1: of each token one representative is counted,
    its first occurrence. Any tokens. Bidirectional.

    >>> double_hist()("hello")
    [3, 3, 1, 1, 3]
    """
    frequency = hist(values)
    as_frequent = select(frequency, frequency, "==")
    representatives = rasp.where(seen_before(values), 0, 1)
    return rasp.aggregate_sum(as_frequent, representatives).named("double_hist")


@program(words, lambda vocabulary, max_length: {"value": vocabulary[0]})
def count(value: Value, values: SOp = tokens) -> SOp:
    """How often a given token occurs in the sequence, at every position.

    `count` of the RASP paper's library, `make_count` in the Tracr library. Any tokens.
    Bidirectional; under a causal mask it counts so far.

    >>> count("l")("hello")
    [2, 2, 2, 2, 2]
    """
    return rasp.count(values, value).named("count")


@program(words, lambda vocabulary, max_length: {"value": vocabulary[0]})
def contains(value: Value, values: SOp = tokens) -> SOp:
    """Whether a given token occurs in the sequence, at every position.

    `contains` of the RASP paper's library. Any tokens. Bidirectional.

    >>> contains("l")("hey")
    [False, False, False]
    """
    return found(select(values, value, "==")).named("contains")


@program(numbers, lambda vocabulary, max_length: {"value": vocabulary[0]})
def parity(value: Value = 1, values: SOp = tokens) -> SOp:
    """Whether a given token occurs an odd (1) or even (0) number of times, at every position.

    Any tokens. Bidirectional; under a causal mask it is the parity so far.

    >>> parity()([1, 0, 1, 1])
    [1, 1, 1, 1]
    """
    occurrences = rasp.count(values, value)
    return (occurrences % 2).named("parity")


@program(words, lambda vocabulary, max_length: {"limit": 2})
def count_less_freq(limit: int, values: SOp = tokens) -> SOp:
    """How many positions hold a token that occurs fewer than `limit` times in the sequence.

    What `make_count_less_freq` in the Tracr library documents; its code counts frequency `limit`
    as well. Any tokens. Bidirectional.

    >>> count_less_freq(2)("hello")
    [3, 3, 3, 3, 3]
    """
    return selector_width(select(hist(values), limit, "<")).named("count_less_freq")


@program(words)
def most_freq(values: SOp = tokens) -> SOp:
    """The most frequent token, of several the one that occurs first, at every position.

    Any tokens. Bidirectional.

    >>> most_freq()("hello")
    ['l', 'l', 'l', 'l', 'l']
    """
    winners = best(full, hist(values))
    return aggregate(earliest(winners), values).named("most_freq")


@program(words, lambda vocabulary, max_length: {"bools": tokens == vocabulary[0]}, causal=True)
def frac_prevs(bools: SOp) -> SOp:
    """The fraction of positions so far at which a condition holds.

    The first example of the Tracr paper, figure 2; `make_frac_prevs` in its library. Booleans
    or numbers. Looks back only: causal.

    >>> frac_prevs(tokens == "l")("hello")
    [0, 0, 0.3333333333333333, 0.5, 0.4]
    """
    return aggregate(so_far(), rasp.where(bools, 1, 0)).named("frac_prevs")
