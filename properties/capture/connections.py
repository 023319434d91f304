"""Frames to the TLS connections in them, each observed and judged together with the others of its client and server.

A server is an address with its port, a client an address: its tickets travel from one of its connections to the next.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from enum import Enum

from rfc5077.properties.capture.framing import Frame
from rfc5077.properties.capture.packet import ACK, FIN, RST, SYN, Endpoint, Segment, ends, flow, segment
from rfc5077.properties.capture.stream import Passed, Stream
from rfc5077.properties.errors import UsageError
from rfc5077.properties.trace.hellos import OLD_CLIENT_HELLO
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.judge import CONFORMANT, INCONCLUSIVE, Judge, Judged

MOST_CONNECTIONS = 500_000
"""TLS connections of one capture."""

MOST_WAITING = 16 * 1024 * 1024
"""Octets of one connection that may wait for missing ones before they are given up."""

MOST_WAITING_IN_ALL = 256 * 1024 * 1024
"""The same, of all connections."""

_TLS_1_2 = 0x0303
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_RECORDS = range(20, 25)
_ENOUGH = 6  # octets that show what a stream is
_TRIED = 8  # segments of a stream without a beginning that are looked at

NO_TLS = "no TLS"
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
    """

    def __init__(self, complete: bool = False) -> None:
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
        found = segment(frame.link, frame.octets)
        if found is None:
            return
        self.segments += 1
        known = self._open.get(found.flow)
        if known is None:
            if not found.octets and not found.flags & SYN:
                return  # nothing to be judged yet
            known = self._met(frame, found), 0
        conversation, side = known
        if found.flags & (SYN | ACK) == SYN:
            if conversation.stream is None:
                again = conversation.opened == found.sequence
            else:
                again = not conversation.stream.is_new(side, found)
                conversation.opened = found.sequence if again else None
            if not again:
                self._ended(conversation)
                conversation, side = self._met(frame, found), 0
        if conversation.stream is not None:
            self._segment(conversation, side, frame, found)

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

    def _met(self, frame: Frame, found: Segment) -> _Conversation:
        """A connection that begins."""
        self._count += 1
        source, target = ends(found.flow)
        conversation = _Conversation(self._count, frame.number, (source, target))
        conversation.opened = found.sequence if found.flags & (SYN | ACK) == SYN else None
        self._open[flow(target, source)] = conversation, 1
        self._open[found.flow] = conversation, 0
        return conversation

    def _segment(self, conversation: _Conversation, side: int, frame: Frame, found: Segment) -> None:
        stream = conversation.stream
        assert stream is not None
        waited = stream.held
        released = stream.take(frame.number, frame.time, side, found)
        for passed in released:
            if conversation.state is _State.OBSERVED:
                self._said(conversation, passed)
            elif conversation.state is _State.UNDECIDED:
                self._decide(conversation, passed)
        if not stream.held and not waited and not found.flags & (FIN | RST) and not stream.conflict:
            return
        self._waiting += stream.held - waited
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
        if not said and any(_kind(octets) in ("hello", "record") for octets in stream.beginnings()):
            conversation.client = _calling(conversation.ends) if stream.opener is None else stream.opener
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
            conversation.beginnings[side] += passed.octets[:_ENOUGH]
        kind = _kind(conversation.beginnings[side])
        stream = conversation.stream
        assert stream is not None
        if kind == "other" and not stream.from_start:  # it may begin in the middle of a record
            if _kind(passed.octets) in ("hello", "record"):
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
            conversation.client = _calling(conversation.ends) if stream.opener is None else stream.opener
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
        if len(self._kept) > MOST_CONNECTIONS:
            raise UsageError(
                f"the capture holds more than {MOST_CONNECTIONS} TLS connections", "Divide it by time or by address"
            )

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
                if octets[0] not in _RECORDS:
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
                conversation.mute("another version than TLS 1.2")
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
        elif not judged.findings and reason.startswith((NO_TLS, "another version")):
            self._leave_out(conversation, judged.reason if reason.startswith("another") else reason)
            return None
        elif reason:
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


def _kind(octets: bytes) -> str:
    """What a stream that begins so is: ``hello``, another ``record`` of TLS, or ``other``; empty while it is open."""
    if not octets:
        return ""
    if octets[0] & 0x80:
        if len(octets) < 4:
            return ""
        return "hello" if octets[2] == OLD_CLIENT_HELLO and octets[3] <= 3 else "other"
    if octets[0] not in _RECORDS or (len(octets) > 1 and octets[1] != 3):
        return "other"
    if len(octets) < _ENOUGH:
        return ""
    if int.from_bytes(octets[3:5], "big") > (1 << 14) + 2048:
        return "other"
    return "hello" if octets[0] == _HANDSHAKE and octets[5] == _CLIENT_HELLO else "record"


def _calling(ends: tuple[Endpoint, Endpoint]) -> int:
    """Which side is the client where nobody saw it connect: the one with the higher port, as a rule."""
    return 0 if ends[0].port >= ends[1].port else 1
