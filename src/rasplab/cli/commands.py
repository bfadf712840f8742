"""The commands, one function each; what they print for a person is in `output` and `show`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from rasplab.cli import completing, output, reading
from rasplab.cli.bench import bench
from rasplab.cli.compiling import compile_, compress, show, view
from rasplab.cli.disguising import disguise
from rasplab.cli.figures import attention, circuit, graph, plan, residual, weights
from rasplab.cli.help import Help
from rasplab.cli.learning import guess, learn, mystery
from rasplab.cli.parameters import (
    AsJson,
    Causal,
    Declared,
    Division,
    Dtype,
    KeepText,
    Out,
    Program,
    Tokens,
    Vocab,
    refuse,
)
from rasplab.cli.play.command import play
from rasplab.cli.sources import SIZE
from rasplab.cli.tokens import Reader, Split, are_characters, divided, shown
from rasplab.cli.tracing import trace
from rasplab.cli.twinning import twin
from rasplab.diagnostics import require
from rasplab.model import Model
from rasplab.rasp.values import Value
from rasplab.weights.directory import check_parent


def application() -> App:
    """The commands as one application."""
    app = App(
        name="rasplab",
        version=lambda: version("rasplab"),
        help="Compile RASP programs into transformers whose every weight is understood.\n\n"
        "A PROGRAM is a name that `rasplab list` shows, such as sort or 'shift(by=2)', or "
        "FILE.py:NAME, or FILE.rasp:NAME.",
        help_format="plaintext",
        help_formatter="default" if sys.stdout.isatty() else Help(),
        suppress_keyboard_interrupt=False,
    )
    named = {"list": list_, "run": run, "compile": compile_, "show": show, "draw": draw}
    named |= {"trace": trace, "plan": plan, "residual": residual, "attention": attention}
    named |= {"circuit": circuit, "graph": graph, "weights": weights, "view": view}
    named |= {"verify": verify, "check": check, "explain": explain, "compress": compress}
    named |= {"disguise": disguise, "twin": twin}
    named |= {"bench": bench, "learn": learn, "mystery": mystery, "guess": guess}
    named |= {"play": play, "repl": repl, "completion": completion}
    for name, command in named.items():
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
    *tokens: Tokens,
    text: KeepText = False,
    split: Division = None,
    causal: Causal = False,
    compiled: Annotated[bool, Parameter(negative="")] = False,
    vocab: Vocab = None,
    inputs: Declared = None,
    check: Annotated[bool, Parameter(negative="")] = False,
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
        The vocabulary to compile for; otherwise the tokens given, and the library's example
        where these are words or numbers as it is.
    check
        See that the sequence is one for which the program is meant, and has a value there.
    """
    if reading.is_model(program):
        given = {"--vocab": vocab is not None, "--causal": causal, "--inputs": inputs is not None}
        refuse([option for option, is_given in given.items() if is_given], "a saved model")
        return _run_model(program, tokens, text, split, check=check, json=json)
    source = reading.found(program, tokens=divided(tokens))
    sequence = reading.sequence(source, tokens, text, split, vocab)
    expected = reading.values(source, sequence, causal)
    rows = [("input", sequence), ("program", expected)]
    equal = True
    if compiled or check or inputs is not None:
        words = reading.vocabulary(source, vocab, text, sequence)
        reader = Reader(words, source.characters, are_characters(words), text, say=output.note)
        model = reading.compiled(
            source,
            vocab=words,
            max_length=len(sequence),
            causal=causal,
            inputs=reading.inputs(inputs, reader),
        )
        got = reading.checked(model, sequence, check=check)
        rows.append(("model", got))
        equal = _equal(model, got, expected)
    _print_rows(rows, json)
    return 0 if equal else 1


def draw(
    program: Program,
    /,
    *tokens: Tokens,
    out: Out,
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

    check_parent(out)
    if out.suffix != ".dot":
        require("graphviz", extra="plot", purpose="this picture")
    source = reading.found(program, tokens=divided(tokens))
    sequence = reading.sequence(source, tokens, text, split)
    draw_program(source.program, sequence, out, causal=causal)
    output.say(str(out))


def verify(
    directory: Path,
    /,
    *,
    program: Annotated[str | None, Parameter(completer=completing.programs)] = None,
    inputs: Declared = None,
    samples: int = 1000,
    seed: int = 0,
    json: AsJson = False,
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

    return verify_model(directory, program, inputs, samples=samples, seed=seed, as_json=json)


def check(model: Path, /, *, dtype: Dtype | None = None, json: AsJson = False) -> int:
    """Prove from a saved model's files alone that its weights compute what it says they do.

    Block by block: how far off what it writes can be, at every position, in whatever order sums are
    added up.

    Parameters
    ----------
    model
        The directory of a saved model, or of a checkpoint, which reads through layer norms.
    dtype
        The number format in which it is run; by default its own.
    """
    from rasplab.cli.check import check_model

    return check_model(model, dtype, as_json=json)


def explain(
    code: Annotated[str, Parameter(completer=completing.codes)], /, *, json: AsJson = False
) -> None:
    """Explain an error code, with an example that raises it and one that is mended.

    Parameters
    ----------
    code
        The code, such as E204.
    """
    from rasplab.diagnostics.catalogue import find

    page = find(code)
    if json:
        output.json(output.record(page))
    else:
        output.prose(str(page))


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


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print what makes a shell complete commands and options of rasplab.

    Put it where the shell looks: in bash, `eval "$(rasplab completion bash)"` in ~/.bashrc; in zsh
    a file `_rasplab` in a directory of $fpath; in fish ~/.config/fish/completions/rasplab.fish.

    Parameters
    ----------
    shell
        The shell.
    """
    print(completing.script(application(), shell), end="")


def _run_model(
    directory: str,
    tokens: tuple[str, ...],
    keep: bool,
    split: Split | None,
    *,
    check: bool,
    json: bool,
) -> int:
    from rasplab.opening import load

    model = load(directory)
    known = model.config.vocabulary
    reader = Reader(known, alphabet=are_characters(known), keep=keep, split=split, say=output.note)
    sequence = reader.sequence(tokens)
    values = reading.checked(model, sequence, check=check)
    _print_rows([("input", sequence), ("model", values)], json)
    return 0


def _print_rows(rows: list[tuple[str, list[Value]]], json: bool) -> None:
    if json:
        output.json({name: list(values) for name, values in rows})
    else:
        output.aligned([(name, *map(shown, values)) for name, values in rows])


def _equal(model: Model, got: list[Value], expected: list[Value]) -> bool:
    from rasplab.verification import difference

    return difference(model, got, expected) <= model.weights.tolerance
