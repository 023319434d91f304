"""Certificates and keys as the files that foreign programs read."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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
        large: identity of a client whose certificate, and so the ticket that holds it, is of some thousand octets.
        impostor: identity of a client under the stranger.
    """

    folder: Path
    roots: str
    stranger: str
    ecdsa: Identity
    rsa: Identity
    client: Identity
    large: Identity
    impostor: Identity


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


# --- made on the spot -------------------------------------------------------------------------------------------------

SERVER_NAMES = ("localhost", "a.example", "b.example")
MANY_NAMES = tuple(f"number-{number:03}.of-many-names-in-one-certificate.example" for number in range(60))
"""Enough of them to make a certificate of more than 3,000 octets."""


@dataclass(frozen=True)
class Authority:
    """A certification authority of one run."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """Its certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def make_papers(folder: Path, now: float) -> Papers:
    """New keys and certificates, good for a day around `now` (seconds since 1970), in a folder."""
    ours, stranger = make_authority("Matrix root", now), make_authority("Stranger", now)
    server, client = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    return write_papers(
        folder, ours.pem, stranger.pem,
        ecdsa=issue(ours, ec.generate_private_key(ec.SECP256R1()), SERVER_NAMES, server, now),
        rsa=issue(ours, rsa.generate_private_key(65537, 2048), SERVER_NAMES, server, now),
        client=issue(ours, ec.generate_private_key(ec.SECP256R1()), ("client.example",), client, now),
        large=issue(ours, ec.generate_private_key(ec.SECP256R1()), ("large.example", *MANY_NAMES), client, now),
        impostor=issue(stranger, ec.generate_private_key(ec.SECP256R1()), ("client.example",), client, now),
    )  # fmt: skip


def make_authority(common_name: str, now: float) -> Authority:
    """A new authority, good for a day around `now` (seconds since 1970)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = _builder(name, name, key.public_key(), now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(usage, critical=True)
    return Authority(name, key, builder.sign(key, hashes.SHA256()))


def issue(
    by: Authority, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, names: tuple[str, ...],
    purpose: x509.ObjectIdentifier, now: float, signs: bool = True,
) -> Credentials:  # fmt: skip
    """A certificate for these names and this use (extendedKeyUsage), good for a day around `now`, and its key.

    By keyUsage the key may sign, or else agree on keys; one for RSA may also decrypt.
    """
    deciphers = isinstance(key, rsa.RSAPrivateKey)
    usage = x509.KeyUsage(signs, False, deciphers, False, not signs, False, False, False, False)
    builder = _builder(_name(names[0]), by.name, key.public_key(), now)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    certificate = builder.add_extension(above, critical=False).sign(by.key, hashes.SHA256())
    return Credentials((certificate.public_bytes(serialization.Encoding.DER),), key)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, now: float
) -> x509.CertificateBuilder:
    """A day before and a day after; with the identifier of its key."""
    noon, day = datetime.fromtimestamp(now, UTC), timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.not_valid_before(noon - day).not_valid_after(noon + day)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
