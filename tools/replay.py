"""What a change does to compiled models: byte for byte the same as before, or which are not.

Compiles the library, the corpus and seeded random programs with the working tree and with another
commit, and compares what would be saved: arrays, circuit, certificate, or the refusal. A change
that is to alter nothing shows it so. No digests are kept in the repository, as other machines may
add up numbers in another order: both sides are compiled here, and the other one's are remembered.

    make replay                                   # against the last commit
    make replay ARGS="--against main~3"
    make replay ARGS="--write before.json"        # only this side, into a file
    make replay ARGS="--with before.json"         # against such a file
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "replay"
LEVELS = (0, 1)
MASKINGS = (False, True)
SIZES = (5, 10)
RANDOM = {"random": range(60), "random orders": (*range(30), 1007, 1038)}
SLOW = {"elementwise_chain_of_400", "linear_chain_of_200", "random 12"}  # at level 0: left out
Digests: TypeAlias = "dict[str, dict[str, str]]"
Job: TypeAlias = "tuple[str, Any, dict[str, Any]]"


def main() -> int:
    options = arguments()
    if options.measure:
        json.dump(measured(Path(options.measure)), sys.stdout)
        return 0
    here = start(ROOT / "src")
    if options.write:
        Path(options.write).write_text(json.dumps(finished(here), indent=1))
        return 0
    before = json.loads(Path(options.file).read_text()) if options.file else of(options.against)
    return report(before, finished(here))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--against", default="HEAD", metavar="COMMIT", help="the other side")
    parser.add_argument("--with", dest="file", metavar="FILE", help="a file as the other side")
    parser.add_argument("--write", metavar="FILE", help="only write this side to a file")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    return parser.parse_args()


def of(revision: str) -> Digests:
    """The digests of a commit: remembered for the programs of today, else made."""
    commit = git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    remembered = CACHE / f"{commit}-{asked()}.json"
    if not remembered.exists():
        home = CACHE / commit
        with tarfile.open(fileobj=io.BytesIO(git("archive", commit, "src"))) as tar:
            tar.extractall(home, filter="data")
        remembered.write_text(json.dumps(finished(start(home / "src"))))
    return json.loads(remembered.read_text())


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def asked() -> str:
    """Changes where other programs are compiled, or other things are compared."""
    files = [Path(__file__), *ROOT.glob("tests/random_*.py"), *ROOT.glob("tests/corpus/*.py")]
    return digest(*(file.read_bytes() for file in sorted(files)))


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def start(source: Path) -> subprocess.Popen[bytes]:
    """A process of its own, which sees the package there; one thread adds up in one order."""
    path = {"PYTHONPATH": os.pathsep.join([str(source), str(ROOT)]), "PYTHONHASHSEED": "0"}
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--measure", str(source)]
    return subprocess.Popen(command, env=os.environ | path | one, stdout=subprocess.PIPE)


def finished(process: subprocess.Popen[bytes]) -> Digests:
    out, _ = process.communicate()
    if process.returncode:
        sys.exit("compiling failed: see above")
    return json.loads(out)


# -- in a process of its own


def measured(source: Path) -> Digests:
    import rasplab

    assert Path(rasplab.__file__).is_relative_to(source), rasplab.__file__
    return {name: outcome(program, source, asked) for name, program, asked in jobs()}


def jobs() -> Iterator[Job]:
    from rasplab import programs
    from tests.aimed_orders import random_orders
    from tests.corpus import CASES
    from tests.random_programs import random_program

    for optimize in LEVELS:
        for entry in programs.all():
            for size in SIZES:
                program, vocab = entry.at(size, size)
                for causal in MASKINGS if size == SIZES[0] else (entry.causal,):
                    yield job(f"{entry.name} at {size}", program, vocab, size, causal, optimize)
        for case in CASES:
            for causal in MASKINGS if optimize else (case.causal,):
                at = (case.vocab, case.max_length, causal, optimize)
                if optimize or case.name not in SLOW:
                    yield job(case.name, case.program, *at)
        for kind, drawn in (("random", random_program), ("random orders", random_orders)):
            for seed in RANDOM[kind]:
                for causal in MASKINGS if optimize else (bool(seed % 2),):
                    if optimize or f"{kind} {seed}" not in SLOW:
                        yield job(f"{kind} {seed}", *drawn(seed), causal, optimize)


def job(name: str, program: Any, vocab: Any, length: int, causal: bool, optimize: int) -> Job:
    masking = "causal" if causal else "both ways"
    options = {"vocab": vocab, "max_length": length, "causal": causal, "optimize": optimize}
    return f"{name}, {masking}, level {optimize}", program, options


def outcome(program: Any, source: Path, options: dict[str, Any]) -> dict[str, str]:
    """What is saved of a model, part by part; places in the package without where it lies."""
    import rasplab
    from rasplab.diagnostics import RasplabError
    from rasplab.weights.files import contents

    try:
        weights = rasplab.compile(program, **options).weights
    except RasplabError as refusal:
        words = str(refusal).replace(str(source), "")
        return {"refusal": refusal.code, "words": digest(words.encode())}
    except Exception as bug:  # noqa: BLE001 - one that is mended by now, it may be
        return {"refusal": type(bug).__name__}
    files = contents(weights)
    circuit = json.loads(files["circuit.json"].replace(str(source).encode(), b""))
    del circuit["sha256"]
    for part in ("certificate", "specification"):
        files[part] = json.dumps(circuit.pop(part)).encode()
    files["circuit.json"] = json.dumps(circuit).encode()
    return {name: digest(content) for name, content in files.items()}


# -- what is said of it


def report(before: Digests, now: Digests) -> int:
    changed = 0
    for name in sorted(before.keys() | now.keys()):
        said = difference(before.get(name), now.get(name))
        changed += bool(said)
        if said:
            print(f"{name}: {said}")
    refused = sum("refusal" in found for found in now.values())
    print(f"{len(now)} compilations, {refused} of them refused: {changed} changed")
    return int(changed > 0)


def difference(before: dict[str, str] | None, now: dict[str, str] | None) -> str:
    if before is None or now is None:
        return "is new" if before is None else "is no longer there"
    if ("refusal" in before) != ("refusal" in now):
        return f"was {short(before)}, is {short(now)}"
    parts = [part for part in before.keys() | now.keys() if before.get(part) != now.get(part)]
    said = f" ({short(before)}, now {short(now)})" if "refusal" in parts else ""
    return ", ".join(sorted(parts)) + said


def short(found: dict[str, str]) -> str:
    return f"refused with {found['refusal']}" if "refusal" in found else "compiled"


if __name__ == "__main__":
    sys.exit(main())
