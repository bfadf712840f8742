"""Pictures of a compiled model: its plan, its residual stream, its attention; and of a program.

The plan needs nothing but Python; the others, and formats other than SVG, need the extra `plot`,
and the flow of a program also Graphviz's program `dot`. The page to look inside a model with a
browser is made by `rasplab.view.explorer`, or `model.explore()`.

>>> import rasplab
>>> from rasplab import view
>>> program, vocab = rasplab.programs.get("hist").at(3, 4)
>>> model = rasplab.compile(program, vocab=vocab, max_length=4)
>>> view.plan_svg(model)[:4]
'<svg'
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Unpack

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.diagnostics.absence import absent
from rasplab.rasp import naming
from rasplab.view.look import Look, Options
from rasplab.view.picture import DrawnPicture, FigurePicture, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rasplab.lab.circuits import GroundTruth
    from rasplab.model import Model
    from rasplab.rasp import Expression
    from rasplab.view.graph_picture import GraphPicture
    from rasplab.weights import ModelWeights

__all__ = [
    "DrawnPicture",
    "FigurePicture",
    "Picture",
    "attention",
    "circuit",
    "draw",
    "graph",
    "plan",
    "plan_svg",
    "residual",
    "save_attention",
    "save_plan",
    "save_residual",
    "weights",
]


def plan(model: Model, **options: Unpack[Options]) -> DrawnPicture:
    """The plan: a line per head and MLP, with what it implements, reads and writes.

    Coloured lanes are variables in the residual stream, from the component that writes one down
    to the last that reads it. Every picture takes `title`, `size` (its width in inches), `font`
    and `dark`.
    """
    from rasplab.view.plan_drawing import draw_plan

    look = Look(**options)
    name = look.title or program_name(model)
    return DrawnPicture(draw_plan(_weights(model, "plan"), name, look.pixels), look)


def plan_svg(model: Model) -> str:
    """The plan as SVG text."""
    return plan(model).svg()


def residual(model: Model, sequence: Iterable[object], **options: Unpack[Options]) -> FigurePicture:
    """The residual stream on one input, as in the figures of the Tracr paper.

    A panel for the embedding and for each sublayer that writes; rows are the named directions,
    grouped by variable, columns the positions, BOS first. A colour says how large a value is,
    as a part of the largest that its variable takes on this input.

    Raises:
        MissingExtraError: E602, matplotlib is not installed.
    """
    from rasplab.view.residual_figure import draw_residual

    look = Look(**options)
    found = _weights(model, "residual")
    return _figure(draw_residual(found, sequence, look.title, look.size), look)


def attention(
    model: Model, sequence: Iterable[object], **options: Unpack[Options]
) -> FigurePicture:
    """The attention patterns on one input: a panel per head, titled by its selector.

    Rows are queries, columns keys.

    Raises:
        MissingExtraError: E602, matplotlib is not installed.
    """
    from rasplab.view.attention_figure import draw_attention

    look = Look(**options)
    found = _weights(model, "attention")
    return _figure(draw_attention(found, sequence, look.title, look.size), look)


def weights(
    model: Model, layer: int, head: int | None = None, **options: Unpack[Options]
) -> FigurePicture:
    """The weights of one head, or of the MLP of a layer, with named rows and columns.

    Of a head what its scores say of each query (rows) and key (columns), W_Q W_Kᵀ, and what it
    moves, W_V W_O; of an MLP what its hidden units read and write: side by side, or below each
    other where a small `size` is asked for. Directions without a weight are left out. Layers and
    heads count from 0.

    Raises:
        InputError: E432 where the model has no such layer or head.
        MissingExtraError: E602, matplotlib is not installed.
    """
    from rasplab.view.weights_figure import draw_weights

    look = Look(**options)
    found = _weights(model, "weights")
    return _figure(draw_weights(found, layer, head, look.title, look.size), look)


def circuit(truth: GroundTruth, model: Model, **options: Unpack[Options]) -> DrawnPicture:
    """A circuit over its network: the plan, in which what is not in the circuit is faint.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(3, 4)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=4)
    >>> picture = circuit(model.circuit(ablation="zero"), model)
    >>> "m0" in picture.svg()
    True
    """
    from rasplab.view.circuit_drawing import draw_circuit

    look = Look(**options)
    weights, name = _weights(model, "circuit"), program_name(model)
    return DrawnPicture(draw_circuit(truth, weights, name, look.title, look.pixels), look)


def graph(expression: Expression, **options: Unpack[Options]) -> DrawnPicture:
    """The expressions that a program is made of: a line for each, layer by layer.

    >>> from rasplab import rasp
    >>> "length - 1" in graph(rasp.length - 1).svg()
    True
    """
    from rasplab.view.graph_drawing import draw_graph

    look = Look(**options)
    return DrawnPicture(draw_graph(expression, look.title or "", look.pixels), look)


def draw(
    expression: Expression,
    sequence: Iterable[object],
    path: str | Path | None = None,
    *,
    causal: bool = False,
) -> GraphPicture:
    """The flow of a program on one input, and a file of it where a path is given.

    A cluster per layer, as the RASP paper counts them. A head is a table: keys above, queries on
    the left, the selection, the values that it moves below, and on the right what arrives. The
    elementwise functions of the layer follow.

    >>> from rasplab import rasp
    >>> picture = draw(rasp.shift(rasp.tokens, 1), "abc")
    >>> picture.dot.splitlines()[0]
    'digraph flow {'

    Raises:
        ProgramError: the program has no value on the input.
        MissingExtraError: E602 where Graphviz is missing; `.dot` and the text need no program.
    """
    from rasplab.view.flow import follow
    from rasplab.view.flow_drawing import draw_flow
    from rasplab.view.graph_picture import GraphPicture

    picture = GraphPicture(draw_flow(follow(expression, sequence, causal=causal)))
    if path is not None:
        picture.save(path)
    return picture


def save_plan(model: Model, path: str | Path) -> Path:
    """Save the plan; the suffix names the format."""
    return plan(model).save(path)


def save_residual(model: Model, sequence: Iterable[object], path: str | Path) -> Path:
    """Save the residual stream on one input; the suffix names the format."""
    return residual(model, sequence).save(path)


def save_attention(model: Model, sequence: Iterable[object], path: str | Path) -> Path:
    """Save the attention patterns on one input; the suffix names the format."""
    return attention(model, sequence).save(path)


def program_name(model: Model) -> str:
    """What a model's program is called; empty where it has no name."""
    program = getattr(model, "program", None)
    return "" if program is None else naming.program_name(program) or ""


def _figure(figure: Figure, look: Look) -> FigurePicture:
    from rasplab.view.figures import restyled

    return FigurePicture(restyled(figure, look))


def _weights(model: Model, picture: str) -> ModelWeights:
    """Those of a model; a program has none yet (E406)."""
    from rasplab.weights import ModelWeights

    weights: object = getattr(model, "weights", None)
    if isinstance(weights, ModelWeights):
        return weights
    raise InputError(
        diagnostic(
            "E406",
            f"`view.{picture}` shows a compiled model, not {shown(model)}",
            help="compile it first: `rasplab.compile(program, vocab=..., max_length=...)`; "
            "the flow of a program is `view.draw(program, sequence)`",
        )
    )


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # type checkers would take any name for one that there is

    def __getattr__(name: str) -> NoReturn:
        """Say of a name that is not here what it is most like."""
        absent(__name__, name, __all__, cutoff=0.6)
