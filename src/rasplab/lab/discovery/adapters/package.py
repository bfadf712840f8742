"""What a package is asked, and what it answers: a job of files, and scores of its edges."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.lab.circuits.names import by_name
from rasplab.lab.discovery.scores import Cost, Scores
from rasplab.lab.discovery.task import Task

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Package:
    """A published package: its methods, by the names of ours, and what it can be asked.

    `metrics` are those that it has; `joined` whether its graph has one node for both embeddings;
    `levels` those that it knows.
    """

    name: str
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    levels: tuple[str, ...]
    joined: bool

    @property
    def lock(self) -> Path:
        """The list of exact versions."""
        return HERE / f"{self.name}.lock"

    @property
    def script(self) -> Path:
        """What runs in the package's environment; it imports nothing of ours."""
        return HERE / f"run_{self.name.replace('-', '_')}.py"


_PACKAGES = (
    Package(
        "auto-circuit",
        ("acdc", "eap", "mask-ig"),
        ("difference", "kl", "l2", "log-probability"),
        ("head", "qkv"),
        joined=True,
    ),
)
_METRICS = {
    "acdc": ("kl", "l2"),
    "eap": ("difference", "log-probability"),
    "mask-ig": ("difference", "log-probability"),
}
"""What each method of auto-circuit can go by."""


def packages() -> dict[str, Package]:
    """The packages that there is an adapter for, by name."""
    return {package.name: package for package in _PACKAGES}


def package_of(name: str) -> Package:
    """The package of a name.

    Raises:
        InputError: E454 where there is none.
    """
    if name in packages():
        return packages()[name]
    why = f"there is no adapter for {shown(name)}"
    raise InputError(diagnostic("E454", why, help=f"use one of {', '.join(packages())}"))


def package_scores(
    task: Task,
    package: str,
    method: str,
    *,
    environment: str | Path | None = None,
) -> Scores:
    """The scores that a published package's method gives to a task's edges.

    The package runs by itself, in an environment that `make_environment` made, on the task's model,
    pairs, metric and number format. Its signs are its own: methods are compared by magnitudes.

    Args:
        task: the task; auto-circuit has one input node, so that `joined=True` is needed.
        package: `"auto-circuit"`.
        method: `"acdc"` (it ignores all but resampling), `"eap"` or `"mask-ig"`.
        environment: the directory of its environment, if that is not where it is by default.

    Raises:
        InputError: E454 for a package or method without adapter, a task that the package cannot be
            asked, no environment, or a package that fails; E445 for scores of no edges of ours.
    """
    from rasplab.lab.discovery.adapters.environment import python_of, run

    known = package_of(package)
    _check(task, known, method)
    python = python_of(package, environment)
    with tempfile.TemporaryDirectory(prefix="rasplab-") as folder:
        job = Path(folder)
        task.model.save_transformer_lens_legacy(job / "model")
        (job / "job.json").write_text(json.dumps(job_of(task, method)), "ascii")
        run(python, known, job)
        answer = json.loads((job / "scores.json").read_text("ascii"))
    found = task.scores(read_answer(task, answer["edges"]))
    return replace(found, method=f"{package}/{method}", cost=Cost(seconds=answer["seconds"]))


def _check(task: Task, package: Package, method: str) -> None:
    """Refuse what a package has no counterpart of.

    Raises:
        InputError: E454.
    """
    convention, metric = task.convention, task.metric.name
    if method not in package.methods:
        why = f"the adapter for {package.name} has no method {shown(method)}"
        raise InputError(_unfit(why, f"use one of {', '.join(package.methods)}"))
    if convention.level not in package.levels or convention.joined != package.joined:
        why = f"{package.name} has no graph at level {convention.level!r} with these embeddings"
        raise InputError(_unfit(why, f'use level="qkv" or "head" with joined={package.joined}'))
    if metric not in _METRICS[method]:
        why = f"{package.name}'s {method} does not go by {metric!r}"
        raise InputError(_unfit(why, f"use {' or '.join(_METRICS[method])}"))
    if method == "acdc" and convention.ablation != "resample":
        raise InputError(_unfit(f"{package.name}'s acdc only resamples", 'use ablation="resample"'))
    if task.model.config.numerical and metric != "l2":
        why = f"{package.name} goes by answers among values, and this output is a number"
        raise InputError(_unfit(why, 'use "acdc" with the metric "l2", or another program'))
    if len(task.inputs.clean) != 1:
        why = f"{package.name} takes pairs of one length, and these have several"
        raise InputError(_unfit(why, "use `model.dataset(n, length=...)`"))


def _unfit(why: str, help: str) -> Diagnostic:
    return diagnostic("E454", why, help=help)


def job_of(task: Task, method: str) -> dict[str, Any]:
    """Everything that the package's script needs to know, as JSON."""
    assert task.inputs.corrupt is not None
    (clean,), (corrupt,) = task.inputs.clean, task.inputs.corrupt
    return {
        "method": method,
        "metric": task.metric.name,
        "ablation": task.convention.ablation,
        "level": task.convention.level,
        "dtype": str(task.batches[0].clean.dtype).rpartition(".")[2],
        "clean": clean.tolist(),
        "corrupt": corrupt.tolist(),
        "answers": _answers([batch.targets.clean for batch in task.batches]),
        "wrong_answers": _answers([batch.targets.corrupt for batch in task.batches]),
    }


def _answers(outputs: list[Tensor]) -> list[list[int]]:
    """The column of the answer for every example and position after BOS."""
    columns: object = torch.cat(outputs)[:, 1:].argmax(-1).cpu().numpy()
    return columns.tolist()


def read_answer(task: Task, edges: Mapping[str, float]) -> dict[str, float]:
    """The package's scores, without those of edges that only its own graph has.

    Every layer has an MLP there. What an MLP without hidden units of ours writes is nothing, so
    that its edges have to score 0.

    Raises:
        InputError: E445 for an edge that is none of ours, and scores.
    """
    known = by_name(task.network.blocks)
    found: dict[str, float] = {}
    for name, score in edges.items():
        if name.replace(" ", "") in known:
            found[name] = score
        elif score:
            why = f"{shown(name)} is no edge of ours, and scores {score:g}"
            raise InputError(diagnostic("E445", why))
    return found
