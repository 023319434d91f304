"""Key exchange and signatures (RFC 8422; RFC 5246, sections 7.4.3, 7.4.7, 7.4.8).

Every draw of entropy behind a key exchange happens here, from the function passed in; ECDSA signs deterministically
(RFC 6979), so that a run replays octet for octet. The exceptions are RSA-PSS and RSA encryption, whose salt and padding
`cryptography` draws itself, and the keys on P-256 and P-384 of runs with `system_entropy`, which nobody can replay.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.keys.suites import SCHEME_KEYS, Authentication, Group, SignatureScheme

Entropy = Callable[[int], bytes]
"""Gives that many unpredictable octets; deterministic in replays."""


def system_entropy(count: int) -> bytes:
    """That many octets of the machine's own entropy."""
    return os.urandom(count)  # noqa: TID251 (named here because `make_private_key` has to know it)


PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class _Curve:
    """A curve of the library, the order of its group, and the octets of entropy behind a private key."""

    curve: ec.EllipticCurve
    order: int
    entropy: int


_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P384_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
_CURVES = {
    Group.SECP256R1: _Curve(ec.SECP256R1(), _P256_ORDER, 40),
    Group.SECP384R1: _Curve(ec.SECP384R1(), _P384_ORDER, 56),
}
_CURVE_CODES = {"secp256r1": 23, "secp384r1": 24, "secp521r1": 25}
_SHA256, _SHA384, _SHA512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()
_ECDH = ec.ECDH()


def _deterministic_ecdsa(hash_function: hashes.HashAlgorithm) -> ec.ECDSA:
    """RFC 6979 where the library's OpenSSL has it (3.2 and later), randomised signatures elsewhere."""
    try:
        return ec.ECDSA(hash_function, deterministic_signing=True)
    except UnsupportedAlgorithm:
        return ec.ECDSA(hash_function)


def _pss(hash_function: hashes.HashAlgorithm) -> padding.PSS:
    """The salt is as long as the hash (RFC 8446, section 4.2.3)."""
    return padding.PSS(padding.MGF1(hash_function), hash_function.digest_size)


_ECDSA_SIGN: dict[int, ec.ECDSA] = {
    SignatureScheme.ECDSA_SHA256: _deterministic_ecdsa(_SHA256),
    SignatureScheme.ECDSA_SHA384: _deterministic_ecdsa(_SHA384),
}
_ECDSA_VERIFY: dict[int, ec.ECDSA] = {
    SignatureScheme.ECDSA_SHA256: ec.ECDSA(_SHA256),
    SignatureScheme.ECDSA_SHA384: ec.ECDSA(_SHA384),
}
_RSA: dict[int, tuple[padding.PKCS1v15 | padding.PSS, hashes.HashAlgorithm]] = {
    SignatureScheme.RSA_PKCS1_SHA256: (padding.PKCS1v15(), _SHA256),
    SignatureScheme.RSA_PKCS1_SHA384: (padding.PKCS1v15(), _SHA384),
    SignatureScheme.RSA_PKCS1_SHA512: (padding.PKCS1v15(), _SHA512),
    SignatureScheme.RSA_PSS_RSAE_SHA256: (_pss(_SHA256), _SHA256),
    SignatureScheme.RSA_PSS_RSAE_SHA384: (_pss(_SHA384), _SHA384),
    SignatureScheme.RSA_PSS_RSAE_SHA512: (_pss(_SHA512), _SHA512),
}


@dataclass(frozen=True, slots=True)
class Share:
    """One side's ephemeral key: the curve, the public part as it is sent, and the private part."""

    group: Group
    public: bytes
    private: ec.EllipticCurvePrivateKey | X25519PrivateKey = field(repr=False)

    def agree(self, peer: bytes) -> bytes:
        """The pre-master secret (32 octets, 48 on P-384) with the peer's public part.

        Raises ProtocolError (illegal_parameter) if `peer` is no valid point of the curve (RFC 8422, section 5.11).
        """
        try:
            if isinstance(self.private, X25519PrivateKey):
                return self.private.exchange(X25519PublicKey.from_public_bytes(peer))
            if peer[:1] != b"\x04":  # uncompressed points only, RFC 8422, section 5.1.2
                raise ProtocolError(Cause.BAD_POINT, "the peer's point is not in uncompressed form")
            point = ec.EllipticCurvePublicKey.from_encoded_point(self.private.curve, peer)
            return self.private.exchange(_ECDH, point)
        except ValueError:
            raise ProtocolError(Cause.BAD_POINT, f"{len(peer)} octets are no point of {self.group.name}") from None


def make_private_key(entropy: Entropy, group: Group = Group.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """A key on P-256 or P-384, from 64 bits more of entropy than needed, so no value is noticeably preferred.

    Where the entropy is `system_entropy`, the library draws from the same source by itself, in half the time.
    """
    row = _CURVES[group]
    if entropy is system_entropy:
        return ec.generate_private_key(row.curve)
    return ec.derive_private_key(1 + int.from_bytes(entropy(row.entropy), "big") % (row.order - 1), row.curve)


def make_share(group: Group, entropy: Entropy) -> Share:
    """A fresh ephemeral key on the curve: 32 octets of entropy for X25519, 40 for P-256, 56 for P-384 (but see
    `make_private_key`)."""
    if group is Group.X25519:
        private = X25519PrivateKey.from_private_bytes(entropy(32))
        return Share(group, private.public_key().public_bytes_raw(), private)
    key = make_private_key(entropy, group)
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return Share(group, point, key)


PRE_MASTER_LENGTH = 48
"""Octets of the pre-master secret of RSA key exchange: the client's version and 46 unpredictable ones."""


def encrypt_pre_master(key: PublicKey, version: int, entropy: Entropy) -> tuple[bytes, bytes]:
    """A fresh pre-master secret, and the same encrypted to the server (RFC 5246, section 7.4.7.1).

    `version` is the one in ClientHello. Raises ProtocolError (unsupported_certificate) if the key is not an RSA key.
    """
    if not isinstance(key, rsa.RSAPublicKey):
        raise ProtocolError(Cause.UNSUPPORTED_CERTIFICATE)
    secret = version.to_bytes(2, "big") + entropy(PRE_MASTER_LENGTH - 2)
    return secret, key.encrypt(secret, padding.PKCS1v15())


def decrypt_pre_master(key: PrivateKey, version: int, encrypted: bytes, entropy: Entropy) -> bytes:
    """The pre-master secret that a client encrypted; one of this side's own in the place of any that is wrong.

    What is wrong, whether the padding, the length or the version inside, is neither told nor shown by another way
    through this function: 46 octets are always drawn, and which of the two secrets goes on is chosen by arithmetic, not
    by a branch (RFC 5246, section 7.4.7.1, against Bleichenbacher). The handshake then fails at Finished. From
    OpenSSL 3.2 on `cryptography` decrypts wrong padding to random octets in constant time; before it raises ValueError,
    whose cost in Python can be measured, as can be the conversions of integers here. Where that counts, forgo RSA key
    exchange, as the default configuration does. Raises ValueError if the key is not an RSA key (a fault of the caller).
    """
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"key: {type(key).__name__} is not an RSA key")
    own = entropy(PRE_MASTER_LENGTH - 2)
    try:
        found = key.decrypt(encrypted, padding.PKCS1v15())
    except ValueError:
        found = b""
    named = version.to_bytes(2, "big")
    sound = (len(found) == PRE_MASTER_LENGTH) & hmac.compare_digest(found[:2].ljust(2, b"\0"), named)
    theirs = int.from_bytes(found[2:PRE_MASTER_LENGTH].ljust(PRE_MASTER_LENGTH - 2, b"\0"), "big")
    mine = int.from_bytes(own, "big")
    mask = -int(sound) & ((1 << 8 * (PRE_MASTER_LENGTH - 2)) - 1)
    return named + (mine ^ ((mine ^ theirs) & mask)).to_bytes(PRE_MASTER_LENGTH - 2, "big")


def signed_parameters(client_random: bytes, server_random: bytes, parameters: bytes) -> bytes:
    """What the signature in ServerKeyExchange covers (RFC 8422, section 5.4)."""
    return client_random + server_random + parameters


def kind_of(key: PrivateKey | PublicKey) -> Authentication:
    """Whether this key signs by ECDSA, RSA or Ed25519."""
    return _kind_of_class(type(key))


@cache  # the library's classes of keys are abstract, and asking for those is slow
def _kind_of_class(key: type) -> Authentication:
    if issubclass(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return Authentication.ECDSA
    if issubclass(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return Authentication.RSA
    return Authentication.ED25519


def schemes_of(key: PrivateKey) -> tuple[SignatureScheme, ...]:
    """What this key can sign by: the schemes of its kind, without those whose hash is too long for an RSA modulus."""
    fitting = (scheme for scheme in SignatureScheme if SCHEME_KEYS[scheme] is kind_of(key))
    if not isinstance(key, rsa.RSAPrivateKey):
        return tuple(fitting)
    return tuple(scheme for scheme in fitting if key.key_size > 8 * (2 * _RSA[scheme][1].digest_size + 2))


def curve_of(key: PublicKey) -> int | None:
    """The code point of an elliptic curve key's curve (RFC 8422, section 5.1.1), None for RSA and unlisted curves."""
    return _CURVE_CODES.get(key.curve.name) if isinstance(key, ec.EllipticCurvePublicKey) else None


def sign(key: PrivateKey, scheme: int, data: bytes) -> bytes:
    """A signature over `data`. Raises ValueError if scheme and key do not fit (a fault of the caller)."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if scheme in _ECDSA_SIGN:
            return key.sign(data, _ECDSA_SIGN[scheme])
    elif isinstance(key, rsa.RSAPrivateKey):
        if scheme in _RSA:
            return key.sign(data, *_RSA[scheme])
    elif scheme == SignatureScheme.ED25519:
        return key.sign(data)
    raise ValueError(f"scheme: {scheme:#06x} does not fit a key for {kind_of(key).value}")


def verify(key: PublicKey, scheme: int, signature: bytes, data: bytes) -> None:
    """Checks a signature.

    Raises ProtocolError: illegal_parameter if the scheme is unknown or does not fit the key, decrypt_error if the
    signature is wrong.
    """
    if SCHEME_KEYS.get(scheme) is not kind_of(key):
        raise ProtocolError(Cause.SIGNATURE_NOT_OFFERED, f"signature scheme {scheme:#06x} with another kind of key")
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, _ECDSA_VERIFY[scheme])
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, *_RSA[scheme])
        else:
            key.verify(signature, data)
    except (InvalidSignature, ValueError):  # ValueError: an RSA key too short for the hash
        raise ProtocolError(Cause.BAD_SIGNATURE) from None
