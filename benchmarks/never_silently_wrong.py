"""Random programs in bulk: how many models are wrong, and how many programs are refused.

Each program is compiled for both maskings and at both optimisation levels, and run on random
sequences in a batch, in torch, and some of them one by one; with `--formats` also cast to every
other number format in which its stored weights are proved. With `--log FILE` an interrupted run
goes on where it stopped. `--replay SEED` shows one program and everything that is wrong with it.
`--programs` chooses the generator: programs of all kinds, or aimed at orders, at numbers, at what
is undefined, or at sums.

    python benchmarks/never_silently_wrong.py --count 5000 --jobs 2
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # the processes are the parallelism
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rasplab.diagnostics import CompileError, long_work  # noqa: E402
from tests.aimed_numbers import random_numbers  # noqa: E402
from tests.aimed_orders import random_orders  # noqa: E402
from tests.aimed_sums import random_sums  # noqa: E402
from tests.aimed_undefined import random_undefined  # noqa: E402
from tests.differential.agreement import cast, compiled, disagreements, evaluated, ways_to_run  # noqa: E402
from tests.random_programs import Program, random_program, random_sequences  # noqa: E402
from tests.shrinking import shrink  # noqa: E402

GENERATORS = {
    "broad": random_program,
    "orders": random_orders,
    "numbers": random_numbers,
    "undefined": random_undefined,
    "sums": random_sums,
}
VARIANTS = [(causal, optimize) for causal in (False, True) for optimize in (0, 1)]


@dataclass(frozen=True)
class Outcome:
    """One program in one variant: `equal`, `wrong`, `refused E…`, or another exception."""

    seed: int
    causal: bool
    optimize: int
    result: str
    detail: str = ""
    seconds: float = 0.0  # of processor time, for all that was done with it
    formats: int = 0  # how many other formats it was proved and run in
    compiling: float = 0.0  # of processor time, until there was a model or a refusal
    grown: float = 0.0  # MB by which the most that its process ever held has grown


class TooLongError(Exception):
    """The processor time that one variant may take has passed."""


def main() -> None:
    options = arguments()
    if options.replay is not None:
        replay(options.replay, options)
        return
    done = read_log(options.log)
    known = {outcome.seed for outcome in done}
    seeds = [s for s in range(options.seed, options.seed + options.count) if s not in known]
    started = time.perf_counter()
    outcomes = done + run(seeds, options, started)
    report(outcomes, time.perf_counter() - started, len(seeds), options)
    sys.exit(any(not o.result.startswith(("equal", "refused")) for o in outcomes))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=5000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes")
    parser.add_argument("--sequences", type=int, default=50, help="how many per program")
    parser.add_argument("--limit", type=int, default=60, help="processor seconds per variant")
    parser.add_argument("--log", type=Path, help="a file of outcomes, appended to and resumed from")
    parser.add_argument("--no-torch", action="store_true", help="leave out torch")
    parser.add_argument("--formats", action="store_true", help="cast to all formats proved, too")
    parser.add_argument("--programs", choices=GENERATORS, default="broad", help="the generator")
    parser.add_argument("--replay", type=int, help="one seed, in full")
    return parser.parse_args()


def run(seeds: list[int], options: argparse.Namespace, started: float) -> list[Outcome]:
    """All seeds over the processes, with a line of progress every few seconds."""
    outcomes: list[Outcome] = []
    check = partial(
        check_seed,
        generator=options.programs,
        how=How(options.sequences, not options.no_torch, options.formats),
        limit=options.limit,
    )
    last = started
    with multiprocessing.get_context("spawn").Pool(options.jobs, initializer=settle) as pool:
        for number, found in enumerate(pool.imap_unordered(check, seeds, chunksize=4), 1):
            outcomes += found
            append_log(options.log, found)
            announce(found)
            if time.perf_counter() - last > 10 or number == len(seeds):
                last = time.perf_counter()
                rate = number / (last - started)
                print(
                    f"{number}/{len(seeds)} programs, {rate:.1f} a second, "
                    f"{(len(seeds) - number) / rate:.0f} s left",
                    file=sys.stderr,
                    flush=True,
                )
    return outcomes


def settle() -> None:
    """What a process has imported is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@dataclass(frozen=True)
class How:
    """On how many sequences a program is compared, and in which ways it is run."""

    sequences: int
    torch: bool
    formats: bool


def check_seed(seed: int, *, generator: str, how: How, limit: int) -> list[Outcome]:
    """All variants of one program."""
    return [measured(generator, seed, *variant, how, limit) for variant in VARIANTS]


def measured(
    generator: str, seed: int, causal: bool, optimize: int, how: How, limit: int
) -> Outcome:
    """One program in one variant, with what it cost."""
    started, held = time.process_time(), most_held()
    with long_work(f"seed {seed}"):  # one for all that is compiled and proved
        outcome = check_variant(generator, seed, causal, optimize, how, limit)
    seconds = time.process_time() - started
    return replace(outcome, seconds=round(seconds, 2), grown=round(most_held() - held, 1))


def most_held() -> float:
    """MB, the most that this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def check_variant(
    generator: str, seed: int, causal: bool, optimize: int, how: How, limit: int
) -> Outcome:
    """One program in one variant; nothing that it raises escapes."""
    outcome = partial(Outcome, seed, causal, optimize)
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    started = time.process_time()
    try:
        drawn = of_seed(generator, seed)
        model = compile_drawn(drawn, causal, optimize)
        compiling = round(time.process_time() - started, 2)
        wrong, formats = compare(model, drawn, seed, how)
    except CompileError as refusal:
        unlabelled = not all(finding.labels for finding in refusal.diagnostics)
        return outcome(
            f"refused {refusal.code}" + " without a place" * unlabelled,
            refusal.diagnostics[0].title,
            compiling=round(time.process_time() - started, 2),
        )
    except TooLongError:
        return outcome(f"over {limit} s")
    except Exception as error:  # noqa: BLE001 - counted, with its place
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return outcome(type(error).__name__, f"{where}: {str(error).splitlines()[:1]}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    result, detail = ("wrong", wrong[0]) if wrong else ("equal", "")
    return outcome(result, detail, formats=formats, compiling=compiling)


@lru_cache(maxsize=1)  # its variants come one after the other
def of_seed(generator: str, seed: int) -> Program:
    """The program of a seed."""
    return GENERATORS[generator](seed)


def compile_drawn(drawn: Program, causal: bool, optimize: int) -> Any:
    """The model of a program."""
    program, vocab, max_length = drawn
    return compiled(program, vocab, max_length, causal=causal, optimize=optimize)


def compare(model: Any, drawn: Program, seed: int, how: How) -> tuple[list[str], int]:
    """What differs, and in how many other number formats it was looked for."""
    pairs = values_of(drawn, seed, model.config.causal, how.sequences)
    ways = ways_to_run(model, torch=how.torch) | (cast(model) if how.formats else {})
    alone = {"one by one": ways.pop("one by one")}
    found = [*disagreements(ways, pairs), *disagreements(alone, pairs[::5])]
    return [str(each) for each in found], len(ways) - 1 - how.torch


@lru_cache(maxsize=1)  # both levels of optimisation have the same
def values_of(
    drawn: Program, seed: int, causal: bool, count: int
) -> list[tuple[Sequence[Any], Any]]:
    """Random sequences, each with what the program has for it."""
    program, vocab, max_length = drawn
    sequences = random_sequences(vocab, max_length, count, seed)
    return evaluated(program, sequences, causal=causal)


def _stop(*_: object) -> None:
    raise TooLongError


def announce(found: Iterable[Outcome]) -> None:
    for outcome in found:
        if not outcome.result.startswith(("equal", "refused")):
            print(
                f"seed {outcome.seed} {variant(outcome)}: {outcome.result} {outcome.detail}",
                flush=True,
            )


def variant(outcome: Outcome) -> str:
    return f"{'causal' if outcome.causal else 'full'} O{outcome.optimize}"


def report(outcomes: list[Outcome], seconds: float, ran: int, options: argparse.Namespace) -> None:
    """The table: a row per result, a column per variant, and the seeds that failed."""
    columns = [f"{'causal' if causal else 'full'} O{level}" for causal, level in VARIANTS]
    counts = Counter((outcome.result, variant(outcome)) for outcome in outcomes)
    results = sorted({outcome.result for outcome in outcomes} | {"equal", "wrong"})
    print(f"\n{'':28}" + "".join(f"{column:>12}" for column in columns))
    for result in results:
        print(f"{result:28}" + "".join(f"{counts[result, column]:>12}" for column in columns))
    for result in results:
        seeds = sorted({o.seed for o in outcomes if o.result == result})
        if seeds and result != "equal":
            shown = " ".join(map(str, seeds[:40])) + (" …" if len(seeds) > 40 else "")
            print(f"{result}, {len(seeds)} programs: {shown}")
    for outcome in sorted(outcomes, key=lambda o: -o.seconds)[:5]:
        print(f"slowest: seed {outcome.seed} {variant(outcome)}, {outcome.seconds:.1f} s")
    for outcome in sorted(outcomes, key=lambda o: -o.compiling)[:3]:
        print(
            f"slowest to compile: seed {outcome.seed} {variant(outcome)}, {outcome.compiling:.1f} s"
        )
    for outcome in sorted(outcomes, key=lambda o: -o.grown)[:3]:
        print(f"largest: seed {outcome.seed} {variant(outcome)}, {outcome.grown:.0f} MB more")
    formats = sum(outcome.formats for outcome in outcomes)
    print(f"{formats} times also cast to another format that was proved" if formats else "")
    programs = len({outcome.seed for outcome in outcomes})
    print(
        f"{programs} programs x {options.sequences} sequences x {len(VARIANTS)} variants; "
        f"{ran} of them took {seconds:.0f} s with {options.jobs} processes",
        end="",
    )
    print(f" ({seconds / ran * 5000 / 60:.0f} minutes for 5000)" if ran else "")


def replay(seed: int, options: argparse.Namespace) -> None:
    """One program in all variants, with every disagreement and whole tracebacks."""
    drawn = GENERATORS[options.programs](seed)
    program, vocab, max_length = drawn
    print(f"{program}\nvocab {vocab!r}, max_length {max_length}")
    for causal, optimize in VARIANTS:
        print(f"--- {'causal' if causal else 'full'} O{optimize}")
        try:
            how = How(options.sequences, not options.no_torch, options.formats)
            wrong, _ = compare(compile_drawn(drawn, causal, optimize), drawn, seed, how)
            print("\n".join(wrong[:5]) or "equal")
            if wrong:
                smallest(drawn, seed, causal, optimize, options.sequences)
        except CompileError as refusal:
            print(refusal)
        except Exception:  # noqa: BLE001 - shown
            traceback.print_exc(file=sys.stdout)


def smallest(drawn: Program, seed: int, causal: bool, optimize: int, count: int) -> None:
    """Shrink a program that is wrong, and show what is left of it."""
    how = How(count, torch=False, formats=False)

    def fails(one: Program) -> bool:
        try:
            return bool(compare(compile_drawn(one, causal, optimize), one, seed, how)[0])
        except Exception:  # noqa: BLE001 - another failure than the one that is looked for
            return False

    if not fails(drawn):
        print("only torch is wrong: not shrunk")
        return
    drawn = shrink(drawn, fails)
    model = compile_drawn(drawn, causal, optimize)
    print(
        f"shrunk: {drawn[0]}\n  vocab {drawn[1]!r}, max_length {drawn[2]}, "
        f"numerical {model.numerical}, certified {model.certificate.output_error}"
    )
    print("  " + "\n  ".join(compare(model, drawn, seed, how)[0][:3]))


def read_log(path: Path | None) -> list[Outcome]:
    if path is None or not path.exists():
        return []
    return [Outcome(**json.loads(line)) for line in path.read_text().splitlines() if line]


def append_log(path: Path | None, found: list[Outcome]) -> None:
    if path is not None:
        with path.open("a") as file:  # one write per program, so that a seed is logged whole or not
            file.write("".join(json.dumps(asdict(outcome)) + "\n" for outcome in found))


if __name__ == "__main__":
    main()
