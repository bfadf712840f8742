"""The page of the documentation with all error codes: `python -m rasplab.diagnostics.catalogue`."""

from __future__ import annotations

import sys

from rasplab.diagnostics.catalogue import PAGES, Page
from rasplab.diagnostics.catalogue.examples import finding_of

_CHAPTERS = {
    "E1": "How a program is written",
    "E2": "What values an expression can have",
    "E3": "What is too large or too fine",
    "E4": "Sequences, vocabularies and options",
    "E5": "Model directories",
    "E6": "Other homes for a model",
    "E7": "RASP source text",
    "E8": "Compression",
    "E9": "Exercises and mystery models",
}

_HEAD = """\
# Error codes

Every error has a code. `rasplab explain E204` prints its page in the terminal; this is all of them.
The messages are what the examples really print.
"""


def markdown() -> str:
    """All pages as one Markdown page; the bad examples are marked so that tests do not run them."""
    parts = [_HEAD]
    chapter = ""
    for page in PAGES.values():
        if page.code[:2] != chapter:
            chapter = page.code[:2]
            parts.append(f"## {_CHAPTERS[chapter]}\n")
        parts.append(_section(page))
    return "\n".join(parts)


def _section(page: Page) -> str:
    _, message = finding_of(page)
    return f"""\
### {page.code}: {page.title} {{#{page.code}}}

{page.meaning}

{page.why}

<!-- skip: raises {page.code} -->

```python
{page.bad}
```

```text
{message}
```

Mended:

```python
{page.mended}
```
"""


if __name__ == "__main__":
    sys.stdout.write(markdown())
