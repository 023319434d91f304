"""Capture files to frames, read by dpkt: pcap and pcapng, of either byte order, with any number of interfaces.

dpkt is quick, and its licence (BSD) goes with ours; scapy's (GPL 2) would not.  Its reader of pcapng knows one section
and one interface, and its reader of pcap makes an object of the four numbers before each frame; so blocks and frames
are walked here.  Files are read one frame at a time, however large they are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

import dpkt

from rfc5077.properties.capture.packet import Link
from rfc5077.properties.errors import UsageError

PCAPNG = b"\x0a\x0d\x0d\x0a"
_LAYOUTS = {0xA1B2C3D4: (16, 1e6), 0xA1B23C4D: (16, 1e9), 0xA1B2CD34: (24, 1e6)}
PCAP = {
    struct.pack(f"{order}I", magic): (struct.Struct(f"{order}III"), *layout)
    for magic, layout in _LAYOUTS.items() for order in "<>"
}  # fmt: skip
"""How a capture begins, by what stands before each of its frames: seconds, parts of a second and octets that follow,
in how many octets; and how many parts a second has."""

ENDINGS = (".pcap", ".pcapng", ".cap")
"""How the name of a capture ends."""

LONGEST_FRAME = 4 * 1024 * 1024
"""Octets that a frame may have, and a block of pcapng: no network has longer ones."""

_DAMAGED = (dpkt.Error, ValueError, struct.error, IndexError)  # what dpkt raises about contents


class Frame(NamedTuple):
    """One frame of a capture."""

    number: int
    """Its place in the file, counted from 1."""
    time: float
    """Seconds since 1970."""
    link: int
    """Of :class:`Link`, or another number."""
    octets: bytes
    """As far as they were captured."""


def is_capture(path: Path) -> bool:
    """Whether a file is to be read as a capture: by its name, else by its first octets."""
    if path.suffix.lower() in (*ENDINGS, ".jsonl") or not path.is_file():
        return path.suffix.lower() in ENDINGS
    try:
        with path.open("rb") as source:
            return source.read(4) in (PCAPNG, *PCAP)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def frames(path: Path) -> Iterator[Frame]:
    """The frames of a capture, one at a time.

    :raises UsageError: if the file cannot be read or is no capture, or naming the frame at which it breaks off or is
        damaged.
    """
    try:
        with path.open("rb") as file:
            source = _Source(path, file)
            magic = source.beginning()
            yield from _of_pcapng(source) if magic == PCAPNG else _of_pcap(source, *PCAP[magic])
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


class _Source:
    """The file, as dpkt reads it; it knows how far the reading has come, and refuses what cannot be a frame."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._first = b""
        self.short = False
        self.frames = 0

    def beginning(self) -> bytes:
        """The first four octets, which are read once more."""
        self._first = self._file.read(4)
        if not self._first:
            raise UsageError(f"{self._path} is empty")
        if self._first not in (PCAPNG, *PCAP):
            shown = self._first.hex(" ")
            raise UsageError(f"{self._path} is no capture: it begins with {shown}, as neither pcap nor pcapng does")
        return self._first

    def read(self, count: int) -> bytes:
        """That many octets, or what there is."""
        if count > LONGEST_FRAME:
            self.damaged(f"a length of {count} octets")
        if self._first:
            count, first, self._first = count - len(self._first), self._first, b""
            found = first + self._file.read(count)
            self.short = len(found) < count + len(first)
            return found
        found = self._file.read(count)
        self.short = len(found) < count
        return found

    def whole(self, count: int) -> bytes:
        """Exactly that many octets."""
        found = self.read(count)
        if self.short:
            self.cut()
        return found

    def cut(self) -> NoReturn:
        """The file ends too early."""
        where = f"in frame {self.frames + 1}" if self.frames else "before its first frame ends"
        raise UsageError(f"{self._path} is cut short: it breaks off {where}")

    def damaged(self, why: str) -> NoReturn:
        """The file does not fit its format."""
        raise UsageError(f"{self._path} is damaged behind frame {self.frames}: {why}")

    def check(self, links: set[int]) -> None:
        """Refuses a file none of whose links can be read."""
        if links and links.isdisjoint(Link):
            numbers = ", ".join(str(link) for link in sorted(links))
            known = "Ethernet, loopback, raw IP and Linux cooked captures are"
            raise UsageError(f"{self._path} has frames of link type {numbers}, which is not read", known)


# --- pcap -------------------------------------------------------------------------------------------------------------


def _of_pcap(source: _Source, numbers: struct.Struct, length: int, second: float) -> Iterator[Frame]:
    try:
        link = int(dpkt.pcap.Reader(source).datalink()) & 0xFFFF  # above it stands the length of frame check sequences
    except _DAMAGED as error:
        if source.short:
            source.cut()
        source.damaged(str(error))
    source.check({link})
    while head := source.read(length):
        if source.short:
            source.cut()
        seconds, parts, captured = numbers.unpack_from(head)
        octets = source.read(captured)
        if source.short:
            source.cut()
        source.frames += 1
        yield Frame(source.frames, seconds + parts / second, link, octets)


# --- pcapng -----------------------------------------------------------------------------------------------------------

_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = (
    int.from_bytes(PCAPNG, "big"), dpkt.pcapng.PCAPNG_BT_IDB, dpkt.pcapng.PCAPNG_BT_PB, dpkt.pcapng.PCAPNG_BT_SPB,
    dpkt.pcapng.PCAPNG_BT_EPB,
)  # fmt: skip
_LITTLE = (0x1A2B3C4D).to_bytes(4, "little")
_BIG = (0x1A2B3C4D).to_bytes(4, "big")


class _Interface(NamedTuple):
    """What frames of one interface have in common."""

    link: int
    snap_length: int  # octets; 0 for no limit
    tick: float  # seconds that one count of time takes
    offset: int  # seconds


def _of_pcapng(source: _Source) -> Iterator[Frame]:
    order = "<"
    interfaces: list[_Interface] = []
    links: set[int] = set()
    try:
        while head := source.read(8):
            if source.short:
                source.cut()
            if head[:4] == PCAPNG:
                order = _section(source, head)
                interfaces = []
                continue
            kind, length = struct.unpack(f"{order}II", head)
            if length < 12 or length % 4:
                source.damaged(f"a block of {length} octets")
            block = head + source.whole(length - 8)
            if kind == _INTERFACE:
                interfaces.append(_interface(block, order))
            elif kind in (_ENHANCED, _PACKET, _SIMPLE):
                frame = _frame(source, kind, block, order, interfaces)
                links.add(frame.link)
                yield frame
        source.check(links)
    except _DAMAGED as error:
        source.damaged(str(error))


def _section(source: _Source, head: bytes) -> str:
    """The byte order of the section that begins; its other contents are passed over."""
    mark = source.whole(4)
    if mark not in (_LITTLE, _BIG):
        source.damaged(f"a byte order mark of {mark.hex(' ')}")
    order = "<" if mark == _LITTLE else ">"
    (length,) = struct.unpack(f"{order}I", head[4:])
    if length < 28 or length % 4:
        source.damaged(f"a section header of {length} octets")
    source.whole(length - 12)
    return order


def _interface(block: bytes, order: str) -> _Interface:
    little = order == "<"
    parsed = (dpkt.pcapng.InterfaceDescriptionBlockLE if little else dpkt.pcapng.InterfaceDescriptionBlock)(block)
    tick, offset = 1e-6, 0
    for option in parsed.opts:
        if option.code == dpkt.pcapng.PCAPNG_OPT_IF_TSRESOL and len(option.data):
            exponent = option.data[0]
            tick = 2.0 ** -(exponent & 0x7F) if exponent & 0x80 else 10.0**-exponent
        elif option.code == dpkt.pcapng.PCAPNG_OPT_IF_TSOFFSET:
            (offset,) = struct.unpack(f"{order}q", option.data)
    return _Interface(int(parsed.linktype), int(parsed.snaplen), tick, offset)


def _frame(source: _Source, kind: int, block: bytes, order: str, interfaces: list[_Interface]) -> Frame:
    source.frames += 1
    number, high, low = 0, 0, 0
    if kind == _SIMPLE:
        (length,) = struct.unpack_from(f"{order}I", block, 8)
        start, captured = 12, min(length, (interfaces[0].snap_length if interfaces else 0) or length)
    else:
        form = f"{order}IIIII" if kind == _ENHANCED else f"{order}HxxIIII"
        number, high, low, captured, _ = struct.unpack_from(form, block, 8)
        start = 28
    if number >= len(interfaces):
        source.damaged(f"frame {source.frames} names interface {number}, and {len(interfaces)} are described")
    if start + captured > len(block) - 4:
        source.damaged(f"frame {source.frames} has {captured} octets in a block of {len(block)}")
    interface = interfaces[number]
    time = ((high << 32) + low) * interface.tick + interface.offset
    return Frame(source.frames, time, interface.link, block[start : start + captured])
