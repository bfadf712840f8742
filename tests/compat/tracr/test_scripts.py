"""Scripts that import `tracr` run unchanged under `python -m`, or with one line added."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from rasplab.compat.tracr import install
from rasplab.compat.tracr.__main__ import main

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leaves modules and arguments as they were."""
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    before = _forget_tracr()
    yield
    _forget_tracr()
    sys.modules.update(before)


def _forget_tracr() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in ("tracr", "mine")]
    return {name: sys.modules.pop(name) for name in names}


def run(*arguments: str) -> str:
    return subprocess.check_output([sys.executable, *arguments], text=True)


EXPECTED = {
    "readme.py": "['BOS', 3, 2, 1]\n",
    "trace.py": "[0, 1, 2]\n6\n",
    "port.py": "['y', 'x', 'z', 'z']\n['y', 'x', 'z', 'z']\n",
    "benchmark.py": "Repeats [[0, 0, 1, 1], [0, 1, 0]]\n"
    "Alternates [[None, None, 'yes', 'yes'], [None, None, 'no']]\n"
    "Mean [[-1, -1, -1, -1], [-1, -1, 3]]\n",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_script_runs_unchanged(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["5"] if name == "trace.py" else []
    assert main([str(SCRIPTS / name), *arguments]) == 0
    assert capsys.readouterr() == (EXPECTED[name], "")


@pytest.mark.slow
def test_a_script_runs_under_python_m() -> None:
    script = str(SCRIPTS / "readme.py")
    assert run("-m", "rasplab.compat.tracr", script) == EXPECTED["readme.py"]


@pytest.mark.slow
def test_a_script_runs_with_one_line_added_and_loads_no_framework(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from rasplab.compat import tracr; tracr.install()\n"
        f"{(SCRIPTS / 'readme.py').read_text()}"
        "import sys; print({'torch', 'jax', 'haiku'} & set(sys.modules))\n"
    )
    assert run(str(script)) == f"{EXPECTED['readme.py']}set()\n"


def test_a_module_runs_as_python_would_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__main__.py").write_text(
        "import sys\nfrom tracr.rasp import rasp\nprint(rasp.tokens(sys.argv[1]))\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["-m", "mine", "ab"]) == 0
    assert capsys.readouterr().out == "['a', 'b']\n"


def test_a_finding_is_shown_at_its_place_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "averages.py"
    script.write_text(
        "from tracr.compiler import compiling\n"
        "from tracr.rasp import rasp\n"
        "# one that fails on a token\n"
        "number = rasp.Map(int, rasp.tokens)\n"
        "compiling.compile_rasp_to_model(number, {'1', 'b'}, 3)\n"
    )
    assert main([str(script)]) == 1
    shown = capsys.readouterr().err
    assert "error[E105]" in shown
    assert "averages.py:4:" in shown


def test_a_missing_script_is_said_to_be_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere.py"]) == 1
    assert "there is no file 'nowhere.py'" in capsys.readouterr().err


def test_without_a_script_it_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "python -m rasplab.compat.tracr script.py" in capsys.readouterr().err


def test_tracr_itself_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tracr.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    exec("import tracr")
    with pytest.raises(ImportError, match="Tracr itself is imported already"):
        install()


def test_installing_twice_is_installing_once() -> None:
    import rasplab.compat.tracr.rasp.rasp as ours

    install()
    install()
    found = {}
    exec("import tracr.rasp.rasp; rasp = tracr.rasp.rasp", found)
    assert found["rasp"] is sys.modules["tracr.rasp.rasp"] is ours
