"""Prompts and their output, highlighted as such: a hook that MkDocs loads by its path.

Pages say `python` of every block, so that editors and GitHub colour them; but what is printed is
no Python, and its words and numbers are not to be coloured as if they were.
"""

from __future__ import annotations

import re
from typing import Any

PROMPT = re.compile(r"^(\s*`{3,})python(?=[^\n]*\n\s*>>> )", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs with the text of a page."""
    return PROMPT.sub(r"\1pycon", markdown)
