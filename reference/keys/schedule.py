"""Transcript, pseudo-random function, master secrets, key block and Finished (RFC 5246, 5, 6.3, 7.4.9, 8.1; RFC 7627).

Pure functions over octets; a tester that sends wrong messages uses them as they are.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

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


def master_secret(pre_master: bytes, client_random: bytes, server_random: bytes) -> bytes:
    """The classic derivation (RFC 5246, section 8.1): 48 octets."""
    return prf(pre_master, b"master secret", client_random + server_random, MASTER_SECRET_LENGTH)


def extended_master_secret(pre_master: bytes, session_hash: bytes) -> bytes:
    """The derivation bound to the handshake (RFC 7627, section 4): 48 octets.

    `session_hash` is the transcript's hash up to and including ClientKeyExchange; R7627-3-01.
    """
    return prf(pre_master, b"extended master secret", session_hash, MASTER_SECRET_LENGTH)


@dataclass(frozen=True, slots=True)
class DirectionKeys:
    """What protects one direction: AES key (16 octets) and the fixed part of the nonce (4 octets)."""

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConnectionKeys:
    """Both directions, named by who writes."""

    client: DirectionKeys
    server: DirectionKeys


def key_block(
    secret: bytes, client_random: bytes, server_random: bytes, key_length: int = 16, salt_length: int = 4
) -> ConnectionKeys:
    """Connection keys from the master secret and both randoms of this handshake (RFC 5246, section 6.3).

    R5246-6.3-01: the randoms are those of the connection, never those of the session that is resumed.
    """
    block = prf(secret, b"key expansion", server_random + client_random, 2 * (key_length + salt_length))
    salts = 2 * key_length
    return ConnectionKeys(
        client=DirectionKeys(block[:key_length], block[salts : salts + salt_length]),
        server=DirectionKeys(block[key_length:salts], block[salts + salt_length :]),
    )


def verify_data(secret: bytes, label: bytes, transcript_hash: bytes) -> bytes:
    """Twelve octets of Finished; `label` is `CLIENT_FINISHED` or `SERVER_FINISHED` (RFC 5246, section 7.4.9)."""
    return prf(secret, label, transcript_hash, VERIFY_DATA_LENGTH)


def equal(left: bytes, right: bytes) -> bool:
    """Comparison whose time does not depend on the contents."""
    return hmac.compare_digest(left, right)
