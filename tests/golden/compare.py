"""Texts that are kept to be compared with: `REGOLD=1 pytest ...` writes them anew."""

import os
from pathlib import Path

HERE = Path(__file__).parent


def compare(name: str, text: str) -> None:
    """Hold a text against the golden file of this name."""
    path = HERE / name
    if os.environ.get("REGOLD"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no golden text {name}; write it with REGOLD=1 and read it"
    assert text == path.read_text("utf-8")
