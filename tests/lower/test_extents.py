"""What a subspace says of itself holds of every value that its variable can have."""

from __future__ import annotations

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.graph import Interval
from rasplab.lower.encoding import Listing, Scalar
from rasplab.rasp import aggregate, aggregate_sum, full, indices, numerical, select, tokens
from rasplab.rasp.expressions import SOp

NAMES = ("average", "frac_prevs", "sort", "hist", "dyck1", "shift")
up_to = select(indices, indices, "<=")
MORE: dict[str, tuple[SOp, tuple[float, ...]]] = {
    "signed sum": (aggregate_sum(up_to, tokens) + 0, (-5, 0.5, 3)),
    "signed mean": (aggregate(full, tokens * 2, -9), (-5, 0, 3)),
    "large and small": (aggregate_sum(full, tokens + 100) - 100, (-7, 0, 2)),
    "unlisted": (numerical(aggregate(up_to, tokens * 0.37, 2) - indices), (0.1, 0.7, -2)),
}


@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", [*MORE, *NAMES])
def test_no_coordinate_is_larger_than_is_said(name: str, optimize: int) -> None:
    program, vocab = MORE[name] if name in MORE else programs.get(name).at(3, 3)
    model = rasplab.compile(program, vocab=vocab, max_length=3, optimize=optimize)
    compilation = model.compilation
    assert compilation is not None
    for node, variable in compilation.lowered.variables.items():
        space = variable.subspace
        match variable.encoding:
            case Listing(rows=rows):
                assert (np.abs(rows) <= space.largest).all()
                assert not space.exclusive or ((rows != 0).sum(axis=1) <= 1).all()
            case Scalar(offset=offset, sign=sign):
                domain = compilation.facts.domain(node)
                numbers = (
                    np.array([domain.low, domain.high])
                    if isinstance(domain, Interval)
                    else domain.numbers()[[v is not None for v in domain.values]]
                )
                assert (np.abs(sign * (numbers - offset)) <= space.largest[0]).all()
        assert (np.abs(space.at_bos) <= np.maximum(space.largest, 1.0)).all()
