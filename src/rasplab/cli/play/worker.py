"""A process that compiles for the playground, under limits of time and memory.

`python -m rasplab.cli.play.worker` reads a job a line, as JSON, and writes a reply a line. The
other side, `Worker`, ends it when a job takes too long.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict, cast

if TYPE_CHECKING:
    from rasplab.cli.play.engine import Engine

SPARE_SECONDS = 2
"""Of processor time beyond the limit, after which the system ends the process by itself."""

START_SECONDS = 60.0
"""For which a process may take to be ready; the limit of a job counts from then on."""

_TEXT_AT_MOST = 64 << 20
"""Bytes of a reply."""


class WorkerLostError(Exception):
    """The process ended, or was ended, before it replied; says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for a job, and megabytes of memory for the process."""

    seconds: float = 10.0
    megabytes: int = 2048


@dataclass(slots=True, eq=False)
class Worker:
    """The process, seen from the server."""

    limits: Limits
    python: bool
    process: subprocess.Popen[bytes] = field(init=False)
    _lines: queue.SimpleQueue[bytes] = field(default_factory=queue.SimpleQueue[bytes])
    _ready: bool = False

    def __post_init__(self) -> None:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        options = [str(self.limits.seconds), str(self.limits.megabytes), str(int(self.python))]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rasplab.cli.play.worker", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **threads},
        )
        # Pipes cannot be waited for on every system, queues can.
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, job: str) -> dict[str, object]:
        """The reply to a job, which is a line of JSON.

        Raises:
            WorkerLostError: it took too long, or the process ended.
        """
        if not self._ready:
            self._line(START_SECONDS)
            self._ready = True
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(job.encode("ascii") + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise WorkerLostError("the process that compiles has ended") from None
        return cast("dict[str, object]", json.loads(self._line(self.limits.seconds)))

    def _listen(self) -> None:
        """Hand on what the process writes; an empty line when it writes no more."""
        assert self.process.stdout is not None
        line = b"begun"
        with self.process.stdout as pipe:
            while line:
                line = pipe.readline(_TEXT_AT_MOST)
                self._lines.put(line if line.endswith(b"\n") else b"")

    def _line(self, seconds: float) -> bytes:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise WorkerLostError(f"it took more than {seconds:g} seconds") from None
        if not line:
            raise WorkerLostError(
                "the process that compiles has ended: out of time or memory, or by the program"
            )
        return line

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):  # what was not sent need not be
                self.process.stdin.close()


def main(arguments: list[str]) -> None:
    """Reply to jobs until there are none."""
    limits = Limits(float(arguments[0]), int(arguments[1]))
    jobs, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a program prints is no reply, and what it reads is no job.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, which ends this
    from rasplab.cli.play.engine import Engine

    engine = Engine(python=arguments[2] == "1")
    _warm(engine)
    gc.freeze()  # the modules are not to be searched for garbage while somebody waits
    _limit_memory(limits)
    replies.write(b"ready\n")
    replies.flush()
    for line in jobs:
        _limit_time(limits)
        replies.write(_reply(engine, json.loads(line)) + b"\n")
        replies.flush()


class Job(TypedDict, total=False):
    """What the page asks for: a program compiled, a circuit of one, or a page of it to keep."""

    request: object
    circuit: tuple[str, str] | None
    view: str | None


def _reply(engine: Engine, job: Job) -> bytes:
    if (circuit := job.get("circuit")) is not None:
        level, ablation = circuit
        found = engine.circuit(job.get("request"), level, ablation)
    elif (view := job.get("view")) is not None:
        found = engine.page(job.get("request"), view)
    else:
        found = engine.compile(job.get("request"))
    return json.dumps(found, allow_nan=False).encode("ascii")


def _warm(engine: Engine) -> None:
    """Compile something, so that all modules are loaded before somebody waits."""
    engine.compile({"source": "warm = selector_width(select(tokens, tokens, ==)) + 1;"})


def _limit_memory(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the one of time holds there as well
        return
    most = limits.megabytes << 20
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(limits: Limits) -> None:
    """Should the server be gone, the system ends an endless job."""
    try:
        import resource
    except ImportError:
        return
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used + limits.seconds) + SPARE_SECONDS
    soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


if __name__ == "__main__":
    main(sys.argv[1:])
