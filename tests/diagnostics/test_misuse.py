"""Arguments of the wrong kind are told as what they are, not as Python's own errors within."""

from collections.abc import Callable
from typing import Any

import pytest

import rasplab
from rasplab import RasplabError
from rasplab.rasp import full, is_in, tokens


def model() -> Any:
    return rasplab.compile(tokens, vocab="ab", max_length=2)


@pytest.mark.parametrize(
    ("code", "misuse"),
    [
        ("E104", lambda: is_in(tokens, 5)),  # type: ignore[arg-type]
        ("E102", lambda: tokens[0]),
        ("E102", lambda: full[0]),
        ("E504", lambda: model().save(5)),
        ("E410", lambda: model().torch(dtype="nonsense")),
        ("E410", lambda: model().torch(dtype=5)),
        ("E409", lambda: model().torch(device="nowhere")),
        ("E409", lambda: model().torch(device=[])),
    ],
    ids=range(8),
)
def test_misuse_is_a_diagnostic(code: str, misuse: Callable[[], Any]) -> None:
    with pytest.raises(RasplabError) as caught:
        misuse()
    assert caught.value.code == code
