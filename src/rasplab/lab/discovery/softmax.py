"""Attention's softmax: as it is, and with the gradient of one that is less saturated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

Softmax: TypeAlias = Callable[[Tensor], Tensor]
"""From scores (… key) to a pattern of the same shape."""


def exact_softmax(scores: Tensor) -> Tensor:
    """The softmax over keys, with its own gradient."""
    return scores.softmax(dim=-1)


def tempered(temperature: float) -> Softmax:
    """A softmax whose gradient is that of the softmax at another temperature.

    Forward it is exact. Where attention is saturated its own gradient vanishes; that of
    `softmax(scores / temperature)` does so later. Source: the temperature-adjusted gradients of
    GIM (Edin and others, 2025), which uses 2.

    >>> scores = torch.tensor([20.0, 0.0], dtype=torch.float64, requires_grad=True)
    >>> pattern = tempered(4.0)(scores)
    >>> bool(torch.equal(pattern, scores.softmax(0)))
    True
    >>> pattern[0].backward()
    >>> bool(scores.grad[0] > 1e-3)  # its own is 2e-9
    True
    """

    def soften(scores: Tensor) -> Tensor:
        function: Any = _Tempered
        return function.apply(scores, temperature)

    return soften


class _Kept(FunctionCtx):
    """What a forward pass kept for its backward one."""

    saved_tensors: tuple[Tensor]
    temperature: float


class _Tempered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Kept, scores: Tensor, temperature: float) -> Tensor:
        ctx.save_for_backward((scores / temperature).softmax(dim=-1))
        ctx.temperature = temperature
        return scores.softmax(dim=-1)

    @staticmethod
    def backward(ctx: _Kept, *gradients: Tensor) -> tuple[Tensor, None]:
        (soft,) = ctx.saved_tensors
        (above,) = gradients
        # the derivative of softmax(scores / temperature), at what was not given out
        inner = (soft * above).sum(dim=-1, keepdim=True)
        return soft * (above - inner) / ctx.temperature, None
