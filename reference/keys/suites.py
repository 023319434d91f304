"""Cipher suites, curves and signature schemes as rows; what is not a row here is not spoken."""

from dataclasses import dataclass
from enum import Enum, IntEnum


class Authentication(Enum):
    """What kind of key signs."""

    ECDSA = "ECDSA"
    RSA = "RSA"


@dataclass(frozen=True, slots=True)
class Suite:
    """One cipher suite: code point, IANA name, signing key, and the sizes (octets) its key block needs."""

    code: int
    name: str
    authentication: Authentication
    hash_name: str
    key_length: int
    salt_length: int
    key_block_length: int


# fmt: off
SUITES: dict[int, Suite] = {  # RFC 5289, section 3.2
    row.code: row for row in (
        Suite(0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Authentication.ECDSA, "sha256", 16, 4, 40),
        Suite(0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",   Authentication.RSA,   "sha256", 16, 4, 40),
    )
}
# fmt: on


class Group(IntEnum):
    """Curves of the ephemeral key exchange (RFC 8422, section 5.1.1)."""

    SECP256R1 = 23
    X25519 = 29


class SignatureScheme(IntEnum):
    """Signature algorithms under their TLS 1.2 code points (RFC 5246, 7.4.1.4.1; RFC 8446, 4.2.3 for PSS)."""

    RSA_PKCS1_SHA256 = 0x0401
    ECDSA_SHA256 = 0x0403
    RSA_PSS_RSAE_SHA256 = 0x0804


SCHEME_PREFERENCE = (
    SignatureScheme.ECDSA_SHA256,
    SignatureScheme.RSA_PKCS1_SHA256,
    SignatureScheme.RSA_PSS_RSAE_SHA256,
)
"""What is offered, accepted and preferred for signatures; the one whose signatures do not replay comes last."""

SCHEME_KEYS: dict[int, Authentication] = {
    SignatureScheme.ECDSA_SHA256: Authentication.ECDSA,
    SignatureScheme.RSA_PKCS1_SHA256: Authentication.RSA,
    SignatureScheme.RSA_PSS_RSAE_SHA256: Authentication.RSA,
}
"""Which kind of key a scheme needs."""

CERTIFICATE_TYPES: dict[Authentication, int] = {Authentication.RSA: 1, Authentication.ECDSA: 64}
"""ClientCertificateType of CertificateRequest (RFC 5246, section 7.4.4; RFC 8422, section 5.5)."""
