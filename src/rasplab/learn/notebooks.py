"""The exercises as Jupyter notebooks: one each, with places for a program and its marking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

from rasplab.learn.exercise import Exercise
from rasplab.learn.table import all as every
from rasplab.weights.directory import write_directory

Json: TypeAlias = "dict[str, object]"

PLACEHOLDER = "...  # your program in place of the dots"


def notebook(exercise: Exercise) -> Json:
    """One exercise as the data of a notebook, in version 4.5 of Jupyter's format.

    >>> from rasplab import learn
    >>> [cell["cell_type"] for cell in notebook(learn.get(1))["cells"]][:3]
    ['markdown', 'code', 'markdown']
    """
    cells = [
        _text(f"# {exercise.number}. {exercise.title}\n\n{exercise.text}\n\n{exercise.limits}")
    ]
    cells.append(
        _code(
            "import rasplab\n"
            "from rasplab.rasp import *\n\n"
            f'rasplab.example("{exercise.examples[0]}")\n'
            f'exercise = rasplab.learn.get("{exercise.name}")\n'
            "exercise"
        )
    )
    cells.append(_text(f"Your program, called `{exercise.name}`:"))
    cells.append(_code(f"{exercise.name} = {PLACEHOLDER}"))
    cells.append(
        _code(
            f"if {exercise.name} is not ...:\n"
            f"    display(rasplab.learn.mark(exercise, {exercise.name}))"
        )
    )
    cells.append(_text("Stuck? Take the hints one by one."))
    cells += [_code(f"# print(exercise.hint({n + 1}))") for n in range(len(exercise.hints))]
    named = [{"id": f"{exercise.name}-{n}", **cell} for n, cell in enumerate(cells)]
    return {
        "cells": named,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def save_notebooks(directory: str | Path, *, overwrite: bool = False) -> Path:
    """Write all exercises as notebooks into a directory that does not exist yet.

    Raises:
        ModelFileError: E503 exists already, E504 cannot be written.
    """
    files = {
        f"{exercise.number:02}_{exercise.name}.ipynb": json.dumps(
            notebook(exercise), indent=1, ensure_ascii=False
        ).encode()
        + b"\n"
        for exercise in every()
    }
    return write_directory(directory, files, overwrite=overwrite)


def _text(source: str) -> Json:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> Json:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
