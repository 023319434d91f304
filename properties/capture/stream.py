"""Segments of one TCP connection to the octets of its two directions, in the order in which they had effect.

Segments may come twice, cut in another way, overlapping, or in another order.  Octets are passed on once all before
them have been, and once all octets of the other direction have been that their sender had received before.
"""

from __future__ import annotations

from bisect import insort
from typing import NamedTuple

from rfc5077.properties.capture.packet import ACK, FIN, RST, SYN, Segment

PATIENCE = 8
"""Segments after which the beginning of a connection, if it was not seen, is held to be missing."""

_COMPARED = 1 << 16  # octets of a direction, from its first on, with which repetitions are compared
_FAR = 1 << 30  # no window is wider (RFC 7323, section 2.3)
_FLAGS = SYN | FIN | RST
_NOTHING: list[Passed] = []


class Passed(NamedTuple):
    """What one end has said."""

    side: int
    """0 for the end whose segment was seen first, 1 for the other."""
    octets: bytes
    """Empty where the direction ends."""
    frame: int
    """The frame that carried the last of them."""
    time: float
    """When that was captured, in seconds."""
    reset: bool = False
    """Whether it ends because this end breaks the connection off."""


class Gap(NamedTuple):
    """Octets that were not captured."""

    side: int
    octets: int
    """How many."""
    position: int
    """How many came before them in their direction."""
    frame: int
    """The first frame that shows that they are missing."""


class _Held(NamedTuple):
    """Octets that wait for others; ordered by their place."""

    position: int
    frame: int
    time: float
    waits: int  # for how many octets of the other direction
    octets: bytes
    ends: int = 0  # the flag by which nothing follows


class _Half:
    """One direction."""

    __slots__ = ("acknowledged", "base", "closed", "held", "next", "seen", "shown")

    def __init__(self) -> None:
        self.base = 0  # the sequence number of the first octet
        self.next = 0  # octets passed on
        self.held: list[_Held] = []
        self.closed = False
        self.acknowledged, self.shown = 0, 0  # up to which number the other end has them; the frame that says so
        self.seen = bytearray()

    def position(self, number: int) -> int:
        """Where in the direction a sequence number stands; it may be before the first octet."""
        return self.next + ((number - self.base - self.next + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Stream:
    """One TCP connection."""

    __slots__ = ("_early", "_halves", "_known", "conflict", "from_start", "held", "opener")

    def __init__(self) -> None:
        self._halves = (_Half(), _Half())
        self._known = [False, False]  # whether the numbers with which the directions begin were seen
        self._early: list[tuple[int, float, int, Segment]] | None = []
        self.opener: int | None = None
        """The side that connects, where its SYN or the answer was seen."""
        self.from_start = False
        """Whether the first octets are known to be the first."""
        self.conflict = 0
        """The first frame that repeats octets with other contents; 0 if none does."""
        self.held = 0
        """Octets that wait for others."""

    @property
    def over(self) -> bool:
        """Whether nothing more can come."""
        return self._halves[0].closed and self._halves[1].closed

    def is_new(self, side: int, segment: Segment) -> bool:
        """Whether a SYN opens another connection between the same ends."""
        half = self._halves[side]
        other_number = half.base != (segment.sequence + 1) & 0xFFFFFFFF
        return self._known[side] and other_number and half.next + self._halves[1 - side].next > 0

    def take(self, frame: int, time: float, side: int, segment: Segment) -> list[Passed]:
        """What can be passed on with this segment."""
        _, sequence, acknowledgment, flags, octets = segment
        other = self._halves[1 - side]
        if flags & ACK:
            other.acknowledged, other.shown = acknowledgment, frame
        if self._early is not None:
            return self._begin(frame, time, side, segment)
        if not flags & _FLAGS:
            if not octets:
                return _NOTHING
            half = self._halves[side]
            if (
                not self.held and sequence == (half.base + half.next) & 0xFFFFFFFF
                and other.position(acknowledgment) <= other.next and not half.held and not other.held
            ):  # fmt: skip
                self._remember(half, octets)
                half.next += len(octets)
                return [Passed(side, octets, frame, time)]
        half = self._halves[side]
        position = half.position(sequence + bool(flags & SYN))
        waits = other.position(acknowledgment) if flags & ACK else 0
        self._hold(half, position, waits, frame, time, segment)
        return self._released()

    def finish(self) -> list[Passed]:
        """What was still waiting for the beginning, at the end of the capture."""
        return self._begun() if self._early else []

    def beginnings(self) -> tuple[bytes, ...]:
        """The first octets of each direction that wait for those of the other, if they do."""
        return tuple(
            half.held[0].octets if half.held and half.held[0].position == half.next == 0 else b""
            for half in self._halves
        )

    def gap(self) -> Gap | None:
        """What is missing, if anything waits for it or was acknowledged."""
        found: list[Gap] = []
        for side, half in enumerate(self._halves):
            other = self._halves[1 - side]
            if half.held and half.held[0].position > half.next:
                first = half.held[0]
                found.append(Gap(side, first.position - half.next, half.next, first.frame))
            elif half.held and half.held[0].waits > other.next:
                found.append(Gap(1 - side, half.held[0].waits - other.next, other.next, half.held[0].frame))
            elif half.shown and 1 < half.position(half.acknowledged) - half.next < _FAR:  # a FIN counts as one
                found.append(Gap(side, half.position(half.acknowledged) - half.next, half.next, half.shown))
        return min(found, key=lambda gap: gap.frame, default=None)

    # --- the beginning ------------------------------------------------------------------------------------------------

    def _synchronise(self, side: int, segment: Segment) -> None:
        half, other = self._halves[side], self._halves[1 - side]
        if not self._known[side]:
            half.base, self._known[side] = (segment.sequence + 1) & 0xFFFFFFFF, True
        if segment.flags & ACK:
            self.opener = 1 - side
            if not self._known[1 - side]:
                other.base, self._known[1 - side] = segment.acknowledgment, True
        elif self.opener is None:
            self.opener = side

    def _begin(self, frame: int, time: float, side: int, segment: Segment) -> list[Passed]:
        """Takes a segment as long as it is not known where the directions begin."""
        assert self._early is not None
        if segment.flags & SYN and not segment.flags & RST:
            self._synchronise(side, segment)
        self._early.append((frame, time, side, segment))
        return self._begun() if all(self._known) or len(self._early) >= PATIENCE else []

    def _begun(self) -> list[Passed]:
        """Fixes where the directions begin; then takes what has come so far."""
        early, self._early = self._early or [], None
        self.from_start = self.opener is not None
        for side, half in enumerate(self._halves):
            if not self._known[side]:
                sent = [segment.sequence for _, _, of, segment in early if of == side]
                due = [s.acknowledgment for _, _, of, s in early if of != side and s.flags & ACK]
                numbers = sent + due
                if numbers:
                    first = numbers[0]
                    half.base = min(numbers, key=lambda n: (n - first + 0x80000000) & 0xFFFFFFFF)
        passed: list[Passed] = []
        for frame, time, side, segment in early:
            passed += self.take(frame, time, side, segment)
        return passed

    # --- what waits ---------------------------------------------------------------------------------------------------

    def _hold(self, half: _Half, position: int, waits: int, frame: int, time: float, segment: Segment) -> None:
        octets, flags = segment.octets, segment.flags
        end = position + len(octets)
        if position < half.next and not (len(octets) == 1 and end == half.next):  # that one keeps a connection alive
            self._compare(half, position, octets, frame)
        if octets and end > half.next and position - half.next < _FAR:
            insort(half.held, _Held(position, frame, time, waits, octets))
            self.held += len(octets)
        if flags & RST and not half.closed and end - half.next < _FAR:
            insort(half.held, _Held(max(end, half.next), frame, time, 0, b"", RST))
        elif flags & FIN and not half.closed:
            insort(half.held, _Held(end, frame, time, waits, b"", FIN))

    def _released(self) -> list[Passed]:
        passed: list[Passed] = []
        moved = True
        while moved:
            moved = False
            for side, half in enumerate(self._halves):
                other = self._halves[1 - side]
                while half.held and half.held[0].position <= half.next:
                    # Once the other end has closed, the number that acknowledges its FIN counts one more.
                    if half.held[0].waits > other.next + other.closed:
                        break
                    passed += self._passed(side, half, half.held.pop(0))
                    moved = True
        return passed

    def _passed(self, side: int, half: _Half, held: _Held) -> list[Passed]:
        self.held -= len(held.octets)
        if half.closed:
            return []
        if held.ends:
            half.closed = True
            return [Passed(side, b"", held.frame, held.time, held.ends == RST)]
        new = held.position + len(held.octets) - half.next
        if held.position < half.next:
            self._compare(half, held.position, held.octets, held.frame)
        if new <= 0:
            return []
        octets = held.octets[-new:]
        self._remember(half, octets)
        half.next += new
        return [Passed(side, octets, held.frame, held.time)]

    def _remember(self, half: _Half, octets: bytes) -> None:
        if half.next < _COMPARED:
            half.seen += octets

    def _compare(self, half: _Half, position: int, octets: bytes, frame: int) -> None:
        """Whether octets that come again are the same."""
        skipped = max(0, -position)
        before = bytes(half.seen[position + skipped : position + len(octets)])
        if before != octets[skipped : skipped + len(before)] and not self.conflict:
            self.conflict = frame
