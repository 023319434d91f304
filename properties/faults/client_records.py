"""Faulty clients: how they read NewSessionTicket, Finished and HelloRequest, and the records that bring them.

Large tickets and strange ones (C-40, C-41, C-47 to C-49, C-75), borders of records and segments (C-42 to C-45, C-88),
HelloRequest (C-82), and what they leave out of the hash (C-25).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.faults.edits import keeps_octets_across_keys, whole_only
from rfc5077.properties.faults.fault import ClientEdit, fault
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import client
from rfc5077.reference.handshake.client_flight import (
    ClientHandler,
    ClientHandlers,
    ClientHandshake,
    ClientState,
    send_client_hello,
)
from rfc5077.reference.record_layer import RecordLayer, RecordRules
from rfc5077.reference.wire.codec import Reader
from rfc5077.reference.wire.messages import HandshakeType, Message, NewSessionTicket, Signal

H, S = HandshakeType, ClientState
FIXED = 6
"""Octets of NewSessionTicket beside the ticket."""


def _parsing(parse: Callable[[bytes], NewSessionTicket]) -> ClientEdit:
    return ClientEdit(handlers=ClientHandlers(parse_ticket=parse))


def _refusing(strange: Callable[[NewSessionTicket], bool], why: str) -> ClientEdit:
    """Aborts where a ticket is not to its liking."""

    def parse(body: bytes) -> NewSessionTicket:
        message = NewSessionTicket.parse(body)
        if strange(message):
            raise ProtocolError(Cause.MALFORMED, why)
        return message

    return _parsing(parse)


# Tickets --------------------------------------------------------------------------------------------------------------


@fault("C-25", "R5077-3.3-04", "R5246-7.4.9-03")
def leaves_the_ticket_out_of_the_hash() -> ClientEdit:
    """Leaves NewSessionTicket out of the hash by which it checks the server's Finished."""

    def take(handshake: ClientHandshake, message: Message) -> ClientState:
        before = handshake.transcript.copy()
        state = client.take_ticket(handshake, message)
        handshake.transcript = before
        return state

    return ClientEdit(rows={(S.AWAIT_TICKET, H.NEW_SESSION_TICKET): take})


@fault("C-40", "R5077-3.1-09")
def cuts_long_tickets() -> ClientEdit:
    """Keeps the first 255 octets of a ticket."""

    def parse(body: bytes) -> NewSessionTicket:
        message = NewSessionTicket.parse(body)
        return replace(message, ticket=message.ticket[:255])

    return _parsing(parse)


@fault("C-41", "R5246-6.2.1-01", "K-31", source="A-36: SChannel, golang/go issue 63763")
def refuses_large_tickets() -> ClientEdit:
    """Aborts on a ticket of more than 2**14 octets."""
    return _refusing(lambda message: len(message.ticket) > 2**14, "a ticket larger than a record")


@fault("C-75", "R5077-4-03")
def looks_for_a_key_name() -> ClientEdit:
    """Aborts on a ticket that is too short for the layout of RFC 5077, section 4."""
    return _refusing(lambda message: 0 < len(message.ticket) < 66, "a ticket without a key name")


@fault("C-79", "R5077-3.3-14")
def takes_hints_for_signed_numbers() -> ClientEdit:
    """Takes the lifetime hint for a signed number, and aborts where that is negative."""
    return _refusing(lambda message: message.lifetime_hint >= 2**31, "a negative lifetime")


@fault("C-47", "R5077-3.3-13", "R5246-7.4.1.2-04")
def overlooks_a_length_beyond_the_message() -> ClientEdit:
    """Takes a NewSessionTicket whose ticket is said to be longer than the message."""

    def parse(body: bytes) -> NewSessionTicket:
        if len(body) >= FIXED and FIXED + int.from_bytes(body[4:FIXED], "big") > len(body):
            return NewSessionTicket(int.from_bytes(body[:4], "big"), body[FIXED:])
        return NewSessionTicket.parse(body)

    return _parsing(parse)


@fault("C-48", "R5077-3.3-13")
def dies_of_a_short_message() -> ClientEdit:
    """Reads beyond the end of a NewSessionTicket of less than six octets, and its process dies."""
    dead: list[bytes] = []

    def parse(body: bytes) -> NewSessionTicket:
        if len(body) < FIXED:
            dead.append(body)
        return NewSessionTicket.parse(body)

    def start(handshake: ClientHandshake) -> None:
        if not dead:
            send_client_hello(handshake)

    return ClientEdit(handlers=ClientHandlers(parse_ticket=parse, opening=(start,)))


@fault("C-49", "R5077-3.3-13", "R5246-7.4.1.2-04")
def takes_the_ticket_of_another_version() -> ClientEdit:
    """Takes a NewSessionTicket in the form of TLS 1.3."""

    def parse(body: bytes) -> NewSessionTicket:
        try:
            return NewSessionTicket.parse(body)
        except ProtocolError:
            reader = Reader(body)
            hint, _, _ = reader.integer(4), reader.integer(4), reader.vector(1)
            return NewSessionTicket(hint, reader.vector(2))

    return _parsing(parse)


# Records and segments -------------------------------------------------------------------------------------------------


@fault("C-42", "R5246-6.2.1-01")
def refuses_a_ticket_in_two_records() -> ClientEdit:
    """Refuses a handshake message that is cut over several records."""
    return ClientEdit(rules=RecordRules(fragment=whole_only))


@fault("C-44", "R5246-7.1-02", source="A-16: CVE-2023-6937")
def reads_on_across_change_cipher_spec() -> ClientEdit:
    """Takes a Finished of which the first octets came before ChangeCipherSpec, in clear."""
    return ClientEdit(rules=RecordRules(change_cipher_spec=keeps_octets_across_keys))


@fault("C-45", "R5246-7.4.9-02", source="A-17: Go 1.27.3")
def overlooks_octets_behind_finished() -> ClientEdit:
    """Overlooks an octet behind the server's Finished in the same record."""
    return ClientEdit(rules=RecordRules(behind_finished=lambda pending: None))


@fault("C-88", "R5246-6.2.1-01", source="A-94: rustls, issue 1027")
def wants_finished_with_change_cipher_spec() -> ClientEdit:
    """Refuses a ChangeCipherSpec behind which nothing has arrived yet."""

    def hasty(take: ClientHandler) -> ClientHandler:
        def taking(handshake: ClientHandshake, message: Message) -> ClientState:
            assert isinstance(handshake.channel, RecordLayer)  # the only channel that a connection has
            if not handshake.channel.held:
                raise ProtocolError(Cause.UNEXPECTED_MESSAGE, "ChangeCipherSpec without Finished")
            return take(handshake, message)

        return taking

    change = Signal.CHANGE_CIPHER_SPEC
    return ClientEdit(rows={
        (S.AWAIT_CHANGE_CIPHER_SPEC, change): hasty(client.take_change_cipher_spec),
        (S.AWAIT_RESUMED_CHANGE_CIPHER_SPEC, change): hasty(client.take_resumed_change_cipher_spec),
        (S.AWAIT_DECISION, change): hasty(client.take_deciding_change_cipher_spec),
    })  # fmt: skip


# HelloRequest ---------------------------------------------------------------------------------------------------------


@fault("C-82", "R5246-7.4.1.1-01")
def aborts_on_hello_request() -> ClientEdit:
    """Aborts on a HelloRequest in the midst of a handshake."""
    open_states = (state for state in S if state not in (S.IDLE, S.ESTABLISHED))
    return ClientEdit(without=tuple((state, H.HELLO_REQUEST) for state in open_states))
