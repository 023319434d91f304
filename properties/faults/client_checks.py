"""Faulty clients: what they take although it has to be refused.

NewSessionTicket (C-01 to C-09), ChangeCipherSpec and Finished (C-17 to C-24), the server's flight (C-26, C-27, C-30),
format (C-46), and extensions (C-52 to C-54).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rfc5077.properties.faults.fault import ClientEdit, fault, only, without_tickets
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import client, offer
from rfc5077.reference.handshake.client_flight import (
    ClientHandler,
    ClientHandlers,
    ClientHandshake,
    ClientState,
)
from rfc5077.reference.keys.schedule import equal
from rfc5077.reference.keys.suites import Group
from rfc5077.reference.record_layer import RecordRules, check_change_cipher_spec
from rfc5077.reference.wire.hello import ClientHello, Extensions, ExtensionType, ServerHello
from rfc5077.reference.wire.messages import HandshakeType, Message, NewSessionTicket, ServerKeyExchange, Signal

H, S = HandshakeType, ClientState
TICKET, CHANGE = H.NEW_SESSION_TICKET, Signal.CHANGE_CIPHER_SPEC


def stay(handshake: ClientHandshake, message: Message) -> ClientState:
    """As if the message had not come."""
    del message
    return handshake.state


def read_and_stay(handshake: ClientHandshake, message: Message) -> ClientState:
    """Takes the ticket and goes on waiting."""
    client.read_ticket(handshake, message)
    return handshake.state


# NewSessionTicket -----------------------------------------------------------------------------------------------------


def _unannounced(handshake: ClientHandshake) -> bool:
    return handshake.server_hello.session_ticket is None


def _has_one(handshake: ClientHandshake) -> bool:
    return handshake.ticket is not None


@fault("C-01", "R5246-7.4-01", source="A-13: tlslite-ng 0.9.0b2")
def takes_a_ticket_unannounced() -> ClientEdit:
    """Takes NewSessionTicket in a full handshake although ServerHello announced none."""
    return ClientEdit(rows={(S.AWAIT_CHANGE_CIPHER_SPEC, TICKET): only(_unannounced, client.take_ticket)})


@fault("C-02", "R5246-7.4-01")
def takes_a_renewal_unannounced() -> ClientEdit:
    """Takes NewSessionTicket on resumption although ServerHello announced none."""
    waits = S.AWAIT_RESUMED_CHANGE_CIPHER_SPEC
    return ClientEdit(rows={
        (S.AWAIT_DECISION, TICKET): client.take_deciding_ticket,
        (waits, TICKET): only(_unannounced, client.take_resumed_ticket),
    })  # fmt: skip


@fault("C-03", "K-13", verdict="note", source="A-10: OpenSSL before 1.0.1k, tlslite-ng")
def does_without_the_announced_ticket() -> ClientEdit:
    """Goes on in a full handshake although the announced NewSessionTicket did not come."""
    return ClientEdit(rows={(S.AWAIT_TICKET, CHANGE): client.take_change_cipher_spec})


@fault("C-04", "K-13", verdict="note")
def does_without_the_announced_renewal() -> ClientEdit:
    """Goes on in an abbreviated handshake although the announced NewSessionTicket did not come."""
    return ClientEdit(rows={
        (S.AWAIT_RESUMED_TICKET, CHANGE): client.take_resumed_change_cipher_spec,
        (S.AWAIT_DECISION_WITH_TICKET, CHANGE): client.take_deciding_change_cipher_spec,
    })  # fmt: skip


@fault("C-05", "R5246-7.4-01")
def takes_a_second_ticket() -> ClientEdit:
    """Takes a second NewSessionTicket."""
    return ClientEdit(rows={
        (S.AWAIT_CHANGE_CIPHER_SPEC, TICKET): only(_has_one, client.take_ticket),
        (S.AWAIT_RESUMED_CHANGE_CIPHER_SPEC, TICKET): only(_has_one, client.take_resumed_ticket),
    })  # fmt: skip


@fault("C-06", "R5077-3.1-07", "R5246-7.4-01")
def takes_a_ticket_before_server_hello_done() -> ClientEdit:
    """Takes NewSessionTicket right behind ServerHello although it has offered nothing."""
    return ClientEdit(rows={(S.AWAIT_CERTIFICATE, TICKET): read_and_stay})


@fault("C-07", "R5246-7.4.1.2-05")
def takes_a_ticket_before_server_hello() -> ClientEdit:
    """Takes NewSessionTicket before ServerHello."""
    return ClientEdit(rows={(S.AWAIT_SERVER_HELLO, TICKET): read_and_stay})


@fault("C-08", "R5246-7.4-01", "R5246-7.4.9-02")
def takes_a_ticket_behind_change_cipher_spec() -> ClientEdit:
    """Takes NewSessionTicket between ChangeCipherSpec and Finished."""
    return ClientEdit(
        rows={(S.AWAIT_FINISHED, TICKET): read_and_stay, (S.AWAIT_RESUMED_FINISHED, TICKET): read_and_stay}
    )


@fault("C-09", "R5246-7.4-01", source="a habit of TLS 1.3")
def takes_a_ticket_behind_finished() -> ClientEdit:
    """Takes NewSessionTicket after the handshake."""
    return ClientEdit(rows={(S.ESTABLISHED, TICKET): read_and_stay})


# ChangeCipherSpec and Finished ----------------------------------------------------------------------------------------


@fault("C-17", "R5246-7.1-03", "R5246-7.4.1.3-01", source="A-09")
def takes_a_resumption_that_it_did_not_offer() -> ClientEdit:
    """Takes ChangeCipherSpec right behind ServerHello although it has offered nothing, with an empty master secret."""
    early = (S.AWAIT_CERTIFICATE, CHANGE)
    return ClientEdit(rows={early: only(lambda one: one.offer.stored is None, client.take_change_cipher_spec)})


@fault("C-18", "R5246-7.1-03", source="CVE-2014-0224, CCS injection")
def takes_change_cipher_spec_without_a_secret() -> ClientEdit:
    """Takes ChangeCipherSpec before ServerHelloDone, and makes keys of an empty master secret."""
    waits = (S.AWAIT_SERVER_KEY_EXCHANGE, S.AWAIT_REQUEST_OR_DONE, S.AWAIT_DONE)
    return ClientEdit(rows={(state, CHANGE): client.take_change_cipher_spec for state in waits})


@fault("C-19", "R5246-7.4.9-02", source="CVE-2014-6593, SKIP-TLS")
def takes_finished_in_the_clear() -> ClientEdit:
    """Takes Finished without ChangeCipherSpec before it."""
    return ClientEdit(rows={(S.AWAIT_CHANGE_CIPHER_SPEC, H.FINISHED): client.take_finished})


@fault("C-20", "R5246-7.1-03")
def ignores_a_second_change_cipher_spec() -> ClientEdit:
    """Ignores ChangeCipherSpec where Finished is due."""
    return ClientEdit(rows={(S.AWAIT_FINISHED, CHANGE): stay, (S.AWAIT_RESUMED_FINISHED, CHANGE): stay})


@fault("C-21", "R5246-7.1-01")
def takes_any_change_cipher_spec() -> ClientEdit:
    """Takes a ChangeCipherSpec of any value and length."""
    rules = RecordRules(change_cipher_spec=lambda body, pending: check_change_cipher_spec(b"\x01", pending))
    return ClientEdit(rules=rules)


def _unchecked(take: ClientHandler) -> ClientHandler:
    """The handler of Finished without the comparison."""

    def trusting(handshake: ClientHandshake, message: Message) -> ClientState:
        handshake.handlers = replace(handshake.handlers, verify_finished=lambda expected, body: None)
        return take(handshake, message)

    return trusting


@fault("C-22", "R5246-7.4.9-01")
def takes_any_finished() -> ClientEdit:
    """Does not verify the server's Finished in a full handshake."""
    return ClientEdit(rows={(S.AWAIT_FINISHED, H.FINISHED): _unchecked(client.take_finished)})


@fault("C-23", "R5246-7.4.9-01", source="A-20")
def takes_any_finished_on_resumption() -> ClientEdit:
    """Does not verify the server's Finished in an abbreviated handshake."""
    return ClientEdit(rows={(S.AWAIT_RESUMED_FINISHED, H.FINISHED): _unchecked(client.take_resumed_finished)})


@fault("C-24", "R5246-7.4.9-01", source="A-21")
def compares_what_came_of_finished() -> ClientEdit:
    """Compares as many octets of the server's Finished as came."""

    def verify(expected: bytes, body: bytes) -> None:
        if not equal(body, expected[: len(body)]):
            raise ProtocolError(Cause.BAD_FINISHED)

    return ClientEdit(handlers=ClientHandlers(verify_finished=verify))


# The server's flight --------------------------------------------------------------------------------------------------


@fault("C-26", "R5246-7.4-01", source="CVE-2014-6593, SKIP-TLS")
def does_without_a_certificate() -> ClientEdit:
    """Takes ServerKeyExchange without a Certificate before it, from whoever sends it."""

    def take(handshake: ClientHandshake, message: Message) -> ClientState:
        received = ServerKeyExchange.parse(message.body)
        handshake.group, handshake.server_public = Group(received.group), received.public
        handshake.transcript.add(message.octets)
        return S.AWAIT_REQUEST_OR_DONE

    return ClientEdit(rows={(S.AWAIT_CERTIFICATE, H.SERVER_KEY_EXCHANGE): take})


@fault("C-27", "R5246-7.4-01", source="CVE-2015-2721")
def does_without_a_server_key_exchange() -> ClientEdit:
    """Agrees a secret with the key in the certificate where ServerKeyExchange is left out."""

    def take(handshake: ClientHandshake, message: Message) -> ClientState:
        key = handshake.server_key
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ProtocolError(Cause.UNEXPECTED_MESSAGE)
        encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        handshake.group, handshake.server_public = Group.SECP256R1, key.public_bytes(encoding, form)
        return client.take_server_hello_done(handshake, message)

    return ClientEdit(rows={(S.AWAIT_SERVER_KEY_EXCHANGE, H.SERVER_HELLO_DONE): take})


@fault("C-30", "R5246-7.3-01", source="CVE-2020-2816")
def takes_data_before_finished() -> ClientEdit:
    """Takes application data before the server's Finished."""
    waits = (S.AWAIT_TICKET, S.AWAIT_CHANGE_CIPHER_SPEC, S.AWAIT_FINISHED)
    return ClientEdit(rows={(state, Signal.APPLICATION_DATA): client.take_application_data for state in waits})


# Format and extensions ------------------------------------------------------------------------------------------------


@fault("C-46", "R5077-3.3-13")
def takes_octets_behind_the_ticket() -> ClientEdit:
    """Takes a NewSessionTicket with octets behind the ticket, or with fewer than it says."""

    def parse(body: bytes) -> NewSessionTicket:
        return NewSessionTicket(int.from_bytes(body[:4], "big"), body[6:])

    return ClientEdit(handlers=ClientHandlers(parse_ticket=parse))


def _tolerating(change: Callable[[ClientHello, Extensions], Extensions]) -> ClientHandlers:
    """Checks a ServerHello with other extensions in place of those that came."""

    def check(sent: ClientHello, answer: ServerHello) -> None:
        offer.check_server_hello(sent, replace(answer, extensions=change(sent, answer.extensions)))

    return ClientHandlers(check_server_hello=check)


@fault("C-52", "R5077-3.2-06", "K-12", verdict="note", source="A-31: tlslite-ng 0.9.0b2")
def takes_an_announcement_with_a_body() -> ClientEdit:
    """Takes a ServerHello whose SessionTicket extension has a body, and the ticket after it."""
    return ClientEdit(
        handlers=_tolerating(
            lambda _, said: tuple((kind, b"" if kind == ExtensionType.SESSION_TICKET else body) for kind, body in said)
        )
    )


@fault("C-53", "R5246-7.4.1.4-03", "K-37", verdict="note", source="A-30: GnuTLS 3.7.9, tlslite-ng")
def takes_an_extension_twice() -> ClientEdit:
    """Takes a ServerHello in which the SessionTicket extension stands twice."""
    return ClientEdit(handlers=ClientHandlers(parse_server_hello=lambda body: ServerHello.parse(body, strict=False)))


@fault("C-54", "R5246-7.4.1.4-02")
def takes_an_extension_that_it_did_not_send() -> ClientEdit:
    """Takes the announcement of a ticket although its ClientHello had no SessionTicket extension."""
    return ClientEdit(
        handlers=_tolerating(
            lambda sent, said: tuple(pair for pair in said if pair[0] != ExtensionType.SESSION_TICKET)
            if sent.session_ticket is None else said
        ),
        config=without_tickets,
    )  # fmt: skip


