"""Make `.venv`: everything that the targets of the Makefile run, with a CPU build of PyTorch.

Uses the standard library alone, because it runs before anything is installed. The stamp file is written
last; without it the environment is built from nothing, so an interrupted install never stays half done.
Set TORCH=gpu to get the accelerator build of PyTorch instead.
"""

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

# One exact version, so that a directory of ready wheels (PIP_FIND_LINKS) wins over a newer accelerator
# build: pip and uv prefer `2.13.0+cpu` to `2.13.0`, but not to anything later.
TORCH = "torch==2.13.0"
EXTRAS = "all,dev"


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"rasplab needs Python 3.11 or newer, this is {sys.version.split()[0]}; make PYTHON=python3.11")
    with (ROOT / "pyproject.toml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes in one tree: the second waits, then finds it done
        if not is_current():
            build()


def is_current() -> bool:
    return STAMP.exists() and all(STAMP.stat().st_mtime > s.stat().st_mtime for s in SOURCES)


def build() -> None:
    gpu = os.environ.get("TORCH") == "gpu"
    if not STAMP.exists():
        run(sys.executable, "-m", "venv", "--clear", VENV)
        run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    STAMP.unlink(missing_ok=True)
    install(gpu=gpu)
    if not gpu:
        require_cpu_torch()
    STAMP.touch()


def install(*, gpu: bool) -> None:
    env = dict(os.environ)
    backend = ["--torch-backend", "auto" if gpu else "cpu"]
    if links := env.get("PIP_FIND_LINKS"):
        env["UV_FIND_LINKS"] = links
        backend = []
    run(PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, *backend, TORCH, "--editable", f"{ROOT}[{EXTRAS}]", env=env)


def require_cpu_torch() -> None:
    probe = "import torch; print(torch.version.cuda or torch.version.hip or '')"
    accelerator = subprocess.run([PYTHON, "-c", probe], check=True, capture_output=True, text=True).stdout.strip()
    if accelerator:
        sys.exit(f"the PyTorch in {VENV.name} is built for an accelerator ({accelerator}), not the CPU build; make TORCH=gpu accepts it")


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    print("$", *command, flush=True)
    if status := subprocess.run(command, cwd=ROOT, env=env).returncode:
        sys.exit(f"could not make {VENV.name}: the command above ended with status {status}")


main()
