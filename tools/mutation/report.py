"""The table of what became of the mutants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import markdown
from tools.mutation.operators import Mutant
from tools.mutation.session import Outcome

HARMLESS = Path(__file__).with_name("harmless.txt")
"""Survivors that are harmless: the key of the mutant; on the next lines, indented, the reason."""

STATUSES = ("killed", "survived", "same", "at import")


def report(drawn: Sequence[Mutant], outcomes: dict[str, Outcome], command: str) -> str:
    """Markdown: a row per package, the share that is killed, and the survivors with the reason."""
    tried = [(m, outcomes[m.key]) for m in drawn if m.key in outcomes]
    counts: Counter[tuple[str, str]] = Counter()
    for mutant, outcome in tried:
        counts[mutant.path.split("/")[2], outcome.status] += 1
        counts["all", outcome.status] += 1
    places = sorted({place for place, _ in counts} - {"all"})
    rows = [
        (place, *(counts[place, status] for status in STATUSES), share(counts, place))
        for place in (*places, "all")
    ]
    head = ("package", "killed", "survived", "same as far as seen", "at import", "killed, of those")
    reasons = harmless()
    survivors = [(m, reasons.get(m.key, "")) for m, o in tried if o.status == "survived"]
    lines = [f'`make mutate ARGS="{command}"`', "", markdown(head, rows), ""]
    if survivors:
        lines += ["Survivors:", "", *(listed(m, reason) for m, reason in survivors)]
    return "\n".join(lines)


def listed(mutant: Mutant, reason: str) -> str:
    place = f"`{mutant.path.removeprefix('src/rasplab/')}`, `{mutant.function}`"
    change = f"{mutant.operator}: `{mutant.before}` → `{mutant.after}`"
    return f"- {place}, {change}. {reason or 'Not looked at yet.'}"


def share(counts: Counter[tuple[str, str]], place: str) -> str:
    killed, survived = counts[place, "killed"], counts[place, "survived"]
    return f"{100 * killed / (killed + survived):.1f} %" if killed + survived else "-"


def harmless() -> dict[str, str]:
    """The reasons, by the mutant's key."""
    found: dict[str, str] = {}
    key = ""
    for line in HARMLESS.read_text("utf-8").splitlines() if HARMLESS.exists() else ():
        if line.startswith(" "):
            found[key] = f"{found.get(key, '')} {line.strip()}".strip()
        elif line:
            key = line
    return found
