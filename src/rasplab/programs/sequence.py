"""Programs that move tokens around."""

from __future__ import annotations

from string import ascii_lowercase

from rasplab import rasp
from rasplab.programs.patterns import found
from rasplab.programs.registry import program
from rasplab.programs.vocabulary import words
from rasplab.rasp import (
    SOp,
    Value,
    aggregate,
    apply,
    indices,
    select,
    tokens,
)


@program(words)
def reverse(values: SOp = tokens) -> SOp:
    """The sequence from its end to its start.

    A task of the RASP paper, `make_reverse` in the Tracr library. Any tokens. Bidirectional.

    >>> reverse()("abc")
    ['c', 'b', 'a']
    """
    opposite = select(indices, rasp.length - 1 - indices, "==")
    return aggregate(opposite, values).named("reverse")


@program(words, lambda vocabulary, max_length: {"by": 1, "default": "-"}, causal=True)
def shift(by: int = 1, default: Value = None, values: SOp = tokens) -> SOp:
    """The sequence moved right by `by` positions, left if negative; `default` fills the gap.

    `shift` of the RASP paper's library, `shift_by` in the Tracr library. Any tokens. Moved right
    it looks back only: causal; moved left it is bidirectional.

    >>> shift(2, "-")("hello")
    ['-', '-', 'h', 'e', 'l']
    """
    return rasp.shift(values, by, default).named("shift")


@program(words, causal=True)
def previous_token(values: SOp = tokens) -> SOp:
    """The token before each position, undefined at the first.

    The previous-token head that interpretability work finds in language models. Any tokens. Looks
    back only: causal.

    >>> previous_token()("abc")
    [None, 'a', 'b']
    """
    return rasp.shift(values, 1).named("previous_token")


@program(words, lambda vocabulary, max_length: {"location": min(1, max_length - 1)})
def load_from_location(location: SOp | int, values: SOp = tokens, default: Value = None) -> SOp:
    """The token at a given position, which may differ from position to position.

    `load_from_location` of the RASP paper's library. Any tokens; `default` stands where the
    sequence has no such position. Bidirectional.

    >>> load_from_location(1)("hello")
    ['e', 'e', 'e', 'e', 'e']
    >>> load_from_location(4 - indices)("hello")
    ['o', 'l', 'l', 'e', 'h']
    """
    return rasp.load_from_location(values, location, default).named("load_from_location")


@program(words, lambda vocabulary, max_length: {"alphabet": vocabulary})
def caesar(
    by: int = 3, alphabet: str | tuple[Value, ...] = ascii_lowercase, values: SOp = tokens
) -> SOp:
    """Each token replaced by the one `by` places further in the alphabet, which is a circle.

    The Caesar cipher. Any tokens: those outside the alphabet stay as they are. No attention, so it
    computes the same with and without a causal mask.

    >>> "".join(caesar()("hello, xyz"))
    'khoor, abc'
    """
    letters: tuple[Value, ...] = tuple(alphabet)
    rotated = {letter: letters[(i + by) % len(letters)] for i, letter in enumerate(letters)}

    def rotate(token: Value) -> Value:
        return rotated.get(token, token)

    return apply(rotate, values).named("caesar")


@program(words)
def palindrome(values: SOp = tokens) -> SOp:
    """Whether the whole sequence reads the same from both ends, at every position.

    Any tokens. Bidirectional. Each position looks for a different token at its mirror image, and
    then every position looks for one that found it.

    >>> palindrome()("level")
    [True, True, True, True, True]
    >>> palindrome()("hello")
    [False, False, False, False, False]
    """
    mirror = select(indices, rasp.length - 1 - indices, "==")
    differs = found(mirror & select(values, values, "!="))
    return (~found(select(differs, True, "=="))).named("palindrome")
