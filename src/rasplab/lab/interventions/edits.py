"""From `do` to the residual stream: whose columns are replaced, at which positions, by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.lab.interventions.replacements import Replacement
from rasplab.rasp.interventions import Do, read_do, read_value, unknown_variable
from rasplab.rasp.values import Value
from rasplab.weights.artefact import Manifest, ModelWeights, VariablePlace, Withheld
from rasplab.weights.coordinates import can_hold, coordinates
from rasplab.weights.directions import require_directions
from rasplab.weights.frames import Frame, Held

if TYPE_CHECKING:
    from torch import Tensor

    from rasplab.runtime.transformer import Hook

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """The directions of one place at one position, and what is to stand there once it is written.

    `frame` is that of the site where the place is written.
    """

    place: VariablePlace
    position: int
    row: Array
    frame: Frame

    def apply(self, changed: Held, activation: Held, like: Callable[[Array], Held]) -> None:
        """Make it in a copy of a stream (batch × positions × d_model), in an array or a tensor.

        `like` makes an array what the stream is. BOS stands before position 0.
        """
        at = self.position + 1
        self.frame.put(changed[:, at], activation[:, at], self.place, self.row, like)


@dataclass(frozen=True, slots=True, eq=False)
class Edits:
    """All that is replaced in a run; called as the record of a forward pass."""

    weights: ModelWeights
    edits: tuple[Edit, ...]

    def __call__(self, name: str, activation: Array) -> Array | None:
        """The residual stream with the columns replaced that were written just before."""
        here = self._by_hook().get(name)
        if here is None:
            return None
        changed = activation.copy()
        for edit in here:
            edit.apply(changed, activation, lambda array: array.astype(activation.dtype))
        return changed

    def hooks(self) -> dict[str, Hook]:
        """The same for `Transformer.hooks`: per hook point what replaces its activation."""

        def replacing(here: list[Edit]) -> Hook:
            def replace(activation: Tensor, hook: object) -> Tensor:
                del hook
                changed = activation.clone()
                for edit in here:
                    edit.apply(changed, activation, activation.new_tensor)
                return changed

            return replace

        return {name: replacing(here) for name, here in self._by_hook().items()}

    def _by_hook(self) -> dict[str, list[Edit]]:
        stream, found = self.weights.config.architecture.stream, dict[str, list[Edit]]()
        for edit in self.edits:
            found.setdefault(stream(edit.place.written), []).append(edit)
        return found


def edits_of(weights: ModelWeights, tokens: Sequence[Value], do: Do) -> Edits:
    """What `do` replaces in a run on the tokens.

    Raises:
        InputError: E430 to E434, E468 where no direction has a name.
    """
    found: list[Edit] = []
    asked = read_do(do, len(tokens))
    if asked:
        require_directions(weights, "setting a variable")
    for name, wanted in asked.items():
        places = places_of(weights.circuit, name)
        for position, what in wanted.items():
            if isinstance(what, Replacement):
                rows = [what.row(weights, place, tokens, position) for place in places]
            else:
                value = read_value(name, what)
                rows = [_row(weights.circuit, place, value) for place in places]
            found += [
                Edit(p, position, np.asarray(row), weights.frame(p.written))
                for p, row in zip(places, rows, strict=True)
            ]
    return Edits(weights, tuple(found))


def places_of(circuit: Manifest, name: str) -> list[VariablePlace]:
    """Every place of the expression with a name.

    Raises:
        InputError: E431 where there is none of that name, or several are, E434 where setting its
            places would not set the expression, or others with it.
    """
    for withheld in circuit.withheld:
        if withheld.name == name:
            raise InputError(_withheld(circuit, withheld))
    places = list(circuit.holding(name))
    if not places:
        raise InputError(_not_there(circuit, name))
    around = sorted({reader for place in places for reader in place.also_in})
    if around:
        raise InputError(
            diagnostic(
                "E434",
                f"`{name}` cannot be set: part of the model computes it anew",
                notes=[f"{_listed(around)} {_verb(around)} it from what it is made of"],
                help="compile with `optimize=0`, where every expression is read where it is stored",
            )
        )
    return places


def settable(circuit: Manifest) -> list[str]:
    """The names that can be set."""
    names = dict.fromkeys(v.expression for v in circuit.variables if v.expression)
    partly = {v.expression for v in circuit.variables if v.also_in}
    withheld = {w.name for w in circuit.withheld}
    return [name for name in names if name not in partly | withheld]


def _withheld(circuit: Manifest, found: Withheld) -> Diagnostic:
    if found.why == "name":
        return diagnostic(
            "E431",
            f"{len(found.others)} different expressions are named `{found.name}`",
            notes=[f"they are {_listed(found.others)}"],
            help="give one of them another name: `.named(...)`",
        )
    return diagnostic(
        "E434",
        f"`{found.name}` cannot be set alone",
        notes=[f"its directions are also read for {_listed(found.others)}"],
        help="compile with `optimize=0`, where fewer expressions share directions"
        if circuit.optimize
        else None,
    )


def _not_there(circuit: Manifest, name: str) -> Diagnostic:
    copy = next((v for v in circuit.variables if v.name == name), None)
    if copy is not None and copy.expression:
        return diagnostic(
            "E431",
            f"`{name}` is another encoding of `{copy.expression}`",
            help=f"set `{copy.expression}`: all its encodings are set together",
        )
    known = settable(circuit)
    fused = next((f for f in circuit.fused if f.name == name), None)
    if fused is None:
        return unknown_variable(name, known, "the model")
    inside = (
        f"it is computed inside {_listed(fused.into)}" if fused.into else "nothing depends on it"
    )
    return diagnostic(
        "E434",
        f"`{name}` was fused away: no directions hold it",
        notes=[inside, f"what can be set is {_listed(known)}"],
        help="compile with `optimize=0`, where every expression has directions"
        if circuit.optimize
        else None,
    )


def _row(circuit: Manifest, place: VariablePlace, value: Value) -> Array:
    if can_hold(place, value):
        return coordinates(circuit, place, value)
    held = place.encoding
    possible = [repr(v) for v in held.values[:12]] + ["…"] * (len(held.values) > 12)
    shown = ", ".join(possible) or f"numbers between {held.low:g} and {held.high:g}"
    raise InputError(
        diagnostic(
            "E433",
            f"`{place.expression}` cannot be {value!r}",
            notes=[f"the values that it can take are {shown}"],
            help="choose one of them",
        )
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _verb(names: Sequence[str]) -> str:
    return "computes" if len(names) == 1 else "compute"
