"""`rasplab view`: the explorer page of a program or a model, written and perhaps opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rasplab import programs
from rasplab.cli.output import note, say
from rasplab.model import Model
from rasplab.rasp.values import Value
from rasplab.view.explorer import open_page, save_explorer


def view_model(
    model: Model, out: Path, sequence: Sequence[Value] | None, *, name: str, show: bool
) -> None:
    """Write the page, and open it if that is asked for."""
    summaries = {entry.name: entry.summary for entry in programs.all()}
    about = summaries.get(name.partition("(")[0].strip(), "") if model.program is not None else ""
    written = save_explorer(model, out, sequence, name=_title(name), about=about)
    say(str(written))
    if show and not open_page(written):
        note(f"note: no browser was found; open {written} yourself")


def _title(name: str) -> str:
    """Of `file.py:name` the name, of a directory its last part."""
    bare = name.rstrip("/\\")
    return bare if "(" in bare else bare.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
