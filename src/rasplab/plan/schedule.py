"""Blocks into layers: as early as they can, heads spread where that saves parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from rasplab.craft import Block, CraftModel, Head, Mlp, Subspace
from rasplab.craft.blocks import reads
from rasplab.diagnostics import InternalError, counted


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its heads, then its MLPs, as indices into the craft model's blocks."""

    heads: tuple[int, ...]
    mlps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The shape of the transformer."""

    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    d_mlp: int

    def parameters(self) -> int:
        """Weights and biases of the layers."""
        d, h, k, m = self.d_model, self.n_heads, self.d_head, self.d_mlp
        return self.n_layers * (h * (4 * d * k + 3 * k) + 2 * d * m + m)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan:
    """Where every block runs, and where every subspace lies in the residual stream."""

    craft: CraftModel
    layers: tuple[Layer, ...]
    starts: dict[Subspace, int]
    sizes: Sizes

    def columns(self, subspace: Subspace) -> slice:
        """The columns of the residual stream that a subspace occupies."""
        start = self.starts[subspace]
        return slice(start, start + len(subspace))

    def verify(self) -> None:
        """Check that every block runs once, in its half, and reads what an earlier half wrote.

        Raises:
            InternalError: one does not, or two subspaces share a column.
        """
        blocks = self.craft.blocks
        ready = {e.writes for e in self.craft.embeddings}
        placed: list[int] = []
        for layer in self.layers:
            for half, kind in ((layer.heads, Head), (layer.mlps, Mlp)):
                for i in half:
                    self._verify_block(blocks[i], kind, ready)
                ready |= {blocks[i].writes for i in half}
                placed.extend(half)
        if sorted(placed) != list(range(len(blocks))):
            raise InternalError("a block runs in no layer, or twice")
        # column 0 is missing on both sides: it marks BOS, and no block writes it
        columns = [c for s in self.craft.subspaces() for c in range(*_ends(self.columns(s)))]
        if sorted(columns) != list(range(1, self.sizes.d_model)):
            raise InternalError("a column belongs to no subspace, or to two")

    def _verify_block(self, block: Block, kind: type, ready: set[Subspace]) -> None:
        name = block.implements.name
        if not isinstance(block, kind):
            raise InternalError(f"{name} runs in the wrong half of a layer")
        if not reads(block) <= ready:
            raise InternalError(f"{name} reads what no earlier half-layer wrote")

    def __str__(self) -> str:
        s = self.sizes
        lines = [
            (
                f"{counted(s.n_layers, 'layer')}, {counted(s.n_heads, 'head')}, "
                f"d_model {s.d_model}, "
                f"d_head {s.d_head}, d_mlp {s.d_mlp}"
            )
        ]
        for number, layer in enumerate(self.layers):
            for i, index in enumerate(layer.heads):
                block = self.craft.blocks[index]
                lines.append(
                    f"layer {number} head {i}: {block.implements.name} = "
                    f"{block.implements.expression}"
                )
            for index in layer.mlps:
                block = self.craft.blocks[index]
                lines.append(
                    f"layer {number} mlp: {block.implements.name} = {block.implements.expression}"
                )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<plan: {self.sizes}>"


class PlanStrategy(Protocol):
    """How blocks become layers, and what a plan costs."""

    @property
    def cost(self) -> Callable[[Sizes], float]:
        """What a model of some size costs: of several exact ones, the cheapest is taken."""
        ...

    def __call__(self, craft: CraftModel) -> Plan:
        """Layers and layout for a craft model."""
        ...


@dataclass(frozen=True, slots=True)
class CheapestSchedule:
    """A plan strategy: layers and layout, of the schedules tried the one that costs least.

    With any number of heads a layer, the earliest half-layer of each block gives the least depth.
    A limit on heads trades depth for width: limits are tried from that schedule's need down, until
    one takes more than two layers more.
    """

    cost: Callable[[Sizes], float] = Sizes.parameters

    def __call__(self, craft: CraftModel) -> Plan:
        """Layers and layout for a craft model."""
        starts, d_model = _layout(craft)
        users = _users(craft)
        earliest = _schedule(craft, users, len(craft.blocks) or 1)
        widest = max((len(layer.heads) for layer in earliest), default=0)
        best = None
        # from wide to narrow, so that of schedules that cost the same the shallowest stays
        for limit in range(max(widest, 1), 0, -1):
            layers = earliest if limit == widest else _schedule(craft, users, limit)
            sizes = _sizes(craft, layers, d_model)
            if best is None or self.cost(sizes) < self.cost(best[1]):
                best = (layers, sizes)
            if len(layers) > len(earliest) + 2:
                break
        assert best is not None
        return Plan(craft, best[0], starts, best[1])


def _ends(columns: slice) -> tuple[int, int]:
    return columns.start, columns.stop


def _layout(craft: CraftModel) -> tuple[dict[Subspace, int], int]:
    """BOS first, then every subspace one after the other, in the order of writing."""
    starts: dict[Subspace, int] = {}
    position = 1
    for subspace in craft.subspaces():
        starts[subspace] = position
        position += len(subspace)
    return starts, position


def _users(craft: CraftModel) -> list[set[int]]:
    """Per block, the blocks that it needs."""
    writer = {b.writes: i for i, b in enumerate(craft.blocks)}
    return [{writer[s] for s in reads(b) if s in writer} for b in craft.blocks]


def _schedule(craft: CraftModel, needs: list[set[int]], limit: int) -> tuple[Layer, ...]:
    """Layer by layer: of the ready heads the most urgent, then every ready MLP."""
    urgency = _urgency(craft, needs)
    ready = _Ready(craft, needs)
    layers: list[Layer] = []
    while ready.heads or ready.mlps:
        # chosen by urgency, but numbered in the order of the craft model, as people read it
        heads = sorted(sorted(ready.heads, key=lambda i: (-urgency[i], i))[:limit])
        ready.done(heads)
        # taken once the heads are done, whose results they may read, and before any MLP is: within
        # a half-layer nobody reads what another one writes
        mlps = sorted(ready.mlps)
        ready.done(mlps)
        layers.append(Layer(tuple(heads), tuple(mlps)))
    return tuple(layers)


class _Ready:
    """The blocks whose needs are met, while blocks are placed; an MLP's result waits for a layer.

    Each block is looked at once for every block that it needs, so that a long chain costs its
    length.
    """

    def __init__(self, craft: CraftModel, needs: list[set[int]]) -> None:
        self.craft = craft
        self.missing = [len(needed) for needed in needs]
        self.users: list[list[int]] = [[] for _ in needs]
        for i, needed in enumerate(needs):
            for j in needed:
                self.users[j].append(i)
        self.heads: set[int] = set()
        self.mlps: set[int] = set()
        self._add(i for i, count in enumerate(self.missing) if not count)

    def done(self, blocks: list[int]) -> None:
        """Take away what was placed, and add what this makes ready."""
        self.heads.difference_update(blocks)
        self.mlps.difference_update(blocks)
        for i in blocks:
            for user in self.users[i]:
                self.missing[user] -= 1
            self._add(user for user in self.users[i] if not self.missing[user])

    def _add(self, blocks: Iterable[int]) -> None:
        for i in blocks:
            (self.heads if isinstance(self.craft.blocks[i], Head) else self.mlps).add(i)


def _urgency(craft: CraftModel, needs: list[set[int]]) -> list[int]:
    """How many half-layers must still follow each block."""
    after = [0] * len(needs)
    # blocks stand behind what they need: when one is reached, all its users have been
    for i in reversed(range(len(needs))):
        for j in needs[i]:
            # from head to head, or MLP to MLP, the other half-layer between them is waited for
            same_kind = isinstance(craft.blocks[i], Head) == isinstance(craft.blocks[j], Head)
            after[j] = max(after[j], after[i] + (2 if same_kind else 1))
    return after


def _sizes(craft: CraftModel, layers: tuple[Layer, ...], d_model: int) -> Sizes:
    heads = [b for b in craft.blocks if isinstance(b, Head)]
    widths = [
        sum(b.read.columns for b in (craft.blocks[i] for i in layer.mlps) if isinstance(b, Mlp))
        for layer in layers
    ]
    return Sizes(
        n_layers=len(layers),
        n_heads=max((len(layer.heads) for layer in layers), default=0),
        d_model=d_model,
        d_head=max((max(h.key.columns, h.value.columns) for h in heads), default=0),
        d_mlp=max(widths, default=0),
    )
