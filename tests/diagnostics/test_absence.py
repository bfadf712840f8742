"""Names that a module has not are answered with what they are called here."""

import importlib
from typing import Any

import pytest

import rasplab
from rasplab import lab, learn, programs, rasp, view

ANSWERS: tuple[tuple[Any, str, str], ...] = (
    (rasplab, "complie", "did you mean `compile`?"),
    (rasplab, "tokens", "it is `rasplab.rasp.tokens`"),
    (rasplab, "sort", "it is `rasplab.programs.sort`"),
    (rasplab, "disguise", "it is `rasplab.lab.realism.disguise`"),
    (rasp, "agregate", "did you mean `aggregate`?"),
    (rasp, "Select", "did you mean `select`?"),
    (rasp, "load", "`read(file)` opens RASP source text"),
    (rasp, "loads", "`parse(text)` reads RASP source text"),
    (rasp, "SequenceMap", "`apply(function, *operands)`"),
    (rasp, "sort", "programs such as `sort` are in `rasplab.programs`"),
    (programs, "maximum", "`greatest`"),
    (programs, "srot", "did you mean `sort`?"),
    (lab, "realsim", "did you mean `realism`?"),
    (learn, "draw", "`pick` draws a mystery model"),
    (view, "atention", "did you mean `attention`?"),
)


@pytest.mark.parametrize(("module", "name", "answer"), ANSWERS)
def test_a_name_that_is_missing_is_answered_with_what_it_is_called(
    module: Any, name: str, answer: str
) -> None:
    with pytest.raises(AttributeError) as asked:
        getattr(module, name)
    assert str(asked.value).startswith(f"{module.__name__} has no `{name}`; ")
    assert answer in str(asked.value)
    with pytest.raises(ImportError) as imported:
        exec(f"from {module.__name__} import {name}")
    assert str(imported.value) == str(asked.value)


@pytest.mark.parametrize("module", [rasplab, rasp, programs, lab, learn, view])
def test_what_is_not_like_anything_is_no_attribute(module: Any) -> None:
    assert not hasattr(module, "qqqqqqqq")
    assert not hasattr(module, "__wrapped__")


@pytest.mark.parametrize("name", ["rasplab.rasp.library", "rasplab.programs.registry"])
def test_modules_inside_are_still_imported_by_name(name: str) -> None:
    package, _, inner = name.rpartition(".")
    found: dict[str, Any] = {}
    exec(f"from {package} import {inner}", found)
    assert found[inner] is importlib.import_module(name)


@pytest.mark.parametrize("name", ["rasplab.checker.prove", "rasplab.lab.realism.disguise"])
def test_what_is_advised_exists(name: str) -> None:
    module, _, inner = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), inner))
