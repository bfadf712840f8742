"""Interchange-intervention accuracy of a found circuit: do its edges carry the variables?

The hypothesis is the program, as a causal model; the alignment is the compiled model's own: a
variable is where the nodes are that write it. What is asked is whether the *found* edges from these
nodes are all that it takes to set the variable.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor

from rasplab.lab.circuits.truth import Edge
from rasplab.lab.discovery.alignment import Interchange, Unit, interchanges, near, read
from rasplab.lab.discovery.batches import NUMBERS_AT_MOST, Batch
from rasplab.lab.discovery.faithfulness import SHARES, area_under, sizes_of
from rasplab.lab.discovery.scores import Scores, numbers
from rasplab.lab.discovery.task import Task


@dataclass(frozen=True, slots=True)
class UnitAccuracy:
    """Of one unit: at how many of the `count` positions that count the output is the right one.

    `right` is the share of all of them, `changed_right` that of the `changed` ones where the
    intervention changes what the program gives; nan where there are none.
    """

    unit: Unit
    right: float
    changed_right: float
    count: int
    changed: int


@dataclass(frozen=True, slots=True)
class InterchangeAccuracy:
    """How often a circuit's edges, carrying what they carry on a source, do what the program says.

    `iia` (Geiger and others, 2021) is the mean over units of the share of positions at which the
    output is the program's with the unit's variables set to their values on the source;
    `iia_changed` is the same where that changes the program's output, so that interchanging nothing
    has 0. Both are of the circuit of as many edges, those with the highest scores, as the truth
    has. `values` are `iia_changed` of the best `shares` of all edges, and `area` is what is under
    that curve. All is nan where no variable can be interchanged.
    """

    iia: float
    iia_changed: float
    shares: tuple[float, ...]
    values: tuple[float, ...]
    area: float
    units: tuple[UnitAccuracy, ...]

    def __str__(self) -> str:
        return f"IIA {self.iia:.3f}, {self.iia_changed:.3f} where the output changes"


def interchange_accuracy(
    task: Task, scores: Scores, prepared: Sequence[Interchange] | None = None
) -> InterchangeAccuracy:
    """Interchange every variable along the best edges alone, and ask the program what is right.

    A pair's clean input is the base, its corrupted one the source, whatever the task's ablation. A
    unit is some variables that nodes write which write no others. In the run on the base, every
    edge of the circuit that leaves one of these nodes carries what it carries on the source; all
    other edges carry what they carry in this run. All edges together have 1, which is what the
    compiler proves; a circuit has less where it lacks an edge that a variable takes.

    Ties are broken by the order of the graph. Not counted are units of which a variable cannot be
    set by name, and interchanges that break a fact which the model relies on. `prepared` are the
    task's `interchanges`, which are the same for all scores, and for tasks that differ in their
    ablation alone.

    >>> import rasplab
    >>> from rasplab.lab.discovery import methods, task_of
    >>> program, vocab = rasplab.programs.get("sort").at(3, 3)
    >>> task = task_of(rasplab.compile(program, vocab=vocab, max_length=3))
    >>> print(interchange_accuracy(task, methods()["exact"](task)))
    IIA 1.000, 1.000 where the output changes
    """
    known = tuple(interchanges(task)) if prepared is None else prepared
    ranked = scores.ranked()
    sizes = [len(task.truth().edges), *sizes_of(len(ranked))]
    found = [_of_unit(task, interchange, ranked, sizes) for interchange in known]
    own, *curve = ([unit[i] for unit in found] for i in range(len(sizes)))
    values = tuple(_mean(unit.changed_right for unit in point) for point in curve)
    return InterchangeAccuracy(
        _mean(unit.right for unit in own),
        _mean(unit.changed_right for unit in own),
        SHARES,
        values,
        area_under(SHARES, values),
        tuple(own),
    )


@torch.no_grad()
def _of_unit(
    task: Task, interchange: Interchange, ranked: Sequence[Edge], sizes: Sequence[int]
) -> list[UnitAccuracy]:
    """Its accuracy with the best edges alone, for every size."""
    # edges that leave other nodes carry what they do anyway: circuits that differ in them are one
    ranks = [i for i, edge in enumerate(ranked) if edge.sender in interchange.unit.nodes]
    counts = [bisect_left(ranks, size) for size in sizes]
    different = sorted(set(counts))
    cuts = torch.stack([_from_source(task, [ranked[i] for i in ranks[:n]]) for n in different])
    known = dict(zip(different, _accuracies(task, interchange, cuts), strict=True))
    return [known[count] for count in counts]


def _accuracies(task: Task, interchange: Interchange, cuts: Tensor) -> Iterator[UnitAccuracy]:
    """Per set of cuts (k r w) the accuracy of a unit."""
    counted, changed = 0, 0
    right, changed_right = (cuts.new_zeros(len(cuts)) for _ in range(2))
    for batch, answers in zip(interchange.batches, interchange.answers, strict=True):
        given = torch.cat([_outputs(task, batch, some) for some in _in_parts(cuts, batch)])
        same = near(given, answers.expected, 2 * task.model.certificate.output_error)
        right += (same & answers.counted).sum((1, 2))
        changed_right += (same & answers.changed).sum((1, 2))
        counted += int(answers.counted.sum())
        changed += int(answers.changed.sum())
    for one, other in zip(numbers(right), numbers(changed_right), strict=True):
        shares = (_share(one, counted), _share(other, changed))
        yield UnitAccuracy(interchange.unit, *shares, counted, changed)


def _from_source(task: Task, edges: Iterable[Edge]) -> Tensor:
    """A run in which these edges (r w) carry what they do on the source."""
    cut = task.batches[0].clean.new_zeros(task.shape)
    for edge in edges:
        cut[task.place(edge)] = 1
    return cut


def _in_parts(cuts: Tensor, batch: Batch) -> tuple[Tensor, ...]:
    """So many at once that their runs fit in memory."""
    per_run = sum(cuts.shape[1:]) * batch.clean[0].numel()
    return torch.split(cuts, max(NUMBERS_AT_MOST // per_run, 1))


def _outputs(task: Task, batch: Batch, cuts: Tensor) -> Tensor:
    """What the model gives (k b n) in k runs on the bases."""
    output = task.run(batch, cut=cuts.repeat_interleave(len(batch), 0)).output
    return read(task.model.config, output.view(len(cuts), len(batch), *output.shape[1:]))


def _share(right: float, count: int) -> float:
    return right / count if count else math.nan


def _mean(shares: Iterable[float]) -> float:
    """Over the units that have one."""
    found = [share for share in shares if not math.isnan(share)]
    return fmean(found) if found else math.nan
