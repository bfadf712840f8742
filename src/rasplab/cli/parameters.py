"""The parameters that several commands take."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from rasplab.cli.tokens import Split

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
