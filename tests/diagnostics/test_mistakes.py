"""What people try first and what they are told: a golden message for each mistake."""

import linecache
import traceback
from typing import Any

import pytest

import rasplab
from rasplab import RasplabError, programs, rasp, view
from rasplab.cli import main
from tests.golden.compare import compare

MISTAKES = {
    "where-order": 'where("a", "b", tokens == "a")',
    "select-order": 'select(tokens, "==", tokens)',
    "select-by-expression": "select(tokens, tokens, hist)",
    "aggregate-order": 'rasp.aggregate(tokens, select(tokens, tokens, "=="))',
    "item": "tokens[0]",
    "item-of-selector": 'select(tokens, tokens, "==")[0]',
    "method-of-text": "tokens.upper()",
    "map": "tokens.map(len)",
    "draw-model": 'view.draw(model, "abc")',
    "last-item": "hist[-1]",
    "item-at-expression": "tokens[indices + 1]",
    "slice": "tokens[1:]",
    "length": "len(tokens)",
    "max": "max(tokens, indices)",
    "compile-name": 'rasplab.compile("hist", vocab="abc", max_length=3)',
    "compile-unknown-name": 'rasplab.compile("mine", vocab="abc", max_length=3)',
    "compile-function": 'rasplab.compile(programs.hist, vocab="abc", max_length=3)',
    "compile-entry": 'rasplab.compile(programs.get("hist"), "abc", 5)',
    "compile-list": 'rasplab.compile([hist], "abc", 5)',
    "compile-nothing": 'rasplab.compile(None, "abc", 5)',
    "compile-swapped": 'rasplab.compile(hist, 5, "abc")',
    "compile-model": 'rasplab.compile(model, "abc", 5)',
    "compile-alone": "rasplab.compile(hist)",
    "compile-without-length": 'rasplab.compile(hist, "abc")',
    "compile-misspelt": 'rasplab.compile(hist, vocabulary="abc", max_length=5)',
    "compile-unknown": 'rasplab.compile(hist, "abc", 5, colour="red")',
    "compile-by-place": 'rasplab.compile(hist, "abc", 5, True)',
    "compile-causal": 'rasplab.compile(hist, "abc", 5, causal="yes")',
    "compile-selector": 'rasplab.compile(select(tokens, tokens, "=="), "abc", 5)',
    "decode-text": 'model.decode("abc", "abc")',
    "encode-text": 'model.encode("abc")',
    "greatest": "max(tokens)",
    "library-by-expression": "programs.get(hist)",
    "library-misspelt": 'programs.get("hits")',
    "model-on-nothing": "model(None)",
    "model-on-function": "model([print])",
    "model-on-unknown-token": 'model("abd")',
    "batch-of-nothing": "model.batch(None)",
    "model-on-number": "model(5)",
    "plan-of-program": "view.plan(hist)",
    "run": 'hist.run("abc")',
    "disguise-of-program": "realism.disguise(hist)",
    "task-of-program": "discovery.task_of(hist)",
    "misspelt": 'hist.nmaed("x")',
    "module-on-text": 'model.torch()("abc")',
    "text-batch": 'model.batch("abc")',
    "text-with-blanks": 'model("a b c")',
    "vocabulary-with-blanks": 'rasplab.compile(hist, "a b c", 5)',
    "select-order-in-text": 'rasp.parse("x = select(tokens, ==, tokens);")',
    "misspelt-select": 'rasp.parse("x = selectt(tokens, tokens, ==);")',
}


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    hist = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "==")).named("hist")
    model = rasplab.compile(hist, "abc", 5)
    language = {name: getattr(rasp, name) for name in ("indices", "select", "tokens", "where")}
    return {
        "hist": hist,
        "model": model,
        "programs": programs,
        "rasp": rasp,
        "rasplab": rasplab,
        "discovery": rasplab.lab.discovery,
        "realism": rasplab.lab.realism,
        "view": view,
        **language,
    }


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_what_to_write_instead(
    mistake: str, names: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    code, file = MISTAKES[mistake], f"<{mistake}>"
    linecache.cache[file] = (len(code), None, [code], file)
    request.addfinalizer(lambda: linecache.cache.pop(file, None))
    with pytest.raises(RasplabError) as caught:
        exec(compile(code, file, "exec"), dict(names))
    assert "help: " in str(caught.value)
    compare(f"mistakes/{mistake}.txt", f"{caught.value}\n")


def test_a_name_as_a_plain_value_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "shift(by=two)", "abc"]) == 1
    compare("mistakes/plain-value.txt", capsys.readouterr().err)


def test_compile_takes_the_vocabulary_and_the_length_by_position(names: dict[str, Any]) -> None:
    assert names["model"]("abca") == [2, 1, 1, 2]


def test_conditions_that_are_constants_are_no_mistake() -> None:
    assert rasp.where(True, rasp.tokens, "x")("ab") == ["a", "b"]
    assert rasp.where("a", rasp.tokens, rasp.indices)("ab") == ["a", "b"]


def test_a_message_is_the_same_while_expressions_show_values(
    names: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: rasplab.example(None))
    same = rasp.select(rasp.tokens, rasp.tokens, "==")
    wrongs: list[Any] = [names["hist"], same, [same]]
    for wrong in wrongs:
        with pytest.raises(RasplabError) as plain:
            view.plan(wrong)
        rasplab.example("hello")
        with pytest.raises(RasplabError) as shown:
            view.plan(wrong)
        rasplab.example(None)
        assert str(shown.value) == str(plain.value)


def test_which_name_was_meant_is_said_once_in_a_traceback() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = rasplab.complie  # pyright: ignore[reportAttributeAccessIssue]
    assert caught.value.name == "complie"
    (said,) = traceback.format_exception_only(caught.value)
    assert said == "AttributeError: rasplab has no `complie`; did you mean `compile`?\n"


def test_an_attribute_that_is_not_there_is_an_attribute_error(names: dict[str, Any]) -> None:
    assert not hasattr(names["hist"], "run")
    assert not hasattr(names["hist"], "__array__")
    assert getattr(names["hist"], "tolist", None) is None
