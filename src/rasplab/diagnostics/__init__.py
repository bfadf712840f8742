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
from rasplab.diagnostics.patience import long_work, share, step
from rasplab.diagnostics.span import Place, Span, places_text, read_places

__all__ = [
    "CompileError",
    "Diagnostic",
    "InputError",
    "InternalError",
    "Label",
    "MissingExtraError",
    "ModelFileError",
    "Origin",
    "Place",
    "ProgramError",
    "RasplabError",
    "Span",
    "capture",
    "counted",
    "diagnostic",
    "long_work",
    "placed_at",
    "places_text",
    "read_places",
    "require",
    "share",
    "shown",
    "step",
    "telling",
]
