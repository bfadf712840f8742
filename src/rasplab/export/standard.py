"""What homes ask of a model, and what several of them are made with."""

from __future__ import annotations

from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.weights import EMBED, Config, ModelWeights


def power_of_four(size: int) -> int:
    """The least power of 4 that is not smaller, whose root is a power of two; 1 for 0.

    >>> [power_of_four(n) for n in (0, 1, 2, 4, 5, 17)]
    [1, 1, 4, 4, 16, 64]
    """
    return 4 ** (((max(size, 1) - 1).bit_length() + 1) // 2)


def require_standard(config: Config, home: str) -> None:
    """Refuse another schedule of steps than a home has, and other norms or units than it knows.

    Raises:
        InputError: E601; E486 for norms or units of the model's own.
    """
    if config.architecture.standard:
        return
    if config != config.bare:
        raise InputError(_dressed(config, home))
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


def require_one_basis(weights: ModelWeights, home: str) -> None:
    """Refuse a model whose stream changes its basis on the way.

    Raises:
        InputError: E601.
    """
    if weights.bases.keys() <= {EMBED}:
        return
    raise InputError(
        diagnostic(
            "E601",
            f"{home} reads the residual stream in one basis, and this model has several",
            notes=[f"they begin at {', '.join(map(str, weights.bases))}"],
            help="`model.trace` and `model.save` go by each where it holds",
        )
    )


def _dressed(config: Config, home: str) -> Diagnostic:
    """Of a model behind norms, or with smooth units."""
    norms_of_its_own = "; the home `gpt2-layernorm` puts it behind layer norms of its own"
    return diagnostic(
        "E486",
        f"{home} does not compute the norms or hidden units of this model",
        notes=[f"its steps are {config.architecture}"],
        help="take the model as it was before `norm` or `activation` was turned"
        + norms_of_its_own * home.endswith("GPT-2"),
    )
