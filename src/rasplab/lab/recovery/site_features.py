"""The features of a residual stream: its named directions, and what a bias can take from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.lab.circuits.data import Inputs, read_inputs
from rasplab.rasp.expressions import Expression
from rasplab.rasp.sequence import real, whole
from rasplab.weights.architecture import Site
from rasplab.weights.artefact import Manifest, ModelWeights, VariablePlace
from rasplab.weights.coordinates import coordinates
from rasplab.weights.directions import require_directions
from rasplab.weights.frames import Nominal
from rasplab.weights.reading import tolerance
from rasplab.weights.streams import streams
from rasplab.weights.trace import direction_labels

if TYPE_CHECKING:
    from rasplab.model import Model

Array: TypeAlias = "NDArray[np.float64]"

NO_LENGTH = 1e-9
"""A row whose length is below this share of the longest one's is rounding: no direction at all."""


@dataclass(frozen=True, slots=True, eq=False)
class SiteFeatures:
    """The named directions that live at a site, BOS's own left out, as rows of the stream.

    `vectors` (features × d_model) are what is written along each. `shared` (features × d_model) is
    for each a direction of unit length, or zero: the mean of a group whose coordinates always have
    the same sum, so that the bias of a dictionary can take any multiple of it. `constant` says of
    which the coordinate never changes; `either_sign`, of which it runs from one number to another,
    so that a bias can turn it round.
    """

    site: Site
    names: tuple[str, ...]
    variables: tuple[str, ...]
    vectors: Array
    shared: Array
    constant: tuple[bool, ...]
    either_sign: tuple[bool, ...]

    @property
    def up_to_the_mean(self) -> Array:
        """The rows without what they have along their group's mean; constant ones are zero."""
        left = without(self.vectors, self.shared)
        left[list(self.constant)] = 0.0
        return np.where(_lengths(left) > NO_LENGTH * _lengths(self.vectors).max(), left, 0.0)


def check_threshold(given: object) -> None:
    """Refuse what no share or cosine can be compared with.

    Raises:
        InputError: E451.
    """
    if not 0 < (real(given) or 0) <= 1:
        why = f"{shown(given)} is no threshold"
        raise InputError(diagnostic("E451", why, help="give a number above 0, and up to 1"))


def _lengths(rows: Array) -> Array:
    return np.linalg.norm(rows, axis=-1, keepdims=True)


def without(rows: Array, directions: Array) -> Array:
    """Rows without their parts along directions of unit length (or zero), which broadcast."""
    return rows - (rows * directions).sum(axis=-1, keepdims=True) * directions


def weights_of(model: Model | ModelWeights) -> ModelWeights:
    """The weights of a model; they may stand for it.

    Raises:
        InputError: E475 for what is neither.
    """
    if isinstance(model, ModelWeights):
        return model
    if not isinstance(model, Expression):  # of which every attribute is a diagnostic of its own
        found = getattr(model, "weights", None)
        if isinstance(found, ModelWeights):
            return found
    if isinstance(model, Nominal):
        help = "give the disguised model itself: its circuit and directions are the nominal ones"
    else:
        help = "give a model as `rasplab.compile(program, vocab=..., max_length=...)` makes it"
    raise InputError(diagnostic("E475", f"{shown(model)} is no model", help=help))


def read_seed(seed: object) -> int:
    """A seed, of Python's or NumPy's integers.

    Raises:
        InputError: E475 for what draws nothing.
    """
    number = whole(seed)
    if number is not None and number >= 0:
        return number
    why = f"`seed` is a whole number, 0 or more, which {shown(seed)} is not"
    raise InputError(diagnostic("E475", why, help="give one such as `seed=0`"))


def site_of(weights: ModelWeights, site: Site | str | None) -> Site:
    """The site that was asked for; by default the last, which the read-out reads.

    Raises:
        InputError: E451 where the model has no such site.
    """
    sites = weights.config.architecture.sites
    if site is None:
        return sites[-1]
    if site in sites:
        return sites[sites.index(Site.read(str(site)))]
    raise InputError(
        diagnostic(
            "E451",
            f"the model has no site {shown(str(site))}",
            help=f"its sites are {', '.join(map(str, sites))}",
        )
    )


def features_at(
    model: Model | ModelWeights,
    site: Site | str | None = None,
    data: object = None,
    *,
    seed: int = 0,
) -> SiteFeatures:
    """The features that the residual stream holds at a site, by default the last.

    Which coordinates are constant, and which groups have a constant sum, is what the values that a
    variable can take say, or what is seen on the data: by default those of `model.circuit`.

    Raises:
        InputError: E451 where the model has no such site; E475 for what is no model, or no seed;
            E468 for a model whose directions have no names; E441, and E401 to E405, for the data.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
    >>> found = features_at(model, "embed")
    >>> found.names
    ('tokens:a', 'tokens:b')
    >>> found.shared[0].round(3).tolist() == found.shared[1].round(3).tolist()
    True
    """
    weights, seed = weights_of(model), read_seed(seed)
    require_directions(weights, "what is recovered")
    at = site_of(weights, site)
    circuit, write = weights.circuit, weights.frame(at).maps.write.astype(np.float64)
    labels = direction_labels(circuit.directions)
    places = [place for place in circuit.living(at) if not place.marks_bos]
    seen = rows_at(weights, at, read_inputs(weights.config, data, seed))
    named = weights.frame(at).named(seen).astype(np.float64)
    groups = [_group(circuit, place, named[:, place.columns]) for place in places]
    columns = [i for place in places for i in range(place.start, place.stop)]
    return SiteFeatures(
        at,
        tuple(labels[i] for i in columns),
        tuple(place.name for place in places for _ in range(place.start, place.stop)),
        write[columns],
        np.concatenate(
            [np.zeros((0, write.shape[1]))]
            + [_mean(write[p.columns], g.whole) for p, g in zip(places, groups, strict=True)]
        ),
        tuple(fixed for group in groups for fixed in group.constant),
        tuple(p.encoding.kind != "one-hot" for p in places for _ in range(p.start, p.stop)),
    )


def rows_at(weights: ModelWeights, site: Site, inputs: Inputs) -> Array:
    """The stream (token positions × d_model) at a site, without the rows at BOS."""
    streamed = (streams(weights, ids).at[site][:, 1:] for ids in inputs.clean)
    return np.concatenate([s.reshape(-1, s.shape[-1]) for s in streamed]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Group:
    """Whether the coordinates of a variable always have one sum, and which of them never change."""

    whole: bool
    constant: tuple[bool, ...]


def _group(circuit: Manifest, place: VariablePlace, seen: Array) -> _Group:
    """By all values that there can be, or by what is seen (positions × directions)."""
    size = place.stop - place.start
    within = tolerance(circuit, place)
    listed = [coordinates(circuit, place, value) for value in place.encoding.values]
    known = [(np.array(listed), 0.0)] if listed else []
    known.append((seen, 2 * within))
    whole = any(np.ptp(rows.sum(axis=1)) <= size * most for rows, most in known)
    fixed = np.any([np.ptp(rows, axis=0) <= most for rows, most in known], axis=0)
    return _Group(whole and size > 1, tuple(map(bool, fixed)))


def _mean(rows: Array, whole: bool) -> Array:
    """For each direction of a group the unit vector along which a bias can move them all."""
    mean = rows.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return np.tile(mean / length if whole and length > 0 else np.zeros_like(mean), (len(rows), 1))
