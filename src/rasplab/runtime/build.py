"""From weights to a PyTorch module."""

from __future__ import annotations

import torch

from rasplab.craft.precision import PRECISIONS
from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.runtime.certified import Certified
from rasplab.runtime.transformer import Transformer
from rasplab.weights import ModelWeights


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

    Warns `PrecisionWarning` where the weights are not proved in `dtype`, here or when the module
    is cast to another format later, or runs under autocast.
    """
    own = _format(weights.config.dtype)
    kind, where = own if dtype is None else _format(dtype), _device(device)
    certified = Certified(weights)
    certified.cast(own, kind, stacklevel=3)
    model = Transformer(weights.config)
    model.to(dtype=torch.float64).load_state_dict(_state(weights))
    model.to(dtype=kind, device=where)
    model.certified = certified
    return model


def _state(weights: ModelWeights) -> dict[str, torch.Tensor]:
    """The parameters by the module's names, which count layers: those of a loop come again."""
    state = {n: torch.tensor(a) for n, a in weights.arrays.items() if not n.startswith("blocks.")}
    for step in weights.config.architecture.steps:
        for name, array in weights.arrays.items():
            for own, inner in ((step.weights, step.inner), (step.norm, step.inner_norm)):
                if name.startswith(own):
                    state[inner + name.removeprefix(own)] = torch.tensor(array)
    return state


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
