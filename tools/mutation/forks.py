"""Work done in a fork of this process: what it changes, or breaks, is gone with it."""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY = 6 * 2**30
"""Bytes that a fork may take, beside what it was born with."""


class Died:
    """The fork ended without an answer, or was stopped."""


def forked(work: Callable[[], Any], seconds: float) -> Any:
    """What `work` returns in a fork, or `Died` where it takes longer or the fork ends early."""
    reads, writes = os.pipe()
    with warnings.catch_warnings():
        # JAX, where it is loaded, warns of its threads: mutants are not tried with it
        warnings.simplefilter("ignore", RuntimeWarning)
        child = os.fork()
    if child == 0:
        _child(work, writes)
    os.close(writes)
    received = bytearray()
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        if not select.select([reads], [], [], min(left, 5.0))[0]:
            continue
        part = os.read(reads, 1 << 20)
        if not part:
            break
        received += part
    else:
        os.kill(child, signal.SIGKILL)
    os.close(reads)
    _, status = os.waitpid(child, 0)
    if status or not received:
        return Died
    succeeded, answer = pickle.loads(received)
    if not succeeded:
        raise RuntimeError(answer)
    return answer


def _held() -> int:
    """Bytes of data that this process has."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[5]
    return int(pages) * resource.getpagesize()


def _child(work: Callable[[], Any], writes: int) -> None:
    status = 1
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # to die with the process that waits
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        resource.setrlimit(
            resource.RLIMIT_DATA, (_held() + MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1])
        )
        answer = pickle.dumps(_answer(work))
        with os.fdopen(writes, "wb") as pipe:
            pipe.write(answer)
        status = 0
    finally:
        os._exit(status)


def _answer(work: Callable[[], Any]) -> tuple[bool, Any]:
    try:
        return True, work()
    except Exception:  # noqa: BLE001 - of ours, not of a mutant: it is raised where we wait
        return False, traceback.format_exc()


def limited(work: Callable[[], Any], seconds: float) -> Any:
    """Run something here; this process (a fork) is killed where it takes longer.

    It is processor time that counts: how busy the machine is decides nothing.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
