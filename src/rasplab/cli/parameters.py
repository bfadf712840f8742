"""The parameters that several commands take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from rasplab.cli.sources import SIZE
from rasplab.cli.tokens import Split


def _path(kind: Any, tokens: Any) -> Path:
    del kind
    if not tokens[0].value:
        raise ValueError("the name of what to write is empty")
    return Path(tokens[0].value)


Out = Annotated[Path, Parameter(name=("--out", "-o"), converter=_path, help="The file to write.")]

Program = Annotated[str, Parameter(name="PROGRAM")]
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
Optimize = Annotated[
    Literal[0, 1],
    Parameter(help="0 writes every expression into its own subspace, 1 fuses and shares."),
]
Dtype = Annotated[
    Literal["float64", "float32", "bfloat16", "float16"],
    Parameter(help="The number format in which the model must be exact."),
]
Softness = Annotated[
    float,
    Parameter(
        help="The part of every proved margin that is given up for soft attention, from 0 to "
        "below 1."
    ),
]
Tokens = Annotated[str, Parameter(name="TOKENS")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Compiling:
    """How a program is compiled, for what is made of its model.

    Parameters
    ----------
    vocab
        The tokens to compile for, as for `compile`.
    max_length
        The longest sequence to compile for, BOS not counted.
    """

    vocab: Vocab = None
    vocab_size: VocabSize = None
    max_length: int = SIZE
    text: KeepText = False
    split: Division = None
    causal: Causal = False
    optimize: Optimize = 1
    dtype: Dtype = "float32"
    softness: Softness = 0.0


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
