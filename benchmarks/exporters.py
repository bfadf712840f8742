"""Every program of the library in every home: whether it is the program, and how nearly ours.

At vocabulary and length 5 and 10, on sequences of every length. A cell is the largest difference
from our residual stream, at any position, before, within and after any layer; where an output is
not the evaluator's, it says how many sequences have one. A dash: no layer, nothing to compare.

    python benchmarks/exporters.py > benchmarks/results/exporters.md
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.table import heading, markdown, progress
from tests.export.library import CASES, Case, case, run_gpt2

Found = tuple[list[list[Any]], dict[str, Any]]
STREAM = ("hook_resid_pre", "hook_resid_mid", "hook_resid_post")


def gpt2(found: Case, home: Path, activation: str) -> Found:
    saved = found.model.save_pretrained(home / activation, activation=activation)
    logits, stream = run_gpt2(found, saved)
    return found.model.words.decode(logits, found.ids), stream


def transformer_lens(found: Case, home: Path) -> Found:
    import torch

    with torch.no_grad():
        bridge = found.model.to_transformer_lens()
        out, cache = bridge.run_with_cache(torch.as_tensor(found.ids))
    stream = {name: array.numpy() for name, array in cache.items() if name.endswith(STREAM)}
    return found.model.decode(out, found.ids), stream


def onnx(found: Case, home: Path) -> Found:
    import onnxruntime

    path = found.model.to_onnx(home / "x.onnx", activations=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    out = dict(zip(names, session.run(None, {"ids": found.ids}), strict=True))
    return found.model.decode(out["logits"], found.ids), out


def jax(found: Case, home: Path) -> Found:
    apply, params = found.model.to_jax()
    out, activations = apply(params, found.ids, activations=True)
    return found.model.decode(out, found.ids), activations


HOMES: dict[str, Callable[[Case, Path], Found]] = {
    "gpt2, relu": lambda found, home: gpt2(found, home, "relu"),
    "gpt2, gelu_new": lambda found, home: gpt2(found, home, "gelu_new"),
    "TransformerLens 4": transformer_lens,
    "onnxruntime": onnx,
    "JAX": jax,
}


def cell(found: Case, run: Callable[[Case, Path], Found]) -> str:
    with tempfile.TemporaryDirectory() as home:
        outputs, stream = run(found, Path(home))
    wrong = len(found.wrong(outputs))
    names = [n for n in found.activations if n.endswith(STREAM) and n in stream]
    error = max((found.error(name, np.asarray(stream[name])) for name in names), default=None)
    shown = "–" if error is None else f"{error:.1e}" if error else "0"
    return f"{shown}, {wrong} wrong" if wrong else shown


def row(name: str, size: int) -> tuple[object, ...]:
    progress(f"{name} at {size}")
    found = case(name, size)
    masking = "causal" if found.model.config.causal else "full"
    return name, size, masking, *(cell(found, run) for run in HOMES.values())


def main() -> None:
    warnings.filterwarnings("ignore")
    rows = [row(name, size) for name, size in CASES]
    wrong = sum("wrong" in str(part) for line in rows for part in line)
    print(f"`{heading()}`\n")
    print(markdown(("program", "size", "mask", *HOMES), rows))
    cells = len(rows) * len(HOMES)
    print(
        f"\n{len(rows)} models in {len(HOMES)} homes: {wrong} of {cells} differ from the evaluator."
    )


if __name__ == "__main__":
    main()
