"""The flow of a computation on one input: which layer works out what, from what.

Layers are those of the RASP paper: an elementwise function is in the layer of its last operand, a
selector one above its keys and queries, an aggregate in its selector's layer or one above its
values. Elementwise expressions that have no name and one reader are written out in it; the others
are called as the variables of a compiled model are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.display import shorten
from rasplab.rasp import expressions as ex
from rasplab.rasp.evaluate import evaluate_all
from rasplab.rasp.naming import LONGEST_NAME, name_computations
from rasplab.rasp.order import topological
from rasplab.rasp.phrases import Phrase, applied
from rasplab.rasp.printer import own_text
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value, identity


@dataclass(frozen=True, slots=True)
class Step:
    """A sequence operator with its values: `text` says how it is computed, `reads` from what."""

    name: str
    text: str
    values: tuple[Value, ...]
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """What a head makes of its selection: the `result`, of the `values` that it moves, if any."""

    result: Step
    values: Step | None


@dataclass(frozen=True, slots=True)
class FlowHead:
    """An attention head: what it compares, the selection (a row per query), and what it moves.

    `parts` are the selectors with a name that its own text speaks of, with their texts.
    """

    name: str
    text: str
    parts: tuple[tuple[str, str], ...]
    keys: tuple[Step, ...]
    queries: tuple[Step, ...]
    rows: tuple[tuple[bool, ...], ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class FlowLayer:
    """A layer: its heads, and the elementwise steps after them.

    Number 0 is the input, which has no heads; number n is shown as layer n - 1, as the layers of a
    model are counted.
    """

    number: int
    heads: tuple[FlowHead, ...]
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        """What it is called."""
        return f"layer {self.number - 1}" if self.number else "input"


@dataclass(frozen=True, slots=True)
class Flow:
    """A computation on one input, layer by layer; `output` is the name of its last step.

    >>> from rasplab import rasp
    >>> flow = follow(rasp.length - 1 - rasp.indices, "abc")
    >>> [[step.name for step in layer.steps] for layer in flow.layers]
    [['indices'], ['length - 1 - indices']]
    >>> flow.layers[1].heads[0].moves[0].result.values
    (3, 3, 3)
    """

    tokens: tuple[Value, ...]
    layers: tuple[FlowLayer, ...]
    output: str


def follow(expression: ex.Expression, sequence: Iterable[object], *, causal: bool = False) -> Flow:
    """The flow of a sequence operator, or of a selector, on a sequence.

    Raises:
        ProgramError: the program has no value on the input.
        InputError: E401 or E402 for what is no sequence, E406 for what is no program.
    """
    if not isinstance(expression, ex.Expression):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(
            diagnostic(
                "E406",
                f"only a program can be drawn, not {shown(expression)}",
                help="the plan of a model is `view.plan(model)`, its program `model.program`",
            )
        )
    tokens = tuple(read_sequence(sequence))
    return _Follower(expression, tokens, causal).flow()


def depth_of(root: ex.Expression) -> dict[int, int]:
    """The layer of every expression, by its `id`: the rule of the RASP paper."""
    depth: dict[int, int] = {}
    for node in topological(root):
        operands = node.operands()
        attends = isinstance(node, ex.Select) or any(isinstance(o, ex.Selector) for o in operands)
        depth[id(node)] = max(
            (depth[id(o)] + (attends and isinstance(o, ex.SOp)) for o in operands), default=0
        )
    return depth


class _Follower:
    """What is known while the flow is put together; what is one computation is one step."""

    def __init__(self, root: ex.Expression, tokens: tuple[Value, ...], causal: bool) -> None:
        self.naming = name_computations(root)
        self.root = root = self.first(root)
        self.tokens = tokens
        self.order = [node for node in topological(root) if node is self.first(node)]
        self.values = evaluate_all(root, tokens, causal=causal)
        self.depth = depth_of(root)
        self.texts: dict[int, Phrase] = {}  # as the flow reads best
        self.formulas: dict[int, Phrase] = {}  # as what has no name is called
        self.steps: dict[int, Step] = {}
        self.reads: dict[int, tuple[str, ...]] = {}
        self.names = Counter[str]()
        shown = self._shown()
        for node in self.order:
            self._describe(node, id(node) in shown)

    def first(self, node: ex.Expression) -> ex.Expression:
        """The expression that stands for all that are the same computation."""
        return self.naming.members[self.naming.number[id(node)]][0]

    def operands(self, node: ex.Expression) -> list[ex.Expression]:
        """What an expression is made of."""
        return [self.first(operand) for operand in node.operands()]

    def flow(self) -> Flow:
        """The whole flow."""
        heads: dict[int, list[FlowHead]] = {}
        for (_, layer), readers in self._readers().items():
            heads.setdefault(layer, []).append(self._head(readers))
        steps: dict[int, list[Step]] = {}
        for node in self.order:
            step = self.steps.get(id(node))
            if step and isinstance(node, ex.Tokens | ex.Indices | ex.Map):
                layer = steps.setdefault(self.depth[id(node)], [])
                layer += [step] if all(step is not other for other in layer) else []
        last = max([*heads, *steps], default=0)
        layers = tuple(
            FlowLayer(n, tuple(heads.get(n, ())), tuple(steps.get(n, ()))) for n in range(last + 1)
        )
        return Flow(self.tokens, layers, self.texts[id(self.root)].text)

    def _describe(self, node: ex.Expression, shown: bool) -> None:
        operands = self.operands(node)
        text, formula = _read(node, self.texts), own_text(node, self.formulas)
        name = self.naming.name(node)
        reads = tuple(dict.fromkeys(name for part in operands for name in self.reads[id(part)]))
        again = self._again(node, name)
        if again is not None:
            self.steps[id(node)], name, reads = again, again.name, (again.name,)
        elif shown:
            name = self._unused(name or shorten(formula.text, LONGEST_NAME))
            step = Step(name, text.text, tuple(self.values[id(node)]), reads)
            self.steps[id(node)], reads = step, (name,)
        self.reads[id(node)] = reads
        called = name if again is not None else self.naming.name(node)
        for same in self.naming.members[self.naming.number[id(node)]]:
            self.texts[id(same)] = Phrase(called) if called else text
            self.formulas[id(same)] = Phrase(called) if called else formula

    def _again(self, node: ex.Expression, name: str | None) -> Step | None:
        """The step that this one would only repeat: `tokens` of RASP text is the tokens' text."""
        operands = self.operands(node)
        known = self.steps.get(id(operands[0])) if len(operands) == 1 else None
        if known is None or name != known.name or not isinstance(node, ex.Map):
            return None
        values = tuple(map(identity, self.values[id(node)]))
        return known if values == tuple(map(identity, known.values)) else None

    def _unused(self, name: str) -> str:
        self.names[name] += 1
        return name if self.names[name] == 1 else f"{name} ({self.names[name]})"

    def _shown(self) -> set[int]:
        """The sequence operators that are steps: all but plain values and what is written out."""
        uses = Counter(id(operand) for node in self.order for operand in self.operands(node))
        shown = {
            id(operand)
            for node in self.order
            if not isinstance(node, ex.Map)
            for operand in self.operands(node)
        }
        for node in self.order:
            named = self.naming.name(node) is not None
            if not isinstance(node, ex.Map) or node is self.root or named or uses[id(node)] > 1:
                shown.add(id(node))
        operators = {id(node) for node in self.order if isinstance(node, ex.SOp)}
        return shown & operators - {id(n) for n in self.order if isinstance(n, ex.Constant)}

    def _readers(self) -> dict[tuple[int, int], list[ex.Expression]]:
        """What reads a selection, by selector and layer: the moves of one head."""
        readers: dict[tuple[int, int], list[ex.Expression]] = {}
        for node in self.order:
            selector = next((o for o in node.operands() if isinstance(o, ex.Selector)), None)
            if isinstance(node, ex.SOp) and selector is not None:
                key = id(self.first(selector)), self.depth[id(node)]
                readers.setdefault(key, []).append(node)
        if isinstance(self.root, ex.Selector):
            readers[id(self.root), self.depth[id(self.root)]] = [self.root]
        return readers

    def _head(self, readers: list[ex.Expression]) -> FlowHead:
        first = readers[0]
        selector = first if isinstance(first, ex.Selector) else self.operands(first)[0]
        combined = [self.first(part) for part in _selectors(cast(ex.Selector, selector))]
        keys, queries = self._compared(combined)
        named = {self.naming.name(part) or "": self._text(part) for part in combined[1:]}
        return FlowHead(
            name=self.naming.name(selector) or "",
            text=self._text(selector),
            parts=tuple((name, text) for name, text in named.items() if name),
            keys=keys,
            queries=queries,
            rows=tuple(map(tuple, self.values[id(selector)])),
            moves=tuple(self._move(reader) for reader in readers if reader is not selector),
        )

    def _text(self, node: ex.Expression) -> str:
        return _read(node, self.texts).text

    def _move(self, reader: ex.Expression) -> Move:
        values = self.operands(reader)[1:]
        return Move(self.steps[id(reader)], self._step(values[0]) if values else None)

    def _step(self, node: ex.Expression) -> Step:
        plain = Step(self.texts[id(node)].text, "", tuple(self.values[id(node)]))
        return self.steps.get(id(node), plain)

    def _compared(
        self, selectors: list[ex.Expression]
    ) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The different keys and queries of selectors; plain values are left out."""
        keys: dict[int, Step] = {}
        queries: dict[int, Step] = {}
        for part in selectors:
            if isinstance(part, ex.Select):
                sides = ((part.keys, keys), (part.queries, queries))
            else:  # such as scores
                sides = tuple((o, keys) for o in part.operands() if isinstance(o, ex.SOp))
            for side, found in sides:
                place = id(self.first(side))
                if place in self.steps:
                    found[place] = self.steps[place]
        return tuple(keys.values()), tuple(queries.values())


def _selectors(selector: ex.Selector) -> list[ex.Selector]:
    """A selector and those that it combines, from left to right."""
    found: list[ex.Selector] = []
    stack = [selector]
    while stack:
        part = stack.pop()
        found.append(part)
        stack += [o for o in reversed(part.operands()) if isinstance(o, ex.Selector)]
    return found


def _read(node: ex.Expression, texts: Mapping[int, Phrase]) -> Phrase:
    """An expression as it reads best: of a comparison `rank == indices`, the key on the left."""
    if not isinstance(node, ex.Select):
        return own_text(node, texts)
    fixed = isinstance(node.keys, ex.Constant) and isinstance(node.queries, ex.Constant)
    if fixed and node.name == "full":
        return Phrase("everything")
    return applied(node.predicate.name, [texts[id(node.keys)], texts[id(node.queries)]])
