"""Tokens on the command line: from text to values and back.

One rule for all text, of a sequence and of a vocabulary:

- Several words, divided by blanks or given as several arguments, are several tokens. A word is a
  number or a boolean where it looks like one (`3`, `-1.5`, `True`), unless it is text in the
  vocabulary or beyond what a float holds; in a vocabulary `0..9` stands for ten integers.
- One word alone is its characters, as a string is in Python. It is one token where the vocabulary
  has it, or where it is a number or a boolean and the program is not one that reads characters.
  That is said aloud where the word has several characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rasplab.diagnostics import InputError, diagnostic
from rasplab.rasp.values import Value, canonical

_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?")
_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")
_PADDED = re.compile(r"[+-]?0\d+")
DIGITS_AT_MOST = 300  # more, and no float holds the number
RANGE_AT_MOST = 1 << 16
_WORDS: dict[str, Value] = {"True": True, "False": False}
Split: TypeAlias = Literal["characters", "words"]


def read_value(text: str, *, keep: bool = False) -> Value:
    """A number or a boolean where the text looks like one, else the text; `keep` keeps the text.

    >>> [read_value(text) for text in ("3", "-1.50", "True", "a", "+", "1e3", "nan", "1e400")]
    [3, -1.5, True, 'a', '+', 1000, 'nan', '1e400']
    """
    if keep:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= DIGITS_AT_MOST:
        return int(text)
    value = canonical(float(text)) if _FLOAT.fullmatch(text) else text
    return text if value is None else value  # no float holds it


@dataclass(frozen=True, slots=True)
class Reader:
    """How one program reads text: by its `vocabulary`, and `split` where somebody said how.

    `characters` says that it reads characters though its vocabulary does not tell, `alphabet` that
    nothing else makes sense to it, `keep` that every token is text. What is doubtful is told to
    `say`.

    >>> Reader(vocabulary=("a", "b")).sequence(["hello"])
    ['h', 'e', 'l', 'l', 'o']
    >>> Reader(vocabulary=("1", "+")).sequence(["1 2", "a"])
    ['1', 2, 'a']
    >>> Reader(say=print).sequence(["42"])
    note: `42` is read as one token, the number 42; for its characters say --split characters
    [42]
    """

    vocabulary: tuple[Value, ...] = ()
    characters: bool = False
    alphabet: bool = False
    keep: bool = False
    split: Split | None = None
    say: Callable[[str], None] = lambda text: None

    def sequence(self, texts: Iterable[str]) -> list[Value]:
        """The tokens of what was typed.

        Raises:
            InputError: E404 for a word of several characters, where only characters make sense.
        """
        texts = list(texts)
        words = divided(texts)
        if self.split == "characters":
            return list("".join(texts))
        self._mind_commas(words)
        if len(words) == 1 and not self._one_token(words[0]):
            return list(words[0])
        if len(words) > 1:
            self._check(words)
        return [self._word(word) for word in words]

    def _mind_commas(self, words: list[str]) -> None:
        """Say that commas divide nothing, where somebody may have thought so."""
        parts = [part for word in words for part in word.strip("[]()").split(",") if part]
        divide = any("," in word for word in words) and len(parts) > 1
        if divide and self.split is None and not any("," in str(v) for v in self.vocabulary):
            self.say(
                "note: commas are characters of the sequence; blanks divide tokens: "
                f"`{' '.join(parts)}`"
            )

    @property
    def reads_characters(self) -> bool:
        """Whether the program's tokens are single characters, as far as one knows."""
        return self.characters or are_characters(self.vocabulary)

    def _word(self, word: str) -> Value:
        known = {str(value): value for value in self.vocabulary}
        return known[word] if word in known and not self.keep else read_value(word, keep=self.keep)

    def _one_token(self, word: str) -> bool:
        if self.split is not None:
            return self.split == "words"
        if len(word) == 1 and not self.reads_characters:
            return True
        texts = {value for value in self.vocabulary if isinstance(value, str)}
        if word in map(str, self.vocabulary):
            if len(word) > 1 and (texts.issuperset(word) or word.isdigit()):
                self._say(word, "a token of the vocabulary")
            return True
        if self.reads_characters or texts.issuperset(word):
            return False
        value = read_value(word, keep=self.keep)
        if isinstance(value, str) or _PADDED.fullmatch(word):
            return any(len(text) > 1 for text in texts)
        kind = "the boolean" if isinstance(value, bool) else "the number"
        self._say(word, f"{kind} {value}")
        return True

    def _check(self, words: list[str]) -> None:
        """Words of which each is made of tokens that are characters: were those meant?"""
        texts = {value for value in self.vocabulary if isinstance(value, str)}
        known = {str(value) for value in self.vocabulary}
        long = [w for w in words if len(w) > 1 and w not in known]
        if self.alphabet and long and self.split is None:
            joined = "".join(words)
            raise InputError(
                diagnostic(
                    "E404",
                    f"`{long[0]}` is one token here, and this program reads single characters",
                    help=f"write them without blanks, `{joined}`, or each by itself",
                )
            )
        if self.reads_characters and long and all(texts.issuperset(w) for w in words):
            self.say(
                f"note: `{' '.join(words)}` is read as {len(words)} words; "
                "for its characters say --split characters"
            )

    def _say(self, word: str, what: str) -> None:
        self.say(
            f"note: `{word}` is read as one token, {what}; "
            "for its characters say --split characters"
        )


def are_characters(vocabulary: Sequence[Value]) -> bool:
    """Whether all tokens are single characters, and there are any.

    >>> are_characters(("a", "+")), are_characters(("a", 1)), are_characters(())
    (True, False, False)
    """
    return bool(vocabulary) and all(isinstance(t, str) and len(t) == 1 for t in vocabulary)


def read_vocabulary(
    text: str,
    *,
    keep: bool = False,
    characters: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Value, ...]:
    """The tokens of a vocabulary: words divided by blanks, or the characters of one word.

    `0..9` stands for ten integers. One word is its characters unless it is a number and the
    program is not one that reads `characters`.

    >>> read_vocabulary("a b 0..3"), read_vocabulary("ab0"), read_vocabulary("01", characters=True)
    (('a', 'b', 0, 1, 2, 3), ('a', 'b', '0'), ('0', '1'))
    """
    words = divided([text])
    if len(words) == 1 and (keep or not _RANGE.fullmatch(words[0])):
        return tuple(_alone(words[0], keep, characters, say))
    values: list[Value] = []
    for part in words:
        ends = None if keep else _RANGE.fullmatch(part)
        if ends is None:
            values.append(read_value(part, keep=keep))
        else:
            values.extend(_range(part, int(ends[1]), int(ends[2])))
    return tuple(values)


def _alone(word: str, keep: bool, characters: bool, say: Callable[[str], None]) -> Sequence[Value]:
    value = read_value(word, keep=keep)
    number = not isinstance(value, str) and not _PADDED.fullmatch(word)
    if number and not characters:
        if len(word) > 1:
            say(
                f"note: the vocabulary `{word}` is the one token {value}; for more divide by blanks"
            )
        return [value]
    if len(set(word)) < len(word):
        shown = " ".join(dict.fromkeys(word))
        say(f"note: the vocabulary `{word}` is its characters {shown}; divide words by blanks")
    return word


def _range(text: str, first: int, last: int) -> range:
    if last - first >= RANGE_AT_MOST:
        raise InputError(
            diagnostic("E407", f"`{text}` is more than {RANGE_AT_MOST} tokens", help="use fewer")
        )
    return range(first, last + 1)


def divided(texts: Iterable[str]) -> list[str]:
    """All texts, divided at blanks."""
    return [part for text in texts for part in text.split()]


def shown(value: Value) -> str:
    """A value so that reading it gives it back: a word bare, unless it looks like something else.

    >>> [shown(value) for value in (3, "a", "3", None, True, 1 / 3)]
    ['3', 'a', "'3'", 'None', 'True', '0.333333']
    """
    if isinstance(value, str):
        plain = value and read_value(value) == value and " " not in value and value != "None"
        return value if plain else repr(value)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
