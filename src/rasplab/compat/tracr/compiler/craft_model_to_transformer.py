"""What scripts import of Tracr's `tracr.compiler.craft_model_to_transformer`."""

from __future__ import annotations

from typing import NoReturn

from rasplab.compat.tracr.absent import absent

__all__ = ["NoTokensError"]


class NoTokensError(ValueError):
    """What a version of Tracr raises of programs that read no token; here they compile."""


def __getattr__(name: str) -> NoReturn:
    raise absent("compiler.craft_model_to_transformer", name)
