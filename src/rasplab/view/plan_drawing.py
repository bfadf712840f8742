"""The plan as a drawing: a row per component, a lane per variable of the residual stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from rasplab.diagnostics import counted
from rasplab.view import colours
from rasplab.view.drawing import Box, Dot, Drawing, Line, Mark, Text, mono_width, shortened
from rasplab.view.plan_rows import Row, rows_of
from rasplab.weights import ModelWeights

MARGIN = 20.0
HEADER = 74.0
GROUP_WIDTH = 104.0
LANE = 20.0
ROW = 46.0
CARD = 38.0
GAP = 10.0
CARD_WIDTH = (520.0, 720.0)
CODE, PROSE = 12.0, 11.0
NAME, TITLE, TITLE_LINE, TITLE_LINES = 15.0, 12.0, 17.0, 2
CODE_CHARACTERS, NAME_CHARACTERS = 92, 60

BANDS = {
    "embed": "#f4f6f8",
    "input": "#f4f6f8",
    "attention": "#eef4fc",
    "selectors": "#eef4fc",
    "MLP": "#fdf4ec",
    "functions": "#fdf4ec",
    "output": "#f4f6f8",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn: rows under a title. `formula` stands below it, then `remark`.

    What is not `shown` (a row, or the reading of a variable by it) is drawn faint.
    """

    title: str
    formula: str
    remark: str
    rows: tuple[Row, ...]
    colour: dict[str, str]
    caption: str
    shown: Callable[[Row, str | None], bool] = field(default=lambda row, variable: True)


def draw_plan(weights: ModelWeights, name: str = "") -> Drawing:
    """The plan of a model, with the program's name as its title where it has one."""
    program = weights.circuit.program
    return draw_sheet(
        Sheet(
            name or "plan",
            program,
            sizes_of(weights),
            rows_of(weights),
            colours_of(weights),
            f"Plan of {shortened(name or program, 120)}",
        )
    )


def draw_sheet(sheet: Sheet) -> Drawing:
    """Rows, lanes and wires."""
    return _Drawer(sheet).drawing()


def colours_of(weights: ModelWeights) -> dict[str, str]:
    """A colour for each variable of a model, the same in all its pictures."""
    return colours.by_variable(v.name for v in weights.circuit.variables if not v.marks_bos)


def sizes_of(weights: ModelWeights) -> str:
    """The sizes of a model in a line."""
    config = weights.config
    heads = sum(c.kind == "head" for c in weights.circuit.components)
    return (
        f"{counted(config.n_layers, 'layer')} · {counted(heads, 'head')} · "
        f"d_model {config.d_model} · d_head {config.d_head} · d_mlp {config.d_mlp} · "
        f"{'causal' if config.causal else 'bidirectional'} · "
        f"{counted(len(config.vocabulary), 'token')}, at most {config.max_length} positions"
    )


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


class _Drawer:
    """Places the rows; wires below cards, lanes below wires."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.rows, self.colour = sheet, sheet.rows, sheet.colour
        lanes = lanes_of(self.rows)
        first = MARGIN + GROUP_WIDTH + LANE / 2
        self.lane = {name: first + i * LANE for name, i in lanes.items()}
        self.left = first + (max(lanes.values(), default=-1) + 1) * LANE + GAP / 2
        longest = max(max(_code_width(r), mono_width(r.detail, PROSE) * 0.94) for r in self.rows)
        self.card = min(max(longest + 28, CARD_WIDTH[0]), CARD_WIDTH[1])
        self.right = self.left + self.card
        self.title = title_lines(sheet.formula, self.right - MARGIN) if sheet.formula else []
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
        return Drawing(self.right + MARGIN, height, self.sheet.caption, tuple(marks))

    def _tops(self) -> list[float]:
        tops: list[float] = []
        y = HEADER + len(self.title) * (TITLE_LINE + 2)
        for i, row in enumerate(self.rows):
            if i and (row.layer, row.half) != (self.rows[i - 1].layer, self.rows[i - 1].half):
                y += GAP if row.layer != self.rows[i - 1].layer else 2.0
            tops.append(y)
            y += ROW
        return tops

    def _header(self) -> list[Mark]:
        room = int((self.right - MARGIN) / (NAME * 0.6))
        name = shortened(self.sheet.title, room)
        found: list[Mark] = [Text(MARGIN, 34, name, NAME, colours.INK, bold=True)]
        y = 34.0
        for line in self.title:
            y += TITLE_LINE + 2
            found.append(Text(MARGIN, y, line, TITLE, colours.INK, mono=True))
        return [*found, Text(MARGIN, y + 20, self.sheet.remark, 12, colours.MUTED)]

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
                kept = self.sheet.shown(self.rows[written], None)
                marks.append(Line(ends, self.colour[name] if kept else colours.FAINT, 2.4))
        return marks

    def _wires(self, i: int) -> list[Mark]:
        row, marks = self.rows[i], list[Mark]()
        read = [name for name in row.reads if name in self.lane]
        kept = [name for name in read if self.sheet.shown(row, name)]
        for names, colour in ((read, colours.FAINT), (kept, colours.WIRE)):
            if names:
                y, start = self._read_y(i), min(self.lane[name] for name in names)
                marks.append(Line(((start, y), (self.left, y)), colour, 1.2))
                marks.append(_arrow(self.left, y, colour))
        for name in read:
            colour = self.colour[name] if name in kept else colours.FAINT
            marks.append(Dot(self.lane[name], self._read_y(i), 3.4, "#ffffff", colour))
        if row.writes is not None:
            x, y, colour = self.lane[row.writes], self._write_y(i), self._colour(row)
            marks.append(Line(((self.left, y), (x, y)), colour, 2.0))
            marks.append(Dot(x, y, 3.4, colour, colour))
        return marks

    def _card(self, i: int) -> list[Mark]:
        row, top = self.rows[i], self.tops[i] + (ROW - CARD) / 2
        colour, kept = self._colour(row), self.sheet.shown(row, None)
        ink = colours.INK if kept else colours.WIRE
        name = shortened(row.name, NAME_CHARACTERS)
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
            Text(x, top + 16, name, CODE, colour if kept else ink, mono=True, bold=True),
            Text(after, top + 16, shortened(row.text, room), CODE, ink, mono=True),
            Text(
                x,
                top + 31,
                shortened(row.detail, int(self.card / 5.9)),
                PROSE,
                colours.MUTED if kept else colours.WIRE,
            ),
        ]

    def _colour(self, row: Row) -> str:
        if not self.sheet.shown(row, None):
            return colours.WIRE if row.writes is None else colours.FAINT
        return self.colour.get(row.writes or "", colours.INK)

    def _read_y(self, i: int) -> float:
        return self.tops[i] + ROW / 2 - (7 if self.rows[i].writes else 0)

    def _write_y(self, i: int) -> float:
        return self.tops[i] + ROW / 2 + (7 if self.rows[i].reads else 0)


def _arrow(x: float, y: float, colour: str) -> Line:
    return Line(((x - 5, y - 3.5), (x - 0.5, y), (x - 5, y + 3.5)), colour, 1.2)


def _code_width(row: Row) -> float:
    text = shortened(f"{row.name} {row.text}", CODE_CHARACTERS)
    return mono_width(text, CODE)
