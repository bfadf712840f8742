"""The flow of a computation in Graphviz's DOT language: a cluster per layer, a table per head.

A head's table has its inputs along the top and its results along the bottom. Between them stand
the keys (a row each), the queries (a column each), a coloured square where a query selects a key,
the values that are moved under their keys, and the results beside their queries.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import Any, TypeAlias, assert_never

from rasplab.diagnostics import require
from rasplab.rasp.values import Value
from rasplab.view.colours import FAINT, INK, MUTED, by_variable
from rasplab.view.flow import Flow, FlowHead, FlowLayer, Step

Digraph: TypeAlias = Any
"""`graphviz.Digraph`, which has no types."""

BREAK = '<br align="left"/>'
SANS, MONO = "Helvetica", "Courier"
SELECTED, NOT_SELECTED = "#3d7fca", "#f1f4f8"
LAYER, CARD, OUTPUT = "#eef2f7", "#ffffff", "#fff6dc"
MANY, HASTE = 60, {"nslimit": "1", "nslimit1": "1", "mclimit": "0.3"}
"""From how many steps on Graphviz must not look for the best layout, which would take minutes."""

LONGEST_VALUE, LONGEST_NAME, LINES = 8, 28, 3


def draw_flow(flow: Flow) -> Digraph:
    """The flow as a graph; its `source` is the DOT text."""
    graphviz = require("graphviz", extra="plot", purpose="this picture")
    graph: Digraph = graphviz.Digraph(
        "flow",
        graph_attr={
            "rankdir": "TB",
            "nodesep": "0.3",
            "ranksep": "0.35",
            "fontname": SANS,
            "fontsize": "11",
            "fontcolor": MUTED,
            "bgcolor": "white",
            "newrank": "true",
            **(HASTE if sum(len([*_steps(layer)]) for layer in flow.layers) > MANY else {}),
        },
        node_attr={"shape": "plain", "fontname": SANS, "fontsize": "10", "fontcolor": INK},
        edge_attr={"arrowsize": "0.5", "penwidth": "1.1"},
    )
    drawn = _Drawn(graph, flow)
    for layer in flow.layers:
        drawn.layer(layer)
    for number in range(1, len(flow.layers)):
        drawn.below(number)
    drawn.edges()
    return graph


class _Drawn:
    """Nodes and edges as they are added; a step is found by its name."""

    def __init__(self, graph: Digraph, flow: Flow) -> None:
        self.graph = graph
        self.flow = flow
        self.places: dict[str, str] = {}
        self.wires: list[tuple[str, str]] = []
        self.heads: list[list[str]] = []
        self.last: list[list[str]] = []
        steps = [step for layer in flow.layers for step in _steps(layer)]
        self.colours = by_variable(step.name for step in steps)

    def layer(self, layer: FlowLayer) -> None:
        """The cluster of a layer."""
        attributes = {"label": layer.title, "labeljust": "l", "style": "rounded,filled"}
        attributes |= {"color": LAYER, "fillcolor": LAYER, "margin": "10"}
        with self.graph.subgraph(name=f"cluster_{layer.number}", graph_attr=attributes) as cluster:
            for i, head in enumerate(layer.heads):
                self._head(cluster, f"head_{layer.number}_{i}", head)
            for i, step in enumerate(layer.steps):
                self._step(cluster, f"step_{layer.number}_{i}", step)
            heads = [f"head_{layer.number}_{i}" for i in range(len(layer.heads))]
            steps = [f"step_{layer.number}_{i}" for i in range(len(layer.steps))]
            given = [node for node, step in zip(steps, layer.steps, strict=True) if not step.reads]
            with cluster.subgraph(graph_attr={"rank": "same"}) as first:
                for node in heads or given:
                    first.node(node)
        read = {name for step in layer.steps for name in step.reads}
        self.heads.append(heads)
        self.last.append(
            [n for n, step in zip(steps, layer.steps, strict=True) if step.name not in read]
            + [
                n
                for n, head in zip(heads, layer.heads, strict=True)
                if not any(move.result.name in read for move in head.moves)
            ]
        )

    def below(self, number: int) -> None:
        """Keep a layer under the one before it, also where nothing leads from one to the other."""
        between = f"below_{number}"
        self.graph.node(between, shape="point", style="invis", width="0", height="0")
        for node in self.last[number - 1]:
            self.graph.edge(node, between, style="invis", weight="0")
        for node in self.heads[number]:
            self.graph.edge(between, node, style="invis", weight="0")

    def edges(self) -> None:
        """What reads what, in the colour of what is read."""
        for name, port in self.wires:
            if name in self.places:
                colour = self.colours[name]
                faint = "80" if name in ("tokens", "indices") else ""
                self.graph.edge(f"{self.places[name]}:s", f"{port}:n", color=f"{colour}{faint}")

    def _step(self, cluster: Digraph, node: str, step: Step) -> None:
        cells = "".join(_cell(_shown(value)) for value in step.values)
        title = self._name(step.name)
        if step.text not in (step.name, ""):
            title = _lines(title, step.text, len(step.values), len(step.name))
        body = _table(
            f'<tr><td align="left">{title}</td></tr>'
            f'<tr><td align="left">{_table(f"<tr>{cells}</tr>", 2)}</td></tr>'
        )
        cluster.node(node, f"<{_card(body, step.name == self.flow.output)}>")
        self.places[step.name] = node
        self.wires += [(name, node) for name in step.reads]

    def _head(self, cluster: Digraph, node: str, head: FlowHead) -> None:
        pins = ""
        for i, (name, roles) in enumerate(self._inputs(head).items()):
            pins += (
                f'<td port="in{i}">{_font(", ".join(roles) + " ", MUTED)}{self._name(name)}</td>'
            )
            self.wires.append((name, f"{node}:in{i}"))
        results = ""
        for i, move in enumerate(head.moves):
            alone = len(head.moves) == 1
            self.places[move.result.name] = node if alone else f"{node}:out{i}"
            results += "" if alone else f'<td port="out{i}">{self._name(move.result.name)}</td>'
        cells = len(head.rows) + len(head.queries) + 1
        titles = [
            _lines(f"<b>{_escaped(name)}</b>" if name else "", text, cells, len(name))
            for name, text in ((head.name, head.text), *head.parts)
        ]
        rows = [
            _row(pins),
            *(f'<tr><td align="left">{title}</td></tr>' for title in titles),
            f'<tr><td align="left">{self._grid(head)}</td></tr>',
            _row(results),
        ]
        output = any(move.result.name == self.flow.output for move in head.moves)
        cluster.node(node, f"<{_card(_table(''.join(rows)), output)}>")

    def _inputs(self, head: FlowHead) -> dict[str, list[str]]:
        """What a head reads, and as what: keys, queries, values."""
        values = [move.values for move in head.moves if move.values is not None]
        roles: dict[str, list[str]] = {}
        for role, steps in (("key", head.keys), ("query", head.queries), ("value", values)):
            for name in dict.fromkeys(step.name for step in steps if step.name in self.colours):
                roles.setdefault(name, []).append(role)
        return roles

    def _grid(self, head: FlowHead) -> str:
        """Keys above, queries on the left, the selection, values below, results on the right."""
        queries = [(self._name(q.name), q.values) for q in head.queries]
        queries = queries or [("", self.flow.tokens)]
        moved = {m.values.name: m.values for m in head.moves if m.values is not None}
        aside = f'<td colspan="{len(queries)}" align="right">'
        lines = [
            f"{aside}{self._name(key.name)}</td>" + "".join(_cell(_shown(v)) for v in key.values)
            for key in head.keys or (Step("", "", self.flow.tokens),)
        ]
        names = "".join(f"<td>{name}</td>" for name, _ in queries)
        results = "".join(f"<td>{self._name(move.result.name)}</td>" for move in head.moves)
        blank = f'<td colspan="{len(head.rows)}"></td>'
        lines.append(f"{names}{blank}{results}")
        for i, row in enumerate(head.rows):
            lines.append(
                "".join(_cell(_shown(values[i])) for _, values in queries)
                + "".join(_square(chosen) for chosen in row)
                + "".join(_cell(_shown(m.result.values[i]), OUTPUT) for m in head.moves)
            )
        lines += [
            f"{aside}{self._name(name)}</td>" + "".join(_cell(_shown(v)) for v in step.values)
            for name, step in moved.items()
        ]
        return _table("".join(f"<tr>{line}</tr>" for line in lines), spacing=2)

    def _name(self, name: str) -> str:
        shown = _escaped(_cut(name, LONGEST_NAME))
        if not shown or name not in self.colours:
            return shown
        return _font(f"<b>{shown}</b>", self.colours[name], escaped=True)


def _steps(layer: FlowLayer) -> Iterable[Step]:
    for head in layer.heads:
        yield from (move.result for move in head.moves)
    yield from layer.steps


def _card(body: str, output: bool) -> str:
    """A white box; the output's has a strong border."""
    border, width = (INK, 2) if output else (FAINT, 1)
    return (
        f'<table border="{width}" color="{border}" style="rounded" bgcolor="{CARD}" '
        f'cellborder="0" cellspacing="0" cellpadding="4"><tr><td>{body}</td></tr></table>'
    )


def _table(rows: str, spacing: int = 1) -> str:
    return (
        f'<table border="0" cellborder="0" cellspacing="{spacing}" cellpadding="2">{rows}</table>'
    )


def _row(cells: str) -> str:
    """Inputs or results side by side."""
    return f"<tr><td>{_table(f'<tr>{cells}</tr>', 6)}</td></tr>" if cells else ""


def _cell(text: str, colour: str = NOT_SELECTED) -> str:
    return f'<td bgcolor="{colour}" width="20">{_font(text, INK, face=MONO)}</td>'


def _square(chosen: bool) -> str:
    if not chosen:
        return f'<td bgcolor="{NOT_SELECTED}" width="20">{_font("0", "#c3cad4", face=MONO)}</td>'
    return f'<td bgcolor="{SELECTED}" width="20">{_font("1", "#ffffff", face=MONO)}</td>'


def _font(text: str, colour: str, *, face: str = "", escaped: bool = False) -> str:
    family = f' face="{face}"' if face else ""
    return f'<font color="{colour}"{family}>{text if escaped else _escaped(text)}</font>'


def _escaped(text: str) -> str:
    """Text for a label: what is no letter by its number, what cannot be seen as Python has it."""
    return "".join(
        c if c.isalnum() or c == " " else f"&#{ord(c)};"
        for seen in text
        for c in (seen if seen.isprintable() else seen.encode("unicode_escape").decode())
    )


def _shown(value: Value) -> str:
    """A value in few characters: T and F, three significant digits, a dash for undefined."""
    match value:
        case None:
            return "–"
        case bool():
            return "T" if value else "F"
        case float():
            return f"{value:.3g}"
        case tuple():
            return _cut(",".join(map(_shown, value)), LONGEST_VALUE)
        case int() | str():
            return _cut(str(value), LONGEST_VALUE).replace(" ", "␣") or "''"
        case _:
            assert_never(value)


def _lines(title: str, text: str, cells: int, start: int) -> str:
    """A name and a formula, in lines about as long as that many cells, at most three."""
    width = max(36, 5 * cells)
    lines = wrap(f"= {text}" if title else text, width, initial_indent=" " * start)
    if title and start > width // 2:
        lines = ["", *wrap(f"= {text}", width)]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], _cut(" ".join(lines[LINES - 1 :]), width)]
    shown = [_font(line.strip(), MUTED) if line else "" for line in lines]
    text = BREAK.join(shown) + BREAK * (len(lines) > 1)
    return f"{title} {text}" if title else text


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
