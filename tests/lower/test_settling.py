"""What a decision needs settled is written anew before it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from rasplab.compiler import Compilation, compile_program
from rasplab.diagnostics import CompileError
from rasplab.graph.settled import is_settled
from rasplab.lower import Style
from rasplab.model import Model
from rasplab.options import read_options
from rasplab.pipeline import LEVELS
from tests.random_programs import random_program

SNAPPED = Style(snap=True)


def built(
    seed: int, settle: Literal["nowhere", "needed", "everywhere"], *, level: int = 1
) -> Compilation:
    program, vocabulary, longest = random_program(seed)
    options = read_options(program, vocabulary, longest, False, level, "float32")
    only = replace(LEVELS[level], styles=((replace(SNAPPED, settle=settle),),))
    compilation = compile_program(program, options, only)
    assert Model(compilation.weights, program, compilation).verify(samples=200).passed
    return compilation


def anew(compilation: Compilation) -> int:
    return sum(map(is_settled, compilation.lowered.variables))


@pytest.mark.parametrize("seed", [11, 41])
def test_what_a_wrong_decision_relies_on_is_settled_and_nothing_else(seed: int) -> None:
    with pytest.raises(CompileError, match="E305"):
        built(seed, "nowhere")
    needed, everywhere = built(seed, "needed"), built(seed, "everywhere")
    assert 0 < anew(needed) < anew(everywhere)
    assert needed.plan.sizes.n_layers < everywhere.plan.sizes.n_layers
    assert needed.weights.parameters() < everywhere.weights.parameters()


def test_nothing_is_settled_where_all_decisions_are_right() -> None:
    assert anew(built(1, "needed")) == 0 < anew(built(1, "everywhere"))
