"""Files that belong together: a manifest holds the SHA-256 of the others and of itself."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rasplab.diagnostics import InternalError, ModelFileError, diagnostic
from rasplab.weights.manifest import Json, from_bytes, to_bytes

_WRONG = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    AssertionError,
    InternalError,
)
"""What taking apart a file raises that somebody made up: none of it is a bug to be reported."""


OTHERS = {
    "rasplab-model": "it is a model that `rasplab.load` reads",
    "rasplab-checkpoint": "it is a checkpoint, which `rasplab.from_pretrained` reads",
    "rasplab-transformer-lens": "it holds the files of a `HookedTransformer`, for TransformerLens",
    "rasplab-graft": "it is a grafted model, which `rasplab.lab.graft.load` reads",
}
"""What the formats of this package are for, by name, for those who open the wrong one."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a manifest says that it is, the newest version that is read, and who writes it."""

    name: str
    version: int
    writer: str

    def head(self) -> Json:
        """The first fields of a manifest."""
        return {"format": self.name, "format_version": self.version}


def sealed(files: Mapping[str, bytes], name: str, manifest: Json) -> dict[str, bytes]:
    """The files and their manifest, with the digests of all."""
    digests = {file: _digest(data) for file, data in files.items()}
    # of the manifest without digests: with them it would have to hold its own
    digests[name] = _digest(to_bytes(manifest))
    return {**files, name: to_bytes(manifest | {"sha256": digests})}


def read_sealed(
    directory: Path, names: Sequence[str], manifest_name: str, expected: Format
) -> tuple[dict[str, bytes], Json]:
    """The files and the manifest of a directory, as they were written.

    Raises:
        ModelFileError: E501 not such a directory, E502 edited or truncated,
            E505 made by a newer version.
    """
    manifest = _read_manifest(directory, manifest_name, expected)
    digests = manifest.pop("sha256")
    with damage(directory, manifest_name):
        own = _digest(to_bytes(manifest))
    files = {name: _read(directory, name, expected) for name in names}
    found = {name: _digest(data) for name, data in files.items()}
    found[manifest_name] = own
    changed = sorted(name for name in found if found[name] != digests.get(name))
    if changed:
        raise _damaged(directory, f"changed since it was saved: {', '.join(changed)}")
    return files, manifest


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_manifest(directory: Path, name: str, expected: Format) -> Json:
    data = _read(directory, name, expected)
    with damage(directory, name):
        circuit = from_bytes(data)
    found = cast(Json, circuit).get("format") if isinstance(circuit, dict) else None
    if found != expected.name:
        why = OTHERS.get(str(found), f"{name} is not the circuit of a model")
        raise _no_model(directory, why, expected)
    circuit = cast(Json, circuit)
    version = circuit.get("format_version")
    if type(version) is int and version > expected.version:
        raise _newer(directory, version, expected)
    if not _is_version(version) or not isinstance(circuit.get("sha256"), dict):
        raise _damaged(directory, f"{name} has no version or no checksums")
    return circuit


def _is_version(version: object) -> bool:
    """Whether there has been such a version: all that there were can still be read."""
    return type(version) is int and version >= 1


def _read(directory: Path, name: str, expected: Format) -> bytes:
    try:
        return (directory / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _no_model(directory, _missing(directory, name), expected) from None
    except OSError as error:
        raise _damaged(directory, f"{name} cannot be read: {error.strerror}") from error


def _missing(directory: Path, name: str) -> str:
    if not directory.exists():
        return "there is no such directory"
    return f"{name} is missing" if directory.is_dir() else "it is not a directory"


@contextlib.contextmanager
def damage(directory: str | Path, name: str) -> Generator[None]:
    """Whatever goes wrong while the content is taken apart means that the content is wrong."""
    from safetensors import SafetensorError

    try:
        yield
    except (*_WRONG, SafetensorError) as error:
        raise _damaged(directory, f"{name} cannot be understood: {error}") from error


def _no_model(directory: str | Path, why: str, expected: Format) -> ModelFileError:
    return ModelFileError(
        diagnostic(
            "E501",
            f"{str(directory)!r} is not a model directory",
            notes=[why],
            help=f"give a directory that `{expected.writer}` wrote",
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


def _newer(directory: str | Path, version: int, expected: Format) -> ModelFileError:
    return ModelFileError(
        diagnostic(
            "E505",
            f"the model in {str(directory)!r} was made by a newer version of rasplab",
            notes=[f"it has format {version}; this version reads up to format {expected.version}"],
            help="upgrade rasplab",
        )
    )
