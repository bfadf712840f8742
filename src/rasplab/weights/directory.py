"""Directories of files that appear as a whole or not at all, and replace only their own kind."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from rasplab.diagnostics import ModelFileError, diagnostic

_FULL = {errno.ENOSPC, errno.EDQUOT}
_AT_WORKING_DIRECTORY, _EXCHANGE = -100, 2  # renameat2(2): AT_FDCWD, RENAME_EXCHANGE


def write_directory(
    directory: str | Path,
    files: Mapping[str, bytes],
    *,
    overwrite: bool = False,
    known: Collection[str] | None = None,
) -> Path:
    """Write files to a directory that does not exist yet, or in place of one of its kind.

    The files are written beside the target, brought to the disk, and then renamed: whatever
    happens, the target is the old directory or the new one. With `overwrite` only a directory that
    holds nothing but `known` files (by default those to write) is replaced.

    Raises:
        ModelFileError: E503 exists already, E504 cannot be written.
    """
    try:
        target = _path(directory).resolve()
        _refuse_existing(target, set(files if known is None else known), overwrite=overwrite)
        check_parent(directory)
        _write(target, files, overwrite=overwrite)
    except ModelFileError:
        raise
    except (OSError, ValueError) as error:
        raise _cannot_write(directory, error) from error
    return Path(directory)


def write_file(path: str | Path, data: bytes, *, overwrite: bool = True) -> Path:
    """Write one file, by default in place of what was there; it appears as a whole or not at all.

    Raises:
        ModelFileError: E503 exists already, E504 cannot be written.
    """
    try:
        target = _path(path)
        target = Path(os.path.realpath(target)) if target.is_symlink() else target
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error, "file") from None
    new = target.with_name(f".rasplab-{secrets.token_hex(8)}.partial")
    try:
        if not overwrite and os.path.lexists(target):
            raise _exists(target, None)
        if os.path.lexists(target) and not target.is_file():
            raise OSError("what is there is no file")
        check_parent(path)
        new.write_bytes(data)
        os.replace(new, target)
    except ModelFileError:
        raise
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error, "file") from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            new.unlink(missing_ok=True)
    return target


def check_parent(path: str | Path) -> None:
    """Refuse what would be written into a directory that does not exist: none is made silently.

    Raises:
        ModelFileError: E504.
    """
    parent = Path(path).parent
    if parent.is_dir():
        return
    raise ModelFileError(
        diagnostic(
            "E504",
            f"{str(path)!r} cannot be written",
            notes=[f"there is no directory {str(parent)!r}"],
            help="make it first, or correct the path",
        )
    )


def check_free(path: str | Path, *, overwrite: bool) -> None:
    """Refuse, before something that takes long, a place where it could not be written then.

    Raises:
        ModelFileError: E503 exists already, E504 is in no directory.
    """
    check_parent(path)
    if not overwrite and os.path.lexists(path):
        raise _exists(Path(path), None)


def make_directory(path: str | Path) -> Path:
    """Make a directory, unless it is there; the one that it is in must be.

    Raises:
        ModelFileError: E504.
    """
    check_parent(path)
    try:
        Path(path).mkdir(exist_ok=True)
    except OSError as error:
        raise _cannot_write(path, error, "directory") from error
    return Path(path)


def _path(given: str | Path) -> Path:
    if given == "":
        raise ValueError("the name is empty")
    try:
        return Path(given)
    except TypeError as error:  # a number, say
        raise ValueError(str(error)) from None


def _refuse_existing(target: Path, known: Collection[str], *, overwrite: bool) -> None:
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise _exists(target, None)
    if not target.is_dir():
        raise _exists(target, "it is not a directory, and only a model is overwritten")
    others = sorted(set(os.listdir(target)) - set(known))
    if others:
        raise _exists(target, f"it also holds {', '.join(others[:3])}; only a model is overwritten")


def _write(target: Path, files: Mapping[str, bytes], *, overwrite: bool) -> None:
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


def _exists(target: Path, why: str | None) -> ModelFileError:
    return ModelFileError(
        diagnostic(
            "E503",
            f"{str(target)!r} exists already",
            notes=[] if why is None else [why],
            help="choose another directory"
            + (
                ", or pass `overwrite=True` (`--overwrite` on the command line) to replace a model"
                if why is None
                else ""
            ),
        )
    )


def _cannot_write(
    directory: str | Path, error: OSError | ValueError, what: str = "model"
) -> ModelFileError:
    number = error.errno if isinstance(error, OSError) else None
    why = error.strerror if isinstance(error, OSError) else str(error)
    return ModelFileError(
        diagnostic(
            "E504",
            f"the {what} cannot be written to {str(directory)!r}",
            notes=[f"the system says: {why or error}"],
            help="free some space, and save again"
            if number in _FULL
            else "choose another place, or make this one writable",
        )
    )
