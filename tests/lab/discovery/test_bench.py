"""A run over a suite: it goes on after a kill, keeps to its directory, and outlives bad methods."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import rasplab
from rasplab import InputError
from rasplab.cli import main
from rasplab.lab.discovery import methods
from rasplab.lab.discovery.bench import Case, Options, RunDirectory, run, suite, summaries
from rasplab.lab.discovery.bench.directory import RESULTS
from rasplab.lab.discovery.bench.summary import ASKED, mean_of, with_attention, write_tables
from rasplab.view.discovery_report import save_report

CASES = (Case("hist", 2, 3), Case("frac_prevs", 2, 3, causal=True), Case("caesar", 3, 2))
OPTIONS = Options(methods=("exact", "eap"), ablations=("zero", "resample"), pairs=8).checked()

MINE = '''\
"""Methods of one's own: a good one, and some that fail."""

import torch

from rasplab.lab.discovery import Task, method


@method("by-size")
def by_size(task: Task):
    """Score an edge by how much what it carries would change."""
    change = [(batch.ablated - batch.clean).norm(dim=3).sum((1, 2)) for batch in task.batches]
    return task.read * task.mean(change)


def raises(task):
    raise RuntimeError("no idea")


def nan(task):
    return torch.full(task.shape, torch.nan)


def exits(task):
    raise SystemExit(0)


def nowhere(task):
    return {"embed -> m7": 1.0}


broken = 7
'''


def begun(path: Path, cases=CASES, options=OPTIONS):
    directory = RunDirectory.prepared(path, cases, options)
    return directory, run(cases, options, directory, compile=rasplab.compile)


@pytest.fixture(autouse=True)
def own_methods_are_forgotten() -> Iterator[None]:
    before = dict(methods())
    yield
    methods().clear()
    methods().update(before)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory):
    return begun(tmp_path_factory.mktemp("runs") / "run")


def test_there_is_a_result_for_every_model_ablation_and_method(finished) -> None:
    _, rows = finished
    assert len(rows) == 3 * 2 * 2
    assert {row["status"] for row in rows} == {"ok"}
    assert {row["auroc"] for row in rows if row["method"] == "exact"} == {1.0}
    assert {row["iia_changed"] for row in rows if row["method"] == "exact"} == {1.0}
    assert {row["iia"] for row in rows if row["method"] == "exact"} == {1.0}
    assert not with_attention(row for row in rows if row["program"] == "caesar")
    assert len(with_attention(rows)) == 8


def test_a_killed_run_goes_on_where_it_was(finished, tmp_path: Path, monkeypatch) -> None:
    directory, rows = finished
    lines = (directory.path / RESULTS).read_text().splitlines(keepends=True)
    again = RunDirectory.prepared(tmp_path / "again", CASES, OPTIONS)
    (again.path / RESULTS).write_text("".join(lines[:7]) + lines[7][:20])
    done: list[tuple[int, int]] = []
    found = run(
        CASES, OPTIONS, again, compile=rasplab.compile, progress=lambda *at: done.append(at)
    )
    assert done[0] == (7, 12)
    assert done[-1] == (12, 12)
    timeless = [{k: v for k, v in row.items() if k != "seconds"} for row in found]
    expected = [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
    assert sorted(timeless, key=str) == sorted(expected, key=str)
    before = (again.path / RESULTS).read_bytes()
    run(CASES, OPTIONS, again, compile=rasplab.compile)
    assert (again.path / RESULTS).read_bytes() == before


@pytest.mark.parametrize(
    ("cases", "options", "what"),
    [
        (CASES[:1], OPTIONS, "cases"),
        (CASES, Options(methods=("eap",), ablations=("zero",), pairs=8), "methods"),
        (CASES, Options(methods=("exact", "eap"), ablations=("zero", "resample")), "pairs"),
    ],
)
def test_the_directory_of_another_run_is_refused(finished, cases, options, what) -> None:
    with pytest.raises(InputError, match=f"its {what}") as refused:
        RunDirectory.prepared(finished[0].path, cases, options)
    assert refused.value.code == "E449"


def test_so_is_one_with_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("all of it")
    with pytest.raises(InputError) as refused:
        RunDirectory.prepared(tmp_path, CASES, OPTIONS)
    assert refused.value.code == "E449"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_cannot_be_compiled_or_asked_is_a_result(tmp_path: Path) -> None:
    options = Options(methods=("exact",), ablations=("zero",), metric="kl", pairs=4)
    cases = (Case("frac_prevs", 2, 3), Case("dyck1", 2, 3000))
    _, rows = begun(tmp_path / "run", cases[:1], options)
    assert [row["status"] for row in rows] == ["refused"]
    assert "does not fit" in rows[0]["note"]


@pytest.mark.slow
def test_a_method_that_fails_is_reported_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(MINE)
    models = tmp_path / "models.json"
    models.write_text('[{"program": "hist", "vocab_size": 2, "length": 3}]')
    adds = [f"--add={mine}:{name}" for name in ("by_size", "raises", "nan", "exits", "nowhere")]
    out = tmp_path / "out"
    asked = ["--methods", "exact", "--ablation", "zero", "--pairs", "8", "--jobs", "1"]
    assert main(["bench", "--suite", str(models), *adds, *asked, "-o", str(out)]) == 1
    printed = capsys.readouterr()
    table = (out / "results.csv").read_text()
    rows = {row["method"]: row for row in csv.DictReader(table.splitlines())}
    assert {name: row["status"] for name, row in rows.items()} == {
        "exact": "ok",
        "by-size": "ok",
        "raises": "failed",
        "nan": "failed",
        "exits": "failed",
        "nowhere": "failed",
    }
    assert "RuntimeError: no idea" in printed.err
    assert "1 tasks" in printed.out
    assert 0 <= float(rows["by-size"]["auroc"]) <= 1
    assert "<svg" in (out / "report.html").read_text()
    assert "src=" not in (out / "report.html").read_text()


def test_a_method_is_added_in_under_twenty_lines() -> None:
    own = MINE[MINE.index("import torch") : MINE.index("def raises")]
    assert len(own.strip().splitlines()) < 20


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--methods", "magic"], "E447"),
        (["--add", "nothing.py:method"], "E447"),
        (["--add", "mine.py"], "E447"),
        (["--add", "mine.py:broken"], "E447"),
        (["--add", "taken.py:eap"], "E447"),
        (["--suite", "large"], "E448"),
        (["--suite", "mine.py"], "E448"),
        (["--add", "script.py:method"], "E447"),
        (["--methods", ""], "E447"),
        (["--ablation", "none"], "E440"),
        (["--ablation", ""], "E440"),
        (["--pairs", "0"], "E440"),
        (["--jobs", "0"], "E440"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    arguments: list[str], code: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE)
    Path("script.py").write_text("raise SystemExit(0)")
    Path("taken.py").write_text("def eap(task):\n    return task.read.double()\n")
    assert main(["bench", *arguments, "-o", "out"]) == 1
    assert f"error[{code}]" in capsys.readouterr().err
    assert not Path("out").exists()


def test_the_full_suite_has_every_program_in_every_way() -> None:
    cases = suite("full")
    assert len(set(cases)) == len(cases) == 12 * len(rasplab.programs.all())
    assert {case.program for case in suite("small")} <= {case.program for case in cases}


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "[1]",
        '{"program": "hist"}',
        '[{"program": "hist", "causal": 1}]',
        '[{"program": "hist", "length": 0}]',
        '[{"program": "hist", "optimize": 2}]',
        '[{"program": "hist", "softness": 1}]',
        '[{"program": "hist", "softness": true}]',
        '[{"program": "hist", "realism": 6}]',
        '[{"program": "hist", "realism": 1.0}]',
        "x",
    ],
)
def test_a_file_that_is_no_suite_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "suite.json").write_text(text)
    with pytest.raises(InputError) as refused:
        suite(tmp_path / "suite.json")
    assert refused.value.code == "E448"


def test_a_suite_says_how_soft_its_models_are(tmp_path: Path) -> None:
    text = '[{"program": "hist", "softness": 0}, {"program": "hist", "softness": 0.5}]'
    (tmp_path / "suite.json").write_text(text)
    hard, soft = suite(tmp_path / "suite.json")
    assert hard == Case("hist")
    compiled = replace(soft, vocab_size=2, length=2).compiled(rasplab.compile)
    assert compiled.manifest.softness == 0.5


@pytest.mark.slow
def test_a_suite_says_how_realistic_its_models_are(tmp_path: Path) -> None:
    fields = '"program": "hist", "vocab_size": 2, "length": 3'
    text = f'[{{{fields}}}, {{{fields}, "realism": 2}}, {{{fields}, "realism": 5}}]'
    (tmp_path / "suite.json").write_text(text)
    cases = suite(tmp_path / "suite.json")
    assert [case.realism for case in cases] == [0, 2, 5]
    options = Options(methods=("exact",), ablations=("zero", "mean", "resample"), pairs=8)
    _, rows = begun(tmp_path / "run", cases, options.checked())
    assert {(row["realism"], row["status"], row["auroc"]) for row in rows} == {
        (level, "ok", 1.0) for level in (0, 2, 5)
    }
    assert len(rows) == 9


@pytest.mark.slow
@pytest.mark.parametrize("level", ["component", "head", "qkv"])
@pytest.mark.parametrize("realism", [1, 3, 4, 5])
def test_exact_patching_finds_the_truth_at_every_level_of_realism(
    realism: int, level: str, tmp_path: Path
) -> None:
    case, every = Case("hist", 2, 3, realism=realism), ("zero", "mean", "resample")
    options = Options(methods=("exact",), ablations=every, level=level, pairs=8).checked()
    _, rows = begun(tmp_path / "run", (case,), options)
    assert [(row["status"], row["auroc"]) for row in rows] == [("ok", 1.0)] * 3


@pytest.mark.slow
def test_a_tie_that_noise_breaks_is_no_error_of_exact_patching(tmp_path: Path) -> None:
    """Zeroing a head of it leaves two outputs equally high, and noise then prefers one."""
    case = Case("detect_pattern", 4, 4, realism=3)
    options = Options(methods=("exact",), ablations=("zero",), pairs=50).checked()
    _, rows = begun(tmp_path / "run", (case,), options)
    assert [(row["status"], row["auroc"]) for row in rows] == [("ok", 1.0)]


def test_intervals_hold_the_mean_and_come_again() -> None:
    found = mean_of([0.5, 0.75, 1.0, 1.0])
    assert found == mean_of([0.5, 0.75, 1.0, 1.0]) == mean_of([1.0, 0.75, 1.0, 0.5])
    assert found.low < found.mean < found.high
    assert mean_of([]).tasks == 0


@pytest.mark.slow
def test_tables_and_reports_need_no_result_to_be_good(tmp_path: Path) -> None:
    row = dict.fromkeys(("program", "method", "ablation"), "x")
    refused = {**row, "vocab_size": 1, "length": 1, "causal": False, "optimize": 1, "seed": 0}
    rows = [{**refused, "status": "refused", "note": "too large"}]
    assert [s.auroc.tasks for s in summaries(rows)] == [0]
    assert write_tables(rows, tmp_path)[0].read_text().count("\n") == 2
    pages, _ = save_report(rows, tmp_path, title="none")
    assert "too large" in pages[0].read_text()


def test_tables_do_not_depend_on_the_order_in_which_results_come(tmp_path: Path) -> None:
    """Rows that differ in one part of what they are of, which is in a column of the table."""
    same = dict.fromkeys(ASKED, "a")
    rows = [same, *({**same, name: "b"} for name in ASKED)]
    one, other = (write_tables(r, tmp_path)[0].read_bytes() for r in (rows, rows[::-1]))
    assert one == other


@pytest.mark.slow
def test_several_processes_find_what_one_does(finished, tmp_path: Path) -> None:
    _, expected = finished
    directory = RunDirectory.prepared(tmp_path / "run", CASES, OPTIONS)
    found = run(CASES, OPTIONS, directory, compile=rasplab.compile, jobs=2)

    def known(rows):
        return {json.dumps({k: v for k, v in r.items() if k != "seconds"}) for r in rows}

    assert known(found) == known(expected)
