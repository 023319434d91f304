"""Record protection by AEAD ciphers: AES-GCM (RFC 5288, section 3) and ChaCha20-Poly1305 (RFC 7905, section 2).

Both authenticate the number, type, version and length of a record with its payload (RFC 5246, section 6.2.3.3). No
entropy is needed: nonces are made of the number, which never repeats under one key; writing beyond 2^64 records is
refused by `struct`.
"""

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.keys.schedule import DirectionKeys
from rfc5077.reference.wire.record import MAX_PLAINTEXT, TLS_1_2

EXPLICIT_NONCE = 8
"""Octets of the nonce of AES-GCM that travel in front of each protected fragment."""

TAG = 16
"""Octets of the authentication tag behind it."""

_COVERED = struct.Struct(">QBHH")
"""What a tag covers besides the payload: number, type, version, length (RFC 5246, section 6.2.3.3)."""


class AesGcm:
    """AES-GCM with keys of 16 or 32 octets; one direction, counting its records by itself from zero.

    The explicit nonce that is written is the sequence number. What a peer writes there is taken as it is.
    """

    __slots__ = ("_cipher", "_salt", "sequence")

    def __init__(self, keys: DirectionKeys, sequence: int = 0) -> None:
        self._cipher = AESGCM(keys.key)
        self._salt = keys.salt
        self.sequence = sequence

    def seal(self, content_type: int, payload: bytes) -> bytes:
        """The protected fragment for one payload (16,384 octets at most, by the record layer's rule)."""
        header = _COVERED.pack(self.sequence, content_type, TLS_1_2, len(payload))
        number = header[:EXPLICIT_NONCE]
        self.sequence += 1
        return number + self._cipher.encrypt(self._salt + number, payload, header)

    def open(self, content_type: int, fragment: bytes) -> bytes:
        """The payload of one protected fragment. Raises ProtocolError: bad_record_mac or record_overflow."""
        length = len(fragment) - EXPLICIT_NONCE - TAG
        if length < 0:
            raise ProtocolError(Cause.BAD_RECORD_MAC, f"a protected record of {len(fragment)} octets")
        header = _COVERED.pack(self.sequence, content_type, TLS_1_2, length)
        nonce = self._salt + fragment[:EXPLICIT_NONCE]
        try:
            payload = self._cipher.decrypt(nonce, memoryview(fragment)[EXPLICIT_NONCE:], header)
        except InvalidTag:
            raise ProtocolError(Cause.BAD_RECORD_MAC, f"record {self.sequence} does not verify") from None
        self.sequence += 1
        if length > MAX_PLAINTEXT:
            raise ProtocolError(Cause.RECORD_OVERFLOW, f"a record with {length} octets inside")
        return payload


class ChaCha20:
    """ChaCha20-Poly1305; one direction, counting its records by itself from zero.

    The nonce is the fixed one of 12 octets, in whose last eight the sequence number is mixed; none of it is sent.
    """

    __slots__ = ("_cipher", "_salt", "sequence")

    def __init__(self, keys: DirectionKeys, sequence: int = 0) -> None:
        self._cipher = ChaCha20Poly1305(keys.key)
        self._salt = int.from_bytes(keys.salt, "big")
        self.sequence = sequence

    def seal(self, content_type: int, payload: bytes) -> bytes:
        """The protected fragment for one payload (16,384 octets at most, by the record layer's rule)."""
        nonce, header = self._nonce_and_header(content_type, len(payload))
        self.sequence += 1
        return self._cipher.encrypt(nonce, payload, header)

    def open(self, content_type: int, fragment: bytes) -> bytes:
        """The payload of one protected fragment. Raises ProtocolError: bad_record_mac or record_overflow."""
        length = len(fragment) - TAG
        if length < 0:
            raise ProtocolError(Cause.BAD_RECORD_MAC, f"a protected record of {len(fragment)} octets")
        nonce, header = self._nonce_and_header(content_type, length)
        try:
            payload = self._cipher.decrypt(nonce, fragment, header)
        except InvalidTag:
            raise ProtocolError(Cause.BAD_RECORD_MAC, f"record {self.sequence} does not verify") from None
        self.sequence += 1
        if length > MAX_PLAINTEXT:
            raise ProtocolError(Cause.RECORD_OVERFLOW, f"a record with {length} octets inside")
        return payload

    def _nonce_and_header(self, content_type: int, length: int) -> tuple[bytes, bytes]:
        header = _COVERED.pack(self.sequence, content_type, TLS_1_2, length)
        return (self._salt ^ self.sequence).to_bytes(12, "big"), header
