"""What takes long says so, wherever it is done; what is quick says nothing."""

from __future__ import annotations

import functools
import importlib
import logging
import threading
import time
from collections.abc import Callable

import pytest

import rasplab
from rasplab.checker import prove
from rasplab.diagnostics import long_work, share, step
from rasplab.lab import realism
from rasplab.programs import get
from tests.waiting import until


class Told:
    """A list of what was told, and work that tells it at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.work = functools.partial(long_work, tell=self.lines.append, every=0.0005)

    def wait(self, part: str) -> None:
        until(lambda: any(part in line for line in list(self.lines)))


def test_what_is_quick_says_nothing_and_leaves_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    before = threading.active_count()
    with long_work("something"):
        step("a step")
    assert not caplog.records
    assert threading.active_count() == before


def test_it_is_a_warning_of_our_logger(caplog: pytest.LogCaptureFixture) -> None:
    with long_work("knitting", every=0.0005):
        until(lambda: caplog.records)
    assert (caplog.records[0].name, caplog.records[0].levelno) == ("rasplab", logging.WARNING)
    assert caplog.records[0].message.startswith("knitting, for 0 s now")


def test_what_is_begun_within_is_a_part() -> None:
    told, other = Told(), Told()
    with told.work("the whole"):
        with other.work("a part"):
            step("its first step")
            told.wait("the whole, for 0 s now: its first step")
        step("the end")
        told.wait(": the end")
    assert not other.lines


def test_a_step_tells_its_share_and_the_next_begins_anew() -> None:
    told = Told()
    with told.work("counting"):
        share(0.1)
        step("ones")
        share(0.254)
        told.wait(": ones, 25 %")
        step("twos")
        until(lambda: told.lines[-1].endswith(": twos"))
    share(0.5)


def test_it_ends_where_the_work_fails() -> None:
    told = Told()

    def fail() -> None:
        told.wait("failing")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"), told.work("failing"):
        fail()
    lines = list(told.lines)
    time.sleep(0.01)
    assert told.lines == lines
    step("of nothing")
    with told.work("something new"):
        told.wait("something new, for 0 s now")
    assert "of nothing" not in told.lines[-1]


def test_where_there_are_no_threads_work_is_done_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    told = Told()
    with told.work("something"):
        step("a step")
    assert rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)("ab") == ["a", "b"]
    assert not told.lines


def test_every_thread_has_work_of_its_own() -> None:
    told = Told(), Told()

    def work(mine: Told, name: str) -> None:
        with mine.work(name):
            step(f"step of {name}")
            mine.wait(f"step of {name}")

    threads = [
        threading.Thread(target=work, args=(one, name))
        for one, name in zip(told, "ab", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line[0] for line in told[0].lines} == {"a"}
    assert {line[0] for line in told[1].lines} == {"b"}


def compiling() -> object:
    program, vocab = get("sort").at(4, 6)
    return rasplab.compile(program, vocab=vocab, max_length=6)


def proving() -> object:
    program, vocab = get("sort").at(4, 6)
    return prove(rasplab.compile(program, vocab=vocab, max_length=6).weights, "float64")


def disguising() -> object:
    program, vocab = get("reverse").at(3, 5)
    return realism.disguise(rasplab.compile(program, vocab=vocab, max_length=5))


def verifying() -> object:
    program, vocab = get("reverse").at(3, 5)
    return rasplab.compile(program, vocab=vocab, max_length=5).verify()


@pytest.mark.parametrize(
    ("module", "do", "parts"),
    [
        ("rasplab.compiler", compiling, ["compiling", ": lowering", ": proof of", ", 1 of "]),
        ("rasplab.checker.proof", proving, ["proving a model in float64", ": proof of"]),
        ("rasplab.lab.realism.disguise", disguising, ["disguising a model", ": proof of"]),
        ("rasplab.verification", verifying, ["comparing a model with its program", " sequences"]),
    ],
)
def test_what_can_take_long_tells_its_steps(
    module: str, do: Callable[[], object], parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    monkeypatch.setattr(importlib.import_module(module), "long_work", told.work)
    for _ in range(50):  # a machine can be so busy that nobody tells while one of them runs
        do()
        if all(part in "\n".join(told.lines) for part in parts):
            return
    pytest.fail("\n".join(told.lines))
