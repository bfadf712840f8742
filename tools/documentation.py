"""Write the pages and pictures of the documentation that are made from the code.

python tools/documentation.py
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from inspect import getdoc, signature
from itertools import groupby
from pathlib import Path
from typing import Any

import rasplab
from rasplab import programs, view
from rasplab.lab.realism import back_up, disguise, distract, duplicate
from rasplab.programs import Entry
from rasplab.view import Picture
from rasplab.view.look import NARROW, Options
from rasplab.weights import NamedDirection
from rasplab.weights.dressing import Lanes

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import published

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
    normed(directory)
    redundant(directory)
    if shutil.which("dot"):
        view.draw(program, sequence, directory / "sort-flow.svg")


def normed(directory: Path) -> None:
    """The weights of a head without norms, and behind them, where lanes hold the norms up."""
    model = rasplab.compile(programs.get("hist").build(), vocab="abc", max_length=4)
    behind = disguise(model, norm="layer", rotate=False, permute=False, mix_heads=False)
    config = behind.config
    lanes = tuple(
        NamedDirection(config.bare.d_model + i, name, (), "")
        for i, name in enumerate(Lanes(config.norm, config.bare.d_model).names)
    )
    stored = as_stored(behind, (*model.weights.circuit.directions, *lanes))
    for dark, end in ((False, ""), (True, "-dark")):
        for name, one in (("norm-before", model), ("norm-behind", stored)):
            view.weights(one, 0, 0, dark=dark).save(directory / f"{name}{end}.png")


def redundant(directory: Path) -> None:
    """Circuits of models with parts that act together, and of the models before."""
    at: dict[str, Any] = {"vocab": "abc", "max_length": 4}
    previous, hist, reverse = (
        rasplab.compile(programs.get(name).build(), **at)
        for name in ("previous_token", "hist", "reverse")
    )
    models = {
        "previous": previous,
        "majority": duplicate(previous, "previous_token", 3, readers="majority"),
        "backup": back_up(previous, "previous_token"),
        "hist": hist,
        "cancelled": distract(hist, reverse, cancelled=True),
    }
    for name, model in models.items():
        truth = model.circuit(ablation="zero")
        for dark, end in ((False, ""), (True, "-dark")):
            for width, shape in ((None, ".svg"), (NARROW, "-narrow.svg")):
                look: Options = {"dark": dark, "size": width}
                view.circuit(truth, model, **look).save(directory / f"{name}-circuit{end}{shape}")


def as_stored(
    model: rasplab.Model, columns: tuple[NamedDirection, ...] | None = None
) -> rasplab.Model:
    """A disguised model, seen along the columns of its stream rather than the named directions."""
    weights = model.weights
    columns = columns or tuple(
        NamedDirection(i, f"column {i}", (), "") for i in range(weights.config.d_model)
    )
    circuit = replace(weights.circuit, directions=columns)
    return rasplab.Model(replace(weights, bases={}, nominal=None, circuit=circuit))


if __name__ == "__main__":
    main()
