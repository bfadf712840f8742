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
from typing import TYPE_CHECKING, Any

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.view.picture import DrawnPicture, FigurePicture, Picture

if TYPE_CHECKING:
    from rasplab.model import Model
    from rasplab.rasp import Expression
    from rasplab.view.graph_picture import GraphPicture
    from rasplab.weights import ModelWeights

__all__ = [
    "DrawnPicture",
    "FigurePicture",
    "Picture",
    "attention",
    "draw",
    "plan",
    "plan_svg",
    "residual",
    "save_attention",
    "save_plan",
    "save_residual",
]


def plan(model: Model) -> DrawnPicture:
    """The plan: a line per head and MLP, with what it implements, reads and writes.

    Coloured lanes are variables in the residual stream, from the component that writes one down
    to the last that reads it.
    """
    from rasplab.view.plan_drawing import draw_plan

    return DrawnPicture(draw_plan(_weights(model, "plan")))


def plan_svg(model: Model) -> str:
    """The plan as SVG text."""
    return plan(model).svg()


def residual(model: Model, sequence: Iterable[Any]) -> FigurePicture:
    """The residual stream on one input, as in the figures of the Tracr paper.

    A panel for the embedding and for each sublayer that writes; rows are the named directions,
    grouped by variable, columns the positions, BOS first. A colour says how large a value is,
    as a part of the largest that its variable takes on this input.

    Raises:
        MissingExtraError: E602, matplotlib is not installed.
    """
    from rasplab.view.residual_figure import draw_residual

    return FigurePicture(draw_residual(_weights(model, "residual"), sequence))


def attention(model: Model, sequence: Iterable[Any]) -> FigurePicture:
    """The attention patterns on one input: a panel per head, rows are queries, columns keys.

    Raises:
        MissingExtraError: E602, matplotlib is not installed.
    """
    from rasplab.view.attention_figure import draw_attention

    return FigurePicture(draw_attention(_weights(model, "attention"), sequence))


def draw(
    expression: Expression,
    sequence: Iterable[Any],
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


def save_residual(model: Model, sequence: Iterable[Any], path: str | Path) -> Path:
    """Save the residual stream on one input; the suffix names the format."""
    return residual(model, sequence).save(path)


def save_attention(model: Model, sequence: Iterable[Any], path: str | Path) -> Path:
    """Save the attention patterns on one input; the suffix names the format."""
    return attention(model, sequence).save(path)


def _weights(model: Model, picture: str) -> ModelWeights:
    """Those of a model; a program has none yet (E406)."""
    from rasplab.weights import ModelWeights

    weights: Any = getattr(model, "weights", None)
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
