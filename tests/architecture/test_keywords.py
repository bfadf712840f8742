"""Public functions call the same thing by the same keyword."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import rasplab
from rasplab import checker, rasp, view
from rasplab.weights.trace import Trace
from tests.golden.compare import compare

SYNONYMS = (
    {"sequence", "seq", "tokens_in", "input_sequence", "text_in"},
    {"sequences", "seqs", "inputs_list", "batch_of"},
    {"vocab", "vocabulary", "alphabet_of"},
    {"samples", "n_samples", "num_samples", "draws"},
    {"max_length", "max_len", "maximum_length", "n_ctx"},
    {"optimize", "optimise", "level_of_optimization"},
    {"seed", "random_seed", "rng"},
    {"overwrite", "force", "replace_existing"},
    {"dtype", "precision", "format_of"},
    {"directory", "folder", "dir"},
    {"expression", "sop", "expr"},
    {"path", "filename", "out"},
)


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in (rasplab, view, rasp, checker):
        for name in sorted(getattr(module, "__all__", dir(module))):
            found = getattr(module, name, None)
            if inspect.isfunction(found):
                yield f"{module.__name__}.{name}", found
    for kind in (rasplab.Model, Trace):
        for name, found in sorted(vars(kind).items()):
            if not name.startswith("_") and inspect.isfunction(found):
                yield f"{kind.__name__}.{name}", found


def keywords() -> dict[str, list[str]]:
    """Every keyword, and who takes it."""
    found: dict[str, list[str]] = {}
    for name, function in public():
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
                continue
            if parameter.name != "self" and parameter.kind != parameter.VAR_KEYWORD:
                found.setdefault(parameter.name, []).append(name)
    return found


def test_one_thing_has_one_keyword() -> None:
    known = keywords()
    for synonyms in SYNONYMS:
        assert len(synonyms & known.keys()) <= 1, {n: known[n] for n in synonyms & known.keys()}


def test_the_keywords_are_those_that_were_read() -> None:
    lines = [f"{name}: {', '.join(sorted(users))}" for name, users in sorted(keywords().items())]
    compare("keywords.txt", "\n".join(lines) + "\n")
