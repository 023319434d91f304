"""Files that a user named: read with a clear refusal, written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rfc5077.properties.errors import UsageError


def write_whole(path: Path, text: str | bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all: a neighbour takes the octets, then takes the name; a link is followed.

    Args:
        path: where the text shall be; what was there is replaced.
        text: octets as they are, text as UTF-8.
        private: readable by its owner alone (mode 0600); else as the process's umask says.

    Raises:
        UsageError: the folder does not exist or cannot be written, or `path` is a folder, a device or a pipe; `path` is
            untouched then.
    """
    write_all({path: text}, private=private)


def write_all(texts: Mapping[Path, str | bytes], *, private: bool = False) -> None:
    """Write several files as `write_whole` writes one: all are on the disk before the first takes its name.

    Raises:
        UsageError: one cannot be written; where that is so for want of room or of rights, all are untouched.
    """
    neighbours: dict[Path, str] = {}
    path = Path()
    try:
        for named, text in texts.items():
            path = Path(os.path.realpath(named))
            if path.exists() and not path.is_file():
                raise UsageError(f"cannot write {path}: it is no regular file")
            handle, neighbours[path] = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode() if isinstance(text, str) else text)
            if not private:
                os.chmod(neighbours[path], 0o666 & ~_umask())
        for path, neighbour in neighbours.items():
            os.replace(neighbour, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    finally:
        for neighbour in neighbours.values():
            Path(neighbour).unlink(missing_ok=True)


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
