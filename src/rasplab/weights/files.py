"""A model as a directory: four files without code, the same bytes every time, whole or not at all.

`model.safetensors` holds the arrays, `config.json` sizes and meaning, `tokenizer.json` the ids,
`circuit.json` the ground truth, the format's version and the SHA-256 of everything.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.weights import declared, manifest
from rasplab.weights.architecture import EMBED, Site
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.config import Config, expected_shapes
from rasplab.weights.directory import write_directory
from rasplab.weights.frames import Basis, Nominal
from rasplab.weights.manifest import Json
from rasplab.weights.sealed import Format, damage, read_sealed, sealed
from rasplab.weights.specified import read_specification, specification_data

Arrays: TypeAlias = "dict[str, NDArray[np.floating]]"

VERSION = 7
MEASURED_VERSION = 6
"""Written still for what has no norms and no units but relus."""
DISGUISED_VERSION = 5
"""Written still for what has no measurements in its certificate."""
DECLARED_VERSION = 4
"""Written still for what is not disguised."""
STEPPED_VERSION = 3
"""Written still for what is meant for every input."""
LAYERED_VERSION = 2
"""Written still for whatever it can hold: layers of attention and MLP, one basis or none, variables
that live up to the end."""
ARRAYS, CONFIG, TOKENIZER, CIRCUIT = (
    "model.safetensors",
    "config.json",
    "tokenizer.json",
    "circuit.json",
)
BASIS = "basis."
"""What the names of the arrays of bases begin with: `basis.write` and `basis.read`, and then, from
the site `0.attn` on, `basis.0.attn.write` and so on."""
NOMINAL, MIX = "nominal.", "mix."
"""What the names of nominal arrays begin with, and those of what heads are mixed by."""
SPECIFICATION = "specification"
"""The part of the circuit that says what every block must compute, where the model has it."""
FILES = (ARRAYS, CONFIG, TOKENIZER, CIRCUIT)
SAVED = Format("rasplab-model", VERSION, "Model.save")


def save(weights: ModelWeights, directory: str | Path, *, overwrite: bool = False) -> Path:
    """Write a model to a directory that does not exist yet, or in place of a model.

    The files are written beside the target, brought to the disk, and then renamed: whatever
    happens, the target is the old model or the new one. With `overwrite` only a directory that
    holds nothing but a model is replaced.

    Raises:
        ModelFileError: E503 exists already, E504 cannot be written.

    >>> import rasplab, tempfile
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=3)
    >>> with tempfile.TemporaryDirectory() as home:
    ...     rasplab.load(model.save(home + "/copy"))("ab")
    ['a', 'b']
    """
    return write_directory(directory, contents(weights), overwrite=overwrite)


def load(directory: str | Path) -> ModelWeights:
    """Read a model that `save` wrote, just as it was.

    Raises:
        ModelFileError: E501 not a model directory, E502 edited or truncated,
            E505 made by a newer version.
    """
    files, circuit = read_sealed(Path(directory), FILES[:-1], CIRCUIT, SAVED)
    with damage(directory, CIRCUIT):
        return _assemble(files, circuit)


def contents(weights: ModelWeights) -> dict[str, bytes]:
    """The files of a model's directory, by name."""
    files = {
        ARRAYS: _array_bytes(weights),
        CONFIG: manifest.to_bytes(manifest.config_data(weights.config)),
        TOKENIZER: manifest.to_bytes(manifest.tokenizer_data(weights.config.vocabulary)),
    }
    circuit = replace(SAVED, version=_version(weights)).head() | manifest.circuit_data(
        weights.circuit
    )
    if weights.specification is not None:
        circuit |= {SPECIFICATION: specification_data(weights.specification)}
    return sealed(files, CIRCUIT, circuit)


def _version(weights: ModelWeights) -> int:
    # the oldest version that has all of it: readers of that version can go on reading it
    config, variables = weights.config, weights.circuit.variables
    old = (
        config.architecture.standard
        and weights.bases.keys() <= {EMBED}
        and all(place.dies is None for place in variables)
    )
    if config != config.bare:
        return VERSION
    if weights.circuit.certificate.measurements:
        return MEASURED_VERSION
    if weights.nominal is not None or weights.circuit.disguise is not None:
        return DISGUISED_VERSION
    if weights.circuit.inputs is not None:
        return DECLARED_VERSION
    return LAYERED_VERSION if old else STEPPED_VERSION


# -- arrays


def basis_arrays(weights: ModelWeights) -> Arrays:
    """The arrays of all bases, by name."""
    found: Arrays = {}
    for site, basis in weights.bases.items():
        name = BASIS if site == EMBED else f"{BASIS}{site}."
        found |= {f"{name}write": basis.write, f"{name}read": basis.read}
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


def read_bases(named: Arrays) -> dict[Site, Basis]:
    """The bases that `basis_arrays` wrote.

    Raises:
        ValueError: a name is that of no site's.
    """
    parts: dict[Site, Arrays] = {}
    for name, array in named.items():
        site, _, part = name.removeprefix(BASIS).rpartition(".")
        parts.setdefault(Site.read(site) if site else EMBED, {})[part] = array
    if any(found.keys() != {"write", "read"} for found in parts.values()):
        raise ValueError("a basis has not the arrays that write and read")
    return {site: Basis(parts[site]["write"], parts[site]["read"]) for site in sorted(parts)}


def nominal_arrays(weights: ModelWeights) -> Arrays:
    """The nominal arrays of disguised weights, and what their heads are mixed by, by name."""
    if weights.nominal is None:
        return {}
    found = {f"{NOMINAL}{name}": a for name, a in weights.nominal.arrays.items()}
    found |= {f"{MIX}{name}": a for name, a in weights.nominal.mixes.items()}
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


def read_nominal(config: Config, arrays: Arrays, mixes: Arrays) -> Nominal | None:
    """What `nominal_arrays` wrote, without what the names begin with; none, if nothing.

    Raises:
        ValueError: arrays are of other formats or shapes, or not finite.
    """
    if not arrays and not mixes:
        return None
    declared.check_arrays(config.bare, arrays)
    declared.check_numbers(mixes, ("float64",))
    shapes = expected_shapes(config.bare)
    return Nominal({n: arrays[n].astype(config.storage) for n in shapes}, mixes)


def taken(stored: Arrays, prefix: str) -> Arrays:
    """The arrays whose names begin so, taken out, by the rest of their names."""
    names = sorted(name for name in stored if name.startswith(prefix))
    return {name.removeprefix(prefix): stored.pop(name) for name in names}


def _array_bytes(weights: ModelWeights) -> bytes:
    """Arrays in the model's own format; bfloat16, which NumPy lacks, stays float32."""
    from safetensors.numpy import save as to_safetensors

    named = basis_arrays(weights) | nominal_arrays(weights)
    arrays = {name: np.ascontiguousarray(a) for name, a in (weights.arrays | named).items()}
    if weights.config.dtype == "float16":
        with np.errstate(over="ignore"):
            narrow = {name: a.astype(np.float16) for name, a in arrays.items()}
        if all(np.array_equal(narrow[name], a) for name, a in arrays.items()):
            return to_safetensors(narrow)
    return to_safetensors(arrays)


def _assemble(files: dict[str, bytes], circuit: Json) -> ModelWeights:
    from safetensors.numpy import load as from_safetensors

    config = manifest.read_config(
        manifest.from_bytes(files[CONFIG]),
        manifest.read_tokenizer(manifest.from_bytes(files[TOKENIZER])),
    )
    stated = circuit.get(SPECIFICATION)
    specification = None if stated is None else read_specification(stated)
    head = {*SAVED.head(), SPECIFICATION}
    truth = manifest.read_circuit({n: p for n, p in circuit.items() if n not in head})
    # before any array is made: what a file claims of sizes is not believed yet
    declared.check(declared.CIRCUIT_RELATIONS, config, truth)
    stored = from_safetensors(files[ARRAYS])
    named = {f"{BASIS}{name}": array for name, array in taken(stored, BASIS).items()}
    nominal = read_nominal(config, taken(stored, NOMINAL), taken(stored, MIX))
    declared.check_arrays(config, stored)
    declared.check_numbers(named, declared.STORED_AS[config.dtype])
    kind = config.storage
    bases = read_bases({name: array.astype(kind) for name, array in named.items()})
    arrays: Arrays = {name: stored[name].astype(kind) for name in expected_shapes(config)}
    weights = ModelWeights(config, arrays, truth, bases, specification, nominal)
    weights.verify()
    return weights
