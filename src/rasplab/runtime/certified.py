"""In which number formats a module may run: those in which its stored weights are proved."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import torch

from rasplab.checker import prove
from rasplab.checker.arithmetic import FORMATS
from rasplab.weights import ModelWeights

ROUNDED_TWICE = "several formats"
"""Where weights are held that were rounded to one format, and to another after that."""


class PrecisionWarning(UserWarning):
    """A model runs in a number format in which it is not certified to be exact."""


@dataclass(slots=True)
class Certified:
    """The stored weights, the format that took something from them, and what was found of each."""

    weights: ModelWeights
    held_in: str = ""
    known: dict[str, bool] = field(default_factory=dict[str, bool])
    warned: set[str] = field(default_factory=set[str])

    def cast(self, before: torch.dtype, after: torch.dtype, stacklevel: int) -> None:
        """Note that the weights were cast; what rounding took from them does not come back."""
        if torch.promote_types(before, after) != after:
            self.held_in = _name(after) if self.held_in in ("", _name(after)) else ROUNDED_TWICE
        self.check(after, stacklevel + 1)

    def check(self, dtype: torch.dtype, stacklevel: int) -> None:
        """Warn, once, of a format in which the weights are not proved."""
        name = _name(dtype)
        if name in self.warned or self._holds(name):
            return
        self.warned.add(name)
        warnings.warn(
            f"compiled for {self.weights.config.dtype}, this model is not certified in {name}; "
            f"compile with dtype={name!r} to have it exact or refused",
            PrecisionWarning,
            stacklevel=stacklevel + 1,
        )

    def _holds(self, name: str) -> bool:
        if self.held_in not in ("", name):
            return False
        if name == self.weights.config.dtype:
            return True  # what its certificate says, or says that nothing is known
        if name not in self.known:
            self.known[name] = name in FORMATS and prove(self.weights, name).holds
        return self.known[name]


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
