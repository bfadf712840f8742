"""Arguments that a call lacks, or that its function has not: told as a diagnostic."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import ParamSpec, TypeVar

from rasplab.diagnostics.absence import nearest
from rasplab.diagnostics.diagnostic import Diagnostic, diagnostic
from rasplab.diagnostics.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")


def told(example: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: who calls the function with other arguments than it has is told (E419) which.

    The `example` is a call that says all that has to be said. Types and signature stay.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                why = _fault(signature, len(args), kwargs, example) or diagnostic(
                    "E419", str(error), help=f"write `{example}`"
                )
                raise InputError(why) from None
            return function(*args, **kwargs)

        return wrapper

    return decorate


def _fault(
    signature: inspect.Signature, count: int, named: Mapping[str, object], example: str
) -> Diagnostic | None:
    """What is wrong, the likeliest first: a misspelt name is why another argument is missing."""
    name = example.partition("(")[0]
    parameters = signature.parameters
    by_place = [p for p in parameters.values() if p.kind is not p.KEYWORD_ONLY]
    for given in named:
        if given not in parameters:
            near = nearest(given, list(parameters), 0.5)
            help = f"did you mean `{near}`?" if near else f"there are {_listed(parameters)}"
            return diagnostic("E419", f"`{name}` has no argument `{given}`", help=help)
    if count > len(by_place):
        wanted = _listed(p.name for p in by_place)
        help = f"give all but {wanted} by name, as in `{list(parameters)[len(by_place)]}=...`"
        return diagnostic(
            "E419",
            f"`{name}` takes {len(by_place)} arguments without a name, not {count}",
            help=help,
        )
    needed = [p.name for p in by_place[count:] if p.default is p.empty and p.name not in named]
    if needed:
        return diagnostic("E419", f"`{name}` needs {_listed(needed)}", help=f"write `{example}`")
    return None


def _listed(names: Iterable[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last
