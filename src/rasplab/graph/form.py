"""Weighted sums: a linear function of numbers costs nothing, whoever reads it reads the sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from rasplab.graph.distinct import distinct
from rasplab.graph.domain import WHOLE_UP_TO, Domain, Interval, bounds, is_whole
from rasplab.graph.node import Node
from rasplab.graph.rounding import FLOAT_ROUNDING, rounding

Domains: TypeAlias = "Callable[[Node], Domain]"
BLUR_AT_MOST = 1e-6  # of the smallest gap between values, or of the extent where they are unlisted


@dataclass(frozen=True, slots=True)
class LinearForm:
    """`constant + Σ weight · term`; undefined where a term is.

    The evaluator rounds after every operation: its value lies within `blur` of the sum.
    """

    terms: tuple[tuple[Node, float], ...]
    constant: float = 0.0
    blur: float = 0.0

    def scaled(self, by: float) -> LinearForm:
        """This form times a number."""
        terms = tuple((n, w * by) for n, w in self.terms)
        return LinearForm(terms, self.constant * by, self.blur * abs(by))

    def plus(self, other: LinearForm) -> LinearForm:
        """The sum of two forms."""
        weights = dict(self.terms)
        for node, weight in other.terms:
            weights[node] = weights.get(node, 0.0) + weight
        ordered = sorted(weights.items(), key=lambda item: item[0].number)
        return LinearForm(tuple(ordered), self.constant + other.constant, self.blur + other.blur)

    def interval(self, domains: Domains) -> Interval:
        """Where the sum lies, from where its terms lie."""
        low = high = self.constant
        undefined = False
        for node, weight in self.terms:
            domain = domains(node)
            ends = [weight * end for end in bounds(domain)]
            low, high = low + min(ends), high + max(ends)
            undefined |= domain.undefined
        return Interval(low, high, undefined)

    def rounded(self, domains: Domains, *, exactly: bool) -> LinearForm:
        """The form of a result that the evaluator rounds; whole numbers it does not.

        `exactly` says that the weights are what they should be, without rounding.
        """
        parts = (abs(w) * max(map(abs, bounds(domains(n)))) for n, w in self.terms)
        cancelled = abs(self.constant) + sum(parts)  # what the compiler itself rounds
        whole = all(w.is_integer() and is_whole(domains(n)) for n, w in self.terms)
        if exactly and whole and self.constant.is_integer() and cancelled < WHOLE_UP_TO / 2:
            return self
        extent = max(map(abs, bounds(self.interval(domains))))
        return replace(self, blur=self.blur + rounding(extent) + FLOAT_ROUNDING * cancelled)

    def tells_apart(self, domain: Domain) -> bool:
        """Whether the blur is nothing beside the distance of the values."""
        if isinstance(domain, Interval):
            return self.blur <= BLUR_AT_MOST * (domain.high - domain.low)
        if self.blur == 0.0 or len(domain) < 2:
            return True
        gaps = np.diff(distinct(domain.numbers()))
        return self.blur <= BLUR_AT_MOST * float(gaps.min(initial=np.inf))
