"""The worker processes: one for each tab that is compiling, and one that is ready."""

from __future__ import annotations

import json
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
    _turns: dict[str, object] = field(default_factory=dict[str, object])
    """The latest job of each tab that has one."""
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False

    def start(self) -> None:
        """Have a process ready before somebody waits for it."""
        with self._lock:
            if not self._idle and not self._closed and len(self._busy) < AT_MOST:
                self._idle.append(Worker(self.limits, self.python))

    def ask(self, tab: str, job: dict[str, object]) -> dict[str, Any]:
        """The reply to a job; a diagnostic where the limits end it."""
        try:
            line = json.dumps(job)
        except RecursionError:
            return _stopped("the request is nested too deeply")
        turn = object()
        worker = self._take(tab, turn)
        if worker is None:
            return _stopped("something else was asked for")
        try:
            reply = worker.ask(line)
        except WorkerLostError as problem:
            self._give_back(tab, turn, worker, whole=False)
            return _stopped(str(problem))
        except BaseException:  # nobody knows what it would reply next
            self._give_back(tab, turn, worker, whole=False)
            raise
        self._give_back(tab, turn, worker, whole=True)
        return reply

    def _take(self, tab: str, turn: object) -> Worker | None:
        """A process for a job, when one is free; `None` where a later job of the tab has come."""
        with self._lock:
            self._turns[tab] = turn
            before = self._busy.pop(tab, None)
            if before is not None:
                before.process.kill()  # its own thread cleans up
            self._lock.notify_all()  # the job before may be one that waits
            while self._is_wanted(tab, turn) and len(self._busy) >= AT_MOST:
                self._lock.wait()
            if not self._is_wanted(tab, turn):
                return None
            while self._idle and not self._idle[-1].alive:
                self._idle.pop().end()
            worker = self._idle.pop() if self._idle else Worker(self.limits, self.python)
            self._busy[tab] = worker
            return worker

    def _is_wanted(self, tab: str, turn: object) -> bool:
        return not self._closed and self._turns.get(tab) is turn

    def _give_back(self, tab: str, turn: object, worker: Worker, *, whole: bool) -> None:
        with self._lock:
            if self._turns.get(tab) is turn:
                del self._turns[tab]
            ours = self._busy.get(tab) is worker
            if ours:
                del self._busy[tab]
            keep = ours and whole and worker.alive and len(self._idle) < AT_MOST
            if keep and not self._closed:
                self._idle.append(worker)
            else:
                worker.end()
            self._lock.notify_all()
        self.start()

    def close(self) -> None:
        """End every process; who waits for one is told."""
        with self._lock:
            self._closed = True
            for worker in self._idle:
                worker.end()
            for worker in self._busy.values():
                worker.process.kill()
            self._idle.clear()
            self._lock.notify_all()


def _stopped(why: str) -> dict[str, object]:
    finding = diagnostic(
        "E450",
        f"compiling was stopped: {why}",
        help="make the vocabulary, the length or the program smaller, or start `rasplab play` "
        "with other limits",
    )
    return {"ok": False, "diagnostics": [told(finding)]}
