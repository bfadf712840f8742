"""How much of a learned dictionary is the truth: its atoms held against the named directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, counted, diagnostic
from rasplab.display import Table, html
from rasplab.lab.recovery.matching import matched
from rasplab.lab.recovery.site_features import (
    NO_LENGTH,
    Array,
    SiteFeatures,
    check_threshold,
    features_at,
    read_seed,
    without,
)
from rasplab.weights.architecture import Site
from rasplab.weights.artefact import ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model

DRAWS = 20
"""So many dictionaries are drawn to say what chance gives."""


@dataclass(frozen=True, slots=True)
class Scored:
    """How well atoms match features, in one gauge.

    `mean_max_cosine` is the mean, over features, of the greatest cosine of any atom. `found` counts
    the features with an atom at or above the threshold. `precision` and `recall` are the shares of
    atoms and of features in a matching of as many pairs as possible, each atom and each feature
    used once, at or above the threshold, and `f1` is their harmonic mean. `uniqueness` is the
    number of different features that are nearest to some atom, by the number of atoms (as in
    SAELens' synthetic evaluation). `by_chance` is the mean max cosine of random dictionaries of the
    same size, the mean of 20 draws.
    """

    features: int
    atoms: int
    mean_max_cosine: float
    found: int
    precision: float
    recall: float
    f1: float
    uniqueness: float
    by_chance: float


@dataclass(frozen=True, slots=True, eq=False)
class DictionaryScores:
    """A dictionary against the features of a site: as they stand, and up to the gauge.

    `plain` compares rows as they are. `up_to_the_mean` takes from the features of a group, and from
    the atoms compared with them, what lies along the group's mean, lets a number's direction have
    either sign, and leaves out what is constant: all of it goes into a dictionary's bias. `cosines`
    (features) and `cosines_up_to_the_mean` (nan where a feature is left out) are of the best atoms;
    `dead` counts the atoms without length, which take no part.
    """

    features: SiteFeatures
    threshold: float
    plain: Scored
    up_to_the_mean: Scored
    cosines: Array
    cosines_up_to_the_mean: Array
    dead: int

    def __str__(self) -> str:
        rows = [("", "plain", "up to the mean"), *self._rows()]
        width = max(len(row[0]) for row in rows)
        lines = [f"  {a:<{width}}  {b:>6}  {c:>14}".rstrip() for a, b, c in rows]
        return "\n".join([self._summary(), *lines])

    def __repr__(self) -> str:
        return f"<{self._summary()}: {self.up_to_the_mean.found} found up to the mean>"

    def _summary(self) -> str:
        atoms = counted(self.plain.atoms, "atom") + (f" ({self.dead} dead)" if self.dead else "")
        names = counted(len(self.features.names), "feature")
        return f"{atoms} against {names} at {self.features.site}"

    def _rows(self) -> list[tuple[str, str, str]]:
        both = self.plain, self.up_to_the_mean
        a, b = ([f"{x:.3f}" for x in _shares(scored)] for scored in both)
        counts = [f"{scored.found} of {scored.features}" for scored in both]
        names = ("mean max cosine", "by chance", "precision", "recall", "F1", "uniqueness")
        found = [(f"cosine at least {self.threshold:g}", *counts)]
        return [*found, *zip(names, a, b, strict=True)]  # pyright: ignore[reportReturnType]

    def _repr_html_(self) -> str:
        rows = [
            (name, f"{plain:.3f}", "constant" if np.isnan(other) else f"{other:.3f}")
            for name, plain, other in zip(
                self.features.names,
                self.cosines.tolist(),
                self.cosines_up_to_the_mean.tolist(),
                strict=True,
            )
        ]
        scores = Table(("", "plain", "up to the mean"), self._rows())
        return html(self._summary(), scores, Table(("feature", "cosine", "up to the mean"), rows))


def _shares(scored: Scored) -> tuple[float, ...]:
    return (
        scored.mean_max_cosine,
        scored.by_chance,
        scored.precision,
        scored.recall,
        scored.f1,
        scored.uniqueness,
    )


def score_dictionary(
    model: Model | ModelWeights,
    dictionary: object,
    site: Site | str | None = None,
    *,
    data: object = None,
    threshold: float = 0.9,
    seed: int = 0,
) -> DictionaryScores:
    """How well the atoms of a dictionary match the named directions at a site.

    The directions of a one-hot group always sum to one value: x = b + Σ aᵢ (fᵢ + v), with Σ aᵢ = 1,
    is the same stream for every v, with b = −v. So a sparse dictionary with a bias finds them up to
    their mean at best, which is what the second column of the result compares.

    Args:
        model: a model, or its weights; compressed and rotated ones have their own directions.
        dictionary: the atoms (atoms × d_model), a NumPy array or a tensor: `sae.W_dec`.
        site: where the dictionary was learned, by default the last site.
        data: the inputs on which it was; they say what is constant (see `features_at`).
        threshold: the cosine from which on an atom is a feature.
        seed: of the random dictionaries that say what chance gives.

    Raises:
        InputError: E451 for a site that the model does not have, or a dictionary that is no
            matrix of d_model columns of numbers; E475 for what is no model, or no seed; E441, and
            E401 to E405, for the data.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="abc", max_length=2)
    >>> atoms = features_at(model).vectors
    >>> score_dictionary(model, atoms - atoms.mean(axis=0)).up_to_the_mean.f1
    1.0
    """
    seed = read_seed(seed)
    features = features_at(model, site, data, seed=seed)
    atoms = _read(dictionary, features, threshold)
    long = _living(atoms)
    alive = atoms[long]
    draw = np.random.default_rng(seed)
    random = [draw.standard_normal(alive.shape) for _ in range(DRAWS)]
    plain = _plain(alive, features)
    gauged = _up_to_the_mean(alive, features)
    kept = ~np.isnan(gauged).all(axis=1) if gauged.size else np.zeros(len(gauged), np.bool_)
    chance = [np.mean(_best(_plain(r, features))) for r in random]
    chance_up = [np.mean(_best(_up_to_the_mean(r, features)[kept])) for r in random]
    return DictionaryScores(
        features,
        threshold,
        _scored(plain, threshold, float(np.mean(chance))),
        _scored(gauged[kept], threshold, float(np.mean(chance_up))),
        _best(plain),
        np.where(kept, _best(gauged), np.nan),
        int((~long).sum()),
    )


def _read(dictionary: Any, features: SiteFeatures, threshold: float) -> Array:
    """The atoms as an array.

    Raises:
        InputError: E451.
    """
    check_threshold(threshold)
    tensor = dictionary.detach().cpu() if hasattr(dictionary, "detach") else dictionary
    try:
        if np.iscomplexobj(tensor):
            raise ValueError("it is complex")
        atoms = np.asarray(tensor, np.float64)
    except (TypeError, ValueError) as problem:
        raise InputError(_unfit(f"the dictionary is no matrix of numbers: {problem}")) from problem
    width = features.vectors.shape[1]
    if atoms.ndim != 2 or atoms.shape[1] != width:
        why = f"the dictionary has shape {atoms.shape}, and the stream {width} columns"
        raise InputError(_unfit(why, "give its atoms as rows: for SAELens, `sae.W_dec`"))
    if not np.isfinite(atoms).all():
        raise InputError(_unfit("the dictionary has an entry that is no finite number"))
    if not atoms.any():
        raise InputError(_unfit("no atom of the dictionary has any length"))
    if not len(features.names):
        raise InputError(_unfit(f"nothing lives at {features.site}", "choose another site"))
    return atoms / np.abs(atoms).max()  # cosines have no scale, and squares can overflow


def _unfit(why: str, help: str = "give the atoms as rows, as wide as the stream") -> Diagnostic:
    return diagnostic("E451", why, help=help)


def _living(atoms: Array) -> NDArray[np.bool_]:
    lengths = np.linalg.norm(atoms, axis=1)
    return lengths > NO_LENGTH * max(float(lengths.max(initial=0.0)), np.finfo(np.float64).tiny)


def _cosines(rows: Array, others: Array) -> Array:
    """Cosines of rows (… × n) that broadcast; 0 where one has no length."""
    lengths = np.linalg.norm(rows, axis=-1) * np.linalg.norm(others, axis=-1)
    inner = (rows * others).sum(axis=-1)
    return np.divide(inner, lengths, out=np.zeros_like(inner), where=lengths > 0)


def _plain(atoms: Array, features: SiteFeatures) -> Array:
    """Cosines (features × atoms) of the rows as they are."""
    return _cosines(features.vectors[:, None], atoms[None])


def _up_to_the_mean(atoms: Array, features: SiteFeatures) -> Array:
    """Cosines (features × atoms) after taking each feature's mean from both; nan if none is left.

    What is left of an atom that lies along the mean is rounding, and counts as nothing.
    """
    rows, found = features.up_to_the_mean, list[Array]()
    lengths = np.linalg.norm(atoms, axis=1)
    for row, shared, turned in zip(rows, features.shared, features.either_sign, strict=True):
        left = without(atoms, shared)
        left[np.linalg.norm(left, axis=1) <= NO_LENGTH * lengths] = 0.0
        cosines = _cosines(left, row)
        found.append(np.abs(cosines) if turned else cosines)
    gone = ~rows.any(axis=1, keepdims=True)
    return np.where(gone, np.nan, np.array(found).reshape(len(rows), len(atoms)))


def _best(cosines: Array) -> Array:
    return cosines.max(axis=1) if cosines.size else np.zeros(len(cosines))


def _scored(cosines: Array, threshold: float, by_chance: float) -> Scored:
    """Scores of cosines (features × atoms)."""
    features, atoms = cosines.shape
    if not features:
        nan = float("nan")
        return Scored(0, atoms, nan, 0, nan, nan, nan, nan, nan)
    near = cosines >= threshold - NO_LENGTH  # a perfect atom is off by rounding
    pairs = matched(near)
    nearest = set(np.argmax(cosines, axis=0).tolist())
    return Scored(
        features,
        atoms,
        float(_best(cosines).mean()),
        int(near.any(axis=1).sum()),
        pairs / atoms,
        pairs / features,
        2 * pairs / (atoms + features),
        len(nearest) / atoms,
        by_chance,
    )
