"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], object], within: float = 30.0) -> None:
    """Wait till something holds; after so many seconds the test has failed."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)
