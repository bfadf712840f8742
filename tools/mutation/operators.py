"""What a mutant is: one small change of the source that a soundness argument should notice.

Comparisons, conditions, constants and terms are changed, and refusals are dropped. What only words
a message, or runs when a module is imported, is left alone.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Edit = Callable[[], None]
Place = tuple[ast.AST, str, int | None]

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE,),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE,),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
EXCHANGED = {
    "min": "max",
    "minimum": "maximum",
    "argmin": "argmax",
    "any": "all",
    "floor": "ceil",
    "rint": "floor",
}
EXCHANGED |= {b: a for a, b in EXCHANGED.items() if b != "floor"}
UNWRAPPED = {"abs", "round", "sorted", "expm1", "sqrt", "identity", "canonical"}
WORDS = {"diagnostic", "raised", "InternalError", "RefutedError", "Refuted", "NotFollowed", "cast"}
SILENT_FUNCTIONS = {"__str__", "__repr__"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change; `number` is the place among all edits of its file."""

    path: str
    function: str
    line: int
    operator: str
    before: str
    after: str
    occurrence: int
    number: int

    @property
    def key(self) -> str:
        """What stays the same while other code changes."""
        parts = (self.path, self.function, self.operator, self.before, self.after)
        return " | ".join([*parts, str(self.occurrence)])

    def __str__(self) -> str:
        where = f"{self.path}:{self.line} {self.function}"
        return f"{where}: {self.operator}: `{self.before}` -> `{self.after}`"


class Source:
    """A file as a tree whose nodes know where they stand, and the edits that could be made."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.parents: dict[ast.AST, Place] = {}
        for parent in ast.walk(self.tree):
            for name, value in ast.iter_fields(parent):
                for i, child in enumerate(value if isinstance(value, list) else [value]):
                    if isinstance(child, ast.AST):
                        self.parents[child] = (parent, name, i if isinstance(value, list) else None)

    def up(self, node: ast.AST) -> Iterator[ast.AST]:
        """The node and all that it stands in."""
        while True:
            yield node
            if node not in self.parents:
                return
            node = self.parents[node][0]

    def put(self, old: ast.AST, new: ast.AST) -> Edit:
        """The edit that replaces a node."""
        parent, name, place = self.parents[old]

        def edit() -> None:
            ast.copy_location(new, old)
            ast.fix_missing_locations(new)
            if place is None:
                setattr(parent, name, new)
            else:
                getattr(parent, name)[place] = new

        return edit

    def qualified(self, node: ast.AST) -> str:
        """The name of the function or class that a node stands in; of a constant its name."""
        kinds = (ast.FunctionDef, ast.ClassDef)
        names = [n.name for n in self.up(node) if isinstance(n, kinds)]
        return ".".join(reversed(names)) or assigned_name(self.statement(node)) or "module"

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement."""
        return next(n for n in self.up(node) if isinstance(n, ast.stmt))


def assigned_name(statement: ast.stmt) -> str | None:
    """The one name that a statement binds."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return None


def mutants(path: str, text: str) -> list[Mutant]:
    """All mutants of a file, in the order of its tree."""
    source = Source(text)
    seen: Counter[tuple[str, ...]] = Counter()
    found: list[Mutant] = []
    for number, (node, operator, new, _) in enumerate(edits(source)):
        function = source.qualified(node)
        what = (function, operator, shown(node), new)
        line = source.statement(node).lineno
        found.append(Mutant(path, *what[:1], line, *what[1:], seen[what], number))
        seen[what] += 1
    return found


def mutated(text: str, mutant: Mutant) -> ast.Module:
    """The tree with the one change."""
    source = Source(text)
    _, _, _, edit = list(edits(source))[mutant.number]
    edit()
    return source.tree


def shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    first = text.partition("\n")[0]
    return first if len(first) <= 90 else first[:87] + "..."


Found = tuple[ast.AST, str, str, Edit]


def edits(source: Source) -> Iterator[Found]:
    """Every edit of a file: the node, the operator, what it becomes, and the edit itself."""
    for node in ast.walk(source.tree):
        if matters(source, node):
            for operator, new in replacements(node):
                yield node, operator, shown(new), source.put(node, new)


def matters(source: Source, node: ast.AST) -> bool:
    """Whether a change there can change a result: no annotation, no message, no decorator."""
    child: ast.AST = node
    for above in source.up(node):
        match above:
            case ast.JoinedStr() | ast.ImportFrom() | ast.Import() | ast.Assert():
                return False
            case ast.Raise() if above is not node:
                return False
            case ast.Call(func=ast.Name(id=name)) if name in WORDS:
                return False
            case ast.FunctionDef(name=name) if name in SILENT_FUNCTIONS:
                return False
            case ast.FunctionDef(returns=r, decorator_list=d) if child is r or child in d:
                return False
            case ast.ClassDef(decorator_list=d, bases=b) if child in d or child in b:
                return False
            case ast.arg() | ast.keyword(arg="strict"):
                return False
            case ast.AnnAssign(annotation=a) if child is a:
                return False
            case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("__"):
                return False
            case _:
                child = above
    return True


def replacements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What a node may become, each with the operator's name."""
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            yield from _conditions(node)
        case ast.BinOp():
            yield from _terms(node)
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield "not dropped", operand
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield "sign dropped", operand
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield from (("constant", ast.Constant(new)) for new in _numbers(value))
        case ast.Call():
            yield from _calls(node)
        case ast.AugAssign():
            yield "statement dropped", ast.Pass()
            if type(node.op) in ARITHMETIC:
                new = ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
                yield "operator", new
        case ast.Raise():
            yield "refusal dropped", ast.Pass()
        case ast.Expr(value=ast.Call()):
            yield "statement dropped", ast.Pass()
        case ast.If() | ast.IfExp():
            yield from _decided(node)
        case ast.comprehension(ifs=[_, *_]):
            new = ast.comprehension(node.target, node.iter, [], node.is_async)
            yield "condition true", new
        case ast.match_case(guard=ast.expr()):
            yield "condition true", ast.match_case(node.pattern, None, node.body)
            yield "condition false", ast.match_case(node.pattern, ast.Constant(False), node.body)
        case _:
            return


def _compared(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for i, op in enumerate(node.ops):
        for new in COMPARISONS.get(type(op), ()):
            ops = [*node.ops[:i], new(), *node.ops[i + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)
    if len(node.ops) > 1:  # a < b < c: one half of it
        yield "condition dropped", ast.Compare(node.left, node.ops[:-1], node.comparators[:-1])
        yield (
            "condition dropped",
            ast.Compare(node.comparators[0], node.ops[1:], node.comparators[1:]),
        )


def _conditions(node: ast.BoolOp) -> Iterator[tuple[str, ast.AST]]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and/or", ast.BoolOp(other, node.values)
    for i in range(len(node.values)):
        rest = node.values[:i] + node.values[i + 1 :]
        yield "condition dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _terms(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    if _is_text(node.left) or _is_text(node.right):
        return
    if type(node.op) in ARITHMETIC:
        yield "operator", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    if isinstance(node.op, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr):
        yield "term dropped", node.left
        yield "term dropped", node.right
    elif isinstance(node.op, ast.Sub | ast.Div | ast.Mod):
        yield "term dropped", node.left


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _numbers(value: float) -> list[float]:
    if isinstance(value, int):
        news: list[float] = [value + 1, value - 1, 0]
    else:
        news = [value * 2, value / 2, 0.0]
    return [new for new in dict.fromkeys(news) if new != value]


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    name = _called(node)
    if name in EXCHANGED:
        func: Any = (
            ast.Name(EXCHANGED[name], ast.Load())
            if isinstance(node.func, ast.Name)
            else ast.Attribute(node.func.value, EXCHANGED[name], ast.Load())  # type: ignore[attr-defined]
        )
        yield "min/max, any/all", ast.Call(func, node.args, node.keywords)
    if name in UNWRAPPED and len(node.args) == 1 and not node.keywords:
        yield "call dropped", node.args[0]
    if name in ("min", "max", "minimum", "maximum") and isinstance(node.func, ast.Name):
        if len(node.args) > 1:
            for i in range(len(node.args)):
                rest = node.args[:i] + node.args[i + 1 :]
                yield (
                    "term dropped",
                    rest[0] if len(rest) == 1 else ast.Call(node.func, rest, node.keywords),
                )
    elif name in ("minimum", "maximum") and len(node.args) == 2:
        yield from (("term dropped", one) for one in node.args)


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _decided(node: ast.If | ast.IfExp) -> Iterator[tuple[str, ast.AST]]:
    make = type(node)
    for operator, value in (("condition true", True), ("condition false", False)):
        yield operator, make(ast.Constant(value), node.body, node.orelse)  # type: ignore[arg-type]
