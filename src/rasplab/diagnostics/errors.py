"""The exceptions that rasplab raises: yours carry diagnostics, ours say that they are ours."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from types import TracebackType

from rasplab.diagnostics.diagnostic import Diagnostic


class RasplabError(Exception):
    """Something in the user's hands is wrong; carries all `diagnostics` that the stage found."""

    def __init__(self, diagnostics: Diagnostic | Sequence[Diagnostic]) -> None:
        if isinstance(diagnostics, Diagnostic):
            diagnostics = (diagnostics,)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(self.diagnostics)

    @property
    def code(self) -> str:
        """The code of the first diagnostic, such as `"E204"`."""
        return self.diagnostics[0].code

    def __str__(self) -> str:
        return "\n\n".join(str(finding) for finding in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """What notebooks ask for."""
        return self.shown()

    def shown(self) -> list[str]:
        """What notebooks and prompts show: the diagnostics, and the line that they are about.

        `RASPLAB_TRACEBACK=1` in the environment keeps the whole traceback.
        """
        if os.environ.get("RASPLAB_TRACEBACK"):
            return "".join(traceback.format_exception(self)).rstrip().split("\n")
        lines = str(self).split("\n")
        if not any(finding.labels for finding in self.diagnostics):
            lines += _last_of_the_user(self.__traceback__)
        return lines

    def __reduce__(self) -> tuple[type[RasplabError], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)


def _last_of_the_user(trace: TracebackType | None) -> list[str]:
    """The innermost line outside this package and the notebook's own machinery."""
    package = os.path.dirname(os.path.dirname(__file__))
    own = [
        frame
        for frame in traceback.extract_tb(trace)
        if not frame.filename.startswith(package) and "site-packages" not in frame.filename
    ]
    return [f"--> line {own[-1].lineno}: {own[-1].line}"] if own and own[-1].line else []


class ProgramError(RasplabError, ValueError):
    """A program is malformed, or has no value on the given input."""


class CompileError(RasplabError, ValueError):
    """A program cannot be compiled as asked; says which expression, why, and what would help."""


class InputError(RasplabError, ValueError):
    """A sequence, a vocabulary or an option is not acceptable."""


class ModelFileError(RasplabError, OSError):
    """A model directory cannot be written or read, or is not what it claims to be."""

    def __init__(self, diagnostics: Diagnostic | Sequence[Diagnostic]) -> None:
        RasplabError.__init__(self, diagnostics)

    def __str__(self) -> str:
        return RasplabError.__str__(self)


class InternalError(Exception):
    """A mistake of rasplab itself: please report it with the program that shows it."""
