"""Linear probes, fitted on some rows and marked on others: multinomial logistic, and ridge."""

from __future__ import annotations

from typing import TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray

from rasplab.lab import tensors

Array: TypeAlias = "NDArray[np.float64]"
Classes: TypeAlias = "NDArray[np.intp]"

PENALTY = 1e-4
"""The weight of the squared length of a probe: enough to make the best one unique."""
STEPS = 200


def scaled(train: Array, test: Array) -> tuple[Array, Array]:
    """Columns with mean 0 and variance 1 on the rows to fit on; those that never vary are left out.

    A probe of one scale would hardly see what another scale holds.
    """
    spread = train.std(axis=0)
    varies = spread > 1e-9 * max(float(spread.max(initial=0.0)), 1e-30)
    centre = train[:, varies].mean(axis=0)
    return (train[:, varies] - centre) / spread[varies], (test[:, varies] - centre) / spread[varies]


def accuracy(train: Array, known: Classes, test: Array, right: Classes) -> float:
    """The share of test rows that a multinomial logistic regression puts in the right class.

    >>> rows = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> accuracy(rows, np.array([0, 0, 1, 1]), rows, np.array([0, 0, 1, 1]))
    1.0
    """
    x, seen = scaled(train, test)
    weights = _logistic(x, known, int(known.max()) + 1)
    scores = np.concatenate([seen, np.ones((len(seen), 1))], axis=1) @ weights
    return float((scores.argmax(axis=1) == right).mean())


def _logistic(x: Array, known: Classes, classes: int) -> Array:
    """Weights, and the biases in the last row (columns + 1 × classes)."""
    rows = torch.as_tensor(np.concatenate([x, np.ones((len(x), 1))], axis=1))
    labels = torch.as_tensor(known)
    weights = torch.zeros(rows.shape[1], classes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimizer.zero_grad()
        fit = torch.nn.functional.cross_entropy(rows @ weights, labels)
        found = fit + PENALTY * weights[:-1].square().sum()
        tensors.backward(found)
        return found.item()

    tensors.step(optimizer, loss)
    found: Array = weights.detach().numpy()
    return found


def explained(train: Array, known: Array, test: Array, right: Array) -> float:
    """The share of the variance on test rows that a ridge regression explains (R²), at least 0.

    >>> rows = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> round(explained(rows, rows[:, 0], rows, rows[:, 0]), 3)
    1.0
    """
    x, seen = scaled(train, test)
    centre = float(known.mean())
    gram: Array = x.T @ x + PENALTY * len(x) * np.eye(x.shape[1])
    weights = cast(Array, np.linalg.solve(gram, x.T @ (known - centre)))
    left: Array = right - centre - seen @ weights
    total = float(np.var(right))
    return max(0.0, 1.0 - float(np.mean(np.square(left))) / total) if total > 0 else 0.0
