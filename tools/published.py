"""The page of published programs: for each whether it runs, compiles, and how large its model is.

    python tools/documentation.py

The programs are our own transcriptions, under examples/rasp, examples/dialects, in
`rasplab.compat.raspy`, and in the program library; examples/partial_programs.py has those that are
meant for some inputs only.
"""

from __future__ import annotations

import importlib.util
import string
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import rasplab
from rasplab import programs
from rasplab.compat import c_rasp, raspy
from rasplab.compat.rasp_l import tokens
from rasplab.compat.tracr.rasp.evaluation import translate
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.display import shorten
from rasplab.rasp import SOp, read
from rasplab.rasp.expressions import as_sop
from rasplab.rasp.inputs import read_inputs

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

HEAD = """\
# Published programs

<!-- Written by tools/documentation.py from our transcriptions. -->

Programs that others published, in our own words, in the dialect of each author.

- *Runs*: it has a value on inputs of this vocabulary.
- *Masked*: compiled with `causal=True`.
- *Meant for*: a pattern over tokens; the model is compiled for the inputs that match it.
- *Model*: layers / heads / hidden units / dimensions of the residual stream, at `optimize=1` and in
  float32 unless another format stands there; or the error with which it is refused.

A row is a fact about one vocabulary and one length: the script that writes this page compiles each
program, and compares the model with the program on inputs drawn at random.
"""

TABLE = """
| program | vocabulary | length | masked | runs | model | parameters |
|---|---|---|---|---|---|---|
"""


TRACR = (
    "length",
    "frac_prevs",
    "hist",
    "reverse",
    "sort_unique",
    "sort",
    "sort_freq",
    "pair_balance",
    "shuffle_dyck1",
    "shuffle_dyck2",
    "shuffle_dyck3",
)


@dataclass(frozen=True)
class Transcription:
    """A program, and the vocabulary and length at which it is compiled."""

    name: str
    build: Callable[[], SOp]
    vocabulary: tuple[Any, ...]
    length: int
    causal: bool = False
    dtype: str = "float32"
    inputs: str | None = None


@dataclass(frozen=True)
class Source:
    """Whose programs they are, where they were published, and where our transcriptions stand."""

    title: str
    about: str
    programs: tuple[Transcription, ...]

    @property
    def declared(self) -> bool:
        """Whether its programs are meant for some inputs only."""
        return any(program.inputs is not None for program in self.programs)


def page() -> str:
    """The whole page, as text."""
    return HEAD + "".join(section(source) for source in sources())


def sources() -> Iterator[Source]:
    yield Source(
        "Weiss, Goldberg and Yahav: *Thinking like Transformers* (2021)",
        "RASP source text; see [RASP source text](rasp-text.md). Files in `examples/rasp`.",
        tuple(rasp_files()),
    )
    yield Source(
        "Lindner et al.: *Tracr* (2023)",
        "The programs of its library; see [Programs written for Tracr](tracr.md). Written from "
        "[our program library](programs.md).",
        tuple(library(TRACR)),
    )
    yield Source(
        "Zhou et al.: *What Algorithms can Transformers Learn?* (2023)",
        "RASP-L, in NumPy; see [RASP-L](rasp-l.md). `examples/dialects/rasp_l.py`.",
        tuple(rasp_l_programs()),
    )
    yield Source(
        "Rush and Weiss: the blog *Thinking like Transformers* (2023)",
        "raspy; see [raspy](raspy.md). `rasplab.compat.raspy`.",
        tuple(blog()),
    )
    yield Source(
        "Yang and Chiang (2024), Huang et al. (2025), and the interpreter coli-saar/c-rasp",
        "C-RASP; see [C-RASP](c-rasp.md). Files in `examples/dialects`.",
        tuple(c_rasp_files()),
    )
    yield Source(
        "Programs for some inputs",
        "What the authors of RASP call `rover` and `long_addition`, brackets by a stack, a line "
        "with one `=`, and a\ndecoder for Tracr that adds two numbers, each compiled for "
        "well-formed inputs: see\n[Programs for some inputs](partial.md). "
        "`examples/partial_programs.py`, `examples/dialects/tracr_adder.py`.",
        tuple(partial_programs()),
    )
    names = tuple(entry.name for entry in programs.all())
    yield Source(
        "This project's own library",
        "See [Programs](programs.md); at 4 tokens and length 6.",
        tuple(library(names)),
    )


def section(source: Source) -> str:
    rows = "".join(row(program, declared=source.declared) for program in source.programs)
    table = TABLE
    if source.declared:
        table = TABLE.replace("| masked |", "| masked | meant for |").replace(
            "|---|", "|---|---|", 1
        )
    return f"\n## {source.title}\n\n{source.about}\n{table}{rows}"


def row(program: Transcription, *, declared: bool = False) -> str:
    words = list(program.vocabulary)
    shown = " ".join(map(str, words)) if len(words) <= 6 else f"{len(words)} tokens"
    expression = program.build()
    cells = (
        f"`{program.name}`",
        shown.replace("|", "\\|"),
        str(program.length),
        "yes" if program.causal else "no",
        *([f"`{shorten(program.inputs or '', 44)}`".replace("|", "\\|")] if declared else []),
        "yes" if runs(expression, program) else "no",
        *model(expression, program),
    )
    return f"| {' | '.join(cells)} |\n"


def runs(expression: SOp, program: Transcription) -> bool:
    """Whether the program has a value on some input made of its vocabulary, in order."""
    words = list(program.vocabulary) * program.length
    if program.inputs is not None:
        inputs = read_inputs(program.inputs, program.vocabulary, program.length)
        assert inputs is not None
        return all(expression(words, causal=program.causal) for words in inputs.drawn(20))
    for length in range(1, program.length + 1):
        try:
            expression(words[:length], causal=program.causal)
        except ProgramError:
            continue
        return True
    return False


def model(expression: SOp, program: Transcription) -> tuple[str, str]:
    try:
        found = rasplab.compile(
            expression,
            vocab=list(program.vocabulary),
            max_length=program.length,
            causal=program.causal,
            dtype=program.dtype,
            inputs=program.inputs,
        )
    except CompileError as refusal:
        return f"[{refusal.code}](errors.md#{refusal.code.lower()})", ""
    c = found.config
    sizes = f"{c.n_layers} / {c.n_heads} / {c.d_mlp} / {c.d_model}"
    assert found.verify(samples=100).passed, program
    note = "" if program.dtype == "float32" else f", {program.dtype}"
    return sizes + note, f"{found.weights.parameters():,}"


def rasp_files() -> Iterator[Transcription]:
    for file, name, letters, length in (
        ("reverse", "reverse", "abc", 6),
        ("histogram", "hist", "abc", 6),
        ("double_histogram", "hist2", "abcd", 6),
        ("sort", "sorted", "abc", 6),
        ("sort_by_frequency", "by_frequency", "abcd", 6),
        ("shuffle_dyck", "shuffle_dyck1", "()", 7),
        ("shuffle_dyck", "shuffle_dyck2", "(){}", 6),
        ("shuffle_dyck", "shuffle_dyck3", "(){}[]", 6),
        ("dyck", "dyck1", "()", 7),
        ("dyck", "dyck2", "(){}", 7),
        ("dyck", "dyck3", "(){}[]", 6),
        ("long_addition", "sum", "0123456789+", 9),
    ):
        yield Transcription(name, partial(rasp_file, file, name), tuple(letters), length)


def rasp_file(file: str, name: str) -> SOp:
    return read(EXAMPLES / "rasp" / f"{file}.rasp")[name]


def library(names: tuple[str, ...]) -> Iterator[Transcription]:
    for name in names:
        entry = programs.get(name)
        expression, vocabulary = entry.at(4, 6)
        yield Transcription(name, partial(same, expression), vocabulary, 6, entry.causal)


def same(expression: SOp) -> SOp:
    return expression


def rasp_l_programs() -> Iterator[Transcription]:
    paper = python_file("rasp_l")
    start, end = paper.START, paper.END
    signs = (paper.PLUS, paper.EQUALS, paper.ANSWERED, paper.HINT, paper.HINT - 1)
    for name, build, vocabulary, length in (
        ("count", paper.count, (start, end, 0, 1, 2, 3), 8),
        ("copy_unique", paper.copy_unique, (start, end, 0, 1, 2, 3), 10),
        ("sort", paper.sort, (start, end, 0, 1, 2, 3), 10),
        ("most_frequent", paper.most_frequent, (0, 1, 2), 8),
        ("add (reverse)", paper.add, (*signs, 0, 1, 2), 14),
    ):
        yield Transcription(name, partial(build, tokens), vocabulary, length, causal=True)
    forward = partial(paper.add, tokens, reverse=False)
    yield Transcription("add (forward)", forward, (*signs, 0, 1, 2), 14, True, "float64")


def partial_programs() -> Iterator[Transcription]:
    examples = python_file("partial_programs", EXAMPLES)
    for found in examples.programs():
        if found.name != "long_addition" or found.longest in (5, 8, 11):
            yield Transcription(
                found.name,
                partial(same, found.program),
                tuple(found.vocabulary),
                found.longest,
                inputs=found.inputs,
            )
    adder = python_file("tracr_adder")
    yield Transcription(
        "tracr_adder",
        lambda: as_sop(translate(adder.adder(), promising=True), "the program"),
        (*string.digits, "+", "="),
        16,
        causal=True,
        inputs=adder.INPUTS,
    )


def python_file(name: str, folder: Path = EXAMPLES / "dialects") -> Any:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found  # dataclasses look for the module that they stand in
    spec.loader.exec_module(found)
    return found


def blog() -> Iterator[Transcription]:
    for name, program, vocabulary, length in (
        ("flip", raspy.flip(), "abc", 6),
        ("cumsum", raspy.cumsum(), (0, 1, 2), 6),
        ("index", raspy.index(1), "abc", 6),
        ("shift", raspy.shift(2), "abc", 6),
        ("minimum", raspy.minimum(), (0, 1, 2, 3), 6),
        ("first", raspy.first("l"), "helo", 6),
        ("ralign", raspy.ralign(), "xyz_", 6),
        ("split", raspy.split("+", 0), "012+", 7),
        ("slide", raspy.slide(raspy.tokens != "<"), "xyz<", 7),
        ("add", raspy.add(), "0123456789+", 7),
    ):
        yield Transcription(name, partial(same, program.expression), tuple(vocabulary), length)


def c_rasp_files() -> Iterator[Transcription]:
    for name, letters, length in (
        ("majority", "01", 10),
        ("dyck", "()", 10),
        ("abc", "abc", 9),
        ("contains_ab", "abc", 10),
        ("even_a", "ab", 10),
        ("copy4", "ab", 8),
        ("increment", "01", 8),
    ):
        yield Transcription(name, partial(c_rasp_file, name), tuple(letters), length, causal=True)


def c_rasp_file(name: str) -> SOp:
    return c_rasp.read(EXAMPLES / "dialects" / f"{name}.cr").result
