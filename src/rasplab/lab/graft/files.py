"""Grafted models as directories: those of the compiled model, with the host and the reader beside.

`graft.safetensors` holds the parameters of host, program and reader as they are now, by the
module's names; `graft.json` the host's configuration, what is read and where, and the words.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rasplab.diagnostics import require
from rasplab.lab.graft.grafted import Graft, Reads
from rasplab.lab.graft.hosts import WHOLE
from rasplab.lab.graft.words import Words
from rasplab.weights import ModelWeights, Site
from rasplab.weights import files as compiled
from rasplab.weights.directory import write_directory
from rasplab.weights.manifest import Json
from rasplab.weights.sealed import Format, damage, read_sealed, sealed

ARRAYS, MANIFEST = "graft.safetensors", "graft.json"
GRAFTED = Format("rasplab-graft", 1, "Graft.save")
_FIRST = "part.embed.W_E"


def save(graft: Graft, directory: str | Path, *, overwrite: bool = False) -> Path:
    """Write a grafted model to a directory; see `Graft.save`.

    Raises:
        ModelFileError: E503 exists already, E504 cannot be written.
    """
    from safetensors.torch import save as to_safetensors

    arrays = {name: p.detach().cpu().contiguous() for name, p in _parameters(graft).items()}
    files = {**compiled.contents(graft.weights), ARRAYS: to_safetensors(arrays)}
    return write_directory(
        directory, sealed(files, MANIFEST, _manifest(graft)), overwrite=overwrite
    )


def load(directory: str | Path) -> Graft:
    """The grafted model that `Graft.save` wrote, on the CPU and in evaluation mode.

    Raises:
        ModelFileError: E501 not such a directory, E502 edited or truncated,
            E505 made by a newer version.
        MissingExtraError: E602, transformers is not installed.
    """
    names = (*compiled.FILES, ARRAYS)
    files, manifest = read_sealed(Path(directory), names, MANIFEST, GRAFTED)
    weights = compiled.load(directory)
    with damage(directory, MANIFEST):
        return _assemble(weights, files[ARRAYS], manifest)


def _manifest(graft: Graft) -> Json:
    reads = graft.reads
    replaces = list(reads.replaces) if isinstance(reads.replaces, tuple) else reads.replaces
    return GRAFTED.head() | {
        "host": json.loads(graft.host.config.to_json_string(use_diff=False)),
        "attention": graft.host.config._attn_implementation,  # not among what it writes
        "variables": [place.name for place in reads.variables],
        "taken": str(reads.taken),
        "at": str(reads.at),
        "replaces": replaces,
        "trainable": graft.trainable,
        "words": list(graft.words.ids),
    }


def _assemble(weights: ModelWeights, arrays: bytes, manifest: Json) -> Graft:
    from safetensors.torch import load as from_safetensors

    stock: Any = require("transformers", extra="hf", purpose="a graft")
    stored = from_safetensors(arrays)
    config = stock.GPT2Config.from_dict(manifest["host"])
    config._attn_implementation = manifest["attention"]
    places = {place.name: place for place in weights.circuit.variables}
    replaces: Any = manifest["replaces"]
    reads = Reads(
        tuple(places[name] for name in manifest["variables"]),
        Site.read(manifest["taken"]),
        Site.read(manifest["at"]),
        replaces if replaces in (None, WHOLE) else tuple(replaces),
    )
    words, kind = Words(tuple(manifest["words"])), stored[_FIRST].dtype
    host = stock.GPT2LMHeadModel(config).eval()
    graft = Graft(host, weights, reads, words, manifest["trainable"], kind)
    _fill(_parameters(graft), stored)
    return graft


def _parameters(graft: Graft) -> dict[str, torch.nn.Parameter]:
    """Each parameter once, however many of the host's tie it."""
    return dict(graft.named_parameters())


def _fill(parameters: dict[str, torch.nn.Parameter], stored: dict[str, Tensor]) -> None:
    shapes = {name: p.shape for name, p in parameters.items()}
    if {name: array.shape for name, array in stored.items()} != shapes:
        raise ValueError("the arrays are not those of this host and program")
    for name, parameter in parameters.items():
        parameter.data = stored[name].clone()
