"""Methods by name: a method is a function from a task to scores, registered by a decorator."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.lab import tensors
from rasplab.lab.circuits.scoring import check_numbers
from rasplab.lab.discovery.scores import Meter, Scores
from rasplab.lab.discovery.task import Task

Finder: TypeAlias = Callable[[Task], Any]
"""What a method does: a tensor (readers × writers), `Scores`, or a mapping from edges' names."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its name, what it does in a line, and the function that does it."""

    name: str
    summary: str
    find: Finder

    def __call__(self, task: Task) -> Scores:
        """The scores that it finds, with what that took.

        Random numbers are drawn by the task's seed.

        Raises:
            InputError: E445 for scores of edges that do not exist, or that are no numbers.
        """
        counted = replace(task, meter=Meter(task.examples))
        started = time.perf_counter()
        with tensors.seeded(task.seed):
            found = counted.scores(self.find(counted))
        seconds = time.perf_counter() - started
        check_numbers(found.edges, "edge")
        check_numbers(found.nodes, "node")
        return replace(found, method=self.name, cost=counted.meter.cost(seconds))


class _Methods(dict[str, Method]):
    """Methods by name; one that is not there is a diagnostic (E447), not a bare `KeyError`."""

    def __missing__(self, name: str) -> Method:
        raise InputError(_no_method(self, name))


_METHODS = _Methods()


def method(name: str) -> Callable[[Finder], Method]:
    """Register the decorated function; its docstring's first line says what it does.

    >>> @method("everything-alike")
    ... def everything_alike(task):
    ...     '''Score every edge that is read alike.'''
    ...     return task.read.double()
    >>> methods().pop("everything-alike").summary
    'Score every edge that is read alike.'
    """

    def register(find: Finder) -> Method:
        summary = (find.__doc__ or "").strip().split("\n")[0]
        found = Method(name, summary, find)
        _METHODS[name] = found
        for known in sorted(_METHODS):  # in whatever order they were imported
            _METHODS[known] = _METHODS.pop(known)
        return found

    return register


def methods() -> dict[str, Method]:
    """Every registered method, by name; to ask it for another name is refused (E447)."""
    package = importlib.import_module("rasplab.lab.discovery.catalogue")
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")
    return _METHODS


def named(names: Mapping[str, Method], wanted: str) -> Method:
    """The method of a name.

    Raises:
        InputError: E447 where there is none.
    """
    if wanted in names:
        return names[wanted]
    raise InputError(_no_method(names, wanted))


def _no_method(names: Mapping[str, Method], wanted: object) -> Diagnostic:
    ours = [name for name, known in names.items() if _is_ours(known)]
    help = f"use one of {', '.join(ours)}, or add one of your own"
    return diagnostic("E447", f"there is no method {shown(wanted)}", help=help)


def added(text: str) -> Method:
    """The method of `FILE.py:NAME`: a function from a task to scores, decorated or not.

    Raises:
        InputError: E447 where the file cannot be run, or has no such function.
    """
    path, _, name = text.rpartition(":")
    if not path.endswith(".py") or not name:
        why = f"{shown(text)} names no method"
        raise InputError(diagnostic("E447", why, help="write FILE.py:FUNCTION"))
    ours = {k: known for k, known in methods().items() if _is_ours(known)}
    found = getattr(_module(Path(path)), name, None)
    if callable(found) and not isinstance(found, Method):
        found = method(name)(found)
    taken = [k for k, known in ours.items() if _METHODS[k] is not known]
    _METHODS.update(ours)
    if taken:
        why = f"{shown(path)} has a method {shown(taken[0])}, which is the name of one of ours"
        raise InputError(diagnostic("E447", why, help="give it another name"))
    if not isinstance(found, Method):
        raise InputError(diagnostic("E447", f"{shown(path)} has no function {shown(name)}"))
    return found


def _is_ours(known: Method) -> bool:
    return known.find.__module__.startswith("rasplab.")


def _module(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(f"rasplab_added_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError(diagnostic("E447", f"there is no file {shown(str(path))}"))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as problem:
        why = f"{shown(str(path))} cannot be run"
        notes = [f"{type(problem).__name__}: {problem}"]
        raise InputError(diagnostic("E447", why, notes=notes)) from problem
    return module
