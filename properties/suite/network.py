"""One connection on its way through a network: in flight, cut anywhere, lost at any octet, watched from anywhere.

An end is ours, with everything it knows, or somebody else's, of which only octets and its own word are known.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from rfc5077.properties.adapters.peer import Line
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.connection import ClientConnection, DataReceived, Secrets, ServerConnection
from rfc5077.reference.wire.record import MAX_PLAINTEXT, ContentType, RecordReader, encode_record

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

    def __init__(self, recutter: Recutter, seen_when_sent: bool) -> None:
        self.flight = bytearray()
        self.ended = False  # the sender has closed its transport
        self.end_arrived = False
        self.recutter = recutter
        self.seen_when_sent = seen_when_sent


Watch = Callable[[str, bytes | None], None]
"""Told who sent something and which octets it was; None for the end of the transport."""


class Passage:
    """One connection between two ends.

    The observer sits anywhere between them: each direction is seen either as it is sent or as it is delivered.  Nothing
    travels before the first `collect("client")`.
    """

    def __init__(
        self, client: End, open_server: Callable[[], End], watch: Watch,
        recut: Sequence[int] = (), seen_when_sent: tuple[bool, bool] = (True, True),
    ) -> None:  # fmt: skip
        """`open_server` is called when the first octets reach the server; `recut` holds sizes for a `Recutter`;
        `seen_when_sent` says for client and server where the observer sees what they send."""
        self.lost = False
        """Whether the network gave the connection up."""
        self._ends: dict[str, End] = {"client": client}
        self._open_server = open_server
        self._watch = watch
        self._ways = {
            side: _Direction(Recutter(recut), seen)
            for side, seen in zip(SIDES, seen_when_sent, strict=True)
        }

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

    @property
    def decided(self) -> bool:
        """Whether the server has answered, or will never."""
        server = self.end("server")
        if self.over or server is None:
            return self.over
        return server.closed or not isinstance(server, OwnEnd) or server.tls.resumed is not None

    def collect(self, side: str) -> None:
        """Takes up what an end has to send."""
        end, way = self._ends.get(side), self._ways[side]
        if end is None or self.lost:
            return
        octets = end.output()
        if octets and not way.ended:
            octets = way.recutter(octets) if isinstance(end, OwnEnd) else octets
            way.flight += octets
            if way.seen_when_sent:
                self._watch(side, octets)
        if end.closed and not way.ended:
            way.ended = True
            if way.seen_when_sent:
                self._watch(side, None)

    def deliver(self, side: str, octets: int | None = None) -> None:
        """Brings at most so many octets of what `side` has sent to the other end, or all; the end of the transport
        arrives behind the last octet."""
        way, receiver = self._ways[side], SIDES[1 - SIDES.index(side)]
        if not self.waiting(side):
            return
        if receiver not in self._ends:
            self._ends[receiver] = self._open_server()
        end = self._ends[receiver]
        if way.flight:
            chunk = bytes(way.flight[:octets])
            del way.flight[: len(chunk)]
            if not end.closed:
                end.take(chunk)
                if not way.seen_when_sent:
                    self._watch(side, chunk)
        if way.ended and not way.flight:
            way.end_arrived = True
            end.end()
            if not way.seen_when_sent:
                self._watch(side, None)
        self.collect(receiver)

    def lose(self) -> None:
        """The network gives up: what is in flight never arrives, and both ends see their transport end.

        Nobody has closed, so the observer is told nothing.
        """
        self.lost = True
        for end in self._ends.values():
            end.end()
