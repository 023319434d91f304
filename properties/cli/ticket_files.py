"""Files of ticket keys that a user named: read with a clear refusal, and a word about who else may read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rfc5077.properties.cli.output import warn_of_readers
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import read_octets
from rfc5077.reference.ticket.key_file import parse_key_file
from rfc5077.reference.ticket.key_ring import KeyRing, SealingKey

LONGEST_CONTEXT = 32
"""Octets that OpenSSL has room for."""

AEAD_KEY = 48
"""Octets of a key of the AEAD format: its name and an AES-256 key."""


def read_keys(path: Path, context: bytes | None = None, *, aead: bool = False) -> tuple[SealingKey, ...]:
    """The keys of a file, the one that seals first; says on stderr if others may read it.

    Raises:
        UsageError: it cannot be read, or holds no keys.
    """
    octets = read_octets(path)
    try:
        keys = parse_key_file(octets, context, aead=aead)
    except ValueError as error:
        if aead and octets and len(octets) % AEAD_KEY:
            raise UsageError(f"{path} has {len(octets)} octets", f"--aead wants keys of {AEAD_KEY}") from error
        raise UsageError(f"{path} holds no ticket keys: {error}") from error
    warn_of_readers(path, "every ticket")
    return keys


def read_ring(paths: Sequence[Path], context: bytes | None = None, *, aead: bool = False) -> KeyRing:
    """The keys of several files in order: the first key of the first file seals, all open.

    Raises:
        UsageError: as `read_keys`, and if two keys have one name.
    """
    keys = tuple(key for path in paths for key in read_keys(path, context, aead=aead))
    try:
        return KeyRing(keys)
    except ValueError as error:
        raise UsageError(f"{', '.join(map(str, paths))} cannot be used together: {error}") from error


def context_of(text: str) -> bytes:
    """A session id context as it was typed in hexadecimal digits, or a UsageError."""
    try:
        context = bytes.fromhex(text)
    except ValueError as error:
        raise UsageError(f"--context {text} is not in hexadecimal digits") from error
    if len(context) > LONGEST_CONTEXT:
        raise UsageError(f"--context has {len(context)} octets, more than {LONGEST_CONTEXT}")
    return context
