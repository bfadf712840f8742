"""The exceptions that rasplab raises: yours carry diagnostics, ours say that they are ours."""

from __future__ import annotations

from collections.abc import Sequence

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

    def __reduce__(self) -> tuple[type[RasplabError], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)


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
