"""E450: what the playground is asked for, and does not do."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_PLAY = "from rasplab.cli.play.engine import Request\n\n"

PAGES = (
    Page(
        "E450",
        "the playground was asked for what it does not do",
        """\
A length, a limit or a language that makes no sense, a Python program where only RASP text is
compiled, or a program that went beyond the limits of time and memory.""",
        """\
`rasplab play` has options for its limits. Python programs are run only by a playground that you
start yourself.""",
        _PLAY + 'Request.read({"source": "x = tokens;", "length": 0})',
        _PLAY + 'assert Request.read({"source": "x = tokens;", "length": 3}).length == 3',
    ),
)
