"""Help as plain text: names on the left, what they mean beside them, wrapped to the width."""

from __future__ import annotations

import textwrap
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions
from rich.text import Text

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel

MARGIN, WIDEST = 2, 24
"""Blanks before a name; names that are longer have their meaning below them."""


class Help:
    """How the pages of `--help` are written where no terminal shows them in boxes."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """A list of commands or of parameters under its title."""
        del options
        if not panel.entries:
            return
        entries = [(_names(entry, panel), _meaning(entry)) for entry in panel.entries]
        left = min(max(len(name) for name, _ in entries), WIDEST) + MARGIN + 2
        lines = [f"{panel.title}:"] if panel.title else []
        for name, meaning in entries:
            lines += _entry(name, meaning, left, console.width)
        _print(console, "\n".join(lines))

    def render_usage(self, console: Console, options: ConsoleOptions, usage: object) -> None:
        """The line that shows how a command is called."""
        del options
        text = " ".join(_text(usage).split()).removeprefix("Usage:").strip()
        text = text.replace("[ARGS...]", "[TOKENS...]")
        _print(console, _filled(f"Usage: {text}", console.width, " " * 7))

    def render_description(
        self, console: Console, options: ConsoleOptions, description: object
    ) -> None:
        """What the command does."""
        del options
        paragraphs = _text(description).split("\n\n")
        filled = [_filled(" ".join(p.split()), console.width) for p in paragraphs if p.strip()]
        if filled:
            _print(console, "\n\n".join(filled))


def _names(entry: HelpEntry, panel: HelpPanel) -> str:
    if panel.format == "parameter":
        return ", ".join(entry.display_labels_with_metavar)
    return ", ".join((*entry.positive_names, *entry.positive_shorts))


def _meaning(entry: HelpEntry) -> str:
    parts = [_text(entry.description)]
    if entry.choices:
        parts.append(f"[{', '.join(entry.choices)}]")
    if entry.default not in (None, "False"):
        parts.append(f"[default: {entry.default}]")
    if entry.required:
        parts.append("[required]")
    return " ".join(part for part in parts if part)


def _entry(name: str, meaning: str, left: int, width: int) -> list[str]:
    start, indent = " " * MARGIN + name, " " * left
    lines = _filled(meaning, width, indent, first=indent).split("\n") if meaning else []
    if not lines or len(start) + 2 > left:
        return [start, *lines]
    return [start.ljust(left) + lines[0].strip(), *lines[1:]]


def _filled(text: str, width: int, indent: str = "", first: str = "") -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _text(shown: object) -> str:
    """What is shown, in lines as long as they come."""
    if shown is None or isinstance(shown, str):
        return (shown or "").strip()
    if isinstance(shown, Text):
        return shown.plain.strip()
    wide = Console(file=StringIO(), width=100_000, no_color=True, highlight=False)
    with wide.capture() as captured:
        wide.print(shown, end="")
    return "\n".join(line.rstrip() for line in captured.get().split("\n")).strip()


def _print(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
    console.print()
