"""Small programs are compiled as large ones are, where limits are small: rare ways become frequent.

Where a list or a table would be too large, facts are found another way, or given up; random
programs are seldom so large.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

import pytest

import rasplab
from tests.aimed_numbers import random_numbers
from tests.aimed_orders import random_orders
from tests.aimed_sums import random_sums
from tests.aimed_undefined import random_undefined
from tests.differential.verdict import Variant, fault, report
from tests.random_programs import Program, random_program

LIMITS: dict[str, tuple[float, ...]] = {
    "rasplab.graph.domain.FRACTIONS_UP_TO": (2,),
    "rasplab.graph.domain.LISTED_AT_MOST": (2, 5, 12),
    "rasplab.graph.domain.UNIT_PARTS_AT_MOST": (1, 3),
    "rasplab.graph.domain.WHOLE_UP_TO": (20,),  # positions are counted below it
    "rasplab.graph.domain._SPREAD_AT_MOST": (1, 20),
    "rasplab.graph.elementwise.AXES_AT_MOST": (1, 2),
    "rasplab.graph.fitted.DENOMINATORS_AT_MOST": (1,),
    "rasplab.graph.form.BLUR_AT_MOST": (0.0, 1e-15),
    "rasplab.graph.joint._CELLS_AT_MOST": (1, 40),
    "rasplab.graph.joint._EVALUATED_AT_MOST": (1,),
    "rasplab.graph.picking._CELLS_AT_MOST": (1, 8),
    "rasplab.graph.relation._CELLS_AT_ONCE": (1, 7),
    "rasplab.graph.rounding._TRIED_AT_MOST": (1,),
    "rasplab.graph.values.TABLE_AT_MOST": (4, 16, 60),
    "rasplab.checker.hidden.CELLS": (1, 5),
    "rasplab.checker.stream.MANY": (1,),
    "rasplab.lower.functions.SPAN_AT_MOST": (1.0, 4.0),
    "rasplab.lower.functions.STEPS_AT_MOST": (1, 3),
    "rasplab.lower.output.LISTED_OUTPUT_AT_MOST": (1, 3),
    "rasplab.lower.size.CELLS_AT_MOST": (300, 3000),
    "rasplab.lower.size.MATRIX_AT_MOST": (100, 1000),
    "rasplab.lower.size.WORK_AT_MOST": (1,),
    "rasplab.lower.specify.CELLS_AT_MOST": (1, 8, 30),
    "rasplab.passes.formulas.SUMMANDS_AT_MOST": (1, 2),
    "rasplab.passes.matching.CASES_AT_MOST": (4, 20),
}
GENERATORS: tuple[Callable[[int], Program], ...] = (
    random_sums,
    random_numbers,
    random_orders,
    random_undefined,
    random_program,
)
SMALL = [(limit, value) for limit, values in LIMITS.items() for value in values]


def set_limit(monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    """Wherever it has been imported to."""
    home, _, name = limit.rpartition(".")
    before = getattr(importlib.import_module(home), name)
    for place, module in list(sys.modules.items()):
        imported = not name.startswith("_") and getattr(module, name, None) is before
        if place == home or (place.startswith("rasplab.") and imported):
            monkeypatch.setattr(module, name, value)


@pytest.mark.everyday(8)
@pytest.mark.parametrize("seed", [0, 100, 200, 300])
@pytest.mark.parametrize(("limit", "value"), SMALL)
def test_with_small_limits_programs_equal_their_models_or_are_refused(
    limit: str, value: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasplab.compile(rasplab.rasp.tokens, vocab="a", max_length=1)  # all modules are loaded
    set_limit(monkeypatch, limit, value)
    for grow in GENERATORS:
        for other in range(seed, seed + 4):
            variant = Variant(bool(other % 2), int(other % 4 > 0), 10, other)
            if fault(grow(other), variant) is not None:
                pytest.fail(report(grow(other), variant))
