"""`python -m rasplab.lab.discovery.adapters PACKAGE [DIRECTORY]` makes a package's environment."""

from __future__ import annotations

import sys
from pathlib import Path

from rasplab.diagnostics import RasplabError
from rasplab.lab.discovery.adapters import make_environment


def main(arguments: list[str]) -> int:
    """Make the environment, and say where it is."""
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    try:
        made = make_environment(arguments[0], *map(Path, arguments[1:]))
    except RasplabError as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    print(made)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
