"""The commands that compile a program, or take a model instead: what they do with the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from rasplab.cli import output, reading
from rasplab.cli.parameters import (
    AsJson,
    Causal,
    Declared,
    Dtype,
    KeepText,
    Optimize,
    Out,
    Program,
    Softness,
    Vocab,
    VocabSize,
)
from rasplab.cli.sources import SIZE
from rasplab.cli.tokens import Reader, are_characters
from rasplab.diagnostics import require
from rasplab.model import Model
from rasplab.weights.directory import check_parent


def compile_(
    program: Program,
    /,
    *,
    max_length: int,
    out: Out,
    vocab: Vocab = None,
    vocab_size: VocabSize = None,
    text: KeepText = False,
    causal: Causal = False,
    optimize: Optimize = 1,
    dtype: Dtype = "float32",
    softness: Softness = 0.0,
    inputs: Declared = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Compile a program and save the model.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, or FILE.rasp:NAME.
    max_length
        The longest sequence, BOS not counted.
    out
        The directory to write.
    vocab
        The tokens: words divided by blanks, "the cat", or the characters of one word, abc; 0..9
        are ten integers. A program of the library has a vocabulary of its own.
    overwrite
        Replace a model that is there already.
    """
    check_parent(out)
    source = reading.found(program, vocab_size=vocab_size, max_length=max_length)
    words = reading.vocabulary(source, vocab, text)
    reader = Reader(words, source.characters, are_characters(words), text, say=output.note)
    model = reading.compiled(
        source,
        vocab=words,
        max_length=max_length,
        causal=causal,
        optimize=optimize,
        dtype=dtype,
        softness=softness,
        inputs=reading.inputs(inputs, reader),
    )
    written = model.save(out, overwrite=overwrite)
    output.say(f"{written}: {model.weights}")


def show(
    program: Program,
    /,
    *,
    vocab: Vocab = None,
    vocab_size: VocabSize = None,
    max_length: int = SIZE,
    text: KeepText = False,
    causal: Causal = False,
    optimize: Optimize = 1,
    dtype: Dtype = "float32",
    softness: Softness = 0.0,
    stage: str | None = None,
    json: AsJson = False,
) -> None:
    """Show what a model does: its layers and what they implement, its sizes and its certificate.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    vocab
        The tokens to compile for, as for `compile`.
    max_length
        The longest sequence to compile for, BOS not counted.
    stage
        Stop after this stage of the compiler and print what it made: graph, sums-from-means,
        resolve-selectors, craft, plan or weights.
    """
    from rasplab.cli.show import no_stages, show_model, show_stage
    from rasplab.opening import load

    if reading.is_model(program):
        model = load(program)
        if stage is not None:
            raise no_stages(program)
        show_model(model, as_json=json)
        return
    source = reading.found(program, vocab_size=vocab_size, max_length=max_length)
    options: dict[str, Any] = {
        "vocab": reading.vocabulary(source, vocab, text),
        "max_length": max_length,
        "causal": causal,
        "optimize": optimize,
        "dtype": dtype,
        "softness": softness,
    }
    if stage is not None:
        show_stage(stage, source, as_json=json, **options)
    else:
        show_model(reading.compiled(source, **options), as_json=json)


def view(
    program: Program,
    /,
    *,
    out: Out,
    input: Annotated[str | None, Parameter(name=("--input", "-i"))] = None,
    open: Annotated[bool, Parameter(negative="")] = False,
    vocab: Vocab = None,
    vocab_size: VocabSize = None,
    max_length: int = SIZE,
    text: KeepText = False,
    causal: Causal = False,
    optimize: Optimize = 1,
    dtype: Dtype = "float32",
    softness: Softness = 0.0,
    circuits: Annotated[bool, Parameter(negative="")] = False,
    beside: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write a page that shows inside a model, step by step, on any input; it needs no network.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    out
        The HTML file to write.
    input
        The sequence that the page begins with, as for `run`.
    open
        Show the page in the browser.
    vocab
        The tokens to compile for, as for `compile`.
    max_length
        The longest sequence to compile for, BOS not counted.
    circuits
        Compute the ground truth at every level and for every ablation, to be drawn in the page.
    beside
        Show the program compiled at the other level beside it, on the same input.
    """
    from rasplab.cli.view import no_other_level, view_model
    from rasplab.opening import load

    check_parent(out)
    other: Model | None = None
    if reading.is_model(program):
        if beside:
            raise no_other_level(program)
        model, characters = load(program), False
    else:
        source = reading.found(program, vocab_size=vocab_size, max_length=max_length)
        characters = source.characters
        options: dict[str, Any] = {
            "vocab": reading.vocabulary(source, vocab, text),
            "max_length": max_length,
            "causal": causal,
            "dtype": dtype,
            "softness": softness,
        }
        model = reading.compiled(source, optimize=optimize, **options)
        if beside:
            other = reading.compiled(source, optimize=1 - optimize, **options)
    sequence = None
    if input is not None:
        known = model.config.vocabulary
        reader = Reader(known, characters, are_characters(known), text, say=output.note)
        sequence = reader.sequence([input])
    view_model(model, out, sequence, name=program, show=open, circuits=circuits, beside=other)


def compress(
    program: Program,
    /,
    *,
    dims: str,
    seeds: int = 10,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    recipe: Literal["fast", "paper"] = "fast",
    steps: int | None = None,
    beam: int | None = None,
    layout: Literal["auto", "paper", "rasplab"] = "auto",
    vocab: Vocab = None,
    vocab_size: VocabSize = None,
    max_length: int | None = None,
    text: KeepText = False,
    causal: Causal = False,
    optimize: Literal[0, 1] | None = None,
    dtype: Literal["float64", "float32", "bfloat16", "float16"] | None = None,
    lengths: Literal["all", "longest"] | None = None,
    distinct: Annotated[bool, Parameter(negative="")] = False,
    sharing: Literal["shared", "separate", "per-layer"] = "shared",
    train_weights: Annotated[bool, Parameter(negative="")] = False,
    device: str = "cpu",
    threads: int | None = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Compress a model's residual stream into fewer dimensions, by gradient descent.

    Every width and seed is trained at once. What is written: the compressed models, tables, and
    figures where matplotlib is installed.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, or a model directory.
    dims
        The widths: 8, or 6,8,10, or 2:14 with both ends, or 2:14:2.
    seeds
        Starts per width.
    out
        The directory to write; by default compress-PROGRAM.
    recipe
        fast, or the paper's.
    steps
        Steps of gradient descent; by default the recipe's own number.
    beam
        Maps of each width from which the fast recipe drops the next dimension: more find better
        ones and take as much longer; 0 for gradient descent alone. By default 6.
    layout
        frac_prevs and sort_unique are taken as the paper has them, in Tracr's layout, unless sizes
        are given or this says rasplab.
    vocab
        The tokens to compile for, as for `compile`.
    max_length
        The longest sequence to compile for, BOS not counted; by default 5.
    optimize
        0 (by default) writes every expression into its own subspace, 1 fuses and shares.
    dtype
        The number format to compile for, by default float32. A model for float64 is compressed in
        float64, others in float32.
    lengths
        Train and measure on sequences of all lengths, or of the longest only, as the paper does.
    distinct
        Only on sequences in which no token occurs twice.
    sharing
        One map for all reads and writes, one for each, or one for every sublayer.
    train_weights
        Train the weights of heads and hidden units as well.
    device
        Where to compute, such as cuda.
    threads
        Groups of models that are computed at a time; by default one per core.
    resume
        Go on with a sweep that was interrupted.
    overwrite
        Replace a sweep that is there already.
    """
    require("torch", extra="torch", purpose="compression")
    from rasplab.cli.compress import Options, is_of_paper, paper_model, refuse, run
    from rasplab.opening import load

    given = {
        "vocab": vocab is not None,
        "vocab-size": vocab_size is not None,
        "max-length": max_length is not None,
        "text": text,
        "causal": causal,
        "optimize": optimize is not None,
        "dtype": dtype is not None,
    }
    options = [f"--{name}" for name, is_given in given.items() if is_given]
    if is_of_paper(program, layout, options):
        model, unique = paper_model(program)
        output.note("note: the paper's model, in Tracr's layout; --layout rasplab for ours")
        distinct = distinct or unique
        # All five tokens, sorted, are always the same: with shorter ones there is something to do.
        lengths = lengths or ("all" if unique else "longest")
    elif reading.is_model(program):
        refuse(options, "a model that is compiled already")
        model = load(program)
    else:
        length = SIZE if max_length is None else max_length
        source = reading.found(program, vocab_size=vocab_size, max_length=length)
        model = reading.compiled(
            source,
            vocab=reading.vocabulary(source, vocab, text),
            max_length=length,
            causal=causal,
            optimize=optimize or 0,
            dtype=dtype or "float32",
        )
    name = "".join(c if c.isalnum() or c in "_-" else "-" for c in Path(program).name)
    asked = Options(
        dims=dims,
        seeds=seeds,
        recipe=recipe,
        steps=steps,
        beam=beam,
        lengths=lengths or "all",
        distinct=distinct,
        sharing=sharing,
        train_weights=train_weights,
        device=device,
        threads=threads,
        out=out or Path(f"compress-{name}"),
        resume=resume,
        overwrite=overwrite,
    )
    return run(model, asked)
