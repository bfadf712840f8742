"""From weights to a PyTorch module."""

from __future__ import annotations

import warnings

import torch

from rasplab.craft.precision import PRECISIONS
from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.runtime.transformer import Transformer
from rasplab.weights import ModelWeights


class PrecisionWarning(UserWarning):
    """A model is built in a number format in which it is not certified to be exact."""


def build(
    weights: ModelWeights,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
) -> Transformer:
    """The module that computes what the weights say.

    Args:
        weights: the compiled model.
        dtype: float64, float32, bfloat16 or float16; by default the format it was compiled for.
        device: where the parameters go; by default the CPU.

    Raises:
        InputError: E410 no such format, E409 no such device.

    Warns `PrecisionWarning` where the certificate does not cover `dtype`.
    """
    kind, where = _format(weights.config.dtype if dtype is None else dtype), _device(device)
    _check(weights, str(kind).removeprefix("torch."))
    model = Transformer(weights.config)
    state = {name: torch.tensor(array) for name, array in weights.arrays.items()}
    model.to(dtype=torch.float64).load_state_dict(state)
    return model.to(dtype=kind, device=where)


def _format(given: torch.dtype | str) -> torch.dtype:
    name = str(given).removeprefix("torch.")
    if name in PRECISIONS:
        return getattr(torch, name)
    names = ", ".join(PRECISIONS)
    raise InputError(diagnostic("E410", f"{shown(given)} is no number format", help=f"use {names}"))


def _device(given: torch.device | str | None) -> torch.device | None:
    try:
        return None if given is None else torch.device(given)
    except (RuntimeError, TypeError):
        raise InputError(
            diagnostic("E409", f"{shown(given)} is no device", help='use "cpu", or "cuda:0"')
        ) from None


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
