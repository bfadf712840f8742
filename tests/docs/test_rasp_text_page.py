"""What the page on RASP source text shows besides Python: a session, and an error as it is told."""

import re
from pathlib import Path

import pytest

from rasplab.diagnostics import ProgramError
from rasplab.diagnostics.catalogue.examples import run_example
from tests.cli.repl.transcripts import transcript, typed

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "rasp-text.md").read_text("utf-8")
TEXTS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)


def test_the_session_on_the_page_is_what_happens() -> None:
    (shown,) = [text for text in TEXTS if text.startswith(">> ")]
    assert transcript(typed(shown)) == shown


def test_the_errors_on_the_page_are_what_is_said() -> None:
    (shown,) = [text for text in TEXTS if text.startswith("error")]
    marked = r"<!-- skip: the program is wrong -->\n\n```python\n(.*?)```"
    (wrong,) = re.findall(marked, PAGE, re.DOTALL)
    with pytest.raises(ProgramError) as caught:
        run_example(f"from rasplab.rasp import parse\n{wrong}")
    assert f"{caught.value}\n" == shown


def test_every_name_of_the_library_is_on_the_page() -> None:
    from rasplab.rasp.syntax.program import Loader

    library = Loader().base.values
    assert len(library) > 15
    assert not [name for name in library if f"`{name}" not in PAGE]
