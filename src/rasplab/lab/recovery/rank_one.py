"""The true rank-one components of every weight matrix, with the variables that each carries.

What a parameter decomposition looks for, in a network of which it is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from rasplab.diagnostics import InputError, counted, diagnostic, shown
from rasplab.display import Table, html
from rasplab.lab.recovery.site_features import Array, weights_of
from rasplab.weights.architecture import Step
from rasplab.weights.artefact import Component, ModelWeights
from rasplab.weights.directory import write_file
from rasplab.weights.frames import Basis
from rasplab.weights.trace import direction_labels
from rasplab.weights.values_json import Json

if TYPE_CHECKING:
    from rasplab.model import Model

Along: TypeAlias = Literal["stream", "inner"]

_ROLES = {"W_Q": "q", "W_K": "k", "W_V": "v", "W_O": "o", "W_in": "in", "W_out": "out"}


@dataclass(frozen=True, slots=True, eq=False)
class RankOne:
    """A component: `left` (rows of the matrix) times `right` (its columns).

    `name` is the direction of the stream, or the coordinate of a head or the hidden unit, that it
    belongs to. `variables` are those that it reads from the stream, or writes to it; `computes`
    those that the head or the hidden units compute.
    """

    name: str
    variables: tuple[str, ...]
    computes: tuple[str, ...]
    left: Array
    right: Array


@dataclass(frozen=True, slots=True, eq=False)
class MatrixComponents:
    """A weight matrix (of one head, where it has heads) as a sum of components.

    `role` is `"q"`, `"k"`, `"v"`, `"o"`, `"in"` or `"out"`. Where the stream's columns are the
    named directions the components are exactly its entries; in a rotated stream their sum is it
    up to the rounding of the rotation, as it is stored.
    """

    array: str
    head: int | None
    role: str
    rank: int
    components: tuple[RankOne, ...]
    shape: tuple[int, int]

    @property
    def name(self) -> str:
        """The name of the array, with the head: `blocks.0.attn.W_Q[1]`."""
        return self.array if self.head is None else f"{self.array}[{self.head}]"

    def sum(self) -> Array:
        """The sum of the components."""
        total = np.zeros(self.shape)
        for part in self.components:
            total += np.outer(part.left, part.right)
        return total


@dataclass(frozen=True, slots=True, eq=False)
class RankOneComponents:
    """The components of every matrix of the heads and of the MLPs; biases have none."""

    along: Along
    matrices: tuple[MatrixComponents, ...]

    def __iter__(self) -> Iterator[MatrixComponents]:
        return iter(self.matrices)

    def __getitem__(self, name: str) -> MatrixComponents:
        for matrix in self.matrices:
            if matrix.name == name:
                return matrix
        known = ", ".join(matrix.name for matrix in self.matrices)
        why = f"there are no components of {shown(name)}"
        raise InputError(
            diagnostic("E453", why, notes=[f"the matrices are {known}"], help="name one of these")
        )

    def save(self, path: str | Path) -> Path:
        """Write all of it as JSON; numbers as they are, so that sums are the same again."""
        data = {
            "format": "rasplab-rank-one",
            "format_version": 1,
            "along": self.along,
            "matrices": [_matrix_data(matrix) for matrix in self.matrices],
        }
        return write_file(path, (json.dumps(data, indent=1) + "\n").encode("ascii"))

    def __str__(self) -> str:
        return "\n".join(f"{name}: {about}" for name, *_, about in self._rows())

    def __repr__(self) -> str:
        total = sum(len(matrix.components) for matrix in self.matrices)
        return f"<{counted(total, 'component')} of {len(self.matrices)} matrices>"

    def _repr_html_(self) -> str:
        return html(repr(self)[1:-1], Table(("matrix", "rank", "components"), self._rows()))

    def _rows(self) -> list[tuple[str, str, str]]:
        return [
            (m.name, str(m.rank), f"{counted(len(m.components), 'component')} ({_carried(m)})")
            for m in self.matrices
            if m.components
        ]


def _carried(matrix: MatrixComponents) -> str:
    counts: dict[str, int] = {}
    for part in matrix.components:
        for name in part.variables:
            counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{name} {n}" for name, n in counts.items())


def _matrix_data(matrix: MatrixComponents) -> Json:
    return {
        "array": matrix.array,
        "head": matrix.head,
        "role": matrix.role,
        "shape": list(matrix.shape),
        "rank": matrix.rank,
        "components": [
            {
                "name": part.name,
                "variables": list(part.variables),
                "computes": list(part.computes),
                "left": part.left.tolist(),
                "right": part.right.tolist(),
            }
            for part in matrix.components
        ],
    }


def rank_one_components(model: Model | ModelWeights, along: Along = "stream") -> RankOneComponents:
    """The weight matrices of all heads and MLPs as sums of rank-one components.

    Along the stream a component is a named direction: what one value of a variable contributes, so
    that it acts only where that value is there. Along the inner axis it is a coordinate of a head
    or a hidden unit, which may read several variables. Both sums are the matrix. Neither need have
    as few components as the matrix has rank, which `rank` says.

    Args:
        model: a model, or its weights.
        along: `"stream"` or `"inner"`.

    Raises:
        InputError: E453 for another axis, or for a compressed stream along itself: its directions
            share dimensions, so that no sum over them is the matrix; E475 for what is no model.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(2, 2)
    >>> found = rank_one_components(rasplab.compile(program, vocab=vocab, max_length=2))
    >>> [(part.name, part.variables) for part in found["blocks.0.attn.W_V[0]"].components]
    [('bos', ('bos',))]
    """
    if along not in ("stream", "inner"):
        why = f"there are no components along {shown(along)}"
        raise InputError(diagnostic("E453", why, help="choose 'stream' or 'inner'"))
    weights = weights_of(model)
    first = {step.weights: step for step in reversed(weights.config.architecture.steps)}
    steps = [step for step in weights.config.architecture.steps if first[step.weights] is step]
    found = [
        _components(weights, step, name, head, along)
        for step in steps
        for name in (*step.reading, step.writing)
        for head in (range(weights.config.n_heads) if step.kind == "attn" else (None,))
    ]
    return RankOneComponents(along, tuple(found))


def _components(
    weights: ModelWeights, step: Step, name: str, head: int | None, along: Along
) -> MatrixComponents:
    array = weights.arrays[name] if head is None else weights.arrays[name][head]
    matrix = array.astype(np.float64)
    reading = name != step.writing
    site = weights.config.architecture.read_by(step) if reading else step.site
    basis = weights.frame(site).maps
    split = _Split(weights, step, head, basis, reading, _blur(basis, array))
    parts = split.along_stream(matrix) if along == "stream" else split.along_inner(matrix)
    found = MatrixComponents(
        name,
        head,
        _ROLES[name.rsplit(".", 1)[1]],
        int(np.linalg.matrix_rank(matrix)) if matrix.size else 0,
        tuple(parts),
        (matrix.shape[0], matrix.shape[1]),
    )
    _check(found, matrix, split.blur, normed=weights.config.norm != "none")
    return found


def _blur(basis: Basis, array: np.ndarray[Any, Any]) -> float:
    """By what part of itself each product with the basis can be off, as both are stored.

    Both factors are rounded to their formats, by half an eps each, and here sums of as many as the
    basis has directions. Nothing is where the columns of the stream are the named directions:
    products with 1 and 0 are exact.
    """
    if np.array_equal(basis.write, np.eye(len(basis.write))):
        return 0.0
    stored = float(sum(np.finfo(one.dtype).eps for one in (basis.write, array))) / 2
    return stored + len(basis.write) * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """Whose the rows and columns of a matrix are; `reading` ones have the stream as rows.

    `blur` is the part of every product with the basis that is rounding.
    """

    weights: ModelWeights
    step: Step
    head: int | None
    basis: Basis
    reading: bool
    blur: float

    def along_stream(self, matrix: Array) -> list[RankOne]:
        labels = direction_labels(self.weights.circuit.directions)
        named = self._named(matrix)
        return [
            self._part(labels[i], [i], *self._outer(i, named[i]))
            for i in range(len(named))
            if named[i].any()
        ]

    def along_inner(self, matrix: Array) -> list[RankOne]:
        named, word = self._named(matrix), "unit" if self.head is None else "coordinate"
        inner = matrix.T if self.reading else matrix
        parts = list[RankOne]()
        for i, stream in enumerate(inner):
            if stream.any():
                one = np.eye(1, len(inner), i)[0]
                carried = np.flatnonzero(named[:, i]).tolist()
                both = (stream, one) if self.reading else (one, stream)
                parts.append(self._part(f"{word} {i}", carried, *both, unit=i))
        return parts

    def _named(self, matrix: Array) -> Array:
        """What is read along, or written along, every named direction (directions × inner)."""
        turn, turned = (self.basis.write, matrix) if self.reading else (self.basis.read.T, matrix.T)
        found = turn.astype(np.float64) @ turned
        rounding = self.blur * (np.abs(turn) @ np.abs(turned))
        return np.where(np.abs(found) > rounding, found, 0.0)

    def _outer(self, direction: int, inner: Array) -> tuple[Array, Array]:
        if self.reading:
            return self.basis.read[:, direction].astype(np.float64), inner
        return inner, self.basis.write[direction].astype(np.float64)

    def _part(
        self, name: str, directions: list[int], left: Array, right: Array, unit: int | None = None
    ) -> RankOne:
        known = self.weights.circuit.directions
        variables = dict.fromkeys(known[i].variable for i in directions)
        computed = [
            c.variable for c in self.weights.circuit.components if self._implements(c, unit)
        ]
        return RankOne(name, tuple(variables), tuple(computed), left, right)

    def _implements(self, component: Component, unit: int | None) -> bool:
        kind = "mlp" if self.head is None else "head"
        if component.layer != self.step.block or component.kind != kind:
            return False
        at = unit if self.head is None else self.head
        return at is None or component.start <= at < component.stop


_SHARED = (
    "in a compressed stream directions share dimensions",
    'use along="inner", or the model before it was compressed',
)
_LANES = (
    "behind a norm of its own readers also read lanes that no direction has",
    'use along="inner", or the model before `norm` was turned',
)


def _check(found: MatrixComponents, matrix: Array, blur: float, *, normed: bool) -> None:
    """The components make the matrix, up to the rounding of as many sums as it has rows.

    A basis of d directions, each entry off by its part `blur`, and read back by its inverse that is
    off as much, is off the identity by 2·blur at most in each entry (its rows have length 1), and
    so is the matrix by 2·blur·d of its largest entry. What was left out as rounding is, read back,
    at most blur·d of it besides: |w|·|M| is at most √d of it, and a row of |r| adds up to √d.

    Raises:
        InputError: E453.
    """
    large = float(np.abs(matrix).max(initial=0.0))
    most = 8 * (sum(matrix.shape) + len(found.components)) * np.finfo(np.float64).eps
    most += 3 * blur * max(matrix.shape)
    if np.abs(found.sum() - matrix).max(initial=0.0) > most * large:
        note, help = _LANES if normed else _SHARED
        raise InputError(
            diagnostic(
                "E453",
                f"{found.name} is no sum over the named directions",
                notes=[note],
                help=help,
            )
        )
