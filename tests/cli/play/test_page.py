"""The playground in a real browser: typed into, refused in place, stepped, reloaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab.cli.play.pool import Pool
from rasplab.cli.play.server import Playground
from rasplab.cli.play.worker import Limits
from tests.view.explorer.shown import AXE, NARROW, WIDE, Shown, texts, violations


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    playground = Playground(Pool(Limits(seconds=4), python=True))
    thread = threading.Thread(target=playground.serve, daemon=True)
    thread.start()
    yield playground.address
    playground.close()
    thread.join(5)


class Typed:
    """The playground's page, and what it complained about."""

    def __init__(self, browser: Any, address: str, size: Any = WIDE, **options: Any) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.goto(address)
        self.page.wait_for_selector(".network", timeout=60_000)

    def write(self, text: str) -> None:
        """Replace the program."""
        self.page.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.settled()

    def settled(self) -> None:
        # a timer of the page's own comes after the one by which it waits for the next key
        self.page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
        self.page.locator('.status[data-busy="false"]').wait_for(timeout=60_000)

    def outputs(self) -> list[str]:
        return self.page.locator("[data-output]").all_inner_texts()

    def carets(self) -> list[str]:
        return self.page.locator(".carets").all_inner_texts()


@pytest.fixture
def typed(browser: Any, address: str) -> Iterator[Typed]:
    shown = Typed(browser, address)
    yield shown
    shown.context.close()
    assert shown.complaints == []


@pytest.mark.slow
def test_an_edit_is_compiled_and_the_input_stays(typed: Typed) -> None:
    typed.page.fill("#typed", "a b a c")
    typed.write("hist = selector_width(select(tokens, tokens, ==));\ntwice = 2 * hist;")
    assert typed.page.locator("h1").inner_text() == "twice"
    assert typed.page.locator("#typed").input_value() == "a b a c"
    program = rasplab.rasp.parse("twice = 2 * selector_width(select(tokens, tokens, ==));")
    model = rasplab.compile(program["twice"], vocab="abcde", max_length=5)
    assert typed.outputs() == texts(model("abac"))
    status = typed.page.get_by_role("status").first.inner_text()
    assert "layer" in status
    assert "least margin" in status


@pytest.mark.slow
def test_every_key_that_is_typed_arrives(typed: Typed) -> None:
    typed.write("")
    text = "copied = aggregate(select(indices, indices, ==), tokens);"
    typed.page.keyboard.type(text)
    typed.settled()
    assert typed.page.locator(".cm-line").all_inner_texts() == [text]
    assert typed.page.locator("h1").inner_text() == "copied"


@pytest.mark.slow
def test_mistakes_are_shown_below_their_line_and_the_last_good_network_stays(typed: Typed) -> None:
    before = typed.outputs()
    typed.write("x = tokens;\ny = aggregate(full_s, tokenz);\nz = 1;")
    [carets] = typed.carets()
    assert carets.startswith(" " * 22 + "^" * 6)
    alert = typed.page.locator(".findings").inner_text()
    assert "error[E702]" in alert
    assert "help: did you mean `tokens`?" in alert
    assert typed.outputs() == before
    assert "refused" in typed.page.get_by_role("status").first.inner_text()
    typed.write("x = tokens;")
    assert typed.carets() == []


def test_a_python_program_is_run(typed: Typed) -> None:
    typed.page.get_by_label("example").select_option("sort")
    typed.settled()
    assert typed.page.locator("h1").inner_text() == "sort"
    typed.page.fill("#typed", "4 1 3")
    assert typed.outputs() == ["1", "3", "4"]
    typed.page.get_by_label("vocabulary").fill("0..7")
    typed.settled()
    typed.page.fill("#typed", "7 0 3")
    assert typed.outputs() == ["0", "3", "7"]


@pytest.mark.slow
def test_html_in_a_program_is_only_text(typed: Typed) -> None:
    hostile = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
    typed.write(f'x = indicator(tokens == "{hostile}");  # {hostile}')
    typed.write(f"y = {hostile};")
    assert typed.page.locator(".findings pre").count() >= 1
    typed.page.get_by_label("language").select_option("python")
    typed.write(
        f"from rasplab.rasp import tokens\nx = (tokens + 0).named({hostile!r})\n# {hostile}\n"
    )
    typed.page.get_by_label("vocabulary").fill("1 2")
    typed.settled()
    assert typed.page.locator("h1").inner_text() == hostile
    typed.write(f"raise ValueError({hostile!r})")
    assert "ValueError" in typed.carets()[0]
    assert typed.page.evaluate("() => window.hacked === undefined")
    assert typed.page.locator("#explorer img, #explorer script").count() == 0


@pytest.mark.slow
def test_a_circuit_is_computed_when_it_is_asked_for(typed: Typed) -> None:
    source = "hist = selector_width(select(tokens, tokens, ==));"
    typed.page.get_by_label("vocabulary").fill("ab")
    typed.page.get_by_label("longest input").fill("3")
    typed.write(source)
    bar = typed.page.get_by_role("region", name="Circuit")
    bar.get_by_label("Circuit").select_option("head")
    bar.get_by_label("ablation").select_option("mean")
    bar.get_by_text("mean ablation").wait_for(timeout=30_000)
    model = rasplab.compile(rasplab.rasp.parse(source)["hist"], vocab="ab", max_length=3)
    truth = model.circuit(level="head", ablation="mean")
    assert f"{len(truth.edges)} of {truth.candidates} edges" in bar.inner_text()
    assert typed.page.locator(".arcs [data-edge]").count() == len(truth.edges)


@pytest.mark.slow
def test_a_view_is_saved_as_a_page_that_needs_no_playground(typed: Typed, tmp_path: Path) -> None:
    typed.page.get_by_label("vocabulary").fill("ab")
    typed.page.get_by_label("longest input").fill("3")
    typed.write("hist = selector_width(select(tokens, tokens, ==));\ntwice = 2 * hist;")
    typed.page.get_by_role("region", name="Circuit").get_by_label("Circuit").select_option("head")
    typed.page.fill("#typed", "b a b")
    typed.page.get_by_role("slider").fill("1")
    with typed.page.expect_download() as saving:
        typed.page.get_by_role("button", name="Save this view as a page").click()
    file = tmp_path / "twice.html"
    assert saving.value.suggested_filename == file.name
    saving.value.save_as(file)
    shown = Shown(typed.page.context.browser, file)
    assert shown.outputs() == typed.outputs() == ["4", "2", "4"]
    step = shown.page.locator("[aria-current=step]").get_attribute("data-step")
    assert step == "1"
    assert shown.page.locator(".arcs [data-edge]").count() > 0
    shown.page.get_by_role("button", name="Copy a link to this view").wait_for()
    shown.context.close()
    assert shown.complaints == []


@pytest.mark.slow
def test_both_levels_stand_side_by_side(typed: Typed) -> None:
    typed.page.get_by_label("compile both levels").check()
    typed.settled()
    typed.page.get_by_role("button", name="Beside it: optimize=0").click()
    assert typed.page.get_by_role("region", name="The network at optimize=0").is_visible()


@pytest.mark.slow
def test_a_program_that_never_ends_is_stopped_and_one_goes_on_typing(typed: Typed) -> None:
    typed.page.get_by_label("language").select_option("python")
    typed.write("while True: pass")
    alert = typed.page.locator(".findings").inner_text()
    assert "more than 4 seconds" in alert
    assert "help: make the vocabulary, the length or the program smaller" in alert
    typed.write("from rasplab.rasp import indices\nx = indices + 1")
    assert typed.page.locator("h1").inner_text() == "x"


@pytest.mark.slow
def test_two_tabs_have_a_program_each_and_keep_it_when_loaded_anew(
    browser: Any, address: str
) -> None:
    first, second = Typed(browser, address), Typed(browser, address)
    first.write("one = indices + 1;")
    second.write("two = indices + 2;")
    for tab, name in ((first, "one"), (second, "two")):
        tab.page.reload()
        tab.page.wait_for_selector(".network", timeout=60_000)
        assert tab.page.locator("h1").inner_text() == name
        tab.context.close()
        assert tab.complaints == []


@pytest.mark.slow
def test_a_stopped_server_is_told_and_the_text_stays(browser: Any) -> None:
    playground = Playground(Pool(Limits(), python=False))
    thread = threading.Thread(target=playground.serve, daemon=True)
    thread.start()
    shown = Typed(browser, playground.address)
    playground.close()
    shown.write("mine = indices;")
    assert "does not answer" in shown.page.locator(".findings").inner_text()
    assert shown.page.locator(".cm-line").all_inner_texts() == ["mine = indices;"]
    assert shown.outputs(), "the last network can still be looked at"
    shown.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labels_contrast_and_width(size: Any, scheme: str, browser: Any, address: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make explorer`")
    shown = Typed(browser, address, size, bypass_csp=True, color_scheme=scheme)
    for text in ("x = select(tokens, indicez);", "twice = 2 * indices;"):
        shown.write(text)
        assert violations(shown.page) == []
        assert not shown.page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
    shown.context.close()


@pytest.mark.slow
def test_without_javascript_there_is_a_sentence_and_a_plan(browser: Any, address: str) -> None:
    viewport = {"width": NARROW[0], "height": NARROW[1]}
    context = browser.new_context(java_script_enabled=False, viewport=viewport)
    page = context.new_page()
    with page.expect_response("**/plan.svg") as answer:
        page.goto(address)
    assert answer.value.status == 200
    assert "needs JavaScript" in page.locator(".static p").text_content()
    box = page.locator(".static img").bounding_box()
    assert 340 < box["width"] <= NARROW[0] - box["x"]
    assert box["height"] > 200
    context.close()


@pytest.mark.slow
def test_the_keyboard_reaches_the_editor_and_the_options(typed: Typed) -> None:
    page = typed.page
    page.locator("h1").click()
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Control+Home")
    reached: set[str] = set()
    page.locator(".cm-content").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    for _ in range(14):
        reached.add(
            page.evaluate(
                "() => { const a = document.activeElement;"
                " return a.closest('label')?.innerText.trim() || a.id || a.innerText }"
            )
        )
        page.keyboard.press("Tab")
    for wanted in ("vocabulary", "longest input", "causal", "typed"):
        assert any(text.startswith(wanted) for text in reached), (wanted, reached)


@pytest.mark.slow
def test_an_edit_takes_little_time(typed: Typed) -> None:
    typed.write("x = selector_width(select(tokens, tokens, ==));")
    started = time.monotonic()
    typed.page.keyboard.insert_text(" # edited")
    typed.page.locator('.status[data-busy="true"]').wait_for()
    typed.page.locator('.status[data-busy="false"]').wait_for()
    assert time.monotonic() - started < 3, "seconds: ten times what it takes on an idle machine"
