"""At a prompt a refusal is its message alone; what is no refusal is shown as ever."""

import os
import subprocess
import sys

import pytest

TYPED = """\
import rasplab
from rasplab.rasp import *
rasplab.compile(hist, "abc", 5)
model = rasplab.compile(tokens, vocab="ab", max_length=2)
model("abab")
tokens[0]
"""


def typed(text: str, *options: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *options],
        input=text,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stderr


@pytest.mark.slow
def test_a_refusal_at_the_prompt_has_no_lines_of_ours() -> None:
    shown = typed(TYPED, "-i", "-q")
    assert "NameError: name 'hist' is not defined" in shown
    assert "error[E405]: the sequence has 4 tokens; the model takes at most 2" in shown
    assert "error[E102]: an expression has no items before it runs" in shown
    assert "rasplab/weights" not in shown.replace(os.sep, "/")
    assert "rasplab.diagnostics" not in shown


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    ("options", "environment"), [(("-i", "-q"), {"RASPLAB_TRACEBACK": "1"}), ((), {})]
)
def test_scripts_and_who_asks_have_the_whole_traceback(
    options: tuple[str, ...], environment: dict[str, str]
) -> None:
    text = "import rasplab\nrasplab.compile(rasplab.rasp.tokens, '', 2)\n"
    assert "in read_options" in typed(text, *options, **environment)


def test_another_hook_is_left_as_it_is() -> None:
    text = "import sys\nsys.excepthook = print\nimport rasplab\n"
    text += "print(sys.excepthook is print, file=sys.stderr)\n"
    assert "True" in typed(text, "-i", "-q")
