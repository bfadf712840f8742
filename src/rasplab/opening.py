"""How a user comes by a model: compiled, loaded, or opened as a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rasplab.diagnostics.arguments import told
from rasplab.model import Model
from rasplab.rasp.expressions import SOp


@told('rasplab.compile(program, vocab="abc", max_length=8)')
def compile(
    program: SOp,
    vocab: Iterable[object],
    max_length: int,
    *,
    causal: bool = False,
    optimize: int = 1,
    dtype: str = "float32",
    inputs: object = None,
    softness: float = 0.0,
) -> Model:
    """Compile a program into a model that equals it, or refuse.

    Args:
        program: the sequence operator to compute at every position.
        vocab: the tokens that may occur (BOS and PAD are added inside).
        max_length: the longest sequence, BOS not counted.
        causal: whether a position sees only itself and what came before.
        optimize: 0 writes every expression into its own subspace, 1 fuses and shares.
        dtype: the number format in which the model must be exact.
        inputs: those for which the program is meant, if not all: a predicate over a tuple of
            tokens, a list of sequences, a pattern over tokens such as `"[0-9]+"`, or
            `rasp.Examples([...])`. The model need not equal the program on others.
        softness: from 0 to below 1, the part of every proved margin that may be given up to make
            attention soft, so that gradients pass; 0 makes it as sharp as the format allows.

    Raises:
        CompileError: the program has no value on some input, or is too large to be exact.
        InputError: an argument is not acceptable.
    """
    from rasplab.compiler import compile_program
    from rasplab.options import read_options

    options = read_options(program, vocab, max_length, causal, optimize, dtype, inputs, softness)
    compilation = compile_program(program, options)
    return Model(compilation.weights, program, compilation, options.inputs)


def load(directory: str | Path, *, inputs: object = None) -> Model:
    """Load a model that `Model.save` wrote; an edited or incomplete directory is refused.

    The inputs for which its program is meant come with it. A predicate does not: `inputs`, as for
    `compile`, says them again; of a model that knows its own, only those that are both.

    Raises:
        ModelFileError: E501 no model directory, E502 edited or truncated, E505 newer than this.
        InputError: E424 to E426, for what is wrong with `inputs`.
    """
    from rasplab.rasp.inputs import narrowed
    from rasplab.weights.files import load as load_weights

    model = Model(load_weights(directory))
    if inputs is None:
        return model
    c = model.config
    given = narrowed(inputs, model.inputs, c.vocabulary, c.max_length)
    return Model(model.weights, given_inputs=given)


def from_pretrained(directory: str | Path) -> Model:
    """The model of a checkpoint that `Model.save_pretrained` wrote; an edited one is refused."""
    from rasplab.export.checkpoint import from_pretrained as read

    return Model(read(directory))
