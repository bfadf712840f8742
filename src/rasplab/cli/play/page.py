"""The playground's page: the explorer's, with an editor and somebody to ask."""

from __future__ import annotations

from functools import cache

from rasplab.cli.play.examples import examples
from rasplab.view.explorer.page import POLICY as _POLICY
from rasplab.view.explorer.page import as_script, asset

POLICY = f"{_POLICY} 'self'; connect-src 'self'"
"""As that of a page, whose last part says where images come from; and the server is asked."""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>rasplab playground</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="explorer"></div>
<noscript><div class="static">
<h1>rasplab playground</h1>
<p>This page needs JavaScript. In a terminal <code>rasplab trace</code> shows the same, step by
step; <code>rasplab plan</code> draws the network, such as that of the first example:</p>
<img src="plan.svg" alt="The plan of the first example: its heads, hidden units and variables">
</div></noscript>
<script type="application/json" id="rasplab-playground">{setup}</script>
<script>{script}</script>
</body>
</html>
"""


@cache
def first_plan() -> str:
    """The plan of the first example as SVG, which only browsers without JavaScript ask for."""
    import rasplab
    from rasplab.rasp.syntax.program import parse
    from rasplab.view import plan
    from rasplab.view.look import NARROW

    first = examples()[0]
    program = list(parse(first.source, file=first.label).values())[-1]
    model = rasplab.compile(program, vocab=first.vocabulary, max_length=first.length)
    return plan(model, size=NARROW).svg()


def play_page(*, python: bool) -> str:
    """The page as text; with `python` its programs may be Python, which the server runs."""
    known = [e.data() for e in examples() if python or e.language == "rasp"]
    languages = ["rasp", "python"] if python else ["rasp"]
    return _PAGE.format(
        style=asset("explorer.css"),
        setup=as_script({"engine": "server", "languages": languages, "examples": known}),
        script=asset("play.js"),
    )
