"""Carrying out RASP source text: statements bind names, expressions build s-ops and selectors."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn, cast

from rasplab.diagnostics import Origin, ProgramError, Span
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax import operators as op
from rasplab.rasp.syntax import refusals
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.machine import DEEPEST, Bound, Machine, SilentError, deep_enough
from rasplab.rasp.syntax.running import Run
from rasplab.rasp.syntax.scope import LIBRARY, NOWHERE, Failed, Function, Primitive, Scope
from rasplab.rasp.syntax.tree import Source
from rasplab.rasp.syntax.values import (
    Result,
    described,
    is_atom,
    is_dict,
    is_list,
    items_of,
    kind,
)

_LONGEST_NAME: Final = 40


@dataclass(slots=True)
class Interpreter:
    """Statements in a scope. What a library function builds has the place of the call, `site`."""

    machine: Machine
    scope: Scope
    source: Source
    site: Span | None = None

    # -- statements

    def run(self, statement: t.Statement) -> list[Bound | Result]:
        """Carry out a statement at the top level: what it bound, or gave.

        Raises:
            ProgramError: what is wrong, and where.
            SilentError: it uses a name whose statement failed.
        """
        with deep_enough():
            self.machine.depth = 0
            self.machine.calls.clear()
            return self.execute(statement)

    def execute(self, statement: t.Statement) -> list[Bound | Result]:
        """Carry out one statement."""
        with self._deeper(statement):
            return self._execute(statement)

    def _execute(self, statement: t.Statement) -> list[Bound | Result]:
        match statement:
            case t.Bare():
                return self._bare(statement)
            case t.Assignment():
                return self._assign(statement)
            case t.Definition():
                function = Function(statement, self.source, self.scope)
                return [self._bind(statement.name, function)]
            case t.Loop():
                for item in self._iterated(statement.iterable):
                    self._bind_each(statement.names, item)
                    for inner in statement.body:
                        self.execute(inner)
                return []
            case t.Load():
                loaded = self.machine.host.load(statement.name, self._span(statement))
                names = loaded.public()
                self.scope.values.update(names)
                return [Bound(name, names[name]) for name in loaded.announced if name in names]
            case t.Draw():
                return [self._draw(statement)]
            case t.SetExample():
                example = self._input(statement.value)
                self.machine.host.set_example(statement.kinds, example)
                return []
            case t.Command():
                self.machine.host.command(statement.words)
                return []

    def _bare(self, statement: t.Bare) -> list[Bound | Result]:
        node = statement.value.inner if isinstance(statement.value, t.Group) else statement.value
        value = self.value(node)
        self.scope.values["out"] = value
        if isinstance(value, Result) and not isinstance(node, t.Name):
            return [value]
        return [Bound(node.name if isinstance(node, t.Name) else "out", value)]

    def _assign(self, statement: t.Assignment) -> list[Bound | Result]:
        values: object = [self.value(node) for node in statement.values]
        if len(values) == 1:
            values = values[0]
        if len(statement.names) == 1:
            return [self._bind(statement.names[0], values)]
        items = self._unpacked(statement.names, values, self._span(statement))
        return [self._bind(name, item) for name, item in zip(statement.names, items, strict=True)]

    def _bind(self, name: t.Name, value: object) -> Bound:
        if name.name in self.scope.kept:
            raise ProgramError(refusals.kept(name.name, self._span(name)))
        if isinstance(value, ex.Expression):
            value = value.named(name.name)
        self.scope.values[name.name] = value
        return Bound(name.name, value)

    def _bind_each(self, names: tuple[t.Name, ...], item: object) -> None:
        if len(names) == 1:
            self._bind_plain(names[0], item)
            return
        span = self._span(names[0])
        for name, part in zip(names, self._unpacked(names, item, span), strict=True):
            self._bind_plain(name, part)

    def _bind_plain(self, name: t.Name, value: object) -> None:
        """Bind a loop's variable or a parameter: what it names keeps its own name."""
        kept = value.name if isinstance(value, ex.Expression) else None
        bound = self._bind(name, value)
        if kept is not None:
            self.scope.values[bound.name] = value

    def _unpacked(self, names: Sequence[t.Name], value: object, at: Span) -> list[object]:
        items = items_of(value)
        if items is not None and len(items) == len(names):
            return items
        got = kind(value) if items is None else f"{len(items)} values"
        raise ProgramError(refusals.not_unpacked(len(names), got, at))

    def _draw(self, statement: t.Draw) -> Result:
        value = self.value(statement.value)
        if not isinstance(value, ex.SOp):
            self._wrong(statement.value, "`draw` pictures an s-op", kind(value))
        sequence = None if statement.sequence is None else self._input(statement.sequence)
        return self.machine.host.draw(value, sequence, self._span(statement))

    # -- expressions

    def value(self, node: t.Value) -> object:
        """The value of an expression."""
        with self._deeper(node):
            return self._value(node)

    @contextmanager
    def _deeper(self, node: t.Node) -> Generator[None]:
        self.machine.depth += 1
        if self.machine.depth > DEEPEST:
            raise ProgramError(refusals.too_deep(self.machine.calls, self._span(node)))
        try:
            yield
        finally:
            self.machine.depth -= 1

    def _value(self, node: t.Value) -> object:
        match node:
            case t.Name():
                return self._look_up(node)
            case t.Literal():
                return self._guarded(node, lambda: op.clean(node.value))
            case t.Binary():
                return self._binary(node)
            case t.Group():
                return self.value(node.inner)
            case t.Call():
                return self._call(node)
            case t.Select():
                keys, queries = self.value(node.keys), self.value(node.queries)
                self._sop(node.keys, keys, "the keys of `select`")
                self._sop(node.queries, queries, "the queries of `select`")
                return op.select(keys, queries, node.comparison, self._origin(node))
            case t.Aggregate():
                return self._aggregate(node)
            case t.Unary():
                operand = self.value(node.operand)
                return self._guarded(
                    node, lambda: op.unary(node.operator, operand, self._origin(node))
                )
            case t.Choice():
                return self._choice(node)
            case t.Contains():
                item, container = self.value(node.item), self.value(node.container)
                return self._guarded(node, lambda: op.contains(item, container, self._origin(node)))
            case t.Index():
                return self._index(node)
            case t.ListOf():
                return [self.value(item) for item in node.items]
            case t.DictOf():
                return {self._key(key): self.value(item) for key, item in node.items}
            case t.Comprehension():
                return self._comprehension(node)
            case t.Builtin():
                return self._builtin(node)

    def _look_up(self, node: t.Name) -> object:
        try:
            found = self.scope.find(node.name)
        except KeyError:
            if self.scope.incomplete():
                raise SilentError from None
            raise ProgramError(refusals.unknown(node.name, self.scope, self._span(node))) from None
        if isinstance(found, Failed):
            raise SilentError
        if isinstance(found, ex.Expression) and found.origin == NOWHERE:
            return replace(found, origin=self._origin(node))
        return found

    def _binary(self, node: t.Binary) -> object:
        """Down the left side without recursion: a sum of a thousand terms is not deep."""
        spine: list[t.Binary] = [node]
        while isinstance(spine[-1].left, t.Binary):
            spine.append(spine[-1].left)
        left = self.value(spine[-1].left)
        for part in reversed(spine):
            left = self._combined(part, left, self.value(part.right))
        return left

    def _combined(self, node: t.Binary, left: object, right: object) -> object:
        return self._guarded(
            node, lambda: op.binary(node.operator, left, right, self._origin(node))
        )

    def _choice(self, node: t.Choice) -> object:
        condition = self.value(node.condition)
        if isinstance(condition, ex.Selector):
            self._wrong(node.condition, "a condition is an s-op or an atom", "a selector")
        if not isinstance(condition, ex.SOp):
            return self.value(node.then if condition else node.otherwise)
        then, otherwise = self.value(node.then), self.value(node.otherwise)
        self._sop(node.then, then, "what is chosen")
        self._sop(node.otherwise, otherwise, "what is chosen")
        return op.choice(condition, then, otherwise, self._origin(node))

    def _aggregate(self, node: t.Aggregate) -> ex.SOp:
        selector, values = self.value(node.selector), self.value(node.values)
        default: object = 0 if node.default is None else self.value(node.default)
        if not isinstance(selector, ex.Selector):
            self._wrong(node.selector, "`aggregate` begins with a selector", kind(selector))
        self._sop(node.values, values, "the values of `aggregate`")
        if not is_atom(default):
            self._wrong(
                node.default or node, "the default of `aggregate` is an atom", kind(default)
            )
        return op.aggregate(selector, values, default, self._origin(node))

    def _index(self, node: t.Index) -> object:
        indexed, index = self.value(node.indexed), self.value(node.index)
        at = self._origin(node)
        if isinstance(indexed, ex.SOp):
            if not isinstance(index, int):
                self._wrong(node.index, "an s-op is indexed by a constant int", kind(index))
            return op.at_position(indexed, index, self.machine.length, at)
        if not (is_list(indexed) or is_dict(indexed) or isinstance(indexed, str)):
            self._wrong(node.indexed, "lists, dicts, strings and s-ops are indexed", kind(indexed))
        if isinstance(index, ex.SOp):
            return self._guarded(node, lambda: op.look_up(indexed, index, at))
        if not is_atom(index) or not (is_dict(indexed) or isinstance(index, int)):
            self._wrong(node.index, f"{kind(indexed)} is not indexed by this", kind(index))
        table = cast("dict[object, object]", indexed)  # what a list or a string does as well
        try:
            return table[index]
        except LookupError:
            raise ProgramError(refusals.missing(indexed, index, self._span(node))) from None

    def _comprehension(self, node: t.Comprehension) -> object:
        items: list[object] = []
        keys: list[object] = []
        for item in self._iterated(node.iterable):
            inner = Interpreter(self.machine, self.scope.inner(), self.source, self.site)
            inner._bind_each(node.names, item)
            if node.key is not None:
                keys.append(inner._key(node.key))
            items.append(inner.value(node.item))
        return items if node.key is None else dict(zip(keys, items, strict=True))

    def _iterated(self, node: t.Value) -> list[object]:
        iterable = self.value(node)
        items = None if isinstance(iterable, str) else items_of(iterable)
        if items is None:
            self._wrong(node, "`for` goes through a list or the keys of a dict", kind(iterable))
        return items

    def _key(self, node: t.Value) -> object:
        key = self.value(node)
        if not is_atom(key):
            self._wrong(node, "the key of a dict is an atom", kind(key))
        return key

    def _builtin(self, node: t.Builtin) -> object:
        arguments = [self.value(argument) for argument in node.arguments]
        if node.name == "len":
            self._arity(node, "len", 1, len(arguments))
            return len(self._each(node.arguments, arguments, list, "`len` takes a list")[0])
        if node.name == "zip":
            lists = self._each(node.arguments, arguments, list, "`zip` takes lists")
            if len(set(map(len, lists))) > 1:
                lengths = " and ".join(map(str, map(len, lists)))
                self._wrong(node, "`zip` takes lists of one length", f"of {lengths}")
            return [list(items) for items in zip(*lists, strict=True)]
        if len(arguments) > 3:
            self._arity(node, "range", 3, len(arguments))
        numbers = self._each(node.arguments, arguments, int, "`range` takes ints")
        return self._guarded(node, lambda: op.integers(*numbers))

    # -- calls

    def _call(self, node: t.Call) -> object:
        function = self.value(node.function)
        if isinstance(function, ex.Expression):
            self._arity(node, "an s-op or a selector", 1, len(node.arguments))
            sequence = self._input(node.arguments[0])
            return Result(
                Run(list(sequence))(function), sequence, isinstance(function, ex.Selector)
            )
        arguments = [self.value(argument) for argument in node.arguments]
        if isinstance(function, Function):
            return self.apply(function, arguments, self._span(node))
        if not isinstance(function, Primitive):
            self._wrong(
                node.function, "functions, s-ops and selectors can be called", kind(function)
            )
        self._arity(node, function.name, len(function.parameters), len(arguments))
        return self._guarded(node, lambda: function(arguments, self._origin(node)))

    def apply(self, function: Function, arguments: Sequence[object], at: Span) -> object:
        """Call a function of the program."""
        definition = function.definition
        names = [parameter.name for parameter in definition.parameters]
        if (got := len(arguments)) != len(names):
            raise ProgramError(refusals.wrong_number(function.name, len(names), got, at, names))
        library = function.scope.name == LIBRARY
        site = (self.site or at) if library else None
        inner = Interpreter(self.machine, function.scope.inner(), function.source, site)
        for name, value in zip(definition.parameters, arguments, strict=True):
            inner._bind_plain(name, value)
        self.machine.calls.append(function.name)
        for statement in definition.body:
            inner.execute(statement)
        values = [inner.value(result) for result in definition.result]
        self.machine.calls.pop()
        result: object = values[0] if len(values) == 1 else values
        if isinstance(result, ex.Expression):
            name = f"{function.name}({' , '.join(map(described, arguments))})"
            return result.named(name) if len(name) <= _LONGEST_NAME else result
        return result

    def _input(self, node: t.Value) -> str | list[object]:
        value = self.value(node)
        if isinstance(value, str) or is_list(value):
            if value and all(map(is_atom, value)):
                return value
            got = f"{kind(value)} with something else in it" if value else "empty"
        else:
            got = kind(value)
        rule = "an input is a string or a list of atoms"
        raise ProgramError(refusals.wrong_kind(rule, got, self._span(node)))

    # -- places and complaints

    def _span(self, node: t.Node) -> Span:
        return self.site or self.source.span(node.place)

    def _origin(self, node: t.Node) -> Origin:
        return Origin(given=self._span(node))

    def _guarded(self, node: t.Value, compute: Callable[[], object]) -> object:
        """What Python refuses is an error of the program at this place."""
        try:
            return compute()
        except op.WrongKindError as problem:
            refusal = refusals.operator_refuses(node, str(problem), self._span(node))
            raise ProgramError(refusal) from None
        except (ArithmeticError, TypeError) as problem:
            raise ProgramError(refusals.no_value(problem, self._span(node))) from None

    def _sop(self, node: t.Value, value: object, role: str) -> None:
        if not isinstance(value, ex.SOp) and not is_atom(value):
            self._wrong(node, f"{role} must be an s-op or an atom", kind(value))

    def _each(self, nodes: Iterable[t.Value], values: list[object], wanted: type, rule: str) -> Any:
        for node, value in zip(nodes, values, strict=True):
            if not isinstance(value, wanted):
                self._wrong(node, rule, kind(value))
        return values

    def _wrong(self, node: t.Value, rule: str, got: str) -> NoReturn:
        raise ProgramError(refusals.wrong_kind(rule, got, self._span(node)))

    def _arity(self, node: t.Value, name: str, wanted: int, got: int) -> None:
        if got != wanted:
            raise ProgramError(refusals.wrong_number(name, wanted, got, self._span(node)))
