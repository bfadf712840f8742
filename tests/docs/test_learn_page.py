"""What the page on exercises shows of the command line is what happens there."""

import re
from pathlib import Path

import pytest

from rasplab.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "learn.md").read_text("utf-8")


@pytest.mark.slow
def test_the_marking_on_the_page_is_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RASPLAB_PROGRESS", "progress.json")
    [program] = re.findall(r'```python title="my.py"\n(.*?)```', PAGE, re.DOTALL)
    [shown] = re.findall(r"\$ rasplab learn 7 my.py\n(.*?)```", PAGE, re.DOTALL)
    Path("my.py").write_text(program)
    assert main(["learn", "7", "my.py"]) == 1
    assert capfd.readouterr().err == shown


@pytest.mark.slow
def test_the_guess_on_the_page_is_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    [shown] = re.findall(r"\$ rasplab guess box my.py:guess\n(.*?)```", PAGE, re.DOTALL)
    Path("my.py").write_text("from rasplab import programs\n\nguess = programs.double_hist()\n")
    [seal] = re.findall(r"\$ rasplab (mystery double_hist .*)", PAGE)
    assert main(seal.split()) == 0
    capfd.readouterr()
    assert main(["guess", "box", "my.py:guess"]) == 0
    assert capfd.readouterr().out == shown
