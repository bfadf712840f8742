"""`rasplab verify`: what can be said of a saved model, with and without its program."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from rasplab import programs
from rasplab.cli import reading
from rasplab.cli.output import busy, json, note, say
from rasplab.cli.sources import find_program
from rasplab.cli.tokens import Reader, are_characters
from rasplab.model import Model
from rasplab.opening import compile, load
from rasplab.rasp.printer import to_text
from rasplab.rasp.values import Value
from rasplab.weights import ModelWeights, encode, forward

_PROBES = 64


@dataclass(slots=True)
class Report:
    """What is said of a model: printed at once, or kept to be printed as JSON."""

    quiet: bool
    said: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    def __call__(self, about: str, text: str, holds: bool | None = True) -> None:
        """A statement; `holds` is `None` where nothing was compared."""
        self.said.append({"about": about, "holds": holds, "text": text})
        if not self.quiet:
            say(f"{about}: {text}")


def verify_model(
    directory: Path,
    name: str | None,
    given: str | None,
    *,
    samples: int,
    seed: int,
    as_json: bool = False,
) -> int:
    """Print what holds and what does not; 0 where nothing was found, else 1.

    Raises:
        ModelFileError: where the directory is no model, or not as it was written.
    """
    with busy(f"reading {directory}"):
        model = load(directory)
    if given is not None:
        words = model.config.vocabulary
        reader = Reader(words, alphabet=are_characters(words), say=note)
        model = load(directory, inputs=reading.inputs(given, reader))
    report = Report(as_json)
    report("files", "complete, and as they were written")
    model.weights.verify()
    report("structure", f"{model.weights}; every direction belongs to one variable")
    passed = _certified(model, report)
    passed = (model.certificate.measured or _decisive(model, seed, report)) and passed
    if model.manifest.inputs is not None:
        report("inputs", f"meant for {model.manifest.inputs}", None)
    if name is None:
        report("program", "NOT compared; " + _advice(model), None)
    else:
        passed = _compare(model, name, report, samples=samples, seed=seed) and passed
    if as_json:
        json({"passed": passed, "statements": report.said})
    return 0 if passed else 1


def _certified(model: Model, report: Report) -> bool:
    certificate = model.certificate
    if certificate.measured:
        text = "none; what this model computes can be measured, nothing is proved"
        report("certificate", text, None)
        return True
    verdict = "exact" if certificate.exact else "NOT exact"
    report(
        "certificate, as recorded",
        f"{verdict} in {certificate.precision}, smallest margin {certificate.smallest_margin:.4f}",
        certificate.exact,
    )
    return certificate.exact


def _decisive(model: Model, seed: int, report: Report) -> bool:
    """Whether scores and flags on drawn inputs are as near to 0 or 1 as the certificate says.

    Where the program has no value they may be anything, and without it nobody knows where that is.
    """
    weights, config = model.weights, model.config
    probes = _probes(model, seed)
    if probes is None:
        report("outputs", "NOT probed: for which inputs the program is meant is not saved", None)
        return True
    outputs = [forward(weights, encode(config, [probe]))[0, 1:] for probe in probes]
    about = f"outputs on {_PROBES} drawn inputs"
    if not all(np.isfinite(out).all() for out in outputs):
        report(about, "NOT finite", False)
        return False
    decisions = [out[:, 1:] if config.numerical else out for out in outputs]
    if not decisions[0].size:
        report(about, "finite numbers")
        return True
    error = model.certificate.output_error
    distances = [float(np.abs(out - np.rint(out)).max()) for out in decisions]
    undecided = sum(distance > error for distance in distances)
    if undecided and model.certificate.conditional:
        about = f"outputs on {_PROBES - undecided} of {_PROBES} drawn inputs"
        why = "the program need not have a value on all of them"
        report(about, f"decided as certified ({error:.1e}); {why}")
        return True
    report(
        about,
        f"within {max(distances):.1e} of a decision, "
        f"{'NOT as' if undecided else 'as'} certified ({error:.1e})",
        not undecided,
    )
    return not undecided


def _probes(model: Model, seed: int) -> list[tuple[Value, ...]] | None:
    """Drawn inputs for which the program is meant, if these are known."""
    declared = model.inputs
    if declared is not None and not declared.known:
        return None
    possible = model.config.sequences if declared is None else declared
    return list(possible.drawn(_PROBES, seed))


def _compare(model: Model, name: str, report: Report, *, samples: int, seed: int) -> bool:
    config, circuit = model.config, model.manifest
    source = find_program(name, vocab_size=len(config.vocabulary), max_length=config.max_length)
    if to_text(source.program, 2000) != circuit.program:
        report("program", f"the directory records another text: {circuit.program}", None)
    with busy("comparing with the program"):
        found = replace(model, program=source.program).verify(samples=samples, seed=seed)
    report("program", f"{name}: {found}", found.passed)
    if circuit.disguise is not None:
        text = f"NOT compared: they are not the compiled ones, but disguised ({circuit.disguise})"
        report("weights", text, None)
        return found.passed
    meant = Model(model.weights).inputs
    if meant is not None and not meant.known:
        text = "NOT compared: for which inputs to compile the program is not saved"
        report("weights", text, None)
        return found.passed
    with busy("compiling the program again"):
        again = compile(
            source.program,
            vocab=config.vocabulary,
            max_length=config.max_length,
            causal=config.causal,
            optimize=circuit.optimize,
            dtype=config.dtype,
            inputs=meant,
            softness=circuit.softness,
        )
    report("weights", _sameness(model.weights, again.weights), None)
    return found.passed


def _sameness(one: ModelWeights, other: ModelWeights) -> str:
    same = one.arrays.keys() == other.arrays.keys() and all(
        np.array_equal(array, other.arrays[key]) for key, array in one.arrays.items()
    )
    if same and one.circuit.certificate == other.circuit.certificate:
        return "what this version compiles the program to, with the same certificate"
    if same:
        return "what this version compiles the program to; the recorded certificate is another"
    return "not what this version compiles the program to"


def _advice(model: Model) -> str:
    config = model.config
    for entry in programs.all():
        example, _ = entry.at(len(config.vocabulary), config.max_length)
        if to_text(example, 2000) == model.manifest.program:
            return f"the recorded text is that of the library: add --program {entry.name}"
    return "add --program FILE.py:NAME"
