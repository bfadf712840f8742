"""E5xx: model directories."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_MODEL = """\
import rasplab
from rasplab import programs

model = rasplab.compile(programs.reverse(), vocab="abc", max_length=4)
"""

PAGES = (
    Page(
        "E501",
        "this is not a model directory",
        """\
A model is a directory with four files: `model.safetensors`, `config.json`, `tokenizer.json` and
`circuit.json`. The path does not exist, is not a directory, or one of the files is not there.""",
        """\
`model.save(directory)` and `rasplab compile -o DIRECTORY` write such directories. A relative path
starts from the directory in which the program runs.""",
        """\
import rasplab

rasplab.load("models/nowhere")""",
        _MODEL
        + """\
directory = model.save("reverse")
rasplab.load(directory)""",
    ),
    Page(
        "E502",
        "the model was edited or is damaged",
        """\
A file of the model directory is not as it was written: its checksum differs, it is cut short, or
it cannot be understood.""",
        """\
The arrays and the circuit that explains them belong together. If one is changed the explanation
would be wrong, and nothing would show it. To experiment with changed weights, load the model and
change them in memory, or export it to another format.""",
        """\
import json
from pathlib import Path

"""
        + _MODEL
        + """\
model.save("edited")
config = json.loads(Path("edited/config.json").read_text())
config["n_ctx"] = 100
Path("edited/config.json").write_text(json.dumps(config))
rasplab.load("edited")""",
        """\
import rasplab
from rasplab import programs

longer = rasplab.compile(programs.reverse(), vocab="abc", max_length=9)
longer.save("longer")
rasplab.load("longer")""",
    ),
    Page(
        "E503",
        "there is something at this path already",
        """\
A model was to be saved where a file or a directory exists. With `overwrite=True` (`--overwrite` on
the command line) a model is replaced by another, but nothing else: not a file, and not a directory
in which there is anything besides a model.""",
        """\
Saving must not destroy anybody's work. An old model is replaced in one step, so that there is a
whole model at every moment.""",
        _MODEL
        + """\
model.save("twice")
model.save("twice")""",
        _MODEL
        + """\
model.save("again")
model.save("again", overwrite=True)""",
    ),
    Page(
        "E504",
        "the model cannot be written",
        """\
The system refused to write the model: a directory may not be written to, the disk is full, part of
the path is a file. The message says what the system said.""",
        "Nothing half-written is left behind: what was at the path before is still there.",
        """\
from pathlib import Path

"""
        + _MODEL
        + """\
Path("notes.txt").write_text("a file")
model.save("notes.txt/reverse")""",
        _MODEL + 'model.save("mirror")',
    ),
    Page(
        "E505",
        "the model was made by a newer version",
        """\
The model directory has a format that this version of rasplab does not know yet.""",
        """\
A newer format may hold things that change what the weights mean. A version reads its own format
and older ones.""",
        """\
import json
from pathlib import Path

"""
        + _MODEL
        + """\
model.save("newer")
circuit = json.loads(Path("newer/circuit.json").read_text())
circuit["format_version"] = 999
Path("newer/circuit.json").write_text(json.dumps(circuit))
rasplab.load("newer")""",
        _MODEL
        + """\
model.save("own")
rasplab.load("own")""",
    ),
    Page(
        "E506",
        "there is no such format for a picture",
        """\
The name of the file says what a picture is to be, and none of its formats has this suffix.""",
        """\
The drawing of a program is laid out by Graphviz, which makes `.svg`, `.pdf` and `.png`; `.dot` is
the graph itself, as text.""",
        """\
from rasplab import rasp, view

view.draw(rasp.length, "abc", "length.gif")""",
        """\
from rasplab import rasp, view

view.draw(rasp.length, "abc", "length.dot")""",
    ),
)
