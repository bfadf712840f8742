"""The plan as a drawing: a row per component, a lane per variable of the residual stream.

It has two shapes. The wide one has the layers' names in a column of their own, and a line for
each text. The narrow one, for a column of a paper or a telephone, has them above their rows, and
texts go on in the next line, so that they stay as large as in the wide one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from rasplab.diagnostics import counted
from rasplab.view import colours
from rasplab.view.drawing import Box, Dot, Drawing, Line, Mark, Text, mono_width, shortened
from rasplab.view.plan_rows import Row, rows_of
from rasplab.weights import ModelWeights

HEADER = 40.0
GAP = 10.0
CARD_WIDTH = (520.0, 720.0)
CODE, PROSE = 12.0, 11.0
NAME, TITLE, TITLE_LINE = 15.0, 12.0, 19.0
LABEL = 12.5
CODE_LINE, PROSE_LINE = 15.0, 14.0
PROSE_ADVANCE = 0.53
"""Width of a character of prose, on the average, as a part of the font size."""

CODE_CHARACTERS, NAME_CHARACTERS = 92, 60


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs between the wide and the narrow plan, in pixels and in lines."""

    margin: float
    lane: float
    group: float  # the width of the column with the layers' names
    label: float  # the height that they take above their rows instead
    title_lines: int
    code_lines: int
    prose_lines: int


WIDE = Shape(20.0, 20.0, 104.0, 0.0, title_lines=2, code_lines=1, prose_lines=1)
NARROW = Shape(8.0, 14.0, 6.0, 19.0, title_lines=6, code_lines=6, prose_lines=6)
NARROWEST = (310.0, 200.0)
"""Of the narrow plan, and of its cards where there are many lanes; below that it is scaled."""

LEAST_SCALE = 0.85
"""How far the wide plan is scaled down before the narrow one is drawn: to texts of 10 pixels."""

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


def draw_plan(weights: ModelWeights, name: str = "", width: float | None = None) -> Drawing:
    """The plan of a model, with the program's name as its title where it has one.

    It is laid out to be read at `width` pixels, if that is given.
    """
    program = weights.circuit.program
    return draw_sheet(
        Sheet(
            name or "plan",
            program,
            sizes_of(weights),
            rows_of(weights),
            colours_of(weights),
            f"Plan of {shortened(name or program, 120)}",
        ),
        width,
    )


def draw_sheet(sheet: Sheet, width: float | None = None) -> Drawing:
    """Rows, lanes and wires, to be shown at this width in pixels."""
    wide = _Drawer(sheet, WIDE)
    if width is None or width >= LEAST_SCALE * wide.width:
        return wide.drawing()
    return _Drawer(sheet, NARROW, width).drawing()


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


def broken(text: str, room: int, most: int) -> list[str]:
    """A text in at most `most` lines of `room` characters, broken at blanks where there are any."""
    lines: list[str] = []
    while len(text) > room and len(lines) < most - 1:
        cut = text.rfind(" ", 0, room + 1)
        cut = cut if cut > room // 2 else room
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*lines, shortened(text, room)]


@dataclass(frozen=True, slots=True)
class _Written:
    """The texts of a card: the name, the lines of code beside it or below, and those of prose."""

    name: list[str]
    code: list[str]
    prose: list[str]
    beside: bool  # whether the code begins in the line of the name

    @property
    def first(self) -> int:
        """The line in which the code begins."""
        return len(self.name) - self.beside

    @property
    def height(self) -> float:
        return 9.0 + CODE_LINE * (self.first + len(self.code)) + PROSE_LINE * len(self.prose)


class _Drawer:
    """Places the rows; wires below cards, lanes below wires."""

    def __init__(self, sheet: Sheet, shape: Shape, width: float = 0.0) -> None:
        self.sheet, self.rows, self.colour, self.shape = sheet, sheet.rows, sheet.colour, shape
        lanes = lanes_of(self.rows)
        first = shape.margin + shape.group + shape.lane / 2
        self.lane = {name: first + i * shape.lane for name, i in lanes.items()}
        self.left = first + (max(lanes.values(), default=-1) + 1) * shape.lane + GAP / 2
        longest = max(max(_code_width(r), mono_width(r.detail, PROSE) * 0.94) for r in self.rows)
        self.card = min(max(longest + 28, CARD_WIDTH[0]), CARD_WIDTH[1])
        if shape is NARROW:
            self.card = max(max(width, NARROWEST[0]) - shape.margin - self.left, NARROWEST[1])
        self.right = self.left + self.card
        self.width = self.right + shape.margin
        room = int((self.right - shape.margin) / mono_width("x", TITLE))
        self.title = broken(sheet.formula, room, shape.title_lines) if sheet.formula else []
        room = int((self.right - shape.margin) / (PROSE_ADVANCE * TITLE))
        self.remark = broken(sheet.remark, room, shape.title_lines)
        self.written = [self._write(row) for row in self.rows]
        self.tops = self._tops()

    def drawing(self) -> Drawing:
        marks = [
            *self._header(),
            *self._bands(),
            *self._lanes(),
            *(mark for i in range(len(self.rows)) for mark in self._wires(i)),
            *(mark for i in range(len(self.rows)) for mark in self._card(i)),
        ]
        height = self._bottom(len(self.rows) - 1) + self.shape.margin
        return Drawing(self.width, height, self.sheet.caption, tuple(marks))

    def _write(self, row: Row) -> _Written:
        """The texts of a row, as they fit into its card."""
        room, most = int((self.card - 24) / mono_width("x", CODE)), self.shape.code_lines
        name = broken(shortened(row.name, NAME_CHARACTERS), room, most)
        left = room - len(name[0]) - 1
        beside = self.shape is WIDE or (len(name) == 1 and len(row.text) <= left)
        code = broken(row.text, left if beside else room, most) if beside or row.text else []
        prose = broken(
            row.detail, int((self.card - 24) / (PROSE_ADVANCE * PROSE)), self.shape.prose_lines
        )
        return _Written(name, code, prose, beside)

    def _starts(self, i: int) -> bool:
        """Whether a row is the first of its band."""
        one, before = self.rows[i], self.rows[i - 1]
        return not i or (one.layer, one.half) != (before.layer, before.half)

    def _tops(self) -> list[float]:
        tops: list[float] = []
        y = HEADER + (len(self.title) + len(self.remark) - 1) * TITLE_LINE + 34.0
        for i, row in enumerate(self.rows):
            if i and self._starts(i):
                y += GAP if row.layer != self.rows[i - 1].layer else 2.0
            if self._starts(i):
                y += self.shape.label
            tops.append(y)
            y += self.written[i].height + 8.0
        return tops

    def _bottom(self, i: int) -> float:
        return self.tops[i] + self.written[i].height + 8.0

    def _header(self) -> list[Mark]:
        margin = self.shape.margin
        room = int((self.right - margin) / (NAME * 0.6))
        name = shortened(self.sheet.title, room)
        found: list[Mark] = [Text(margin, 34, name, NAME, colours.INK, bold=True)]
        y = 34.0
        for line in self.title:
            y += TITLE_LINE
            found.append(Text(margin, y, line, TITLE, colours.INK, mono=True))
        for line in self.remark:
            y += TITLE_LINE
            found.append(Text(margin, y + 1, line, TITLE, colours.MUTED))
        return found

    def _bands(self) -> list[Mark]:
        marks: list[Mark] = []
        numbered = list(enumerate(self.rows))
        for (layer, half), members in groupby(numbered, lambda pair: (pair[1].layer, pair[1].half)):
            rows = [i for i, _ in members]
            margin = self.shape.margin
            top, bottom = self.tops[rows[0]] - self.shape.label, self._bottom(rows[-1])
            width = min(self.right + GAP / 2, self.width - 2) - margin
            marks.append(Box(margin, top, width, bottom - top, BANDS[half], radius=5))
            marks += self._labels(layer, half, top, bottom)
        return marks

    def _labels(self, layer: int | None, half: str, top: float, bottom: float) -> list[Mark]:
        """The name of a band: beside its rows, or above them."""
        name = half if layer is None else f"layer {layer}"
        if self.shape is NARROW:
            half = "" if layer is None else half
            after = self.left + mono_width(f"{name} ", LABEL)
            return [
                Text(self.left, top + 14, name, LABEL, colours.INK, bold=True),
                *([Text(after, top + 14, half, PROSE, colours.MUTED)] if half else []),
            ]
        x, y = self.shape.margin + 10, (top + bottom) / 2
        if layer is None:
            return [Text(x, y + 4, name, LABEL, colours.INK, bold=True)]
        return [
            Text(x, y - 2, name, LABEL, colours.INK, bold=True),
            Text(x, y + 13, half, PROSE, colours.MUTED),
        ]

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
        row, written, top = self.rows[i], self.written[i], self.tops[i] + 4
        colour, kept = self._colour(row), self.sheet.shown(row, None)
        ink, pale = (colours.INK, colours.MUTED) if kept else (colours.WIRE, colours.WIRE)
        x, y, tip = self.left + 14, top + 16, f"{row.name} {row.text}"
        marks: list[Mark] = [
            Box(self.left, top, self.card, written.height, "#ffffff", colours.FAINT, 5, tip),
            Box(self.left, top, 4, written.height, colour, colour, 2),
        ]
        for n, line in enumerate(written.name):
            named = colour if kept else ink
            marks.append(Text(x, y + CODE_LINE * n, line, CODE, named, mono=True, bold=True))
        after = x + mono_width(written.name[0], CODE) + CODE * 0.7 if written.beside else x
        y += CODE_LINE * written.first
        for n, line in enumerate(written.code):
            marks.append(Text(after, y + CODE_LINE * n, line, CODE, ink, mono=True))
        y += CODE_LINE * len(written.code)
        for n, line in enumerate(written.prose):
            marks.append(Text(x, y + PROSE_LINE * n, line, PROSE, pale))
        return marks

    def _colour(self, row: Row) -> str:
        if not self.sheet.shown(row, None):
            return colours.WIRE if row.writes is None else colours.FAINT
        return self.colour.get(row.writes or "", colours.INK)

    def _middle(self, i: int) -> float:
        return (self.tops[i] + self._bottom(i)) / 2

    def _read_y(self, i: int) -> float:
        return self._middle(i) - (7 if self.rows[i].writes else 0)

    def _write_y(self, i: int) -> float:
        return self._middle(i) + (7 if self.rows[i].reads else 0)


def _arrow(x: float, y: float, colour: str) -> Line:
    return Line(((x - 5, y - 3.5), (x - 0.5, y), (x - 5, y + 3.5)), colour, 1.2)


def _code_width(row: Row) -> float:
    text = shortened(f"{row.name} {row.text}", CODE_CHARACTERS)
    return mono_width(text, CODE)
