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

HEAD = (
    "package",
    "killed",
    "survived",
    "of these harmless",
    "same as far as seen",
    "at import",
    "killed of all that change something",
    "of those not harmless",
)


def report(drawn: Sequence[Mutant], outcomes: dict[str, Outcome], command: str) -> str:
    """Markdown: a row per package, the share that is killed, and the survivors with the reason."""
    tried = [(m, outcomes[m.key].status) for m in drawn if m.key in outcomes]
    reasons = harmless()
    counts: Counter[tuple[str, str]] = Counter()
    for mutant, status in tried:
        for place in (mutant.path.split("/")[2], "all"):
            counts[place, status] += 1
            counts[place, "harmless"] += status == "survived" and mutant.key in reasons
    places = sorted({place for place, _ in counts} - {"all"})
    rows = [row(counts, place) for place in (*places, "all")]
    lines = [f'`make mutate ARGS="{command}"`', "", markdown(HEAD, rows), ""]
    lines += [f"Tried: the first {len(tried)} of the {len(drawn)} that are drawn.", ""]
    survivors = [listed(m, reasons.get(m.key, "")) for m, status in tried if status == "survived"]
    return "\n".join([*lines, *(["Survivors:", "", *survivors] if survivors else [])])


def row(counts: Counter[tuple[str, str]], place: str) -> tuple[object, ...]:
    killed, survived = counts[place, "killed"], counts[place, "survived"]
    unharmful = survived - counts[place, "harmless"]
    columns = ("killed", "survived", "harmless", "same", "at import")
    shares = share(killed, survived), share(killed, unharmful)
    return (place, *(counts[place, column] for column in columns), *shares)


def share(killed: int, survived: int) -> str:
    return f"{100 * killed / (killed + survived):.1f} %" if killed + survived else "-"


def listed(mutant: Mutant, reason: str) -> str:
    place = f"`{mutant.path.removeprefix('src/rasplab/')}`, `{mutant.function}`"
    change = f"{mutant.operator}: `{mutant.before}` → `{mutant.after}`"
    return f"- {place}, {change}. {reason or 'Not looked at yet.'}"


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
