"""Bodies of the extensions about what is said inside: protocol names, record sizes, certificate status.

RFC 7301 (ALPN), RFC 6066, sections 4 and 8, RFC 8449. Formats and values that no document allows are refused here; what
the values mean for a handshake is judged in `handshake.extensions`.
"""

from functools import lru_cache

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.wire.codec import Reader, Writer

FRAGMENT_LENGTHS = {1: 2**9, 2: 2**10, 3: 2**11, 4: 2**12}
"""Codes of max_fragment_length → octets (RFC 6066, section 4)."""

FRAGMENT_CODES = {length: code for code, length in FRAGMENT_LENGTHS.items()}

SMALLEST_RECORD = 64
"""Octets that a record_size_limit names at least (RFC 8449, section 4)."""

OCSP = 1
"""The only type of certificate status there is (RFC 6066, section 8)."""


@lru_cache(maxsize=256)
def protocols_body(names: tuple[bytes, ...]) -> bytes:
    """The ALPN body with these names, each of 1 to 255 octets; a server's has one (RFC 7301, section 3.1)."""
    out = Writer()
    with out.vector(2):
        for name in names:
            out.opaque(1, name)
    return out.octets()


def parse_protocols(body: bytes) -> tuple[bytes, ...]:
    """The names of an ALPN body. Raises ProtocolError (decode_error) for no list of at least one name."""
    reader = Reader(body)
    names = Reader(reader.vector(2, 2))
    reader.finish()
    found: list[bytes] = []
    while names.remaining:
        found.append(names.vector(1, 1))
    return tuple(found)


def parse_fragment_code(body: bytes) -> int:
    """The code in max_fragment_length. Raises ProtocolError: decode_error, illegal_parameter for an unknown code."""
    reader = Reader(body)
    code = reader.integer(1)
    reader.finish()
    if code not in FRAGMENT_LENGTHS:
        raise ProtocolError(Cause.FRAGMENT_LENGTH, f"max_fragment_length has the value {code}")
    return code


def parse_record_size_limit(body: bytes) -> int:
    """Octets in record_size_limit. Raises ProtocolError: decode_error, illegal_parameter for less than 64."""
    reader = Reader(body)
    limit = reader.integer(2)
    reader.finish()
    if limit < SMALLEST_RECORD:
        raise ProtocolError(Cause.RECORD_SIZE_LIMIT, f"record_size_limit has the value {limit}")
    return limit


STATUS_REQUEST_BODY = bytes((OCSP, 0, 0, 0, 0))
"""A client's status_request for OCSP that names neither responders nor extensions (RFC 6066, section 8)."""


def asks_for_ocsp(body: bytes) -> bool:
    """Whether a client's status_request asks for OCSP. Raises ProtocolError (decode_error) for a malformed body."""
    reader = Reader(body)
    if reader.integer(1) != OCSP:  # another type has a format of its own
        return False
    responders = Reader(reader.vector(2))
    while responders.remaining:
        responders.vector(2, 1)
    reader.vector(2)
    reader.finish()
    return True
