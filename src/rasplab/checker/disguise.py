"""A proof of disguised weights: the nominal ones are followed, and what the others add is counted.

Step by step: what each part reads is off by so much more (`head`, `units`, `output`), and after the
step everything that stands in the stream is (`settle`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from rasplab.checker.arithmetic import Array, Flags, Format
from rasplab.checker.attention import Scores
from rasplab.checker.disturbed import Disturbed, Reader
from rasplab.checker.spills import Spilled, Spilling
from rasplab.checker.strays import Strays
from rasplab.checker.stream import NOT_OFF, WIDER, Held, Off, RefutedError
from rasplab.weights.artefact import ModelWeights


@dataclass(frozen=True, slots=True, eq=False)
class HeadOff:
    """By how much the maps of a head read off, and how much more its scores are rounded."""

    q: Off = NOT_OFF
    k: Off = NOT_OFF
    v: Off = NOT_OFF
    mixed: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class UnitsOff:
    """By how much hidden units read off, and what they spill."""

    off: Off = NOT_OFF
    spilling: Spilling | None = None

    def __getitem__(self, some: slice) -> UnitsOff:
        """Of some of the units."""
        return UnitsOff(self.off[some], self.spilling and self.spilling[some])


@dataclass(frozen=True, slots=True)
class KeyShare:
    """The most that all keys but BOS have of a head's weight; for BOS as the query at last."""

    elsewhere: float = 1.0
    at_bos: float = 1.0

    @classmethod
    def of(cls, scores: Scores, count: int) -> KeyShare:
        """From the scores of so many keys, of which BOS, too, has one."""
        highest = max(scores.chosen.high, scores.others)
        most = (highest - scores.bos.low, scores.foreign - scores.own)
        return cls(*(min(1.0, count * math.exp(min(m, 0.0))) for m in most))


@dataclass(slots=True)
class Disguise:
    """The strays of a disguised model, and who reads and writes them."""

    strays: Strays
    max_length: int

    @classmethod
    def of(cls, weights: ModelWeights, form: Format) -> Disguise:
        """The disguise of weights that have nominal ones, at the embeddings.

        Raises:
            RefutedError: they cannot be undone, or are read in another way than they stand.
        """
        if not form.reading.of_disguised:
            raise RefutedError("disguised weights are not followed behind such norms")
        places = {place.name: place for place in weights.circuit.variables}
        return cls(Strays(Disturbed.of(weights), form, places), weights.config.max_length)

    def embedded(self, held: dict[str, Held]) -> dict[str, Held]:
        """What is embedded, with how far it is astray."""
        return self._astray(held, (self.strays.elsewhere, self.strays.at_bos))

    # -- reading

    def head(self, held: dict[str, Held], layer: int, head: int) -> HeadOff:
        """What is to be added to what a head reads, and to the rounding of its scores.

        A score is rounded as the sum of products that it is, q'·k', and z' as that of p·v'.
        """
        block, of, form = f"blocks.{layer}.attn.", self.strays.of, self.strays.form
        q, k, v = (of.reader(f"{block}W_{part}", head) for part in "QKV")
        width, sizes = len(q.lengths), self._scores(held, layer, head)
        mixed = float(form.gamma(width + 1)) * sizes + width * form.least if sizes else 0.0
        off_v, blend = self.strays.off(held, v), self._blend(held, block, head, v)
        return HeadOff(
            self.strays.off(held, q),
            self.strays.off(held, k),
            Off(off_v.elsewhere + blend.elsewhere, off_v.at_bos + blend.at_bos),
            mixed,
        )

    def _scores(self, held: dict[str, Held], layer: int, head: int) -> float:
        """The most that the terms of a score are in size, also of a head that nothing names.

        Raises:
            RefutedError: it may be infinite, and what the head writes no number, whatever that is.
        """
        block, of = f"blocks.{layer}.attn.", self.strays.of
        q, k = (
            self._reach(held, of.reader(f"{block}W_{part}", head), f"{block}b_{part}", head).most
            for part in "QK"
        )
        mix = of.mix(block, "QK", head)
        sizes = float((q @ mix.by.size) @ (k @ mix.undone.size.T)) * WIDER
        if not sizes < self.strays.form.largest / 4:
            raise RefutedError("scores may be beyond what the format holds")
        return sizes

    def _blend(self, held: dict[str, Held], block: str, head: int, v: Reader) -> Off:
        """How far sums of weighted values are rounded in the space in which they are stored.

        By γ·Σ p·|v'|: as if each value were off by γ·|v'|. Where nothing is mixed, the values are
        the nominal ones, and the rounding of their sums has been counted.
        """
        form, of = self.strays.form, self.strays.of
        if f"{block}OV" not in of.mixes:
            return Off(np.zeros(len(v.lengths)), np.zeros(len(v.lengths)))
        mix, reach = of.mix(block, "OV", head), self._reach(held, v, f"{block}b_V", head)
        terms = self.max_length + 1 + form.rescaled + form.exponential + 4

        def rounded(sizes: Array) -> Array:
            mixed = sizes @ mix.by.size
            each = 2 * float(form.gamma(terms)) * mixed + (mixed > 0) * terms * form.least
            return each @ mix.undone.size * WIDER

        return Off(rounded(reach.elsewhere), rounded(reach.at_bos))

    def _reach(self, held: dict[str, Held], reader: Reader, bias: str, head: int) -> Off:
        return self.strays.reach(held, reader, self.strays.of.nominal[bias][head])

    def units(self, held: dict[str, Held], layer: int) -> UnitsOff:
        """What is to be added to what the hidden units of a layer read, and what they spill."""
        block, of = f"blocks.{layer}.mlp.", self.strays.of
        off = self.strays.off(held, of.reader(f"{block}W_in"))
        return UnitsOff(off, of.spilling(f"{block}W_out"))

    def output(self, held: dict[str, Held]) -> Off:
        """What is to be added to what the output is read as."""
        return self.strays.off(held, self.strays.of.reader("unembed.W_U"))

    # -- writing

    def heads_spill(
        self, held: dict[str, Held], layer: int, shares: dict[int, KeyShare]
    ) -> tuple[Spilled, Spilled]:
        """What all heads of a layer spill: not at BOS, and there.

        Weights of attention add up to 1, of which all keys but BOS have their share. They are
        rounded, as often as `_roundings` says at most.
        """
        of = self.strays.of
        elsewhere = at_bos = Spilled.nothing(len(of.write))
        for head in range(len(of.stored[f"blocks.{layer}.attn.b_V"])):
            self._scores(held, layer, head)
            share = shares.get(head, KeyShare())
            most = self._values(held, layer, head, share)
            spilling = of.spilling(f"blocks.{layer}.attn.W_O", head)
            elsewhere = elsewhere.plus(spilling.all_of(most.elsewhere))
            at_bos = at_bos.plus(spilling.all_of(most.at_bos))
        return elsewhere, at_bos

    def _values(self, held: dict[str, Held], layer: int, head: int, share: KeyShare) -> Off:
        """The most that the weighted sums of a head's values can be."""
        block, form, n = f"blocks.{layer}.attn.", self.strays.form, self.max_length
        reader = self.strays.of.reader(f"{block}W_V", head)
        reach = self._reach(held, reader, f"{block}b_V", head)
        blend = self._blend(held, block, head, reader)
        keys, bos = reach.elsewhere + blend.elsewhere, reach.at_bos + blend.at_bos
        more = 1 + float(form.gamma(2 * n + 2 * form.exponential + form.rescaled + 4))
        least = (n + 1) * form.least * ((keys > 0) | (bos > 0))
        return Off(
            more * (share.elsewhere * keys + bos) + least,
            more * (share.at_bos * keys + bos) + least,
        )

    def units_spill(
        self, held: dict[str, Held], layer: int, idle: Flags, named: list[Spilled]
    ) -> tuple[Spilled, Spilled]:
        """What the hidden units of a layer spill: named ones as was found, others all they read.

        The named are silent at BOS.
        """
        units = self.units(held, layer)
        assert units.spilling is not None
        rest = units.spilling[idle]
        elsewhere = rest.all_of(units.off.elsewhere[idle])
        for spilled in named:
            elsewhere = elsewhere.plus(spilled)
        return elsewhere, rest.all_of(units.off.at_bos[idle])

    def settle(
        self, held: dict[str, Held], new: dict[str, Held], spilled: tuple[Spilled, Spilled]
    ) -> dict[str, Held]:
        """All that stands in the stream after a step: what did, and what was written."""
        more = self.strays.written(held, *spilled)
        there = self._astray(held, more)
        self.strays.elsewhere = (self.strays.elsewhere + more[0]) * WIDER
        self.strays.at_bos = (self.strays.at_bos + more[1]) * WIDER
        return there | self._astray(new, (self.strays.elsewhere, self.strays.at_bos))

    @staticmethod
    def _astray(held: dict[str, Held], by: tuple[Array, Array]) -> dict[str, Held]:
        return {
            name: replace(
                one,
                absolute=(one.absolute + by[0][one.start : one.stop]) * WIDER,
                bos_error=(one.bos_error + by[1][one.start : one.stop]) * WIDER,
            )
            for name, one in held.items()
        }


def idle_units(weights: ModelWeights, layer: int) -> Flags:
    """The hidden units of a layer that no component names."""
    idle = np.ones(weights.config.d_mlp, np.bool_)
    for c in weights.circuit.components:
        if c.layer == layer and c.kind != "head":
            idle[c.start : c.stop] = False
    return idle
