"""What a shell offers for the word that is being typed; each list is made when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from cyclopts import App

SOURCES = (".py", ".rasp")

BASH = """
# No blank after a directory: the path goes on.
_rasplab_word() {
  _rasplab
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
  return 0
}
complete -F _rasplab_word rasplab
"""


def script(application: App, shell: Literal["bash", "zsh", "fish"]) -> str:
    """What makes a shell complete the commands, the options, and their values."""
    return application.generate_completion(shell=shell) + (BASH if shell == "bash" else "")


def programs(context: Any) -> dict[str, str]:
    """The programs of the library, files that may define one, and directories."""
    from rasplab.programs import all

    return {entry.name: entry.summary for entry in all()} | files(context.incomplete)


def files(start: str) -> dict[str, str]:
    """Files of programs, and directories with a slash after them, whose path starts so."""
    home, _, name = start.rpartition("/")
    place = Path(f"{home}/" if home or start.startswith("/") else ".")
    found: dict[str, str] = {}
    if place.is_dir():
        for path in sorted(place.iterdir()):
            inside = f"{home}/{path.name}" if "/" in start else path.name
            hidden = path.name.startswith(".") and not name.startswith(".")
            if path.name.startswith(name) and not hidden:
                if path.is_dir():
                    found[f"{inside}/"] = ""
                elif path.suffix in SOURCES:
                    found[inside] = ""
    return found


def stages(_: Any) -> list[str]:
    """The stages of the compiler, in their order; the last level has all."""
    from rasplab.pipeline import LEVELS

    return list(LEVELS[-1].stages)


def codes(_: Any) -> dict[str, str]:
    """The error codes."""
    from rasplab.diagnostics.catalogue import PAGES

    return {code: page.title for code, page in PAGES.items()}


def exercises(_: Any) -> dict[str, str]:
    """The exercises, by name."""
    from rasplab import learn

    return {exercise.name: exercise.title for exercise in learn.all()}
