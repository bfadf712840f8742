"""What homes ask of a model that hold layers of attention and an MLP, and nothing else."""

from __future__ import annotations

from rasplab.diagnostics import InputError, diagnostic
from rasplab.weights import Config


def require_standard(config: Config, home: str) -> None:
    """Refuse another schedule of steps than a home has.

    Raises:
        InputError: E601.
    """
    if config.architecture.standard:
        return
    raise InputError(
        diagnostic(
            "E601",
            f"{home} does not go through the steps of this model",
            notes=[
                f"they are {config.architecture}",
                "it has layers of attention and an MLP, each with its own weights",
            ],
            help="use the PyTorch module, JAX or ONNX",
        )
    )
