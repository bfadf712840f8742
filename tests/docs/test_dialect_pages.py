"""The pages of the dialects name all that their modules offer, and show errors as they are told."""

import re
from pathlib import Path

import pytest

from rasplab.compat import rasp_l, raspy
from rasplab.diagnostics import ProgramError
from rasplab.diagnostics.catalogue.examples import run_example

DOCS = Path(__file__).resolve().parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize(("module", "name"), [(rasp_l, "rasp-l.md"), (raspy, "raspy.md")])
def test_every_function_is_on_the_page(module, name: str) -> None:
    text = page(name)
    functions = [f for f in module.__all__ if f[0].islower() and f != "np"]
    assert not [f for f in functions if f"`{f}" not in text and f"{f}(" not in text]


def test_the_error_on_the_page_of_c_rasp_is_what_is_said() -> None:
    text = page("c-rasp.md")
    (wrong,) = re.findall(r"wrong -->\n\n```python\n(.*?)```", text, re.DOTALL)
    (shown,) = re.findall(r"```text\n(error.*?)```", text, re.DOTALL)
    with pytest.raises(ProgramError) as caught:
        run_example(f"from rasplab.compat.c_rasp import parse\n{wrong}")
    assert f"{caught.value}\n" == shown
