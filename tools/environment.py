"""Make `.venv`: everything that the targets of the Makefile run, with a CPU build of PyTorch.

Uses the standard library alone, because it runs before anything is installed. The stamp is written
last, and without it the environment is built from nothing: an interrupted install is never kept.
TORCH=gpu in the environment asks for the accelerator build of PyTorch instead.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
SOURCES = (ROOT / "pyproject.toml", Path(__file__))

# Exact, so that the CPU build among ready wheels (PIP_FIND_LINKS) is taken: installers prefer
# `2.13.0+cpu` to `2.13.0`, but not to a later version, which is built for an accelerator.
TORCH = "torch==2.13.0"
PROJECT = f"{ROOT}[all,dev]"


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever `python3` is may run this file
        sys.exit(f"rasplab needs Python 3.11 or newer; {sys.executable} is older: set PYTHON")
    with (ROOT / "pyproject.toml").open() as lock:
        # Of two makes in one tree the second waits, and finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current():
            build(gpu=os.environ.get("TORCH") == "gpu")


def is_current() -> bool:
    return STAMP.exists() and all(STAMP.stat().st_mtime >= s.stat().st_mtime for s in SOURCES)


def build(*, gpu: bool) -> None:
    if not STAMP.exists():
        run(sys.executable, "-m", "venv", "--clear", VENV)
        run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    STAMP.unlink(missing_ok=True)
    install(gpu=gpu)
    if not gpu:
        require_cpu_torch()
    STAMP.touch()


def install(*, gpu: bool) -> None:
    options = [] if gpu else from_cpu_builds()
    run(PYTHON, "-m", "uv", "pip", "install", "-p", PYTHON, *options, TORCH, "-e", PROJECT)


def from_cpu_builds() -> list[str]:
    """The installer's options for PyTorch's CPU build; without, Linux gets the accelerator's."""
    ready = os.environ.get("PIP_FIND_LINKS", "").split()
    return [f"--find-links={place}" for place in ready] or ["--torch-backend=cpu"]


def require_cpu_torch() -> None:
    probe = "import torch; print(torch.version.cuda or torch.version.hip or '')"
    built_for = subprocess.check_output([PYTHON, "-c", probe], text=True).strip()
    if built_for:
        sys.exit(f"this PyTorch is built for {built_for}, not for the CPU; TORCH=gpu accepts it")


def run(*command: str | Path) -> None:
    print("$", *command, flush=True)
    if status := subprocess.run(command, cwd=ROOT).returncode:
        sys.exit(f"could not make {VENV.name}: the last command ended with status {status}")


if __name__ == "__main__":
    main()
