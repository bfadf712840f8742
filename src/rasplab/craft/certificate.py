"""Certificates: worst-case errors and margins, block by block, for a number format.

What is proved of a model is the checker's. The bounds here only guide: they tell, before a model is
planned and assembled, whether its style can be exact at all and where it fails, for the refusal to
name that place; the next style is tried then. So they can refuse what the checker would prove, and
never the reverse. Of what is not a bound, a certificate keeps how far an output may be off, how
large it is, and what was assumed.

Each block turns bounds on the errors of what it reads into bounds on what it writes, by the
formulas beside the code; they are first-order in the unit roundoff u, with the constants rounded
up. A model is exact when every decision keeps a positive margin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.blocks import Head
from rasplab.craft.error_bounds import (
    Errors,
    Extent,
    counts,
    extent,
    head_bound,
    mlp_bound,
    read_error,
    relative_and_fixed,
    sizes_read,
)
from rasplab.craft.model import CraftModel, Output
from rasplab.craft.precision import FLOAT32, PRECISIONS, Precision
from rasplab.craft.specification import BoundKind
from rasplab.diagnostics import counted
from rasplab.display import Table, html

Array = NDArray[np.float64]

WITHOUT_VALUE = "no value "
"""What an assumption begins with that says on which inputs the program has no value."""

PROMISED = "as declared: no value where it selects several"
"""What an assumption ends with that is a promise, without which the program has no value."""

SPARING: Mapping[str, object] = {"left_out": True}
"""Metadata of a field that files have only where it is not what it is by default."""

NUMBER_WITHIN = 1e-2
"""A numerical output counts as exact within this much of its largest size (at least of 1)."""

DECISION_WITHIN = 0.49
"""Scores of 0 and 1, and numbers in their unit, are read right within this."""

SHOWN_WITHIN = 6.1e-12
"""A number that comes out is made canonical, as the evaluator's are: rounded to 12 digits, which is
5 parts in 10^12 at most, and perhaps to a fraction within one part of that; below 10^-12 to 0."""


def tolerated(output: Output, size: float) -> float:
    """How far an output of this largest size may be off."""
    if not output.numerical:
        return DECISION_WITHIN
    if output.unit is not None:
        return DECISION_WITHIN * output.unit
    within = NUMBER_WITHIN * max(1.0, size)
    return min(within, DECISION_WITHIN) if output.whole else within


def output_error(craft: CraftModel, errors: Errors, u: float) -> float:
    """How far an output may be off: the number, if it is one whose being defined is certain."""
    found = read_error(craft.readout, errors, u)
    if not craft.output.numerical:
        return float(found.max(initial=0.0))
    if not (found[1:] <= DECISION_WITHIN).all():  # the flag that says undefined
        return math.inf
    size = float(sizes_read(craft.readout)[0])
    return float(found[0]) + SHOWN_WITHIN * max(1.0, size)


@dataclass(frozen=True, slots=True)
class Bound:
    """One block: its worst error, the error its decision meets, and the error it would bear."""

    name: str
    kind: BoundKind
    error: float
    met: float
    borne: float

    @property
    def margin(self) -> float:
        """What is left of the tolerance, from 1 (untouched) down to 0 (used up) and below."""
        if not math.isfinite(self.met) or not math.isfinite(self.error):
            return -math.inf
        if not math.isfinite(self.borne):
            return 1.0
        return 1.0 - self.met / self.borne if self.borne > 0 else -math.inf


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """What is proved of a model: errors, margins, and in which formats it is exact.

    The output may be off by what is `tolerated`.
    `measured` says that nothing is proved: `output_error` is then the error up to which a number
    is taken for the right one, and `measurements` are what was found instead, if anything was.
    """

    precision: str
    bounds: tuple[Bound, ...]
    output_error: float
    numerical: bool
    output_size: float
    assumptions: tuple[str, ...] = ()
    other_formats: tuple[tuple[str, bool, float], ...] = ()
    measured: bool = False
    tolerated: float = DECISION_WITHIN
    measurements: tuple[tuple[str, float], ...] = field(default=(), metadata=SPARING)

    @property
    def smallest_margin(self) -> float:
        """The smallest margin of any decision."""
        return min((b.margin for b in self.bounds), default=1.0)

    @property
    def exact(self) -> bool:
        """Whether no decision can go wrong; never where nothing is proved."""
        if self.measured:
            return False
        return self.smallest_margin > 0 and self.output_error <= self.tolerated

    @property
    def partial(self) -> bool:
        """Whether the program has no value on some inputs, or may have none.

        >>> certificate = measured("float32", 0.02, numerical=True)
        >>> certificate.partial, replace(certificate, assumptions=("no value on `a`",)).partial
        (False, True)
        """
        return any(assumption.startswith(WITHOUT_VALUE) for assumption in self.assumptions)

    @property
    def conditional(self) -> bool:
        """Whether it is partial, or somebody promised what else would make it so."""
        return self.partial or any(a.endswith(PROMISED) for a in self.assumptions)

    def weakest(self) -> Bound | None:
        """The decision with the smallest margin."""
        return min(self.bounds, key=lambda b: b.margin, default=None)

    def __str__(self) -> str:
        if self.measured:
            found = [f"  {name}: {value:.6g}" for name, value in self.measurements]
            was = "was" if found else "can be"
            return "\n".join([f"not certified: what it computes {was} measured", *found])
        lines = [f"certificate for {self.precision}"]
        width = max((len(b.name) for b in self.bounds), default=4)
        lines.append(f"  {'block':{width}}  kind  error     meets     bears     margin")
        for b in self.bounds:
            borne = f"{b.borne:.1e}" if math.isfinite(b.borne) else "any"
            lines.append(
                f"  {b.name:{width}}  {b.kind:4}  {b.error:.1e}   {b.met:.1e}   {borne:8}  "
                f"{b.margin:.4f}"
            )
        kind = "number within" if self.numerical else "scores within"
        lines.append(f"  output: {kind} {self.output_error:.1e}")
        lines.append(f"  smallest margin: {self.smallest_margin:.4f}")
        for name, exact, error in self.other_formats:
            verdict = f"exact (output within {error:.1e})" if exact else "not exact"
            lines.append(f"  in {name}: {verdict}")
        return "\n".join([*lines, *self._assumed()])

    def _assumed(self) -> list[str]:
        return [f"  assumed: {assumption}" for assumption in self.assumptions]

    def __repr__(self) -> str:
        if self.measured:
            return f"<certificate for {self.precision}: nothing is proved>"
        verdict = "exact" if self.exact else "NOT exact"
        return (
            f"<certificate for {self.precision}: {verdict}, {counted(len(self.bounds), 'block')}, "
            f"smallest margin {self.smallest_margin:.4f}, output within {self.output_error:.1e}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            (b.name, b.kind, f"{b.error:.1e}", f"{b.met:.1e}", f"{b.borne:.1e}", f"{b.margin:.4f}")
            for b in self.bounds
        ]
        bounds = Table(("block", "kind", "error", "meets", "bears", "margin"), rows)
        return html(repr(self)[1:-1], bounds, *self._assumed())


def measured(precision: str, within: float, *, numerical: bool) -> Certificate:
    """The certificate of a model of which nothing is proved; a number is right `within` this.

    >>> measured("float32", 0.02, numerical=True).exact
    False
    """
    return Certificate(precision, (), within, numerical, 0.0, measured=True)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # what is not finite is not exact
def certify(
    craft: CraftModel, precision: Precision = FLOAT32, assumptions: tuple[str, ...] = ()
) -> Certificate:
    """The certificate of a craft model for one format, and its verdict for the others.

    Of a model that is not exact it ends at the first decision that may be wrong: whatever relies on
    a wrong decision is off by anything.
    """
    held = extent(craft)
    own = _certify(craft, held, precision, assumptions)
    if not own.exact:
        return own
    others: list[tuple[str, bool, float]] = []
    for other in PRECISIONS.values():
        if other is not precision:
            found = _certify(craft, held, other, ())
            others.append((other.name, found.exact, found.output_error))
    return replace(own, other_formats=tuple(others))


def _certify(
    craft: CraftModel, held: Extent, precision: Precision, assumptions: tuple[str, ...]
) -> Certificate:
    errors = Errors()
    bounds: list[Bound] = []
    u = precision.roundoff
    for embedding in craft.embeddings:
        errors.embed(embedding, u)
    for block in craft.blocks:
        if isinstance(block, Head):
            error, met, borne = head_bound(block, errors, precision, craft.max_length)
            if counts(block):
                errors.counts[block.writes] = relative_and_fixed(
                    block, errors, precision, craft.max_length
                )
        else:
            error, met, borne = mlp_bound(block, errors, u)
        errors.write(block, error)
        kind = block.kind if isinstance(block, Head) else "mlp"
        worst = float(error.max(initial=0.0))
        bounds.append(Bound(block.implements.name, kind, worst, met, borne))
        if bounds[-1].margin <= 0:
            return Certificate(
                precision.name, tuple(bounds), math.inf, craft.output.numerical, 0.0, assumptions
            )
    output = output_error(craft, errors, u)
    size = float(sizes_read(craft.readout).max(initial=0.0))
    if not math.isfinite(output) or not held.fits(precision):
        output, size = math.inf, 0.0
    return Certificate(
        precision.name,
        tuple(bounds),
        output,
        craft.output.numerical,
        size,
        assumptions,
        tolerated=tolerated(craft.output, size),
    )
