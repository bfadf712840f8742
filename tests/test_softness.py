"""Soft attention is proved, keeps the margins that are asked for, and is as soft as it can be."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import Proof, prove
from rasplab.craft import Head, Sharpness
from rasplab.lower.attention import resharpened
from rasplab.model import Model
from rasplab.rasp import aggregate, indices, select, tokens
from rasplab.softening import GRID
from rasplab.weights.assemble import arrays_of

SCRIPT = Path(rasplab.__file__).parent / "checker/standalone.py"
CASES: tuple[tuple[str, float, dict[str, Any]], ...] = (
    ("hist", 0.05, {}),
    ("hist", 0.95, {}),
    ("sort_unique", 0.8, {}),
    ("reverse", 0.5, {"optimize": 0}),
    ("frac_prevs", 0.5, {}),
    ("greatest", 0.95, {"causal": True}),
    ("shift", 0.05, {"dtype": "float64"}),
    ("caesar", 0.5, {"dtype": "float16"}),
)


def model(name: str, softness: Any = 0.0, size: int = 3, **options: Any) -> Model:
    program, vocabulary = programs.get(name).at(size, size)
    return rasplab.compile(program, vocab=vocabulary, max_length=size, softness=softness, **options)


def dials(of: Model) -> list[Sharpness]:
    assert of.compilation is not None
    blocks = of.compilation.lowered.craft.blocks
    return [b.scores.sharpness for b in blocks if isinstance(b, Head)]


def left(of: Model, proof: Proof) -> list[float]:
    """What is left of every decision, and at last of the output."""
    output, certificate = proof.margin, of.certificate
    if of.numerical and of.config.output_unit is None:
        output = min(output, 1 - proof.output_error / certificate.tolerated)
    return [*(block.margin for block in proof.blocks), output]


def patterns(of: Model) -> np.ndarray:
    """What every weight p of attention leaves of p(1 - p), at all positions but BOS."""
    found = of.trace(of.config.vocabulary[:3]).activations
    kept = [named.array for name, named in found.items() if name.endswith("hook_pattern")]
    return np.concatenate([p[..., 1:, :].ravel() for p in kept])


@pytest.mark.everyday(1)
@pytest.mark.parametrize(("name", "softness", "options"), CASES)
def test_a_soft_model_equals_its_program_and_keeps_its_margins(
    name: str, softness: float, options: dict[str, Any]
) -> None:
    hard, soft = (model(name, s, **options) for s in (0.0, softness))
    assert soft.certificate.exact
    assert soft.verify().passed
    before, after = (
        left(m, prove(m.weights, within=m.certificate.tolerated)) for m in (hard, soft)
    )
    assert len(before) == len(after)
    for was, now in zip(before, after, strict=True):
        assert now >= min(was, 1 - softness)
    for was, now in zip(dials(hard), dials(soft), strict=True):
        assert now.gap <= was.gap
        assert (now.log_weight or 0.0) <= (was.log_weight or 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hist", "reverse", "greatest"])
def test_no_gap_can_be_made_smaller_by_itself(name: str) -> None:
    softness = 0.5
    soft = model(name, softness)
    made = soft.compilation
    assert made is not None
    floors = [min(m, 1 - softness) for m in left(soft, made.proof)]
    blocks, tried = made.lowered.craft.blocks, 0
    for number, head in enumerate(blocks):
        if not isinstance(head, Head):
            continue
        dial = head.scores.sharpness
        lower = [replace(dial, gap=dial.gap - GRID)] if dial.gap > GRID else []
        if dial.log_weight is not None and dial.log_weight > GRID:
            lower.append(replace(dial, log_weight=dial.log_weight - GRID))
        for one in lower:
            changed = (*blocks[:number], resharpened(head, one), *blocks[number + 1 :])
            plan = replace(made.plan, craft=replace(made.plan.craft, blocks=changed))
            weights = replace(soft.weights, arrays=arrays_of(plan, soft.config.dtype))
            proof = prove(weights, within=soft.certificate.tolerated)
            kept = proof.holds and all(
                m >= floor for m, floor in zip(left(soft, proof), floors, strict=True)
            )
            assert not kept, (name, head.implements.name, one)
            tried += 1
    assert tried


def test_only_queries_the_factors_of_sums_and_slopes_are_changed() -> None:
    hard, soft = model("hist"), model("hist", 0.5)
    changed = {
        array
        for array, was in hard.weights.arrays.items()
        if not np.array_equal(was, soft.weights.arrays[array])
    }
    assert {array.rpartition(".")[2] for array in changed} == {"W_Q", "b_Q", "W_O", "W_in", "b_in"}
    assert hard.config == soft.config
    assert hard.weights.specification is not None


@pytest.mark.slow
def test_more_softness_leaves_more_to_attention() -> None:
    slopes = [patterns(model("reverse", s)) for s in (0.0, 0.1, 0.9)]
    most = [float((p * (1 - p)).max()) for p in slopes]
    assert 10 * most[0] < most[1] < most[2]


def test_steps_reach_from_value_to_value_and_let_errors_through() -> None:
    hard, soft = model("hist"), model("hist", 0.5)
    within = {m: {b.name: b.error for b in prove(m.weights).blocks} for m in (hard, soft)}
    name = "categorical(hist)"
    assert within[hard][name] < 1e-5 < 0.01 < within[soft][name]
    steep = [float(np.abs(m.weights.arrays["blocks.0.mlp.W_in"][1:]).max()) for m in (hard, soft)]
    assert steep == [2.0, 1.0]
    assert soft.verify().passed


def test_a_head_that_always_selects_keeps_bos_no_higher_than_the_rest() -> None:
    assert [dial.between for dial in dials(model("frac_prevs", 0.5))] == [False]
    never = aggregate(select(tokens, "a", "==") & select(indices, indices, "<"), indices, -1)
    soft = rasplab.compile(never, vocab="ab", max_length=3, softness=0.5)
    assert [dial.between for dial in dials(soft)] == [True]  # where BOS has to win
    assert soft.verify().passed


@pytest.mark.slow
def test_what_is_nearly_used_up_stays_as_it_is() -> None:
    hard, soft = (model("sort", s, 5, dtype="float16") for s in (0.0, 0.5))
    assert hard.certificate.smallest_margin < 0.5
    assert soft.certificate.smallest_margin >= hard.certificate.smallest_margin
    assert soft.verify().passed


def test_numbers_that_come_as_they_are_use_up_no_more_of_what_is_tolerated() -> None:
    soft = model("frac_prevs", 0.25)
    assert 0.1 < soft.certificate.output_error / soft.certificate.tolerated <= 0.25
    inputs = itertools.chain.from_iterable(
        itertools.product(soft.config.vocabulary, repeat=n) for n in (1, 2, 3)
    )
    assert soft.program is not None
    for sequence in inputs:
        wanted, found = soft.program(list(sequence)), soft(sequence)
        for right, given in zip(wanted, found, strict=True):
            assert isinstance(right, int | float)
            assert isinstance(given, int | float)
            assert abs(right - given) <= soft.certificate.output_error


def test_it_is_saved_said_and_proved_by_the_script_for_sceptics(tmp_path: Path) -> None:
    soft = model("hist", 0.75)
    loaded = rasplab.load(soft.save(tmp_path / "model"))
    assert loaded.manifest.softness == 0.75
    assert "softness=0.75" in loaded.show()
    assert "softness" not in model("hist").show()
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    hard = model("hist").save(tmp_path / "hard")
    assert "softness" not in json.loads((hard / "circuit.json").read_text("utf-8"))


@pytest.mark.slow
def test_a_soft_model_moves_to_other_homes_with_a_proof(tmp_path: Path) -> None:
    soft = model("hist", 0.2, causal=True)
    soft.save_pretrained(tmp_path / "home")
    moved = rasplab.from_pretrained(tmp_path / "home")
    assert moved.manifest.softness == 0.2
    assert moved("aba") == soft("aba") == [1, 1, 2]
    softer = model("hist", 0.5, causal=True)
    with pytest.raises(rasplab.InputError, match=r"E603(.|\n)*less `softness`"):
        softer.save_pretrained(tmp_path / "norms")


@pytest.mark.parametrize("given", [1, 1.0, -0.1, True, "soft", None, float("nan")])
def test_no_other_softness_is_taken(given: Any) -> None:
    with pytest.raises(rasplab.InputError) as refused:
        model("hist", given)
    assert [d.code for d in refused.value.diagnostics] == ["E409"]
    assert "`softness`" in str(refused.value)


def test_numbers_of_other_libraries_are_taken() -> None:
    assert model("hist", np.float32(0.5)).manifest.softness == 0.5
