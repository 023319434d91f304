"""What a TCP connection carries, by its first octets, and who of its ends is the client."""

from __future__ import annotations

from rfc5077.properties.capture.packet import Endpoint
from rfc5077.properties.trace.hellos import OLD_CLIENT_HELLO

RECORDS = range(20, 25)
"""The types of TLS records."""

ENOUGH = 6
"""Octets that show what a stream is."""

_HANDSHAKE, _CLIENT_HELLO = 22, 1


def kind_of(octets: bytes) -> str:
    """What a stream that begins so is: ``hello``, another ``record`` of TLS, or ``other``; empty while it is open."""
    if not octets:
        return ""
    if octets[0] & 0x80:
        if len(octets) < 4:
            return ""
        return "hello" if octets[2] == OLD_CLIENT_HELLO and octets[3] <= 3 else "other"
    if octets[0] not in RECORDS or (len(octets) > 1 and octets[1] != 3):
        return "other"
    if len(octets) < ENOUGH:
        return ""
    if int.from_bytes(octets[3:5], "big") > (1 << 14) + 2048:
        return "other"
    return "hello" if octets[0] == _HANDSHAKE and octets[5] == _CLIENT_HELLO else "record"


def calling(ends: tuple[Endpoint, Endpoint]) -> int:
    """Which side is the client where nobody saw it connect: the one with the higher port, as a rule."""
    return 0 if ends[0].port >= ends[1].port else 1
