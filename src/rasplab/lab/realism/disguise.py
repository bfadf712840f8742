"""Disguises: the same program in weights that do not show it, proved again as they are stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rasplab.checker import Proof, prove
from rasplab.checker.arithmetic import FORMATS
from rasplab.diagnostics import CompileError, Diagnostic, InputError, diagnostic, long_work, shown
from rasplab.lab.realism.counting import STEP, lighter, trials
from rasplab.lab.realism.dials import Clean, clean, finished, permuted, randomness, retyped
from rasplab.lab.realism.dressing import Look, senseless
from rasplab.lab.realism.fit import fit
from rasplab.lab.realism.remade import remade
from rasplab.rasp.sequence import real, whole
from rasplab.weights import Disguise, ModelWeights
from rasplab.weights.architecture import Activation, Norm
from rasplab.weights.declared import SEED

if TYPE_CHECKING:
    from rasplab.model import Model

DOUBLINGS = 60
"""Noise is looked for up to this many doublings from the least."""
LEAST_NOISE = 2.0**-50
HALVED_AT_MOST = 64
"""Anchors are halved so often at most: they are 2^40 and less."""
HALVINGS = 4
"""The largest scale of noise is found to within a factor of 2^(1/2^HALVINGS), 5 %."""


def disguise(
    model: Model,
    *,
    rotate: bool = True,
    permute: bool = True,
    mix_heads: bool = True,
    noise: float = 0.0,
    noise_share: float | None = None,
    norm: Norm = "none",
    norm_share: float | None = None,
    activation: Activation = "relu",
    dtype: str | None = None,
    seed: int = 0,
) -> Model:
    """The same program, circuit and named directions in other weights; proved again.

    Args:
        model: one that is compiled, and exact.
        rotate: give the residual stream a random orthogonal basis. Named directions go with the
            model, so that traces and interventions speak of them as before.
        permute: put heads and hidden units into another order; `model.manifest` has the new one.
        mix_heads: change the space of queries and keys, and that of values, of every head by a
            random invertible matrix, whose condition is at most 16.
        noise: the standard deviation of what is added to every number of every array.
        noise_share: take the most noise that costs no more than this share, between 0 and 1, of
            the smallest margin that the certificate has without noise.
        norm: put a norm between the residual stream and each of its readers, `"layer"` or `"rms"`,
            with an ordinary epsilon of 1e-5. The stream gets a few lanes that no variable has
            (`rasplab.weights.dressing`).
        norm_share: let the stream show in what the norm divides by, which then differs from input
            to input: the lanes of the norm hold the smallest power of two that costs no more than
            this share, between 0 and 1, of the smallest margin. By default nothing shows.
        activation: let hidden units be `"gelu"`, as GPT-2 has it, or `"silu"` in place of `"relu"`.
        dtype: the format of the new weights; by default the model's own.
        seed: of all that is drawn.

    The certificate of the result is what the checker proved of the stored weights: that they are,
    within bounds that are computed from both, the network whose columns are the named directions.
    To bear disturbance, heads that count may give BOS less weight than they were compiled with.

    Raises:
        InputError: E460 for a model that cannot be disguised, E461 for noise that is too large,
            E463 for arguments that make no sense.
            E485 for norms or smooth units in a format of 16 bits.
        CompileError: E462 where nothing can be proved in this format even without noise, or a
            share of the margin is less than any noise takes.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("reverse").at(3, 5)
    >>> model = disguise(rasplab.compile(program, vocab=vocab, max_length=5))
    >>> model("abc"), model.certificate.exact
    (['c', 'b', 'a'], True)
    >>> int((model.weights.arrays["blocks.0.attn.W_Q"] == 0).sum())
    0
    >>> normed = disguise(rasplab.compile(program, vocab=vocab, max_length=5), norm="layer")
    >>> normed("abc"), normed.certificate.exact, print(normed.config.architecture)
    0.attn, 0.mlp, 1.attn, 1.mlp; relu, layer norm with ε 1e-05, bidirectional
    (['c', 'b', 'a'], True, None)
    """
    noise, noise_share = _scales(noise, noise_share)
    norm_share = _share_of_norm(norm_share, norm)
    dials = _dials(rotate=rotate, permute=permute, mix_heads=mix_heads)
    look = Look.of(norm, activation)
    _check_format(dtype)
    seed = read_seed(seed)
    weights = retyped(fit(model), dtype or model.config.dtype)
    look.check(weights.config)
    if permute:
        weights = permuted(weights, randomness(seed, "permute"))
    search = _Search(weights, seed, dials, look)
    with long_work("disguising a model"):
        found = search.best()
        if not found.margin > 0:
            raise CompileError(_not_proved(weights, found))
        if norm_share is not None:
            found = search.smallest_anchors((1 - norm_share) * found.margin, found)
        if noise_share is not None:
            found = search.most((1 - noise_share) * found.margin) or _bears_none(weights)
        elif noise:
            found = search.at(noise, 0.0) or _refused(search, noise)
    return _model(model, found)


@dataclass(frozen=True, slots=True)
class _Found:
    """Disguised weights, the noise in them, and what is proved of them."""

    weights: ModelWeights
    disguise: Disguise
    proof: Proof

    @property
    def margin(self) -> float:
        """The smallest of all decisions; at most 0 where nothing is proved.

        Of a number that is returned as it comes, what is left of how far it may be off as well.
        """
        if not self.proof.holds:
            return min(self.proof.margin, 0.0)
        if self.proof.output_error > self.weights.circuit.certificate.tolerated:
            return 0.0  # the right score is the highest, but not one that a certificate calls exact
        margins = [self.proof.margin, *(block.margin for block in self.proof.blocks)]
        if self.weights.config.numerical and self.weights.config.output_unit is None:
            tolerated = self.weights.circuit.certificate.tolerated
            margins.append(1 - self.proof.output_error / tolerated)
        return min(margins)


class _Search:
    """Disguises of one model by one seed: how much lighter BOS is in heads that count, and noise.

    The clean ones are made once for each of the former, and kept.
    """

    def __init__(
        self, weights: ModelWeights, seed: int, dials: tuple[str, ...], look: Look
    ) -> None:
        self._weights, self._seed, self._dials = weights, seed, dials
        self._look: Look = look
        self._clean: dict[int, Clean] = {}
        self._steps, self._first = range(trials(weights) + 1), 0

    def best(self) -> _Found:
        """Without noise: with the BOS that leaves the most margin."""
        found = self._try(0, 0.0)
        for steps in self._steps[1:]:
            other = self._try(steps, 0.0)
            if found.margin > 0 and other.margin < found.margin:
                break  # it only gets worse from here
            found = max(found, other, key=lambda one: one.margin)
        return found

    def at(self, noise: float, margin: float) -> _Found | None:
        """With noise of a scale: the first that leaves more than a margin.

        More noise asks for a lighter BOS, so that where less noise was tried, lighter ones come
        first; whoever begins anew begins with the heaviest.
        """
        for steps in self._steps[self._first :]:
            found = self._try(steps, noise)
            if found.margin > margin:
                self._first = steps
                return found
        return None

    def smallest_anchors(self, margin: float, found: _Found) -> _Found:
        """With the smallest anchors that leave a margin; with them, too, whatever comes later."""
        while self._look.halvings < HALVED_AT_MOST:
            before = self._look
            self._look = replace(before, halvings=before.halvings + 1)
            smaller = self.at(0.0, margin)
            if smaller is None:
                self._look = before
                break
            found = smaller
        self._first = 0
        return found

    def most(self, margin: float) -> _Found | None:
        """With the largest scale of noise that leaves more than a margin, as bisection finds it."""
        self._first = 0
        best, scale = self.at(LEAST_NOISE, margin), LEAST_NOISE
        if best is None:
            return None
        step = 2.0 ** (DOUBLINGS // 4)
        while step > 2.0 ** (0.5**HALVINGS):
            found = self.at(scale * step, margin)
            if found is None:
                step = step**0.5
            else:
                best, scale = found, scale * step
        return best

    def _try(self, steps: int, noise: float) -> _Found:
        if steps not in self._clean:
            self._clean[steps] = clean(
                lighter(self._weights, steps),
                rotate=self._randomness("rotate"),
                mix=self._randomness("mix_heads"),
            )
        made = finished(self._clean[steps], noise, randomness(self._seed, "noise"))
        made = self._look.given(made)
        done = Disguise((*self._dials, *self._look.named(made)), noise, STEP**steps, self._seed)
        return _Found(made, done, prove(made, within=made.circuit.certificate.tolerated))

    def _randomness(self, dial: str) -> np.random.Generator | None:
        return randomness(self._seed, dial) if dial in self._dials else None


def _model(model: Model, found: _Found) -> Model:
    found.weights.verify()
    circuit = replace(found.weights.circuit, disguise=found.disguise)
    return remade(model, replace(found.weights, circuit=circuit), found.proof)


def _refused(search: _Search, noise: float) -> _Found:
    largest, why = search.most(0.0), "without noise its margin is all but used up: it bears none"
    if largest is not None:
        scale = largest.disguise.noise
        why = f"the largest that holds, for this seed, is about {scale:.2g}"
    raise InputError(
        diagnostic(
            "E461",
            f"with noise of {noise:.2g} nothing can be proved of this model any more",
            notes=[why],
            help="take less, or a share of the margin: `noise_share=0.5`",
        )
    )


def _bears_none(weights: ModelWeights) -> _Found:
    title = f"in {weights.config.dtype} this model bears no noise that could be proved"
    why = f"even noise of {LEAST_NOISE:.1g} takes more than the share of its margin"
    raise CompileError(_too_coarse(weights, title, why, "take a larger share, or no noise"))


def _not_proved(weights: ModelWeights, found: _Found) -> Diagnostic:
    title = f"this disguise cannot be proved to be exact in {weights.config.dtype}"
    why = found.proof.refuted or "no margin is left"
    return _too_coarse(weights, title, why, "turn fewer dials, or compile smaller")


def _too_coarse(weights: ModelWeights, title: str, why: str, otherwise: str) -> Diagnostic:
    """What a wider format would help with; `otherwise` is what else would."""
    widest = weights.config.dtype == "float64"
    help = otherwise if widest else "use `dtype='float64'`"
    return diagnostic("E462", title, notes=[why], help=help)


def _scales(noise: object, share: object) -> tuple[float, float | None]:
    """How much noise there is, in one of two ways.

    Raises:
        InputError: E463.
    """
    scale, part = real(noise), None if share is None else real(share)
    if scale is None or not 0 <= scale < float("inf"):
        why = f"`noise` is a standard deviation, 0 or more, which {shown(noise)} is not"
    elif share is not None and (part is None or not 0 < part < 1):
        why = f"`noise_share` lies between 0 and 1, which {shown(share)} does not"
    elif share is not None and scale:
        why = "either `noise` or `noise_share` says how much noise there is, not both"
    else:
        return scale, part
    raise InputError(senseless(why))


def _share_of_norm(given: object, norm: object) -> float | None:
    """The share of the margin that smaller anchors may cost.

    Raises:
        InputError: E463.
    """
    if given is None:
        return None
    share = real(given)
    if share is None or not 0 < share < 1:
        raise InputError(senseless(f"`norm_share` lies between 0 and 1, not {shown(given)}"))
    if norm == "none":
        raise InputError(senseless("`norm_share` makes no sense without a `norm`"))
    return share


def _dials(**given: object) -> tuple[str, ...]:
    """The dials that are turned; each is, or is not (E463)."""
    for name, on in given.items():
        if not isinstance(on, bool):
            raise InputError(senseless(f"`{name}` must be True or False, not {shown(on)}"))
    return tuple(name for name, on in given.items() if on)


def _check_format(dtype: object) -> None:
    if dtype is None or (isinstance(dtype, str) and dtype in FORMATS):
        return
    why = f"{shown(dtype)} is no number format; they are {', '.join(FORMATS)}"
    raise InputError(senseless(why))


def read_seed(seed: object) -> int:
    """A seed, of Python's or NumPy's integers; what draws nothing is refused.

    Raises:
        InputError: E463.
    """
    number = whole(seed)
    if number is not None and 0 <= number <= SEED:
        return number
    why = f"`seed` is a whole number from 0 to 2^63 - 1, which {shown(seed)} is not"
    raise InputError(senseless(why))
