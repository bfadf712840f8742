"""What the model returns: a choice among values, a number in a unit, or a number."""

from __future__ import annotations

import numpy as np

from rasplab.craft import Output
from rasplab.diagnostics import CompileError, Diagnostic, diagnostic
from rasplab.graph import Facts, Interval, Listed, Node
from rasplab.graph import node as g
from rasplab.graph.domain import common_unit
from rasplab.lower.decompose import is_line
from rasplab.lower.readout import Readout, Weights, one_hot
from rasplab.lower.size import check_one_hot

LISTED_OUTPUT_AT_MOST = 1024
"""Beyond this many numbers the output is one number rather than a score for each."""


def read_output(root: Node, facts: Facts) -> tuple[Output, Readout]:
    """What the output means, and what is read of the program's node for it.

    Raises:
        CompileError: E301 where the outputs are too many to choose among, E306 too large.
    """
    domain = facts.domain(root)
    if isinstance(domain, Listed) and _is_chosen(root, domain, facts):
        check_one_hot(root, facts)
        return Output(domain.values, domain.undefined), one_hot(len(domain))
    number, flag = np.array([1.0]), np.array([0.0])
    if domain.undefined:
        number, flag = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    readout = Weights(number, flag, np.zeros(len(number)), saturated=True)
    if isinstance(domain, Interval) or _is_approximate(root, domain, facts):
        whole = isinstance(domain, Listed) and all(
            value is None or isinstance(value, int) for value in domain.values
        )
        return Output(None, domain.undefined, whole=whole), readout
    unit = common_unit(domain)
    if unit is None:
        raise CompileError(_too_many(root, len(domain), facts))
    return Output(None, domain.undefined, unit), readout


def _is_chosen(root: Node, domain: Listed, facts: Facts) -> bool:
    """Whether the output is a score per value: few values, words, or on request."""
    few = len(domain) <= LISTED_OUTPUT_AT_MOST or not domain.numeric
    return (few or _asked(root) == "categorical") and not _is_approximate(root, domain, facts)


def _is_approximate(root: Node, domain: Listed, facts: Facts) -> bool:
    """Whether the output is a number as it comes: on request, or because it is a mean."""
    asked = _asked(root)
    if asked is not None:
        return asked == "numerical" and domain.numeric
    if all(value is None or isinstance(value, bool) for value in domain.values):
        return False
    form = facts.form(root)
    terms = [term for term, _ in form.terms] if form else [root]
    return any(isinstance(t.op, g.Mean) and is_line(t, facts) for t in terms)


def _asked(root: Node) -> str | None:
    return root.op.function.encoding if isinstance(root.op, g.Map) else None


def _too_many(root: Node, count: int, facts: Facts) -> Diagnostic:
    return diagnostic(
        "E301",
        "this program has too many outputs to choose among",
        at=facts.interner.origin(root),
        label=f"{count} values that are no multiples of one number",
        help="round them, or take them as a number that is right within the certified error: "
        "`numerical(...)`",
    )
