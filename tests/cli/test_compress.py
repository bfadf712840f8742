"""`rasplab compress`: what it prints and writes, also when it is killed in between."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rasplab
from rasplab.cli import main
from rasplab.cli.compress import read_dims
from rasplab.diagnostics import InputError

CALL = "import sys, rasplab.cli; sys.exit(rasplab.cli.main(sys.argv[1:]))"


def arguments(out: Path, *more: str) -> list[str]:
    given = {"--dims": "4,6", "--seeds": "2", "--max-length": "2", "--vocab-size": "2"}
    rest = list(more)
    for name in given:
        if name in rest:
            at = rest.index(name)
            _, given[name] = rest.pop(at), rest.pop(at)
    sizes = [part for pair in given.items() for part in pair]
    return ["compress", "frac_prevs", *sizes, "-o", str(out), *rest]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a short sweep."""
    out = tmp_path_factory.mktemp("swept") / "sweep"
    short = ("--steps", "1", "--seeds", "1", "--dims", "7", "--recipe", "paper")
    assert main(arguments(out, *short)) == 0
    return out


@pytest.mark.slow
def test_it_prints_a_table_and_writes_models_and_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sweep"
    assert main(arguments(out, "--steps", "30")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:3] == ["d", "seeds", "pruned"]
    assert [line.split()[0] for line in lines[2:4]] == ["4", "6"]
    assert sorted(p.name for p in (out / "models").iterdir()) == [
        f"d0{d}-seed{s}" for d in (4, 6) for s in (0, 1)
    ]
    assert len(rasplab.load(out / "models/d04-seed1")("ab")) == 2
    assert (out / "figures/losses.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "results.csv").read_text().count("\n") == 5
    assert main(arguments(out, "--steps", "30")) == 1
    assert "E803" in capsys.readouterr().err
    assert main(["verify", str(out / "models/d04-seed1")]) == 0
    assert "nothing is proved" in capsys.readouterr().out
    assert main(["show", str(out / "models/d04-seed1")]) == 0


@pytest.mark.slow
def test_a_sweep_that_is_killed_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    steps = ("--steps", "600", "--recipe", "paper")
    assert main(arguments(whole, *steps)) == 0
    environment = os.environ | {"RASPLAB_CHECKPOINT_SECONDS": "0"}
    call = [sys.executable, "-c", CALL, *arguments(broken, *steps)]
    child = subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (broken / "checkpoint.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not (broken / "sweep.json").exists()
    assert main(arguments(broken, *steps, "--resume")) == 0
    assert (broken / "sweep.json").read_bytes() == (whole / "sweep.json").read_bytes()
    for member in (whole / "models").iterdir():
        for file in member.iterdir():
            assert file.read_bytes() == (broken / "models" / member.name / file.name).read_bytes()


@pytest.mark.parametrize(
    ("text", "widths"),
    [("8", (8,)), ("2:5", (2, 3, 4, 5)), ("2:8:3", (2, 5, 8)), ("9,2:3,9", (2, 3, 9))],
)
def test_widths_are_read(text: str, widths: tuple[int, ...]) -> None:
    assert read_dims(text, 14) == widths


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "2:x",
        "1:2:3:4",
        "2:4:0",
        "3..4",
        "8,14:2",
        "4:2",
        "2:4:-1",
        "4:2:-1",
        "1:1000000000000",
        "0:3",
    ],
)
def test_what_is_no_list_of_widths_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_dims(text, 14)
    assert caught.value.code == "E800"


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        ["--dims", "2:99"],
        ["--seeds", "0"],
        ["--sharing", "none"],
        ["--device", "gpu"],
        ["--layout", "paper"],
        ["--beam", "-1"],
        ["--beam", "2", "--recipe", "paper"],
    ],
)
def test_what_cannot_be_takes_nothing_away(wrong: list[str], swept: Path, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    shutil.copytree(swept, out)
    before = (out / "checkpoint.safetensors").read_bytes()
    assert main(arguments(out, "--overwrite", *wrong)) != 0
    assert (out / "checkpoint.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["hist", "--layout", "paper"], "no 'hist' in the paper's layout"),
        (["frac_prevs", "--layout", "paper", "--max-length", "5"], "--max-length makes no sense"),
        (["MODEL", "--optimize", "0"], "--optimize makes no sense for a saved model"),
        (["MODEL", "--causal"], "--causal makes no sense for a saved model"),
    ],
)
def test_options_that_would_change_nothing_are_refused(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rasplab.compile(rasplab.rasp.tokens == "a", vocab="ab", max_length=2).save(tmp_path / "model")
    asked = [str(tmp_path / "model") if o == "MODEL" else o for o in options]
    assert main(["compress", *asked, "--dims", "2", "-o", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
