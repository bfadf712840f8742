"""Which nodes hold which variables, and what the program gives where these are interchanged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from rasplab.diagnostics import ProgramError
from rasplab.lab.circuits.blocks import Writer
from rasplab.lab.circuits.data import Pairs, read_inputs
from rasplab.lab.discovery.batches import Batch, make_batches
from rasplab.lab.discovery.task import Task
from rasplab.lab.interventions.agreement import broken_fact, expected_output, values_of
from rasplab.lab.interventions.edits import settable
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value, identity
from rasplab.weights.artefact import Manifest
from rasplab.weights.config import Config

if TYPE_CHECKING:
    from rasplab.model import Model

PAIRS = 64
"""So many of a task's pairs are interchanged in every unit: the program is run on each."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Variables that `nodes` write which write no others: they are interchanged together."""

    variables: tuple[str, ...]
    nodes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.variables)} in {', '.join(self.nodes)}"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the program gives for a batch, a unit being as it is on the source.

    `expected` (b n) is the place of the value among the output's, or the number, nan being absent;
    `counted` (b n) where it is defined what is right, `changed` where that is not what the program
    gives on the base. BOS is position 0, and does not count.
    """

    expected: Tensor
    counted: Tensor
    changed: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Interchange:
    """Of one unit: batches whose `ablated` is what is written on the source, with answers."""

    unit: Unit
    batches: tuple[Batch, ...]
    answers: tuple[Answers, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Some:
    """Some pairs."""

    clean: list[list[Value]]
    corrupt: list[list[Value]]


def interchanges(task: Task) -> Iterator[Interchange]:
    """Every unit of a task's graph, interchanged from the corrupted inputs to the clean ones.

    Left out are units of which a variable cannot be set by its name; there is none where the
    program is not known.
    """
    model = task.model
    if model.program is None or model.compilation is None:
        return
    pairs = _some(task.pairs)
    batches = _batches(task, pairs)
    plain = [expected_output(model, base, {}) or [] for base in pairs.clean]
    for unit in units_of(model.manifest, task.network.blocks.writers):
        given = [
            _given(model, unit, *pair) for pair in zip(pairs.clean, pairs.corrupt, strict=True)
        ]
        answers = tuple(_answers(model, plain, given, batches))
        yield Interchange(unit, batches, answers)


def units_of(manifest: Manifest, writers: Sequence[Writer]) -> list[Unit]:
    """Nodes and variables, divided so that no node of one part writes a variable of another.

    >>> import rasplab
    >>> from rasplab.lab.discovery import task_of
    >>> program, vocab = rasplab.programs.get("sort").at(3, 3)
    >>> task = task_of(rasplab.compile(program, vocab=vocab, max_length=3))
    >>> for unit in units_of(task.model.manifest, task.network.blocks.writers):
    ...     print(unit)
    tokens in embed
    indices in pos_embed
    rank.part1 in a0.h0
    rank.part2 in a1.h0
    rank in m1
    sort in a2.h0
    """
    held = {v.name: v.expression for v in manifest.variables if not v.marks_bos}
    parts: list[tuple[set[str], list[str]]] = []
    for writer in writers:
        if names := {held.get(variable, "") for variable in writer.variables}:
            same = [part for part in parts if part[0] & names]
            parts = [part for part in parts if part not in same]
            nodes = [node for part in same for node in part[1]]
            parts.append((names.union(*(part[0] for part in same)), [*nodes, writer.name]))
    can_be_set = set(settable(manifest))
    return [Unit(tuple(sorted(n)), tuple(nodes)) for n, nodes in parts if n <= can_be_set]


def _some(pairs: Pairs) -> _Some:
    """Evenly spread ones, the longest first, as batches have them."""
    every = list(zip(pairs.clean, pairs.corrupt, strict=True))
    some = every[:: math.ceil(len(every) / PAIRS)]
    read = [(read_sequence(clean), read_sequence(corrupt)) for clean, corrupt in some]
    read.sort(key=lambda pair: -len(pair[0]))
    return _Some([clean for clean, _ in read], [corrupt for _, corrupt in read])


def _batches(task: Task, pairs: _Some) -> tuple[Batch, ...]:
    inputs = read_inputs(task.model.config, pairs, task.seed)
    error = task.model.weights.circuit.certificate.output_error
    return make_batches(task.network, inputs, "resample", error)


def _given(model: Model, unit: Unit, base: list[Value], source: list[Value]) -> list[Value] | None:
    """The program's output on the base with the unit set, where the model can follow."""
    known = {name: values_of(model, source, name) for name in unit.variables}
    do = {name: dict(enumerate(values)) for name, values in known.items() if values is not None}
    try:
        if len(do) < len(known) or broken_fact(model, base, do) is not None:
            return None
        return expected_output(model, base, do)
    except ProgramError:
        return None


def _answers(
    model: Model,
    plain: Sequence[list[Value]],
    given: Sequence[list[Value] | None],
    batches: Sequence[Batch],
) -> Iterator[Answers]:
    start, within = 0, 2 * model.certificate.output_error
    for batch in batches:
        own = slice(start, start + len(batch))
        start = own.stop
        both = list(zip(plain[own], given[own], strict=True))
        base = _tensor(model.config, [without for without, _ in both], batch)
        expected = _tensor(
            model.config, [without if x is None else x for without, x in both], batch
        )
        counted = torch.ones_like(base, dtype=torch.bool)
        counted[:, 0] = False
        counted[[i for i, (_, x) in enumerate(both) if x is None]] = False
        yield Answers(expected, counted, counted & ~near(expected, base, within))


def _tensor(config: Config, rows: Sequence[list[Value]], batch: Batch) -> Tensor:
    """What to hold outputs against (b n), BOS first."""
    if config.output_values is None:
        coded = [[math.nan if v is None else float(cast("float", v)) for v in row] for row in rows]
    else:
        place = {identity(v): float(i) for i, v in enumerate(config.output_values)}
        # a value that the model does not have is at no place, and equal to no output
        coded = [[place.get(identity(value), -1.0) for value in row] for row in rows]
    return batch.clean.new_tensor([[-1.0, *row] for row in coded], dtype=torch.float64)


def near(one: Tensor, other: Tensor, within: float) -> Tensor:
    """Where both are absent, or no farther apart."""
    return (one.isnan() & other.isnan()) | ((one - other).abs() <= within)


def read(config: Config, output: Tensor) -> Tensor:
    """Outputs (… columns) as answers have them: places of values, or numbers, nan being absent."""
    if config.output_values is not None:
        return output.argmax(-1).double()
    number = output[..., 0].double()
    return number.masked_fill(output[..., 1] > 0.5, math.nan) if config.output_undefined else number
