"""The gallery has every program, and every link of it leads to a file that was made."""

import re

import pytest

from rasplab import programs
from tests.view.explorer.test_page import parsed
from tools import gallery


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", ["hist", "dyck1"])
def test_a_section_links_to_what_is_made_for_it(name: str) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    entry = programs.get(name)
    text, made = gallery.section(entry), dict(gallery.pictures(entry))
    linked = set(re.findall(r"\]\((gallery/[^)]+)\)", text))
    assert linked == {picture for picture in made if "-narrow" not in picture}
    assert entry.summary in text
    assert f"program = {name}(" in text
    assert str(gallery.compiled(name).certificate).split("\n")[0] in text
    page = made[f"gallery/{name}.html"]
    assert isinstance(page, bytes)
    assert parsed(page.decode()).tags.count("script") == 2


@pytest.mark.slow
def test_every_program_is_in_it() -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    found = gallery.everything()
    page = found[gallery.PAGE]
    assert isinstance(page, str)
    headings = re.findall(r"^## (\S+)", page, re.MULTILINE)
    assert headings == [entry.name for entry in programs.all()]
    assert len(found) == 1 + 7 * len(headings)
