"""The functions of PyTorch that its stubs leave without types, each with one, in this one place."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer


def norm(x: Tensor, dim: int | None = None, *, keepdim: bool = False) -> Tensor:
    """The Euclidean norm, of all numbers or along an axis."""
    return cast(Tensor, torch.linalg.vector_norm(x, dim=dim, keepdim=keepdim))


def qr(x: Tensor) -> tuple[Tensor, Tensor]:
    """Orthonormal columns and a triangular matrix, whose product is `x`."""
    q, r = torch.linalg.qr(x)
    return cast(Tensor, q), cast(Tensor, r)


def left_singular(x: Tensor) -> Tensor:
    """The left singular vectors, as columns, of the largest singular value first."""
    return cast(Tensor, torch.linalg.svd(x, full_matrices=False).U)


def solved(a: Tensor, b: Tensor) -> tuple[Tensor, bool]:
    """The solution of `a @ x = b`, and whether there is one."""
    found, failed = torch.linalg.solve_ex(a, b)
    return cast(Tensor, found), not int(failed)


def distinct(x: Tensor) -> Tensor:
    """The different numbers, in increasing order."""
    return cast(Tensor, torch.unique(x))


def backward(x: Tensor) -> None:
    """Add the gradient of a number to every leaf that it was computed from."""
    x.backward()


def step(optimizer: Optimizer, loss: Callable[[], float]) -> None:
    """One step of an optimizer that asks for the loss, and its gradient, as often as it likes."""
    optimizer.step(loss)


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Random numbers of the processor are drawn by a seed within, and as before after it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def numbers(x: Tensor) -> list[Any]:
    """Python's numbers, in lists as deep as there are axes."""
    return x.tolist()
