"""What is asked of every model of a suite."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.lab.discovery.metrics import METRICS
from rasplab.lab.discovery.registry import Method, added, methods, named
from rasplab.lab.discovery.task import ABLATIONS, LEVELS, PAIRS

DEFAULT = ("exact", "acdc", "eap", "eap-ig-inputs", "mask-ig", "gim", "hisp", "weights")
"""The methods that are run where none are named: the exact one, the usual ones, a baseline."""


@dataclass(frozen=True, slots=True)
class Options:
    """Methods, ablations, the level, the metric, the data and the number format of a run.

    `seeds` are numbers of data sets, from 0; `add` are `FILE.py:NAME`, further methods.

    >>> Options(methods=("exact",)).checked().ablations
    ('zero', 'mean', 'resample')
    """

    methods: tuple[str, ...] = DEFAULT
    ablations: tuple[str, ...] = ABLATIONS
    level: str = "qkv"
    metric: str = "difference"
    pairs: int = PAIRS
    seeds: int = 1
    dtype: str = "float64"
    add: tuple[str, ...] = ()

    def checked(self) -> Options:
        """The same; `all` methods are named, and those that are added come to the rest.

        Raises:
            InputError: E440 for an unknown ablation, level, format or number, E446 for an unknown
                metric, E447 for an unknown method.
        """
        self._check("ablation", self.ablations, ABLATIONS)
        self._check("level", (self.level,), LEVELS)
        self._check("dtype", (self.dtype,), ("float64", "float32"))
        for name, number in (("pairs", self.pairs), ("seeds", self.seeds)):
            if number < 1:
                why = f"`{name}` cannot be {number}"
                raise InputError(diagnostic("E440", why, help="give a whole number from 1"))
        if self.metric not in METRICS:
            why = f"there is no metric {shown(self.metric)}"
            raise InputError(diagnostic("E446", why, help=f"use one of {', '.join(METRICS)}"))
        more = tuple(added(text).name for text in self.add)
        known = self.found()
        own = tuple(known) if self.methods == ("all",) else self.methods
        names = tuple(dict.fromkeys((*own, *more)))
        for name in names:
            named(known, name)
        if not names:
            raise InputError(diagnostic("E447", "no method is named", help="name one, or `all`"))
        return replace(self, methods=names)

    def found(self) -> dict[str, Method]:
        """All methods by name, with those that are added."""
        for text in self.add:
            added(text)
        return methods()

    @property
    def torch_dtype(self) -> torch.dtype:
        """The number format."""
        return getattr(torch, self.dtype)

    def to_json(self) -> dict[str, Any]:
        """As data, by which two runs are told apart."""
        found: dict[str, Any] = asdict(self)
        return found | {n: list(found[n]) for n in ("methods", "ablations", "add")}

    @staticmethod
    def _check(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
        for value in given or ("",):
            if value not in known:
                why = f"`{name}` cannot be {shown(value)}"
                help = f"choose one of {', '.join(map(repr, known))}"
                raise InputError(diagnostic("E440", why, help=help))
