"""The values of means and sums: how many a query selects, and of what."""

from __future__ import annotations

from rasplab.diagnostics import CompileError
from rasplab.graph.domain import Domain, Interval, bounds, listed, means, sums
from rasplab.graph.known import Known
from rasplab.graph.node import Node
from rasplab.graph.picking import all_equal, selects_at_most_one, selects_something
from rasplab.graph.refusals import averages_words, not_finite, too_many_values
from rasplab.graph.values import Values, by_itself
from rasplab.rasp.values import Value


def mean_values(node: Node, default: Value, known: Known) -> Values:
    """What a mean can be: one of the values where all that is selected is equal."""
    selector, values = node.operands
    source = known.domain(values)
    alike = not isinstance(source, Interval) and all_equal(known, selector, values)
    if not alike:  # what is only moved is not added up
        _check_finite(node, source, known)
    missing = [] if _always_selects(selector, source, known) else [default]
    if isinstance(source, Interval) or (not alike and source.numeric):
        domain = source if isinstance(source, Interval) else means(source, known.max_length)
        return by_itself(node, _with_default(node, domain, missing, known))
    defined: list[Value] = [value for value in source.values if value is not None]
    assumed = None if alike else averages_words(node, values, known.interner)
    numbers = [value for value in defined if isinstance(value, int | float)]
    if not alike and numbers:  # no words are averaged, but numbers beside them are
        averaged = means(listed(numbers), known.max_length)
        if isinstance(averaged, Interval):
            raise CompileError(too_many_values(node, averaged, known.interner))
        defined += averaged.values
    return by_itself(node, listed([*defined, *missing]), assumed=assumed)


def _with_default(node: Node, domain: Domain, missing: list[Value], known: Known) -> Domain:
    if not isinstance(domain, Interval):
        return listed([*domain.values, *missing])
    if any(isinstance(value, str | tuple) for value in missing):
        raise CompileError(too_many_values(node, domain, known.interner))
    ends = [float(value) for value in missing if isinstance(value, int | float)]
    return Interval(min([domain.low, *ends]), max([domain.high, *ends]), None in missing)


def sum_values(node: Node, known: Known) -> Values:
    """What a sum can be: of as many values as a query can select."""
    selector, values = node.operands
    source = known.domain(values)
    least, most = _width(selector, known)
    if not source.numeric:
        raise CompileError(averages_words(node, values, known.interner))
    _check_finite(node, source, known)
    if isinstance(source, Interval):
        ends = [end * count for end in (source.low, source.high) for count in (0, most)]
        return by_itself(node, Interval(min(ends), max(ends)))
    # of what is undefined nothing is added, even where every query selects
    return by_itself(node, sums(source, 0 if source.undefined else least, most))


def _width(selector: Node, known: Known) -> tuple[int, int]:
    least = 1 if selects_something(known, selector) else 0
    return least, 1 if selects_at_most_one(known, selector) else known.max_length


def _check_finite(node: Node, source: Domain, known: Known) -> None:
    """Refuse to add up numbers whose sum may be beyond the floats, hence undefined."""
    if source.numeric and max(map(abs, bounds(source))) * known.max_length >= 1e308:
        raise CompileError(not_finite(node, known.interner))


def _always_selects(selector: Node, values: Domain, known: Known) -> bool:
    """Whether the default of an aggregate can never stand."""
    return not values.undefined and selects_something(known, selector)
