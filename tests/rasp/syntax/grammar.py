"""A large program of RASP source text, as people write them for grammars: some 1,200 lines.

It reads an English sentence word by word, as the programs for COGS and ReCOGS do: the kinds of
words from a dictionary, what stands around each position, flat patterns of kinds, noun phrases with
numbers, prepositional phrases, and who does what, by one long choice. The text is made here; its
names and rules are our own.
"""

from __future__ import annotations

from collections.abc import Iterator

KINDS: dict[str, list[str]] = {
    "det": ["a", "the"],
    "noun": ["cat", "dog", "boy", "girl", "cake", "box", "table", "hat", "bird", "rose"],
    "name": ["Ann", "Ben", "Eva", "Leo"],
    "prep": ["on", "in", "beside"],
    "did": ["saw", "liked", "found", "drew", "ate", "held"],
    "gave": ["gave", "sold", "sent"],
    "slept": ["slept", "ran", "smiled"],
    "broke": ["broke", "froze", "rolled"],
    "said": ["said", "hoped", "knew"],
    "wanted": ["wanted", "tried"],
    "that": ["that"],
    "was": ["was"],
    "done": ["seen", "liked_by", "eaten", "given"],
    "by": ["by"],
    "to": ["to"],
    "do": ["sleep", "run", "see", "eat"],
    "dot": ["."],
}
PLACES = ("agent", "theme", "recipient", "complement", "modifier", "instrument")
CODES = {kind: code for code, kind in enumerate(KINDS, 1)}
PHRASE = ("det", "noun")

PATTERNS: dict[str, tuple[str, ...]] = {
    f"{first}_{'_'.join(rest)}": (first, *rest)
    for first in ("np", "pn")
    for rest in (
        ("slept",),
        ("broke",),
        ("did", "np"),
        ("did", "pn"),
        ("broke", "np"),
        ("gave", "np", "to", "np"),
        ("gave", "np", "to", "pn"),
        ("gave", "pn", "np"),
        ("said", "that", "np"),
        ("said", "that", "pn"),
        ("wanted", "to", "do"),
        ("was", "done"),
        ("was", "done", "by", "np"),
        ("was", "done", "by", "pn"),
        ("was", "done", "to", "np"),
    )
}
WINDOW = 9


def kinds_of(pattern: tuple[str, ...]) -> list[str]:
    """A pattern word by word: `np` is an article and a noun, `pn` a name."""
    words: list[str] = []
    for part in pattern:
        words += PHRASE if part == "np" else ["name" if part == "pn" else part]
    return words[: WINDOW + 1]


def grammar() -> str:
    """The text of the program."""
    return "\n".join([*_words(), *_window(), *_patterns(), *_phrases(), *_roles(), *_answer()])


def _heading(text: str) -> list[str]:
    return ["", f"# -- {text}", ""]


def _words() -> Iterator[str]:
    yield "# The logical form of a sentence, word by word."
    yield "# Every s-op is a value at each word: a number unless it says otherwise."
    yield from _heading("what kind of word stands at each position")
    yield "kind_of = {"
    entries = [(word, CODES[kind]) for kind, words in KINDS.items() for word in words]
    for number, (word, code) in enumerate(entries):
        yield f'    "{word}": {code}{"," if number < len(entries) - 1 else ""}'
    yield "};"
    yield "kind = kind_of[tokens];"
    for kind, code in CODES.items():
        yield f"# words such as {KINDS[kind][0]}"
        yield f"is_{kind} = kind == {code};"
        yield f"how_many_{kind} = count(kind, {code});"
        yield f"any_{kind} = how_many_{kind} > 0;"


def _window() -> Iterator[str]:
    yield from _heading("the kinds of the words around")
    for step in range(1, WINDOW + 1):
        yield f"# {step} to the right, and to the left"
        yield f"ahead_{step} = shift(kind, {-step}, 0);"
        yield f"behind_{step} = shift(kind, {step}, 0);"


def _patterns() -> Iterator[str]:
    yield from _heading("flat patterns of kinds")
    for name, pattern in PATTERNS.items():
        kinds = kinds_of(pattern)
        yield f"# {' '.join(kinds)}"
        yield f"starts_{name} = ("
        yield f"    kind == {CODES[kinds[0]]}"
        for step, kind in enumerate(kinds[1:], 1):
            yield f"    and ahead_{step} == {CODES[kind]}"
        yield ");"
        yield f"has_{name} = contains(starts_{name}, True);"
        yield f"first_{name} = min("
        yield f"    selector_width(select(starts_{name}, True, ==)),"
        yield "    2"
        yield ");"
        yield f"in_{name} = has_focus("
        yield f"    select(starts_{name}, True, ==)"
        yield "    and select(indices, indices, <=)"
        yield f"    and select(indices, indices - {len(kinds)}, >)"
        yield ");"


def _phrases() -> Iterator[str]:
    yield from _heading("noun phrases and their numbers")
    yield "is_head = is_noun or is_name;"
    yield "earlier_heads = select(is_head, True, ==) and select(indices, indices, <);"
    yield "number = selector_width(earlier_heads);"
    yield "heads = selector_width(select(is_head, True, ==));"
    yield "is_definite = is_noun and behind_1 == 1;"
    for place in range(8):
        yield f"# the phrase with the number {place}"
        yield f"is_phrase_{place} = is_head and number == {place};"
        yield f"at_phrase_{place} = select(is_head, True, ==) and select(number, {place}, ==);"
        yield f"has_phrase_{place} = contains(is_phrase_{place}, True);"
        yield f"after_phrase_{place} = has_focus("
        yield f"    select(is_phrase_{place}, True, ==)"
        yield "    and select(indices, indices, <)"
        yield ");"
        yield f"named_phrase_{place} = contains(is_phrase_{place} and is_name, True);"
    yield from _heading("prepositional phrases")
    for step in range(1, 4):
        yield f"modifies_{step} = ("
        yield f"    is_head and ahead_{step} == {CODES['prep']}"
        yield ");"
        yield f"modified_{step} = count(modifies_{step}, True);"


def _roles() -> Iterator[str]:
    yield from _heading("who does what: the verb decides, then the order of the phrases")
    verbs = ("did", "gave", "slept", "broke", "said", "wanted", "done")
    for verb in verbs:
        yield f"# {verb}"
        yield f"before_{verb} = has_focus("
        yield f"    select(is_{verb}, True, ==)"
        yield "    and select(indices, indices, >)"
        yield ");"
        yield f"after_{verb} = has_focus("
        yield f"    select(is_{verb}, True, ==)"
        yield "    and select(indices, indices, <)"
        yield ");"
        for number, place in enumerate(PLACES[:4]):
            yield f"{place}_of_{verb} = ("
            yield f"    is_head and any_{verb}"
            yield f"    and {'before' if number == 0 else 'after'}_{verb}"
            yield f"    and number == {number}"
            yield ");"


def _answer() -> Iterator[str]:
    yield from _heading("what is said of each word")
    yield 'role = "none";'
    for place in PLACES[:4]:
        for verb in ("did", "gave", "slept", "broke", "said", "wanted", "done"):
            yield f'role = "{place}"'
            yield f"    if {place}_of_{verb}"
            yield "    else role;"
    yield from _heading("which sentence it is")
    yield "shape = 0;"
    for number, name in enumerate(PATTERNS, 1):
        yield f"shape = {number}"
        yield f"    if has_{name}"
        yield "    else shape;"
    yield "answer = ("
    yield "    role if is_head"
    yield '    else ("event" if kind > 4 else "none")'
    yield ");"
