"""What `import rasplab` may load: everything heavy waits until it is used. Who imports whom."""

import ast
import os
import re
import subprocess
import sys
import tomllib
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
    return loaded_after("import rasplab; rasplab.Model; rasplab.programs; rasplab.compile")


@pytest.mark.parametrize("module", LATE)
def test_importing_rasplab_does_not_load(module: str, loaded: set[str]) -> None:
    assert {"rasplab", "numpy"} <= loaded
    assert module not in loaded


def test_importing_rasplab_leaves_all_to_the_names_that_are_asked_for() -> None:
    assert "numpy" not in loaded_after("import rasplab, rasplab.cli")


def test_a_module_that_is_loaded_is_seen() -> None:
    assert "rich" in loaded_after("import rasplab, rich.text")


@pytest.mark.parametrize("package", ["graph", "passes", "lower", "plan"])
def test_the_modules_of_a_package_make_no_circle(package: str) -> None:
    modules = imported_in(package)
    while modules:  # those that import none of the rest are taken away, until none is left
        free = {name for name, needed in modules.items() if not needed & (modules.keys() - {name})}
        assert free, f"a circle among {sorted(modules)}"
        modules = {name: needed for name, needed in modules.items() if name not in free}


@pytest.mark.parametrize("package", ["lab/compression"])
def test_a_package_that_works_on_weights_knows_no_model(package: str) -> None:
    """Not as a type either: contracts of imports leave those out that only types need."""
    for file in (Path(rasplab.__file__).parent / package).rglob("*.py"):
        tree = ast.walk(ast.parse(file.read_text("utf-8")))
        froms = [node for node in tree if isinstance(node, ast.ImportFrom)]
        assert froms
        named = {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
        assert not named & {"rasplab.Model", "rasplab.model"}, file.name
        assert not any(name.startswith("rasplab.model.") for name in named), file.name


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


WITHOUT_TORCH = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())

import rasplab
from rasplab.checker import prove
from rasplab.cli import main

program, vocab = rasplab.programs.get("hist").at(3, 4)
model = rasplab.compile(program, vocab, 4)
assert model("aab") == [2, 2, 1]
assert model.verify().passed
assert prove(model.weights).holds
assert model.trace("ab").output == [1, 1]
assert model("aab", do={"hist": {0: 1}}) == [1, 2, 1]
assert model.circuit().edges and model.dataset(5).pairs and model.causal_model(2).variables
assert rasplab.load(model.save("model"))("ab") == [1, 1]
assert "<svg" in model._repr_html_()
assert main(["run", "model", "abca"]) == 0
assert main(["check", "model"]) == 0
for needs in (model.torch, model.to_transformer_lens, lambda: model.compress([4])):
    try:
        needs()
    except rasplab.RasplabError as missing:
        assert missing.code == "E602" and "pip install" in str(missing)
    else:
        raise AssertionError(needs)
assert main(["compress", "hist", "--dims", "4"]) == 1
assert main(["bench", "-o", "results"]) == 1
"""


@pytest.mark.slow
def test_everything_but_the_module_itself_works_without_torch(tmp_path: Path) -> None:
    source = str(Path(rasplab.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": source}
    command = [sys.executable, "-c", WITHOUT_TORCH]
    found = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "error[E602]: compression needs torch" in found.stderr
    assert "error[E602]: circuit discovery needs torch" in found.stderr


def test_every_extra_that_a_message_names_is_there() -> None:
    root = Path(__file__).resolve().parents[2]
    extras = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    known = set(extras["optional-dependencies"])
    named = {
        extra
        for file in (root / "src").rglob("*.py")
        for extra in re.findall(r'require\([^)]*extra="(\w+)"', file.read_text("utf-8"))
    }
    assert {"torch", "plot", "lens"} <= named <= known
    assert not any(package.startswith("torch") for package in extras["dependencies"])
