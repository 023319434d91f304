"""Cipher suites, curves and signature schemes as rows; what is not a row here is not spoken."""

from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Authentication(Enum):
    """What kind of key signs (or, with RSA key exchange, decrypts)."""

    ECDSA = "ECDSA"
    RSA = "RSA"
    ED25519 = "Ed25519"


class KeyExchange(Enum):
    """How both sides come to a pre-master secret."""

    ECDHE = "ECDHE"
    """Ephemeral shares, the server's signed (RFC 8422)."""
    RSA = "RSA"
    """The client's choice, encrypted to the server's certificate (RFC 5246, section 7.4.7.1); no forward secrecy."""


class Cipher(Enum):
    """How records are protected."""

    AES_GCM = "AES-GCM"
    CHACHA20_POLY1305 = "ChaCha20-Poly1305"
    AES_CBC = "AES-CBC with HMAC"


@dataclass(frozen=True, slots=True)
class Suite:
    """One cipher suite.

    Attributes:
        code, name: code point and IANA name.
        exchange: how the pre-master secret comes about.
        authentication: the server's key; where it is ECDSA, Ed25519 will do as well (RFC 8422, section 2).
        cipher: how records are protected.
        hash_name: of the pseudo-random function and the transcript.
        key_length, salt_length: octets of each direction's key, and of the part of the nonce that is never sent.
        mac_name: hash of the HMAC, empty for AEAD.
        mac_length: octets of the HMAC and of its key, 0 for AEAD.
        key_block_length: octets of both directions' keys.
    """

    code: int
    name: str
    exchange: KeyExchange
    authentication: Authentication
    cipher: Cipher
    hash_name: str
    key_length: int
    salt_length: int
    mac_name: str = ""
    mac_length: int = field(init=False)
    key_block_length: int = field(init=False)

    def __post_init__(self) -> None:
        mac_length = MAC_LENGTHS[self.mac_name]
        object.__setattr__(self, "mac_length", mac_length)
        object.__setattr__(self, "key_block_length", 2 * (mac_length + self.key_length + self.salt_length))

    def accepts(self, kind: Authentication) -> bool:
        """Whether a server's certificate with this kind of key belongs to the suite."""
        return kind is self.authentication or (kind is _ED25519 and self.authentication is _ECDSA)


MAC_LENGTHS = {"": 0, "sha1": 20, "sha256": 32, "sha384": 48}
"""Octets of each HMAC."""

_ECDHE, _RSA_KX = KeyExchange.ECDHE, KeyExchange.RSA
_ECDSA, _RSA, _ED25519 = Authentication.ECDSA, Authentication.RSA, Authentication.ED25519
_GCM, _CHACHA, _CBC = Cipher.AES_GCM, Cipher.CHACHA20_POLY1305, Cipher.AES_CBC

# fmt: off
_ROWS = (  # RFC 5289, RFC 7905, RFC 8422 (section 6), RFC 5288, RFC 5246 (appendix A.5)
    Suite(0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",       _ECDHE,  _ECDSA, _GCM,    "sha256", 16, 4),
    Suite(0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",         _ECDHE,  _RSA,   _GCM,    "sha256", 16, 4),
    Suite(0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",       _ECDHE,  _ECDSA, _GCM,    "sha384", 32, 4),
    Suite(0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",         _ECDHE,  _RSA,   _GCM,    "sha384", 32, 4),
    Suite(0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", _ECDHE,  _ECDSA, _CHACHA, "sha256", 32, 12),
    Suite(0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",   _ECDHE,  _RSA,   _CHACHA, "sha256", 32, 12),
    Suite(0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",       _ECDHE,  _ECDSA, _CBC,    "sha256", 16, 0, "sha256"),
    Suite(0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",         _ECDHE,  _RSA,   _CBC,    "sha256", 16, 0, "sha256"),
    Suite(0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",       _ECDHE,  _ECDSA, _CBC,    "sha384", 32, 0, "sha384"),
    Suite(0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",         _ECDHE,  _RSA,   _CBC,    "sha384", 32, 0, "sha384"),
    Suite(0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",          _ECDHE,  _ECDSA, _CBC,    "sha256", 16, 0, "sha1"),
    Suite(0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",            _ECDHE,  _RSA,   _CBC,    "sha256", 16, 0, "sha1"),
    Suite(0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",          _ECDHE,  _ECDSA, _CBC,    "sha256", 32, 0, "sha1"),
    Suite(0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",            _ECDHE,  _RSA,   _CBC,    "sha256", 32, 0, "sha1"),
    Suite(0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256",               _RSA_KX, _RSA,   _GCM,    "sha256", 16, 4),
    Suite(0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384",               _RSA_KX, _RSA,   _GCM,    "sha384", 32, 4),
    Suite(0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256",               _RSA_KX, _RSA,   _CBC,    "sha256", 16, 0, "sha256"),
    Suite(0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256",               _RSA_KX, _RSA,   _CBC,    "sha256", 32, 0, "sha256"),
    Suite(0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA",                  _RSA_KX, _RSA,   _CBC,    "sha256", 16, 0, "sha1"),
    Suite(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA",                  _RSA_KX, _RSA,   _CBC,    "sha256", 32, 0, "sha1"),
)
# fmt: on

SUITES: dict[int, Suite] = {row.code: row for row in _ROWS}
"""All suites that are spoken, by code point."""

CBC_SUITES = frozenset(code for code, row in SUITES.items() if row.cipher is Cipher.AES_CBC)
"""Those for which encrypt-then-MAC is a question (RFC 7366)."""

AES_128_GCM = SUITES[0xC02B]

DEFAULT_SUITES = (0xC02B, 0xC02F)
"""What is offered and accepted where a configuration says nothing else."""

ALL_SUITES = (*DEFAULT_SUITES, *(code for code in SUITES if code not in DEFAULT_SUITES))
"""Everything that is spoken, in the order in which it is offered."""


class Group(IntEnum):
    """Curves of the ephemeral key exchange (RFC 8422, section 5.1.1)."""

    SECP256R1 = 23
    SECP384R1 = 24
    X25519 = 29


DEFAULT_GROUPS = (Group.X25519, Group.SECP256R1)
"""What is offered and accepted where a configuration says nothing else."""

ALL_GROUPS = (*DEFAULT_GROUPS, Group.SECP384R1)
"""All that are spoken, by preference. Who offers fewer is not shown a certificate on a curve that is missing."""


class SignatureScheme(IntEnum):
    """Signature algorithms under their TLS 1.2 code points (RFC 5246, 7.4.1.4.1; RFC 8446, 4.2.3; RFC 8422, 5.1.3)."""

    RSA_PKCS1_SHA256 = 0x0401
    ECDSA_SHA256 = 0x0403
    RSA_PKCS1_SHA384 = 0x0501
    ECDSA_SHA384 = 0x0503
    RSA_PKCS1_SHA512 = 0x0601
    RSA_PSS_RSAE_SHA256 = 0x0804
    RSA_PSS_RSAE_SHA384 = 0x0805
    RSA_PSS_RSAE_SHA512 = 0x0806
    ED25519 = 0x0807


SCHEME_PREFERENCE = (
    SignatureScheme.ECDSA_SHA256,
    SignatureScheme.RSA_PKCS1_SHA256,
    SignatureScheme.RSA_PSS_RSAE_SHA256,
)
"""What is offered, accepted and preferred for signatures where a configuration says nothing else; the one whose
signatures do not replay comes last."""

SCHEME_KEYS: dict[int, Authentication] = {
    SignatureScheme.RSA_PKCS1_SHA256: Authentication.RSA,
    SignatureScheme.ECDSA_SHA256: Authentication.ECDSA,
    SignatureScheme.RSA_PKCS1_SHA384: Authentication.RSA,
    SignatureScheme.ECDSA_SHA384: Authentication.ECDSA,
    SignatureScheme.RSA_PKCS1_SHA512: Authentication.RSA,
    SignatureScheme.RSA_PSS_RSAE_SHA256: Authentication.RSA,
    SignatureScheme.RSA_PSS_RSAE_SHA384: Authentication.RSA,
    SignatureScheme.RSA_PSS_RSAE_SHA512: Authentication.RSA,
    SignatureScheme.ED25519: Authentication.ED25519,
}
"""Which kind of key a scheme needs."""

CERTIFICATE_TYPES: dict[Authentication, int] = {
    Authentication.RSA: 1,
    Authentication.ECDSA: 64,
    Authentication.ED25519: 64,
}
"""ClientCertificateType of CertificateRequest (RFC 5246, section 7.4.4; RFC 8422, section 5.5)."""
