"""What a training needs to go on after a kill: one file, replaced whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.lab.tensors import numbers
from rasplab.weights.directory import write_file

NAME = "checkpoint.safetensors"
"""Of the file in a sweep's directory."""
FORMAT = 2
"""Of the state; one of another kind is that of another sweep."""
SETTINGS = "settings"
"""The name under which the settings lie among the tensors, as the bytes of JSON."""
DIGEST = "sha256"
"""Of the tensors, among the settings."""


def save(path: Path, state: Mapping[str, Tensor], settings: Mapping[str, object]) -> None:
    """Write a state and what it belongs to; the old file stays until the new one is whole."""
    from safetensors.torch import save as to_bytes

    tensors = {name: part.detach().cpu().contiguous() for name, part in state.items()}
    named = {**settings, "checkpoint format": FORMAT, DIGEST: _digest(tensors)}
    tensors[SETTINGS] = torch.tensor(list(json.dumps(named).encode()), dtype=torch.uint8)
    write_file(path, to_bytes(tensors))


def load(path: Path, settings: Mapping[str, object]) -> dict[str, Tensor] | None:
    """The state of a training with these settings; none where nothing has been saved yet.

    Raises:
        InputError: E802 where the state is that of another sweep, or cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    if not path.exists():
        return None
    try:
        state = from_bytes(path.read_bytes())
        found = dict[str, Any](json.loads(bytes(numbers(state.pop(SETTINGS)))))
        digest = _digest(state)
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, RecursionError) as problem:
        raise InputError(_unfit(path, f"its checkpoint cannot be read: {problem}")) from problem
    if found.pop(DIGEST, None) != digest:
        raise InputError(_unfit(path, "its checkpoint is not as it was written"))
    # by way of JSON, as those that were saved: there a tuple is a list
    wanted = json.loads(json.dumps({**settings, "checkpoint format": FORMAT}))
    differing = sorted(n for n in found.keys() | wanted.keys() if found.get(n) != wanted.get(n))
    if differing:
        first = differing[0]
        why = f"{first} was {found.get(first)!r} and is now {wanted.get(first)!r}"
        raise InputError(_unfit(path, why))
    return state


def is_one(path: Path) -> bool:
    """Whether a file is a checkpoint, of whatever sweep."""
    from safetensors import SafetensorError, safe_open

    try:
        with cast(Any, safe_open)(path, "pt") as file:
            return SETTINGS in file.keys()  # noqa: SIM118 - it is no mapping
    except (SafetensorError, OSError):
        return False


def _digest(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, part in sorted(tensors.items()):
        digest.update(f"{name} {part.dtype} {tuple(part.shape)}".encode())
        digest.update(part.numpy().tobytes())
    return digest.hexdigest()


def _unfit(path: Path, why: str) -> Diagnostic:
    return diagnostic(
        "E802",
        f"the sweep in {str(path.parent)!r} cannot be resumed",
        notes=[why],
        help="resume with the same program and options, or begin anew with `overwrite`",
    )
