"""The parameters that several commands take."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from rasplab.cli import completing
from rasplab.cli.tokens import Split
from rasplab.diagnostics import InputError, diagnostic


def _path(kind: Any, tokens: Any) -> Path:
    del kind
    if not tokens[0].value:
        raise ValueError("the name of what to write is empty")
    return Path(tokens[0].value)


Out = Annotated[Path, Parameter(name=("--out", "-o"), converter=_path)]

Program = Annotated[str, Parameter(name="PROGRAM", completer=completing.programs)]
Vocab = Annotated[str | None, Parameter(name="--vocab")]
VocabSize = Annotated[
    int | None, Parameter(help="The number of tokens of a library program's own vocabulary.")
]
KeepText = Annotated[bool, Parameter(name="--text", negative="", help="Keep every token as text.")]
Division = Annotated[
    Split | None,
    Parameter(name="--split", help="Read the tokens as characters, or as words."),
]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Causal = Annotated[
    bool,
    Parameter(
        name="--causal", negative="", help="Let a position see only itself and what came before."
    ),
]
Declared = Annotated[
    str | None,
    Parameter(
        name="--inputs",
        help="The inputs for which the program is meant: a pattern over tokens, such as "
        "'[ab]*=[ab]*', or a file of examples, one a line.",
    ),
]
Tokens = Annotated[str, Parameter(name="TOKENS")]
Dtype = Literal["float64", "float32", "bfloat16", "float16"]
Optimize = Literal[0, 1]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Compiling:
    """How a program is compiled. What is not given stays out, so that it can be told apart."""

    vocab: Annotated[Vocab, Parameter(help="The tokens to compile for, as for `compile`.")] = None
    vocab_size: VocabSize = None
    max_length: Annotated[
        int | None,
        Parameter(
            help="The longest sequence to compile for, BOS not counted; by default 5, or "
            "that of the sequence given.",
        ),
    ] = None
    text: KeepText = False
    causal: Causal = False
    optimize: Annotated[
        Optimize | None,
        Parameter(
            help="0 writes every expression into its own subspace, 1 (by default) fuses and shares."
        ),
    ] = None
    dtype: Annotated[
        Dtype | None,
        Parameter(help="The number format in which the model must be exact; by default float32."),
    ] = None
    softness: Annotated[
        float,
        Parameter(
            help="The part of every proved margin that is given up for soft attention, from 0 to "
            "below 1."
        ),
    ] = 0.0
    inputs: Declared = None

    def given(self) -> list[str]:
        """The options that were given, as they are written."""
        named = {field.name: field.default for field in fields(self)}
        return [
            f"--{name.replace('_', '-')}"
            for name, default in named.items()
            if getattr(self, name) != default
        ]

    def refuse(self, model: str, help: str = "leave it out", *, reading: bool = False) -> None:
        """Refuse what was given, for a model that is there already; `reading` needs `--text`.

        Raises:
            InputError: E804.
        """
        options = [option for option in self.given() if not (reading and option == "--text")]
        refuse(options, model, help)


def refuse(options: list[str], model: str, help: str = "leave it out") -> None:
    """Refuse options of compiling, for a model that is there already.

    Raises:
        InputError: E804.
    """
    if options:
        why = f"{options[0]} makes no sense for {model}: it is how a program is compiled"
        raise InputError(diagnostic("E804", why, help=help))


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class CompilingFor(Compiling):
    """How a program is compiled, for a length that must be given."""

    vocab: Annotated[
        Vocab,
        Parameter(
            help='The tokens: words divided by blanks, "the cat", or the characters of one word, '
            "abc; 0..9 are ten integers. A program of the library has a vocabulary of its own.",
        ),
    ] = None
    max_length: Annotated[
        int | None, Parameter(help="The longest sequence, BOS not counted.", required=True)
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class CompilingPlainly(Compiling):
    """How a program is compiled whose residual stream is then compressed."""

    optimize: Annotated[
        Optimize | None,
        Parameter(
            help="0 (by default) writes every expression into its own subspace, 1 fuses and shares."
        ),
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Looks:
    """How a figure looks.

    Parameters
    ----------
    title
        Its title; by default the program's name, or what it shows.
    size
        Its width in inches: 3.3 for a column of a paper, 6.5 for a page.
    font
        The family of its texts.
    dark
        On dark ground.
    """

    title: str | None = None
    size: float | None = None
    font: str | None = None
    dark: Annotated[bool, Parameter(negative="")] = False
