"""The page's forward pass, run under Node.js."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from rasplab.view.explorer import Document

NODE = shutil.which("node")
SCRIPT = Path(__file__).with_name("run.cjs")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


def run_engine(
    directory: Path, document: Document, inputs: list[list[int]], edits: Any = None
) -> list[dict[str, Any]]:
    """What the built page computes for token ids, one result for each input."""
    job = directory / "job.json"
    job.write_text(
        json.dumps(
            {"documents": [json.dumps(document.data())], "inputs": [inputs], "edits": [edits]}
        )
    )
    built = files("rasplab.view.explorer").joinpath("assets", "explorer.js")
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(SCRIPT), str(built), str(job)],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    return json.loads(done.stdout)[0]
