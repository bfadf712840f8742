"""The expressions of a program: a row for each, a lane from it to those that are made of it."""

from __future__ import annotations

from rasplab.diagnostics import InputError, counted, diagnostic, shown
from rasplab.display import shorten
from rasplab.rasp import expressions as ex
from rasplab.rasp.naming import LONGEST_NAME, name_computations, program_name
from rasplab.rasp.phrases import Phrase
from rasplab.rasp.printer import own_text
from rasplab.view import colours
from rasplab.view.drawing import Drawing
from rasplab.view.flow import depth_of
from rasplab.view.plan_drawing import Sheet, draw_sheet
from rasplab.view.plan_rows import Row

_KINDS = {
    "Tokens": "the input",
    "Indices": "the position, from 0",
    "Map": "position by position",
    "Aggregate": "the mean of what is selected, or the one value",
    "AggregateSum": "the sum of what is selected",
    "SelectorWidth": "how many are selected",
    "Select": "which keys each query selects",
    "And": "where both select",
    "Or": "where either selects",
    "Not": "where it does not select",
    "Best": "of the selected, those with the highest score",
    "PicksOne": "promised to pick one position at most",
}


def draw_graph(program: ex.Expression, name: str, width: float | None = None) -> Drawing:
    """The expression graph, layer by layer, which count from 0."""
    if not isinstance(program, ex.Expression):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(
            diagnostic(
                "E406",
                f"`view.graph` shows a program, not {shown(program)}",
                help="the plan of a model is `view.plan(model)`, its program `model.program`",
            )
        )
    rows, name = graph_rows(program), name or program_name(program) or ""
    return draw_sheet(
        Sheet(
            name or "expressions",
            "",
            f"{counted(len(rows) - 1, 'expression')} · lines lead from each to what is made of it",
            rows,
            colours.by_variable(row.writes for row in rows if row.writes),
            f"Expressions of {name or shorten(str(program), 120)}",
        ),
        width,
    )


def graph_rows(program: ex.Expression) -> tuple[Row, ...]:
    """A row per computation, those of a layer together; plain values have none."""
    naming, depth = name_computations(program), depth_of(program)
    names, texts, used = dict[int, str](), dict[int, Phrase](), set[str]()
    found: list[tuple[tuple[int, int, int], Row]] = []
    for number, (first, *_) in naming.members.items():
        text = own_text(first, texts)
        own = naming.shown(number)
        for same in naming.members[number]:
            texts[id(same)] = Phrase(own) if own else text
        if isinstance(first, ex.Constant):
            continue
        name = names[number] = _unused(own or shorten(text.text, LONGEST_NAME), used)
        operands = dict.fromkeys(naming.number[id(o)] for o in first.operands())
        layer = depth[id(first)]
        half = "selectors" if isinstance(first, ex.Selector) else "functions"
        half = "attention" if isinstance(first, _AGGREGATES) else half
        half = "input" if not layer else half
        row = Row(
            half,
            None if half == "input" else layer - 1,
            name,
            "" if text.text == name else f"= {text.text}",
            _KINDS.get(type(first).__name__, type(first).__name__.lower()),
            tuple(names[o] for o in operands if o in names),
            name,
        )
        found.append(((layer, _ORDER.index(half), number), row))
    root = names[naming.number[id(program)]]
    last = Row("output", None, "output", root, "what the program returns", (root,), None)
    return (*(row for _, row in sorted(found, key=lambda pair: pair[0])), last)


_ORDER = ("input", "selectors", "attention", "functions")
_AGGREGATES = (ex.Aggregate, ex.AggregateSum, ex.SelectorWidth)


def _unused(wish: str, used: set[str]) -> str:
    name, count = wish, 1
    while name in used:
        count += 1
        name = f"{wish} ({count})"
    used.add(name)
    return name
