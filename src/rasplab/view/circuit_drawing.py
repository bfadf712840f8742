"""A circuit over its network: the plan, with what is not in the circuit drawn faint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rasplab.diagnostics import counted
from rasplab.view.drawing import Drawing
from rasplab.view.plan_drawing import Sheet, colours_of, draw_sheet
from rasplab.view.plan_rows import Row, rows_of

if TYPE_CHECKING:
    from rasplab.lab.circuits import GroundTruth
    from rasplab.lab.circuits.blocks import Writer
    from rasplab.weights import ModelWeights

_JOINED = "input"


def draw_circuit(
    truth: GroundTruth,
    weights: ModelWeights,
    name: str,
    title: str | None = None,
    width: float | None = None,
) -> Drawing:
    """The circuit; nodes within one component, and positions, are drawn as that component."""
    found = _Found(truth, weights)
    return draw_sheet(
        Sheet(
            title or (f"circuit of {name}" if name else "circuit"),
            "",
            found.remark(),
            tuple(found.labelled(row) for row in rows_of(weights)),
            colours_of(weights),
            f"Circuit of {name or weights.circuit.program}",
            found.shows,
        ),
        width,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The nodes and edges of a circuit by the rows of the plan."""

    truth: GroundTruth
    weights: ModelWeights

    def shows(self, row: Row, variable: str | None) -> bool:
        """Whether a row is in the circuit, or what it reads of a variable."""
        if variable is None:
            names = self._nodes(row)
            sending = {edge.sender for edge in self.truth.edges}
            inside = sending | {node.name for node in self.truth.nodes}
            return row.kind == "output" or bool(names & inside)
        owner = {r.name: r.node for r in self.truth.blocks.readers}
        senders = {w.name for w in self.truth.blocks.writers if variable in self._written(w)}
        receivers = self._blocks(row)
        return any(
            edge.sender in senders and owner[edge.receiver] in receivers
            for edge in self.truth.edges
        )

    def labelled(self, row: Row) -> Row:
        """The row with the name that the circuit has for it."""
        blocks = sorted(self._blocks(row), key=lambda name: (len(name), name))
        if row.kind == "output" or not blocks:
            return row
        label = blocks[0] if len(blocks) == 1 else f"{blocks[0]} … {blocks[-1]}"
        return replace(row, detail=f"{label} · {row.detail}")

    def remark(self) -> str:
        """What it is the circuit of, in a line."""
        truth = self.truth
        how = "who reads whom" if truth.ablation == "none" else f"{truth.ablation} ablation"
        on = "" if truth.ablation == "none" else f" on {counted(truth.inputs, 'input')}"
        return (
            f"{counted(len(truth.nodes), 'node')} and {len(truth.edges)} of "
            f"{counted(truth.candidates, 'edge')} · level {truth.level} · {how}{on} · "
            "faint: not in the circuit"
        )

    def _nodes(self, row: Row) -> set[str]:
        return {w.name for w in self.truth.blocks.writers if self._is(w, row)}

    def _blocks(self, row: Row) -> set[str]:
        """The names of the blocks that a row is, or is a part of."""
        if row.kind == "output":
            return {"output"}
        return {w.node for w in self.truth.blocks.writers if self._is(w, row)}

    def _is(self, writer: Writer, row: Row) -> bool:
        embedded = row.kind in ("embed", "pos_embed")
        if writer.kind != row.kind and not (embedded and writer.kind == _JOINED):
            return False
        if embedded:
            return writer.column is None or row.name in writer.variables
        return row.name in writer.variables

    def _written(self, writer: Writer) -> set[str]:
        rows = rows_of(self.weights)
        return {row.writes for row in rows if row.writes and self._is(writer, row)}
