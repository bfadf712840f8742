"""A task: a model, a question about it, paired data, and the metric by which methods go."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.lab.circuits.convention import Convention
from rasplab.lab.circuits.data import Inputs, Pairs, read_inputs
from rasplab.lab.circuits.rerun import ties_off
from rasplab.lab.circuits.truth import Edge, GroundTruth, Node
from rasplab.lab.discovery.batches import Batch, make_batches
from rasplab.lab.discovery.edgewise import Held, Probes, Run, readers_of, run_edges
from rasplab.lab.discovery.metrics import Metric, metric_for
from rasplab.lab.discovery.network import Network, network_of
from rasplab.lab.discovery.scores import Meter, Scores, numbers
from rasplab.lab.discovery.softmax import Softmax
from rasplab.weights import forward

if TYPE_CHECKING:
    from rasplab.model import Model

LEVELS = ("component", "head", "qkv", "neuron")
ABLATIONS = ("zero", "mean", "resample")
PAIRS = 200
"""So many pairs are drawn where no data are given, or all inputs of the greatest length."""


class ZeroGradientWarning(UserWarning):
    """A gradient is zero everywhere, so that what is computed from it says nothing."""


@dataclass(frozen=True, eq=False)
class Task:
    """A compiled model with a level, an ablation, pairs of inputs and a metric.

    The graph is the one that `model.circuit` has at that level. Scores are tensors with a row per
    reader and a column per writer, `edges` of them being edges; `scores` gives them their names.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
    >>> task = task_of(model, ablation="zero")
    >>> [str(edge) for edge in task.edges]
    ['embed -> output', 'pos_embed -> output']
    >>> [str(edge) for edge in task.truth().edges]
    ['embed -> output']
    """

    model: Model
    network: Network
    convention: Convention
    metric: Metric
    pairs: Pairs
    inputs: Inputs
    batches: tuple[Batch, ...]
    meter: Meter
    seed: int = 0
    _kept: dict[str, GroundTruth] = field(default_factory=dict[str, GroundTruth], repr=False)

    def truth(self) -> GroundTruth:
        """The circuit of this question, on these data."""
        if "truth" not in self._kept:
            c = self.convention
            self._kept["truth"] = self.model.circuit(
                level=c.level, ablation=c.ablation, data=self.pairs, joined=c.joined
            )
        return self._kept["truth"]

    @functools.cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, by reader, as `model.circuit` names it."""
        return tuple(Edge(w.name, r.name) for w, r in self.network.blocks.pairs())

    @functools.cached_property
    def read(self) -> Tensor:
        """Which edges are read (r w): the reader has a weight where the writer has one."""
        blocks = self.network.blocks
        found = torch.zeros(len(blocks.readers), len(blocks.writers), dtype=torch.bool)
        for i, reader in enumerate(blocks.readers):
            for j, writer in enumerate(blocks.writers):
                found[i, j] = writer.site <= reader.reads and blocks.connected(writer, reader)
        return found

    @functools.cached_property
    def ties(self) -> dict[int, float]:
        """By how much ties are off in a disguised model, by the number of positions."""
        weights, found = self.model.weights, dict[int, float]()
        for ids in self.inputs.clean:
            off = ties_off(weights, ids, forward(weights, ids))
            found[ids.shape[1]] = max(off, found.get(ids.shape[1], 0.0))
        return found

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of readers and of writers."""
        return len(self.network.blocks.readers), len(self.network.blocks.writers)

    @property
    def examples(self) -> int:
        """The number of pairs."""
        return self.meter.examples

    def run(
        self,
        batch: Batch,
        *,
        cut: Tensor | None = None,
        written: Tensor | None = None,
        probes: Probes | None = None,
        held: Held | None = None,
        softmax: Softmax | None = None,
    ) -> Run:
        """A pass over a batch, or over several copies of it, one after the other (see `run_edges`).

        `written`, by default what the embeddings write on the clean inputs, or `cut`, where its
        first axis is not 1, say how many copies there are.
        """
        given = batch.clean[: self.embeddings] if written is None else written
        rows = max(given.shape[1], 1 if cut is None else len(cut))
        copies = rows // len(batch)
        start = given if given.shape[1] == rows else given.repeat(1, copies, 1, 1)
        ablated = batch.ablated.repeat(1, copies, 1, 1) if copies > 1 else batch.ablated
        network = replace(self.network, softmax=softmax) if softmax else self.network
        self.meter.forward += rows
        return run_edges(network, start, cut=cut, ablated=ablated, probes=probes, held=held)

    @property
    def embeddings(self) -> int:
        """How many writers are embeddings."""
        return sum(writer.step is None for writer in self.network.blocks.writers)

    def value(self, batch: Batch, output: Tensor) -> Tensor:
        """The metric (copies b) of outputs (copies·b n columns)."""
        copies = output.view(-1, len(batch), *output.shape[1:])
        return self.metric.value(copies, batch.targets)

    def gradients(
        self,
        batch: Batch,
        *,
        written: Tensor | None = None,
        offsets: Mapping[int, Tensor] | None = None,
        held: Held | None = None,
        softmax: Softmax | None = None,
    ) -> Tensor:
        """The gradient of the metric at what every reader reads (r b n d), copies averaged.

        It is the gradient of what each edge to the reader carries. At the clean run the gradient of
        a distance is zero, what is computed being rounding: it is returned as zero, with a warning.

        Args:
            batch: the examples.
            written: what the embeddings write, and perhaps later writers (w copies·b n d).
            offsets: by the numbers of readers what is added to what they read (copies·b n d).
            held: by the numbers of writers what they write (copies·b n d), whatever they read.
            softmax: in place of the exact one.
        """
        readers, (_, b, n, d) = self.shape[0], batch.clean.shape
        if self.metric.distance and written is None and not offsets and not held:
            why = f"the gradient of {self.metric.name!r}, a distance, is zero at the clean run"
            self._warn(why)
            return batch.clean.new_zeros(readers, b, n, d)
        given = batch.clean[: self.embeddings] if written is None else written
        moved = [*(offsets or {}).values(), *(held or {}).values()]
        rows = max(given.shape[1], *map(len, moved), 0)
        found = batch.clean.new_zeros(readers, b, n, d)
        for start in range(0, rows, b):  # one by one: what is in the cache is not moved
            own = slice(start, start + b)
            start_ = given[:, own] if given.shape[1] == rows else given
            probes = self._probes({i: offset[own] for i, offset in (offsets or {}).items()}, start_)
            fixed = {i: constant[own] for i, constant in (held or {}).items()}
            run = self.run(batch, written=start_, probes=probes, held=fixed, softmax=softmax)
            found += self._gradient(batch, run.output, probes)
        if not found.any():
            self._warn("the gradient is zero at every reader on a batch of the data")
        return found / (rows // b)

    def _probes(self, offsets: Mapping[int, Tensor], like: Tensor) -> Probes:
        found: dict[range, Tensor] = {}
        for own in readers_of(self.network):
            found[own] = like.new_zeros(len(own), *like.shape[1:])
            for i, offset in offsets.items():
                if i in own:
                    found[own][i - own.start] = offset
            found[own].requires_grad_()
        return found

    def _gradient(self, batch: Batch, output: Tensor, probes: Probes) -> Tensor:
        self.meter.backward += len(batch)
        total, leaves = self.value(batch, output).sum(), list(probes.values())
        found = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
        return torch.cat(found)

    def effect(self, batch: Batch, gradients: Tensor) -> Tensor:
        """By how much the metric would change to first order, summed over examples (r w)."""
        return torch.einsum("wbnd,rbnd->rw", batch.ablated - batch.clean, gradients)

    def mean(self, sums: Iterable[Tensor]) -> Tensor:
        """The mean over examples of what was summed over each batch's."""
        return torch.stack(list(sums)).sum(0) / self.examples

    def scores(self, edges: object, nodes: Tensor | None = None) -> Scores:
        """Scores by name: of a tensor (r w), or of a mapping from edges or their names.

        `nodes` (w) are scores of writers; by default a writer's is the sum of its edges', which to
        first order is what cutting them all does.

        Raises:
            InputError: E445 for edges that do not exist, or a tensor of another shape.
        """
        if isinstance(edges, Scores):
            return edges
        if isinstance(edges, Mapping):
            edges = self._tensor(cast("Mapping[object, float]", edges))
        if not isinstance(edges, Tensor) or tuple(edges.shape) != self.shape:
            raise InputError(_no_scores(edges, self.shape))
        named = edges.detach().double().cpu()
        rows, columns = self._numbers
        by_edge = dict(zip(self.edges, numbers(named[rows, columns]), strict=True))
        by_node = self._possible(named).sum(0) if nodes is None else nodes
        writers = [Node(writer.name) for writer in self.network.blocks.writers]
        return Scores(self.convention, by_edge, dict(zip(writers, numbers(by_node), strict=True)))

    def of_nodes(self, nodes: Tensor) -> Tensor:
        """Scores of edges (r w) from those of writers (w): the lesser of the two ends'.

        The output counts as important without end.
        """
        blocks = self.network.blocks
        writers = {writer.name: i for i, writer in enumerate(blocks.writers)}
        ends = torch.cat([nodes, nodes.new_tensor([torch.inf])])
        readers = [writers.get(reader.node, len(nodes)) for reader in blocks.readers]
        return torch.minimum(ends[readers][:, None], nodes[None])

    def _possible(self, edges: Tensor) -> Tensor:
        rows, columns = self._numbers
        found = torch.zeros_like(edges)
        found[rows, columns] = edges[rows, columns]
        return found

    @functools.cached_property
    def _numbers(self) -> tuple[list[int], list[int]]:
        readers = {r.name: i for i, r in enumerate(self.network.blocks.readers)}
        writers = {w.name: i for i, w in enumerate(self.network.blocks.writers)}
        return [readers[e.receiver] for e in self.edges], [writers[e.sender] for e in self.edges]

    def place(self, edge: Edge) -> tuple[int, int]:
        """The numbers of an edge's reader and writer."""
        return self._places[edge]

    @functools.cached_property
    def _places(self) -> dict[Edge, tuple[int, int]]:
        return dict(zip(self.edges, zip(*self._numbers, strict=True), strict=True))

    def _tensor(self, named: Mapping[object, float]) -> Tensor:
        from rasplab.lab.circuits.names import read_pairs

        found = torch.zeros(self.shape, dtype=torch.float64)
        plain = {str(name): float(score) for name, score in named.items()}
        for pair, score in read_pairs(self.network.blocks, plain).items():
            found[self._places[Edge(*pair)]] = score
        return found

    def _warn(self, why: str) -> None:
        warnings.warn(why, ZeroGradientWarning, stacklevel=3)


def task_of(
    model: Model,
    *,
    level: str = "qkv",
    ablation: str = "resample",
    data: object = None,
    metric: str = "difference",
    joined: bool = False,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
    seed: int = 0,
) -> Task:
    """The task of finding what matters in a model, under an ablation and on pairs of inputs.

    Args:
        model: a compiled model.
        level: "component", "head", "qkv" or "neuron".
        ablation: "zero", "mean" (over the clean inputs) or "resample" (from the corrupted one).
        data: pairs, as `model.dataset` makes them; by default 200, corrupted at random, of the
            greatest length, or as many as there are.
        metric: "difference", "log-probability", "kl" or "l2"; it has to fit the output.
        joined: take the embeddings of tokens and positions for one node.
        dtype: in what the network runs.
        device: where it runs.
        seed: of what is drawn.

    Raises:
        InputError: E440 for an unknown level or ablation, E441 for data that are no pairs of equal
            lengths, E446 for a metric that does not fit.
    """
    for name, given, known in (("level", level, LEVELS), ("ablation", ablation, ABLATIONS)):
        if given not in known:
            why = f"`{name}` cannot be {shown(given)}"
            help = f"choose one of {', '.join(map(repr, known))}"
            raise InputError(diagnostic("E440", why, help=help))
    pairs = drawn_pairs(model, PAIRS, seed) if data is None else data
    if not isinstance(pairs, Pairs):
        why = "methods compare a clean and a corrupted input, and these data are no pairs"
        raise InputError(diagnostic("E441", why, help="use `model.dataset(...)`"))
    chosen = metric_for(metric, model.config)
    inputs = read_inputs(model.config, pairs, seed)
    network = network_of(model.weights, level, joined=joined, dtype=dtype, device=device)
    error = model.weights.circuit.certificate.output_error
    return Task(
        model,
        network,
        Convention(level, ablation, joined, False, inputs.digest),
        chosen,
        pairs,
        inputs,
        make_batches(network, inputs, ablation, error),
        Meter(inputs.count),
        seed,
    )


def drawn_pairs(model: Model, count: int, seed: int) -> Pairs:
    """So many pairs of the greatest length, corrupted at random, or all that there are."""
    longest = model.config.max_length
    try:
        return model.dataset(count, corrupt="random", seed=seed, length=longest)
    except InputError as few:
        # fewer inputs than pairs are no mistake: then all of them are the data
        if few.code != "E441" or len(model.config.vocabulary) ** longest > count:
            raise
    return model.dataset(corrupt="random", seed=seed, length=longest)


def _no_scores(given: object, shape: tuple[int, int]) -> Diagnostic:
    what = f"a tensor of shape {tuple(given.shape)}" if isinstance(given, Tensor) else shown(given)
    return diagnostic(
        "E445",
        f"scores of edges are not {what}",
        help=f"return a tensor of {shape[0]} readers by {shape[1]} writers, `task.scores(...)`, or "
        'a mapping such as {"embed -> m0": 0.5}',
    )
