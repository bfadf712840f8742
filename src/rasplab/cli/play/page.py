"""The playground's page: the explorer's, with an editor and somebody to ask."""

from __future__ import annotations

from rasplab.cli.play.examples import examples
from rasplab.view.explorer.page import POLICY as _POLICY
from rasplab.view.explorer.page import as_script, asset

POLICY = f"{_POLICY}; connect-src 'self'"

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
step; <code>rasplab plan</code> draws the network.</p>
</div></noscript>
<script type="application/json" id="rasplab-playground">{setup}</script>
<script>{script}</script>
</body>
</html>
"""


def play_page(*, python: bool) -> str:
    """The page as text; with `python` its programs may be Python, which the server runs."""
    known = [e.data() for e in examples() if python or e.language == "rasp"]
    languages = ["rasp", "python"] if python else ["rasp"]
    return _PAGE.format(
        style=asset("explorer.css"),
        setup=as_script({"engine": "server", "languages": languages, "examples": known}),
        script=asset("play.js"),
    )
