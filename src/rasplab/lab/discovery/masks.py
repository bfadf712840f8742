"""Masks learned by gradient descent: what methods that prune have in common.

Every part has a hard concrete mask (Louizos, Welling and Kingma, 2018): a number between 0, cut,
and 1, which is exactly 0 or 1 with some probability, and has a gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from rasplab.lab.adamw import AdamW
from rasplab.lab.discovery.metrics import METRICS
from rasplab.lab.discovery.task import Task

STEPS, RATE, PAIRS = 150, 0.1, 64
BETAS = (0.9, 0.999)
TEMPERATURE, LOW, HIGH = 2 / 3, -0.1, 1.1
START = 2.0
"""At first a mask is 1 with a probability of about .6, and hardly ever 0."""


def learned(task: Task, masked: Tensor, pressure: Callable[[Tensor, float], Tensor]) -> Tensor:
    """The logits of masks, trained so that the output stays while a pressure is on the masks.

    Args:
        task: its metric is the loss if it is a distance, else the squared distance; in parts of the
            distance at which everything is cut.
        masked: the shape of the masks, which broadcasts to readers × writers.
        pressure: a loss for the probabilities of the masks not to be 0, and how much of the
            training is over, from 0 to 1.
    """
    logits = torch.full_like(masked, START).requires_grad_()
    adam = AdamW(torch.zeros_like(masked), torch.zeros_like(masked), BETAS)
    metric = task.metric if task.metric.distance else METRICS["l2"]
    batch = task.batches[0].some(PAIRS)
    whole = logits.new_ones(1, *task.shape)
    with torch.no_grad():
        output = task.run(batch, cut=whole).output
        scale = metric.value(output[None], batch.targets).mean().clamp(min=1e-12)
    for step in range(1, STEPS + 1):
        cut = (1 - _sampled(logits)).expand(task.shape)[None]
        output = task.run(batch, cut=cut).output
        loss = metric.value(output[None], batch.targets).mean() / scale
        loss = loss + pressure(_present(logits), step / STEPS)
        (gradient,) = torch.autograd.grad(loss, logits)
        task.meter.backward += len(batch)
        moved = adam.moved(logits.detach(), gradient, count=step, rate=RATE, decay=0.0)
        logits = moved.requires_grad_()
    return logits.detach()


def _sampled(logits: Tensor) -> Tensor:
    # the logits of 0 and of 1 are infinite
    uniform = torch.rand_like(logits).clamp(1e-6, 1 - 1e-6)
    soft = ((uniform.logit() + logits) / TEMPERATURE).sigmoid()
    return (soft * (HIGH - LOW) + LOW).clamp(0, 1)


def _present(logits: Tensor) -> Tensor:
    """The probability that a mask is not 0."""
    return (logits - TEMPERATURE * math.log(-LOW / HIGH)).sigmoid()
