"""The command `rasplab`; each command is imported when it is called.

Exit codes: 0, 1 for a finding about a program or a model, 2 for a command line that makes no sense.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; findings and usage errors go to stderr."""
    from cyclopts import CycloptsError

    from rasplab.cli.commands import application
    from rasplab.cli.output import error, usage_error
    from rasplab.diagnostics import RasplabError

    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = application()(
            given, exit_on_error=False, print_error=False, result_action="return_value"
        )
        sys.stdout.flush()
    except CycloptsError as problem:
        usage_error(problem)
        return 2
    except RasplabError as problem:
        error(problem)
        return 1
    except BrokenPipeError:  # `rasplab list | head`: nobody reads on, nothing more is written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0
