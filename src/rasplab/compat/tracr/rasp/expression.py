"""What every expression of Tracr's has: annotations, a label, a place, and a value by call."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from rasplab.compat.tracr.rasp.annotations import DEFAULT_ANNOTATORS, Annotations
from rasplab.diagnostics import ProgramError, capture, diagnostic

if TYPE_CHECKING:
    from rasplab.rasp import Expression

NumericValue: TypeAlias = "int | float"
Value: TypeAlias = "int | float | str | bool | tuple[Any, ...] | None"
SelectorValue: TypeAlias = "list[list[bool]]"

E = TypeVar("E", bound="RASPExpr")


class RASPExpr:
    """What sequence operators and selectors share: annotations, a label, evaluation by call."""

    default_name = "expression"
    _ids = itertools.count(1)

    def __init__(self) -> None:
        self._annotations = Annotations(self, {})
        self.origin = capture()

    def __call__(self, xs: Sequence[Any]) -> Any:
        """The value on a sequence, a list; of a selector a list of rows."""
        from rasplab.compat.tracr.rasp.evaluation import evaluate

        return evaluate(self, xs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def to_rasplab(self) -> Expression:
        """The same expression as one of rasplab's own, to be drawn, compiled or looked into."""
        from rasplab.compat.tracr.rasp.evaluation import translate

        return translate(self)

    @property
    def annotations(self) -> Mapping[str, Any]:
        """The name, the encoding, and what else was annotated."""
        return self._annotations

    @annotations.setter
    def annotations(self, annotations: Mapping[str, Any]) -> None:
        self._annotations = Annotations(self, annotations)

    @property
    def annotated_with(self) -> Mapping[str, Any]:
        """The annotations that were given, without those that are only defaults."""
        return self._annotations.given

    @property
    def name(self) -> str:
        """The name given, else that of the kind of expression."""
        return self.annotations["name"]

    @property
    def children(self) -> Sequence[RASPExpr]:
        """The expressions that this one is made of."""
        return []

    @functools.cached_property
    def unique_id(self) -> int:
        """A number for this expression, given when first asked for."""
        return next(self._ids)

    @property
    def label(self) -> str:
        """The name and the number: the directions of the residual stream bear it."""
        return f"{self.name}_{self.unique_id}"

    def copy(self: E) -> E:
        """The same expression with a number of its own; what it is made of is shared."""
        new = copy.copy(self)
        new.__dict__.pop("unique_id", None)
        new.annotations = self._annotations.given
        return new

    def named(self: E, name: str) -> E:
        """A copy of this expression under a name."""
        return annotate(self, name=name)

    def annotated(self: E, **annotations: Any) -> E:
        """A copy of this expression with annotations added."""
        return annotate(self, **annotations)


def annotate(expr: E, **annotations: Any) -> E:
    """A copy of an expression with annotations added; the expression itself stays as it is."""
    new = expr.copy()
    new.annotations = {**expr.annotated_with, **annotations}
    return new


def default_name(expr: RASPExpr) -> str:
    """The name of an expression without an annotation."""
    return expr.default_name


DEFAULT_ANNOTATORS["name"] = default_name


def check(given: object, kind: type[RASPExpr], role: str) -> None:
    """Refuse what is not that kind of expression (E103)."""
    if not isinstance(given, kind):
        wanted = "a sequence operator" if kind.default_name == "sop" else "a selector"
        raise ProgramError(
            diagnostic("E103", f"{role} must be {wanted}, not {given!r}", at=capture())
        )


def check_function(given: object) -> None:
    """Refuse what is no plain function (E104)."""
    if not callable(given) or isinstance(given, RASPExpr):
        raise ProgramError(
            diagnostic("E104", f"a map needs a function, not {given!r}", at=capture())
        )
