"""What a mutant may change: models, proofs and refusals of a fixed set of programs.

A probe is a name and a function that gives a digest. A mutant that changes no digest is equivalent
as far as seen. Every number of a proof counts to its last bit, so that little passes unseen.
"""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable, Iterator
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any

import rasplab
from benchmarks.corruptions import CHANGES, library
from rasplab import programs
from rasplab.checker import Proof, prove
from rasplab.checker.arithmetic import FORMATS
from rasplab.diagnostics import CompileError, InternalError
from rasplab.weights import ModelWeights
from tests.aimed_numbers import random_numbers
from tests.aimed_orders import random_orders
from tests.aimed_partial import LONGEST, VOCAB, random_partial
from tests.corpus import CASES
from tests.diagnostics.test_refusals import REFUSED
from tests.random_programs import random_program

Probe = Callable[[], str]

RANDOM = 20
"""How many programs of each generator."""

CORRUPTIONS = 24
"""How many corruptions of each model of the library."""

OWN_FORMATS = ("float32", "float64", "bfloat16", "float32", "float16")
"""The formats that programs are compiled for, in turn."""

GENERATORS = {"random": random_program, "orders": random_orders, "numbers": random_numbers}


def probes(corrupted: Path) -> dict[str, Probe]:
    """All probes by name."""
    return {**dict(compilations()), **dict(corruptions(corrupted))}


def compilations() -> Iterator[tuple[str, Probe]]:
    for number, entry in enumerate(programs.all()):
        program, vocabulary = entry.at(4, 4)
        for optimize, causal in ((1, number % 2 == 0), (0, number % 2 == 1)):
            dtype = OWN_FORMATS[(number + optimize) % 5]
            name = f"library {entry.name} causal={causal} optimize={optimize} {dtype}"
            yield name, partial(compiled, program, vocabulary, 4, causal, optimize, dtype)
    for number, case in enumerate(CASES):
        optimize, dtype = int(number % 4 > 0), OWN_FORMATS[number % 5]
        what = case.program, case.vocab, case.max_length, case.causal, optimize, dtype
        yield f"corpus {case.name} optimize={optimize} {dtype}", partial(compiled, *what)
    for number, (code, refused, vocab, dtype) in enumerate(REFUSED):
        what = refused, tuple(vocab), 4, False, 1, dtype
        yield f"refused {number} {code}", partial(compiled, *what)
    for kind, grow in GENERATORS.items():
        for seed in range(RANDOM):
            yield f"{kind} {seed}", partial(grown, grow, seed)
    for seed in range(RANDOM):
        yield f"partial {seed}", partial(declared, seed)


def grown(grow: Callable[[int], Any], seed: int) -> str:
    causal, optimize = bool(seed % 2), int(seed % 4 > 0)
    program, vocab, most = grow(seed)
    return compiled(program, vocab, most, causal, optimize, OWN_FORMATS[seed % 5])


def declared(seed: int) -> str:
    drawn = random_partial(seed)
    causal, optimize = bool(seed % 2), int(seed % 4 > 0)
    what = VOCAB, LONGEST, causal, optimize, OWN_FORMATS[seed % 5]
    return compiled(drawn.program, *what, inputs=drawn.inputs)


def compiled(
    program: Any,
    vocab: Any,
    max_length: int,
    causal: bool,
    optimize: int,
    dtype: str,
    inputs: Any = None,
) -> str:
    """What compiling gives: the weights and what is proved of them, or why there are none."""
    try:
        weights = rasplab.compile(
            program,
            vocab=vocab,
            max_length=max_length,
            causal=causal,
            optimize=optimize,
            dtype=dtype,
            inputs=inputs,
        ).weights
    except CompileError as refusal:
        return "refused " + " ".join(sorted(d.code for d in refusal.diagnostics))
    except Exception as error:  # noqa: BLE001 - of a mutant: it is another result
        return f"error {type(error).__name__}"
    proofs = [shown(prove(weights, form)) for form in FORMATS]
    certificate = astuple(weights.circuit.certificate)
    return " ".join([digest_of(weights), hashed(repr(certificate)), *proofs])


def digest_of(weights: ModelWeights) -> str:
    found = hashlib.sha256(repr(weights.config).encode())
    for name in sorted(weights.arrays):
        found.update(name.encode())
        found.update(weights.arrays[name].tobytes())
    found.update(repr(weights.circuit.variables).encode())
    found.update(repr(weights.specification).encode())
    return found.hexdigest()[:16]


def shown(proof: Proof) -> str:
    """Whether it holds, and all that it states, with every bit of its numbers."""
    return f"{proof.format} {proof.holds} {hashed(repr(astuple(proof)))}"


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# -- models that have been changed, made once by the code that has not


def make_corrupted(place: Path) -> None:
    """Write the library's models, each with corruptions of it."""
    draw = random.Random(0)
    made: list[tuple[str, list[ModelWeights]]] = []
    for name, weights in library():
        changed: list[ModelWeights] = []
        while len(changed) < CORRUPTIONS:
            try:
                changed.append(CHANGES[draw.choice(list(CHANGES))](weights, draw))
            except InternalError:
                continue
        made.append((name, changed))
    place.write_bytes(pickle.dumps(made))


def corruptions(place: Path) -> Iterator[tuple[str, Probe]]:
    for name, changed in pickle.loads(place.read_bytes()):
        yield f"corrupted {name}", partial(proofs, changed)


def proofs(changed: list[ModelWeights]) -> str:
    return "\n".join(shown(prove(one)) for one in changed)
