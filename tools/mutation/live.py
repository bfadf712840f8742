"""Changing the code of modules that are loaded already, in this process and nowhere else.

The process is a fork: what it changes is gone when it ends, and no file is touched. A function gets
the code that the changed source gives; a constant of a module is set wherever its name stands for
it. What ran at import and is not of these two kinds cannot be changed so.
"""

from __future__ import annotations

import ast
import functools
import gc
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tools.mutation.operators import assigned_name

Key = tuple[str, int, int]
HITS = "__mutation_hits__"


class NotLiveError(Exception):
    """The change is of something that only runs at import."""


def codes(code: CodeType) -> Iterator[tuple[Key, CodeType]]:
    """Every code object of a module by its name, its first line, and its place among such."""
    seen: Counter[tuple[str, int]] = Counter()
    stack = [code]
    while stack:
        current = stack.pop(0)
        for constant in current.co_consts:
            if isinstance(constant, CodeType):
                name = constant.co_qualname, constant.co_firstlineno
                yield (*name, seen[name]), constant
                seen[name] += 1
                stack.append(constant)


def module_of(path: Path) -> ModuleType | None:
    """The loaded module of a file."""
    wanted = str(path)
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) == wanted:
            return module
    return None


def install(path: Path, tree: ast.Module, extra: dict[str, Any] | None = None) -> int:
    """Let the functions of a loaded file run the code of a tree; how many have changed."""
    module = module_of(path)
    if module is None:
        raise NotLiveError(f"{path} is not loaded")
    vars(module).update(extra or {})
    original = compile(path.read_text("utf-8"), str(path), "exec", dont_inherit=True)
    keys = {code: key for key, code in codes(original)}
    new = dict(codes(compile(tree, str(path), "exec", dont_inherit=True)))
    changed = 0
    for function in functions_of(str(path)):
        code = new.get(keys.get(function.__code__, ("", 0, 0)))
        if code is None or code == function.__code__:
            continue
        if code.co_freevars != function.__code__.co_freevars:
            raise NotLiveError(f"{function.__qualname__} closes over other variables")
        function.__code__ = code
        changed += 1
    return changed


def functions_of(path: str) -> list[FunctionType]:
    """Every live function whose code is from a file."""
    return _functions().get(path, [])


@functools.cache
def _functions() -> dict[str, list[FunctionType]]:
    found: dict[str, list[FunctionType]] = {}
    for one in gc.get_objects():
        if type(one) is FunctionType:
            found.setdefault(one.__code__.co_filename, []).append(one)
    return found


@functools.cache
def _caches() -> list[Any]:
    kind = functools._lru_cache_wrapper  # type: ignore[attr-defined]
    found = [one for one in gc.get_objects() if type(one) is kind]
    return [one for one in found if (one.__module__ or "").startswith("rasplab")]


def remember() -> None:
    """Find what there is to change, once: forks then share it and search no more."""
    _functions()
    _caches()
    gc.collect()
    gc.freeze()


def apply(path: Path, tree: ast.Module) -> None:
    """Make the loaded modules behave as if the file had been this tree.

    Raises:
        NotLiveError: what differs runs at import only, or would end it.
    """
    changed = install(path, tree)
    changed += set_constants(path, tree)
    changed += set_defaults(path, tree)
    if not changed:
        raise NotLiveError("it runs at import only")
    forget()


def set_constants(path: Path, tree: ast.Module) -> int:
    """Constants of the module whose expression differs, in every module that has them."""
    module = module_of(path)
    assert module is not None
    before = {assigned_name(s): s for s in ast.parse(path.read_text("utf-8")).body}
    changed = 0
    for statement in tree.body:
        name = assigned_name(statement)
        if name is None or ast.dump(statement) == ast.dump(before[name]):
            continue
        value = getattr(statement, "value", None)
        assert value is not None
        new = _evaluated(value, module)
        old = vars(module)[name]
        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(name) is old and is_ours(other):
                setattr(other, name, new)
                changed += 1
    return changed


def is_ours(module: ModuleType) -> bool:
    return module.__name__.partition(".")[0] in ("rasplab", "tests", "benchmarks")


def set_defaults(path: Path, tree: ast.Module) -> int:
    """Defaults of arguments that differ."""
    module = module_of(path)
    assert module is not None
    before = dict(_defaults(ast.parse(path.read_text("utf-8"))))
    changed = 0
    for place, arguments in _defaults(tree):
        if place not in before or _dumped(arguments) == _dumped(before[place]):
            continue
        for function in functions_of(str(path)):
            if (function.__name__, function.__code__.co_firstlineno) == place:
                values = [_evaluated(d, module) for d in arguments.defaults]
                function.__defaults__ = tuple(values) or None
                named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                function.__kwdefaults__ = {
                    arg.arg: _evaluated(d, module) for arg, d in named if d is not None
                }
                changed += 1
    return changed


def _defaults(tree: ast.Module) -> Iterator[tuple[tuple[str, int], ast.arguments]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield (node.name, first), node.args


def _dumped(arguments: ast.arguments) -> list[str]:
    return [ast.dump(d) for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]


def _evaluated(expression: ast.expr, module: ModuleType) -> Any:
    """What a module's constant or a default would be.

    Raises:
        NotLiveError: it has no value, which ends an import of the file.
    """
    try:
        return eval(compile(ast.Expression(expression), "changed", "eval"), vars(module))
    except Exception as error:
        raise NotLiveError(f"{ast.unparse(expression)} has no value: {error}") from error


def forget() -> None:
    """Empty the caches of our functions: what they hold was computed by the code before."""
    for found in _caches():
        found.cache_clear()


# -- which lines run


class _Marked(ast.NodeTransformer):
    """Every statement of a function is preceded by a note that its line runs."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if self.depth:
            for name in ("body", "orelse", "finalbody"):
                statements = getattr(node, name, None)
                if isinstance(statements, list) and statements:
                    setattr(node, name, list(self.marked(statements)))
        return node

    def marked(self, statements: list[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in statements:
            note = ast.parse(f"{HITS}.add(({self.path!r}, {statement.lineno}))").body[0]
            for part in ast.walk(note):
                if hasattr(part, "lineno"):
                    ast.copy_location(part, statement)
            yield note
            yield statement


def watch(root: Path, paths: list[str]) -> set[tuple[str, int]]:
    """The set to which every line of these files is added when it runs, from now on."""
    hits: set[tuple[str, int]] = set()
    for path in paths:
        if module_of(root / path) is not None:
            tree = _Marked(path).visit(ast.parse((root / path).read_text("utf-8")))
            install(root / path, tree, {HITS: hits})
    return hits
