"""Ctrl-C ends `rasplab bench` with all its processes, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CALL = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
from rasplab.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""


def arguments(out: Path, *more: str) -> list[str]:
    methods = ("--methods", "all")
    return ["bench", "--suite", "small", "--seeds", "20", *methods, "--out", str(out), *more]


def still_running(group: int) -> bool:
    """Whether a process of the group is there that has not ended."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups")
@pytest.mark.parametrize("results", [0, 3])
def test_ctrl_c_ends_every_process(results: int, tmp_path: Path) -> None:
    """With and without results: there are none while the processes are loading torch."""
    script, out = tmp_path / "call.py", tmp_path / "out"
    script.write_text(CALL)
    call = [sys.executable, str(script), *arguments(out, "--jobs", "2")]
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as run:
        deadline = time.monotonic() + 200
        while not _has(out, results) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)  # into what they load, or what they do
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.3)
        os.killpg(run.pid, signal.SIGINT)  # it takes a while, and nobody waits
        _, err = run.communicate(timeout=60)
        assert run.returncode == 130
        assert err.decode().endswith("stopped\n")
        assert not {"Traceback", "Exception"} & set(err.decode().replace(":", " ").split())
        while still_running(run.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not still_running(run.pid)


def _has(out: Path, results: int) -> bool:
    if results:
        rows = out / "results.jsonl"
        return rows.exists() and rows.read_bytes().count(b"\n") >= results
    return out.exists()
