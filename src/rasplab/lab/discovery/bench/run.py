"""Running methods over models: one process per model, a line per result."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, TypeAlias

import torch

from rasplab.diagnostics import CompileError, InputError, InternalError, RasplabError
from rasplab.lab.circuits.marks import Mark
from rasplab.lab.discovery.alignment import Interchange, interchanges
from rasplab.lab.discovery.bench.cases import Case, Compile
from rasplab.lab.discovery.bench.directory import Key, Row, RunDirectory, key_of
from rasplab.lab.discovery.bench.options import Options
from rasplab.lab.discovery.faithfulness import faithfulness
from rasplab.lab.discovery.interchange import interchange_accuracy
from rasplab.lab.discovery.registry import Method
from rasplab.lab.discovery.task import Task, ZeroGradientWarning, drawn_pairs, task_of

if TYPE_CHECKING:
    from rasplab.model import Model

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many results there are, of how many."""

LOOK = 0.5
"""Seconds between two looks at how far the other processes are."""


def run(
    cases: Iterable[Case],
    options: Options,
    directory: RunDirectory,
    *,
    compile: Compile,
    jobs: int = 1,
    progress: Progress = lambda done, total: None,
) -> list[Row]:
    """The results for every model, ablation, seed and method; those that are there are kept.

    `compile` is `rasplab.compile`. With several `jobs` as many processes take a model at a time.
    """
    cases = tuple(cases)
    wanted = {key for case in cases for key in _keys(case, options)}
    directory.mend()
    done = {key_of(row) for row in directory.rows()} & wanted
    left = [case for case in cases if set(_keys(case, options)) - done]

    def tell() -> None:
        progress(directory.count(), len(wanted))

    tell()
    if jobs == 1:
        for case in left:
            _Work(case, options, directory, compile).run(done, tell)
    elif left:
        _in_processes(left, options, directory, compile, jobs, done, tell)
    return [row for row in directory.rows() if key_of(row) in wanted]


def _in_processes(
    cases: list[Case],
    options: Options,
    directory: RunDirectory,
    compile: Compile,
    jobs: int,
    done: set[Key],
    tell: Callable[[], None],
) -> None:
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    largest_first = sorted(cases, key=lambda case: (-case.length, case))
    works = [_Work(case, options, directory, compile) for case in largest_first]
    held, given = context.Pipe()
    with held, given, ProcessPoolExecutor(jobs, context, _prepare, (given,)) as pool:
        with _deaf():
            waiting = {pool.submit(work.run, done) for work in works}
        try:
            while waiting:
                ready, waiting = wait(waiting, LOOK, FIRST_COMPLETED)
                for future in ready:
                    future.result()
                tell()
        except BaseException:
            held.close()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _prepare(given: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, args=(given,), daemon=True).start()


def _end_with_parent(given: Connection) -> None:
    """When the other end of the pipe is closed the run has ended, or was stopped or killed.

    A second run then has the field to itself.
    """
    wait_for([given])
    os._exit(1)  # in the midst of what is done: what is written is mended by the next run


@contextmanager
def _deaf() -> Generator[None]:
    """Processes that are begun here do not hear Ctrl-C while they are loading.

    Nor do they later: who began them hears it, and ends them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _keys(case: Case, options: Options) -> Iterator[Key]:
    for seed in range(options.seeds):
        for ablation in options.ablations:
            for name in options.methods:
                yield key_of({**asdict(case), "ablation": ablation, "seed": seed, "method": name})


@dataclass(frozen=True, slots=True)
class _Work:
    """What one process does: all that is asked about one model."""

    case: Case
    options: Options
    directory: RunDirectory
    compile: Compile

    def run(self, done: set[Key], tell: Callable[[], None] = lambda: None) -> None:
        missing = [key for key in _keys(self.case, self.options) if key not in done]
        known = self.options.found()
        try:
            model = self.case.compiled(self.compile)
        except (CompileError, InputError) as refused:
            for key in missing:
                self._write(key, {"status": "refused", "note": _first_line(refused)})
            tell()
            return
        prepared: dict[int, tuple[Interchange, ...]] = {}  # the same under every ablation
        for (seed, ablation), names in _grouped(missing).items():
            task = self._task(model, seed, ablation, names)
            if task is not None and seed not in prepared:
                prepared[seed] = tuple(interchanges(task))
            for name in names:
                if task is not None:
                    found = _result(task, known[name], prepared[seed])
                    self._write(self._key(ablation, seed, name), found)
                tell()

    def _task(self, model: Model, seed: int, ablation: str, names: list[str]) -> Task | None:
        """The task; why there is none is every method's result."""
        options = self.options
        try:
            return task_of(
                model,
                level=options.level,
                ablation=ablation,
                data=drawn_pairs(model, options.pairs, seed),
                metric=options.metric,
                dtype=options.torch_dtype,
                seed=seed,
            )
        except InputError as refused:
            for name in names:
                found = {"status": "refused", "note": _first_line(refused)}
                self._write(self._key(ablation, seed, name), found)
        return None

    def _key(self, ablation: str, seed: int, name: str) -> Key:
        return key_of({**asdict(self.case), "ablation": ablation, "seed": seed, "method": name})

    def _write(self, key: Key, found: Row) -> None:
        from rasplab.lab.discovery.bench.directory import KEY

        asked = {"level": self.options.level, "metric": self.options.metric}
        self.directory.append({**dict(zip(KEY, key, strict=True)), **asked, **found})


def _grouped(keys: list[Key]) -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = {}
    for *_, ablation, seed, name in keys:
        found.setdefault((seed, ablation), []).append(name)
    return found


def _result(task: Task, method: Method, prepared: Sequence[Interchange]) -> Row:
    """What a method finds, or how it fails: the rest goes on."""
    truth = task.truth()
    about: Row = {
        "pairs": task.examples,
        "data": truth.data,
        "edges": len(task.edges),
        "read": int(task.read.sum()),
        "truth": len(truth.edges),
        "attention": sum(_of_attention(task, e.sender, e.receiver) for e in truth.edges),
        "unproven": len(truth.unproven),
    }
    started = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ZeroGradientWarning)
            scores = method(task)
            every, read = truth.score(scores), truth.score(scores, universe="read")
            curves = faithfulness(task, scores)
            accuracy = interchange_accuracy(task, scores, prepared)
    except InternalError:
        raise
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - a method may raise anything
        seconds = time.perf_counter() - started
        return {**about, "status": "failed", "note": _first_line(problem), "seconds": seconds}
    zero = [str(w.message) for w in told if issubclass(w.category, ZeroGradientWarning)]
    return {
        **about,
        "status": "ok",
        "note": zero[0] if zero else "",
        **_marked("", every.edges),
        **_marked("read_", read.edges),
        **(_marked("node_", every.nodes) if every.nodes else {}),
        "cpr": _number(curves.cpr),
        "cmd": _number(curves.cmd),
        "completeness": _number(curves.completeness),
        "iia": _number(accuracy.iia),
        "iia_changed": _number(accuracy.iia_changed),
        "iia_area": _number(accuracy.area),
        "forward": scores.cost.forward,
        "backward": scores.cost.backward,
        "seconds": scores.cost.seconds,
        "roc": every.edges.roc,
    }


def _of_attention(task: Task, sender: str, receiver: str) -> bool:
    """Whether an edge begins or ends at a head."""
    blocks = task.network.blocks
    kinds = {w.name: w.kind for w in blocks.writers} | {r.name: r.kind for r in blocks.readers}
    return "head" in (kinds[sender], kinds[receiver])


def _marked(before: str, mark: Mark) -> Row:
    return {
        f"{before}auroc": _number(mark.auroc),
        f"{before}average_precision": _number(mark.average_precision),
        f"{before}best_f1": _number(mark.best_f1),
        f"{before}precision": _number(mark.precision),
    }


def _number(value: float) -> float | None:
    """JSON knows no nan."""
    return value if math.isfinite(value) else None


def _first_line(problem: BaseException) -> str:
    text = str(problem).strip().split("\n")[0]
    return text if isinstance(problem, RasplabError) else f"{type(problem).__name__}: {text}"
