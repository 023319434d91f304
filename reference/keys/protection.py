"""Record protection: AES-128-GCM under TLS 1.2 (RFC 5288, section 3; RFC 5246, section 6.2.3.3)."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.keys.schedule import DirectionKeys
from rfc5077.reference.wire.record import MAX_PLAINTEXT, TLS_1_2

EXPLICIT_NONCE = 8
"""Octets of the nonce that travel in front of each protected fragment."""

TAG = 16
"""Octets of the authentication tag behind it."""

_VERSION = TLS_1_2.to_bytes(2, "big")


class RecordProtection:
    """Protects, or checks and opens, the records of one direction; counts them by itself from zero.

    The explicit nonce that is written is the sequence number, so no entropy is needed and none can repeat. What a peer
    writes there is taken as it is.
    """

    __slots__ = ("_cipher", "_salt", "sequence")

    def __init__(self, keys: DirectionKeys, sequence: int = 0) -> None:
        self._cipher = AESGCM(keys.key)
        self._salt = keys.salt
        self.sequence = sequence

    def seal(self, content_type: int, payload: bytes) -> bytes:
        """The protected fragment for one payload (16,384 octets at most, by the record layer's rule)."""
        number = self.sequence.to_bytes(8, "big")
        self.sequence += 1
        header = b"%b%c%b%b" % (number, content_type, _VERSION, len(payload).to_bytes(2, "big"))
        return number + self._cipher.encrypt(self._salt + number, payload, header)

    def open(self, content_type: int, fragment: bytes) -> bytes:
        """The payload of one protected fragment.

        Raises ProtocolError: bad_record_mac if it does not verify or is too short to be one, record_overflow if the
        payload is longer than a record may be.
        """
        length = len(fragment) - EXPLICIT_NONCE - TAG
        if length < 0:
            raise ProtocolError(Cause.BAD_RECORD_MAC, f"a protected record of {len(fragment)} octets")
        header = b"%b%c%b%b" % (self.sequence.to_bytes(8, "big"), content_type, _VERSION, length.to_bytes(2, "big"))
        nonce = self._salt + fragment[:EXPLICIT_NONCE]
        try:
            payload = self._cipher.decrypt(nonce, fragment[EXPLICIT_NONCE:], header)
        except InvalidTag:
            raise ProtocolError(Cause.BAD_RECORD_MAC, f"record {self.sequence} does not verify") from None
        self.sequence += 1
        if length > MAX_PLAINTEXT:
            raise ProtocolError(Cause.RECORD_OVERFLOW, f"a record with {length} octets inside")
        return payload
