"""`rasplab bench` says what is wrong with its results, beside how right they are."""

import json
from pathlib import Path

import pytest

from rasplab.cli import main

SUITE = [
    {"program": "sort", "vocab_size": 3, "length": 3},
    {"program": "frac_prevs", "vocab_size": 3, "length": 3},
]
OWN = """
def lost(task):
    return {"a9.h9->m7": 1.0}
"""


@pytest.mark.slow
def test_what_fails_is_refused_or_saturates_is_said_with_how_often(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite, own = tmp_path / "suite.json", tmp_path / "own.py"
    suite.write_text(json.dumps(SUITE), "utf-8")
    own.write_text(OWN, "utf-8")
    asked = f"--suite {suite} --out {tmp_path / 'run'} --methods eap --add {own}:lost"
    options = "--metric kl --ablation zero --pairs 2 --seeds 2 --jobs 1"
    assert main(["bench", *asked.split(), *options.split()]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "eap: the gradient of 'kl', a distance, is zero at the clean run (2 results)" in said
    assert "lost failed: error[E445]: the graph has no edge 'a9.h9->m7' (2 results)" in said
    assert "frac_prevs refused: error[E446]" in said
    assert "is a number (4 results)" in said
