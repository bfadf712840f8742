"""Build the wheel, install it where nothing else is, and try it there.

What the checkout has and the wheel lacks (a grammar, a library in RASP, the explorer page, the
standalone checker) is found only where the checkout is not. Leaves the wheel and the
source archive in `dist/`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT

DIST = ROOT / "dist"

COMMANDS = (
    ("rasplab", "--version"),
    ("rasplab", "run", "sort", "4 2 5 2 1"),
    ("rasplab", "compile", "sort", "--vocab", "1 2 3 4 5", "--max-length", "5", "-o", "sort-model"),
    ("rasplab", "check", "sort-model"),
    ("rasplab", "view", "sort-model", "-o", "sort.html"),
    ("python", "-m", "rasplab.checker.standalone", "sort-model"),
)
"""What a user does first; run in an empty directory, with nothing but the wheel."""


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "uv", "build", "--out-dir", DIST, ROOT, at=ROOT)
    (wheel,) = DIST.glob("*.whl")
    with tempfile.TemporaryDirectory() as place:
        where = Path(place)
        python = where / "env" / "bin" / "python"
        run(sys.executable, "-m", "uv", "venv", "--python", sys.executable, where / "env", at=where)
        run(
            *(sys.executable, "-m", "uv", "pip", "install", "-p", python, wheel),
            at=where,
        )
        for name, *arguments in COMMANDS:
            run(python.with_name(name), *arguments, at=where)
    print(f"{wheel.name} installs and runs by itself")


def run(*command: str | Path, at: Path) -> None:
    print("$", *command, flush=True)
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if status := subprocess.run(command, cwd=at, env=clean).returncode:
        sys.exit(f"the last command ended with status {status}")


if __name__ == "__main__":
    main()
