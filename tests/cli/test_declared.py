"""`--inputs` and `--check`: for which inputs a program is meant, on the command line."""

from pathlib import Path

import pytest

from tests.cli.test_commands import Shell, shell

__all__ = ["shell"]

PROGRAM = """\
from rasplab.rasp import aggregate, indices, select, tokens

place = aggregate(select(tokens, "=", "=="), indices).named("place")
square = place * place
earlier = aggregate(select(indices, indices, "<"), tokens).named("earlier")
"""
SIZES = ("--vocab", "ab=", "--max-length", "6")


@pytest.fixture
def saved(shell: Shell) -> Shell:
    Path("p.py").write_text(PROGRAM)
    Path("examples.txt").write_text("a=b\n\nab=\n")
    pattern = "[ab]*=[ab]*"
    assert shell("compile", "p.py:square", *SIZES, "--inputs", pattern, "-o", "saved") == 0
    return shell


@pytest.mark.slow
def test_a_saved_model_is_verified_on_its_declared_inputs(saved: Shell) -> None:
    assert saved("verify", "saved", "--program", "p.py:square") == 0
    assert "inputs: meant for those that match '[ab]*=[ab]*'" in saved.out
    assert "equal on 321 sequences (every input of those that match" in saved.out
    assert "weights: what this version compiles the program to, with the same" in saved.out
    assert saved("verify", "saved", "--program", "p.py:square", "--inputs", "examples.txt") == 0
    assert "those that are both those like 2 examples and those that match" in saved.out
    assert "like those in the file examples.txt" in saved.err
    assert saved("verify", "saved", "--program", "p.py:square", "--inputs", "a*=") == 0
    assert "every input of those that are both those that match 'a*=' and" in saved.out
    assert saved("show", "saved") == 0
    assert "[ab]*=[ab]*" in saved.out


def test_inputs_that_the_model_is_not_meant_for_are_refused(saved: Shell) -> None:
    Path("others.txt").write_text("a==\n")
    assert saved("verify", "saved", "--inputs", "others.txt") != 0
    assert "E424" in saved.err
    assert saved("run", "saved", "ab=", "--inputs", "a*=") != 0
    assert "--inputs makes no sense for a saved model" in saved.err


def test_a_pattern_of_other_tokens_than_the_input_needs_a_vocabulary(saved: Shell) -> None:
    asked = ("run", "p.py:square", "a=", "--inputs", "[ab]*\\=[ab]*", "--check")
    assert saved(*asked) == 1
    assert "the pattern '[ab]*\\=[ab]*' cannot be read: 'b' is no token" in saved.err
    assert (
        "help: give all tokens of the pattern as the vocabulary: `vocab=`, `--vocab`" in saved.err
    )
    assert saved(*asked, "--vocab", "ab=") == 0
    assert saved.rows()["model"] == ["1", "1"]


def test_check_says_what_it_checks(saved: Shell) -> None:
    assert saved("run", "saved", "ab=", "--check") == 0
    assert "the program is not known" in saved.err
    assert saved.rows()["model"] == ["4", "4", "4"]
    assert saved("run", "saved", "a==", "--check") != 0
    assert "E427" in saved.err
    assert saved("run", "p.py:square", "a=b", "--check", "--inputs", "[ab]*=[ab]*") == 0
    assert saved.rows()["model"] == ["1", "1", "1"]
    assert saved("run", "p.py:square", "a=b", "--check", "--inputs", "[ab]*=") != 0
    assert "E427" in saved.err


def test_a_file_of_examples_that_cannot_be_read_is_said_to(saved: Shell) -> None:
    Path("bytes.txt").write_bytes(b"\xff\xfe=")
    assert saved("compile", "p.py:square", *SIZES, "--inputs", "bytes.txt", "-o", "m") != 0
    assert "E413" in saved.err
    Path("empty.txt").write_text("\n")
    assert saved("compile", "p.py:square", *SIZES, "--inputs", "empty.txt", "-o", "m") != 0
    assert "E425" in saved.err
    assert saved("compile", "p.py:square", *SIZES, "--inputs", "[ab", "-o", "m") != 0
    assert "E424" in saved.err
    assert not Path("m").exists()


def test_where_a_program_has_no_value_its_outputs_are_not_probed_to_be_decided(
    saved: Shell,
) -> None:
    assert saved("compile", "p.py:earlier", *SIZES, "-o", "words") == 0
    assert saved("verify", "words") == 0
    assert "the program need not have a value on all of them" in saved.out
