"""One row of the corpus: a program, what it must give, and why it is worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasplab.rasp.expressions import SOp
from rasplab.rasp.values import Value


@dataclass(frozen=True)
class Case:
    """A program that some compiler gets wrong, with outputs written by hand.

    `inputs` pairs a sequence (a string stands for its characters) with the expected output, or
    with `None` where the evaluator is to say it. `batch` asks that all inputs also run together.
    """

    name: str
    reason: str
    program: SOp
    vocab: tuple[Value, ...]
    max_length: int
    inputs: tuple[tuple[Sequence[Any], list[Any] | None], ...]
    causal: bool = False
    batch: bool = False

    def __str__(self) -> str:
        return self.name
