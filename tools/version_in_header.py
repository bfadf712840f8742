"""The version beside the title of the documentation: a hook that MkDocs loads by its path."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def on_config(config: Any) -> Any:
    """Called by MkDocs before it builds."""
    version = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"]
    config["site_name"] = f"{config['site_name']} {version}"
    return config
