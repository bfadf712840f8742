"""From weights to a PyTorch module."""

from __future__ import annotations

import warnings

import torch

from rasplab.runtime.transformer import Transformer
from rasplab.weights import ModelWeights


class PrecisionWarning(UserWarning):
    """A model is built in a number format in which it is not certified to be exact."""


def build(
    weights: ModelWeights,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Transformer:
    """The module that computes what the weights say.

    Args:
        weights: the compiled model.
        dtype: float64, float32, bfloat16 or float16; by default the format it was compiled for.
        device: where the parameters go; by default the CPU.

    Warns `PrecisionWarning` where the certificate does not cover `dtype`.
    """
    kind = getattr(torch, weights.config.dtype) if dtype is None else dtype
    _check(weights, str(kind).removeprefix("torch."))
    model = Transformer(weights.config)
    state = {name: torch.tensor(array) for name, array in weights.arrays.items()}
    model.to(dtype=torch.float64).load_state_dict(state)
    return model.to(dtype=kind, device=device)


def _check(weights: ModelWeights, dtype: str) -> None:
    certificate = weights.circuit.certificate
    exact = {name: exact for name, exact, _ in certificate.other_formats}
    if dtype != certificate.precision and not exact.get(dtype, False):
        warnings.warn(
            f"compiled for {certificate.precision}, this model is not certified in {dtype}; "
            f"compile with dtype={dtype!r} to have it exact or refused",
            PrecisionWarning,
            stacklevel=3,
        )
