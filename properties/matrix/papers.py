"""Certificates and keys as the files that foreign programs read."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from rfc5077.reference.keys.credentials import Credentials


def fingerprint(certificate: bytes) -> str:
    """The SHA-1 digest of a DER certificate, in hex: what each of the stacks can say of a certificate it has seen."""
    return hashlib.sha1(certificate).hexdigest()


@dataclass(frozen=True)
class Identity:
    """Somebody's chain and key: the PEM files, and the values that they hold."""

    certificate: str
    key: str
    credentials: Credentials

    @property
    def fingerprint(self) -> str:
        """Of the identity's own certificate."""
        return fingerprint(self.credentials.chain[0])


@dataclass(frozen=True)
class Papers:
    """What both sides of a dialogue show and trust.

    Attributes:
        folder: for further files.
        roots, stranger: root certificates, the right one and another that has signed nothing here.
        ecdsa, rsa: identities of a server "localhost".
        client: identity of a client.
    """

    folder: Path
    roots: str
    stranger: str
    ecdsa: Identity
    rsa: Identity
    client: Identity


def write_papers(folder: Path, roots: str, stranger: str, **identities: Credentials) -> Papers:
    """Writes root certificates (PEM) and identities into files."""
    files = {name: folder / f"{name}.pem" for name in ("roots", "stranger")}
    files["roots"].write_text(roots, encoding="ascii")
    files["stranger"].write_text(stranger, encoding="ascii")
    written = {name: _write(folder / name, credentials) for name, credentials in identities.items()}
    return Papers(folder, str(files["roots"]), str(files["stranger"]), **written)


def _write(stem: Path, credentials: Credentials) -> Identity:
    certificate, key = stem.with_suffix(".crt"), stem.with_suffix(".key")
    certificate.write_bytes(credentials.chain_pem())
    key.write_bytes(credentials.key_pem())
    return Identity(str(certificate), str(key), credentials)
