"""Everything shows itself: short and balanced as text, as tables in a notebook."""

import copy
import pickle
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
import torch

import rasplab
from rasplab import InputError, rasp, view
from rasplab.checker import prove
from rasplab.display import ROWS_AT_MOST, Shown, Table, html, shorten
from rasplab.lab.compression.maps import Member
from rasplab.lab.compression.measures import Measures
from rasplab.lab.compression.sweep import Sweep

HIST = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "==")).named("hist")


@pytest.fixture(scope="module")
def model() -> rasplab.Model:
    program, vocab = rasplab.programs.get("sort").at(4, 4)
    return rasplab.compile(program, vocab, 4)


@pytest.fixture
def example() -> Iterator[None]:
    rasplab.example("hello")
    yield
    rasplab.example(None)


def shown(model: rasplab.Model) -> dict[str, Any]:
    compilation = model.compilation
    assert compilation is not None
    return {
        "expression": model.program,
        "selector": rasp.select(rasp.tokens, rasp.tokens, "<"),
        "model": model,
        "weights": model.weights,
        "manifest": model.manifest,
        "certificate": model.certificate,
        "proof": prove(model.weights),
        "verification": model.verify(),
        "trace": model.trace([2, 1]),
        "circuit": model.circuit(),
        "data set": model.dataset(),
        "causal model": model.causal_model(3),
        "names": model.names(),
        "vocabulary": model.words,
        "compilation": compilation,
        "sweep": Sweep(
            model,
            cast(Any, None),
            cast(Any, None),
            cast(Any, None),
            (Member(8, 0), Member(8, 1)),
            torch.zeros(2, 1),
            (
                Measures(Member(8, 0), 0.1, 0.2, 0.5, {"0.attn": 0.9}),
                Measures(Member(8, 1), 0.1, 0.2, 0.5, {}, diverged=True),
            ),
            {},
            1.0,
        ),
    }


class Balance(HTMLParser):
    """The tags that are open, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Nothing is left open."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(text: str) -> Balance:
    parser = Balance()
    parser.feed(text)
    assert not parser.open
    return parser


def test_everything_is_a_short_line_with_balanced_brackets(model: rasplab.Model) -> None:
    for name, artefact in shown(model).items():
        text = repr(artefact)
        assert len(text) <= 320, name
        assert "\n" not in text, name
        assert text[0] == "<", name
        assert text[-1] == ">", name
        for opening, closing in ("()", "[]", "{}"):
            assert text.count(opening) == text.count(closing), text
        assert not re.search(r"0x[0-9a-f]{6}", text)


def test_everything_is_well_formed_html(model: rasplab.Model) -> None:
    for name, artefact in shown(model).items():
        assert len(parsed(artefact._repr_html_()).text) > 20, name


@pytest.mark.slow
def test_a_picture_is_a_line_at_a_prompt(model: rasplab.Model) -> None:
    assert repr(view.plan(model)).startswith("<picture: Plan of sort; ")
    for picture in (view.plan(model), view.residual(model, [2, 1])):
        assert len(repr(picture)) < 140
        assert repr(picture).endswith("; `.save(path)` writes it>")


def test_parts_of_a_compilation_are_short(model: rasplab.Model) -> None:
    made = model.compilation
    assert made is not None
    for part in (made.plan, made.lowered, made.lowered.craft, made.facts, made.options):
        assert len(repr(part)) < 300
    assert str(made.proof) in str(made)


@pytest.mark.usefixtures("example")
def test_on_an_example_an_expression_shows_its_values_and_a_selector_its_grid() -> None:
    assert repr(HIST).endswith(" = [1, 1, 2, 2, 1]")
    same = rasp.select(rasp.tokens, rasp.tokens, "==")
    assert repr(same).splitlines()[1:4] == ["    h e l l o", "  h 1 . . . .", "  e . 1 . . ."]
    assert "hist = " in HIST._repr_html_()
    assert parsed(HIST._repr_html_()).text.endswith("hello11221")
    assert parsed(same._repr_html_()).text.count("■") == 7


@pytest.mark.usefixtures("example")
def test_where_an_expression_has_no_value_on_the_example_its_formula_is_shown() -> None:
    broken = rasp.tokens + 1
    assert repr(broken).startswith("<Map: tokens + 1> (no values on the example: ")
    assert "no values on the example" in broken._repr_html_()
    with pytest.raises(InputError):
        rasplab.example("")


def test_text_is_cut_within_its_limit_and_brackets_are_closed() -> None:
    text = 'aggregate(select(indices, [1, {2}], "=="), tokens)'
    for limit in range(8, 60):
        cut = shorten(text, limit)
        assert len(cut) <= limit
        assert cut.count("(") == cut.count(")")
        assert cut.count('"') % 2 == 0
    assert shorten(text, 60) == text


def test_tables_are_escaped_and_cut() -> None:
    text = html("<b>", Table(("a<",), [("<x>",)] * (ROWS_AT_MOST + 5)))
    assert "<x>" not in text
    assert "… and 5 more" in text
    parsed(text)


def test_show_shows(model: rasplab.Model) -> None:
    text = model.show()
    assert isinstance(text, Shown)
    assert repr(text) == str(text)
    assert text.startswith("program: ")
    assert "layer 1" in text


def test_dir_lists_what_a_user_needs() -> None:
    assert set(dir(rasplab)) == set(rasplab.__all__)
    assert {"annotations", "import_module", "model", "compiler"}.isdisjoint(dir(rasplab))
    for name in dir(rasplab):
        assert getattr(rasplab, name) is not None
    assert re.fullmatch(r"\d+\.\d+\.\d+", rasplab.__version__)


def test_the_laboratory_lists_all_of_its_tools() -> None:
    folder = Path(rasplab.lab.__file__).parent
    assert set(dir(rasplab.lab)) == {
        package.parent.name for package in folder.glob("*/__init__.py")
    }


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("graft", "lab.graft.graft"),
        ("twins", "lab.twins"),
        ("train_twins", "lab.twins.train_twins"),
    ],
)
def test_a_tool_that_is_sought_at_the_top_is_found(name: str, place: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(f"it is `rasplab.{place}`")):
        getattr(rasplab, name)


def test_what_was_read_shows_its_values(model: rasplab.Model) -> None:
    read = model.trace([3, 1, 2]).variable("sort")
    assert repr(read) == f"<reading {read}>"
    assert "Step(" not in repr(model.config.architecture)


def test_a_model_is_called_with_an_intervention() -> None:
    model = rasplab.compile(HIST, "abc", 5)
    assert model.name == "hist"
    assert model("abca", do={"hist": {0: 3}}) == model.run("abca", {"hist": {0: 3}}) == [3, 1, 1, 2]


def test_a_model_is_pickled_without_its_program(model: rasplab.Model) -> None:
    again = pickle.loads(pickle.dumps(model))
    assert again([3, 1, 2]) == model([3, 1, 2])
    assert again.program is None
    assert copy.copy(model) is copy.deepcopy(model) is model


@pytest.mark.parametrize("dtype", [None, "float64"])
def test_decode_takes_tensors(model: rasplab.Model, dtype: str | None) -> None:
    module = model.torch(dtype=dtype)
    ids = module.encode([[3, 1, 2], [2]])
    out = module(ids)
    assert isinstance(out, torch.Tensor)
    assert out.requires_grad
    assert model.decode(out, ids) == [[1, 2, 3], [2]]
    assert model.decode(out.detach().numpy(), ids.numpy()) == [[1, 2, 3], [2]]


NOTEBOOK = """\
import rasplab
from rasplab import rasp
model = rasplab.compile(rasp.tokens, "abc", 3)
x = model("abz")
"""


def test_a_notebook_shows_the_diagnostic_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    shell.run_cell(NOTEBOOK)
    said = capsys.readouterr().out.strip().splitlines()
    assert said[0] == "error[E404]: 'z' at position 2 is not in the vocabulary"
    assert said[-1] == '--> line 4: x = model("abz")'
    assert len(said) <= 4
    monkeypatch.setenv("RASPLAB_TRACEBACK", "1")
    shell.run_cell(NOTEBOOK)
    assert "Traceback" in capsys.readouterr().out


def test_an_entry_of_the_library_is_a_line() -> None:
    assert repr(rasplab.programs.get("hist")).startswith("<program hist: How often")
