"""The page in a real browser: stepped, typed into, read back and compared with the model."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab.lab.realism import disguise
from rasplab.view.explorer import save_explorer
from tests.view.explorer.shown import AXE, NARROW, WIDE, texts, violations
from tests.view.explorer.test_engine import activations_of
from tests.view.explorer.test_page import HOSTILE, hostile_model
from tests.view.models import library_model

SECOND_LOOK = [pytest.param(name, marks=pytest.mark.slow) for name in ("reverse", "hist")]


@pytest.mark.parametrize("name", ["sort", *SECOND_LOOK])
def test_stepping_shows_every_variable_as_the_model_has_it(name: str, show: Any) -> None:
    model = library_model(name)
    sequence = [model.config.vocabulary[i] for i in (2, 0, 3, 0)]
    shown = show(model, sequence=sequence)
    traced = model.trace(sequence)
    names = [v.name for v in model.manifest.variables if v.name != "bos"]
    assert shown.strip(names[-1]) == [None] * 4, "nothing is shown before it is computed"
    steps = shown.page.locator("[data-step]").count()
    for _ in range(steps - 1):
        shown.page.keyboard.press("ArrowRight")
    assert shown.page.get_by_role("button", name="Step on").is_disabled()
    for variable in names:
        assert shown.strip(variable) == texts(traced.variable(variable)), variable
    assert shown.outputs() == texts(traced.output)


@pytest.mark.slow
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", [entry.name for entry in rasplab.programs.all()])
def test_every_library_program_is_stepped_through(name: str, optimize: int, show: Any) -> None:
    model = library_model(name, optimize=optimize)
    words = model.config.vocabulary
    sequence = [words[i % len(words)] for i in (1, 0, 2, 0)]
    shown = show(model, sequence=sequence)
    for step in range(shown.page.locator("[data-step]").count()):
        shown.page.get_by_role("slider").fill(str(step))
    traced = model.trace(sequence)
    assert len(shown.outputs()) == len(traced.output)
    for place in model.manifest.variables:
        if place.name != "bos":
            assert None not in shown.strip(place.name), place.name


@pytest.mark.slow
def test_buttons_and_the_slider_step_too(show: Any) -> None:
    page = show(library_model("sort")).page
    current = page.locator("[aria-current=step]")
    page.get_by_role("button", name="Step on").click()
    assert current.get_attribute("data-step") == "1"
    page.get_by_role("slider").fill("4")
    assert current.get_attribute("data-step") == "4"
    page.get_by_role("slider").press("ArrowLeft")
    assert current.get_attribute("data-step") == "3"
    page.get_by_role("button", name="Step back").click()
    assert current.get_attribute("data-step") == "2"


@pytest.mark.slow
def test_attention_hidden_units_and_stream_are_the_models_numbers(show: Any) -> None:
    model = library_model("sort")
    sequence = [3, 1, 5, 1]
    shown = show(model, sequence=sequence, fragment="#step=5")
    traced = model.trace(sequence)
    pattern = traced.attention(2, 0).array
    cells = shown.page.locator('[data-name="sort"] [data-weight]')
    assert cells.count() == len(sequence) * (len(sequence) + 1)
    for cell in cells.all():
        query, key = (int(cell.get_attribute(f"data-{axis}")) for axis in ("query", "key"))
        assert float(cell.get_attribute("data-weight")) == pytest.approx(
            pattern[query + 1, key], abs=1e-5
        )
    stream = traced.residual["2.attn"].array
    drawn = {
        (int(c["position"]), int(c["direction"])): float(c["value"])
        for c in shown.page.locator("rect[data-value]").evaluate_all(
            "all => all.map(r => ({...r.dataset}))"
        )
    }
    for position, row in enumerate(stream):
        for direction, number in enumerate(row):
            found = drawn.get((position, direction), 0.0)
            assert found == pytest.approx(number, abs=1e-3), (position, direction)
    shown.page.get_by_role("slider").fill("4")
    shown.page.locator('[data-name="rank"] summary').click()
    hidden = traced.hidden(1).array
    for cell in shown.page.locator('[data-name="rank"] [data-activity]').all():
        position, unit = (int(cell.get_attribute(f"data-{axis}")) for axis in ("position", "unit"))
        found = float(cell.get_attribute("data-activity"))
        assert found == pytest.approx(hidden[position + 1, unit], abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("norm", "activation"), [("layer", "gelu"), ("rms", "relu")])
def test_the_lanes_that_hold_norms_up_are_shown_with_their_numbers(
    norm: Any, activation: Any, show: Any
) -> None:
    model = disguise(library_model("sort"), norm=norm, activation=activation, dtype="float64")
    sequence = [3, 1, 5, 1]
    shown = show(model, sequence=sequence, fragment="#step=5")
    kept, _ = activations_of(model.weights, model.encode([sequence])[0, 1:].tolist())
    stream = kept["blocks.2.hook_resid_mid"]
    lanes = range(model.config.bare.d_model, model.config.d_model)
    drawn = {
        (int(c["position"]), int(c["direction"])): float(c["value"])
        for c in shown.page.locator('[data-group="norm lanes"] rect[data-value]').evaluate_all(
            "all => all.map(r => ({...r.dataset}))"
        )
    }
    assert drawn
    for position, row in enumerate(stream):
        for column in lanes:
            found = drawn.get((position, column), 0.0)
            assert found == pytest.approx(row[column], rel=1e-5, abs=1e-3), (position, column)
    assert "reads this behind" in shown.page.locator("[data-norm]").inner_text()
    shown.page.get_by_role("slider").press("End")
    assert shown.outputs() == texts(model(sequence))


@pytest.mark.slow
def test_an_input_that_is_typed_is_computed_in_the_page(show: Any) -> None:
    model = library_model("sort")
    shown = show(model)
    for typed, sequence in (("5 1 3", [5, 1, 3]), ("2", [2]), ("53211", [5, 3, 2, 1, 1])):
        shown.type(typed)
        assert shown.outputs() == texts(model(sequence))


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    ("typed", "complaint"),
    [("", "empty"), ("3 zebra", "“zebra” (position 1)"), ("1 1 1 1 1 1", "at most 5")],
)
def test_an_input_that_the_model_does_not_take_is_refused_with_a_reason(
    typed: str, complaint: str, show: Any
) -> None:
    shown = show(library_model("sort"), sequence=[2, 1])
    shown.type(typed)
    assert complaint in shown.page.get_by_role("alert").inner_text()
    assert shown.outputs() == ["1", "2"], "the last good input stays"
    shown.type("4 3")
    assert shown.page.get_by_role("alert").inner_text() == ""


@pytest.mark.slow
def test_an_expression_lights_up_what_belongs_to_it_and_the_other_way_round(show: Any) -> None:
    page = show(library_model("sort"), fragment="#step=6").page
    page.locator(".part", has_text="selector_width(before)").hover()
    lit = page.locator(".row.lit").evaluate_all("all => all.map(row => row.dataset.name)")
    assert lit == ["rank.part1", "rank.part2", "rank"]
    groups = page.locator(".group.lit").evaluate_all("all => all.map(g => g.dataset.group)")
    assert groups == lit
    page.locator('[data-name="sort"] button.name').hover()
    assert page.locator(".part.lit").all_inner_texts()[0].startswith("aggregate(")
    assert "sort" in page.locator(".expression.lit").inner_text()
    page.locator('[data-name="sort"] button.name').click()
    page.locator("h1").hover()
    assert page.locator(".row.lit").count() == 1, "what is clicked stays lit"


@pytest.mark.slow
def test_setting_a_variable_shows_what_changes_downstream(show: Any) -> None:
    model = library_model("sort")
    sequence = [4, 2, 5]
    shown = show(model, sequence=sequence, fragment="#step=4")
    form = shown.page.locator('[data-name="rank"] form.set')
    form.get_by_label("position").select_option("1")
    form.get_by_label("value").select_option("2")
    form.get_by_role("button").click()
    expected = model.run(sequence, {"rank": {1: 2}}, check=False)
    plain = model(sequence)
    assert [t.replace("–", "undefined") for t in shown.outputs()] == texts(expected)
    changed = shown.page.locator("[data-output].changed").count()
    assert changed == sum(a != b for a, b in zip(expected, plain, strict=True)) > 0
    shown.page.get_by_role("button", name="Take back rank at position 1").click()
    assert shown.outputs() == texts(plain)


@pytest.mark.slow
def test_a_view_is_shared_by_its_address(show: Any, browser: Any) -> None:
    first = show(library_model("sort"), sequence=[1])
    first.type("5 4")
    first.page.get_by_role("slider").fill("4")
    first.page.locator('[data-name="rank"] button.name').click()
    first.page.wait_for_url("**lit=rank")
    address = first.page.url
    second = first.context.new_page()
    second.goto(address)
    assert second.locator("#typed").input_value() == "5 4"
    assert second.locator("[aria-current=step]").get_attribute("data-name") == "rank"
    assert second.locator('[data-name="rank"] button.name').get_attribute("aria-pressed") == "true"


@pytest.mark.slow
def test_the_address_changes_seldom_and_ends_with_what_is_shown(show: Any) -> None:
    # some browsers refuse more than 100 changes in 30 seconds
    shown = show(library_model("sort"))
    shown.page.evaluate(
        """() => {
            window.changes = 0;
            const change = history.replaceState.bind(history);
            history.replaceState = (...given) => { window.changes++; change(...given); };
        }"""
    )
    started = time.monotonic()
    for key in [*["ArrowRight", "ArrowLeft"] * 15, "End"]:
        shown.page.keyboard.press(key)
    last = shown.page.locator("[data-step]").count() - 1
    shown.page.wait_for_url(f"**step={last}")
    assert shown.page.evaluate("window.changes") <= 2 + (time.monotonic() - started) / 0.35


@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_without_javascript_there_is_a_sentence_and_the_plan(
    size: tuple[int, int], browser: Any, tmp_path: Path
) -> None:
    file = save_explorer(library_model("sort"), tmp_path / "page.html")
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(java_script_enabled=False, viewport=viewport)
    page = context.new_page()
    page.goto(file.as_uri())
    said = page.locator(".static p")
    assert "needs JavaScript" in said.text_content()
    assert said.bounding_box()["x"] >= 8
    [plan] = [svg for svg in page.locator(".static svg").all() if svg.is_visible()]
    box = plan.bounding_box()
    assert box["x"] >= 8
    assert box["x"] + box["width"] <= size[0]
    heights = [text.bounding_box()["height"] for text in plan.locator("text").all()]
    assert min(heights) >= 9, "pixels of a text that can be read"
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param(WIDE, marks=pytest.mark.slow), NARROW])
@pytest.mark.parametrize("name", ["sort", "dyck2", *SECOND_LOOK])
def test_nothing_is_wider_than_the_screen(name: str, size: tuple[int, int], show: Any) -> None:
    shown = show(library_model(name), size=size)
    steps = shown.page.locator("[data-step]").count()
    for step in range(steps):
        shown.page.get_by_role("slider").fill(str(step))
        for opened in shown.page.locator("details").all():
            opened.evaluate("element => element.open = true")
        assert not shown.overflows(), step


@pytest.mark.slow
def test_everything_is_reached_by_keyboard(show: Any) -> None:
    page = show(library_model("hist")).page
    page.locator("h1").click()
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(a => a.getAttribute('aria-label') || a.innerText || a.id)(document.activeElement)"
            )
        )
    for wanted in ("typed", "Step on", "Step", "Open hist", "hist"):
        assert any(re.match(wanted, text) for text in reached), (wanted, reached)


@pytest.mark.slow
def test_the_arrow_keys_choose_a_cell_of_a_grid_and_what_makes_its_score(show: Any) -> None:
    page = show(library_model("sort"), sequence=[3, 1, 2], fragment="#step=5").page
    card = page.locator('[data-name="sort"]')
    card.get_by_text("Q·K table").click()
    grid = card.get_by_role("group", name="attention", exact=True)
    grid.focus()
    page.keyboard.press("ArrowRight")  # from none to the first
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    chosen = grid.locator("td.at")
    assert (chosen.get_attribute("data-query"), chosen.get_attribute("data-key")) == ("1", "3")
    said = card.locator('[aria-live="polite"]')
    assert said.inner_text().startswith("Position 1 as query, position 2 as key")
    assert page.locator("[aria-current=step]").get_attribute("data-name") == "sort"
    page.keyboard.press("Escape")
    assert said.inner_text().startswith("Point at a cell of a grid above, or reach the grid with")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert page.locator("[aria-current=step]").get_attribute("data-name") == "tokens"


@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_long_input_is_scrolled_by_keys_all_strips_together(
    size: tuple[int, int], show: Any
) -> None:
    program, vocabulary = rasplab.programs.get("sort").at(30, 30)
    model = rasplab.compile(program, vocab=vocabulary, max_length=30)
    shown = show(model, sequence=vocabulary, size=size, bypass_csp=True)
    page = shown.page
    page.locator('[data-name="indices"] .strip').focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.strip').scrollLeft > 40")
    page.wait_for_timeout(500)
    at = page.locator(".strip").evaluate_all("all => all.map(strip => strip.scrollLeft)")
    assert len(at) == 1 + page.locator("[data-step]").count()
    assert len(set(at)) == 1
    assert page.locator("[aria-current=step]").get_attribute("data-step") == "0"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.locator("[aria-current=step]").get_attribute("data-step") == "1"
    assert not shown.overflows()
    if AXE.exists():
        assert violations(page) == []


@pytest.mark.slow
def test_hostile_names_and_tokens_are_only_text(show: Any) -> None:
    shown = show(hostile_model(), sequence=HOSTILE[:3])
    for _ in range(4):
        shown.page.keyboard.press("ArrowRight")
    assert shown.page.evaluate("window.hacked") is None
    assert shown.page.locator("img").count() == 0
    assert shown.outputs()[0] == HOSTILE[0]
    shown.type("'<script>window.hacked=1</script>'")
    assert shown.page.evaluate("window.hacked") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labels_and_contrast_are_what_axe_asks_for(
    scheme: str, browser: Any, tmp_path: Path
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make explorer`")
    file = save_explorer(library_model("sort"), tmp_path / "page.html")
    page = browser.new_page(bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
    for step in (0, 3, 5):
        page.goto(f"{file.as_uri()}#step={step}&lit=rank")
        page.reload()
        for opened in page.locator("details").all():
            opened.evaluate("element => element.open = true")
        assert violations(page) == []
    page.close()


@pytest.mark.slow
def test_stepping_takes_little_time(show: Any) -> None:
    program, vocabulary = rasplab.programs.get("sort").at(10, 10)
    model = rasplab.compile(program, vocab=vocabulary, max_length=10)
    shown = show(model, sequence=vocabulary)
    took = shown.page.evaluate(
        """async () => {
            const slider = document.querySelector('input[type=range]');
            const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
            const times = [];
            for (let step = 1; step < 7; step++) {
                const start = performance.now();
                setter.call(slider, step);
                slider.dispatchEvent(new Event('input', { bubbles: true }));
                await new Promise(done => setTimeout(done));
                document.body.offsetHeight;
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b)[3];
        }"""
    )
    assert took < 500, "milliseconds: ten times what it takes on an idle machine"
