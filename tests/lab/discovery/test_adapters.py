"""What packages are asked and answer; and, where one is installed, that it agrees with ours."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rasplab import InputError

pytest.importorskip("torch", reason="methods need PyTorch")

from rasplab.lab.discovery import Task, methods, task_of
from rasplab.lab.discovery.adapters import make_environment, package_scores, packages, python_of
from rasplab.lab.discovery.adapters.environment import MADE, PLACE, run
from rasplab.lab.discovery.adapters.package import job_of, read_answer
from tests.lab.discovery.models import library, model


def task(name: str = "reverse", **options: Any) -> Task:
    return task_of(library(name), **{"joined": True, **options})


def ranks(scores: list[float]) -> np.ndarray:
    """Ranks, those that are tied sharing the mean of theirs."""
    _, inverse, counts = np.unique(np.array(scores), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def test_locks_name_versions_and_nothing_of_a_machine() -> None:
    for package in packages().values():
        lines = package.lock.read_text("ascii").splitlines()
        pins = [line for line in lines if not line.startswith("#")]
        assert all(re.fullmatch(r"[a-z0-9._-]+==[0-9][A-Za-z0-9.]*", pin) for pin in pins)
        assert any(pin.startswith(f"{package.name}==") for pin in pins)


def test_scripts_import_nothing_of_ours() -> None:
    for package in packages().values():
        code = package.script.read_text("utf-8")
        assert not re.search(r"^\s*(from|import) rasplab", code, re.MULTILINE)


def test_a_job_asks_for_the_answers_of_the_programs_inputs() -> None:
    asked = task()
    job, config = job_of(asked, "eap"), asked.model.config
    assert config.output_values is not None
    for side, name in (("clean", "answers"), ("corrupt", "wrong_answers")):
        for sequence, ids, columns in zip(
            getattr(asked.pairs, side), job[side], job[name], strict=True
        ):
            assert ids == asked.model.encode([sequence])[0].tolist()
            assert [config.output_values[c] for c in columns] == asked.model(sequence)
    assert (job["dtype"], job["level"], job["ablation"]) == ("float64", "qkv", "resample")


def test_edges_of_mlps_without_units_are_left_out_and_may_not_score() -> None:
    asked = task("induction_head")
    assert asked.model.config.d_mlp == 0
    known = {"Resid Start->A1.0.V": 0.5, "MLP 0->Resid End": 0.0}
    assert read_answer(asked, known) == {"Resid Start->A1.0.V": 0.5}
    with pytest.raises(InputError, match="no edge of ours"):
        read_answer(asked, known | {"MLP 0->Resid End": 0.1})


@pytest.mark.parametrize(
    ("options", "method", "said"),
    [
        ({}, "gim", "no method"),
        ({"joined": False}, "eap", "no graph"),
        ({"level": "component"}, "eap", "no graph"),
        ({"metric": "l2"}, "eap", "does not go by"),
        ({"metric": "l2", "ablation": "zero"}, "acdc", "only resamples"),
    ],
)
def test_what_the_package_has_no_counterpart_of_is_refused(
    options: dict[str, Any], method: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        package_scores(task(**options), "auto-circuit", method)
    assert refused.value.diagnostics[0].code == "E454"


def test_numbers_and_several_lengths_are_refused() -> None:
    number = task_of(model("number"), joined=True)
    with pytest.raises(InputError, match="is a number"):
        package_scores(number, "auto-circuit", "eap")
    pairs = library("reverse").dataset()
    with pytest.raises(InputError, match="of one length"):
        package_scores(task(data=pairs), "auto-circuit", "eap")


def test_a_missing_or_outdated_environment_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path))
    with pytest.raises(InputError, match="adapters auto-circuit"):
        python_of("auto-circuit")
    (tmp_path / "auto-circuit").mkdir()
    (tmp_path / "auto-circuit" / MADE).write_text("of another list")
    with pytest.raises(InputError, match="list of versions has changed"):
        package_scores(task(), "auto-circuit", "eap")


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        make_environment("auto-circuit", tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    with pytest.raises(InputError, match="no adapter"):
        make_environment("eap-by-hand", tmp_path / "new")


@dataclass(frozen=True)
class Failing:
    script: Path
    name: str = "failing"


def test_a_package_that_fails_is_quoted(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit('it has no such edge')")
    with pytest.raises(InputError, match="it has no such edge"):
        run(Path(sys.executable), Failing(script), tmp_path)  # pyright: ignore[reportArgumentType]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["eap", "mask-ig", "acdc"])
@pytest.mark.parametrize("name", ["reverse", "sort", "induction_head"])
def test_auto_circuit_and_ours_agree(name: str, method: str) -> None:
    try:
        python_of("auto-circuit")
    except InputError:
        pytest.skip("auto-circuit has no environment here: see rasplab.lab.discovery.adapters")
    metric = "l2" if method == "acdc" else "difference"
    asked = task_of(library(name, 5, 5), metric=metric, joined=True)
    theirs, ours = package_scores(asked, "auto-circuit", method), methods()[method](asked)
    a, b = ([abs(found.edges[edge]) for edge in asked.edges] for found in (theirs, ours))
    assert np.corrcoef(ranks(a), ranks(b))[0, 1] >= 0.99
    assert asked.truth().score(theirs).edges.auroc == asked.truth().score(ours).edges.auroc
