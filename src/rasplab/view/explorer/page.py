"""One HTML file: the document, and the program of the page, which needs no network."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from rasplab.view.explorer.circuits import Choice
from rasplab.view.explorer.document import Document, document_of
from rasplab.weights.directory import write_file

if TYPE_CHECKING:
    from rasplab.model import Model

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="explorer" data-view="{view}"></div>
<noscript><div class="static">
<h1>{title}</h1>
<p>This page runs the model in the browser, for which it needs JavaScript. This is its plan:</p>
<div class="wide">{plan}</div>
<div class="narrow">{narrow}</div>
</div></noscript>
<script type="application/json" id="rasplab-document">{document}</script>
<script>{script}</script>
</body>
</html>
"""

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""A page that loads nothing and sends nothing, whatever the names in it are."""


def explorer_page(
    model: Model,
    sequence: Iterable[object] | None = None,
    *,
    name: str | None = None,
    about: str = "",
    circuits: Choice = False,
    beside: Model | None = None,
    view: str = "",
) -> str:
    """The page of a model as text; `sequence` is the input that it begins with.

    `name` and `about` are its title, by default the program's name, and a sentence below it.
    `circuits=True` computes the ground truth at every level and for every ablation, pairs such as
    `[("head", "zero")]` only these; `beside` is a second model that is shown on the same input.
    `view` is what it shows at first, as in the fragment of its address; what of it does not fit
    the model is left out.

    Raises:
        InputError: E401 to E405, for a sequence that the model does not take; E440 for circuits
            that the page cannot draw, or a second model for other inputs.
    """
    from rasplab.view import plan, plan_svg
    from rasplab.view.look import NARROW

    document = document_of(
        model, sequence, name=name, about=about, circuits=circuits, beside=beside
    )
    return _PAGE.format(
        policy=POLICY,
        title=f"{escape(document.name)}: a compiled transformer",
        style=asset("explorer.css"),
        plan=plan_svg(model),
        narrow=plan(model, size=NARROW).svg(),
        view=escape(view),
        document=embedded(document),
        script=asset("explorer.js"),
    )


def save_explorer(
    model: Model,
    path: str | Path,
    sequence: Iterable[object] | None = None,
    *,
    name: str | None = None,
    about: str = "",
    circuits: Choice = False,
    beside: Model | None = None,
) -> Path:
    """Write the page of a model to a file, in place of what was there; see `explorer_page`.

    Raises:
        InputError: E401 to E405, for a sequence that the model does not take; E440 for circuits
            that the page cannot draw, or a second model for other inputs.
        ModelFileError: E504 where the file cannot be written.
    """
    page = explorer_page(model, sequence, name=name, about=about, circuits=circuits, beside=beside)
    return write_file(path, page.encode("utf-8", "replace"))


def open_page(path: Path) -> bool:
    """Show a page in the browser, where there is one."""
    import webbrowser

    return webbrowser.open(path.resolve().as_uri())


def embedded(document: Document) -> str:
    """The document as JSON that is safe inside a script element, whatever names and tokens are."""
    return as_script(document.data())


def as_script(data: object) -> str:
    """Data as JSON that is safe inside a script element.

    In JSON `<`, `>` and `&` can only stand inside strings, where an escape means the same.
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def asset(name: str) -> str:
    """A file of the page's program, built by `make explorer`."""
    return files("rasplab.view.explorer").joinpath("assets", name).read_text(encoding="utf-8")
