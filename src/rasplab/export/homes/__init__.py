"""The homes that there are: the next one takes its line here."""

from __future__ import annotations

from rasplab.export.home import Home
from rasplab.export.homes.gpt2 import GPT2, ORDINARY_GPT2

HOMES: dict[str, Home] = {home.name: home for home in (GPT2, ORDINARY_GPT2)}
"""By the name by which a user asks for it."""
