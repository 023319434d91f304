"""Files that a user named: read with a clear refusal, written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rfc5077.properties.errors import UsageError


def write_whole(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file whole or not at all: a neighbour takes the octets, then takes the name; a link is followed.

    Args:
        path: where the text shall be; what was there is replaced.
        text: written as UTF-8.
        private: readable by its owner alone (mode 0600); else as the process's umask says.

    Raises:
        UsageError: the folder does not exist or cannot be written, or `path` is a folder, a device or a pipe; `path` is
            untouched then.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise UsageError(f"cannot write {path}: it is no regular file")
    try:
        handle, neighbour = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            if not private:
                os.chmod(neighbour, 0o666 & ~_umask())
            os.replace(neighbour, path)
        finally:
            Path(neighbour).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def check_folder(path: Path, mark: str) -> None:
    """Whether `write_folder` may make or replace this folder; asked before the work that fills it.

    Args:
        path: not there yet, empty, or a folder that an earlier `write_folder` made.
        mark: the file that such a folder has.

    Raises:
        UsageError: the folder holds something else, or nothing can be written beside it.
    """
    if path.exists() and not path.is_dir():
        raise UsageError(f"cannot write {path}: it is no folder")
    try:
        strange = path.is_dir() and any(path.iterdir()) and not (path / mark).is_file()
        if not strange:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.rmdir(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    if strange:
        raise UsageError(f"{path} holds other files (it has no {mark})", "Name a folder that is empty or not there yet")


def write_folder(path: Path, texts: Mapping[str, str], mark: str) -> None:
    """Make a folder of these files whole or not at all; one that was made before is replaced.

    Args:
        path: where the folder shall be.
        texts: the text of each file by its name below `path`, with `/` between folders; written as UTF-8.
        mark: one of these names, by which the folder is known as ours.

    Raises:
        UsageError: as `check_folder`, or it cannot be written; `path` is untouched then.
    """
    check_folder(path, mark)
    path = Path(os.path.realpath(path))
    try:
        neighbour = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            for name, text in texts.items():
                (neighbour / name).parent.mkdir(parents=True, exist_ok=True)
                (neighbour / name).write_text(text, encoding="utf-8")
            neighbour.chmod(0o777 & ~_umask())
            _take_place(neighbour, path)
        finally:
            shutil.rmtree(neighbour, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _take_place(new: Path, path: Path) -> None:
    """The new folder gets the name; what had it before is deleted."""
    former = new.with_name(f"{new.name}.former")
    with suppress(FileNotFoundError):
        path.rename(former)
    try:
        new.rename(path)
    except OSError:
        former.rename(path)
        raise
    shutil.rmtree(former, ignore_errors=True)


LARGEST = 16 * 1024 * 1024
"""Octets that a file of certificates, keys or a session may have: a device without end is not read to its end."""


def read_octets(path: Path) -> bytes:
    """What a file holds that a user named.

    Raises:
        UsageError: there is no such file, it cannot be read, or it is larger than `LARGEST`.
    """
    try:
        with path.open("rb") as source:
            octets = source.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    if len(octets) > LARGEST:
        raise UsageError(f"cannot read {path}: it is larger than {LARGEST // 1024 // 1024} MiB")
    return octets


def read_text(path: Path) -> str:
    """The text of a file that a user named.

    Raises:
        UsageError: there is no such file, it cannot be read, it is too large, or it is not UTF-8.
    """
    try:
        return read_octets(path).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text (UTF-8): octet {error.start} does not fit") from error


def _umask() -> int:
    """The process's file mode mask; reading it means setting it for a moment."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
