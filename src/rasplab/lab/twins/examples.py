"""What a twin learns from and is judged on: inputs, and what the compiled model makes of them.

Shapes: b examples, n positions (BOS first).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from rasplab.craft.certificate import NUMBER_WITHIN
from rasplab.lab.tensors import distinct
from rasplab.rasp.possible import Chosen
from rasplab.weights import PAD_ID, encode

if TYPE_CHECKING:
    from rasplab.model import Model

MOST = 16384
"""Inputs are taken all up to so many, and drawn where there are more."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """The token ids (b n) that are learned from, and those that are held out."""

    train: Tensor
    held_out: Tensor
    complete: bool


def examples_of(model: Model, share: float, seed: int) -> Examples:
    """The inputs of a model, a share of them, drawn by the seed, held out."""
    possible = model.config.sequences if model.inputs is None else model.inputs
    chosen = Chosen(possible, MOST, seed=seed, different=True, listed=True)
    sequences = list(chosen)
    ids = torch.as_tensor(encode(model.config, sequences))
    order = torch.randperm(len(ids), generator=torch.Generator().manual_seed(seed))
    out = max(1, round(share * len(ids)))
    return Examples(ids[order[out:]], ids[order[:out]], chosen.complete)


@dataclass(frozen=True, slots=True)
class Outputs:
    """How read-outs of a model are compared: as scores of values, or as numbers.

    A number is right `within` this much, and has the size `scale`. Scores of the compiled model
    that are no farther apart than `tie` choose no value: rounding does.
    """

    numerical: bool
    within: float
    scale: float
    tie: float

    def loss(self, out: Tensor, wanted: Tensor, counted: Tensor) -> Tensor:
        """The mean error (…) of read-outs (… b n d_out) where it is counted (b n)."""
        if self.numerical:
            flag = (wanted[..., 1:] > 0.5).any(-1, keepdim=True)
            error = (out - wanted) / out.new_tensor([self.scale, 1.0][: out.shape[-1]])
            weight = torch.cat([~flag, torch.ones_like(wanted[..., 1:], dtype=torch.bool)], dim=-1)
            each = (error.square() * weight).sum(-1)
        else:
            value = wanted.argmax(-1)
            logs = functional.log_softmax(out, dim=-1)
            each = -logs.gather(-1, value.expand(logs.shape[:-1])[..., None])[..., 0]
        return (each * counted).sum((-1, -2)) / counted.sum().clamp_min(1)

    def right(self, out: Tensor, wanted: Tensor) -> Tensor:
        """Where read-outs (… b n d_out) give the value that is wanted (… b n)."""
        if not self.numerical:
            return out.argmax(-1) == wanted.argmax(-1)
        undefined, given = (wanted[..., 1:] > 0.5).any(-1), (out[..., 1:] > 0.5).any(-1)
        near = (out[..., 0] - wanted[..., 0]).abs() <= self.within
        return (undefined == given) & (near | undefined)

    def decided(self, wanted: Tensor) -> Tensor:
        """Where the compiled model's read-out (b n d_out) gives a value beyond rounding (b n)."""
        if self.numerical:
            return torch.isfinite(wanted).all(-1)
        if wanted.shape[-1] == 1:
            return torch.ones_like(wanted[..., 0], dtype=torch.bool)
        best = wanted.topk(2, dim=-1).values
        return best[..., 0] - best[..., 1] > self.tie


def outputs_of(model: Model, out: Tensor, counted: Tensor) -> Outputs:
    """How the outputs of a model are compared; `out` (b n d_out) it gives on its inputs.

    A number is right if it is nearer to the right one than to any other that occurs.
    """
    error = model.certificate.output_error
    if not model.numerical:
        return Outputs(False, 0.0, 1.0, 2 * error)
    numbers = out[..., 0][counted].double()
    gaps = distinct(numbers).diff()
    apart = gaps[gaps > 2 * error]
    within = float(apart.min()) / 2 if len(apart) else NUMBER_WITHIN
    return Outputs(True, within, max(float(numbers.std(correction=0)), within), 0.0)


def scored(ids: Tensor) -> Tensor:
    """Where there is an output to compare (b n): at tokens, not at BOS."""
    found = ids != PAD_ID
    found[:, 0] = False
    return found
