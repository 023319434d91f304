"""The common half of the puppets: one connection's records, messages and events, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from rfc5077.model.event import CLIENT, Alarm, Content, Event
from rfc5077.model.event import Message as M
from rfc5077.properties.adapters.peer import Line
from rfc5077.properties.suite.agreement import NO_SECRET, Handshake
from rfc5077.properties.trace.hellos import recorded_old_hello
from rfc5077.properties.trace.reading import recorded_message
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.alerts import AlertDescription, AlertLevel, ProtocolError
from rfc5077.reference.keys.protection import RecordProtection
from rfc5077.reference.wire.messages import Alert, HandshakeReader, HandshakeType, Message, handshake
from rfc5077.reference.wire.record import ContentType, RecordReader, encode_record, split

NO_SUCH_TYPE = 99
"""A handshake type that nobody has assigned."""
# fmt: off
ALERTS: dict[Alarm, tuple[AlertLevel, AlertDescription]] = {
    Alarm.CLOSE_NOTIFY: (AlertLevel.WARNING, AlertDescription.CLOSE_NOTIFY),
    Alarm.WARNING:      (AlertLevel.WARNING, AlertDescription.USER_CANCELED),
    Alarm.UNEXPECTED:   (AlertLevel.FATAL,   AlertDescription.UNEXPECTED_MESSAGE),
    Alarm.MALFORMED:    (AlertLevel.FATAL,   AlertDescription.DECODE_ERROR),
    Alarm.INTEGRITY:    (AlertLevel.FATAL,   AlertDescription.BAD_RECORD_MAC),
    Alarm.CERTIFICATE:  (AlertLevel.FATAL,   AlertDescription.BAD_CERTIFICATE),
    Alarm.REFUSAL:      (AlertLevel.FATAL,   AlertDescription.HANDSHAKE_FAILURE),
    Alarm.UNRELATED:    (AlertLevel.FATAL,   AlertDescription.HANDSHAKE_FAILURE),
    Alarm.INTERNAL:     (AlertLevel.FATAL,   AlertDescription.INTERNAL_ERROR),
}
"""The alert that stands for its kind."""
# fmt: on

CLIENT_FLIGHT = (
    HandshakeType.CERTIFICATE,
    HandshakeType.CLIENT_KEY_EXCHANGE,
    HandshakeType.CERTIFICATE_VERIFY,
)
SERVER_FLIGHT = (
    HandshakeType.SERVER_HELLO,
    HandshakeType.CERTIFICATE,
    HandshakeType.CERTIFICATE_STATUS,
    HandshakeType.SERVER_KEY_EXCHANGE,
    HandshakeType.CERTIFICATE_REQUEST,
    HandshakeType.NEW_SESSION_TICKET,
)
"""Messages behind which the same side goes on (RFC 5246, section 7.3)."""

Words = dict[M, tuple[HandshakeType, Callable[[Event], bytes]]]
"""The handshake messages of one side: type, and what makes the body. A body whose contents are to be wrong is made
right and gets an octet too many, unless its maker is one of `SUBTLE`."""

QUIET = 0.05
"""Seconds after which a live peer that need not answer is taken to be silent."""

RELUCTANT = 0.3
"""Seconds after which a live peer is taken to ignore the wish for another handshake."""

PATIENCE = 2.0
"""Seconds that a live peer is waited for where it has to answer."""

LAST_OF_A_FLIGHT = ("ServerHelloDone", "Finished", "ApplicationData", "ClientHello", "Alert", "Close", "Unrecognised")
"""Messages behind which nobody adds another before the other side has spoken."""

SUBTLE = (M.ServerKeyExchange, M.ClientKeyExchange, M.CertificateVerify, M.NewSessionTicket)
"""Messages whose makers know a better way to be wrong than trailing octets."""


class Puppet:
    """One connection with a peer, seen from the end that this puppet holds.

    `own` and `other` are "client" and "server" or the other way round; `number` is what events call the connection.
    """

    def __init__(self, line: Line, own: str, other: str, number: int, clock: Callable[[], float] | None) -> None:
        self.line = line
        self.own = own
        self.other = other
        self.number = number
        self.handshake = Handshake()
        self.lost = False
        """Whether the peer's octets can no longer be told apart."""
        self.ended = False
        """Whether the peer has closed, and the event for that was handed out."""
        self._begun = False
        self._due = PATIENCE if other == "client" else QUIET
        self._clock = clock
        self._gathered: list[bytes] | None = None
        self._records = RecordReader()
        self._messages = HandshakeReader()
        self._writing: RecordProtection | None = None
        self._reading: RecordProtection | None = None
        self._choices: tuple[bytes, ...] | None = None
        """Secrets of which one opens the peer's next record; None while it sends in the clear or once it is found."""

    def begin(self) -> None:
        """To be called before a ClientHello is noted: behind a complete handshake it begins another."""
        if self.handshake.complete:
            self.handshake = Handshake(self.handshake.verify_data)

    # --- out, by meaning ----------------------------------------------------------------------------------------------

    def speak(self, words: Words, event: Event) -> RecordedEvent:
        """Sends what an event stands for. Raises ValueError if `words`, this side's, have none for it."""
        if (event.sender is CLIENT) != (self.own == "client"):
            raise ValueError(f"event: {event} is not a {self.own}'s")
        wrong = event.content is Content.WRONG
        match event.message:
            case M.ChangeCipherSpec:
                return self.send_change(b"\x02" if wrong else b"\x01")
            case M.Finished:
                return self._finish(wrong, event.omits_ticket)
            case M.ApplicationData:
                return self.send_data(b"ping\n")
            case M.Alert:
                return self.send_alert(*ALERTS[event.alarm])
            case M.Close:
                return self.end()
            case M.Unrecognised:
                return self.send_handshake(NO_SUCH_TYPE, b"")
        kind, body = self.worded(words, event)
        if wrong and event.message not in SUBTLE:
            body += b"\x00"
        return self.send_handshake(kind, body, not wrong if kind == HandshakeType.CERTIFICATE_VERIFY else None)

    def worded(self, words: Words, event: Event) -> tuple[HandshakeType, bytes]:
        """Type and body of the handshake message that an event stands for. Raises ValueError if there is none."""
        if event.message not in words:
            raise ValueError(f"event: a {self.own} has no word for {event.message.name}")
        kind, make = words[event.message]
        return kind, make(event)

    def _finish(self, wrong: bool, omits_ticket: bool) -> RecordedEvent:
        due = self.handshake.finished(self.own)
        said = flipped(due) if wrong else self.handshake.finished(self.own, omits_ticket)
        return self.send_handshake(HandshakeType.FINISHED, said, said == due and self.handshake.secrets() != ())

    # --- out, by octets -----------------------------------------------------------------------------------------------

    def send_record(self, content_type: int, payload: bytes) -> None:
        """Sends octets under the keys in force, in as many records as they need."""
        out = b""
        for fragment in split(payload):
            if self._writing is not None:
                fragment = self._writing.seal(content_type, fragment)
            out += encode_record(content_type, fragment)
        self._due = QUIET
        if self._gathered is None:
            self.line.write(out)
        else:
            self._gathered.append(out)

    @contextmanager
    def gathering(self, octets: list[bytes]) -> Iterator[None]:
        """As long as this lasts, what would be written is put there instead."""
        self._gathered = octets
        yield
        self._gathered = None

    def send_handshake(self, kind: int, body: bytes, verified: bool | None = None) -> RecordedEvent:
        """Sends a handshake message; `verified` says whether Finished or CertificateVerify is right."""
        octets = handshake(kind, body)
        event = self._message(self.own, kind, body, verified, self._writing is not None)
        self.handshake.note(self.own, True, kind, body, octets)
        self.send_record(ContentType.HANDSHAKE, octets)
        self._due = self._limit(kind)
        if self._due:
            self.line.wait(0.0)  # whatever was said leaves now, for a live peer to work on while we judge it
        return event

    def in_records(self, kind: int, body: bytes, *parts: bytes) -> RecordedEvent:
        """Sends a handshake message as these parts, each in records of its own; they need not be its octets."""
        event = self._message(self.own, kind, body, None, self._writing is not None)
        self.handshake.note(self.own, True, kind, body, handshake(kind, body))
        for part in parts:
            self.send_record(ContentType.HANDSHAKE, part)
        self._due = self._limit(kind)
        return event

    def send_change(self, value: bytes = b"\x01") -> RecordedEvent:
        """Sends ChangeCipherSpec, and protects what follows: under zeros if no secret was agreed."""
        event = self._event(self.own, "ChangeCipherSpec", protected=self._writing is not None, malformed=_change(value))
        self.send_record(ContentType.CHANGE_CIPHER_SPEC, value)
        self._writing = self.handshake.protection(next(iter(self.handshake.secrets()), NO_SECRET), self.own)
        self._due = 0.0
        return event

    def send_alert(self, level: int, description: int) -> RecordedEvent:
        """Sends an alert."""
        event = self._alert(self.own, Alert(int(level), int(description)), self._writing is not None)
        self.send_record(ContentType.ALERT, bytes((level, description)))
        return event

    def send_data(self, data: bytes) -> RecordedEvent:
        """Sends application data."""
        event = self._event(self.own, "ApplicationData", protected=self._writing is not None)
        self.send_record(ContentType.APPLICATION_DATA, data)
        return event

    def end(self) -> RecordedEvent:
        """Ends the transport."""
        self.line.end()
        return self._event(self.own, "Close")

    # --- in -----------------------------------------------------------------------------------------------------------

    def hear(self, silence: bool = False) -> list[RecordedEvent]:
        """What the peer has sent since the last call, and Close once it has closed.

        With `silence`, nothing at all from a peer that is still there is an event too. A live peer is waited for, as
        long as it is its turn by the rules; where it is not, its silence is no event.
        """
        events = self.take_in()
        while self.line.live and not self.ended and not self._has_spoken(events):
            if not self.line.wait(QUIET if events else self._due):
                break
            events += self.take_in()
        if silence and not events and not self.ended and (self._due == PATIENCE or not self.line.live):
            events.append(self.silence())
        return events

    def linger(self) -> list[RecordedEvent]:
        """What a live peer says although it is not its turn."""
        events: list[RecordedEvent] = []
        while self.line.live and not self.ended and self.line.wait(QUIET):
            events += self.take_in()
        return events

    def _has_spoken(self, events: list[RecordedEvent]) -> bool:
        """Whether nothing more is to be expected of a live peer before it is spoken to."""
        if not events:
            return not self._due
        dying = any(event.alert_level == AlertLevel.FATAL for event in events)
        return events[-1].message in LAST_OF_A_FLIGHT and not dying  # the end belongs to a fatal alert

    def _limit(self, kind: int) -> float:
        """For how long a live peer is waited for, once this handshake message was sent to it."""
        if kind in (CLIENT_FLIGHT if self.own == "client" else SERVER_FLIGHT):
            return 0.0
        # Nobody has to renegotiate, nor to say anything behind the last message of a handshake.
        asks = kind == HandshakeType.HELLO_REQUEST or (kind == HandshakeType.CLIENT_HELLO and self._again)
        last = kind == HandshakeType.FINISHED and self.other in self.handshake.verify_data
        if last:
            return 0.0 if self.own == "client" else QUIET
        return RELUCTANT if asks else PATIENCE

    @property
    def _again(self) -> bool:
        """Whether this is not the first handshake of the connection."""
        return any(self.handshake.previous.values())

    def silence(self) -> RecordedEvent:
        """The event that the peer had its turn and said nothing."""
        return self._event(self.other, "Silence")

    def take_in(self) -> list[RecordedEvent]:
        """What there is to hear at this moment, and Close once the peer has closed."""
        events: list[RecordedEvent] = []
        octets = self.line.read()
        if octets and not self._begun:
            self._begun = True
            if old := recorded_old_hello(self.number, self.other, octets, time=self._time()):
                events.append(old)
                self.lost = True
        if octets and not self.lost:
            try:
                for content_type, _, fragment in self._records.feed(octets):
                    events += self._record(content_type, fragment)
            except ProtocolError as error:
                self.lost = True
                events.append(self._event(self.other, "Unrecognised", malformed=error.detail))
        if not self.ended and self.line.closed:
            self.ended = True
            events.append(self._event(self.other, "Close"))
        return events

    def leave(self) -> None:
        """Ends a complete connection with a live peer in good order: a session that ended otherwise may be dropped."""
        if self.line.live and self.handshake.complete and not self.ended:
            self.send_alert(AlertLevel.WARNING, AlertDescription.CLOSE_NOTIFY)
            self.line.end()
            self.ended = True
            self.line.wait(QUIET)

    def took(self, kind: int, body: bytes) -> bool | None:
        """Called for each handshake message of the peer before it is noted; answers whether its contents are right."""
        if kind == HandshakeType.FINISHED:
            return body == self.handshake.finished(self.other)
        return None

    def noted(self, kind: int, body: bytes) -> None:
        """Called for each handshake message of the peer after it was noted."""

    def _record(self, content_type: ContentType, fragment: bytes) -> Iterator[RecordedEvent]:
        if self.lost:
            return
        protected = self._reading is not None or self._choices is not None
        if protected:
            opened = self._open(content_type, fragment)
            if opened is None:
                self.lost = True
                name = "Unrecognised" if self.other in self.handshake.verify_data else "Finished"
                reason = "a protected record that no key of this connection opens"
                yield self._event(self.other, name, verified=False, protected=True, malformed=reason)
                return
            fragment = opened
        if content_type is ContentType.HANDSHAKE:
            for message in self._messages.feed(fragment):
                yield self._hear_message(message, protected)
        elif content_type is ContentType.CHANGE_CIPHER_SPEC:
            yield from self._hear_change(fragment, protected)
        elif content_type is ContentType.ALERT:
            yield from self._hear_alerts(fragment, protected)
        else:
            yield self._event(self.other, "ApplicationData", protected=protected)

    def _open(self, content_type: ContentType, fragment: bytes) -> bytes | None:
        """The payload of a protected record; None if no key opens it."""
        if self._choices is not None:
            for secret in self._choices:
                reading = self.handshake.protection(secret, self.other)
                if (payload := _opened(reading, content_type, fragment)) is not None:
                    self._reading, self._choices = reading, None
                    self.handshake.agreed = secret
                    return payload
            return None
        assert self._reading is not None  # the only caller saw to it
        return _opened(self._reading, content_type, fragment)

    def _hear_message(self, message: Message, protected: bool) -> RecordedEvent:
        kind = message.kind
        assert isinstance(kind, int)  # signals do not come from a HandshakeReader
        verified = self.took(kind, message.body)
        wrong = kind == HandshakeType.FINISHED and not verified
        omits = wrong and message.body == self.handshake.finished(self.other, omits_ticket=True)  # R5077-3.3-04
        self.handshake.note(self.other, False, kind, message.body, message.octets)
        self.noted(kind, message.body)
        event = self._message(self.other, kind, message.body, verified, protected)
        return replace(event, omits_ticket=True) if omits else event

    def _hear_change(self, fragment: bytes, protected: bool) -> Iterator[RecordedEvent]:
        if self._messages.pending:
            reason = f"{self._messages.pending} octets of a handshake message, then ChangeCipherSpec"
            self._messages = HandshakeReader()
            yield self._event(self.other, "Unrecognised", protected=protected, malformed=reason)
        yield self._event(self.other, "ChangeCipherSpec", protected=protected, malformed=_change(fragment))
        self._reading, self._choices = None, (*self.handshake.secrets(), NO_SECRET)

    def _hear_alerts(self, payload: bytes, protected: bool) -> Iterator[RecordedEvent]:
        if not payload or len(payload) % 2:
            yield self._event(self.other, "Alert", protected=protected, malformed=f"{len(payload)} octets of alerts")
            return
        for at in range(0, len(payload), 2):
            yield self._alert(self.other, Alert.parse(payload[at : at + 2]), protected)

    # --- events -------------------------------------------------------------------------------------------------------

    def _event(
        self, sender: str, message: str, *, protected: bool = False, malformed: str | None = None,
        verified: bool | None = None,
    ) -> RecordedEvent:  # fmt: skip
        return RecordedEvent(
            connection=self.number, sender=sender, message=message, time=self._time(), protected=protected,
            malformed=malformed, verified=verified,
        )  # fmt: skip

    def _alert(self, sender: str, alert: Alert, protected: bool) -> RecordedEvent:
        event = self._event(sender, "Alert", protected=protected)
        return replace(event, alert_level=alert.level, alert_description=alert.description)

    def _message(self, sender: str, kind: int, body: bytes, verified: bool | None, protected: bool) -> RecordedEvent:
        return recorded_message(
            self.number, sender, kind, body, time=self._time(), verified=verified, protected=protected
        )

    def _time(self) -> float | None:
        return None if self._clock is None else self._clock()


def _change(value: bytes) -> str | None:
    """What is wrong with the contents of ChangeCipherSpec (RFC 5246, section 7.1)."""
    return None if value == b"\x01" else f"the octets {value[:8].hex() or '(none)'} instead of 01"


def _opened(reading: RecordProtection, content_type: int, fragment: bytes) -> bytes | None:
    try:
        return reading.open(content_type, fragment)
    except ProtocolError:
        return None


def flipped(octets: bytes) -> bytes:
    """A copy with one bit in the middle changed."""
    middle = len(octets) // 2
    return octets[:middle] + bytes((octets[middle] ^ 1,)) + octets[middle + 1 :]
