"""One way to read text: a word on the command line, in --vocab, in Python."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import rasplab
from rasplab import InputError, programs
from rasplab.cli import main
from rasplab.rasp import select, selector_width, tokens

PROGRAM = """\
from rasplab.rasp import select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "=="))
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text(PROGRAM)
    Path("my.rasp").write_text("hist = selector_width(select(tokens, tokens, ==));\n")


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[object], object, str]:
    """The input as it was read, the last row, and what was said aloud."""
    assert main(["run", *arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    rows = json.loads(out)
    return rows["input"], list(rows.values())[-1], err


@pytest.mark.everyday(14)
@pytest.mark.parametrize(
    ("arguments", "read", "gives"),
    [
        (["palindrome", "abca"], ["a", "b", "c", "a"], [False] * 4),
        (["palindrome", "abba"], ["a", "b", "b", "a"], [True] * 4),
        (["hist", "hello"], list("hello"), [1, 1, 2, 2, 1]),
        (["hist", "1221"], list("1221"), [2, 2, 2, 2]),
        (["hist", "the cat the"], ["the", "cat", "the"], [2, 1, 2]),
        (["hist", "the", "cat", "the"], ["the", "cat", "the"], [2, 1, 2]),
        (["addition", "123+989"], list("123+989"), [0, 0, 0, 1, 1, 1, 2]),
        (["addition", "1", "+", "8"], ["1", "+", "8"], [0, 0, 9]),
        (["dyck1", "(())"], list("(())"), ["P", "P", "P", "T"]),
        (["sort", "hello"], list("hello"), list("ehllo")),
        (["sort", "3", "1", "2"], [3, 1, 2], [1, 2, 3]),
        (["sort", "7"], [7], [7]),
        (["count(value='b')", "abb"], list("abb"), [2, 2, 2]),
        (["my.py:hist", "abca"], list("abca"), [2, 1, 1, 2]),
        (["my.py:hist", "0110"], list("0110"), [2, 2, 2, 2]),
        (["my.rasp:hist", "121"], list("121"), [2, 1, 2]),
        (["my.rasp:hist", "1", "2", "1"], [1, 2, 1], [2, 1, 2]),
        (["my.py:hist", "True"], [True], [1]),
        (["my.py:hist", "1e400", "1e40"], ["1e400", int(1e40)], [1, 1]),
        (["my.py:hist", "the", "--vocab", "the cat"], ["the"], [1]),
        (["my.py:hist", "aab", "--vocab", "ab"], ["a", "a", "b"], [2, 2, 1]),
        (["sort", "321", "--split", "characters"], ["3", "2", "1"], ["1", "2", "3"]),
        (["hist", "hello", "--split", "words"], ["hello"], [1]),
        (["hist", "a b", "--split", "characters"], ["a", " ", "b"], [1, 1, 1]),
    ],
)
def test_a_word_alone_is_its_characters_and_several_words_are_several_tokens(
    capsys: pytest.CaptureFixture[str], arguments: list[str], read: list[object], gives: object
) -> None:
    got, last, _ = ran(capsys, *arguments)
    assert repr(got) == repr(read)
    assert last == gives


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sort", "42"], "`42` is read as one token, a token of the vocabulary"),
        (["sort", "4217"], "`4217` is read as one token, the number 4217"),
        (["my.py:hist", "121"], "`121` is read as one token, the number 121"),
        (["my.py:hist", "True"], "`True` is read as one token, the boolean True"),
        (["my.py:hist", "ab", "--vocab", "a b ab"], "`ab` is read as one token"),
        (["my.rasp:hist", "aa bb", "--vocab", "ab"], "`aa bb` is read as 2 words"),
    ],
)
def test_what_is_doubtful_is_said_aloud(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    _, _, err = ran(capsys, *arguments)
    assert err.startswith(f"note: {said}")
    assert err.endswith("say --split characters\n")


@pytest.mark.parametrize("typed", ["3,1,2", "[3,1,2]", "(3,1,2)"])
def test_that_commas_do_not_divide_is_said_aloud(
    capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    read, _, err = ran(capsys, "sort", typed)
    assert read == list(typed)
    said = "commas are characters of the sequence; blanks divide tokens"
    assert err == f"note: {said}: `3 1 2`\n"


@pytest.mark.parametrize(
    "arguments",
    [["hist", "hello"], ["sort", "3 1 2"], ["addition", "1+8"], ["hist", "a,b", "--vocab", ",ab"]],
)
def test_what_is_plain_is_read_without_a_word(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert not ran(capsys, *arguments)[2]


def test_words_are_refused_where_only_characters_make_sense(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "addition", "12 + 34"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error[E404]: `12` is one token here")
    assert "`12+34`" in err


@pytest.mark.parametrize(
    ("program", "vocab", "shown", "said"),
    [
        ("my.py:hist", "abc", "3 tokens: a b c", ""),
        ("my.py:hist", "the cat", "2 tokens: the cat", ""),
        ("my.py:hist", "0..3", "4 tokens: 0 1 2 3", ""),
        ("my.py:hist", "10", "1 token: 10", "the one token 10"),
        ("my.py:hist", "a,b", "3 tokens: a , b", ""),
        ("my.py:hist", "a,b,c", "4 tokens: a , b c", "its characters a , b c"),
        ("hist", "01", "2 tokens: '0' '1'", ""),
        ("my.rasp:hist", "10", "2 tokens: '1' '0'", ""),
    ],
)
def test_a_vocabulary_is_read_as_a_sequence_is(
    capsys: pytest.CaptureFixture[str], program: str, vocab: str, shown: str, said: str
) -> None:
    assert main(["show", program, "--vocab", vocab, "--max-length", "2"]) == 0
    out, err = capsys.readouterr()
    assert f"{shown}\n" in out
    assert said in err
    assert bool(said) == bool(err)


def test_a_saved_model_runs_on_what_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "hist", "--max-length", "5", "-o", "./hist-model"]) == 0
    capsys.readouterr()
    assert ran(capsys, "./hist-model", "abca") == (list("abca"), [2, 1, 1, 2], "")
    assert ran(capsys, "hist-model", "a b a") == (list("aba"), [2, 1, 2], "")
    assert main(["run", "hist-model", "xyz"]) == 1
    assert capsys.readouterr().err.startswith("error[E404]: 'x' at position 0")
    assert main(["run", "hist-model", "ab", "--causal"]) == 1
    assert capsys.readouterr().err.startswith("error[E804]")


HIST = selector_width(select(tokens, tokens, "=="))


@pytest.fixture(scope="module")
def letters() -> rasplab.Model:
    return rasplab.compile(HIST, vocab="abc", max_length=5)


@pytest.fixture(scope="module")
def numbers() -> rasplab.Model:
    return rasplab.compile(programs.sort(), vocab=np.arange(3), max_length=4)


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments)  # type: ignore[operator]
    return str(caught.value)


def test_what_python_reads_otherwise_than_meant_is_refused_with_the_hint(
    letters: rasplab.Model, numbers: rasplab.Model
) -> None:
    words = rasplab.compile(HIST, vocab=["the", "cat"], max_length=5)
    assert "`'a b c'.split()`" in refused(letters, "a b c")
    assert "`'the cat'.split()`" in refused(words, "the cat")
    assert "write `['the']`" in refused(words, "the")
    assert "write `[2, 0, 1]`" in refused(numbers, "201")
    assert "write `[2, 0]`" in refused(numbers, "2 0")
    assert "write `model('abc')`" in refused(letters.batch, "abc")
    assert "one sequence is written `model([1, 2])`" in refused(numbers.batch, [1, 2])
    assert "put it into a list: `[2]`" in refused(numbers.batch, [[1, 2], 2])
    assert "`model.batch(['abc', ...])`" in refused(letters, ["abc", "ab"])
    assert "`model.batch([...])`" in refused(numbers, [[1, 2], [0]])
    assert "token ids are for" in refused(letters, [0, 2, 3])
    assert "`model('abc')`" in refused(letters.encode, "abc")
    assert "`'a b'.split()`" in refused(lambda: rasplab.compile(HIST, vocab="a b", max_length=2))


@pytest.mark.parametrize(
    "sequence",
    [
        np.array([2, 0, 1]),
        np.array([2.0, 0, 1]),
        torch.tensor([2, 0, 1]),
        (2, 0, 1),
        iter([2, 0, 1]),
    ],
    ids=["int array", "float array", "tensor", "tuple", "iterator"],
)
def test_arrays_and_tensors_are_sequences(numbers: rasplab.Model, sequence: object) -> None:
    assert numbers(sequence) == [0, 1, 2]  # type: ignore[arg-type]


def test_arrays_and_tensors_are_batches_and_vocabularies(numbers: rasplab.Model) -> None:
    both = [[2, 0, 1], [1, 1, 0]]
    assert numbers.batch(np.array(both)) == [[0, 1, 2], [0, 1, 1]]  # type: ignore[arg-type]
    assert numbers.batch(torch.tensor(both)) == [[0, 1, 2], [0, 1, 1]]  # type: ignore[arg-type]
    assert programs.sort()(torch.tensor([3, 1])) == [1, 3]
    assert programs.sort()([torch.tensor(3), torch.tensor(0.5)]) == [0.5, 3]
    model = rasplab.compile(HIST, vocab=torch.arange(3), max_length=2)
    assert model.config.vocabulary == (0, 1, 2)


def test_the_list_is_also_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == [entry.name for entry in programs.all()]
    (parts,) = (entry for entry in listed if entry["name"] == "sort")
    assert parts["vocabulary"] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["x:y", "x (old)"])
def test_a_model_directory_may_be_called_as_it_likes(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rasplab.compile(tokens, vocab="ab", max_length=2).save(name)
    assert ran(capsys, name, "ab") == (["a", "b"], ["a", "b"], "")
