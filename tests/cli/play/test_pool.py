"""Who gets a process of the playground when, and that none is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rasplab.cli.play import pool as pools
from rasplab.cli.play.pool import AT_MOST, Pool
from rasplab.cli.play.worker import Limits, WorkerLostError
from tests.waiting import until


class Process:
    def __init__(self) -> None:
        self.killed = threading.Event()

    def kill(self) -> None:
        self.killed.set()


class Fake:
    """A process that replies when it is told to, and is lost when it is killed."""

    made: list[Fake]

    def __init__(self, limits: Limits, python: bool) -> None:
        self.process = Process()
        self.reply = threading.Event()
        self.line = ""
        Fake.made.append(self)

    @property
    def alive(self) -> bool:
        return not self.process.killed.is_set()

    def ask(self, line: str) -> dict[str, object]:
        self.line = line
        if "nonsense" in line:
            raise ValueError("this is no reply")
        while not self.reply.wait(0.002):
            if not self.alive:
                raise WorkerLostError("it was killed")
        self.reply.clear()
        return {"ok": True, "line": line}

    def end(self) -> None:
        self.process.kill()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    Fake.made = []
    monkeypatch.setattr(pools, "Worker", Fake)
    found = Pool(Limits(), python=False)
    yield found
    found.close()


class Asking(threading.Thread):
    """A request, as the server makes it in a thread of its own."""

    def __init__(self, pool: Pool, tab: str, what: str) -> None:
        super().__init__(daemon=True)
        self.pool, self.tab, self.what = pool, tab, what
        self.found: dict[str, Any] = {}
        self.start()

    def run(self) -> None:
        self.found = self.pool.ask(self.tab, {"request": self.what})

    @property
    def ended(self) -> bool:
        self.join(0.001)
        return not self.is_alive()


def working(what: str) -> Fake | None:
    """The process that has begun with a job."""
    return next((made for made in Fake.made if made.alive and what in made.line), None)


def all_busy(pool: Pool) -> list[Asking]:
    asked = [Asking(pool, f"tab {number}", f"job {number}") for number in range(AT_MOST)]
    until(lambda: all(working(f"job {number}") for number in range(AT_MOST)))
    return asked


def finish(what: str) -> None:
    worker = working(what)
    assert worker is not None
    worker.reply.set()


def test_a_job_waits_until_a_process_is_free(pool: Pool) -> None:
    first, *_ = all_busy(pool)
    later = Asking(pool, "another", "the job of another")
    assert not later.ended
    assert not working("of another")
    finish("job 0")
    until(lambda: first.ended and working("of another") is not None)
    finish("of another")
    until(lambda: later.ended)
    assert later.found["ok"]
    assert len(Fake.made) == AT_MOST


def test_of_the_jobs_of_a_tab_that_wait_only_the_last_is_begun(pool: Pool) -> None:
    all_busy(pool)
    waiting = []
    for number in range(3):
        waiting.append(Asking(pool, "another", f"version {number}"))
        until(lambda last=waiting[-1]: pool._turns.get("another") is not None and last.is_alive())
        time.sleep(0.02)  # so that each waits before the next comes
    until(lambda: waiting[0].ended and waiting[1].ended)
    assert not waiting[0].found["ok"]
    assert not waiting[1].found["ok"]
    finish("job 0")
    until(lambda: working("version 2") is not None)
    assert not working("version 0")
    assert not working("version 1")
    finish("version 2")
    until(lambda: waiting[2].ended)
    assert waiting[2].found["ok"]


def test_closing_ends_the_processes_and_those_that_wait_for_one(pool: Pool) -> None:
    asked = [*all_busy(pool), Asking(pool, "another", "the job of another")]
    time.sleep(0.02)
    pool.close()
    until(lambda: all(one.ended for one in asked))
    assert not any(made.alive for made in Fake.made)
    assert not any(one.found["ok"] for one in asked)
    assert not pool.ask("late", {"request": "too late"})["ok"]


def test_a_process_that_replies_nonsense_gives_its_place_back(pool: Pool) -> None:
    for number in range(AT_MOST + 1):
        with pytest.raises(ValueError, match="no reply"):
            pool.ask(f"tab {number}", {"request": "nonsense"})
    assert not pool._busy
    later = Asking(pool, "another", "sense")
    until(lambda: working("sense") is not None)
    finish("sense")
    until(lambda: later.ended)
    assert later.found["ok"]


def test_a_request_that_is_nested_too_deeply_takes_no_process(pool: Pool) -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    for _ in range(AT_MOST + 1):
        found = pool.ask("t", {"request": nested})
        assert "nested too deeply" in found["diagnostics"][0]["title"]
    assert not Fake.made
