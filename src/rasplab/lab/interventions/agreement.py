"""What the program does under an intervention, and which compiled-in fact it breaks.

A compiled model knows which values every expression can take, and where an aggregate selects equal
values only. Under an intervention that keeps these facts true, it computes what the program does:
every block is exact for all combinations of the values of what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rasplab.compiler import Compilation
from rasplab.diagnostics import ProgramError
from rasplab.graph import Interval, Node
from rasplab.graph import node as g
from rasplab.graph.node import topological
from rasplab.graph.run import run, selected_values, steps
from rasplab.lower.decompose import is_line
from rasplab.passes.images import images
from rasplab.rasp.evaluate import Row, evaluate, evaluate_all
from rasplab.rasp.functions import CATEGORICAL
from rasplab.rasp.interventions import computation
from rasplab.rasp.naming import name_computations
from rasplab.rasp.values import Value, identity

if TYPE_CHECKING:
    from rasplab.model import Model

Values = Mapping[str, Mapping[int, Value]]


def expected_output(model: Model, tokens: list[Value], do: Values) -> list[Value] | None:
    """The program's output with variables set; `None` where neither it nor its graph has them.

    Names that only the compiler gave, such as `rank.part1`, are those of the resolved graph; the
    output is empty where that cannot be computed.

    Raises:
        InputError: E431 for a name that several expressions of the program have.
        ProgramError: the program has no value under the intervention.
    """
    assert model.program is not None
    causal = model.config.causal
    naming = name_computations(model.program)
    if all(naming.called(name) for name in do):
        return evaluate(model.program, tokens, causal=causal, do=do)
    if model.compilation is None:
        return None
    root = model.compilation.resolved
    try:
        return run(root, tokens, causal=causal, do=_nodes(model.compilation, root, do))[root]
    except ProgramError:
        raise
    except Exception:  # noqa: BLE001 - of a function that is given what cannot occur
        return []


def values_of(model: Model, source: list[Value], name: str) -> list[Value] | None:
    """The values of a variable on a sequence; `None` where nothing known has the variable."""
    assert model.program is not None
    causal = model.config.causal
    naming = name_computations(model.program)
    if naming.called(name):
        first = naming.members[computation(naming, name)][0]
        try:
            return evaluate_all(model.program, source, causal=causal)[id(first)]
        except ProgramError:
            return None
    stages = model.compilation
    if stages is None:
        return None
    held = _nodes(stages, stages.resolved, {name: {}})
    values = run(stages.resolved, source, causal=causal)
    return next((values[node] for node in held), None)


def broken_fact(model: Model, tokens: list[Value], do: Values) -> str | None:
    """The first fact that an intervention breaks, as a sentence; `None` where all hold."""
    stages = model.compilation
    if stages is None:
        return "the program is not the one that was compiled, or a fact about it no longer holds"
    for root in (stages.graph, stages.resolved):
        try:
            found = _broken(stages, root, tokens, _nodes(stages, root, do))
        except Exception as error:  # noqa: BLE001 - of a function given what cannot occur
            found = f"a function is given what cannot occur ({type(error).__name__}: {error})"
        if found is not None:
            return found
    return _rewritten(stages, tokens, do) or _read_instead(stages, do)


def _broken(
    stages: Compilation, root: Node, tokens: list[Value], held: Mapping[Node, Mapping[int, Value]]
) -> str | None:
    known: dict[Node, list[Any]] = {}
    for node, values in steps(root, tokens, causal=stages.facts.causal, do=held):
        known[node] = values
        if isinstance(node.op, g.SELECTORS):
            continue
        outside = _outside(stages, node, values)
        if outside is not None:
            return outside
        if isinstance(node.op, g.Mean) and root is stages.resolved:
            mixed = _mixed(stages, node, [known[operand] for operand in node.operands])
            if mixed is not None:
                return mixed
    return None


def _outside(stages: Compilation, node: Node, values: list[Value]) -> str | None:
    if node not in stages.facts.domains:
        return None
    domain = stages.facts.domains[node]
    for position, value in enumerate(values):
        if isinstance(domain, Interval):
            inside = domain.undefined if value is None else _between(domain, value)
        else:
            inside = identity(value) in domain.index
        if not inside:
            name = _name(stages, node)
            return f"{name} would be {value!r} at position {position}, which cannot occur"
    return None


def _between(domain: Interval, value: Value) -> bool:
    return isinstance(value, int | float) and domain.low - 1e-9 <= value <= domain.high + 1e-9


def _mixed(stages: Compilation, node: Node, operands: Sequence[Row]) -> str | None:
    """Whether an aggregate that moves one value as it is selects different ones."""
    if is_line(node, stages.facts):
        return None
    for position, selected in enumerate(selected_values(*operands)):
        if len({identity(value) for value in selected}) > 1:
            shown = ", ".join(dict.fromkeys(map(repr, selected)))
            name = _name(stages, node)
            return f"{name} would select {shown} at once at position {position}"
    return None


def _rewritten(stages: Compilation, tokens: list[Value], do: Values) -> str | None:
    """Whether the resolved program is another one under the intervention."""
    causal = stages.facts.causal
    written, resolved = (
        run(root, tokens, causal=causal, do=_nodes(stages, root, do))[root]
        for root in (stages.graph, stages.resolved)
    )
    if list(map(identity, written)) == list(map(identity, resolved)):
        return None
    return "the compiler rewrote an aggregate that selects at most one position, or equal values"


def _read_instead(stages: Compilation, do: Values) -> str | None:
    """Whether something that is set is where readers of another variable find that one's values."""
    for node in _nodes(stages, stages.resolved, do):
        if isinstance(node.op, g.Map) and node.op.function is CATEGORICAL:
            source, own = _name(stages, node.operands[0]), _name(stages, node)
            return f"what reads {source} one-hot reads {own} in its place"
    return None


def _nodes(stages: Compilation, root: Node, do: Values) -> dict[Node, Mapping[int, Value]]:
    """What is set, by the nodes of a graph: what has the name in the program, or became of it.

    A name that the program does not have is one that the compiler gave.
    """
    interner, lowered = stages.facts.interner, stages.lowered
    image = images(stages.graph, stages.rewritten).of if root is stages.resolved else None
    written: dict[str, list[Node]] = {}
    for node in filter(_is_variable, topological(stages.graph)):
        written.setdefault(interner.written_name(node) or "", []).append(node)
    found: dict[Node, Mapping[int, Value]] = {}
    for name in do:
        for node in written.get(name, ()):
            became = node if image is None else image.get(node)
            if became is not None:
                found[became] = do[name]
    for node in filter(_is_variable, topological(root)):
        own = interner.names.get(node)
        if own is None and node in lowered.variables:
            own = lowered.names[node]
        if own in do and own is not None and own not in written:
            found[node] = do[own]
    return found


def _is_variable(node: Node) -> bool:
    return not isinstance(node.op, (*g.SELECTORS, g.Constant))


def _name(stages: Compilation, node: Node) -> str:
    from rasplab.graph.printer import node_text

    own = stages.facts.interner.names.get(node)
    return f"`{own}`" if own else f"`{node_text(node, stages.facts.interner, limit=60)}`"
