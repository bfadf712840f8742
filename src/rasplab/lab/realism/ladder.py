"""A ladder of named levels, from what the compiler makes to what looks least like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rasplab import programs
from rasplab.compiler import compile_program
from rasplab.diagnostics import CompileError, InputError, diagnostic, shown
from rasplab.lab.realism.disguise import disguise, read_seed
from rasplab.lab.realism.distract import distract
from rasplab.lab.realism.duplicate import duplicate
from rasplab.lab.realism.fit import fit
from rasplab.options import read_options
from rasplab.rasp.printer import to_text
from rasplab.rasp.sequence import whole
from rasplab.weights import ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model

T = TypeVar("T")
DISTRACTORS = ("double_hist", "hist", "length", "reverse", "run_length", "seen_before")
"""Programs of the library that have a value on every input, whatever the tokens are; `reverse` is
refused for causal models."""
_DRAWS = ("distractor", "copies")


@dataclass(frozen=True, slots=True)
class Rung:
    """Which dials a level turns.

    >>> print(LADDER[3])
    3 noisy: permute, rotate, mix_heads, noise_share=0.5
    """

    number: int
    name: str
    permute: bool = False
    rotate: bool = False
    mix_heads: bool = False
    noise_share: float | None = None
    distractors: int = 0
    copies: int = 1

    def __str__(self) -> str:
        said = [name for name in ("permute", "rotate", "mix_heads") if getattr(self, name)]
        said += [f"noise_share={self.noise_share:g}"] if self.noise_share else []
        said += [f"distractors={self.distractors}"] if self.distractors else []
        said += [f"copies={self.copies}"] if self.copies > 1 else []
        return f"{self.number} {self.name}: {', '.join(said) or 'as compiled'}"


def _rungs() -> tuple[Rung, ...]:
    permuted = Rung(1, "permuted", permute=True)
    rotated = replace(permuted, number=2, name="rotated", rotate=True, mix_heads=True)
    noisy = replace(rotated, number=3, name="noisy", noise_share=0.5)
    crowded = replace(noisy, number=4, name="crowded", distractors=1)
    return (
        Rung(0, "compiled"),
        permuted,
        rotated,
        noisy,
        crowded,
        replace(crowded, number=5, name="redundant", copies=2),
    )


LADDER = _rungs()
"""Each turns all dials of the one before, and one or two more. Up to level 3 there are the parts
that the compiler made; from 4 on there are more, so that the truth about them has to be told anew.
"""


def realistic(model: Model, level: int, *, seed: int = 0, dtype: str | None = None) -> Model:
    """The model at a level of the ladder; every dial that the level has is turned, or it refuses.

    What stands beside the model comes first, then the copies, and the disguise last, as it goes
    over all of them. All is drawn by the seed: which of `DISTRACTORS` stands beside (one that is
    not the model's own program, compiled as the model was), and which variable is copied (one that
    heads or units write, if there is one; the first drawn whose average can be proved).

    Args:
        model: one that is compiled, and exact.
        level: 0 to 5, a place in `LADDER`. At 0 the model is returned as it is.
        seed: of all that is drawn.
        dtype: the format of the new weights; by default the model's own.

    Raises:
        InputError: E460 for a model that cannot be disguised, E463 for a level that there is not.
        CompileError: E462 where a dial cannot be turned: in this format nothing is proved, or no
            noise is borne, or no variable can be copied.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(2, 3)
    >>> model = realistic(rasplab.compile(program, vocab=vocab, max_length=3), 4)
    >>> model("aba"), model.certificate.exact, model.manifest.disguise.noise > 0
    ([2, 1, 2], True, True)
    """
    asked = _level(level)
    seed = read_seed(seed)
    if asked.number == 0:
        return _as_compiled(model, dtype)
    fit(model)
    made = model
    for _ in range(asked.distractors):
        made = crowded(made, seed)
    if asked.copies > 1:
        made = copied(made, model.weights, asked.copies, seed)
    dials: dict[str, Any] = {
        "rotate": asked.rotate,
        "mix_heads": asked.mix_heads,
        "noise_share": asked.noise_share,
    }
    return disguise(made, permute=asked.permute, seed=seed, dtype=dtype, **dials)


def _level(given: Any) -> Rung:
    number = whole(given)
    if number is not None and 0 <= number < len(LADDER):
        return LADDER[number]
    why = f"`level` is a whole number from 0 to {len(LADDER) - 1}, which {shown(given)} is not"
    help = "; ".join(map(str, LADDER))
    raise InputError(diagnostic("E463", why, help=f"the levels are {help}"))


def _as_compiled(model: Model, dtype: str | None) -> Model:
    if dtype in (None, model.config.dtype):
        return model
    why = f"at level 0 a model stays as it is, and this one is in {model.config.dtype}"
    help = f"compile it with `dtype={shown(dtype)}`"
    raise InputError(diagnostic("E463", why, help=help))


# -- what is drawn


def crowded(model: Model, seed: int) -> Model:
    """With another program beside it: the first drawn that can be compiled as the model was."""
    own = model.manifest.program
    rest = [n for n in DISTRACTORS if to_text(programs.get(n).build(), 2000) != own]
    return _first(_drawn(rest, seed, "distractor"), lambda n: distract(model, _as(model, n)))


def _as(model: Model, name: str) -> Model:
    """A program of the library, compiled as a model was."""
    c, circuit, program = model.config, model.manifest, programs.get(name).build()
    options = read_options(
        program,
        c.vocabulary,
        c.max_length,
        c.causal,
        circuit.optimize,
        c.dtype,
        softness=circuit.softness,
    )
    made = compile_program(program, options)
    return replace(
        model, weights=made.weights, program=program, compilation=made, given_inputs=None
    )


def copied(model: Model, own: ModelWeights, copies: int, seed: int) -> Model:
    """With copies of one of the program's own variables: those that parts write are tried first."""
    names = [place.name for place in own.circuit.variables if not place.marks_bos]
    written = {c.variable for c in own.circuit.components}
    order = [
        *_drawn([n for n in names if n in written], seed, "copies"),
        *_drawn([n for n in names if n not in written], seed, "copies"),
    ]
    return _first(order, lambda name: duplicate(model, name, copies))


def _drawn(names: list[str], seed: int, draw: str) -> list[str]:
    # Numbers of their own, apart from those of the dials of a disguise by the length of the key.
    order = np.random.default_rng([seed, _DRAWS.index(draw), 0]).permutation(len(names))
    return [names[i] for i in order.tolist()]


def _first(names: Iterable[str], make: Callable[[str], T]) -> T:
    """The first that can be made; where none can, why the last could not."""
    why = diagnostic("E462", "there is nothing that could be drawn", help="take a lower level")
    refused: CompileError | InputError = CompileError(why)
    for name in names:
        try:
            return make(name)
        except (CompileError, InputError) as problem:
            refused = problem
    raise refused
