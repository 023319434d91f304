"""Certificates: what a side shows of itself, whom it trusts, and the check of a peer's chain.

Chains are checked by `cryptography.x509.verification` at the time passed in, with two rules of the web's own profile
relaxed that RFC 5280 does not have: key identifiers may be missing, and so may keyUsage of a root.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.keys.exchange import (
    Entropy,
    PrivateKey,
    PublicKey,
    curve_of,
    kind_of,
    make_private_key,
    schemes_of,
)
from rfc5077.reference.keys.suites import Authentication, SignatureScheme

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")

UNREADABLE = (
    ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)  # fmt: skip
"""What `cryptography` raises, early or late, for certificates that are none."""

SELF_SIGNED_DAYS = 30
"""How long a certificate made by `self_signed` is valid."""


@dataclass(frozen=True)
class Credentials:
    """A certificate chain (DER, own certificate first) and its private key.

    `kind` says whether the key signs by ECDSA, RSA or Ed25519, `schemes` by what exactly; `curve` is the code point of
    an ECDSA key's curve: None for other keys, and for curves that TLS 1.2 peers do not list.
    """

    chain: tuple[bytes, ...]
    key: PrivateKey = field(repr=False)
    kind: Authentication = field(init=False)
    curve: int | None = field(init=False)
    schemes: tuple[SignatureScheme, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not self.chain:
            raise ValueError("chain: () has no certificate")
        own = x509.load_der_x509_certificate(self.chain[0])
        if own.public_key() != self.key.public_key():
            raise ValueError(f"key: does not belong to the certificate of {own.subject.rfc4514_string()!r}")
        object.__setattr__(self, "kind", kind_of(self.key))
        object.__setattr__(self, "curve", curve_of(self.key.public_key()))
        object.__setattr__(self, "schemes", schemes_of(self.key))

    @classmethod
    def from_pem(cls, chain: bytes, key: bytes, password: bytes | None = None) -> Self:
        """From PEM texts. Raises ValueError if they cannot be read or do not belong together."""
        certificates = x509.load_pem_x509_certificates(chain)
        private = serialization.load_pem_private_key(key, password)
        if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey):
            raise ValueError(f"key: {type(private).__name__} is no key for ECDSA, RSA or Ed25519")
        return cls(tuple(c.public_bytes(serialization.Encoding.DER) for c in certificates), private)

    def chain_pem(self) -> bytes:
        """The chain as PEM."""
        parsed = (x509.load_der_x509_certificate(der) for der in self.chain)
        return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in parsed)

    def key_pem(self) -> bytes:
        """The private key as PEM (PKCS #8, not encrypted)."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def _check_key_usage(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("keyUsage does not allow the key to sign certificates")


def _ca_policy() -> verification.ExtensionPolicy:
    anyhow = verification.Criticality.AGNOSTIC
    policy = verification.ExtensionPolicy.webpki_defaults_ca()
    policy = policy.may_be_present(x509.SubjectKeyIdentifier, anyhow, None)
    policy = policy.may_be_present(x509.AuthorityKeyIdentifier, anyhow, None)
    return policy.may_be_present(x509.KeyUsage, anyhow, _check_key_usage)


def _server_policy() -> verification.ExtensionPolicy:
    policy = verification.ExtensionPolicy.webpki_defaults_ee()
    return policy.may_be_present(x509.AuthorityKeyIdentifier, verification.Criticality.AGNOSTIC, None)


def _client_policy() -> verification.ExtensionPolicy:
    # A client's identity need not be a host name: its certificate may lack subjectAltName.
    return _server_policy().may_be_present(x509.SubjectAlternativeName, verification.Criticality.AGNOSTIC, None)


_CA_POLICY = _ca_policy()
_SERVER_POLICY = _server_policy()
_CLIENT_POLICY = _client_policy()


class TrustAnchors:
    """The roots that a chain has to lead to; a peer's own certificate may be one of them. Read once, used often."""

    def __init__(self, certificates: tuple[bytes, ...]) -> None:
        """`certificates`: DER. Raises ValueError if there is none or one cannot be read."""
        if not certificates:
            raise ValueError("certificates: () trusts nobody")
        self.certificates = certificates
        self._roots = [x509.load_der_x509_certificate(der) for der in certificates]
        self.names = tuple(certificate.subject.public_bytes() for certificate in self._roots)
        builder = verification.PolicyBuilder().store(verification.Store(self._roots))
        self._for_servers = builder.extension_policies(ca_policy=_CA_POLICY, ee_policy=_SERVER_POLICY)
        self._for_clients = builder.extension_policies(ca_policy=_CA_POLICY, ee_policy=_CLIENT_POLICY)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """From a PEM bundle. Raises ValueError if it cannot be read."""
        parsed = x509.load_pem_x509_certificates(pem)
        return cls(tuple(certificate.public_bytes(serialization.Encoding.DER) for certificate in parsed))

    def verify_server(self, chain: tuple[x509.Certificate, ...], server_name: str, now: float) -> None:
        """Checks that the chain leads from `server_name` (host name or IP address) to a root, `now` in seconds UTC.

        Raises ProtocolError: certificate_expired, bad_certificate (another name, a wrong signature, unreadable),
        unsupported_certificate (not for servers) or unknown_ca.
        """
        policy = self._for_servers.time(_time(now))
        try:
            policy.build_server_verifier(_subject(server_name)).verify(chain[0], list(chain[1:]))
        except (verification.VerificationError, ValueError) as error:
            raise _diagnosis(chain, self._roots, server_name, now, str(error)) from None
        except UNREADABLE as error:
            raise ProtocolError(Cause.BAD_CERTIFICATE, f"a certificate cannot be read: {error}") from None

    def verify_client(self, chain: tuple[x509.Certificate, ...], now: float) -> None:
        """Checks that a client's chain leads to a root.

        Raises ProtocolError: certificate_expired, bad_certificate (a wrong signature, unreadable),
        unsupported_certificate (not for clients) or unknown_ca.
        """
        policy = self._for_clients.time(_time(now))
        try:
            policy.build_client_verifier().verify(chain[0], list(chain[1:]))
        except (verification.VerificationError, ValueError) as error:
            raise _diagnosis(chain, self._roots, None, now, str(error)) from None
        except UNREADABLE as error:
            raise ProtocolError(Cause.BAD_CERTIFICATE, f"a certificate cannot be read: {error}") from None


def _time(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


@lru_cache(maxsize=256)
def _subject(server_name: str) -> x509.DNSName | x509.IPAddress:
    address = ip_address(server_name)
    return x509.DNSName(server_name) if address is None else x509.IPAddress(address)


def check_name(field: str, name: str) -> None:
    """Raises ValueError, naming the field, unless `name` is a host name or an IP address."""
    if ip_address(name) is None and not (len(name) <= 253 and _HOST_NAME.fullmatch(name)):
        raise ValueError(f"{field}: {name!r} is neither a host name nor an IP address")


def ip_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address if `name` is a literal one (which server_name may not carry, RFC 6066, section 3), else None."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _diagnosis(
    chain: tuple[x509.Certificate, ...], roots: list[x509.Certificate], server_name: str | None, now: float, said: str
) -> ProtocolError:
    """Which alert fits a chain that did not verify (RFC 5246, 7.2.2); `said` is the verifier's own reason."""
    moment = _time(now)
    detail = said.replace("\n", " ")
    if any(not c.not_valid_before_utc <= moment <= c.not_valid_after_utc for c in chain):
        return ProtocolError(Cause.CERTIFICATE_EXPIRED, detail)
    if server_name is not None and "subjectAltName" in said:
        return ProtocolError(Cause.WRONG_NAME, detail)
    if "EKU" in said:
        return ProtocolError(Cause.WRONG_USE, detail)
    if "signature does not match" in said and _names_a_key_of(chain, roots):
        return ProtocolError(Cause.FORGED_CERTIFICATE, detail)
    return ProtocolError(Cause.UNKNOWN_CA, detail)


def _names_a_key_of(chain: tuple[x509.Certificate, ...], roots: list[x509.Certificate]) -> bool:
    """Whether a certificate names a key that is there as the one that has signed it; a name alone may be another's."""
    try:
        named = {_identifier(each, x509.AuthorityKeyIdentifier) for each in chain} - {None}
        there = {_identifier(each, x509.SubjectKeyIdentifier) for each in (*chain[1:], *roots)}
    except UNREADABLE:
        return False
    return not named.isdisjoint(there)


def _identifier(
    certificate: x509.Certificate, kind: type[x509.AuthorityKeyIdentifier | x509.SubjectKeyIdentifier]
) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value.key_identifier
    except x509.ExtensionNotFound:
        return None


def validity(credentials: Credentials) -> tuple[float, float]:
    """From when to when the own certificate is valid, in seconds UTC."""
    own = x509.load_der_x509_certificate(credentials.chain[0])
    return own.not_valid_before_utc.timestamp(), own.not_valid_after_utc.timestamp()


def parse_chain(chain: tuple[bytes, ...]) -> tuple[x509.Certificate, ...]:
    """Reads DER certificates. Raises ProtocolError (bad_certificate) if one cannot be read."""
    try:
        return tuple([x509.load_der_x509_certificate(der) for der in chain])
    except UNREADABLE as error:
        raise ProtocolError(Cause.BAD_CERTIFICATE, f"a certificate cannot be read: {error}") from None


def public_key(certificate: x509.Certificate) -> PublicKey:
    """The key of a certificate.

    Raises ProtocolError: unsupported_certificate if it is none for ECDSA, RSA or Ed25519, bad_certificate if it cannot
    be read.
    """
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm as error:
        raise ProtocolError(Cause.UNSUPPORTED_CERTIFICATE, f"a key of an unknown kind: {error}") from None
    except UNREADABLE as error:
        raise ProtocolError(Cause.BAD_CERTIFICATE, f"a certificate's key cannot be read: {error}") from None
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey):
        raise ProtocolError(Cause.UNSUPPORTED_CERTIFICATE, f"a certificate with a {type(key).__name__}")
    return key


def check_encipherment(certificate: x509.Certificate) -> None:
    """Whether the key may decrypt a pre-master secret (RFC 5246, section 7.4.2).

    Raises ProtocolError: unsupported_certificate if keyUsage says it may not, bad_certificate if that cannot be read.
    """
    usage = _key_usage(certificate)
    if usage is not None and not usage.key_encipherment:
        raise ProtocolError(Cause.UNSUPPORTED_CERTIFICATE, "keyUsage does not allow the key to decrypt")


def check_signing(certificate: x509.Certificate) -> None:
    """Whether the key may sign: a server's its share, a client's the handshake (RFC 5246, sections 7.4.2 and 7.4.6).

    Raises ProtocolError: unsupported_certificate if keyUsage says it may not, bad_certificate if that cannot be read.
    """
    usage = _key_usage(certificate)
    if usage is not None and not usage.digital_signature:
        raise ProtocolError(Cause.UNSUPPORTED_CERTIFICATE, "keyUsage does not allow the key to sign")


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    except UNREADABLE as error:
        raise ProtocolError(Cause.BAD_CERTIFICATE, f"a certificate's extensions cannot be read: {error}") from None


def self_signed(name: str, now: float, entropy: Entropy) -> Credentials:
    """Credentials for tries on one machine: an ECDSA key on P-256 and a certificate that nobody else signed.

    Valid for `name`, and for 127.0.0.1 and ::1 as well, from an hour before `now` (seconds UTC) for
    `SELF_SIGNED_DAYS`. Key and serial number are drawn from `entropy`.
    """
    key = make_private_key(entropy)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    literal = ip_address(name)
    wanted: list[x509.GeneralName] = [x509.DNSName(name) if literal is None else x509.IPAddress(literal)]
    wanted += [x509.IPAddress(ipaddress.ip_address(host)) for host in ("127.0.0.1", "::1") if host != name]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1 + int.from_bytes(entropy(16), "big"))
        .not_valid_before(_time(now) - timedelta(hours=1))
        .not_valid_after(_time(now) + timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return Credentials((certificate.public_bytes(serialization.Encoding.DER),), key)
