"""The examples of other tools run, are short, and print what they are meant to show."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

TOOLS = Path(__file__).resolve().parents[2] / "examples/tools"
SHOWN = {
    "captum_attribution": "a   +0.250\nb   +0.000\na   +0.250\nc   +0.000",
    "circuitsvis_attention": "attention.html: 3 heads over <bos> 4 2 5 2 1",
    "jax_gradient": "[[1, 0.5, 0.666666686535, 0.5]]",
    "nnsight_ablate": "preceding       4 of 8 outputs change\nwithout induction_head  7 of 8",
    "onnx_run": "['e', 'd', 'c', 'b', 'a']",
    "pyvene_interchange": "[None, None, None, 'c']",
    "transformer_lens_patching": "without rank.part2   [1, 2, None, 4, 5]",
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_example_runs_and_shows_its_point(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(TOOLS / f"{name}.py"), run_name="__main__")
    assert SHOWN[name] in capsys.readouterr().out


def test_every_example_is_run_and_takes_under_15_lines_from_the_compiled_model() -> None:
    files = {path.stem: path.read_text("utf-8") for path in TOOLS.glob("*.py")}
    assert set(files) == set(SHOWN)
    for text in files.values():
        lines = text.partition("rasplab.compile(")[2].splitlines()
        assert len([line for line in lines if line.strip()]) < 15
