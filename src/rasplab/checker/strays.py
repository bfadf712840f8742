"""The stream of a disguised model on its way: what stands in it that the nominal one has not.

At every position but BOS, and at BOS, each direction carries a stray number of at most so much. For
a variable that has been written this counts as its error; for the others, BOS's mark among them, it
is all that there is, and whoever reads them reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rasplab.checker.arithmetic import OWN, Array, Format
from rasplab.checker.centred import Centred
from rasplab.checker.disturbed import Disturbed, Reader
from rasplab.checker.spills import Spilled
from rasplab.checker.stream import WIDER, Held, Off, RefutedError, number_row
from rasplab.weights.artefact import VariablePlace


@dataclass(frozen=True, slots=True, eq=False)
class _Lane:
    """What can stand on some directions: rows, each coordinate within `errors` of it.

    `counted` says that whoever follows the nominal weights counts these errors already.
    """

    columns: slice | list[int]
    rows: Array
    errors: Array
    counted: bool


@dataclass(slots=True)
class Strays:
    """By how much every direction is astray so far, and what follows for who reads and writes."""

    of: Disturbed
    form: Format
    places: dict[str, VariablePlace]
    elsewhere: Array = field(init=False)
    at_bos: Array = field(init=False)
    centred: Centred = field(init=False)
    centred_bos: Centred = field(init=False)

    def __post_init__(self) -> None:
        width = len(self.of.write)
        self.centred, self.centred_bos = Centred(self.form, width), Centred(self.form, width)
        others = slice(1, None)  # padding as well
        self.elsewhere = self._embedded(others, others, self.centred)
        self.at_bos = self._embedded(slice(0, 1), slice(0, 1), self.centred_bos)

    def _embedded(self, tokens: slice, positions: slice, centred: Centred) -> Array:
        """How far off what is embedded is: a row of each table, and the rounding of their sum."""
        astray, length = np.zeros(len(self.of.write)), 0.0
        for name, some in (("embed.W_E", tokens), ("pos_embed.W_pos", positions)):
            each = self.of.spilling(name)[some]
            astray = astray + each.lanes.max(axis=0, initial=0.0)
            length += float(each.lengths.max(initial=0.0))
        centred.write(1, length)
        return (astray + 2 * self.form.roundoff * length * self.of.back) * WIDER

    # -- reading

    def off(self, held: dict[str, Held], reader: Reader) -> Off:
        """By how much the columns of a map are read off beside what the nominal map reads."""
        return Off(
            self._read_off(self._lanes(held), reader, self.centred),
            self._read_off(self._lanes_at_bos(held), reader, self.centred_bos),
        )

    def _read_off(self, lanes: list[_Lane], reader: Reader, centred: Centred) -> Array:
        """Σ s·E for what stands on every direction, strays times W, and the rounding of s'·W'.

        A sum of d products and a bias is within γ(d + 1) of its sizes; those of s'·W' add up to at
        most the product of both lengths (Cauchy and Schwarz). Norms add to both (`Centred`).
        """
        form, width = self.form, len(self.of.write)
        off = reader.constant.copy()
        for lane in lanes:
            sizes = reader.shift.size[lane.columns]
            shift = np.abs(lane.rows @ reader.shift.value[lane.columns])
            unsure = reader.shift.off[lane.columns] + OWN * (width + 2) * sizes
            off = off + (shift + np.abs(lane.rows) @ unsure).max(axis=0, initial=0.0)
            if not lane.counted:
                sizes = sizes + np.abs(reader.nominal[lane.columns])
            off = off + lane.errors @ sizes
        length = self.length(lanes)
        sizes = length * reader.lengths + reader.bias
        sizes = sizes + centred.trace(length, reader.lengths, reader.bias)
        if not (sizes < form.largest / 4).all():
            raise RefutedError(f"what is read may be beyond what {form.name} holds")
        terms = centred.roundings(length)
        rounded = float(form.gamma(terms)) * sizes + terms * form.least
        rounded = np.where(sizes > 0, rounded, 0.0)  # sums of zeros are 0
        return self._bounded((off + rounded @ reader.back) * WIDER)

    def length(self, lanes: list[_Lane]) -> float:
        """The most that the stored stream can be long."""
        total = 0.0
        for lane in lanes:
            each = np.abs(lane.rows) + lane.errors
            total += float((each * each).sum(axis=1).max(initial=0.0))
        return float(np.sqrt(total)) * self.of.stretch * WIDER

    def reach(self, held: dict[str, Held], reader: Reader, bias: Array) -> Off:
        """The most that each nominal column can be read as, its sign aside.

        At BOS one row stands on every direction, so that what cancels there is seen to.
        """
        off, own = self.off(held, reader), np.abs(reader.nominal)
        elsewhere, at_bos = np.abs(bias) + off.elsewhere, bias.copy()
        for lane in self._lanes(held):
            sizes = np.abs(lane.rows) @ own[lane.columns]
            elsewhere += sizes.max(axis=0, initial=0.0) + lane.errors @ own[lane.columns]
        unsure = OWN * (len(own) + 2) * np.abs(bias) + off.at_bos
        for lane in self._lanes_at_bos(held):
            at_bos = at_bos + (lane.rows @ reader.nominal[lane.columns])[0]
            wide = OWN * (len(own) + 2) * np.abs(lane.rows[0]) + lane.errors
            unsure = unsure + wide @ own[lane.columns]
        return Off(elsewhere * WIDER, (np.abs(at_bos) + unsure) * WIDER)

    def _lanes(self, held: dict[str, Held]) -> list[_Lane]:
        found: list[_Lane] = []
        for name, one in held.items():
            rows = _rows(self.places.get(name), one)
            errors = one.relative * np.abs(rows).max(axis=0, initial=0.0) + one.absolute
            found.append(_Lane(slice(one.start, one.stop), rows, errors, True))
        rest = self._others(held)
        nothing = np.zeros((1, len(rest)))
        return [*found, _Lane(rest, nothing, self.elsewhere[rest], False)]

    def _lanes_at_bos(self, held: dict[str, Held]) -> list[_Lane]:
        found = [
            _Lane(slice(one.start, one.stop), one.bos[None], one.bos_error, True)
            for one in held.values()
        ]
        rest = self._others(held)
        rows = np.array([[1.0 if i == 0 else 0.0 for i in rest]])
        return [*found, _Lane(rest, rows, self.at_bos[rest], False)]

    def _others(self, held: dict[str, Held]) -> list[int]:
        taken = {i for one in held.values() for i in range(one.start, one.stop)}
        return [i for i in range(len(self.of.write)) if i not in taken]

    # -- writing

    def written(
        self, held: dict[str, Held], elsewhere: Spilled, at_bos: Spilled
    ) -> tuple[Array, Array]:
        """How much farther astray every direction is after a step: not at BOS, and there.

        The sum of what is written and the stream is rounded, in any order, by γ(t + 1) of the
        lengths of all its terms.
        """
        found: list[Array] = []
        for lanes, spilled, centred in (
            (self._lanes(held), elsewhere, self.centred),
            (self._lanes_at_bos(held), at_bos, self.centred_bos),
        ):
            terms, total = float(spilled.terms[0]) + 1, float(spilled.lengths[0])
            total = (total + self.length(lanes)) * WIDER
            if not total < self.form.largest / 4:
                raise RefutedError(f"the stream may be beyond what {self.form.name} holds")
            least = terms * len(self.of.write) * self.form.least
            rounded = float(self.form.gamma(terms + 1)) * total + least
            rounded = rounded if terms > 1 else 0.0  # where nothing is written, all stays
            if terms > 1:
                centred.write(terms, total)
            found.append(self._bounded((spilled.lanes[0] + rounded * self.of.back) * WIDER))
        return found[0], found[1]

    def _bounded(self, sizes: Array) -> Array:
        if not np.isfinite(sizes).all():
            raise RefutedError("how far it is from the nominal weights is not bounded")
        return sizes


def _rows(place: VariablePlace | None, one: Held) -> Array:
    """All that can stand there: of a number that is not listed, being undefined as well."""
    if place is None or not place.encoding.undefined or place.encoding.values:
        return one.rows
    return np.concatenate([one.rows, np.array([number_row(place, None)])])
