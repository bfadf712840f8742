"""Each thing that the checker refuses to prove: a sort whose weights or manifest were forged so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.craft.specification import IMPOSSIBLE, Attention, Function, Table
from rasplab.weights import ModelWeights

Forge = Callable[[ModelWeights], ModelWeights]


@pytest.fixture(scope="module")
def sort() -> ModelWeights:
    program, vocabulary = programs.get("sort").at(3, 4)
    return rasplab.compile(program, vocab=vocabulary, max_length=4).weights


# -- what can be forged


def number(name: str, place: tuple[Any, ...], value: float) -> Forge:
    """One weight, or several."""

    def forge(weights: ModelWeights) -> ModelWeights:
        array = weights.arrays[name].copy()
        array[place] = value
        return replace(weights, arrays=weights.arrays | {name: array})

    return forge


def twice(first: Forge, second: Forge) -> Forge:
    return lambda weights: second(first(weights))


def circuit(**changes: Callable[[Any], Any]) -> Forge:
    """Parts of the manifest."""

    def forge(weights: ModelWeights) -> ModelWeights:
        new = {name: change(getattr(weights.circuit, name)) for name, change in changes.items()}
        return replace(weights, circuit=replace(weights.circuit, **new))

    return forge


def component(variable: str, **changes: Any) -> Forge:
    return circuit(
        components=lambda found: tuple(
            replace(c, **changes) if c.variable == variable else c for c in found
        )
    )


def place(variable: str, **changes: Any) -> Forge:
    return circuit(
        variables=lambda found: tuple(
            replace(p, **changes) if p.name == variable else p for p in found
        )
    )


def encoding(variable: str, **changes: Any) -> Forge:
    return circuit(
        variables=lambda found: tuple(
            replace(p, encoding=replace(p.encoding, **changes)) if p.name == variable else p
            for p in found
        )
    )


def stated(**changes: Any) -> Forge:
    def forge(weights: ModelWeights) -> ModelWeights:
        assert weights.specification is not None
        return replace(weights, specification=replace(weights.specification, **changes))

    return forge


def block(variable: str, change: Callable[[Any], Any]) -> Forge:
    """What is specified of one block; `None` drops it."""

    def forge(weights: ModelWeights) -> ModelWeights:
        assert weights.specification is not None
        found = [change(b) if b.variable == variable else b for b in weights.specification.blocks]
        return stated(blocks=tuple(b for b in found if b is not None))(weights)

    return forge


def coded(value: int) -> Callable[[Any], Any]:
    def change(found: Any) -> Any:
        table = found.of if isinstance(found, Function) else found.values
        assert isinstance(table, Table)
        codes = table.codes.copy()
        codes.flat[0] = value
        new = replace(table, codes=codes)
        return replace(found, of=new) if isinstance(found, Function) else replace(found, values=new)

    return change


def compared(value: int, side: str) -> Callable[[Any], Any]:
    """A class of a comparison that it does not have."""

    def change(found: Attention) -> Attention:
        first, *rest = found.comparisons
        table = getattr(first, side)
        codes = table.codes.copy()
        codes.flat[0] = value
        new = replace(first, **{side: replace(table, codes=codes)})
        return replace(found, comparisons=(new, *rest))

    return change


def reordered(weights: ModelWeights) -> ModelWeights:
    """Hidden units first, in each layer."""
    in_order = weights.config.architecture.steps
    steps = tuple(sorted(in_order, key=lambda step: (step.layer, step.kind == "attn")))
    return replace(weights, config=replace(weights.config, steps=steps))


def of_nothing(table: Table) -> Table:
    """Over one variable more, which has no values: there is no combination left."""
    codes = np.zeros((*table.codes.shape, 0), np.int32)
    return replace(table, variables=(*table.variables, "nobody"), codes=codes)


def never(table: Table) -> Table:
    """Of combinations none of which can occur."""
    return replace(table, codes=np.full_like(table.codes, IMPOSSIBLE))


def never_selecting(head: Attention) -> Attention:
    """A head that has no value for where it selects nothing, and never selects anything."""
    first, *rest = head.comparisons
    holds = np.zeros_like(first.holds)
    comparisons = (replace(first, holds=holds), *rest)
    return replace(head, comparisons=comparisons, default="none")


def blocks_of(weights: ModelWeights) -> tuple[Attention | Function, ...]:
    assert weights.specification is not None
    return weights.specification.blocks


def output(change: Callable[[Table], Table]) -> Forge:
    def forge(weights: ModelWeights) -> ModelWeights:
        assert weights.specification is not None
        assert isinstance(weights.specification.output, Table)
        return stated(output=change(weights.specification.output))(weights)

    return forge


W_E, W_POS = "embed.W_E", "pos_embed.W_pos"
FIRST, LAST = "blocks.0.attn.", "blocks.2.attn."
UNITS = "blocks.1.mlp."
FORGED: dict[str, tuple[Forge, str]] = {
    # the whole
    "not a number": (number(W_E, (2, 1), np.nan), "holds a number"),
    "infinite": (number("unembed.b_U", (0,), -np.inf), "holds a number"),
    "too large": (number("unembed.b_U", (0,), 2.0**126), "holds a number"),
    "too large and negative": (number("unembed.b_U", (0,), -(2.0**126)), "holds a number"),
    "a name twice": (place("rank", name="sort"), "do not belong"),
    "no lane for bos": (place("bos", start=1, stop=2), ""),
    "another order of its steps": (reordered, ""),
    "masked": (lambda w: replace(w, config=replace(w.config, causal=True)), "masked"),
    # who does what
    "a block that nobody states": (block("rank", lambda b: None), "nothing says"),
    "a block that nobody computes": (stated(blocks=()), "nothing says"),
    "a part without a name": (component("rank", stop=8), "nothing names"),
    "a head without a name": (circuit(components=lambda found: found[1:]), "nothing names"),
    "a part with two names": (
        circuit(components=lambda found: (*found, replace(found[2], variable="other", stop=1))),
        "share a part",
    ),
    "a layer that is not there": (
        circuit(components=lambda found: (*found, replace(found[0], layer=3))),
        "in no layer",
    ),
    "a layer before the first": (
        circuit(components=lambda found: (*found, replace(found[0], layer=-1))),
        "in no layer",
    ),
    "a kind that is none": (component("sort", kind="other"), ""),
    "units for a head": (
        block("sort", lambda b: Function("sort", Table((), np.zeros((), np.int32), (1,)))),
        "another kind",
    ),
    "a head for units": (
        block("rank", lambda b: Attention("rank", "move", (), None, b.of, None)),
        "another kind",
    ),
    "a block that is stated twice": (
        lambda w: stated(blocks=(*blocks_of(w), blocks_of(w)[0]))(w),
        "specified twice",
    ),
    "a head that is stated to hold tokens": (
        stated(tokens=("tokens", "sort")),
        "specified twice",
    ),
    "a value in two ways": (encoding("rank", values=(0, 1, 1, 2)), "one value in two ways"),
    "a number beyond all formats": (
        block("sort", lambda b: replace(b, default=10**400)),
        "that no format holds",
    ),
    "a head that never selects": (block("sort", never_selecting), "never selects"),
    # codes
    "a code for no value": (block("sort", coded(99)), "a table has a code"),
    "a code below all": (block("sort", coded(-2)), "a table has a code"),
    "a code for no value of a function": (block("rank", coded(99)), "a table has a code"),
    "a class for no key": (block("sort", compared(99, "keys")), "a table has a code"),
    "a class for no query": (block("sort", compared(99, "queries")), "a table has a code"),
    "a function of nothing": (
        block("rank", lambda b: replace(b, of=of_nothing(b.of))),
        "no value at all",
    ),
    "a head that moves nothing": (
        block("sort", lambda b: replace(b, values=of_nothing(b.values))),
        "no value at all",
    ),
    "an output of nothing": (output(of_nothing), "no value at all"),
    "a function that is never asked": (
        block("rank", lambda b: replace(b, of=never(b.of))),
        "no value at all",
    ),
    "an output that never occurs": (output(never), "no value at all"),
    # embeddings
    "bos without its mark": (number(W_E, (0, 0), 0.0), "does not mark BOS"),
    "bos with more than its mark": (number(W_E, (0, 3), 1.0), "does not mark BOS"),
    "a token marked as bos": (number(W_E, (3, 0), 1.0), "does not mark BOS"),
    "a position marked as bos": (number(W_POS, (2, 0), 1.0), "does not mark BOS"),
    "padding with a value": (number(W_E, (1, 1), 1e19), "padding has a value"),
    "tokens by position": (number(W_POS, (2, 1), 1.0), "by tokens and by positions"),
    "positions by token": (number(W_E, (3, 5), 1.0), "by tokens and by positions"),
    "embedded where a block writes": (number(W_E, (3, 11), 1.0), "lanes of a variable"),
    "placed where a block writes": (number(W_POS, (3, 11), 1.0), "lanes of a variable"),
    "tokens that are not stated": (stated(tokens=()), "another way than is specified"),
    "positions that are not stated": (stated(positions=()), "another way than is specified"),
    "tokens for others": (encoding("tokens", values=(3, 2, 1)), "other values than are embedded"),
    "positions for others": (
        encoding("indices", values=(3, 2, 1, 0)),
        "other values than are embedded",
    ),
    "too few tokens": (encoding("tokens", values=(1, 2)), ""),
    # heads
    "a head reads what is not there yet": (
        number(f"{FIRST}W_K", (0, 14, 0), 1.0),
        "not been written yet",
    ),
    "a head reads its own layer": (number(f"{FIRST}W_Q", (0, 8, 0), 1.0), "not been written yet"),
    "keys of another variable": (number(f"{LAST}W_K", (0, 5, 0), 1.0), "also reads"),
    "queries of another variable": (number(f"{LAST}W_Q", (0, 10, 0), 1.0), "also reads"),
    "values of another variable": (number(f"{LAST}W_V", (0, 5, 0), 1.0), "also reads"),
    "written elsewhere": (number(f"{LAST}W_O", (0, 0, 2), 1.0), "not its own"),
    "written twice as large": (number(f"{LAST}W_O", (0, 0, 14), 2.0), ""),
    "written in two places": (number(f"{LAST}W_O", (0, 1, 14), 1.0), "as it is"),
    # hidden units
    "a unit that bos wakes": (number(f"{UNITS}b_in", (0,), 50.0), ""),
    "a unit that reads bos": (number(f"{UNITS}W_in", (0, 0), 50.0), "silent at BOS"),
    "a unit that writes elsewhere": (number(f"{UNITS}W_out", (0, 2), 1.0), "not its own"),
    "a unit that reads another variable": (number(f"{UNITS}W_in", (5, 0), 1.0), "also reads"),
    "a unit that reads what comes later": (
        number(f"{UNITS}W_in", (14, 0), 1.0),
        "not been written yet",
    ),
    # tables
    "one variable twice": (
        stated(
            output=Table(
                ("sort", "sort"),
                np.where(np.eye(3, dtype=bool), np.arange(3), -1).astype(np.int32),
                (1, 2, 3),
            )
        ),
        "one variable twice",
    ),
    # the output
    "an output that reads another variable": (number("unembed.W_U", (5, 0), 1.0), "also reads"),
    "an output of other values": (
        lambda w: replace(w, config=replace(w.config, output_values=(1, 2, 4, None))),
        "no output of the model",
    ),
    "two outputs of one value": (
        lambda w: replace(w, config=replace(w.config, output_values=(1, 2, 3, 3))),
        "",
    ),
}


def test_what_is_not_forged_is_proved(sort: ModelWeights) -> None:
    assert prove(sort).holds


@pytest.mark.parametrize("name", FORGED)
def test_what_is_forged_is_not_proved(name: str, sort: ModelWeights) -> None:
    forge, says = FORGED[name]
    proof = prove(forge(sort))
    assert not proof.holds
    assert says in proof.refuted, proof.refuted
