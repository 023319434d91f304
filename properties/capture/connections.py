"""Frames to the TLS connections in them, each observed and judged together with the others of its client and server.

A server is an address with its port, a client an address: its tickets travel from one of its connections to the next.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from enum import Enum

from rfc5077.properties.capture.framing import Frame
from rfc5077.properties.capture.packet import ACK, ENDS, SYN, Endpoint, Segment, ends, flow, segment
from rfc5077.properties.capture.recognition import ENOUGH, RECORDS, calling, kind_of
from rfc5077.properties.capture.stream import Passed, Stream
from rfc5077.properties.errors import UsageError
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.finding import CONFORMANT, INCONCLUSIVE, Judged
from rfc5077.properties.verdict.judge import Judge

MOST_JUDGED = 200_000
"""TLS connections of one capture, about 9 KB of memory each."""

MOST_CONNECTIONS = 1_000_000
"""All its connections, about 2 KB each."""

MOST_WAITING = 16 * 1024 * 1024
"""Octets of one connection that may wait for missing ones before they are given up."""

MOST_WAITING_IN_ALL = 256 * 1024 * 1024
"""The same, of all connections."""

_DIVIDE = "Divide it, by time or by address"
_TLS_1_2 = 0x0303
_TRIED = 8  # segments of a stream without a beginning that are looked at

NO_TLS = "no TLS"
OTHER_VERSION = "another version than TLS 1.2"
MISSING = "its beginning is missing"
UNRECOGNISED = f"{NO_TLS} is recognised, and {MISSING}"


@dataclass(frozen=True, slots=True)
class Connection:
    """One TLS connection of a capture and its verdict."""

    client: str
    server: str
    first_frame: int
    judged: Judged
    frames: array[int]
    """The frames of the pair's events: that of the event with index 1 comes first."""

    def frame(self, index: int) -> int | None:
        """The frame of an event, by its index; None for a conclusion drawn at the end."""
        return self.frames[index - 1] if index else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Connections that are not judged."""

    reason: str
    connections: int
    first_frame: int


class _State(Enum):
    UNDECIDED = "it is not known yet whether it is TLS"
    OBSERVED = "it is"
    MUTE = "nothing more of it is looked at"


class _Pair:
    """All that one client and one server say to each other."""

    __slots__ = ("frames", "judge")

    def __init__(self, complete: bool) -> None:
        self.judge = Judge(complete, from_start=False)
        self.frames = array("Q")


class _Conversation:
    """One TCP connection."""

    __slots__ = (
        "answered", "beginnings", "client", "ends", "finished", "first_frame", "number", "observer", "opened", "pair",
        "parts", "reason", "state", "stream", "waiting", "wanted",
    )  # fmt: skip

    def __init__(self, number: int, first_frame: int, ends: tuple[Endpoint, Endpoint]) -> None:
        self.number, self.first_frame, self.ends = number, first_frame, ends
        self.stream: Stream | None = Stream()
        self.state = _State.UNDECIDED
        self.client = 0  # its side
        self.opened: int | None = None  # the number of its SYN
        self.waiting: list[Passed] = []  # while undecided
        self.beginnings = [b"", b""]
        self.observer: Observer | None = None
        self.pair: _Pair | None = None
        self.reason = ""  # why not all of it is judged
        self.answered = False
        self.finished: set[str] = set()  # who has sent Finished
        self.wanted = [1, 1]  # by side, octets that are missing from the record that has begun
        self.parts: tuple[list[bytes], list[bytes]] = ([], [])  # by side, what is there of it

    def mute(self, reason: str = "") -> None:
        """From here on nothing is judged."""
        self.state, self.reason = _State.MUTE, self.reason or reason
        self.observer, self.stream, self.waiting = None, None, []


class Connections:
    """The connections of one capture.

    :param complete: whether everything that each pair ever said to each other will be seen, from the first contact on.
    :param name: what errors call the capture.
    """

    def __init__(self, complete: bool = False, name: str = "the capture") -> None:
        self._name = name
        self._complete = complete
        self._open: dict[bytes, tuple[_Conversation, int]] = {}  # by flow; with the side that sends it
        self._pairs: dict[tuple[bytes, Endpoint], _Pair] = {}
        self._kept: list[_Conversation] = []
        self._left_out: dict[str, LeftOut] = {}
        self._count = 0
        self._waiting = 0
        self.segments = 0
        """Frames that carried TCP."""

    def feed(self, frame: Frame) -> None:
        """Takes the next frame.

        :raises UsageError: there are more connections than can be kept in mind.
        """
        number, time, link, octets = frame
        found = segment(link, octets)
        if found is None:
            return
        self.segments += 1
        flags = found.flags
        known = self._open.get(found.flow)
        if known is None:
            if not found.octets and not flags & SYN:
                return  # nothing to be judged yet
            known = self._met(number, found), 0
        conversation, side = known
        stream = conversation.stream
        if flags & (SYN | ACK) == SYN and self._is_new(conversation, side, found):
            self._ended(conversation)
            conversation, side = self._met(number, found), 0
            stream = conversation.stream
        if stream is None:
            return
        if flags & ENDS or stream.held:
            self._segment(conversation, stream, side, frame, found)
            return
        for passed in stream.take(number, time, side, found):
            if conversation.state is _State.OBSERVED:
                self._said(conversation, passed)
            elif conversation.state is _State.UNDECIDED:
                self._decide(conversation, passed)
        if stream.held or stream.conflict:
            self._waiting += stream.held
            self._check(conversation, stream)

    def finish(self) -> tuple[tuple[Connection, ...], tuple[LeftOut, ...]]:
        """The verdicts at the end of the capture, and what has none."""
        for conversation in dict.fromkeys(conversation for conversation, _ in self._open.values()):
            self._ended(conversation)
        self._open.clear()
        judged = {
            id(pair): {one.connection: one for one in pair.judge.connections()} for pair in self._pairs.values()
        }  # fmt: skip
        found = []
        for conversation in self._kept:
            pair = conversation.pair
            one = None if pair is None else judged[id(pair)].get(conversation.number)
            connection = self._connection(conversation, one)
            if connection is not None:
                found.append(connection)
        return tuple(found), tuple(sorted(self._left_out.values(), key=lambda left: left.first_frame))

    def _met(self, number: int, found: Segment) -> _Conversation:
        """A connection that begins."""
        self._count += 1
        if self._count > MOST_CONNECTIONS:
            raise UsageError(f"{self._name} holds more than {MOST_CONNECTIONS} connections", _DIVIDE)
        source, target = ends(found.flow)
        conversation = _Conversation(self._count, number, (source, target))
        conversation.opened = found.sequence if found.flags & (SYN | ACK) == SYN else None
        self._open[flow(target, source)] = conversation, 1
        self._open[found.flow] = conversation, 0
        return conversation

    def _is_new(self, conversation: _Conversation, side: int, found: Segment) -> bool:
        """Whether a SYN opens another connection between ends that had one."""
        if conversation.stream is None:
            return conversation.opened != found.sequence
        if conversation.stream.is_new(side, found):
            return True
        conversation.opened = found.sequence
        return False

    def _segment(
        self, conversation: _Conversation, stream: Stream, side: int, frame: Frame, found: Segment
    ) -> None:
        """Takes a segment that ends something, or for which others may have waited."""
        waited = stream.held
        for passed in stream.take(frame.number, frame.time, side, found):
            self._passed(conversation, passed)
        self._waiting += stream.held - waited
        self._check(conversation, stream)

    def _check(self, conversation: _Conversation, stream: Stream) -> None:
        """Gives up what cannot be followed, and lets go of what has ended."""
        if stream.conflict:
            self._given_up(conversation, f"frame {stream.conflict} repeats octets with other contents")
        elif stream.held > MOST_WAITING or (self._waiting > MOST_WAITING_IN_ALL and stream.held):
            self._given_up(conversation, _missing(conversation))
        elif conversation.stream is not None and stream.over:
            self._ended(conversation)

    def _given_up(self, conversation: _Conversation, reason: str) -> None:
        if conversation.stream is not None:
            self._waiting -= conversation.stream.held
            self._undecided(conversation)
            conversation.mute(reason)

    def _ended(self, conversation: _Conversation) -> None:
        """No more will come of it."""
        stream = conversation.stream
        if stream is None:
            return
        for passed in stream.finish():
            self._passed(conversation, passed)
        if conversation.stream is not None:
            self._given_up(conversation, _missing(conversation))

    def _undecided(self, conversation: _Conversation) -> None:
        """Says of a connection that ends before it was clear what it is."""
        stream = conversation.stream
        if conversation.state is not _State.UNDECIDED or stream is None:
            return
        said = any(conversation.beginnings)
        if not said and any(kind_of(octets) in ("hello", "record") for octets in stream.beginnings()):
            conversation.client = calling(conversation.ends) if stream.opener is None else stream.opener
            self._keep(conversation)
        elif said or stream.gap() is not None:
            self._leave_out(conversation, MISSING if not said else NO_TLS if stream.from_start else UNRECOGNISED)

    # --- what is said -------------------------------------------------------------------------------------------------

    def _passed(self, conversation: _Conversation, passed: Passed) -> None:
        if conversation.state is _State.UNDECIDED:
            self._decide(conversation, passed)
        elif conversation.state is _State.OBSERVED:
            self._said(conversation, passed)

    def _decide(self, conversation: _Conversation, passed: Passed) -> None:
        conversation.waiting.append(passed)
        side = passed.side
        if not conversation.beginnings[1 - side]:  # who speaks first shows what it is
            conversation.beginnings[side] += passed.octets[:ENOUGH]
        kind = kind_of(conversation.beginnings[side])
        stream = conversation.stream
        assert stream is not None
        if kind == "other" and not stream.from_start:  # it may begin in the middle of a record
            if kind_of(passed.octets) in ("hello", "record"):
                kind = "record"
            elif len(conversation.waiting) < _TRIED:
                return
        elif conversation.beginnings[1 - side]:
            return
        if not kind or not passed.octets:
            return
        if kind == "hello":
            conversation.client = side
        else:
            conversation.client = calling(conversation.ends) if stream.opener is None else stream.opener
        if kind == "other":
            self._leave_out(conversation, NO_TLS if stream.from_start else UNRECOGNISED)
            conversation.mute()
        elif kind == "record" and not stream.from_start:
            self._keep(conversation)
            conversation.mute(MISSING)
        else:
            self._observe(conversation)

    def _keep(self, conversation: _Conversation) -> None:
        self._kept.append(conversation)
        if len(self._kept) > MOST_JUDGED:
            raise UsageError(f"{self._name} holds more than {MOST_JUDGED} TLS connections", _DIVIDE)

    def _observe(self, conversation: _Conversation) -> None:
        client, server = conversation.ends[conversation.client], conversation.ends[1 - conversation.client]
        pair = self._pairs.get((client.address, server))
        if pair is None:
            pair = self._pairs[client.address, server] = _Pair(self._complete)
        conversation.pair = pair
        conversation.observer = Observer(conversation.number)
        conversation.state = _State.OBSERVED
        self._keep(conversation)
        waiting, conversation.waiting = conversation.waiting, []
        for passed in waiting:
            self._passed(conversation, passed)

    def _said(self, conversation: _Conversation, passed: Passed) -> None:
        observer, pair = conversation.observer, conversation.pair
        assert observer is not None and pair is not None
        sender = "client" if passed.side == conversation.client else "server"
        octets = passed.octets
        if octets:
            wanted = conversation.wanted[passed.side] - len(octets)
            if wanted > 0:  # no record is complete yet
                conversation.wanted[passed.side] = wanted
                conversation.parts[passed.side].append(octets)
                return
            if sender == "server" and not conversation.answered:
                conversation.answered = True
                if octets[0] not in RECORDS:
                    conversation.mute(f"{NO_TLS} is what the server answers")
                    return
            if parts := conversation.parts[passed.side]:
                octets = b"".join((*parts, octets))
                parts.clear()
            events = observer.octets(sender, octets, passed.time)
            conversation.wanted[passed.side] = observer.wanted(sender)
        elif passed.reset:  # whoever breaks off need not have ended a message
            close = RecordedEvent(connection=conversation.number, sender=sender, message="Close", time=passed.time)
            events = [close]
        else:
            rest = b"".join(conversation.parts[passed.side])
            events = [*observer.octets(sender, rest, passed.time), *observer.closed(sender, passed.time)]
        for event in events:
            pair.judge.feed(event)
            pair.frames.append(passed.frame)
            if event.message == "Finished":
                conversation.finished.add(sender)
            elif event.message == "ServerHello" and event.version not in (None, _TLS_1_2):
                conversation.mute(OTHER_VERSION)
                return

    # --- what is concluded --------------------------------------------------------------------------------------------

    def _leave_out(self, conversation: _Conversation, reason: str) -> None:
        before = self._left_out.get(reason)
        number, first = (0, conversation.first_frame) if before is None else (before.connections, before.first_frame)
        self._left_out[reason] = LeftOut(reason, number + 1, min(first, conversation.first_frame))

    def _connection(self, conversation: _Conversation, judged: Judged | None) -> Connection | None:
        """The verdict on a connection; None if it is left out."""
        reason = conversation.reason
        if judged is None:
            judged = Judged(conversation.number, INCONCLUSIVE, (), reason or MISSING)
        elif not judged.findings and reason.startswith((NO_TLS, OTHER_VERSION)):
            self._leave_out(conversation, judged.reason if reason == OTHER_VERSION else reason)
            return None
        elif reason and reason != OTHER_VERSION:
            open_end = judged.verdict == CONFORMANT and len(conversation.finished) < len(conversation.ends)
            judged = replace(judged, verdict=INCONCLUSIVE if open_end else judged.verdict, reason=reason)
        client, server = conversation.ends[conversation.client], conversation.ends[1 - conversation.client]
        frames = array("Q") if conversation.pair is None else conversation.pair.frames
        return Connection(str(client), str(server), conversation.first_frame, judged, frames)


def _missing(conversation: _Conversation) -> str:
    """What is missing of a connection, in words; empty if nothing is."""
    gap = None if conversation.stream is None else conversation.stream.gap()
    if gap is None:
        return ""
    if not any(conversation.beginnings):
        return MISSING
    whose = "the client's" if gap.side == conversation.client else "the server's"
    return f"{gap.octets} octet{'s' if gap.octets != 1 else ''} of {whose} are missing, as frame {gap.frame} shows"
