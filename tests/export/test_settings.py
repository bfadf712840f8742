"""A checkpoint whose settings are not those of its model is refused, whatever its sums say.

Tools run it as `config.json` and the tokenizer's files say; the proof is of what the model says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab import programs
from rasplab.diagnostics import ModelFileError
from rasplab.export.checkpoint import prove_pretrained
from rasplab.export.homes import HOMES
from tests.export.test_disguised import reseal

SETTINGS = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")


def saved(directory: Path, home: str, *, causal: bool) -> Path:
    program, vocabulary = programs.get("hist").at(3, 4)
    model = rasplab.compile(program, vocab=vocabulary, max_length=4, causal=causal)
    return model.save_pretrained(directory, architecture=home)


def other(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value / 2 + 1
        case str():
            return value + "x"
        case None:
            return 1
        case list():
            return [*value, 1]
        case dict():
            return value | {"more": 1}


def changed(data: Any) -> Iterator[Any]:
    """The same data with one thing changed, at a time: a field, a value, one field more."""
    for key, value in data.items():
        yield data | {key: other(value)}
        if isinstance(value, dict):
            yield from (data | {key: inner} for inner in changed(value))
        yield {k: v for k, v in data.items() if k != key}
    yield data | {"another": False}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("file", SETTINGS)
def test_every_setting_is_compared(file: str, home: str, causal: bool, tmp_path: Path) -> None:
    directory = saved(tmp_path / "x", home, causal=causal)
    assert prove_pretrained(directory).holds
    text = (directory / file).read_bytes()
    tried = 0
    for data in changed(json.loads(text)):
        reseal(directory, {file: json.dumps(data, indent=1).encode() + b"\n"})
        with pytest.raises(ModelFileError, match=f"E502(.|\n)*{file}"):
            rasplab.from_pretrained(directory)
        tried += 1
    assert tried > 5
    reseal(directory, {file: text})
    assert prove_pretrained(directory).holds


def test_two_words_that_change_their_ids_are_another_tokenizer(tmp_path: Path) -> None:
    directory = saved(tmp_path / "x", "gpt2", causal=False)
    tokenizer = json.loads((directory / "tokenizer.json").read_bytes())
    words = tokenizer["model"]["vocab"]
    one, two = [word for word in words if not word.startswith("<")][:2]
    words[one], words[two] = words[two], words[one]
    reseal(directory, {"tokenizer.json": json.dumps(tokenizer).encode()})
    with pytest.raises(ModelFileError, match="E502"):
        prove_pretrained(directory)
