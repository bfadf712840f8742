"""The functions of PyTorch that its stubs leave without types, each with one, in this one place."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor


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


def numbers(x: Tensor) -> list[Any]:
    """Python's numbers, in lists as deep as there are axes."""
    return x.tolist()
