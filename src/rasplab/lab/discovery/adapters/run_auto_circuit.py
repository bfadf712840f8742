"""Runs in the environment of auto-circuit: reads `job.json`, writes `scores.json` beside it.

It imports nothing of rasplab, and what it imports is there alone.
"""

# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

STEPS = 10
"""Of integrated gradients: there and here eleven points, both ends among them."""


def main(folder: Path) -> None:
    """Answer the job in a folder."""
    job = json.loads((folder / "job.json").read_text("ascii"))
    model, loader = _model(folder / "model", job), _loader(job)
    started = time.perf_counter()
    scores = _scores(model, loader, job)
    seconds = time.perf_counter() - started
    edges = {edge.name: float(edge.prune_score(scores)) for edge in model.edges}
    if job["method"] == "acdc":  # what is cut at the least threshold has that for its score
        least = min(edges.values())
        edges = {name: score - least for name, score in edges.items()}
    finite = {name: score if abs(score) < float("inf") else 1e30 for name, score in edges.items()}
    answer = json.dumps({"seconds": seconds, "edges": finite})
    partial = folder / "scores.partial"
    partial.write_text(answer, "ascii")
    partial.rename(folder / "scores.json")


def _model(directory: Path, job: dict[str, Any]) -> Any:
    import safetensors.torch
    import torch
    from auto_circuit.utils.graph_utils import patchable_model

    lens: Any = importlib.import_module("transformer_lens")
    shape = json.loads((directory / "config.json").read_text("ascii"))
    config = lens.HookedTransformerConfig.from_dict(shape)
    config.dtype = getattr(torch, job["dtype"])
    hooked = lens.HookedTransformer(config)
    hooked.load_state_dict(safetensors.torch.load_file(directory / "model.safetensors"))
    hooked.to(config.dtype)
    hooked.eval()
    for parameter in hooked.parameters():
        parameter.requires_grad = False
    return patchable_model(
        hooked,
        factorized=True,
        slice_output="not_first_seq",
        separate_qkv=job["level"] == "qkv",
    )


def _loader(job: dict[str, Any]) -> Any:
    import torch
    from auto_circuit.data import PromptDataLoader, PromptDataset

    def rows(name: str) -> list[Any]:
        return [torch.tensor(row) for row in job[name]]

    data = PromptDataset(
        rows("clean"),
        rows("corrupt"),
        [row[:, None] for row in rows("answers")],
        [row[:, None] for row in rows("wrong_answers")],
    )
    return PromptDataLoader(
        data, seq_len=None, diverge_idx=0, batch_size=len(job["clean"]), shuffle=False
    )


def _scores(model: object, loader: object, job: dict[str, Any]) -> Any:
    from auto_circuit.prune_algos.ACDC import acdc_prune_scores
    from auto_circuit.prune_algos.mask_gradient import mask_gradient_prune_scores
    from auto_circuit.types import AblationType

    if job["method"] == "acdc":
        target = {"kl": "kl_div", "l2": "mse"}[job["metric"]]
        return acdc_prune_scores(model, loader, None, faithfulness_target=target)
    ablation = {
        "resample": AblationType.RESAMPLE,
        "zero": AblationType.ZERO,
        "mean": AblationType.TOKENWISE_MEAN_CLEAN,
    }[job["ablation"]]
    function = {"difference": ("logit", "avg_diff"), "log-probability": ("logprob", "avg_val")}
    gradient, answer = function[job["metric"]]
    whole = job["method"] == "mask-ig"
    return mask_gradient_prune_scores(
        model,
        loader,
        None,
        gradient,
        answer,
        mask_val=None if whole else 0.0,
        integrated_grad_samples=STEPS if whole else None,
        ablation_type=ablation,
        clean_corrupt="corrupt" if job["ablation"] == "resample" else None,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
