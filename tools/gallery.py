"""The gallery of the documentation: every program of the library, with all that is made of it.

MkDocs calls `on_files` while it builds the site (see `hooks` in mkdocs.yml); nothing of it is kept
in the repository. `python tools/gallery.py DIRECTORY` writes the same files, without MkDocs.
"""

from __future__ import annotations

import functools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rasplab
from rasplab import programs, view
from rasplab.cli.play.examples import library_example
from rasplab.compiler import stop_after
from rasplab.options import read_options
from rasplab.rasp import SOp
from rasplab.view.explorer import document_of, explorer_page
from rasplab.view.look import NARROW
from rasplab.weights.config import FIRST_TOKEN_ID

PAGE = "gallery.md"
FOLDER = "gallery"
SIZE = 5
"""Tokens of the vocabulary, and the greatest length."""

HEAD = f"""\
# Gallery

<!-- Written by tools/gallery.py from the library, whenever this site is built. -->

Every program of [the library](programs.md) with what the compiler makes of it, for {SIZE} tokens
and sequences up to length {SIZE}; brackets and digits are as many as there are. The plan has a row
for each head and each run of hidden units, and a lane for each variable of the residual stream; the
picture below it is that stream on one input, after every sublayer. The first link of each program
is a page to step through the model on any input.

"""


def on_files(files: Any, config: Any) -> Any:
    """Add the gallery to the files of the site."""
    from mkdocs.structure.files import File

    for name, content in everything().items():
        files.append(File.generated(config, name, content=content))
    return files


@functools.cache
def everything() -> dict[str, str | bytes]:
    """The page and what it links to, by where they lie in the documentation."""
    found: dict[str, str | bytes] = {}
    sections: list[str] = []
    for entry in programs.all():
        sections.append(section(entry))
        found |= dict(pictures(entry))
    contents = " · ".join(f"[`{e.name}`](#{e.name})" for e in programs.all())
    return {PAGE: f"{HEAD}{contents}\n\n{''.join(sections)}", **found}


@functools.cache
def compiled(name: str) -> rasplab.Model:
    """The model of a program of the library."""
    entry = programs.get(name)
    program, vocabulary = entry.at(SIZE, SIZE)
    return rasplab.compile(program, vocab=vocabulary, max_length=SIZE, causal=entry.causal)


def section(entry: programs.Entry) -> str:
    """What the page says of a program."""
    model = compiled(entry.name)
    document = document_of(model)
    place = f"{FOLDER}/{entry.name}"
    margin = (
        f"least margin {100 * model.certificate.smallest_margin:.2f} %"
        if model.certificate.bounds
        else "no decision that could fail"
    )
    return f"""\
## {entry.name} {{#{entry.name}}}

{entry.summary}

[Step through it]({place}.html) · {document.sizes} · {margin}

```python
{library_example(entry, SIZE).source.strip()}
```

![The plan of {entry.name}: heads, hidden units, variables]({place}-plan.svg){{loading=lazy}}

![The residual stream of {entry.name} on one input]({place}-residual.png){{loading=lazy}}

??? note "Its graph and its certificate"

    ![The expressions that {entry.name} is made of]({place}-graph.svg){{loading=lazy}}

{_indented(_graph(model))}

{_indented(str(model.certificate))}

"""


def pictures(entry: programs.Entry) -> Iterator[tuple[str, str | bytes]]:
    """The files that the section of a program links to."""
    model = compiled(entry.name)
    words = model.config.vocabulary
    sequence = [words[token - FIRST_TOKEN_ID] for token in document_of(model).input]
    place = f"{FOLDER}/{entry.name}"
    page = explorer_page(model, sequence, name=entry.name, about=entry.summary)
    yield f"{place}.html", page.encode("utf-8", "replace")
    yield f"{place}-plan.svg", view.plan_svg(model)
    yield f"{place}-plan-narrow.svg", view.plan(model, size=NARROW).svg()
    yield f"{place}-graph.svg", view.graph(_program(model)).svg()
    yield f"{place}-graph-narrow.svg", view.graph(_program(model), size=NARROW).svg()
    with tempfile.TemporaryDirectory() as directory:
        for size, end in ((None, ""), (NARROW, "-narrow")):
            picture = view.residual(model, sequence, size=size)
            drawn = picture.save(Path(directory) / f"residual{end}.png")
            yield f"{place}-residual{end}.png", drawn.read_bytes()


def _program(model: rasplab.Model) -> SOp:
    assert model.program is not None
    return model.program


def _graph(model: rasplab.Model) -> str:
    options: dict[str, Any] = {
        "vocab": model.config.vocabulary,
        "max_length": SIZE,
        "causal": model.config.causal,
        "optimize": 1,
        "dtype": "float32",
    }
    program = _program(model)
    return stop_after("graph", program, read_options(program, **options)).text


def _indented(text: str) -> str:
    lines = ["```text", *text.split("\n"), "```"]
    return "\n".join(f"    {line}".rstrip() for line in lines)


def main() -> None:
    directory = Path(sys.argv[1])
    for name, content in everything().items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


if __name__ == "__main__":
    main()
