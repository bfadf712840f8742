"""Which models a suite has."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from rasplab import programs
from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.lab.realism import LADDER, realistic

if TYPE_CHECKING:
    from rasplab.model import Model

Compile: TypeAlias = "Callable[..., Model]"
"""`rasplab.compile`, which is above this package and so is handed in."""

SUITES = ("small", "full")
SIZES = ((3, 4), (5, 5), (8, 8))
"""Numbers of tokens and greatest lengths of the full suite."""
SMALL = (
    "detect_pattern",
    "double_hist",
    "dyck1",
    "frac_prevs",
    "hist",
    "induction_head",
    "most_freq",
    "reverse",
    "shuffle_dyck1",
    "sort",
    "sort_freq",
    "sort_unique",
)
"""Programs of one to five layers; one has a number for its output, and four look back only."""


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """A library program, a size, a masking, how it is compiled, how realistic: one model.

    >>> print(Case("sort"))
    sort at (5, 5)
    >>> print(Case("dyck1", 2, 8, causal=True, optimize=0))
    dyck1 at (2, 8), causal, optimize=0
    >>> print(Case("sort", softness=0.5))
    sort at (5, 5), softness=0.5
    >>> print(Case("sort", realism=2))
    sort at (5, 5), realism=2
    """

    program: str
    vocab_size: int = 5
    length: int = 5
    causal: bool = False
    optimize: int = 1
    softness: float = 0.0
    realism: int = 0

    def compiled(self, compile: Compile) -> Model:
        """The model; at a level of realism above 0 in float64, in which more can be proved.

        Raises:
            CompileError: the program cannot be compiled like this, or not brought to the level.
        """
        program, vocab = programs.get(self.program).at(self.vocab_size, self.length)
        model = compile(
            program,
            vocab=vocab,
            max_length=self.length,
            causal=self.causal,
            optimize=self.optimize,
            softness=self.softness,
        )
        return realistic(model, self.realism, dtype="float64" if self.realism else None)

    def __str__(self) -> str:
        masking = ", causal" if self.causal else ""
        level = "" if self.optimize == 1 else f", optimize={self.optimize}"
        soft = f", softness={self.softness:g}" if self.softness else ""
        real = f", realism={self.realism}" if self.realism else ""
        return f"{self.program} at ({self.vocab_size}, {self.length}){masking}{level}{soft}{real}"


def suite(name: str | Path) -> tuple[Case, ...]:
    """The cases of "small" or "full", or of a JSON file: a list of objects with a case's fields.

    Small are twelve programs at (5, 5), those that only look back causal. Full is every program of
    the library at three sizes, both maskings and both levels of optimisation.

    Raises:
        InputError: E448 for a suite that there is not, or a file that is none.

    >>> len(suite("small")), len(suite("full")) == len(programs.all()) * 12
    (12, True)
    """
    match name:
        case "small":
            return tuple(Case(p, causal=programs.get(p).causal) for p in SMALL)
        case "full":
            every = itertools.product(programs.all(), SIZES, (False, True), (0, 1))
            return tuple(Case(p.name, *size, causal, level) for p, size, causal, level in every)
        case _:
            return _read(Path(name))


def _read(path: Path) -> tuple[Case, ...]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, list):
            raise TypeError("it is not a list")
        cases = tuple(map(_case, cast("list[Any]", data)))
    except FileNotFoundError:
        why, help = f"there is no suite {shown(str(path))}", f"use {', '.join(SUITES)}, or a file"
        raise InputError(diagnostic("E448", why, help=help)) from None
    except (OSError, TypeError, ValueError) as problem:
        raise InputError(_no_suite(path, str(problem))) from problem
    if not cases:
        raise InputError(_no_suite(path, "it has no models"))
    return tuple(dict.fromkeys(cases))


def _case(given: object) -> Case:
    if not isinstance(given, dict):
        raise TypeError(f"a model cannot be {shown(given)}")
    case = Case(**cast("dict[str, Any]", given))
    kinds: dict[str, type] = {"program": str, "causal": bool, "softness": float}
    if type(case.softness) is int:
        case = replace(case, softness=float(case.softness))
    for name, value in asdict(case).items():
        if type(value) is not kinds.get(name, int):
            raise TypeError(f"{name} cannot be {value!r}")
    if (
        min(case.vocab_size, case.length) < 1
        or case.optimize not in (0, 1)
        or not 0 <= case.softness < 1
        or not 0 <= case.realism < len(LADDER)
    ):
        raise ValueError(f"there is no model with {given}")
    programs.get(case.program)
    return case


def _no_suite(path: Path, why: str) -> Diagnostic:
    return diagnostic(
        "E448",
        f"{shown(str(path))} is no suite",
        notes=[why],
        help='write a list of models: [{"program": "sort", "vocab_size": 5, "length": 5}]',
    )
