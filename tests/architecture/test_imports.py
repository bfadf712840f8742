"""What `import rasplab` may load: everything heavy waits until it is used. Who imports whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rasplab

LATE = (
    "torch",
    "transformers",
    "scipy",
    "matplotlib",
    "sympy",
    "networkx",
    "rich",
    "cyclopts",
    "lark",
)


def loaded_after(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds once it has run the statement."""
    probe = f"import sys; {statement}; print(*(name.partition('.')[0] for name in sys.modules))"
    return set(subprocess.check_output([sys.executable, "-c", probe], text=True).split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return loaded_after("import rasplab")


@pytest.mark.parametrize("module", LATE)
def test_importing_rasplab_does_not_load(module: str, loaded: set[str]) -> None:
    assert "rasplab" in loaded
    assert module not in loaded


def test_a_module_that_is_loaded_is_seen() -> None:
    assert "rich" in loaded_after("import rasplab, rich.text")


@pytest.mark.parametrize("package", ["graph", "passes", "lower", "plan"])
def test_the_modules_of_a_package_make_no_circle(package: str) -> None:
    modules = imported_in(package)
    while modules:  # those that import none of the rest are taken away, until none is left
        free = {name for name, needed in modules.items() if not needed & (modules.keys() - {name})}
        assert free, f"a circle among {sorted(modules)}"
        modules = {name: needed for name, needed in modules.items() if name not in free}


def imported_in(package: str) -> dict[str, set[str]]:
    """Per module of a package those of the package that it imports, wherever in the file."""
    home = f"rasplab.{package}"
    found: dict[str, set[str]] = {}
    for file in (Path(rasplab.__file__).parent / package).glob("[a-z]*.py"):
        froms = [n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.ImportFrom)]
        names = {f"{n.module}.{alias.name}" for n in froms for alias in n.names}
        names |= {n.module or "" for n in froms}
        found[file.stem] = {n.removeprefix(f"{home}.") for n in names if n.startswith(f"{home}.")}
    return found
