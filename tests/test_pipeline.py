"""Levels are values: other parts may be put into them, and every stage can be stopped at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from rasplab.checker import Proof, prove
from rasplab.compiler import Compilation, compile_program, stop_after
from rasplab.craft import Direction, Subspace
from rasplab.craft.blocks import Block, reads
from rasplab.diagnostics import CompileError, InputError, InternalError
from rasplab.lower import Lowered, Style
from rasplab.model import Model
from rasplab.options import Options, read_options
from rasplab.passes import ResolveSelectors
from rasplab.pipeline import LEVELS, Pipeline
from rasplab.plan import CheapestSchedule, Sizes
from rasplab.programs import get
from rasplab.rasp import aggregate, apply, indices, select, selector_width, tokens
from rasplab.rasp.expressions import SOp
from rasplab.weights import ModelWeights
from tests.golden.compare import compare

BEFORE = (
    select(tokens, tokens, "<")
    | (select(tokens, tokens, "==") & select(indices, indices, "<"))
).named("before")  # fmt: skip
SORT = aggregate(select(selector_width(BEFORE).named("rank"), indices, "=="), tokens).named("sort")


def asked(program: SOp, optimize: int = 1) -> Options:
    return read_options(program, range(3), 4, False, optimize, "float32")


def verified(program: SOp, pipeline: Pipeline) -> Compilation:
    compilation = compile_program(program, asked(program), pipeline)
    assert Model(compilation.weights, program, compilation).verify().passed
    return compilation


@pytest.mark.parametrize("optimize", [0, 1])
def test_every_stage_prints_what_it_made(optimize: int) -> None:
    options = asked(SORT, optimize)
    texts = [
        f"== {name}\n{stop_after(name, SORT, options).text}\n" for name in LEVELS[optimize].stages
    ]
    compare(f"stages/sort-at-level-{optimize}.txt", "\n".join(texts))


def test_a_refused_program_can_be_stopped_before_it_is_refused() -> None:
    broken = aggregate(select(tokens, tokens, "!="), apply("{:s}".format, tokens))
    with pytest.raises(CompileError):
        stop_after("weights", broken, asked(broken))
    assert "aggregate(select(" in stop_after("graph", broken, asked(broken)).text


def test_an_unknown_stage_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match="graph, resolve-selectors, craft, plan, weights"):
        stop_after("sums-from-means", SORT, asked(SORT, 0))


def test_sums_need_not_be_split() -> None:
    whole = replace(LEVELS[1], graph=(ResolveSelectors(split_sums=False),))
    assert len(verified(SORT, whole).lowered.craft.blocks) != len(
        verified(SORT, LEVELS[1]).lowered.craft.blocks
    )


def test_the_cost_of_a_plan_decides_its_shape() -> None:
    def depth(sizes: Sizes) -> float:
        return sizes.n_layers * 1e9 + sizes.n_heads

    def heads(sizes: Sizes) -> float:
        return sizes.n_heads * 1e9 + sizes.n_layers

    program, _ = get("shuffle_dyck2").at(3, 4)
    shallow, narrow = (
        compile_program(
            program,
            read_options(program, "()[]", 4, True, 1, "float32"),
            replace(LEVELS[1], plan=CheapestSchedule(cost)),
        ).plan.sizes
        for cost in (depth, heads)
    )
    assert (shallow.n_layers, narrow.n_heads) <= (narrow.n_layers, shallow.n_heads)
    assert shallow.n_heads > narrow.n_heads


def test_styles_are_tried_in_the_order_of_the_level() -> None:
    snapped = replace(LEVELS[1], styles=((Style(snap=True),),))
    assert verified(SORT, snapped).lowered.style == Style(snap=True)


@dataclass(frozen=True)
class LaterFirst:
    """Blocks in another order that will do as well."""

    name: str = "later-first"

    def __call__(self, lowered: Lowered) -> Lowered:
        left, ordered = list(lowered.craft.blocks), list[Block]()
        written = {e.writes for e in lowered.craft.embeddings}
        while left:
            ready = next(b for b in reversed(left) if reads(b) <= written)
            left.remove(ready)
            ordered.append(ready)
            written.add(ready.writes)
        return replace(lowered, craft=replace(lowered.craft, blocks=tuple(ordered)))


def test_a_craft_pass_takes_its_place_in_the_level() -> None:
    level = replace(LEVELS[1], craft=(LaterFirst(),))
    assert level.stages == (
        "graph", "sums-from-means", "resolve-selectors", "craft", "later-first", "plan", "weights",
    )  # fmt: skip
    assert "craft model" in stop_after("later-first", SORT, asked(SORT), level).text
    names = [b.implements.name for b in verified(SORT, level).lowered.craft.blocks]
    assert names[:2] == ["rank.part2", "rank.part1"]


@dataclass(frozen=True)
class Forgetful:
    """Leaves a variable on directions that nobody writes."""

    name: str = "forgetful"

    def __call__(self, lowered: Lowered) -> Lowered:
        node, variable = next(iter(lowered.variables.items()))
        lost = Subspace((Direction("lost"),), variable.subspace.at_bos[:1], *_rest(variable))
        return replace(
            lowered, variables=lowered.variables | {node: replace(variable, subspace=lost)}
        )


def _rest(variable):
    return variable.subspace.largest[:1], variable.subspace.exclusive


def test_a_craft_pass_that_breaks_something_is_found_at_once() -> None:
    level = replace(LEVELS[1], craft=(Forgetful(),))
    with pytest.raises(InternalError, match="not those that are written"):
        compile_program(SORT, asked(SORT), level)


def proofs_of(monkeypatch: pytest.MonkeyPatch, refute: int) -> list[Sizes]:
    """The sizes of what is proved from now on; so many first ones are refuted."""
    proved: list[Sizes] = []

    def wrapped(weights: ModelWeights, **how: Any) -> Proof:
        c = weights.config
        proved.append(Sizes(c.n_layers, c.n_heads, c.d_model, c.d_head, c.d_mlp))
        found = prove(weights, **how)
        return replace(found, margin=0.0) if len(proved) <= refute else found

    monkeypatch.setattr("rasplab.compiler.prove", wrapped)
    return proved


def test_of_several_styles_the_cheapest_alone_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    proved = proofs_of(monkeypatch, refute=0)
    verified(get("reverse").at(3, 4)[0], LEVELS[1])
    assert len(proved) == 1


def test_where_its_proof_fails_the_next_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = LEVELS[1].plan.cost
    proved = proofs_of(monkeypatch, refute=1)
    verified(get("reverse").at(3, 4)[0], LEVELS[1])
    first, second = map(cost, proved)
    assert first < second


def test_where_all_proofs_fail_the_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs_of(monkeypatch, refute=1 << 30)
    with pytest.raises(CompileError) as refused:
        compile_program(SORT, asked(SORT), LEVELS[1])
    assert refused.value.code == "E305"
