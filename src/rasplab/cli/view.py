"""`rasplab view`: the explorer page of a program or a model, written and perhaps opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rasplab import programs
from rasplab.cli.output import busy, note, say
from rasplab.diagnostics import InputError, diagnostic
from rasplab.model import Model
from rasplab.rasp.values import Value
from rasplab.view.explorer import open_page, save_explorer


def view_model(
    model: Model,
    out: Path,
    sequence: Sequence[Value] | None,
    *,
    name: str,
    show: bool,
    circuits: bool = False,
    beside: Model | None = None,
) -> None:
    """Write the page, and open it if that is asked for."""
    summaries = {entry.name: entry.summary for entry in programs.all()}
    about = summaries.get(name.partition("(")[0].strip(), "") if model.program is not None else ""
    with busy("computing circuits" if circuits else "writing the page"):
        written = save_explorer(
            model,
            out,
            sequence,
            name=_title(name),
            about=about,
            circuits=circuits,
            beside=beside,
        )
    say(str(written))
    if show and not open_page(written):
        note(f"note: no browser was found; open {written} yourself")


def no_other_level(name: str) -> InputError:
    """Of a saved model the program is not known."""
    return InputError(
        diagnostic(
            "E804",
            f"--beside makes no sense for a saved model: {name!r} was compiled at one level",
            help="name the program that it was compiled from, or leave it out",
        )
    )


def _title(name: str) -> str:
    """Of `file.py:name` the name, of a directory its last part."""
    bare = name.rstrip("/\\")
    return bare if "(" in bare else bare.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
