"""What `serve` and `connect` are given as files: certificates, keys, roots, and where secrets are logged.

A server may read its files again while it serves: all of them count from then on, or, if one cannot be used, none.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from rfc5077.properties.cli.output import notice, warn_of_readers
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import read_octets

if TYPE_CHECKING:
    from rfc5077.reference.handshake.config import KeyLog, ServerConfig
    from rfc5077.reference.keys.credentials import Credentials, TrustAnchors
    from rfc5077.reference.ticket.key_ring import KeyRing

VARIABLE = "SSLKEYLOGFILE"


@dataclass(frozen=True)
class ServerFiles:
    """The files of a server, as they were named: None, or none, where there is no such file.

    Attributes:
        certs, keys: its chains, and a private key for each (PEM).
        client_ca: roots of clients' certificates (PEM).
        ticket_keys: files of ticket keys; the first key of the first seals, all open.
        context: session id context of the keys in hexadecimal digits.
        aead: whether the keys are AES-256-GCM's.
    """

    certs: tuple[Path, ...]
    keys: tuple[Path, ...]
    client_ca: Path | None
    ticket_keys: tuple[Path, ...]
    context: str | None
    aead: bool

    @property
    def named(self) -> bool:
        """Whether there is any."""
        return bool(self.certs or self.client_ca or self.ticket_keys)

    def read(self, config: ServerConfig) -> ServerConfig:
        """The configuration with what the files hold now; the rest is left as it is.

        Raises:
            UsageError: a file cannot be used, or not together with the others; names it.
        """
        from rfc5077.reference.keys.suites import SUITES

        pairs = zip_longest(self.certs, self.keys)
        own = tuple(found for cert, key in pairs if (found := credentials_of(cert, key)) is not None)
        credentials = own or config.credentials
        ring = ring_of(self.ticket_keys, self.context, self.aead) or config.key_ring
        roots = config.client_roots if self.client_ca is None else roots_of(self.client_ca)
        if not any(SUITES[code].accepts(one.kind) for code in config.suites for one in credentials):
            kinds = " and ".join(one.kind.value for one in credentials)
            raise UsageError(f"none of the cipher suites is for a certificate with a key for {kinds}")
        try:
            return replace(config, credentials=credentials, key_ring=ring, client_roots=roots)
        except ValueError as error:
            raise UsageError(f"the files cannot be used together: {error}") from error


def credentials_of(cert: Path | None, key: Path | None) -> Credentials | None:
    """A certificate and its key; None without files.

    Raises:
        UsageError: one is missing, cannot be read, or they do not belong together; names the file.
    """
    from rfc5077.reference.keys.credentials import Credentials, validity

    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise UsageError("--cert and --key belong together")
    chain, private = read_octets(cert), read_octets(key)
    for file, octets, what in ((cert, chain, "certificate"), (key, private, "private key")):
        _check_pem(file, octets, what)
    warn_of_readers(key, "the private key in it")
    try:
        own = Credentials.from_pem(chain, private)
    except TypeError as error:
        raise UsageError(f"{key} is encrypted", f"Give it in the clear: openssl pkey -in {key}") from error
    except ValueError as error:
        raise UsageError(f"{cert} and {key} cannot be used: {str(error).partition('. See ')[0]}") from error
    begin, end = validity(own)
    if not begin <= time.time() <= end:
        notice(f"warning: {cert} is out of its time, and peers that look will refuse it")
    return own


def ring_of(files: tuple[Path, ...], context: str | None, aead: bool) -> KeyRing | None:
    """The keys of the files in order; None without files."""
    if not files:
        if aead or context is not None:
            raise UsageError("--context and --aead are about keys", "Name their file with --ticket-keys")
        return None
    from rfc5077.properties.cli.ticket_files import context_of, read_ring

    return read_ring(files, None if context is None else context_of(context), aead=aead)


def key_log_of(file: str | None) -> KeyLog | None:
    """Where secrets are logged; the word SSLKEYLOGFILE stands for what the environment says under that name."""
    from rfc5077.reference.key_log import KeyLogFile

    if file == VARIABLE:
        file = os.environ.get(VARIABLE)
        if not file:
            raise UsageError(f"--key-log {VARIABLE}: the environment has no such variable", "Name a file")
    if file is None:
        return None
    try:
        log = KeyLogFile(Path(file))
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error

    def write(line: str) -> None:
        try:
            log(line)
        except OSError as error:
            raise OSError(error.errno, error.strerror, file) from error

    return write


def forgiving(log: KeyLog | None) -> KeyLog | None:
    """A key log that, where it cannot be written, says so once and is no reason to refuse a handshake."""
    told = threading.Event()

    def write(line: str) -> None:
        try:
            if log is not None:
                log(line)
        except OSError as error:
            if not told.is_set():
                told.set()
                notice(f"warning: cannot write {error.filename}: {error.strerror}; handshakes go on without it")

    return None if log is None else write


def roots_of(ca: Path | None) -> TrustAnchors:
    """Whom to trust: the certificates of a file, else those of the system.

    Raises:
        UsageError: there are none, or they cannot be read.
    """
    from rfc5077.reference.keys.credentials import TrustAnchors

    if ca is None:
        import ssl

        bundle = ssl.get_default_verify_paths().cafile
        if bundle is None:
            raise UsageError("this system keeps no bundle of trusted roots", "Name one with --ca, or use --insecure")
        ca = Path(bundle)
    pem = read_octets(ca)
    _check_pem(ca, pem, "certificate")
    try:
        with warnings.catch_warnings(action="ignore"):  # of old roots: not the user's doing
            return TrustAnchors.from_pem(pem)
    except ValueError as error:
        why = str(error).partition(". See ")[0]
        raise UsageError(f"{ca} holds no certificates that can be read: {why}") from error


def _check_pem(file: Path, octets: bytes, what: str) -> None:
    """Whether there is something of the kind in a file; what is wrong with it is for others to say."""
    if what.upper().encode() not in octets:
        raise UsageError(f"{file} holds no PEM text with a {what}")
