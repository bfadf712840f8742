"""Programs of "What Algorithms can Transformers Learn?" (Zhou et al., 2023), in our own words.

Each says the next token at every position of a sequence of whole numbers. They run on NumPy arrays
as on `tokens`; change the import to `np_rasp`, and they run there.
"""

from rasplab.compat.rasp_l import (
    argmax,
    cumsum,
    equals,
    firsts,
    full,
    has_seen,
    index_select,
    indices,
    induct,
    induct_prev,
    kqv,
    lasts,
    leq,
    lt,
    mask,
    num_prev,
    seq_map,
    shift_right,
    tok_map,
    where,
)

START, END = -1, -2


def count(x):
    """START a b: a, a + 1, ..., b, END."""
    start = lasts(x, full(x, START))
    lowest, highest = index_select(x, start + 1), index_select(x, start + 2)
    begins = seq_map(indices(x), start + 2, equals)
    ends = ~begins & seq_map(x, highest, equals)
    return where(begins, lowest, where(ends, full(x, END), x + 1))


def copy_unique(x):
    """START a b c END: the same again, while no token occurs twice."""
    return induct(x, where(x == END, full(x, START), x), offset=1)


def sort(x):
    """Tokens that differ, then END: the smallest, then always the next greater one, then END."""
    asked = where(x == END, full(x, START), x)
    return kqv(x, asked, x, lambda k, q: k > q, default=END, reduction="min")


def most_frequent(x):
    """The most frequent token up to here, the later one of two that are."""
    often = num_prev(x, x)
    return index_select(x, argmax(often))


PLUS, EQUALS, ANSWERED, NOTHING = -3, -4, -5, -88
HINT = -100  # hints are -100 and below


def add(x, reverse=True):
    """The next token of `h a i b PLUS h c i d EQUALS i .. h ..`, digits after their hints.

    Hints number the digits of a summand; the answer begins with the last digit if `reverse`, else
    with the first one. Summands begin with a digit 0.
    """
    answering = has_seen(x, full(x, EQUALS))
    second = has_seen(x, full(x, PLUS)) & (1 - answering)
    prompt = mask(x, 1 - answering)
    above = induct(prompt, shift_right(prompt, 1), offset=1)
    sums = seq_map(x, above, lambda digit, other: digit + other if digit >= 0 else digit)
    sums = mask(sums, second, NOTHING)
    written = shift_right(x, 1)
    current = induct(sums, shift_right(x, 2), offset=1)
    following = induct(sums, x, offset=1)
    outermost = induct_prev(x, full(x, EQUALS), offset=-2)
    if reverse:
        carry = (current > 9) | ((current == 9) & (written == 0))
        first, last, hint = outermost, full(x, HINT), shift_right(x, 1) + 1
        over = hint > last
    else:
        digits = mask(sums, x >= 0, NOTHING)
        chain = cumsum((digits != 9) & (digits != NOTHING))
        gives = tok_map(digits, lambda s: int(s > 9))
        ends = firsts(chain, tok_map(mask(chain, gives, NOTHING), lambda z: z - 1), NOTHING)
        within = (following == 9) & (current % 10 != written)
        place = kqv(sums, x, indices(x), equals) + 1
        carry = within | kqv(ends, place, full(x, 1), equals)
        first, last, hint = full(x, HINT), outermost, shift_right(x, 1) - 1
        over = hint < last
    digit = (following + carry) % 10
    at_digit = x > HINT
    answer = where(at_digit, where(over, full(x, ANSWERED), hint), digit)
    return where(x == EQUALS, first, answer)


# What follows is not of the paper.


def parity(x):
    """Whether the number of ones up to here is odd."""
    return tok_map(cumsum(x == 1), lambda ones: ones % 2)


def dyck(x):
    """Of parentheses 1 and 2: whether they are well nested so far, and all closed."""
    opened, closed = num_prev(x, full(x, 1)), num_prev(x, full(x, 2))
    broken = has_seen(seq_map(opened, closed, lt), full(x, 1))
    return (broken == 0) & (opened == closed)


def running_order(x):
    """Whether the sequence has not fallen so far."""
    falls = seq_map(x, shift_right(x, 1, default=-9), lt)
    return seq_map(cumsum(falls), full(x, 0), leq)
