"""Running the examples of the catalogue: what each bad one says, and that each mended one runs."""

from __future__ import annotations

import contextlib
import functools
import io
import linecache
import os
import tempfile
from collections.abc import Generator

from rasplab.diagnostics.catalogue.page import Page
from rasplab.diagnostics.errors import RasplabError

FILE = "example.py"


def run_example(code: str) -> None:
    """Run an example in a directory of its own; its lines are known by the name `example.py`."""
    with _elsewhere():
        _run(code)


@functools.cache
def finding_of(page: Page) -> tuple[str, str]:
    """The code and the text of what a page's bad example raises; paths start from its directory."""
    with _elsewhere() as directory:
        try:
            _run(page.bad)
        except RasplabError as error:
            return error.code, str(error).replace(f"{directory}{os.sep}", "")
    return "", "nothing was raised"


def _run(code: str) -> None:
    namespace: dict[str, object] = {"__name__": "example"}
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, FILE, "exec"), namespace)


@contextlib.contextmanager
def _elsewhere() -> Generator[str]:
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        yield os.path.realpath(directory)
