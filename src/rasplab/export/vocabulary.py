r"""The words of an exported model: an id and a text for BOS, PAD, every token and every output.

Ids are ours (BOS 0, PAD 1, then the tokens), followed by the output values that are not tokens;
for a number, its own id and that of `undefined`.

No text has white space in it, so that a sequence is its texts with blanks between. A string without
white space is its own text. In other strings white space and control characters become visible
(`␠`, `␊`, else a code such as `\u00a0`), and the empty string is `ε`; other values are written as
in Python. Where two values would have one text, a string that is its own text keeps it, and the
other's kind is added: `1` is the string and `1:number` the number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from rasplab.diagnostics import InputError, counted, diagnostic, shown
from rasplab.display import Table, html, shorten
from rasplab.rasp.phrases import literal
from rasplab.rasp.values import Value, identity
from rasplab.weights import BOS_ID, FIRST_TOKEN_ID, PAD_ID, Config, codec

BOS, PAD, NUMBER, UNDEFINED = "<bos>", "<pad>", "<number>", "<undefined>"
_SPECIAL = ("special", "special")
_VISIBLE = {" ": "␠", "\n": "␊", "\t": "␉", "\r": "␍"}
_HIDDEN = {"Cc", "Cs", "Zs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Word:
    """One id: its text, its value and the value's kind, and whether it is read, written or both.

    `kind` is `"string"`, `"number"`, `"boolean"`, `"tuple"`, `"undefined"` or, of BOS, PAD and the
    column of a numerical output, `"special"`.
    """

    id: int
    text: str
    value: Value
    kind: str
    token: bool
    output: bool


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """Every word of an exported model, by id, and the ids of the read-out's columns.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab=("1", 1, True, "a b"), max_length=4)
    >>> words = words_of(model.config)
    >>> words.text(["a b", True, 1, "1"])
    'a␠b True 1:number 1'
    >>> words.values([2, 5])
    ['1', 'a b']
    """

    entries: tuple[Word, ...]
    columns: tuple[int, ...]
    config: Config

    def text(self, sequence: Iterable[object]) -> str:
        """A sequence as the tokenizer of a checkpoint reads it, BOS left out.

        Raises:
            InputError: E401 to E405, for what is not a sequence that the model takes.
        """
        ids: list[int] = codec.encode(self.config, [sequence])[0].tolist()
        return " ".join(self.entries[i].text for i in ids[1:])

    def values(self, ids: Iterable[int]) -> list[Value]:
        """The values of ids, BOS and PAD left out.

        Raises:
            InputError: E402, there is no such word.
        """
        ids = list(ids)
        if not all(0 <= i < len(self.entries) for i in ids):
            raise InputError(
                diagnostic(
                    "E402",
                    f"{shown(ids)} are no ids of words",
                    help=f"they go from 0 to {len(self.entries) - 1}",
                )
            )
        return [self.entries[i].value for i in ids if i not in (BOS_ID, PAD_ID)]

    def decode(self, logits: object, ids: object) -> list[list[Value]]:
        """The values of a checkpoint's logits (batch x positions x words) for token ids.

        BOS and padding are left out. A number is the logit of `<number>` itself.

        Raises:
            InputError: E402, these are no logits of these words for these ids.
        """
        return codec.decode_ids(self.config, logits, ids, words=len(self.entries), of=self.columns)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, by id."""
        return tuple(word.text for word in self.entries)

    def __str__(self) -> str:
        rows = [
            f"{w.id:>4}  {w.text:12}  {w.kind:9}  {w.value!r:12}  "
            + " ".join(("token",) * w.token + ("output",) * w.output)
            for w in self.entries
        ]
        return "\n".join(row.rstrip() for row in rows)

    def __repr__(self) -> str:
        words = shorten(" ".join(self.texts), 60)
        return f"<{counted(len(self.entries), 'word')}: {words}>"

    def _repr_html_(self) -> str:
        rows = [(w.id, w.text, w.kind, w.token, w.output) for w in self.entries]
        return html(repr(self)[1:-1], Table(("id", "text", "kind", "token", "output"), rows))


def words_of(config: Config) -> Words:
    """The words of a model."""
    tokens = dict(config.token_ids())
    entries: list[tuple[Value, str]] = [(None, "special"), (None, "special")]
    entries += [(t, _kind(t)) for t in config.vocabulary]
    if config.output_values is None:
        columns: list[int] = list(range(len(entries), len(entries) + config.d_out))
        entries += [(None, "special"), (None, "undefined")][: config.d_out]
    else:
        columns: list[int] = []
        for value in config.output_values:
            if identity(value) not in tokens:
                tokens[identity(value)] = len(entries)
                entries.append((value, _kind(value)))
            columns.append(tokens[identity(value)])
    reserved = {BOS_ID: BOS, PAD_ID: PAD}
    if config.output_values is None:
        reserved[columns[0]] = NUMBER
    texts = _texts(entries, reserved)
    last = FIRST_TOKEN_ID + len(config.vocabulary)
    words = tuple(
        Word(i, texts[i], value, kind, FIRST_TOKEN_ID <= i < last, i in columns)
        for i, (value, kind) in enumerate(entries)
    )
    return Words(words, tuple(columns), config)


def _kind(value: Value) -> str:
    match value:
        case None:
            return "undefined"
        case bool():
            return "boolean"
        case str():
            return "string"
        case tuple():
            return "tuple"
        case int() | float():
            return "number"
        case _:
            assert_never(value)


def _texts(entries: Sequence[tuple[Value, str]], reserved: dict[int, str]) -> dict[int, str]:
    """A different text for every id: strings that are their own text choose first."""
    texts = dict(reserved)
    taken = set(texts.values())
    others = [i for i in range(len(entries)) if i not in texts]
    others.sort(key=lambda i: (_plain(entries[i][0]) != entries[i][0], entries[i][1] != "string"))
    for i in others:
        value, kind = entries[i]
        text = _plain(value)
        if text in taken:
            text = f"{text}:{kind}"
        while text in taken:
            text += "'"
        taken.add(text)
        texts[i] = text
    return texts


def _plain(value: Value) -> str:
    if value is None:
        return UNDEFINED
    text = value if isinstance(value, str) else literal(value).text
    for special in (BOS, PAD):  # a tokenizer finds these inside of words
        text = text.replace(special, f"«{special[1:-1]}»")
    return "".join(map(_visible, text)) or "ε"


def _visible(character: str) -> str:
    if character in _VISIBLE:
        return _VISIBLE[character]
    if unicodedata.category(character) in _HIDDEN or character.isspace():
        return f"\\u{ord(character):04x}"
    return character
