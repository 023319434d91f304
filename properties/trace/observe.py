"""Octets of one connection, as they pass, to recorded events; whoever only looks on uses this, with keys or without.

Everything is read by the reference's wire rooms, leniently: what cannot be read is an event too.  Without keys, what
passes after ChangeCipherSpec is told by its place and, where the cipher suite fixes the length, by its length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rfc5077.properties.trace.hellos import old_length, old_random, recorded_old_hello
from rfc5077.properties.trace.reading import recorded_message
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.keys import schedule
from rfc5077.reference.keys.protection import RecordProtection, protect
from rfc5077.reference.keys.suites import SUITES
from rfc5077.reference.wire.hello import ExtensionType, ServerHello
from rfc5077.reference.wire.messages import (
    Alert,
    HandshakeReader,
    HandshakeType,
    Message,
)
from rfc5077.reference.wire.record import ContentType, RecordReader

Secrets = Callable[[bytes], bytes | None]
"""The master secret (48 octets) of the connection whose ClientHello has this random (32 octets), if it is known."""


def sealed_length(suite: int | None, plain: int) -> int | None:
    """Octets of a protected fragment that carries ``plain`` octets; None where the suite does not fix it.

    RFC 5288, section 3, RFC 6655, section 3 and RFC 7905, section 2: nonce and tag of the suites without padding.
    """
    overhead = _OVERHEAD.get(suite) if suite is not None else None
    return None if overhead is None else plain + overhead


_GCM = (0x9C, 0x9D, 0x9E, 0x9F, 0xC02B, 0xC02C, 0xC02F, 0xC030)
_CHACHA = (0xCCA8, 0xCCA9, 0xCCAA)
_OVERHEAD: dict[int, int] = dict.fromkeys(_GCM, 24) | dict.fromkeys(_CHACHA, 16)
_FINISHED_LENGTH, _EMPTY_LENGTH = 16, 4


class _Direction:
    """What one party has sent so far."""

    def __init__(self) -> None:
        self.records = RecordReader()
        self.handshake = HandshakeReader()
        self.changed = False  # ChangeCipherSpec has passed
        self.finished = False
        self.lost = False  # no record can be told from the next any more
        self.begun = False  # it is known whether the first octets are records
        self.first = b""  # until then
        self.opener: RecordProtection | None = None


class Observer:
    """Looks on at one connection; octets go in per direction, in the order in which they passed.

    :param connection: the number that the events carry.
    :param keys: asked for the master secret when the first ChangeCipherSpec passes; without it, or for a cipher suite
        that the reference does not speak, what is protected stays closed.
    """

    def __init__(self, connection: int, keys: Secrets | None = None) -> None:
        self._connection = connection
        self._keys = keys
        self._directions = {"client": _Direction(), "server": _Direction()}
        self._randoms: dict[str, bytes] = {}
        self._suite: int | None = None
        self._encrypt_then_mac = False
        self._master: bytes | None = None
        self._transcript, self._unticketed = schedule.Transcript(), schedule.Transcript()
        self._time: float | None = None
        self._unfollowed = False  # a renegotiation that cannot be read

    def octets(self, sender: str, data: bytes, time: float | None = None) -> list[RecordedEvent]:
        """The events that are complete with these octets.

        :param time: seconds, noted in the events.
        """
        self._time = time
        direction = self._directions[sender]
        if direction.lost:
            return []
        events: list[RecordedEvent] = []
        if not direction.begun:
            events, data = self._begin(sender, direction, direction.first + data)
        try:
            for content_type, _, fragment in direction.records.feed(data):
                events += self._record(sender, direction, content_type, fragment)
        except ProtocolError as error:
            direction.lost = True
            events.append(self._event(sender, "Unrecognised", malformed=error.detail))
        return events

    def wanted(self, sender: str) -> int:
        """How many octets at least have to come from the sender before another event can be complete."""
        return self._directions[sender].records.wanted if self._directions[sender].begun else 1

    def _begin(self, sender: str, direction: _Direction, data: bytes) -> tuple[list[RecordedEvent], bytes]:
        """Takes a ClientHello of SSL 2.0 from the front, if that is what the octets begin with; returns the rest."""
        length = old_length(data) if sender == "client" else None
        if length is not None and len(data) < length:
            direction.first = data
            return [], b""
        direction.begun = bool(data)
        event = recorded_old_hello(self._connection, sender, data, time=self._time)
        if length is None or event is None:
            return [], data
        self._transcript.add(data[2:length])
        self._unticketed.add(data[2:length])
        self._randoms[sender] = old_random(data[2:length])
        return [event], data[length:]

    def closed(self, sender: str, time: float | None = None) -> list[RecordedEvent]:
        """The events for the end of one direction: what was cut short, if anything, then Close."""
        self._time = time
        return [*self._cut(sender, self._directions[sender], "the end"), self._event(sender, "Close")]

    def _event(self, sender: str, message: str, **fields: str | bool | int | None) -> RecordedEvent:
        return RecordedEvent(
            connection=self._connection, sender=sender, message=message, time=self._time, **fields  # type: ignore[arg-type]
        )

    def _record(
        self, sender: str, direction: _Direction, content_type: ContentType, fragment: bytes
    ) -> Iterator[RecordedEvent]:
        protected = direction.changed
        if protected and direction.opener is None:
            yield from self._closed_record(sender, direction, content_type, len(fragment))
            return
        if protected and direction.opener is not None:
            try:
                fragment = direction.opener.open(content_type, fragment)
            except ProtocolError as error:
                direction.lost = True
                message = "Unrecognised" if direction.finished else "Finished"
                yield self._event(sender, message, verified=False, protected=True, malformed=error.detail)
                return
        if content_type is ContentType.HANDSHAKE:
            for found in direction.handshake.feed(fragment):
                yield self._message(sender, direction, found, protected)
        elif content_type is ContentType.CHANGE_CIPHER_SPEC:
            yield from self._change(sender, direction, fragment, protected)
        elif content_type is ContentType.ALERT:
            yield from self._alerts(sender, fragment, protected)
        else:
            yield self._event(sender, "ApplicationData", protected=protected)

    def _closed_record(
        self, sender: str, direction: _Direction, content_type: ContentType, length: int
    ) -> Iterator[RecordedEvent]:
        """A protected record that cannot be opened: told by type, place and length."""
        if content_type is ContentType.ALERT:
            yield self._event(sender, "Alert", protected=True)
        elif content_type is ContentType.APPLICATION_DATA:
            yield self._event(sender, "ApplicationData", protected=True)
        elif self._unfollowed:
            return
        elif content_type is ContentType.CHANGE_CIPHER_SPEC:
            yield self._event(sender, "ChangeCipherSpec", protected=True)
        elif not direction.finished:
            due = sealed_length(self._suite, _FINISHED_LENGTH)
            direction.finished = due is None or due == length
            if direction.finished:
                yield self._event(sender, "Finished", protected=True)
            else:  # R5246-7.4.9-02
                reason = f"an encrypted handshake record of {length} octets, where Finished alone has {due}"
                yield self._event(sender, "Unrecognised", protected=True, malformed=reason)
        elif sender == "client":
            self._unfollowed = True
            yield self._event(sender, "ClientHello", protected=True)
        elif sealed_length(self._suite, _EMPTY_LENGTH) in (None, length):
            yield self._event(sender, "HelloRequest", protected=True)
        else:
            reason = f"an encrypted handshake record of {length} octets after Finished"
            yield self._event(sender, "Unrecognised", protected=True, malformed=reason)

    def _message(self, sender: str, direction: _Direction, message: Message, protected: bool) -> RecordedEvent:
        kind = message.kind
        assert isinstance(kind, int)  # signals do not come from a HandshakeReader
        verified: bool | None = None
        if kind == HandshakeType.FINISHED:
            direction.finished = True
            verified = self._verify(sender, message.body, self._transcript)
        elif kind == HandshakeType.CLIENT_HELLO and self._suite is not None:
            self._renegotiate()
        event = recorded_message(
            self._connection, sender, kind, message.body, time=self._time, verified=verified, protected=protected
        )
        if verified is False and self._verify(sender, message.body, self._unticketed):  # R5077-3.3-04
            event = replace(event, omits_ticket=True)
        if self._keys is not None and kind != HandshakeType.HELLO_REQUEST:  # R5246-7.4.1.1-01
            self._transcript.add(message.octets)
            if kind != HandshakeType.NEW_SESSION_TICKET:
                self._unticketed.add(message.octets)
        if kind in (HandshakeType.CLIENT_HELLO, HandshakeType.SERVER_HELLO) and len(message.body) >= 34:
            self._randoms[sender] = message.body[2:34]
        if event.cipher_suite is not None:
            self._choose(event.cipher_suite, message.body)
        return event

    def _choose(self, suite: int, body: bytes) -> None:
        """Takes down what a readable ServerHello says of the hash and of how records are protected."""
        self._suite = suite
        if self._keys is None:
            return
        answer = ServerHello.parse(body, strict=False)
        self._encrypt_then_mac = answer.extension(ExtensionType.ENCRYPT_THEN_MAC) is not None
        if suite in SUITES:
            self._transcript.use(SUITES[suite].hash_name)
            self._unticketed.use(SUITES[suite].hash_name)

    def _renegotiate(self) -> None:
        """A handshake under the protection of the one before begins."""
        self._transcript, self._unticketed = schedule.Transcript(), schedule.Transcript()
        self._master = None
        for direction in self._directions.values():
            direction.finished = False

    def _verify(self, sender: str, found: bytes, transcript: schedule.Transcript) -> bool | None:
        """Whether a Finished is right for these messages; None without the master secret."""
        if self._master is None:
            return None
        label = schedule.CLIENT_FINISHED if sender == "client" else schedule.SERVER_FINISHED
        return schedule.finished_data(self._master, label, transcript) == found

    def _change(self, sender: str, direction: _Direction, fragment: bytes, protected: bool) -> Iterator[RecordedEvent]:
        yield from self._cut(sender, direction, "ChangeCipherSpec")
        wrong = None if fragment == b"\x01" else f"the octets {fragment[:8].hex() or '(none)'} instead of 01"
        yield self._event(sender, "ChangeCipherSpec", protected=protected, malformed=wrong)
        direction.opener = self._keys_for(sender)
        direction.changed = True

    def _cut(self, sender: str, direction: _Direction, by: str) -> Iterator[RecordedEvent]:
        """A handshake message that was begun and not ended before something else came."""
        pending = direction.handshake.pending or (0 if direction.begun else len(direction.first))
        if pending:
            reason = f"{pending} octets of a handshake message, then {by}"
            direction.handshake, direction.first = HandshakeReader(), b""
            yield self._event(sender, "Unrecognised", protected=direction.changed, malformed=reason)

    def _keys_for(self, sender: str) -> RecordProtection | None:
        if self._master is None and self._keys is not None and "client" in self._randoms:
            self._master = self._keys(self._randoms["client"])
        suite = SUITES.get(self._suite) if self._suite is not None else None
        if self._master is None or suite is None or len(self._randoms) < 2:
            # Keys that come later are of no use: the transcript would lack what was not read.
            self._master = self._keys = None
            self._unfollowed = self._directions[sender].changed
            return None
        keys = schedule.key_block(
            self._master, self._randoms["client"], self._randoms["server"], suite, self._encrypt_then_mac
        )
        return protect(keys.client if sender == "client" else keys.server)

    def _alerts(self, sender: str, payload: bytes, protected: bool) -> Iterator[RecordedEvent]:
        if not payload or len(payload) % 2:
            yield self._event(sender, "Alert", protected=protected, malformed=f"{len(payload)} octets of alerts")
            return
        for at in range(0, len(payload), 2):
            alert = Alert.parse(payload[at : at + 2])
            yield self._event(
                sender, "Alert", protected=protected, alert_level=alert.level, alert_description=alert.description
            )
