"""The page is one file that loads nothing, whatever the names and tokens in it are."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import rasplab
from rasplab import programs
from rasplab.diagnostics import InputError
from rasplab.rasp import aggregate, indices, select, tokens
from rasplab.view.explorer import document_of, explorer_page
from rasplab.view.explorer.document import FORMAT
from tests.view.models import library_model

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 2_000_000
HOSTILE = (
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "<img src=x onerror=window.hacked=1>",
    "]]>",
    "\u2028&amp;'\"\\",
    "\ud800",
)


class Elements(HTMLParser):
    """The elements of a page outside `noscript`, and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []
        self.views: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag
        self.references += [v or "" for k, v in attrs if k in ("src", "href")]
        self.views += [v or "" for k, v in attrs if k == "data-view"]

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts.append(data)


def parsed(page: str) -> Elements:
    elements = Elements()
    elements.feed(page)
    elements.close()
    return elements


def hostile_model() -> rasplab.Model:
    fetched = aggregate(select(indices, 0, "=="), tokens).named(HOSTILE[0])
    return rasplab.compile(fetched, vocab=HOSTILE, max_length=3)


def test_names_and_tokens_cannot_leave_their_script() -> None:
    model = hostile_model()
    page = explorer_page(model, HOSTILE[:2], name=HOSTILE[0], about=HOSTILE[2])
    elements = parsed(page)
    assert elements.tags.count("script") == 2
    assert "img" not in elements.tags
    document = json.loads(elements.scripts[0])
    assert document["name"] == HOSTILE[0]
    assert document["about"] == HOSTILE[2]
    assert [len(document[key]) for key in ("vocabulary", "input")] == [len(HOSTILE), 2]
    assert len({token["text"] for token in document["vocabulary"]}) == len(HOSTILE)
    assert "<" not in elements.scripts[0]


def test_a_page_refers_to_nothing_outside_itself() -> None:
    page = explorer_page(library_model("sort"))
    assert parsed(page).references == ["data:,"]
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", page))
    assert all(address.startswith("http://www.w3.org/") for address in addresses), addresses
    assert "default-src 'none'" in page


def test_the_same_model_gives_the_same_page() -> None:
    model = library_model("hist")
    assert explorer_page(model, "ab") == explorer_page(model, "ab")


def test_no_path_of_this_machine_is_in_it() -> None:
    page = explorer_page(library_model("sort"))
    assert str(ROOT) not in page
    assert "sorting.py" in page


def test_every_expression_of_the_sort_is_linked_to_what_computes_it() -> None:
    document = document_of(library_model("sort"))
    by_name = {e.name: e for e in document.expressions if e.name}
    assert by_name["rank"].variables == ("rank.part1", "rank.part2", "rank")
    assert by_name["before"].variables == ()
    assert "rank" in by_name["before"].inside
    place = by_name["rank"].place
    assert place is not None
    lines = {(s.file, line.number): line.text for s in document.sources for line in s.lines}
    text = lines[place.file, place.line][place.column : place.end_column]
    assert text == "selector_width(before)"
    linked = {v.name for v in document.variables if v.expression >= 0}
    assert linked == {v.name for v in document.variables} - {"bos"}


def test_an_expression_is_linked_to_the_part_that_computes_it() -> None:
    document = document_of(library_model("sort"))
    inside = {e.text: e.inside for e in document.expressions}
    assert inside['select(tokens, tokens, "<")'] == ("rank.part1",)
    assert inside['select(tokens, tokens, "==")'] == ("rank.part2",)
    assert inside['select(tokens, tokens, "==") & earlier'] == ("rank.part2",)
    assert inside['select(rank, indices, "==")'] == ("sort",)
    # no part computes the whole of it: all that it is made of are its parts
    either = inside['select(tokens, tokens, "<") | select(tokens, tokens, "==") & earlier']
    assert either == ("rank.part1", "rank.part2", "rank")


def test_steps_follow_the_plan() -> None:
    model = library_model("sort")
    document = document_of(model)
    assert [s.site for s in document.steps] == [
        "embed", "embed", "0.attn", "1.attn", "1.mlp", "2.attn", "output",
    ]  # fmt: skip
    for step in document.steps:
        if step.component >= 0:
            assert model.manifest.components[step.component].variable == step.name


def test_a_loaded_model_is_shown_without_its_program(tmp_path: Path) -> None:
    loaded = rasplab.load(library_model("sort").save(tmp_path / "sort"))
    document = document_of(loaded)
    assert document.sources == ()
    assert "rank" in [e.name for e in document.expressions]
    assert document.arrays == document_of(library_model("sort")).arrays


def test_source_text_of_the_original_language_is_shown_with_its_places(tmp_path: Path) -> None:
    from rasplab.cli.sources import find_program

    file = tmp_path / "own.rasp"
    file.write_text("set example \"ab\"\nopp = select(indices, length - 1 - indices, ==);\n"
                    "back = aggregate(opp, tokens);\n")  # fmt: skip
    source = find_program(f"{file}:back")
    model = rasplab.compile(source.program, vocab="ab", max_length=3)
    document = document_of(model)
    assert "own.rasp" in [source.file for source in document.sources]
    back = next(e for e in document.expressions if e.name == "back")
    assert back.place is not None
    assert (back.place.file, back.place.line) == ("own.rasp", 3)


@pytest.mark.parametrize(("sequence", "code"), [("", "E401"), ("az", "E404"), ("abcdea", "E405")])
def test_an_input_that_the_model_does_not_take_is_refused(sequence: str, code: str) -> None:
    with pytest.raises(InputError) as raised:
        explorer_page(library_model("hist"), sequence)
    assert raised.value.code == code


def test_words_and_numbers_that_look_alike_are_typed_differently() -> None:
    model = rasplab.compile(tokens, vocab=["1", 1, True, "a b", "", "x", 1e300], max_length=2)
    texts = [token.text for token in document_of(model).vocabulary]
    assert texts == ["'1'", "1", "True", "'a b'", "''", "x", "1e+300"]


def test_python_and_the_page_speak_of_the_same_format() -> None:
    declared = (ROOT / "explorer" / "src" / "core" / "document.ts").read_text()
    assert f"FORMAT = {FORMAT};" in declared


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "explorer" / "package-lock.json").read_text())
    assert lock["packages"]
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_the_page_of_every_library_program_is_small(name: str) -> None:
    entry = programs.get(name)
    program, vocabulary = entry.at(10, 10)
    model = rasplab.compile(program, vocab=vocabulary, max_length=10, causal=entry.causal)
    assert len(explorer_page(model).encode()) < MOST_BYTES
