"""Captures made from octets: conversations over TCP as segments, segments as frames, frames as files, by dpkt."""

from __future__ import annotations

import io
import ipaddress
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import dpkt

from rfc5077.properties.capture.packet import ACK, FIN, PSH, RST, SYN, Endpoint, Link, Segment, ends, flow
from rfc5077.properties.files import write_whole

SEGMENT_LENGTH = 1448
"""Octets that a segment carries at most, on an Ethernet without jumbo frames."""

Timed = tuple[float, Segment]
"""A segment and when it passed, in seconds since 1970."""


def endpoint(host: str, port: int) -> Endpoint:
    """An end of a connection, by its IP address in text."""
    return Endpoint(ipaddress.ip_address(host).packed, port)


class Conversation:
    """One TCP connection, in segments.

    :param client: the end that connects.
    :param start: the first sequence number of each end; they may be near their overflow.
    """

    def __init__(self, client: Endpoint, server: Endpoint, start: tuple[int, int] = (1000, 2000)) -> None:
        self._ends = {"client": client, "server": server}
        self._next = dict(zip(("client", "server"), start, strict=True))

    def _segment(self, sender: str, flags: int, octets: bytes = b"") -> Segment:
        other = "server" if sender == "client" else "client"
        acknowledged = self._next[other] if flags & ACK else 0
        way = flow(self._ends[sender], self._ends[other])
        sent = Segment(way, self._next[sender], acknowledged, flags, octets)
        self._next[sender] = (self._next[sender] + len(octets) + bool(flags & (SYN | FIN))) % 2**32
        return sent

    def opened(self) -> Iterator[Segment]:
        """The three segments that open the connection."""
        yield self._segment("client", SYN)
        yield self._segment("server", SYN | ACK)
        yield self._segment("client", ACK)

    def said(self, sender: str, octets: bytes, longest: int = SEGMENT_LENGTH) -> Iterator[Segment]:
        """What one end says, and the acknowledgments of the other: of every second segment, and of the last."""
        other = "server" if sender == "client" else "client"
        for number, start in enumerate(range(0, len(octets), longest)):
            if number and number % 2 == 0:
                yield self._segment(other, ACK)
            yield self._segment(sender, PSH | ACK, octets[start : start + longest])
        yield self._segment(other, ACK)

    def closed(self, sender: str) -> Iterator[Segment]:
        """The end of one direction."""
        yield self._segment(sender, FIN | ACK)
        yield self._segment("server" if sender == "client" else "client", ACK)

    def reset(self, sender: str) -> Iterator[Segment]:
        """The end of both."""
        yield self._segment(sender, RST | ACK)


def frame_of(segment: Segment, link: Link = Link.ETHERNET) -> bytes:
    """The octets of a frame that carries the segment."""
    source, target = ends(segment.flow)
    tcp = dpkt.tcp.TCP(
        sport=source.port, dport=target.port, seq=segment.sequence, ack=segment.acknowledgment,
        flags=segment.flags, data=segment.octets,
    )  # fmt: skip
    version = 4 if len(source.address) == 4 else 6
    if version == 4:
        packet = dpkt.ip.IP(src=source.address, dst=target.address, p=6, data=tcp)
        packet.len = len(packet)
    else:
        packet = dpkt.ip6.IP6(src=source.address, dst=target.address, nxt=6, hlim=64, data=tcp)
        packet.plen = len(tcp)
    return _header(link, version) + bytes(packet)


def _header(link: Link, version: int) -> bytes:
    """What stands before an IP header of this version."""
    kind = (0x0800 if version == 4 else 0x86DD).to_bytes(2, "big")
    family = 2 if version == 4 else 30
    return {
        Link.NULL: struct.pack("<I", family), Link.LOOP: struct.pack(">I", family), Link.ETHERNET: bytes(12) + kind,
        Link.LINUX_COOKED: bytes(14) + kind, Link.LINUX_COOKED_2: kind + bytes(18),
    }.get(link, b"")  # fmt: skip


def spaced(segments: Iterable[Segment], start: float = 1_700_000_000.0, step: float = 0.001) -> Iterator[Timed]:
    """The segments at equal distances in time."""
    for number, segment in enumerate(segments):
        yield start + number * step, segment


def write_capture(path: Path, segments: Iterable[Timed], link: Link = Link.ETHERNET) -> None:
    """Write segments to a file, pcapng if its name ends so, else pcap; whole or not at all.

    :raises UsageError: if the file cannot be written.
    """
    frames = [(time, frame_of(segment, link)) for time, segment in segments]
    write_whole(path, pcapng(frames, link) if path.suffix == ".pcapng" else pcap(frames, link))


def pcap(frames: Sequence[tuple[float, bytes]], link: int) -> bytes:
    """A file of frames in the format of libpcap."""
    file = io.BytesIO()
    dpkt.pcap.Writer(file, snaplen=262144, linktype=link).writepkts(frames)
    return file.getvalue()


def pcapng(frames: Sequence[tuple[float, bytes]], link: int) -> bytes:
    """A file of frames in the format of pcapng."""
    file = io.BytesIO()
    dpkt.pcapng.Writer(file, snaplen=262144, linktype=link).writepkts(frames)
    return file.getvalue()
