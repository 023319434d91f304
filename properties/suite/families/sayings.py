"""What the alphabets have no symbol for: hellos after a change, tickets of any octets, Finished of any length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.model.event import Event, Extension, SessionId
from rfc5077.properties.suite.agreement import Session
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.families.events import hello
from rfc5077.properties.suite.families.stage import P, Saying
from rfc5077.properties.suite.hellos import with_extension, without_extension
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.keys.suites import DEFAULT_SUITES
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello, server_name_body
from rfc5077.reference.wire.messages import HandshakeType, NewSessionTicket, handshake
from rfc5077.reference.wire.record import ContentType

PROTOCOLS = 16
"""application_layer_protocol_negotiation (RFC 7301, section 3.1)."""

ELSEWHERE = "elsewhere.example"

# --- hellos -----------------------------------------------------------------------------------------------------------

Change = Callable[[ClientHello], ClientHello]
"""What becomes of a ClientHello before it is sent."""


def changed(event: Event, *changes: Change) -> Saying[PuppetClient]:
    """ClientHello after changes."""

    def say(puppet: PuppetClient) -> RecordedEvent:
        kind, body = puppet.word(event)
        said = ClientHello.parse(body, strict=False)
        for change in changes:
            said = change(said)
        return puppet.send_handshake(kind, said.encode())

    return say


def answered(event: Event, change: Callable[[ServerHello], ServerHello]) -> Saying[PuppetServer]:
    """ServerHello after a change."""

    def say(puppet: PuppetServer) -> RecordedEvent:
        kind, body = puppet.word(event)
        return puppet.send_handshake(kind, change(ServerHello.parse(body, strict=False)).encode())

    return say


def presenting(
    ticket: bytes, session: Session | None, session_id: SessionId = SessionId.EMPTY, *changes: Change
) -> Saying[PuppetClient]:
    """ClientHello with this ticket, of which the server may take this session."""

    def say(puppet: PuppetClient) -> RecordedEvent:
        kind, body = puppet.word(hello(Extension.EMPTY, session_id))
        said = with_extension(ClientHello.parse(body), ExtensionType.SESSION_TICKET, ticket)
        if session is not None:
            puppet.handshake.offered = (session, *puppet.handshake.offered)
        for change in changes:
            said = change(said)
        return puppet.send_handshake(kind, said.encode())

    return say


def plain(said: ClientHello) -> ClientHello:
    """ClientHello without extended_master_secret."""
    return without_extension(said, ExtensionType.EXTENDED_MASTER_SECRET)


def plainly(said: ServerHello) -> ServerHello:
    """ServerHello without extended_master_secret."""
    return without_extension(said, ExtensionType.EXTENDED_MASTER_SECRET)


RENEGOTIATED = b"\x0c" + bytes(12)
"""renegotiation_info as it is in a renegotiation alone (RFC 5746, section 3.2)."""


def bound(said: ClientHello) -> ClientHello:
    """ClientHello with the renegotiation_info of a renegotiation."""
    return with_extension(said, ExtensionType.RENEGOTIATION_INFO, RENEGOTIATED)


def offering(*suites: int) -> Change:
    """ClientHello with these suites."""
    return lambda said: replace(said, cipher_suites=suites)


def named(name: str) -> Change:
    """ClientHello for another server name."""
    return lambda said: with_extension(said, ExtensionType.SERVER_NAME, server_name_body(name))


def less(kind: int) -> Change:
    """ClientHello without an extension."""
    return lambda said: without_extension(said, kind)


def listing(*names: bytes) -> Change:
    """ClientHello that lists these application protocols."""
    octets = b"".join(bytes((len(name),)) + name for name in names)
    return lambda said: with_extension(said, PROTOCOLS, len(octets).to_bytes(2, "big") + octets)


def with_the_binding(said: ServerHello) -> ServerHello:
    """ServerHello with the renegotiation_info of a renegotiation."""
    return with_extension(said, ExtensionType.RENEGOTIATION_INFO, RENEGOTIATED)


def with_another_suite(said: ServerHello) -> ServerHello:
    """ServerHello with another suite than is due."""
    first, second = DEFAULT_SUITES
    return replace(said, cipher_suite=first if said.cipher_suite != first else second)


# --- octets in other records ------------------------------------------------------------------------------------------


def cut(event: Event, at: int) -> Saying[P]:
    """A handshake message in two records, the first of which has so many octets."""

    def say(puppet: P) -> RecordedEvent:
        kind, body = puppet.word(event)
        octets = handshake(kind, body)
        return puppet.in_records(kind, body, octets[:at], octets[at:])

    return say


def in_one_record(*events: Event) -> Saying[P]:
    """Handshake messages that share a record."""

    def say(puppet: P) -> list[RecordedEvent]:
        said, octets = [], b""
        for event in events:
            kind, body = puppet.word(event)
            octets += handshake(kind, body)
            said.append(puppet.in_records(kind, body))
        puppet.send_record(ContentType.HANDSHAKE, octets)
        return said

    return say


def in_one_write(puppet: P) -> list[RecordedEvent]:
    """ChangeCipherSpec and Finished, written in one go."""
    octets: list[bytes] = []
    with puppet.gathering(octets):
        change = puppet.send_change()
        finished = puppet.send_handshake(HandshakeType.FINISHED, puppet.handshake.finished(puppet.own), True)
    puppet.line.write(b"".join(octets))
    return [change, finished]


def finished_in_parts(before: int, behind: bytes) -> Saying[P]:
    """ChangeCipherSpec and Finished, whose first octets come before that, or which has octets behind it: it may not
    pass for right."""

    def say(puppet: P) -> RecordedEvent:
        body = puppet.handshake.finished(puppet.own)
        octets = handshake(HandshakeType.FINISHED, body)
        if before:
            puppet.send_record(ContentType.HANDSHAKE, octets[:before])
        puppet.send_change()
        said = puppet.in_records(HandshakeType.FINISHED, body, octets[before:] + behind)
        return replace(said, verified=False, malformed="not within the records of its own keys")

    return say


# --- other messages ---------------------------------------------------------------------------------------------------


FINISHED_LENGTHS = (0, 1, 11, 13)
"""Octets of a Finished that are not the 12 which are due."""

Make = Callable[[bytes], bytes]
"""What becomes of the Finished that is due."""


def _octet(place: int) -> Make:
    return lambda due: due[:place] + bytes((due[place] ^ 0x80,)) + due[place + 1 :]


def _length(octets: int) -> Make:
    return lambda due: (due + b"\x00")[:octets]


WRONG: dict[str, Make] = {
    **{f"octet {place + 1} changed": _octet(place) for place in range(12)},
    **{f"{octets} octets": _length(octets) for octets in FINISHED_LENGTHS},
}
"""Every Finished with one octet changed, and those of another length."""


def finished_of(make: Make) -> Saying[P]:
    """Finished with what `make` makes of the octets that are due."""

    def say(puppet: P) -> RecordedEvent:
        due = puppet.handshake.finished(puppet.own)
        said = make(due)
        return puppet.send_handshake(HandshakeType.FINISHED, said, said == due)

    return say


def ticket_from_the_client(puppet: PuppetClient) -> RecordedEvent:
    """A NewSessionTicket, which servers alone send."""
    return puppet.send_handshake(HandshakeType.NEW_SESSION_TICKET, NewSessionTicket(0, bytes(64)).encode())


def giving(ticket: bytes, hint: int = 7200) -> Saying[PuppetServer]:
    """NewSessionTicket with this ticket."""
    return lambda puppet: puppet.give(NewSessionTicket(hint, ticket).encode(), ticket)


def giving_body(body: bytes) -> Saying[PuppetServer]:
    """NewSessionTicket of these octets, whatever they are."""
    return lambda puppet: puppet.give(body, b"")
