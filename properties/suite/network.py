"""One connection on its way through a network: in flight, cut anywhere, lost at any octet, watched from anywhere.

An end is ours, with everything it knows, or somebody else's, of which only octets and its own word are known.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from rfc5077.properties.adapters.peer import Line
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.connection import ClientConnection, DataReceived, Secrets, ServerConnection
from rfc5077.reference.wire.record import HEADER_LENGTH, MAX_PLAINTEXT, ContentType, RecordReader, encode_record

SIDES = ("client", "server")


class OwnEnd:
    """An end of ours. One that echoes sends back all data that it gets."""

    def __init__(self, tls: ClientConnection | ServerConnection, echoes: bool) -> None:
        self.tls = tls
        self.received = bytearray()
        """Application data, as it came."""
        self.error: ProtocolError | None = None
        """Why this end gave up."""
        self._echoes = echoes
        if isinstance(tls, ClientConnection):
            tls.start()

    def take(self, octets: bytes) -> None:
        """Octets arrive; they are lost if the end has closed."""
        try:
            self.tls.receive(octets)
        except ProtocolError as error:
            self.error = error  # the alert is in the output, and the connection has closed
        for event in self.tls.last_events if octets else ():
            if isinstance(event, DataReceived):
                self.received += event.data
                if self._echoes and not self.tls.closed:
                    self.tls.send(event.data)

    def end(self) -> None:
        """The transport has ended."""
        self.tls.end_of_input()

    def output(self) -> bytes:
        """What this end has sent since the last call."""
        return self.tls.data_to_send()

    @property
    def closed(self) -> bool:
        """Whether this end wants no more of its transport."""
        return self.tls.closed

    @property
    def established(self) -> bool | None:
        """Whether the handshake is complete for this end."""
        return self.tls.established

    @property
    def resumed(self) -> bool | None:
        """Whether the handshake resumed a session, once it is complete."""
        return self.tls.resumed if self.tls.established else None

    @property
    def secrets(self) -> Secrets | None:
        """Randoms and master secret, once there is one."""
        return self.tls.secrets if self.tls.handshake.master_secret else None


class PeerEnd:
    """An end of somebody else's, over the callables of its adapter."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def take(self, octets: bytes) -> None:
        """Octets arrive."""
        self._line.write(octets)

    def end(self) -> None:
        """The transport has ended."""
        self._line.end()

    def output(self) -> bytes:
        """What the peer has sent since the last call."""
        return self._line.read()

    @property
    def closed(self) -> bool:
        """Whether the peer has closed; false where it cannot tell."""
        return self._line.closed

    @property
    def established(self) -> bool | None:
        """The peer's word; None if it gives none."""
        return self._line.established()

    @property
    def resumed(self) -> bool | None:
        """The peer's word; None if it gives none."""
        return self._line.resumed()

    @property
    def secrets(self) -> Secrets | None:
        """A stranger's secrets are not known."""
        return None


End = OwnEnd | PeerEnd


class Recutter:
    """Cuts the handshake records of one direction anew, as long as they are not protected.

    Any number of messages may share a record and any message may be spread over records (RFC 5246, section 6.2.1), so
    that nobody may mind. Without sizes, nothing is changed.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        """`sizes`: octets of each new record in turn, over and over."""
        self._sizes = itertools.cycle(sizes) if sizes else None
        self._records = RecordReader()
        self._protected = False

    def __call__(self, octets: bytes) -> bytes:
        """The same octets in other records."""
        if self._sizes is None or self._protected or not octets:
            return octets
        out = bytearray()
        payload = b""
        for content_type, version, fragment in self._records.feed(octets):
            if content_type is ContentType.HANDSHAKE and not self._protected:
                payload += fragment
                continue
            out += b"".join(self._cut(payload, self._sizes)) + encode_record(content_type, fragment, version)
            payload = b""
            self._protected = self._protected or content_type is ContentType.CHANGE_CIPHER_SPEC
        return bytes(out) + b"".join(self._cut(payload, self._sizes))

    def _cut(self, payload: bytes, sizes: Iterator[int]) -> Iterator[bytes]:
        while payload:
            size = min(next(sizes), MAX_PLAINTEXT)
            yield encode_record(ContentType.HANDSHAKE, payload[:size])
            payload = payload[size:]


class _Direction:
    """What one side has sent and the other has not got."""

    def __init__(self, recutter: Recutter) -> None:
        self.flight = bytearray()
        self.ended = False  # the sender has closed its transport
        self.end_arrived = False
        self.recutter = recutter
        self._records: deque[int] = deque()  # octets that are left of each record in flight
        self._begun = bytearray()

    def send(self, octets: bytes) -> None:
        """Puts octets into flight."""
        self.flight += octets
        begun = self._begun
        begun += octets
        while len(begun) >= HEADER_LENGTH and len(begun) >= (end := HEADER_LENGTH + (begun[3] << 8 | begun[4])):
            self._records.append(end)
            del begun[:end]

    @property
    def record(self) -> int:
        """Octets left of the first record."""
        return self._records[0] if self._records else 0

    def take(self, limit: int) -> bytes:
        """At most so many octets out of flight, and none behind the end of a record."""
        if self._records:
            limit = min(limit, self._records[0])
            self._records[0] -= limit
            if not self._records[0]:
                self._records.popleft()
        octets = bytes(self.flight[:limit])
        del self.flight[:limit]
        return octets


Watch = Callable[[str, bytes | None, bool], None]
"""Told who sent something, which octets it was (None for the end of the transport), and whether it has arrived rather
than left."""


class Passage:
    """One connection between two ends. Nothing travels before the first `collect("client")`."""

    def __init__(self, client: End, open_server: Callable[[], End], watch: Watch, recut: Sequence[int] = ()) -> None:
        """`open_server` is called when the first octets reach the server; `recut` holds sizes for a `Recutter`.

        `watch` hears of everything twice: when it leaves, and when it arrives.
        """
        self.lost = False
        """Whether the network gave the connection up."""
        self._ends: dict[str, End] = {"client": client}
        self._open_server = open_server
        self._watch = watch
        self._ways = {side: _Direction(Recutter(recut)) for side in SIDES}

    def end(self, side: str) -> End | None:
        """One of the ends; None for a server that nothing has reached yet."""
        return self._ends.get(side)

    @property
    def over(self) -> bool:
        """Whether nothing can happen any more."""
        return self.lost or all(way.end_arrived for way in self._ways.values())

    @property
    def quiet(self) -> bool:
        """Whether everything was delivered."""
        return self.lost or not any(self.waiting(side) for side in SIDES)

    def waiting(self, side: str) -> bool:
        """Whether something that `side` has sent, or its end, has not arrived."""
        way = self._ways[side]
        return not self.lost and bool(way.flight or (way.ended and not way.end_arrived))

    def record(self, side: str) -> int:
        """Octets left of the first record on the way from `side`, 0 if there is none."""
        return self._ways[side].record

    def collect(self, side: str) -> None:
        """Takes up what an end has to send."""
        end, way = self._ends.get(side), self._ways[side]
        if end is None or self.lost:
            return
        octets = end.output()
        if octets and not way.ended:
            octets = way.recutter(octets) if isinstance(end, OwnEnd) else octets
            way.send(octets)
            self._watch(side, octets, False)
        if end.closed and not way.ended:
            way.ended = True
            self._watch(side, None, False)

    def deliver(self, side: str, octets: int | None = None) -> None:
        """Brings at most so many octets of what `side` has sent to the other end, or all.

        They arrive record by record, so that it shows what each is answered with; the end of the transport arrives
        behind the last octet.
        """
        way, receiver = self._ways[side], SIDES[1 - SIDES.index(side)]
        if not self.waiting(side):
            return
        if receiver not in self._ends:
            self._ends[receiver] = self._open_server()
        end = self._ends[receiver]
        left = len(way.flight) if octets is None else min(octets, len(way.flight))
        while left:
            portion = way.take(left)
            left -= len(portion)
            if not end.closed:  # else it is lost, as on a closed socket
                end.take(portion)
                self._watch(side, portion, True)
                self.collect(receiver)
        if way.ended and not way.flight:
            way.end_arrived = True
            end.end()
            self._watch(side, None, True)
            self.collect(receiver)

    def reveal(self) -> None:
        """Tells the watch of what is in flight as if it had arrived."""
        for side, way in self._ways.items():
            if way.flight:
                self._watch(side, bytes(way.flight), True)

    def lose(self) -> None:
        """The network gives up: what is in flight never arrives, and both ends see their transport end.

        Nobody has closed, so the watch is told nothing.
        """
        self.lost = True
        for end in self._ends.values():
            end.end()
