"""Write the pages and pictures of the documentation that are made from the code.

python tools/documentation.py
"""

from __future__ import annotations

import shutil
import sys
from inspect import getdoc, signature
from itertools import groupby
from pathlib import Path

import rasplab
from rasplab import programs, view
from rasplab.lab.realism import disguise
from rasplab.programs import Entry
from rasplab.view import Picture
from rasplab.view.look import NARROW, Options

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import published, realism_pictures
from tools.realism_pictures import as_stored

DOCS = Path(__file__).resolve().parents[1] / "docs"

HEAD = """\
# The program library

<!-- Written by tools/documentation.py from the registry. -->

Ready-made programs to compile, to study and to copy from. Each is a function that builds an
expression; `programs.get(name).at(vocab_size, max_length)` gives an example and its vocabulary.
A program that *looks back* computes the same with and without a causal mask.

```python
import rasplab
from rasplab import programs
from rasplab.rasp import indices, select, tokens

program, vocab = programs.get("most_freq").at(vocab_size=3, max_length=6)
model = rasplab.compile(program, vocab=vocab, max_length=6)
```

"""

TITLES = {
    "arithmetic": "Arithmetic",
    "balance": "Brackets",
    "counting": "Counting",
    "search": "Searching",
    "sequence": "Moving tokens",
    "sorting": "Sorting",
}


def main() -> None:
    (DOCS / "programs.md").write_text(programs_page(), encoding="utf-8", newline="\n")
    (DOCS / "published.md").write_text(published.page(), encoding="utf-8", newline="\n")
    pictures(DOCS / "images")


def programs_page() -> str:
    """A section per program, by the module in which it stands."""
    entries = sorted(programs.all(), key=lambda entry: (module(entry), entry.name))
    parts = [HEAD, table(entries)]
    for name, members in groupby(entries, key=module):
        parts.append(f"\n## {TITLES[name]}\n")
        parts += [section(entry) for entry in members]
    return "".join(parts)


def table(entries: list[Entry]) -> str:
    rows = [
        f"| [`{e.name}`](#{e.name}) | {e.summary.replace('|', chr(92) + '|')} "
        f"| {'back' if e.causal else 'around'} |\n"
        for e in sorted(entries, key=lambda entry: entry.name)
    ]
    return "| program | what it computes | looks |\n|---|---|---|\n" + "".join(rows)


def section(entry: Entry) -> str:
    prose, _, examples = (getdoc(entry.build) or "").partition("\n\n>>>")
    arguments = ", ".join(str(p).split(":")[0] + default(p) for p in parameters(entry))
    return (
        f"\n### {entry.name}\n\n`{entry.name}({arguments})`\n\n{prose.strip()}\n\n"
        f"```python\n>>> from rasplab.programs import {entry.name}\n>>>{examples.rstrip()}\n```\n"
    )


def parameters(entry: Entry) -> list:
    return list(signature(entry.build).parameters.values())


def default(parameter: object) -> str:
    value = getattr(parameter, "default", None)
    empty = getattr(parameter, "empty", None)
    if value is empty:
        return ""
    return f"={value}" if isinstance(value, rasplab.rasp.Expression) else f"={value!r}"


def module(entry: Entry) -> str:
    return entry.build.__module__.rpartition(".")[2]


def pictures(directory: Path) -> None:
    """The pictures of README and documentation."""
    program, vocabulary = programs.get("sort").at(vocab_size=5, max_length=5)
    sort = rasplab.compile(program, vocab=vocabulary, max_length=5)
    other, words = programs.get("reverse").at(vocab_size=5, max_length=5)
    reverse = rasplab.compile(other, vocab=words, max_length=5)
    disguised = disguise(sort, noise_share=0.5)
    sequence = [4, 2, 5, 2, 1]
    for dark, end in ((False, ""), (True, "-dark")):
        drawn: dict[str, Picture] = {}
        truth = reverse.circuit(ablation="zero")
        for width, shape in ((None, ".svg"), (NARROW, "-narrow.svg")):
            look: Options = {"dark": dark, "size": width}
            drawn |= {
                f"sort-plan{end}{shape}": view.plan(sort, **look),
                f"sort-graph{end}{shape}": view.graph(program, **look),
                f"reverse-circuit{end}{shape}": view.circuit(truth, reverse, **look),
            }
            png = shape.replace(".svg", ".png")
            drawn |= {
                f"sort-residual{end}{png}": view.residual(sort, sequence, **look),
                f"sort-attention{end}{png}": view.attention(sort, sequence, **look),
                f"sort-weights{end}{png}": view.weights(sort, 2, 0, **look),
                f"disguise-stored{end}{png}": view.weights(as_stored(disguised), 2, 0, **look),
                f"disguise-named{end}{png}": view.weights(disguised, 2, 0, **look),
            }
        for name, picture in drawn.items():
            picture.save(directory / name)
    realism_pictures.save_all(directory)
    if shutil.which("dot"):
        view.draw(program, sequence, directory / "sort-flow.svg")


if __name__ == "__main__":
    main()
