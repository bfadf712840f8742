"""The worker processes: one for each tab that is compiling, and one that is ready."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from rasplab.cli.play.findings import told
from rasplab.cli.play.worker import Limits, Worker, WorkerLostError
from rasplab.diagnostics import diagnostic

AT_MOST = 4
"""Processes at a time."""


@dataclass(slots=True, eq=False)
class Pool:
    """Gives jobs to processes.

    A later job of the same tab ends the one before it: its answer would not be shown any more.
    """

    limits: Limits
    python: bool
    _idle: list[Worker] = field(default_factory=list[Worker])
    _busy: dict[str, Worker] = field(default_factory=dict[str, Worker])
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False

    def start(self) -> None:
        """Have a process ready before somebody waits for it."""
        with self._lock:
            if not self._idle and not self._closed and len(self._busy) < AT_MOST:
                self._idle.append(Worker(self.limits, self.python))

    def ask(self, tab: str, job: dict[str, object]) -> dict[str, Any]:
        """The reply to a job; a diagnostic where the limits end it."""
        worker = self._take(tab)
        try:
            reply = worker.ask(job)
        except WorkerLostError as problem:
            self._drop(tab, worker)
            return _stopped(str(problem))
        self._give_back(tab, worker)
        return reply

    def _take(self, tab: str) -> Worker:
        with self._lock:
            before = self._busy.pop(tab, None)
            if before is not None:
                before.process.kill()  # its own thread cleans up
            while len(self._busy) >= AT_MOST:
                self._lock.wait()
            while self._idle and not self._idle[-1].alive:
                self._idle.pop().end()
            worker = self._idle.pop() if self._idle else Worker(self.limits, self.python)
            self._busy[tab] = worker
            return worker

    def _give_back(self, tab: str, worker: Worker) -> None:
        with self._lock:
            ours = self._busy.get(tab) is worker
            if ours:
                del self._busy[tab]
            if ours and not self._closed and worker.alive and len(self._idle) < AT_MOST:
                self._idle.append(worker)
            else:
                worker.end()
            self._lock.notify()

    def _drop(self, tab: str, worker: Worker) -> None:
        with self._lock:
            worker.end()
            if self._busy.get(tab) is worker:
                del self._busy[tab]
            self._lock.notify()
        self.start()

    def close(self) -> None:
        """End every process."""
        with self._lock:
            self._closed = True
            for worker in self._idle:
                worker.end()
            for worker in self._busy.values():
                worker.process.kill()
            self._idle.clear()


def _stopped(why: str) -> dict[str, object]:
    finding = diagnostic(
        "E450",
        f"compiling was stopped: {why}",
        help="make the vocabulary, the length or the program smaller, or start `rasplab play` "
        "with other limits",
    )
    return {"ok": False, "diagnostics": [told(finding)]}
