"""The record layer's framing (RFC 5246, section 6.2): octets to records and back. Protection is `keys.protection`."""

import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum

from rfc5077.reference.alerts import Cause, ProtocolError

TLS_1_2 = 0x0303
"""The version of RFC 5246 as it stands in records, hellos and tickets."""

HEADER_LENGTH = 5
"""Octets of a record header: type, version, length."""

MAX_PLAINTEXT = 2**14
"""Octets that one record may carry (RFC 5246, section 6.2.1)."""

MAX_CIPHERTEXT = 2**14 + 2048
"""Octets that one protected record may take (RFC 5246, section 6.2.3)."""


class ContentType(IntEnum):
    """What a record carries (RFC 5246, section 6.2.1)."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


_HEADER = struct.Struct(">BHH")
_CONTENT_TYPES = {int(member): member for member in ContentType}


class RecordReader:
    """Cuts a stream into records. Octets may arrive in any portions."""

    __slots__ = ("_data", "_position")

    def __init__(self) -> None:
        self._data = b""
        self._position = 0

    @property
    def pending(self) -> int:
        """Octets of a record that is not complete yet."""
        return len(self._data) - self._position

    @property
    def wanted(self) -> int:
        """How many octets at least have to come before another record is complete."""
        data, start = self._data, self._position + HEADER_LENGTH
        if len(data) < start:
            return start - len(data)
        return max(1, start + int.from_bytes(data[start - 2 : start], "big") - len(data))

    def feed(self, octets: bytes) -> Iterator[tuple[ContentType, int, bytes]]:
        """Yields (content type, version, fragment) for every record that is complete now.

        Works lazily: one record at a time, so that the caller may change keys, or stop, in between; octets behind the
        last record read stay buffered, in order. Whoever feeds again is done with what was yielded before.

        Raises ProtocolError: unexpected_message for an unknown type, record_overflow for a length that no record may
        have; both as soon as the header has arrived.
        """
        self._data = self._data[self._position :] + octets  # mostly nothing and all
        self._position = 0
        return self._records()

    def _records(self) -> Iterator[tuple[ContentType, int, bytes]]:
        data, begun = self._data, self._position
        while begun + HEADER_LENGTH <= len(data):
            kind, version, length = _HEADER.unpack_from(data, begun)
            content_type = _CONTENT_TYPES.get(kind)
            if content_type is None:
                raise ProtocolError(Cause.UNEXPECTED_RECORD, f"record type {kind} does not exist")
            if length > MAX_CIPHERTEXT:
                raise ProtocolError(Cause.RECORD_OVERFLOW, f"a record of {length} octets")
            start = begun + HEADER_LENGTH
            begun = start + length
            if begun > len(data):
                return
            self._position = begun
            yield content_type, version, data[start:begun]
        if not self.pending:
            self._data, self._position = b"", 0


def record_header(content_type: int, length: int, version: int = TLS_1_2) -> bytes:
    """What stands in front of a fragment of this length. Raises OverflowError beyond 65,535 octets."""
    return b"%c%b%b" % (content_type, version.to_bytes(2, "big"), length.to_bytes(2, "big"))


def encode_record(content_type: int, fragment: bytes, version: int = TLS_1_2) -> bytes:
    """One record holding `fragment` as it is. Raises OverflowError beyond 65,535 octets; other limits are not checked,
    so that a tester can break them."""
    return record_header(content_type, len(fragment), version) + fragment


def split(payload: bytes, limit: int = MAX_PLAINTEXT) -> Sequence[bytes]:
    """Cuts a payload into fragments of at most `limit` octets; an empty payload is one empty fragment."""
    if len(payload) <= limit:
        return (payload,)
    return [payload[start : start + limit] for start in range(0, len(payload), limit)]


def encode_records(
    content_type: int, payload: bytes, limit: int = MAX_PLAINTEXT, version: int = TLS_1_2
) -> bytes:
    """As many unprotected records as the payload needs (RFC 5246, section 6.2.1)."""
    return b"".join(encode_record(content_type, fragment, version) for fragment in split(payload, limit))
