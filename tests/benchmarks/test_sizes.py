"""Compiled models are no larger than those of the system of the paper."""

from __future__ import annotations

import pytest

from benchmarks.sizes import SORTED_AT, TRACR, compiled, size


@pytest.mark.everyday(9)
@pytest.mark.parametrize("name", TRACR)
def test_no_model_is_larger_than_that_of_tracr(name: str) -> None:
    found = size(compiled(name, 5, 1))
    assert not found.above(TRACR[name]), f"{found}, there {TRACR[name]}"


def test_sort_with_equal_keys_is_small_where_there_are_many_of_them() -> None:
    model = compiled("sort", SORTED_AT, 1)
    assert size(model).d_model < 250
    assert model.weights.parameters() < 1e6
