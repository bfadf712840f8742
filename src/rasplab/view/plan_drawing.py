"""The plan as a drawing: a row per component, a lane per variable of the residual stream."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from rasplab.diagnostics import counted
from rasplab.rasp.structure import bare, parts_of, replaced, text_of
from rasplab.rasp.values import Value
from rasplab.view import colours
from rasplab.view.drawing import Box, Dot, Drawing, Line, Mark, Text, mono_width, shortened
from rasplab.weights import EMBED, Component, ModelWeights, VariablePlace
from rasplab.weights.trace_steps import DOING, embedded_from

MARGIN = 20.0
HEADER = 74.0
GROUP_WIDTH = 104.0
LANE = 20.0
ROW = 46.0
CARD = 38.0
GAP = 10.0
CARD_WIDTH = (520.0, 720.0)
CODE, PROSE = 12.0, 11.0
TITLE, TITLE_LINE, TITLE_LINES = 13.0, 18.0, 2
CODE_CHARACTERS = 92

BANDS = {"embed": "#f4f6f8", "attention": "#eef4fc", "MLP": "#fdf4ec", "output": "#f4f6f8"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan."""

    half: str
    layer: int | None
    name: str
    text: str
    detail: str
    reads: tuple[str, ...]
    writes: str | None


def draw_plan(weights: ModelWeights) -> Drawing:
    """The plan of a model."""
    return _Drawer(weights).drawing()


def rows_of(weights: ModelWeights) -> tuple[Row, ...]:
    """Every line of the plan: embedded variables, components in order, the output."""
    circuit = weights.circuit
    embedded = [v for v in circuit.variables if v.written == EMBED and not v.marks_bos]
    places = {v.name: v for v in circuit.variables}
    components = sorted(circuit.components, key=lambda c: (c.layer, c.kind != "head", c.start))
    return (
        *(_embedded(weights, v) for v in embedded),
        *(_component(c, _in_terms_of(c, components), places) for c in components),
        _output(weights),
    )


def read_by_output(weights: ModelWeights) -> tuple[str, ...]:
    """The variables that the read-out uses; where directions share, above all."""
    maps, least = weights.frame(weights.config.architecture.last).maps, 0.0
    read = maps.write @ weights.arrays["unembed.W_U"]
    places = [v for v in weights.circuit.variables if not v.marks_bos]
    used = [float(np.linalg.norm(read[v.start : v.stop])) for v in places]
    if not weights.plain:
        least = max(used) / 2
    return tuple(v.name for v, size in zip(places, used, strict=True) if size > least)


def life_of(name: str, rows: tuple[Row, ...]) -> tuple[int, int]:
    """The row that writes a variable, and the last that reads it."""
    written = next(i for i, row in enumerate(rows) if row.writes == name)
    return written, max((i for i, row in enumerate(rows) if name in row.reads), default=written)


def lanes_of(rows: tuple[Row, ...]) -> dict[str, int]:
    """A lane per variable; one that nobody reads any more is used again a row later."""
    free_from: list[int] = []
    lanes: dict[str, int] = {}
    for i, row in enumerate(rows):
        if row.writes is None:
            continue
        free = [lane for lane, start in enumerate(free_from) if start <= i]
        lane = free[-1] if free else len(free_from)
        end = life_of(row.writes, rows)[1] + 2
        free_from[lane : lane + 1] = [end]
        lanes[row.writes] = lane
    return lanes


def title_lines(program: str, width: float) -> list[str]:
    """The program's text in at most two lines, the first broken after a word."""
    room = int(width / mono_width("x", TITLE))
    lines: list[str] = []
    while len(program) > room and len(lines) < TITLE_LINES - 1:
        cut = program.rfind(" ", 0, room + 1)
        cut = cut if cut > room // 2 else room
        lines.append(program[:cut].rstrip())
        program = program[cut:].lstrip()
    return [*lines, shortened(program, room)]


def _embedded(weights: ModelWeights, place: VariablePlace) -> Row:
    labels = [
        "|".join(map(_shown, d.values)) if d.values else d.role or "its number"
        for d in weights.circuit.directions[place.columns]
    ]
    detail = f"from the {embedded_from(weights, place)} · {_columns(place)}"
    return Row("embed", None, place.name, " ".join(labels), detail, (), place.name)


def _in_terms_of(component: Component, others: list[Component]) -> str:
    """The component's expression, with the names of the variables that it reads."""
    parts = parts_of(component.expression)
    for other in sorted(others, key=lambda c: -len(c.expression)):
        if other.variable in component.reads and other is not component:
            parts = replaced(parts, parts_of(other.expression), other.variable)
    return text_of(bare(parts))


def _component(component: Component, expression: str, places: dict[str, VariablePlace]) -> Row:
    written = places.get(component.variable)
    units = component.stop - component.start
    who = (
        f"head {component.start}"
        if component.kind == "head"
        else f"{units} hidden unit{'s' * (units != 1)}"
    )
    parts = [who, DOING.get(component.construction, component.construction)]
    if component.reads:
        parts.append(f"reads {', '.join(component.reads)}")
    if written is not None:
        parts.append(_columns(written))
    return Row(
        "attention" if component.kind == "head" else "MLP",
        component.layer,
        component.variable,
        f"= {expression}",
        " · ".join(parts),
        component.reads,
        component.variable if written is not None else None,
    )


def _output(weights: ModelWeights) -> Row:
    config = weights.config
    if config.output_values is None:
        text = "a number, or undefined" if config.output_undefined else "a number"
        detail = "read off linearly"
    else:
        text = " ".join(map(_shown, config.output_values))
        detail = "the value with the highest score"
    reads = read_by_output(weights)
    return Row("output", None, "output", text, f"{detail} · reads {', '.join(reads)}", reads, None)


def _columns(place: VariablePlace) -> str:
    if place.stop - place.start == 1:
        return f"writes direction {place.start}"
    return f"writes directions {place.start}–{place.stop - 1}"


def _shown(value: Value) -> str:
    if value is None:
        return "undefined"
    return value if isinstance(value, str) else repr(value)


class _Drawer:
    """Places the rows; wires below cards, lanes below wires."""

    def __init__(self, weights: ModelWeights) -> None:
        self.weights = weights
        self.rows = rows_of(weights)
        names = [v.name for v in weights.circuit.variables if not v.marks_bos]
        self.colour = colours.by_variable(names)
        lanes = lanes_of(self.rows)
        first = MARGIN + GROUP_WIDTH + LANE / 2
        self.lane = {name: first + i * LANE for name, i in lanes.items()}
        self.left = first + (max(lanes.values(), default=-1) + 1) * LANE + GAP / 2
        longest = max(max(_code_width(r), mono_width(r.detail, PROSE) * 0.94) for r in self.rows)
        self.card = min(max(longest + 28, CARD_WIDTH[0]), CARD_WIDTH[1])
        self.right = self.left + self.card
        self.title = title_lines(weights.circuit.program, self.right - MARGIN)
        self.tops = self._tops()

    def drawing(self) -> Drawing:
        height = self.tops[-1] + ROW + MARGIN
        marks = [
            *self._header(),
            *self._bands(),
            *self._lanes(),
            *(mark for i in range(len(self.rows)) for mark in self._wires(i)),
            *(mark for i in range(len(self.rows)) for mark in self._card(i)),
        ]
        title = f"Plan of {shortened(self.weights.circuit.program, 120)}"
        return Drawing(self.right + MARGIN, height, title, tuple(marks))

    def _tops(self) -> list[float]:
        tops: list[float] = []
        y = HEADER + (len(self.title) - 1) * TITLE_LINE
        for i, row in enumerate(self.rows):
            if i and (row.layer, row.half) != (self.rows[i - 1].layer, self.rows[i - 1].half):
                y += GAP if row.layer != self.rows[i - 1].layer else 2.0
            tops.append(y)
            y += ROW
        return tops

    def _header(self) -> list[Mark]:
        config = self.weights.config
        heads = sum(c.kind == "head" for c in self.weights.circuit.components)
        sizes = (
            f"{counted(config.n_layers, 'layer')} · {counted(heads, 'head')} · "
            f"d_model {config.d_model} · d_head {config.d_head} · d_mlp {config.d_mlp} · "
            f"{'causal' if config.causal else 'bidirectional'} · "
            f"{counted(len(config.vocabulary), 'token')}, at most {config.max_length} positions"
        )
        title: list[Mark] = [
            Text(MARGIN, 34 + i * TITLE_LINE, line, TITLE, colours.INK, mono=True, bold=True)
            for i, line in enumerate(self.title)
        ]
        below = 55 + (len(title) - 1) * TITLE_LINE
        return [*title, Text(MARGIN, below, sizes, 12, colours.MUTED)]

    def _bands(self) -> list[Mark]:
        marks: list[Mark] = []
        numbered = list(enumerate(self.rows))
        for (layer, half), members in groupby(numbered, lambda pair: (pair[1].layer, pair[1].half)):
            rows = [i for i, _ in members]
            top, bottom = self.tops[rows[0]], self.tops[rows[-1]] + ROW
            width = self.right + GAP / 2 - MARGIN
            marks.append(Box(MARGIN, top, width, bottom - top, BANDS[half], radius=5))
            y = (top + bottom) / 2
            if layer is None:
                marks.append(Text(MARGIN + 10, y + 4, half, 12.5, colours.INK, bold=True))
            else:
                marks.append(
                    Text(MARGIN + 10, y - 2, f"layer {layer}", 12.5, colours.INK, bold=True)
                )
                marks.append(Text(MARGIN + 10, y + 13, half, PROSE, colours.MUTED))
        return marks

    def _lanes(self) -> list[Mark]:
        marks: list[Mark] = []
        for name, x in self.lane.items():
            written, last = life_of(name, self.rows)
            if last > written:
                ends = ((x, self._write_y(written)), (x, self._read_y(last)))
                marks.append(Line(ends, self.colour[name], 2.4))
        return marks

    def _wires(self, i: int) -> list[Mark]:
        row, marks = self.rows[i], list[Mark]()
        read = [self.lane[name] for name in row.reads if name in self.lane]
        if read:
            y = self._read_y(i)
            marks.append(Line(((min(read), y), (self.left, y)), colours.WIRE, 1.2))
            marks.append(_arrow(self.left, y, colours.WIRE))
        for name in row.reads:
            if name in self.lane:
                colour = self.colour[name]
                marks.append(Dot(self.lane[name], self._read_y(i), 3.4, "#ffffff", colour))
        if row.writes is not None:
            x, y, colour = self.lane[row.writes], self._write_y(i), self.colour[row.writes]
            marks.append(Line(((self.left, y), (x, y)), colour, 2.0))
            marks.append(Dot(x, y, 3.4, colour, colour))
        return marks

    def _card(self, i: int) -> list[Mark]:
        row, top = self.rows[i], self.tops[i] + (ROW - CARD) / 2
        colour = self.colour.get(row.writes or "", colours.INK)
        name = shortened(row.name, 30)
        x = self.left + 14
        after = x + mono_width(name, CODE) + CODE * 0.7
        room = int((self.right - 10 - after) / mono_width("x", CODE))
        return [
            Box(
                self.left,
                top,
                self.card,
                CARD,
                "#ffffff",
                colours.FAINT,
                5,
                f"{row.name} {row.text}",
            ),
            Box(self.left, top, 4, CARD, colour, colour, 2),
            Text(x, top + 16, name, CODE, colour, mono=True, bold=True),
            Text(after, top + 16, shortened(row.text, room), CODE, colours.INK, mono=True),
            Text(x, top + 31, shortened(row.detail, int(self.card / 5.9)), PROSE, colours.MUTED),
        ]

    def _read_y(self, i: int) -> float:
        return self.tops[i] + ROW / 2 - (7 if self.rows[i].writes else 0)

    def _write_y(self, i: int) -> float:
        return self.tops[i] + ROW / 2 + (7 if self.rows[i].reads else 0)


def _arrow(x: float, y: float, colour: str) -> Line:
    return Line(((x - 5, y - 3.5), (x - 0.5, y), (x - 5, y + 3.5)), colour, 1.2)


def _code_width(row: Row) -> float:
    text = shortened(f"{row.name} {row.text}", CODE_CHARACTERS)
    return mono_width(text, CODE)
