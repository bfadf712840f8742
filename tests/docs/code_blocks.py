"""The Python blocks of a Markdown page: finding them, and running them as one session."""

import doctest
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
SKIP = re.compile(r"<!--\s*skip:\s*\S.*-->$")
PYTHON = {"python", "py", "pycon"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is that of its first line of code, counted from 1."""

    code: str
    line: int


def python_blocks(text: str) -> tuple[Block, ...]:
    """The blocks to run: not those after `<!-- skip: reason -->`."""
    blocks: list[Block] = []
    fence: re.Match[str] | None = None
    start, before = 0, ""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if fence is None:
            fence, start = FENCE.match(line), number
            if fence is None and line.strip():
                before = line.strip()
        elif line.strip() == fence["ticks"]:
            if _language(fence["info"]) in PYTHON and not SKIP.match(before):
                blocks.append(
                    Block(textwrap.dedent("\n".join(lines[start : number - 1])), start + 1)
                )
            fence, before = None, ""
    return tuple(blocks)


def with_blank_lines(code: str) -> str:
    """Empty lines inside an output, which pages show as they are printed, as doctest wants them.

    One before a prompt, or at the end, separates examples as everywhere.
    """
    lines = code.split("\n")
    following = ">>>"
    for number in reversed(range(len(lines))):
        if lines[number].strip():
            following = lines[number]
        elif not following.lstrip().startswith(">>>"):
            lines[number] = "<BLANKLINE>"
    return "\n".join(lines)


def run_page(page: Path) -> None:
    """Run a page's blocks in one namespace; a traceback shows the page and its line."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in python_blocks(page.read_text(encoding="utf-8")):
        if block.code.lstrip().startswith(">>>"):
            _run_examples(block, page, namespace)
        else:
            code = "\n" * (block.line - 1) + block.code
            exec(compile(code, str(page), "exec"), namespace)


def _language(info: str) -> str:
    """The first word of `python title="x"` or `{.python .annotate}`."""
    return (re.findall(r"\w+", info) or [""])[0]


def _run_examples(block: Block, page: Path, namespace: dict[str, Any]) -> None:
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    code = with_blank_lines(block.code)
    examples = doctest.DocTestParser().get_examples(code + "\n", str(page))
    test = doctest.DocTest(examples, {}, page.name, str(page), block.line - 1, block.code)
    test.globs = namespace
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=options)
    if runner.run(test, out=report.append, clear_globs=False).failed:
        raise AssertionError("".join(report))
