"""The exercises as notebooks: valid, runnable as they are, and solved by the solution."""

import json
from pathlib import Path
from typing import Any

import pytest

from rasplab import ModelFileError, learn
from rasplab.learn.notebooks import PLACEHOLDER

NAMES = [exercise.name for exercise in learn.all()]


def run(notebook: dict[str, Any], solution: str = "") -> list[Any]:
    """Run the code cells as a kernel would, with a solution in the place for it; what is shown."""
    shown: list[Any] = []
    namespace: dict[str, Any] = {"display": shown.append}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            exec(solution if PLACEHOLDER in source and solution else source, namespace)
    namespace["rasplab"].example(None)
    return shown


@pytest.mark.parametrize("name", ["from_one", "hist", "dyck1"])
def test_a_notebook_runs_as_it_is_and_marks_what_is_filled_in(name: str) -> None:
    exercise = learn.get(name)
    notebook = learn.notebook(exercise)
    assert run(notebook) == []
    [marking] = run(notebook, exercise.solution)
    assert marking.passed
    [wrong] = run(notebook, f"{name} = tokens")
    assert not wrong.passed
    assert "E902" in wrong._repr_html_()


def test_all_are_written_and_have_the_form_of_notebooks(tmp_path: Path) -> None:
    directory = learn.save_notebooks(tmp_path / "notebooks")
    files = sorted(directory.iterdir())
    assert len(files) == 20
    for path, exercise in zip(files, learn.all(), strict=True):
        assert path.name == f"{exercise.number:02}_{exercise.name}.ipynb"
        data = json.loads(path.read_text("utf-8"))
        assert (data["nbformat"], data["nbformat_minor"]) == (4, 5)
        assert data["metadata"]["kernelspec"]["name"] == "python3"
        assert len({cell["id"] for cell in data["cells"]}) == len(data["cells"])
        for cell in data["cells"]:
            assert 1 <= len(cell["id"]) <= 64
            assert all(isinstance(line, str) for line in cell["source"])
            code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
            assert cell.keys() == {"id", "cell_type", "metadata", "source"} | code
        text = path.read_text("utf-8")
        assert exercise.text.split(".")[0].replace('"', '\\"') in text
        assert exercise.solution not in text
    with pytest.raises(ModelFileError):
        learn.save_notebooks(directory)


@pytest.mark.slow  # a second look, by Jupyter itself
def test_a_notebook_executes_in_jupyter() -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    exercise = learn.get("hist")
    notebook = nbformat.reads(json.dumps(learn.notebook(exercise)), as_version=4)
    nbformat.validate(notebook)
    [place] = [cell for cell in notebook.cells if PLACEHOLDER in cell.source]
    place.source = exercise.solution
    nbclient.NotebookClient(notebook, timeout=60).execute()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    assert not [out for out in outputs if out.output_type == "error"]
    assert any("solved" in out.data["text/plain"] for out in outputs if "data" in out)
