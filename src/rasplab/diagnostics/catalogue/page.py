"""One page of the catalogue: what an error code means, an example that raises it, and its mend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """A code and what there is to say about it; `bad` raises the code, `mended` runs."""

    code: str
    title: str
    meaning: str
    why: str
    bad: str
    mended: str

    def __str__(self) -> str:
        parts = (
            f"{self.code}: {self.title}",
            self.meaning,
            self.why,
            f"This raises {self.code}:",
            _indented(self.bad),
            "This runs:",
            _indented(self.mended),
        )
        return "\n\n".join(parts)


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in code.splitlines())
