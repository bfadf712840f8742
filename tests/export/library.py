"""The programs of the library at two sizes, with inputs, expected outputs and our activations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rasplab
from benchmarks.bounds import Truth
from rasplab import programs
from rasplab.lab.compression import FastRecipe, domain
from rasplab.verification import difference
from rasplab.weights import PAD_ID, encode, forward
from tests.random_programs import random_sequences

SIZES = (5, 10)
COMPRESSED = "compressed-"
"""Before the name of a program whose stream is taken into fewer dimensions."""
CASES = [
    *((entry.name, size) for entry in programs.all() for size in SIZES),
    *((f"{COMPRESSED}{name}", 5) for name in ("frac_prevs", "reverse")),
]
CAUSAL = [(entry.name, size) for entry in programs.all() if entry.causal for size in SIZES]
WITHIN = 1e-4
"""How near an exported residual stream must be to ours."""


@dataclass(frozen=True, eq=False)
class Case:
    """A compiled program and a batch of sequences of every length, on which it has a value."""

    model: rasplab.Model
    sequences: list[list[Any]]
    expected: list[list[Any]]
    ids: NDArray[np.intp]
    activations: dict[str, NDArray[np.floating]]

    @property
    def lengths(self) -> list[int]:
        return [len(sequence) for sequence in self.sequences]

    @property
    def words(self) -> NDArray[np.bool_]:
        """Where there is no padding (batch x positions)."""
        return self.ids != PAD_ID

    def wrong(self, outputs: list[list[Any]]) -> list[tuple[Any, Any, Any]]:
        """Sequences on which outputs are not the evaluator's: numbers within the certificate."""
        within = self.model.certificate.output_error if self.model.numerical else 0.0
        rows = zip(self.sequences, outputs, self.expected, strict=True)
        return [row for row in rows if difference(self.model, row[1], row[2]) > 2 * within]

    def error(self, name: str, array: Any) -> float:
        """The largest difference from our activation of that name, padding left out.

        Arrays have our axes; with more coordinates, heads or units than ours, those are left out.
        """
        ours, theirs = self.activations[name], np.asarray(array)
        assert theirs.ndim == ours.ndim, name
        theirs = theirs[tuple(slice(size) for size in ours.shape)]
        assert theirs.shape == ours.shape, name
        if ours.ndim == 4:  # batch, head, position
            ours, theirs = ours.swapaxes(1, 2), theirs.swapaxes(1, 2)
        ours, theirs = ours[self.words], theirs[self.words]
        seen = np.isfinite(ours)  # scores are -inf, or very low, where a key is masked
        assert not name.endswith("scores") or (theirs[~seen] < -1e30).all()
        assert name.endswith("scores") or seen.all()
        difference = np.abs(np.where(seen, theirs, 0) - np.where(seen, ours, 0))
        return float(difference.max(initial=0.0))

    def worst(self, activations: dict[str, Any]) -> float:
        """The largest difference at any of our names; only what is all zero may be missing."""
        names = [n for n, array in self.activations.items() if n in activations or array.any()]
        names = [n for n in names if n != "hook_embed"]  # elsewhere without the positions
        assert self.model.config.n_layers == 0 or len(names) > 3
        return max((self.error(name, activations[name]) for name in names), default=0.0)


def compressed(name: str) -> Case:
    """A compressed model is no longer the program: what it gives itself is expected.

    Of programs without selector widths: those read small numbers a hundred thousand times enlarged,
    and float32 is not the same to 1e-4 from one library to the next.
    """
    program, vocab = programs.get(name).at(3, 5)
    model = rasplab.compile(program, vocab=vocab, max_length=5, optimize=0)
    brief = FastRecipe(steps=1, beam=1, adjust=5, finish=20)
    width = model.config.d_model - 3
    sweep = model.compress([width], 1, recipe=brief, inputs=domain(model.config, most=100))
    small = sweep.compressed(sweep.members[0])
    sequences = random_sequences(small.config.vocabulary, 5, 30, seed=0)
    return measured(small, sequences, small.batch(sequences))


@cache
def case(name: str, size: int, *, dtype: str = "float32", count: int = 30) -> Case:
    if name.startswith(COMPRESSED):
        return compressed(name.removeprefix(COMPRESSED))
    entry = programs.get(name)
    program, vocab = entry.at(size, size)
    model = rasplab.compile(program, vocab=vocab, max_length=size, causal=entry.causal, dtype=dtype)
    sequences: list[list[Any]] = []
    expected: list[list[Any]] = []
    for sequence in random_sequences(model.config.vocabulary, size, count, seed=0):
        try:
            expected.append(program(sequence, causal=entry.causal))
        except rasplab.ProgramError:
            continue
        sequences.append(sequence)
    return measured(model, sequences, expected)


def measured(model: rasplab.Model, sequences: list[list[Any]], expected: list[list[Any]]) -> Case:
    ids = encode(model.config, sequences)
    activations: dict[str, NDArray[np.floating]] = {}
    forward(model.weights, ids, activations.__setitem__)
    return Case(model, sequences, expected, ids, activations)


def run_gpt2(found: Case, saved: Path, **options: Any) -> tuple[Any, dict[str, Any]]:
    """A checkpoint's logits, and its residual stream by our names, lanes after ours included."""
    import torch
    from transformers import AutoModelForCausalLM

    network: Any = AutoModelForCausalLM.from_pretrained(saved, **options)
    stream: dict[str, Any] = {}

    def look(module: Any, given: Any, out: Any, before: str, after: str | None) -> None:
        stream[before] = given[0].numpy()
        if after is not None:
            stream[after] = out.numpy()

    for layer, block in enumerate(network.transformer.h):
        name = f"blocks.{layer}.hook_resid_"
        block.register_forward_hook(partial(look, before=f"{name}pre", after=f"{name}post"))
        block.ln_2.register_forward_hook(partial(look, before=f"{name}mid", after=None))
    ids = torch.as_tensor(found.ids)
    with torch.no_grad():
        out = network(ids, attention_mask=(ids != PAD_ID).long())
    return out.logits, stream


def within_bounds(
    model: rasplab.Model, sequences: Sequence[Any], rows: Any, held: Mapping[str, Any]
) -> float:
    """Hold streams along named directions against proved bounds; the most of a bound that is used.

    `rows` has a stream (n d) for each sequence, BOS first.
    """
    truth, worst = Truth(model), 0.0
    for sequence, row in zip(sequences, rows, strict=True):
        due = truth.of(tuple(sequence))
        assert due is not None
        for variable in held.values():
            lane = slice(variable.start, variable.stop)
            ideal, real = due[0][:, lane], row[1 : len(sequence) + 1, lane]
            bound = variable.relative * np.abs(ideal) + variable.absolute
            off = np.abs(real - ideal)
            assert not (off > bound).any()
            assert not (np.abs(row[0, lane] - variable.bos) > variable.bos_error).any()
            worst = max(worst, float((off / (bound + 1e-300)).max(initial=0.0)))
    return worst
