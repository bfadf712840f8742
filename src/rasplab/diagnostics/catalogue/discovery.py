"""E444 to E449, and E454: what circuit discovery is asked for, and cannot be."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_HIST = """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "==")).named("hist")
model = rasplab.compile(hist, vocab="ab", max_length=3)
"""
_TASK = (
    "from rasplab.lab.discovery import methods, task_of\n"
    + _HIST
    + 'task = task_of(model, ablation="zero")\n'
)
_SCORES = _TASK + 'scores = methods()["eap"](task)\n'
_RUN = """\
from rasplab.lab.discovery.bench import Case, Options, RunDirectory

cases = [Case("hist", 3, 3)]
RunDirectory.prepared("results", cases, Options(methods=("eap",)))
"""

PAGES = (
    Page(
        "E444",
        "scores are held against the truth of another question",
        """\
Scores and a truth belong together only if the level, the ablation, whether the embeddings are
joined, whether positions are told apart, and the data are the same.""",
        """\
The same edge is in one circuit and not in another: what zeroing shows may be resampled without
effect. A method would be blamed, or praised, for an answer to a question that it was not asked.""",
        _SCORES + 'model.circuit(level="qkv", ablation="mean").score(scores)',
        _SCORES + "task.truth().score(scores)",
    ),
    Page(
        "E445",
        "these are no scores for the graph",
        """\
An edge or a node that is scored does not exist, a score is no number, or what a method returns is
neither a tensor of readers by writers nor a mapping from edges. In a file: there are no edges.""",
        """\
A misspelt edge would count as one that was not found. The names of EAP-IG, auto-circuit, ACDC and
InterpBench are understood beside ours.""",
        _TASK + 'task.truth().score({"embed -> a0.h0<w>": 1.0})',
        _TASK + 'task.truth().score({"embed -> a0.h0<k>": 1.0})',
    ),
    Page(
        "E446",
        "the metric does not fit the output",
        """\
There is no such metric, or it compares distributions where the output is a number, or has one
column.""",
        """\
The softmax of one column is 1 whatever the column is: a divergence of it is always 0, and every
method that descends it would find nothing.""",
        """\
from rasplab import compile, programs
from rasplab.lab.discovery import task_of

program, vocab = programs.get("frac_prevs").at(3, 3)
task_of(compile(program, vocab=vocab, max_length=3), metric="kl")""",
        """\
from rasplab import compile, programs
from rasplab.lab.discovery import task_of

program, vocab = programs.get("frac_prevs").at(3, 3)
task_of(compile(program, vocab=vocab, max_length=3), metric="l2")""",
    ),
    Page(
        "E447",
        "there is no such method",
        """\
No discovery method has this name, or the file that was to bring one cannot be run, or has no
function of this name.""",
        """\
Methods are registered by a decorator; those of one's own are added as FILE.py:FUNCTION.""",
        """\
from rasplab.lab.discovery.bench import Options

Options(methods=("patching",)).checked()""",
        """\
from rasplab.lab.discovery.bench import Options

Options(methods=("exact",)).checked()""",
    ),
    Page(
        "E448",
        "there is no such suite",
        """\
A suite is "small", "full", or a JSON file with a list of models: objects with the name of a library
program and, if wanted, vocab_size, length, causal and optimize.""",
        "A suite with a model that cannot be read would be another suite.",
        """\
from pathlib import Path
from rasplab.lab.discovery.bench import suite

Path("mine.json").write_text('[{"program": "hist", "size": 5}]')
suite("mine.json")""",
        """\
from pathlib import Path
from rasplab.lab.discovery.bench import suite

Path("mine.json").write_text('[{"program": "hist", "vocab_size": 5}]')
suite("mine.json")""",
    ),
    Page(
        "E449",
        "the directory holds another run",
        """\
The directory for results has those of a run with other models, methods or data in it, or something
else.""",
        """\
A run that was stopped goes on where it was, in its directory. Results of two runs in one table
would be compared with each other.""",
        _RUN + 'RunDirectory.prepared("results", cases, Options(methods=("acdc",)))',
        _RUN + 'RunDirectory.prepared("results", cases, Options(methods=("eap",)))',
    ),
    Page(
        "E454",
        "a published package cannot be run",
        """\
There is no adapter for the package or the method, no environment that holds the package, the
package cannot be asked this question, or it failed.""",
        """\
Packages exclude each other's versions, so that each runs by itself in an environment of its own,
which `python -m rasplab.lab.discovery.adapters PACKAGE` makes.""",
        "from rasplab.lab.discovery.adapters import package_scores\n"
        + _TASK
        + 'package_scores(task, "eap-by-hand", "eap")',
        """\
from rasplab.lab.discovery.adapters import packages

assert "auto-circuit" in packages()""",
    ),
)
