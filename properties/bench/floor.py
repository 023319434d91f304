"""What a handshake costs at least: the bare primitives of `cryptography` and `hashlib` that both ends need, no more.

The operations are those of the benchmark's handshakes, on octets of the right lengths: P-256, ECDSA, AES-128-GCM with
SHA-256, extended master secret, a ticket by section 4 of RFC 5077. No message is written or read, nothing is decided.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from rfc5077.properties.bench.identity import NAME, issued

ENDS = ("client", "server")
SECRET, PRE_MASTER, RANDOM, HASH = 48, 32, 32, 32
KEY, SALT, BLOCK, VERIFY_DATA, FINISHED = 16, 4, 16, 12, 16
PARAMETERS, LABEL, STATE = 69, 15, 80
"""Octets: secrets, random, SHA-256; AES-128-GCM; Finished without and with its header; what ServerKeyExchange signs
besides the randoms, a label, a session inside a ticket."""

FULL_MESSAGES = (180, 90, 620, 150, 4, 70, 16, 200, 16)
RESUMED_MESSAGES = (370, 90, 16, 16)
"""Octets of the messages that are hashed."""

_CURVE, _SHA256 = ec.SECP256R1(), hashes.SHA256()
_ECDH, _ECDSA = ec.ECDH(), ec.ECDSA(_SHA256)


def full() -> Callable[[], None]:
    """The primitives of a full handshake in which a ticket is issued, ready to be carried out."""
    key, chain, verifier = issued().key, issued().credentials.chain, _verifier()

    def work() -> None:
        server, client = _share(), _share()
        signed = bytes(2 * RANDOM + PARAMETERS)
        signature = key.sign(signed, _ECDSA)
        certificate = x509.load_der_x509_certificate(chain[0])
        verifier.time(datetime.now(UTC)).build_server_verifier(x509.DNSName(NAME)).verify(certificate, [])
        public = certificate.public_key()
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, _ECDSA)
        for (own, _), (_, theirs) in ((server, client), (client, server)):
            own.exchange(_ECDH, ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, theirs))
            _expand(bytes(PRE_MASTER), HASH, SECRET)
        _seal(bytes(STATE))
        _finish(FULL_MESSAGES, hashes_of_each=3)

    return work


def resumed() -> Callable[[], None]:
    """The primitives of an abbreviated handshake by ticket, without renewal, ready to be carried out."""
    ticket = _seal(bytes(STATE))

    def work() -> None:
        _open(ticket)
        _finish(RESUMED_MESSAGES, hashes_of_each=2)

    return work


def _share() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    key = ec.generate_private_key(_CURVE)
    return key, key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _finish(messages: tuple[int, ...], hashes_of_each: int) -> None:
    """Both ends: random, transcript, key block; the own Finished made and protected, the other's opened, compared."""
    ciphers: list[tuple[AESGCM, AESGCM]] = []
    for _ in ENDS:
        os.urandom(RANDOM)
        transcript = hashlib.sha256()
        for length in messages:
            transcript.update(bytes(length))
        for _ in range(hashes_of_each):
            transcript.copy().digest()
        block = _expand(bytes(SECRET), 2 * RANDOM, 2 * (KEY + SALT))
        ciphers.append((AESGCM(block[:KEY]), AESGCM(block[KEY : 2 * KEY])))
        for _ in ENDS:
            hmac.compare_digest(_expand(bytes(SECRET), HASH, VERIFY_DATA), bytes(VERIFY_DATA))
    nonce, header = bytes(12), bytes(13)
    for direction in range(2):
        sender, receiver = ciphers[direction][direction], ciphers[1 - direction][direction]
        receiver.decrypt(nonce, sender.encrypt(nonce, bytes(FINISHED), header), header)


def _expand(secret: bytes, seed: int, length: int) -> bytes:
    """The two HMACs that TLS 1.2 needs for each 32 octets (RFC 5246, section 5)."""
    label_and_seed = bytes(LABEL + seed)
    chained, output = label_and_seed, b""
    while len(output) < length:
        chained = hmac.digest(secret, chained, "sha256")
        output += hmac.digest(secret, chained + label_and_seed, "sha256")
    return output[:length]


def _seal(state: bytes) -> bytes:
    iv = os.urandom(BLOCK)
    encryptor = Cipher(algorithms.AES128(bytes(KEY)), modes.CBC(iv)).encryptor()
    covered = bytes(KEY) + iv + encryptor.update(state)
    return covered + hmac.digest(bytes(HASH), covered, "sha256")


def _open(ticket: bytes) -> bytes:
    """The state in a ticket. Raises RuntimeError if it does not verify."""
    covered, mac = ticket[:-HASH], ticket[-HASH:]
    if not hmac.compare_digest(hmac.digest(bytes(HASH), covered, "sha256"), mac):
        raise RuntimeError("the floor's own ticket does not verify")
    iv, state = covered[KEY : KEY + BLOCK], covered[KEY + BLOCK :]
    return Cipher(algorithms.AES128(bytes(KEY)), modes.CBC(iv)).decryptor().update(state)


@cache
def _verifier() -> verification.PolicyBuilder:
    """Roots read once, as both peers' configurations do."""
    root = x509.load_der_x509_certificate(issued().root)
    return verification.PolicyBuilder().store(verification.Store([root]))
