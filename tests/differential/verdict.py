"""What is wrong with one random program, and the smallest program with the same fault."""

from __future__ import annotations

from dataclasses import dataclass

from rasplab.diagnostics import CompileError
from rasplab.rasp.values import Value
from tests.differential.agreement import compiled, disagreements, evaluated, ways_to_run
from tests.random_programs import Program, random_sequences
from tests.shrinking import shrink

TRIES_AT_MOST = 400


@dataclass(frozen=True)
class Variant:
    """How a program is compiled, and on how many sequences it is run."""

    causal: bool
    optimize: int
    sequences: int = 12
    seed: int = 0
    torch: bool = False


@dataclass(frozen=True)
class Fault:
    """A wrong value, or an exception that is no refusal."""

    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


def fault(drawn: Program, variant: Variant) -> Fault | None:
    """What is wrong with a program, if it is not equal to its model and not refused."""
    program, vocab, max_length = drawn
    causal, optimize = variant.causal, variant.optimize
    try:
        model = compiled(program, vocab, max_length, causal=causal, optimize=optimize)
        pairs = evaluated(program, spread(vocab, max_length, variant), causal=causal)
        wrong = next(iter(disagreements(ways_to_run(model, torch=variant.torch), pairs)), None)
    except CompileError:
        return None
    except Exception as error:  # noqa: BLE001 - every other exception is a fault
        return Fault(type(error).__name__, str(error).partition("\n")[0])
    return Fault("wrong", str(wrong)) if wrong is not None else None


def spread(vocab: tuple[Value, ...], max_length: int, variant: Variant) -> list[list[Value]]:
    """Sequences of all lengths, from the longest to the shortest, however few there are."""
    count = max(variant.sequences, max_length)
    drawn = random_sequences(vocab, max_length, count, variant.seed)
    return drawn[:: max(1, count // variant.sequences)]


def smallest(drawn: Program, variant: Variant) -> tuple[Program, Fault]:
    """The smallest program found with a fault of the same kind."""
    first = fault(drawn, variant)
    assert first is not None
    tried = 0

    def fails(one: Program) -> bool:
        nonlocal tried
        tried += 1
        found = fault(one, variant) if tried <= TRIES_AT_MOST else None
        return found is not None and found.kind == first.kind

    shrunk = shrink(drawn, fails)
    return shrunk, fault(shrunk, variant) or first


def report(drawn: Program, variant: Variant) -> str:
    """The shrunk program, how to compile it, and what is wrong with it."""
    (program, vocab, max_length), found = smallest(drawn, variant)
    masking = "causal" if variant.causal else "full"
    where = f"vocab {vocab!r}, max_length {max_length}, {masking}, optimize {variant.optimize}"
    return f"{program}\n  {where}\n  {found}"
