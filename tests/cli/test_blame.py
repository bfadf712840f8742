"""What a program of the library cannot take is shown among the tokens, not in its source."""

from pathlib import Path

import pytest

from rasplab.cli import main


@pytest.mark.parametrize(
    ("arguments", "place", "marked"),
    [
        ("run sort a b 3", "tokens:1:5", "a number among words"),
        ("run sort a b 3 --compiled", "tokens:1:5", "a number among words"),
        ("run greatest 10 20 b", "tokens:1:7", "a word among numbers"),
        ("run average a b c", "tokens:1:1", "a word"),
        ("run running_sum 1 b 3", "tokens:1:3", "a word among numbers"),
        ("trace sort a b 3", "vocabulary:1:5", "a number among words"),
    ],
)
def test_a_token_that_a_library_program_cannot_take_is_pointed_at(
    capsys: pytest.CaptureFixture[str], arguments: str, place: str, marked: str
) -> None:
    assert main(arguments.split()) == 1
    shown = capsys.readouterr().err.splitlines()
    assert shown[1].strip() == f"--> {place}"
    assert shown[3].removeprefix("  | ").lstrip(" ^") == marked
    column = int(place.rpartition(":")[2]) - 1
    assert shown[3].index("^") == column + len("1 | ")
    assert "sorting.py" not in "\n".join(shown)
    assert "arithmetic.py" not in "\n".join(shown)


def test_a_program_of_the_users_own_is_pointed_at_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from rasplab.rasp import select, selector_width, tokens\n"
        'rank = selector_width(select(tokens, tokens, "<"))\n'
    )
    assert main(["run", f"{file}:rank", "a", "3"]) == 1
    assert "mine.py:2:" in capsys.readouterr().err


def test_a_program_that_orders_words_is_compiled_for_words_though_its_example_is_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "sort", "c", "a", "b", "--compiled"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["input", "c", "a", "b"],
        ["program", "a", "b", "c"],
        ["model", "a", "b", "c"],
    ]
    assert main(["trace", "sort", "c", "a", "b"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["output", "a", "b", "c"]
