"""The changes that a page shows: new files, and differences of files that there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TITLED = re.compile(r'^```(\w+) title="(src/[^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SKIPPED = re.compile(
    r"^<!-- skip: run by a test.*?-->\n+```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Change:
    """A file of the package, and what becomes of it."""

    language: str
    file: str
    text: str

    @property
    def new(self) -> bool:
        return self.language != "diff"

    def make(self, root: Path) -> None:
        """Make it in a copy of the repository."""
        path = root / self.file
        if self.new:
            assert not path.exists(), self.file
            path.write_text(self.text, "utf-8")
            return
        lines = self.text.splitlines(keepends=True)
        assert all(line[0] in " +-" for line in lines), self.text
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        found = path.read_text("utf-8")
        assert found.count(before) == 1, f"{self.file} has not, or not once:\n{before}"
        path.write_text(found.replace(before, after), "utf-8")


def changes(page: Path) -> tuple[Change, ...]:
    """The changes that a page shows, in order."""
    return tuple(Change(*found) for found in TITLED.findall(page.read_text("utf-8")))


def new_files(page: Path) -> tuple[Change, ...]:
    """Those that are files of their own."""
    return tuple(change for change in changes(page) if change.new)


def tried(page: Path) -> str:
    """What the page says that is then so: the examples that only a changed package runs."""
    return "\n".join(SKIPPED.findall(page.read_text("utf-8")))
