"""The edges of a session: piped lines, a line editor, and what is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("prompt_toolkit")

from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from rasplab.cli.repl.session import Session
from rasplab.cli.repl.terminal import prompt_session

EXAMPLE = " \t Example:"
SAID = f"""\
RASP in rasplab, :help for help
running example is: hello
>>      s-op: twice
{EXAMPLE} twice("hello") = [0, 2, 4, 6, 8] (ints)
>> ..     value: x =  3
>> \n"""


def piped(text: bytes, *options: str) -> tuple[str, str, int]:
    """What `rasplab repl` says to piped lines."""
    code = "import sys; from rasplab.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "repl", *options], input=text, capture_output=True, check=False
    )
    return done.stdout.decode(), done.stderr.decode(), done.returncode


@pytest.mark.slow
def test_piped_lines_give_a_plain_transcript() -> None:
    assert piped(b"twice = indices * 2;\nx = 1 +\n2;\n") == (SAID, "", 0)


@pytest.mark.slow
def test_a_transcript_may_hold_what_was_read_too(tmp_path: Path) -> None:
    (tmp_path / "file.rasp").write_text("a = 1;")
    said, _, _ = piped(b"a +\n1;\nexit\na;\n", "--echo", str(tmp_path / "file.rasp"))
    assert said.split("\n")[2:] == [
        "    value: a =  1", ">> a +", ".. 1;", "    value: out =  2", ">> exit", "",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_line_that_is_no_text_is_an_error_and_not_the_end() -> None:
    said, wrong, code = piped(b"a = \xff;\nb = 2;\nc = (")
    assert "error[E711]: this line is not UTF-8" in said
    assert "    value: b =  2" in said
    assert "this `(` is never closed" in said
    assert (wrong, code) == ("", 0)


def test_the_line_editor_takes_whole_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    session = Session()
    session.feed("histogram = 1;")
    with create_pipe_input() as keys:
        prompt = prompt_session(session, input=keys, output=DummyOutput())
        keys.send_text("a = (1 +\r2);\r")
        assert prompt.prompt() == "a = (1 +\n2);"
        assert prompt.completer is not None
        completions = prompt.completer.get_completions
        found = [list(completions(Document(text), CompleteEvent())) for text in ("1 + his", ":com")]
        assert [[one.text for one in some] for some in found] == [["histogram"], [":compile"]]
        keys.send_text("\r")
        assert prompt.prompt() == ""
    assert "+a = (1 +" in (tmp_path / "rasplab" / "history").read_text("utf-8")


def test_colours_are_of_the_language() -> None:
    from rasplab.cli.repl.highlighting import highlighter

    line = highlighter().lex_document(Document('x = select(tokens, "a", ==); # all'))(0)
    styles = {text: style for style, text, *_ in line}
    assert "keyword" not in styles["x"]
    assert "builtin" in styles["select"]
    assert "string" in styles['"a"']
    assert "comment" in styles["# all"]
