"""The commands that draw: what they draw of, and one way to write it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from rasplab.cli import output, reading
from rasplab.cli.parameters import Compiling, Division, Looks, Out, Program, Tokens
from rasplab.cli.tokens import Split
from rasplab.diagnostics import require
from rasplab.model import Model
from rasplab.rasp.values import Value
from rasplab.view.picture import check_format
from rasplab.weights.directory import check_parent

_DEFAULT, _LOOKS = Compiling(), Looks()


def plan(
    program: Program, /, *, out: Out, compiling: Compiling = _DEFAULT, looks: Looks = _LOOKS
) -> None:
    """Draw the plan of a model: what each head and MLP implements, reads and writes.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    out
        The file to write: .svg, .png or .pdf.
    """
    from rasplab import view

    ready(out, needs=("svg",))
    write(out, view.plan(reading.model_of(program, compiling)[0], **asdict(looks)))


def residual(
    program: Program,
    /,
    *tokens: Tokens,
    out: Out,
    split: Division = None,
    compiling: Compiling = _DEFAULT,
    looks: Looks = _LOOKS,
) -> None:
    """Draw the residual stream of a model on a sequence, sublayer by sublayer.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    tokens
        The sequence, as for `run`.
    out
        The file to write: .svg, .png or .pdf.
    """
    from rasplab import view

    model, sequence = _on_input(out, program, compiling, tokens, split)
    write(out, view.residual(model, sequence, **asdict(looks)))


def attention(
    program: Program,
    /,
    *tokens: Tokens,
    out: Out,
    split: Division = None,
    compiling: Compiling = _DEFAULT,
    looks: Looks = _LOOKS,
) -> None:
    """Draw the attention patterns of a model on a sequence, a panel per head.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    tokens
        The sequence, as for `run`.
    out
        The file to write: .svg, .png or .pdf.
    """
    from rasplab import view

    model, sequence = _on_input(out, program, compiling, tokens, split)
    write(out, view.attention(model, sequence, **asdict(looks)))


def circuit(
    program: Program,
    /,
    *tokens: Tokens,
    out: Out,
    level: Literal["component", "head", "qkv", "neuron", "direction"] = "head",
    ablation: Literal["none", "zero", "mean", "resample", "scramble"] = "none",
    split: Division = None,
    compiling: Compiling = _DEFAULT,
    looks: Looks = _LOOKS,
) -> None:
    """Draw the ground-truth circuit over the network: which parts matter, on which inputs.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    tokens
        The one sequence on which parts are ablated; by default all inputs, or drawn ones.
    out
        The file to write: .svg, .png or .pdf.
    level
        How fine the parts are.
    ablation
        What stands for a part; none shows who reads whom.
    """
    from rasplab import view

    ready(out, needs=("svg",))
    model, sequence = reading.model_of(program, compiling, tokens, split=split)
    data = [sequence] if tokens else None
    with output.busy("ablating every part"):
        truth = model.circuit(level=level, ablation=ablation, data=data)
    write(out, view.circuit(truth, model, **asdict(looks)))


def graph(program: Program, /, *, out: Out, looks: Looks = _LOOKS) -> None:
    """Draw the expressions that a program is made of, layer by layer.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, or FILE.rasp:NAME.
    out
        The file to write: .svg, .png or .pdf.
    """
    from rasplab import view

    ready(out, needs=("svg",))
    write(out, view.graph(reading.found(program).program, **asdict(looks)))


def weights(
    program: Program,
    /,
    *,
    out: Out,
    layer: int,
    head: int | None = None,
    compiling: Compiling = _DEFAULT,
    looks: Looks = _LOOKS,
) -> None:
    """Draw the weights of a head, or of the MLP of a layer, with named rows and columns.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME, FILE.rasp:NAME, or a model directory.
    out
        The file to write: .svg, .png or .pdf.
    layer
        The layer, from 0.
    head
        The head, from 0; without it, the MLP.
    """
    from rasplab import view

    ready(out)
    model = reading.model_of(program, compiling)[0]
    write(out, view.weights(model, layer, head, **asdict(looks)))


def ready(out: Path, needs: tuple[str, ...] = ()) -> None:
    """Refuse before the work what could not be written after it.

    Formats in `needs` need nothing more than Python, the others matplotlib.

    Raises:
        InputError: E506 for a format that there is none of.
        ModelFileError: E504 where the directory of the file does not exist.
        MissingExtraError: E602 where matplotlib is missing.
    """
    check_parent(out)
    if check_format(out) not in needs:
        require("matplotlib", extra="plot", purpose="this picture")


def write(out: Path, picture: Any) -> None:
    """Write a picture, and say where."""
    picture.save(out)
    output.say(str(out))


def _on_input(
    out: Path, program: str, asked: Compiling, tokens: tuple[str, ...], split: Split | None
) -> tuple[Model, list[Value]]:
    ready(out)
    return reading.model_of(program, asked, tokens, split=split)
