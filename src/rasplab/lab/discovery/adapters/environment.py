"""Environments of other packages: made from a list of exact versions, and known by what it was."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.lab.discovery.adapters.package import Package, package_of
from rasplab.weights.directory import write_file

PLACE = "RASPLAB_ENVIRONMENTS"
"""The variable that names the folder of all environments."""
MADE = "rasplab-environment.txt"
"""The file that is written when an environment is complete: the digest of its list."""


def make_environment(package: str, directory: Path | None = None) -> Path:
    """Install a package into an environment of its own, by pip, and say where that is.

    One that was made from the same list is left as it is. It takes minutes, and a gigabyte or two.

    Raises:
        InputError: E454 for an unknown package, a directory that holds something else, or where
            it cannot be installed.
    """
    known = package_of(package)
    home = directory or default_directory(known)
    if _is_complete(home, known):
        return home
    if home.exists() and not (home / "pyvenv.cfg").exists() and any(home.iterdir()):
        why = f"{shown(str(home))} holds something else than an environment"
        raise InputError(diagnostic("E454", why, help="give another directory, or an empty one"))
    venv.EnvBuilder(with_pip=True, clear=True).create(home)
    command = [str(_python(home)), "-m", "pip", "install", "--quiet", "-r", str(known.lock)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise InputError(
            diagnostic(
                "E454",
                f"{package} could not be installed",
                notes=[_last_lines(finished.stderr)],
                help=f"see that Python {sys.version_info[0]}.{sys.version_info[1]} can install "
                f"what {shown(known.lock.name)} lists",
            )
        )
    write_file(home / MADE, (_digest(known) + "\n").encode("ascii"))
    return home


def python_of(package: str, directory: str | Path | None = None) -> Path:
    """The interpreter of a package's environment.

    Raises:
        InputError: E454 for an unknown package, or where there is no environment of today's list.
    """
    known = package_of(package)
    home = Path(directory) if directory is not None else default_directory(known)
    if _is_complete(home, known):
        return _python(home)
    why = f"there is no environment for {package} in {shown(str(home))}"
    notes = ["its list of versions has changed"] if (home / MADE).exists() else []
    help = f"make it: python -m rasplab.lab.discovery.adapters {package}"
    raise InputError(diagnostic("E454", why, notes=notes, help=help))


def default_directory(package: Package) -> Path:
    """Where an environment is by default: in the user's cache, or in `RASPLAB_ENVIRONMENTS`."""
    given = os.environ.get(PLACE)
    if given:
        return Path(given) / package.name
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "rasplab" / "environments" / package.name


def run(python: Path, package: Package, job: Path) -> None:
    """Run a package's script on a job, which it writes its answer into.

    Raises:
        InputError: E454 where it fails, with the last lines of what it said.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    finished = subprocess.run(
        [str(python), str(package.script), str(job)],
        capture_output=True,
        text=True,
        check=False,
        env=kept,  # nothing of ours is imported there
        cwd=job,
    )
    if finished.returncode:
        raise InputError(
            diagnostic("E454", f"{package.name} failed", notes=[_last_lines(finished.stderr)])
        )


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _digest(package: Package) -> str:
    return hashlib.sha256(package.lock.read_bytes()).hexdigest()


def _is_complete(home: Path, package: Package) -> bool:
    marker: object = home / MADE
    return marker.is_file() and marker.read_text("ascii").strip() == _digest(package)


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-3:]) or "it said nothing"
