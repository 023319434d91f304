"""Transcript, pseudo-random function, master secrets, key block and Finished (RFC 5246, 5, 6.3, 7.4.9, 8.1; RFC 7627).

Pure functions over octets; a tester that sends wrong messages uses them as they are.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from rfc5077.reference.keys.suites import AES_128_GCM, Suite
from rfc5077.reference.wire.messages import VERIFY_DATA_LENGTH

MASTER_SECRET_LENGTH = 48
"""Octets of every master secret."""

CLIENT_FINISHED = b"client finished"
SERVER_FINISHED = b"server finished"


class Transcript:
    """All handshake messages of one handshake in order, as they were on the wire, HelloRequest left out.

    RFC 5246, section 7.4.9. Who adds a message is the caller's business: NewSessionTicket belongs in (R5077-3.3-04),
    ChangeCipherSpec and alerts do not.
    """

    __slots__ = ("_hash", "_messages", "hash_name")

    def __init__(self, hash_name: str = "sha256") -> None:
        self.hash_name = hash_name
        self._messages: list[bytes] = []
        self._hash = hashlib.new(hash_name)

    def add(self, octets: bytes) -> None:
        """Appends one message, header included."""
        self._messages.append(octets)
        self._hash.update(octets)

    def use(self, hash_name: str) -> None:
        """From now on hashes by the suite's function, everything added before as well (RFC 5246, section 7.4.9)."""
        if hash_name != self.hash_name:
            self.hash_name = hash_name
            self._hash = hashlib.new(hash_name, self.octets)

    def digest(self) -> bytes:
        """The hash over everything added so far."""
        return self._hash.copy().digest()

    @property
    def octets(self) -> bytes:
        """Everything added so far; CertificateVerify signs this (RFC 5246, section 7.4.8)."""
        return b"".join(self._messages)

    def copy(self) -> "Transcript":
        """An independent transcript with the same contents."""
        twin = Transcript(self.hash_name)
        twin._messages = list(self._messages)
        twin._hash = self._hash.copy()
        return twin


def prf(secret: bytes, label: bytes, seed: bytes, length: int, hash_name: str = "sha256") -> bytes:
    """`length` octets of the TLS 1.2 pseudo-random function (RFC 5246, section 5)."""
    label_and_seed = label + seed
    chained = label_and_seed
    output = b""
    while len(output) < length:
        chained = hmac.digest(secret, chained, hash_name)
        output += hmac.digest(secret, chained + label_and_seed, hash_name)
    return output[:length]


def master_secret(pre_master: bytes, client_random: bytes, server_random: bytes, hash_name: str = "sha256") -> bytes:
    """The classic derivation (RFC 5246, section 8.1): 48 octets."""
    return prf(pre_master, b"master secret", client_random + server_random, MASTER_SECRET_LENGTH, hash_name)


def extended_master_secret(pre_master: bytes, session_hash: bytes, hash_name: str = "sha256") -> bytes:
    """The derivation bound to the handshake (RFC 7627, section 4): 48 octets.

    `session_hash` is the transcript's hash up to and including ClientKeyExchange; R7627-3-01.
    """
    return prf(pre_master, b"extended master secret", session_hash, MASTER_SECRET_LENGTH, hash_name)


@dataclass(frozen=True, slots=True)
class DirectionKeys:
    """What protects one direction.

    Attributes:
        key: of the cipher (16 or 32 octets).
        salt: the part of the nonce that is never sent: 4 octets (AES-GCM), 12 (ChaCha20-Poly1305), none (AES-CBC).
        mac: key of the HMAC beside AES-CBC, empty for AEAD.
        suite: which cipher and which HMAC.
        encrypt_then_mac: whether the HMAC covers the ciphertext (RFC 7366); only with AES-CBC.
    """

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    mac: bytes = field(default=b"", repr=False)
    suite: Suite = AES_128_GCM
    encrypt_then_mac: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionKeys:
    """Both directions, named by who writes."""

    client: DirectionKeys
    server: DirectionKeys


def key_block(
    secret: bytes,
    client_random: bytes,
    server_random: bytes,
    suite: Suite = AES_128_GCM,
    encrypt_then_mac: bool = False,
) -> ConnectionKeys:
    """Connection keys from the master secret and both randoms of this handshake (RFC 5246, section 6.3).

    R5246-6.3-01: the randoms are those of the connection, never those of the session that is resumed.
    """
    seed = server_random + client_random
    block = prf(secret, b"key expansion", seed, suite.key_block_length, suite.hash_name)
    mac, key, salt = suite.mac_length, suite.key_length, suite.salt_length
    keys = 2 * mac
    salts = keys + 2 * key
    return ConnectionKeys(
        DirectionKeys(block[keys : keys + key], block[salts : salts + salt], block[:mac], suite, encrypt_then_mac),
        DirectionKeys(block[keys + key : salts], block[salts + salt :], block[mac:keys], suite, encrypt_then_mac),
    )


def verify_data(secret: bytes, label: bytes, transcript_hash: bytes, hash_name: str = "sha256") -> bytes:
    """Twelve octets of Finished; `label` is `CLIENT_FINISHED` or `SERVER_FINISHED` (RFC 5246, section 7.4.9)."""
    return prf(secret, label, transcript_hash, VERIFY_DATA_LENGTH, hash_name)


def finished_data(secret: bytes, label: bytes, transcript: Transcript) -> bytes:
    """verify_data over everything in a transcript so far, by its own hash."""
    return verify_data(secret, label, transcript.digest(), transcript.hash_name)


def equal(left: bytes, right: bytes) -> bool:
    """Comparison whose time does not depend on the contents."""
    return hmac.compare_digest(left, right)
