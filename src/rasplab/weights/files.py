"""A model as a directory: four files without code, the same bytes every time, whole or not at all.

`model.safetensors` holds the arrays, `config.json` sizes and meaning, `tokenizer.json` the ids,
`circuit.json` the ground truth, the format's version and the SHA-256 of everything.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InternalError, ModelFileError, diagnostic
from rasplab.weights import manifest
from rasplab.weights.artefact import ModelWeights, expected_shapes
from rasplab.weights.manifest import Json

Arrays: TypeAlias = "dict[str, NDArray[np.floating]]"

FORMAT = "rasplab-model"
VERSION = 1
ARRAYS, CONFIG, TOKENIZER, CIRCUIT = (
    "model.safetensors",
    "config.json",
    "tokenizer.json",
    "circuit.json",
)
FILES = (ARRAYS, CONFIG, TOKENIZER, CIRCUIT)

_WRONG = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    AssertionError,
    InternalError,
)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_AT_WORKING_DIRECTORY, _EXCHANGE = -100, 2  # renameat2(2): AT_FDCWD, RENAME_EXCHANGE


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
    try:
        target = Path(directory).resolve()
        _refuse_existing(target, overwrite=overwrite)
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, contents(weights), overwrite=overwrite)
    except ModelFileError:
        raise
    except (OSError, ValueError) as error:
        raise _cannot_write(directory, error) from error
    return Path(directory)


def load(directory: str | Path) -> ModelWeights:
    """Read a model that `save` wrote, just as it was.

    Raises:
        ModelFileError: E501 not a model directory, E502 edited or truncated,
            E505 made by a newer version.
    """
    circuit = _read_manifest(Path(directory))
    expected = circuit.pop("sha256")
    files = {name: _read(Path(directory), name) for name in FILES[:-1]}
    found = {name: _digest(data) for name, data in files.items()}
    found[CIRCUIT] = _digest(manifest.to_bytes(circuit))
    changed = sorted(name for name in found if found[name] != expected.get(name))
    if changed:
        raise _damaged(directory, f"changed since it was saved: {', '.join(changed)}")
    with _damage(directory, CIRCUIT):
        return _assemble(files, circuit)


def contents(weights: ModelWeights) -> dict[str, bytes]:
    """The files of a model's directory, by name."""
    files = {
        ARRAYS: _array_bytes(weights),
        CONFIG: manifest.to_bytes(manifest.config_data(weights.config)),
        TOKENIZER: manifest.to_bytes(manifest.tokenizer_data(weights.config.vocabulary)),
    }
    head: Json = {"format": FORMAT, "format_version": VERSION}
    circuit = head | manifest.circuit_data(weights.circuit)
    digests = {name: _digest(data) for name, data in files.items()}
    digests[CIRCUIT] = _digest(manifest.to_bytes(circuit))
    files[CIRCUIT] = manifest.to_bytes(circuit | {"sha256": digests})
    return files


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- arrays


def _array_bytes(weights: ModelWeights) -> bytes:
    """Arrays in the model's own format; bfloat16, which NumPy lacks, stays float32."""
    from safetensors.numpy import save as to_safetensors

    arrays = {name: np.ascontiguousarray(a) for name, a in weights.arrays.items()}
    if weights.config.dtype == "float16":
        with np.errstate(over="ignore"):
            narrow = {name: a.astype(np.float16) for name, a in arrays.items()}
        if all(np.array_equal(narrow[name], a) for name, a in arrays.items()):
            return to_safetensors(narrow)
    return to_safetensors(arrays)


def _assemble(files: dict[str, bytes], circuit: Json) -> ModelWeights:
    from safetensors.numpy import load as from_safetensors

    config = manifest.read_config(
        json.loads(files[CONFIG]), manifest.read_tokenizer(json.loads(files[TOKENIZER]))
    )
    stored = from_safetensors(files[ARRAYS])
    shapes = expected_shapes(config)
    if {name: a.shape for name, a in stored.items()} != shapes:
        raise ValueError("arrays do not have the configuration's shapes")
    kind = np.float64 if config.dtype == "float64" else np.float32
    arrays: Arrays = {name: stored[name].astype(kind) for name in shapes}
    body = {name: part for name, part in circuit.items() if not name.startswith("format")}
    weights = ModelWeights(config, arrays, manifest.read_circuit(body))
    weights.verify()
    return weights


# -- reading


def _read_manifest(directory: Path) -> Json:
    data = _read(directory, CIRCUIT)
    with _damage(directory, CIRCUIT):
        circuit = json.loads(data)
    if not isinstance(circuit, dict) or cast(Json, circuit).get("format") != FORMAT:
        raise _no_model(directory, f"{CIRCUIT} is not the circuit of a model")
    circuit = cast(Json, circuit)
    version = circuit.get("format_version")
    if isinstance(version, int) and version > VERSION:
        raise _newer(directory, version)
    if version != VERSION or not isinstance(circuit.get("sha256"), dict):
        raise _damaged(directory, f"{CIRCUIT} has no version or no checksums")
    return circuit


def _read(directory: Path, name: str) -> bytes:
    try:
        return (directory / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _no_model(directory, _missing(directory, name)) from None
    except OSError as error:
        raise _damaged(directory, f"{name} cannot be read: {error.strerror}") from error


def _missing(directory: Path, name: str) -> str:
    if not directory.exists():
        return "there is no such directory"
    return f"{name} is missing" if directory.is_dir() else "it is not a directory"


@contextlib.contextmanager
def _damage(directory: str | Path, name: str) -> Generator[None]:
    """Whatever goes wrong while the content is taken apart means that the content is wrong."""
    from safetensors import SafetensorError

    try:
        yield
    except (*_WRONG, SafetensorError) as error:
        raise _damaged(directory, f"{name} cannot be understood: {error}") from error


# -- writing


def _refuse_existing(target: Path, *, overwrite: bool) -> None:
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise _exists(target, None)
    if not target.is_dir():
        raise _exists(target, "it is not a directory, and only a model is overwritten")
    others = sorted(set(os.listdir(target)) - set(FILES))
    if others:
        raise _exists(target, f"it also holds {', '.join(others[:3])}; only a model is overwritten")


def _write(target: Path, files: dict[str, bytes], *, overwrite: bool) -> None:
    new = target.parent / f".rasplab-{secrets.token_hex(8)}.partial"
    try:
        new.mkdir()
        for name, data in files.items():
            _write_file(new / name, data)
        _sync(new)
        _put(new, target, overwrite=overwrite)
        _sync(target.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # what failed, or the old model


def _write_file(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    """Bring a directory's entries to the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _put(new: Path, target: Path, *, overwrite: bool) -> None:
    """Give the new directory the target's name; an old model is at `new` afterwards, or gone."""
    if not os.path.lexists(target):
        _name(new, target)
    elif not overwrite:
        raise _exists(target, None)
    elif not _exchange(new, target):
        _replace_in_two_steps(new, target)


def _name(new: Path, target: Path) -> None:
    try:
        os.rename(new, target)
    except OSError:
        if os.path.lexists(target):  # somebody else was faster
            raise _exists(target, None) from None
        raise


def _exchange(new: Path, target: Path) -> bool:
    """Swap two directories in one step; false where the system has no such call."""
    import ctypes

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    here = _AT_WORKING_DIRECTORY
    return rename(here, os.fsencode(new), here, os.fsencode(target), _EXCHANGE) == 0


def _replace_in_two_steps(new: Path, target: Path) -> None:
    """For an instant there is no target; the old model waits beside it until the new one stands."""
    old = new.with_suffix(".old")
    os.rename(target, old)
    try:
        os.rename(new, target)
    except BaseException:
        os.rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


# -- what is said


def _no_model(directory: str | Path, why: str) -> ModelFileError:
    return ModelFileError(
        diagnostic(
            "E501",
            f"{str(directory)!r} is not a model directory",
            notes=[why],
            help="give a directory that `Model.save` wrote",
        )
    )


def _damaged(directory: str | Path, why: str) -> ModelFileError:
    return ModelFileError(
        diagnostic(
            "E502",
            f"the model in {str(directory)!r} is damaged or was edited",
            notes=[why],
            help="save the model again",
        )
    )


def _exists(target: Path, why: str | None) -> ModelFileError:
    return ModelFileError(
        diagnostic(
            "E503",
            f"{str(target)!r} exists already",
            notes=[] if why is None else [why],
            help="choose another directory"
            + (", or pass `overwrite=True` to replace a model" if why is None else ""),
        )
    )


def _cannot_write(directory: str | Path, error: OSError | ValueError) -> ModelFileError:
    number = error.errno if isinstance(error, OSError) else None
    why = error.strerror if isinstance(error, OSError) else str(error)
    return ModelFileError(
        diagnostic(
            "E504",
            f"the model cannot be written to {str(directory)!r}",
            notes=[f"the system says: {why or error}"],
            help="free some space, and save again" if number in _FULL else None,
        )
    )


def _newer(directory: str | Path, version: int) -> ModelFileError:
    return ModelFileError(
        diagnostic(
            "E505",
            f"the model in {str(directory)!r} was made by a newer version of rasplab",
            notes=[f"it has format {version}; this version reads up to format {VERSION}"],
            help="upgrade rasplab",
        )
    )
