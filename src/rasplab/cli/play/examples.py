"""The programs that the playground begins with: a few as RASP text, the library's as Python."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import FunctionType
from typing import Any, cast

from rasplab import programs
from rasplab.cli.sources import SIZE
from rasplab.cli.tokens import are_characters, shown
from rasplab.rasp import SOp, Value

_TEXTS = {
    "reverse": """\
# Each position looks at the one that is as far from the end as itself from the start.
opposite = select(indices, length - 1 - indices, ==);
reverse = aggregate(opposite, tokens);
""",
    "histogram": """\
# How often does each token occur?
same = select(tokens, tokens, ==);
hist = selector_width(same);
""",
    "sort": """\
# The rank of a token: how many are smaller, or equal and earlier.
smaller = select(tokens, tokens, <) or select(tokens, tokens, ==) and select(indices, indices, <);
rank = selector_width(smaller);
in_order = aggregate(select(rank, indices, ==), tokens);
""",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A program to begin with; the fields of a request, and how it is called in the list."""

    label: str
    source: str
    language: str
    vocabulary: str
    causal: bool = False
    length: int = SIZE

    def data(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def examples() -> tuple[Example, ...]:
    """All of them, the texts first."""
    texts = [Example(f"{name}.rasp", text, "rasp", "abcde") for name, text in _TEXTS.items()]
    return (*texts, *map(library_example, programs.all()))


def library_example(entry: programs.Entry, size: int = SIZE) -> Example:
    """A program of the library, at a size, as a Python text that can be edited.

    It is the function that builds the program, with the imports that it needs.
    """
    vocabulary = entry.vocabulary(size)
    arguments = entry.arguments(vocabulary, size)
    written = ", ".join(
        f"{name}={value if isinstance(value, SOp) else repr(value)}"
        for name, value in arguments.items()
    )
    function = cast(FunctionType, entry.build)
    text = _own_text(function)
    needed = dict(_imports(function, text))
    if any(isinstance(value, SOp) for value in arguments.values()):
        needed |= {"tokens": "rasplab.rasp"}
    by_module: dict[str, list[str]] = {}
    for name, module in sorted(needed.items()):
        by_module.setdefault(module, []).append(name)
    lines = ["from __future__ import annotations", ""]
    for module, names in sorted(by_module.items()):
        lines += _import(module, names)
    source = "\n".join([*lines, "", "", text, "", "", f"program = {entry.name}({written})", ""])
    return Example(entry.name, source, "python", _vocabulary(vocabulary), entry.causal, size)


def _import(module: str, names: list[str]) -> list[str]:
    if module == "":
        return [f"import {name}" for name in names]
    text = f"from {module} import {', '.join(names)}"
    if len(text) <= 88:
        return [text]
    wrapped = textwrap.wrap(", ".join(names), 84)
    return [f"from {module} import (", *(f"    {line}" for line in wrapped), ")"]


def _own_text(function: FunctionType) -> str:
    """The text of a function without its decorators, and of its docstring the first sentence."""
    text = textwrap.dedent(inspect.getsource(function))
    [tree] = ast.parse(text).body
    lines = text.rstrip().split("\n")
    assert isinstance(tree, ast.FunctionDef)
    first, last = tree.body[0].lineno - 1, tree.body[0].end_lineno
    summary = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    documented = [f"    # {line}" for line in textwrap.wrap(summary, 82)]
    return "\n".join([*lines[tree.lineno - 1 : first], *documented, *lines[last:]])


def _imports(function: FunctionType, text: str) -> Iterator[tuple[str, str]]:
    """The global names that a function's text uses, and from where each is imported."""
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    for name in sorted(used & function.__globals__.keys() - {function.__name__}):
        value = function.__globals__[name]
        if inspect.ismodule(value):
            module, _, own = value.__name__.rpartition(".")
            yield (name, module) if own == name else (name, "")
        else:
            yield name, _home(name, value, function)


def _home(name: str, value: object, function: FunctionType) -> str:
    """The public package that has a name, else the module that uses it."""
    from rasplab import rasp

    return "rasplab.rasp" if vars(rasp).get(name) is value else function.__module__


def _vocabulary(values: tuple[Value, ...]) -> str:
    """As `--vocab` reads it."""
    if are_characters(values) and len(values) > 1:
        return "".join(map(str, values))
    return " ".join(map(shown, values))
