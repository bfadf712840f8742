"""What a public result is made of shows itself in at most 2,000 characters, however large it is."""

from collections.abc import Iterator
from typing import Any

import pytest

import rasplab
from rasplab import rasp
from rasplab.checker import prove

LONGEST = 2_000
DEPTH = 3


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Those of a model whose tokens and values are many, and whose words are long."""
    words = [f"a rather long word, number {i}" for i in range(150)]
    hist = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "=="))
    program = rasp.where(hist > 1, rasp.tokens, "once").named("often")
    model = rasplab.compile(program, words, 4)
    return {
        "model": model,
        "config": model.config,
        "certificate": model.certificate,
        "verification": model.verify(samples=20),
        "trace": model.trace(words[:4]),
        "circuit": model.circuit(),
        "manifest": model.manifest,
        "causal model": model.causal_model(2),
        "data set": model.dataset(30),
        "proof": prove(model.weights),
        "names": model.names(),
        "vocabulary": model.words,
    }


def parts(whole: Any, depth: int, path: str) -> Iterator[tuple[str, Any]]:
    """A value of ours, and those that its public attributes hold, or the first of many."""
    if not type(whole).__module__.startswith("rasplab"):
        return
    yield path, whole
    if not depth:
        return
    for name in sorted(n for n in dir(type(whole)) if not n.startswith("_")):
        value = getattr(whole, name, None)
        if isinstance(value, tuple | list) and value:
            value, name = value[0], f"{name}[0]"
        if not callable(value):
            yield from parts(value, depth - 1, f"{path}.{name}")


@pytest.mark.slow
def test_nothing_prints_more_than_two_kilobytes(results: dict[str, Any]) -> None:
    long: dict[str, int] = {}
    seen = 0
    for name, result in results.items():
        for path, part in parts(result, DEPTH, name):
            seen += 1
            text = repr(part)
            if len(text) > LONGEST:
                long[f"{path} ({type(part).__name__})"] = len(text)
    assert seen > 50
    assert not long


def test_a_config_is_a_line(results: dict[str, Any]) -> None:
    text = repr(results["config"])
    assert len(text) < 200
    assert "150 tokens" in text
