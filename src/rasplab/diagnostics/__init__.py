"""What rasplab says when something is wrong: spans, diagnostics, their catalogue and text."""

from rasplab.diagnostics.diagnostic import (
    Diagnostic,
    Label,
    counted,
    diagnostic,
    shown,
    telling,
)
from rasplab.diagnostics.errors import (
    CompileError,
    InputError,
    InternalError,
    ModelFileError,
    ProgramError,
    RasplabError,
)
from rasplab.diagnostics.extras import MissingExtraError, require
from rasplab.diagnostics.origin import Origin, capture, placed_at
from rasplab.diagnostics.span import Span

__all__ = [
    "CompileError",
    "Diagnostic",
    "InputError",
    "InternalError",
    "Label",
    "MissingExtraError",
    "ModelFileError",
    "Origin",
    "ProgramError",
    "RasplabError",
    "Span",
    "capture",
    "counted",
    "diagnostic",
    "placed_at",
    "require",
    "shown",
    "telling",
]
