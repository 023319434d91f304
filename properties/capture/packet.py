"""One captured frame to its TCP segment: what the link adds is taken off, then IPv4 or IPv6, then TCP's header.

Checksums are not looked at: a host that leaves them to its network card captures its own frames without them.
"""

from __future__ import annotations

import ipaddress
import struct
from enum import IntEnum
from typing import NamedTuple


class Link(IntEnum):
    """What stands before the IP header, by the numbers of capture files."""

    NULL = 0
    ETHERNET = 1
    RAW_BSD = 12
    RAW_OPENBSD = 14
    RAW = 101
    LOOP = 108
    LINUX_COOKED = 113
    IPV4 = 228
    IPV6 = 229
    LINUX_COOKED_2 = 276


FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
"""The control bits of a segment (RFC 9293, section 3.1)."""

ENDS = FIN | RST
"""Those behind which a direction has nothing more."""


class Endpoint(NamedTuple):
    """One end of a connection."""

    address: bytes
    """4 or 16 octets."""
    port: int

    def __str__(self) -> str:
        """As users write it: ``127.0.0.1:443`` or ``[::1]:443``."""
        host = ipaddress.ip_address(self.address)
        return f"[{host}]:{self.port}" if host.version == 6 else f"{host}:{self.port}"


class Segment(NamedTuple):
    """One TCP segment as it was captured."""

    flow: bytes
    """Whose it is: the addresses of source and target, then their ports; 12 or 36 octets."""
    sequence: int
    """The number of the first octet, or of SYN; 32 bits."""
    acknowledgment: int
    """The number that the sender waits for; 32 bits, without meaning unless ACK is set."""
    flags: int
    """Control bits."""
    octets: bytes
    """The payload, as far as it was captured."""


def flow(source: Endpoint, target: Endpoint) -> bytes:
    """The octets by which segments from one end to the other are known."""
    return source.address + target.address + source.port.to_bytes(2, "big") + target.port.to_bytes(2, "big")


def ends(flow: bytes) -> tuple[Endpoint, Endpoint]:
    """Source and target of a flow."""
    length = (len(flow) - 4) // 2
    source, target = flow[:length], flow[length:-4]
    return Endpoint(source, int.from_bytes(flow[-4:-2], "big")), Endpoint(target, int.from_bytes(flow[-2:], "big"))


_HEADER_LENGTHS: dict[int, int] = {
    Link.NULL: 4, Link.LOOP: 4, Link.RAW_BSD: 0, Link.RAW_OPENBSD: 0, Link.RAW: 0, Link.IPV4: 0, Link.IPV6: 0,
    Link.LINUX_COOKED: 16, Link.LINUX_COOKED_2: 20,
}  # fmt: skip
"""Of the links whose header says nothing that the IP header does not say; Ethernet's has a length of its own."""

_ETHERNET = 14
_TAGS = (0x8100, 0x88A8, 0x9100)  # a VLAN's: four octets more
_TCP = 6
_EXTENSIONS = (0, 43, 60)  # hop-by-hop options, routing, destination options (RFC 8200, section 4)

_IPV4 = struct.Struct(">BxHxxHxB")
_IPV6 = struct.Struct(">4xHB")
_SEGMENT = struct.Struct(">4xIIBB")


def segment(link: int, frame: bytes) -> Segment | None:
    """The segment that a frame carries; None if it carries none, or one that was cut before its payload.

    Of a segment that came in fragments nothing is taken: its octets are then missing.
    """
    start = _HEADER_LENGTHS.get(link)
    if start is None:
        if link != Link.ETHERNET:
            return None
        start = _ETHERNET
        while len(frame) >= start + 4 and int.from_bytes(frame[start - 2 : start], "big") in _TAGS:
            start += 4
    if len(frame) < start + 20:
        return None
    version = frame[start] >> 4
    if version == 4:
        return _over_ipv4(frame, start)
    return _over_ipv6(frame, start) if version == 6 else None


def _over_ipv4(frame: bytes, start: int) -> Segment | None:
    first, length, fragment, protocol = _IPV4.unpack_from(frame, start)
    if protocol != _TCP or fragment & 0x3FFF:
        return None
    # A host that leaves the cutting to its network card captures lengths of 0.
    end = start + length if length else len(frame)
    return _tcp(frame, start + (first & 15) * 4, end, frame[start + 12 : start + 20])


def _over_ipv6(frame: bytes, start: int) -> Segment | None:
    if len(frame) < start + 40:
        return None
    length, following = _IPV6.unpack_from(frame, start)
    at = start + 40
    end = at + length if length else len(frame)
    while following in _EXTENSIONS and len(frame) >= at + 2:
        following, at = frame[at], at + 8 + 8 * frame[at + 1]
    if following != _TCP:
        return None
    return _tcp(frame, at, end, frame[start + 8 : start + 40])


def _tcp(frame: bytes, at: int, end: int, addresses: bytes) -> Segment | None:
    if len(frame) < at + 20:
        return None
    sequence, acknowledgment, offset, flags = _SEGMENT.unpack_from(frame, at)
    body = at + (offset >> 4) * 4
    return Segment(addresses + frame[at : at + 4], sequence, acknowledgment, flags, frame[body:end])
