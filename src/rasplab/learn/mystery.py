"""Mystery models: compiled models that do not tell what they compute, for a class to work out.

What a sealed model keeps is what one can measure: weights, sizes, tokens and output values. What
explains them is taken away: the program, the expression and the source line of every part, the
names of variables, what the directions mean, the specification of every block.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rasplab import programs
from rasplab.craft.certificate import Certificate
from rasplab.model import Model
from rasplab.opening import compile
from rasplab.rasp.values import Value
from rasplab.weights.architecture import EMBED
from rasplab.weights.artefact import Component, Encoding, Manifest, NamedDirection, VariablePlace

PROGRAM: Final = "(a mystery)"
"""What a sealed model says where others have the text of their program."""

_KNOWN: Final = frozenset({"tokens", "indices"})
"""What every model reads, and what may keep its name and values, as the mark of BOS does."""

_DRAWN: Final = (
    "caesar",
    "contains",
    "count",
    "count_less_freq",
    "double_hist",
    "dyck1",
    "frac_prevs",
    "hist",
    "induction_head",
    "longest_run",
    "mark_first",
    "mark_last",
    "most_freq",
    "pair_balance",
    "palindrome",
    "previous_token",
    "reverse",
    "run_length",
    "seen_before",
    "select_next_identical",
    "shift",
    "shuffle_dyck1",
    "sort",
    "sort_freq",
)


def pick(seed: int) -> Model:
    """A model of a program of the library, drawn by a seed; not sealed yet.

    The same seed draws the same program, vocabulary and length in the same version.

    >>> pick(3).program is not None
    True
    """
    chance = random.Random(f"mystery {seed}")
    entry = programs.get(chance.choice(_DRAWN))
    max_length = chance.randint(5, 6)
    program, vocabulary = entry.at(chance.randint(3, 4), max_length)
    return compile(program, vocabulary, max_length)


def seal(model: Model) -> Model:
    """The same network without anything that tells what it computes.

    Variables are called v1, v2, ... in the order in which they are written, and what their
    directions stand for is numbered. Only `bos`, `tokens` and `indices` keep their names. It
    saves, loads, runs, traces and takes `do=` as others do; there is nothing to check it against,
    so that `rasplab check` has nothing to prove.

    >>> import rasplab
    >>> from rasplab import programs
    >>> model = rasplab.compile(programs.reverse(), vocab="abc", max_length=4)
    >>> sealed = seal(model)
    >>> sealed("abc"), sorted({part.variable for part in sealed.manifest.components})
    (['c', 'b', 'a'], ['v1', 'v2', 'v3'])
    """
    names = _names(model.manifest)
    circuit = _sealed(model.manifest, names)
    # Of disguised weights the nominal ones, too, would tell.
    return Model(replace(model.weights, circuit=circuit, specification=None, nominal=None))


def _names(circuit: Manifest) -> dict[str, str]:
    """The new name of every variable; one that is only called as the input is gets another."""
    ordered = sorted(circuit.variables, key=lambda place: place.written)
    kept = {
        p.name: p.name for p in ordered if p.marks_bos or (p.name in _KNOWN and p.written == EMBED)
    }
    hidden = [place.name for place in ordered if place.name not in kept]
    return kept | {name: f"v{number}" for number, name in enumerate(hidden, start=1)}


def _sealed(circuit: Manifest, names: Mapping[str, str]) -> Manifest:
    return Manifest(
        program=PROGRAM,
        directions=_directions(circuit.directions, names),
        components=tuple(_component(part, names) for part in circuit.components),
        variables=tuple(_place(place, names) for place in circuit.variables),
        certificate=_certificate(circuit, names),
        optimize=circuit.optimize,
        softness=circuit.softness,
    )


def _directions(
    directions: tuple[NamedDirection, ...], names: Mapping[str, str]
) -> tuple[NamedDirection, ...]:
    """Each under its variable's new name, numbered within it."""
    found: list[NamedDirection] = []
    counted: dict[str, int] = {}
    for direction in directions:
        name = names[direction.variable]
        values, role = direction.values, direction.role
        if name not in _KNOWN and not direction.marks_bos:
            counted[name] = counted.get(name, -1) + 1
            values, role = (counted[name],), ""
        found.append(NamedDirection(direction.index, name, values, role))
    return tuple(found)


def _component(part: Component, names: Mapping[str, str]) -> Component:
    reads = tuple(sorted({names.get(name, "?") for name in part.reads}))
    return replace(
        part,
        variable=names.get(part.variable, "?"),
        expression="?",
        place="",
        reads=reads,
        construction="",
        selector="",
    )


def _place(place: VariablePlace, names: Mapping[str, str]) -> VariablePlace:
    name = names[place.name]
    if place.marks_bos or name in _KNOWN:
        return replace(place, also_in=())
    return replace(
        place, name=name, encoding=_encoding(place.encoding), expression=name, also_in=()
    )


def _encoding(encoding: Encoding) -> Encoding:
    """The same directions, for values that are only numbered; a number is what is stored."""
    if encoding.kind == "number":
        ends = [encoding.sign * (x - encoding.offset) for x in (encoding.low, encoding.high)]
        return Encoding("number", (), (), 0.0, 1.0, min(ends), max(ends), encoding.undefined)
    numbered: tuple[Value, ...] = tuple(range(len(encoding.values)))
    return replace(encoding, values=numbered)


def _certificate(circuit: Manifest, names: Mapping[str, str]) -> Certificate:
    """What was proved, block by block, without what kind of computation each is."""
    kinds = {part.variable: part.kind for part in circuit.components}
    bounds = [
        replace(
            bound,
            name=names.get(bound.name, f"block {number}"),
            kind=kinds.get(bound.name, ""),
        )
        for number, bound in enumerate(circuit.certificate.bounds)
    ]
    return replace(circuit.certificate, bounds=tuple(bounds), assumptions=())
