"""One finding: what is wrong, where, the facts, and what would help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rasplab.diagnostics.origin import Origin
from rasplab.diagnostics.span import Span


@dataclass(frozen=True, slots=True)
class Label:
    """A place in the user's source and what is to be said about it."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or a warning: `labels` point, `notes` give facts, only `help` proposes."""

    code: str
    title: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        from rasplab.diagnostics.render import render

        return render(self)


def counted(number: int, noun: str) -> str:
    """A number of things, in words.

    >>> counted(1, "layer"), counted(2, "layer")
    ('1 layer', '2 layers')
    """
    return f"{number} {noun}{'s' * (number != 1)}"


_telling: list[bool] = []


def telling() -> bool:
    """Whether a message is being written: what shows itself keeps to one line without extras."""
    return bool(_telling)


def shown(value: object) -> str:
    """How a value is written in a message: as Python does, cut short, whatever it is.

    >>> shown("ab"), shown(10**5000)
    ("'ab'", 'a value of type int')
    """
    _telling.append(True)
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a number of too many digits, or a user's own `__repr__`
        return f"a value of type {type(value).__name__}"
    finally:
        _telling.pop()
    return text if len(text) <= 80 else f"{text[:77]}..."


def diagnostic(
    code: str,
    title: str,
    *,
    at: Origin | Span | None = None,
    label: str = "",
    also: Iterable[tuple[Origin | Span | None, str]] = (),
    notes: Iterable[str] = (),
    help: str | None = None,
) -> Diagnostic:
    """Build a `Diagnostic`, resolving origins to spans; places that are not known are left out."""
    labels: list[Label] = []
    for place, text in ((at, label), *also):
        span = place.span() if isinstance(place, Origin) else place
        if span is not None:
            labels.append(Label(span, text))
    return Diagnostic(code, title, tuple(labels), tuple(notes), help)
