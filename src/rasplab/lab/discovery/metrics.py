"""What is differenced or descended: how far an output is from the clean one, or speaks for it.

Outputs are (k b n columns), for k runs on the same b examples; a metric is one number per run and
example. BOS, at position 0, has no output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.weights.config import Config


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """The outputs (b n columns) on the clean and the corrupted inputs, and what tells them apart.

    `direction` (b n columns) is, for scores of values, +1 at the clean answer and -1 at the
    corrupted one, for a number the sign of the clean one minus the corrupted one; 0 where the two
    outputs are the same.
    """

    clean: Tensor
    corrupt: Tensor
    direction: Tensor


@dataclass(frozen=True, slots=True)
class Metric:
    """A function of outputs; `distance` says that it is 0, and least, at the clean run.

    `of_scores` says that it needs a score per value, and at least two.
    """

    name: str
    meaning: str
    distance: bool
    of_scores: bool
    value: Callable[[Tensor, Targets], Tensor]


def _difference(output: Tensor, targets: Targets) -> Tensor:
    return _over_positions((output * targets.direction).sum(-1))


def _l2(output: Tensor, targets: Targets) -> Tensor:
    return _over_positions(((output - targets.clean) ** 2).sum(-1))


def _kl(output: Tensor, targets: Targets) -> Tensor:
    clean = targets.clean.log_softmax(-1)
    return _over_positions((clean.exp() * (clean - output.log_softmax(-1))).sum(-1))


def _log_probability(output: Tensor, targets: Targets) -> Tensor:
    answer = targets.clean.argmax(-1)[..., None].expand(*output.shape[:-1], 1)
    return _over_positions(output.log_softmax(-1).gather(-1, answer)[..., 0])


def _over_positions(values: Tensor) -> Tensor:  # k b n -> k b
    return values[..., 1:].mean(-1)


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "difference", "the clean answer against the corrupted one", False, False, _difference
        ),
        Metric("log-probability", "of the clean answer", False, True, _log_probability),
        Metric("kl", "divergence from the clean distribution", True, True, _kl),
        Metric("l2", "squared distance from the clean output", True, False, _l2),
    )
}
"""The metrics by name: `difference` and `l2` fit every output, the others scores of values."""


def metric_for(name: str, config: Config) -> Metric:
    """The metric of this name; it has to fit the output.

    Raises:
        InputError: E446 for an unknown metric, or one of distributions where there are none.

    >>> import rasplab
    >>> config = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2).config
    >>> metric_for("kl", config).distance
    True
    """
    if name not in METRICS:
        raise InputError(
            diagnostic(
                "E446",
                f"there is no metric {shown(name)}",
                help=f"use one of {', '.join(METRICS)}",
            )
        )
    metric = METRICS[name]
    if metric.of_scores and (config.numerical or config.d_out < 2):
        what = "a number" if config.numerical else "one column"
        raise InputError(
            diagnostic(
                "E446",
                f"the metric {name!r} does not fit an output that is {what}",
                notes=["a distribution over one column is always the same"],
                help="use 'difference', or 'l2'",
            )
        )
    return metric


def targets_of(config: Config, clean: Tensor, corrupt: Tensor, error: float) -> Targets:
    """What a metric needs to know of the clean and the corrupted run; `error` is of a number."""
    if not config.numerical:
        columns = torch.nn.functional.one_hot
        answers = (columns(out.argmax(-1), clean.shape[-1]).to(clean) for out in (clean, corrupt))
        return Targets(clean, corrupt, next(answers) - next(answers))
    apart = clean - corrupt
    direction = apart.sign() * (apart.abs() > 2 * error)
    if config.output_undefined:  # a number that is absent is none
        absent = (clean[..., 1] > 0.5) | (corrupt[..., 1] > 0.5)
        direction[..., 0] = direction[..., 0].masked_fill(absent, 0.0)
    return Targets(clean, corrupt, direction)
