"""The commands, one function each; what they print for a person is in `output` and `show`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from rasplab.cli import output
from rasplab.cli.sources import SIZE, Source, find_program, is_file
from rasplab.cli.tokens import Reader, Split, are_characters, divided, read_vocabulary, shown
from rasplab.diagnostics import InputError, diagnostic, require
from rasplab.model import Model
from rasplab.rasp.values import Value

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
Optimize = Annotated[
    Literal[0, 1],
    Parameter(help="0 writes every expression into its own subspace, 1 fuses and shares."),
]
Dtype = Annotated[
    Literal["float64", "float32", "bfloat16", "float16"],
    Parameter(help="The number format in which the model must be exact."),
]


def application() -> App:
    """The commands as one application."""
    app = App(
        name="rasplab",
        version=lambda: version("rasplab"),
        help="Compile RASP programs into transformers whose every weight is understood.\n\n"
        "A PROGRAM is a name that `rasplab list` shows, such as sort or 'shift(by=2)', or "
        "FILE.py:NAME, or FILE.rasp:NAME.",
        help_format="plaintext",
        help_formatter="default" if sys.stdout.isatty() else "plain",
    )
    named = {"list": list_, "run": run, "compile": compile_, "show": show, "draw": draw}
    named |= {"view": view, "verify": verify, "check": check, "explain": explain}
    for name, command in {**named, "compress": compress, "repl": repl}.items():
        command.__doc__ = output.reflowed(command.__doc__ or "")
        app.command(command, name=name)
    return app


def list_(*, json: AsJson = False) -> None:
    """List the programs of the library; those that only look back can be causal models."""
    from rasplab import programs

    if json:
        output.json(
            [
                {
                    "name": e.name,
                    "looks": "back" if e.causal else "around",
                    "summary": e.summary,
                    "vocabulary": e.vocabulary(SIZE),
                }
                for e in programs.all()
            ]
        )
        return
    rows = [(e.name, "back" if e.causal else "around", e.summary) for e in programs.all()]
    output.table(("program", "looks", "what it computes"), rows)


def run(
    program: Program,
    /,
    *tokens: Annotated[str, Parameter(name="TOKENS")],
    text: KeepText = False,
    split: Division = None,
    causal: Causal = False,
    compiled: Annotated[bool, Parameter(negative="")] = False,
    vocab: Vocab = None,
    json: AsJson = False,
) -> int:
    """Run a program on a sequence, and with --compiled the model beside it; or a saved model.

    Several words are several tokens: numbers where they look like one. One word alone is its
    characters, unless the vocabulary has it, or it is a number and the program reads numbers.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    tokens
        The sequence: abca, or the cat, or 3 1 2. After `--` tokens may begin with a dash.
    compiled
        Also compile the program, run the model, and compare.
    vocab
        The vocabulary to compile for; otherwise the library's example and the tokens given.
    """
    if _is_model(program):
        return _run_model(program, tokens, text, split, vocab, causal, json)
    source = _found(program, tokens=divided(tokens))
    sequence = _sequence(source, tokens, text, split, vocab)
    expected = _values(source, sequence, causal)
    rows = [("input", sequence), ("program", expected)]
    equal = True
    if compiled:
        words = _vocabulary(source, vocab, text, sequence)
        model = _compiled(source, vocab=words, max_length=len(sequence), causal=causal)
        got = model(sequence)
        rows.append(("model", got))
        equal = _equal(model, got, expected)
    _print_rows(rows, json)
    return 0 if equal else 1


def compile_(
    program: Program,
    /,
    *,
    max_length: int,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    vocab: Vocab = None,
    vocab_size: VocabSize = None,
    text: KeepText = False,
    causal: Causal = False,
    optimize: Optimize = 1,
    dtype: Dtype = "float32",
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
    source = _found(program, vocab_size=vocab_size, max_length=max_length)
    model = _compiled(
        source,
        vocab=_vocabulary(source, vocab, text),
        max_length=max_length,
        causal=causal,
        optimize=optimize,
        dtype=dtype,
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
    stage: str | None = None,
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
    from rasplab.cli.show import show_model, show_stage
    from rasplab.model import load

    if _is_model(program):
        show_model(load(program))
        return
    source = _found(program, vocab_size=vocab_size, max_length=max_length)
    options: dict[str, Any] = {
        "vocab": _vocabulary(source, vocab, text),
        "max_length": max_length,
        "causal": causal,
        "optimize": optimize,
        "dtype": dtype,
    }
    if stage is not None:
        show_stage(stage, source, **options)
    else:
        show_model(_compiled(source, **options))


def draw(
    program: Program,
    /,
    *tokens: Annotated[str, Parameter(name="TOKENS")],
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    text: KeepText = False,
    split: Division = None,
    causal: Causal = False,
) -> None:
    """Draw how a program computes its values on a sequence, layer by layer and head by head.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, or FILE.rasp:NAME.
    tokens
        The sequence, as for `run`.
    out
        The file to write: .svg, .pdf and .png need Graphviz, .dot does not.
    """
    from rasplab.view import draw as draw_program

    if out.suffix != ".dot":
        require("graphviz", extra="plot", purpose="this picture")
    source = _found(program, tokens=divided(tokens))
    sequence = _sequence(source, tokens, text, split)
    draw_program(source.program, sequence, out, causal=causal)
    output.say(str(out))


def view(
    program: Program,
    /,
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    input: Annotated[str | None, Parameter(name=("--input", "-i"))] = None,
    open: Annotated[bool, Parameter(negative="")] = False,
    vocab: Vocab = None,
    vocab_size: VocabSize = None,
    max_length: int = SIZE,
    text: KeepText = False,
    causal: Causal = False,
    optimize: Optimize = 1,
    dtype: Dtype = "float32",
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
    """
    from rasplab.cli.view import view_model
    from rasplab.model import load

    if _is_model(program):
        model, characters = load(program), False
    else:
        source = _found(program, vocab_size=vocab_size, max_length=max_length)
        characters = source.characters
        model = _compiled(
            source,
            vocab=_vocabulary(source, vocab, text),
            max_length=max_length,
            causal=causal,
            optimize=optimize,
            dtype=dtype,
        )
    sequence = None
    if input is not None:
        known = model.config.vocabulary
        reader = Reader(known, characters, are_characters(known), text, say=output.note)
        sequence = reader.sequence([input])
    view_model(model, out, sequence, name=program, show=open)


def verify(
    directory: Path,
    /,
    *,
    program: str | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> int:
    """Verify a saved model: its files, its structure, and with --program what it computes.

    Parameters
    ----------
    directory
        The directory of the model.
    program
        The program that it should equal: one of the library, FILE.py:NAME, or FILE.rasp:NAME.
    samples
        How many sequences to compare on, where there are too many to try them all.
    seed
        What the sequences are drawn by.
    """
    from rasplab.cli.verify import verify_model

    return verify_model(directory, program, samples=samples, seed=seed)


def check(model: Path, /, *, dtype: Dtype | None = None) -> int:
    """Prove from a saved model's files alone that its weights compute what it says they do.

    Block by block: how far off what it writes can be, at every position, in whatever order sums are
    added up.

    Args:
        model: the directory of a saved model, or of a checkpoint, which reads through layer norms.
        dtype: the number format in which it is run; by default its own.
    """
    from rasplab.cli.check import check_model

    return check_model(model, dtype)


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
    from rasplab.model import load

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
    elif _is_model(program):
        refuse(options, "a model that is compiled already")
        model = load(program)
    else:
        length = SIZE if max_length is None else max_length
        source = _found(program, vocab_size=vocab_size, max_length=length)
        model = _compiled(
            source,
            vocab=_vocabulary(source, vocab, text),
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


def explain(code: str, /) -> None:
    """Explain an error code, with an example that raises it and one that is mended.

    Parameters
    ----------
    code
        The code, such as E204.
    """
    from rasplab.diagnostics.catalogue import explain as page

    output.say(page(code))


def repl(
    *files: Annotated[Path, Parameter(name="FILES")],
    echo: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Try out RASP source text, line by line; `:help` says what there is.

    Parameters
    ----------
    files
        Files of source text to load first.
    echo
        Of piped input, repeat the lines that were read, so that the transcript is complete.
    """
    from rasplab.cli.repl.terminal import converse

    return converse(files, echo=echo)


def _run_model(
    directory: str,
    tokens: tuple[str, ...],
    keep: bool,
    split: Split | None,
    vocab: str | None,
    causal: bool,
    json: bool,
) -> int:
    from rasplab.model import load

    if vocab is not None or causal:
        option = "--vocab" if vocab is not None else "--causal"
        why = f"{option} makes no sense for a saved model: it is how a program is compiled"
        raise InputError(diagnostic("E804", why, help="leave it out"))
    model = load(directory)
    known = model.config.vocabulary
    reader = Reader(known, alphabet=are_characters(known), keep=keep, split=split, say=output.note)
    sequence = reader.sequence(tokens)
    _print_rows([("input", sequence), ("model", model(sequence))], json)
    return 0


def _print_rows(rows: list[tuple[str, list[Value]]], json: bool) -> None:
    if json:
        output.json({name: list(values) for name, values in rows})
    else:
        output.aligned([(name, *map(shown, values)) for name, values in rows])


def _found(name: str, **sizes: Any) -> Source:
    source = find_program(name, **sizes)
    if source.chosen:
        output.note(f"note: the library's example {source.chosen}")
    return source


def _sequence(
    source: Source,
    tokens: tuple[str, ...],
    keep: bool,
    split: Split | None,
    vocab: str | None = None,
) -> list[Value]:
    """The tokens that were typed, by the rule in `rasplab.cli.tokens`."""
    known = source.vocabulary or ()
    if vocab is not None:
        known = _vocabulary(source, vocab, keep)
    alphabet = source.alphabet and vocab is None
    reader = Reader(known, source.characters, alphabet, keep, split, output.note)
    return reader.sequence(tokens)


def _values(source: Source, sequence: list[Value], causal: bool) -> list[Value]:
    """What the program gives; that of source text with the type errors of that language."""
    if not source.characters or causal or not sequence:
        return source.program(sequence, causal=causal)
    from rasplab.rasp.syntax.running import Run

    return Run(sequence)(source.program)


def _is_model(name: str) -> bool:
    """A directory, unless a library program has that name: `./sort` is always a directory."""
    from rasplab import programs

    if "(" in name or is_file(name) or name in {entry.name for entry in programs.all()}:
        return False
    return Path(name).is_dir() or "/" in name or "\\" in name


def _vocabulary(
    source: Source, vocab: str | None, keep: bool, tokens: list[Value] | None = None
) -> tuple[Value, ...]:
    if vocab is not None:
        characters = source.characters or are_characters(source.vocabulary or ())
        return read_vocabulary(vocab, keep=keep, characters=characters, say=output.note)
    if source.vocabulary is None and tokens is None:
        raise InputError(
            diagnostic(
                "E407",
                f"{source.name} needs a vocabulary",
                help='give its tokens: --vocab abc, or --vocab "the cat", or --vocab 0..9',
            )
        )
    return (*(source.vocabulary or ()), *(tokens or ()))


def _compiled(source: Source, **options: Any) -> Model:
    from rasplab.model import compile

    with output.busy(f"compiling {source.name}"):
        return compile(source.program, **options)


def _equal(model: Model, got: list[Value], expected: list[Value]) -> bool:
    from rasplab.verification import difference

    return difference(model, got, expected) <= model.weights.tolerance
