"""Faulty servers: what they take although it has to be refused.

Finished (S-15 to S-18), ChangeCipherSpec (S-19 to S-23), order (S-32 to S-38), format (S-53 to S-60), and alerts that
end nothing (S-123).
"""

from __future__ import annotations

from dataclasses import replace

from rfc5077.properties.faults.fault import ServerEdit, asking, fault
from rfc5077.reference.alerts import AlertLevel, Cause, ProtocolError
from rfc5077.reference.handshake import server
from rfc5077.reference.handshake.server_flight import (
    ServerHandler,
    ServerHandlers,
    ServerHandshake,
    ServerState,
    ServerTable,
)
from rfc5077.reference.keys.schedule import Transcript, equal
from rfc5077.reference.record_layer import RecordRules, Refusal, check_change_cipher_spec
from rfc5077.reference.wire.hello import MAX_SESSION_ID, ClientHello
from rfc5077.reference.wire.messages import Alert, CertificateVerify, HandshakeType, Message, Signal

H, S = HandshakeType, ServerState


def stay(handshake: ServerHandshake, message: Message) -> ServerState:
    """As if the message had not come."""
    del message
    return handshake.state


def hash_and_stay(handshake: ServerHandshake, message: Message) -> ServerState:
    """As if the message had no meaning."""
    handshake.transcript.add(message.octets)
    return handshake.state


# Finished -------------------------------------------------------------------------------------------------------------


def _unchecked(take: ServerHandler) -> ServerHandler:
    """The handler of Finished without the comparison."""

    def trusting(handshake: ServerHandshake, message: Message) -> ServerState:
        handshake.handlers = replace(handshake.handlers, verify_finished=lambda expected, body: None)
        return take(handshake, message)

    return trusting


@fault("S-15", "R5246-7.4.9-01", "R5077-3.3-05")
def takes_any_finished() -> ServerEdit:
    """Does not verify the client's Finished in a full handshake."""
    return ServerEdit(rows={(S.AWAIT_FINISHED, H.FINISHED): _unchecked(server.take_finished)})


@fault("S-16", "R5246-7.4.9-01", "R5077-5.2-02")
def takes_any_finished_on_resumption() -> ServerEdit:
    """Does not verify the client's Finished in an abbreviated handshake."""
    return ServerEdit(rows={(S.AWAIT_RESUMED_FINISHED, H.FINISHED): _unchecked(server.take_resumed_finished)})


def _comparing(length: int | None) -> ServerEdit:
    """Compares the first octets of Finished; as many as came if no length is given."""

    def verify(expected: bytes, body: bytes) -> None:
        compared = len(body) if length is None else length
        if not equal(body[:compared], expected[:compared]):
            raise ProtocolError(Cause.BAD_FINISHED)

    return ServerEdit(handlers=ServerHandlers(verify_finished=verify))


@fault("S-17", "R5246-7.4.9-01", source="A-21")
def compares_what_came_of_finished() -> ServerEdit:
    """Compares as many octets of the client's Finished as came."""
    return _comparing(None)


@fault("S-18", "R5246-7.4.9-01")
def compares_one_octet_of_finished() -> ServerEdit:
    """Compares the first octet of the client's Finished alone."""
    return _comparing(1)


# ChangeCipherSpec -----------------------------------------------------------------------------------------------------


@fault("S-19", "R5246-7.1-03", source="CVE-2014-0224, CCS injection")
def takes_change_cipher_spec_without_a_secret() -> ServerEdit:
    """Takes ChangeCipherSpec before ClientKeyExchange, and makes keys of an empty master secret."""
    early = (S.AWAIT_CLIENT_KEY_EXCHANGE, Signal.CHANGE_CIPHER_SPEC)
    return ServerEdit(rows={early: server.take_change_cipher_spec})


@fault("S-20", "R5246-7.4.9-02")
def takes_finished_in_the_clear() -> ServerEdit:
    """Takes Finished without ChangeCipherSpec before it."""
    return ServerEdit(rows={(S.AWAIT_CHANGE_CIPHER_SPEC, H.FINISHED): server.take_finished})


@fault("S-21", "R5246-7.1-01")
def takes_any_change_cipher_spec() -> ServerEdit:
    """Takes a ChangeCipherSpec of any value and length."""
    rules = RecordRules(change_cipher_spec=lambda body, pending: check_change_cipher_spec(b"\x01", pending))
    return ServerEdit(rules=rules)


@fault("S-22", "R5246-7.1-03")
def ignores_a_second_change_cipher_spec() -> ServerEdit:
    """Ignores ChangeCipherSpec where Finished is due."""
    return ServerEdit(rows={(S.AWAIT_FINISHED, Signal.CHANGE_CIPHER_SPEC): stay})


@fault("S-23", "R5246-7.4.9-02")
def takes_a_message_between_change_cipher_spec_and_finished() -> ServerEdit:
    """Takes a ClientKeyExchange that comes where Finished is due."""
    return ServerEdit(rows={(S.AWAIT_FINISHED, H.CLIENT_KEY_EXCHANGE): hash_and_stay})


# Order ----------------------------------------------------------------------------------------------------------------


@fault("S-32", "R5246-7.3-01", source="CVE-2020-2816")
def takes_data_before_finished() -> ServerEdit:
    """Takes application data on resumption before the client's Finished."""
    return ServerEdit(
        rows={(S.AWAIT_RESUMED_FINISHED, Signal.APPLICATION_DATA): server.take_application_data}
    )


@fault("S-33", "R5246-7.4-01", source="CVE-2015-0205")
def does_without_certificate_verify() -> ServerEdit:
    """Takes a client's certificate without the proof that its key is the client's."""
    skip = (S.AWAIT_CERTIFICATE_VERIFY, Signal.CHANGE_CIPHER_SPEC)
    return ServerEdit(rows={skip: server.take_change_cipher_spec}, config=asking)


@fault("S-34", "R5246-7.4.8-02")
def takes_any_certificate_verify() -> ServerEdit:
    """Does not verify the signature in CertificateVerify."""
    return ServerEdit(handlers=ServerHandlers(verify_signature=lambda *_: None), config=asking)


@fault("S-35", "R5246-7.4-01", source="CVE-2026-2645")
def takes_certificate_verify_before_the_key_exchange() -> ServerEdit:
    """Takes CertificateVerify before ClientKeyExchange, and asks for no other afterwards."""

    def take_early(handshake: ServerHandshake, message: Message) -> ServerState:
        if handshake.client_key is None:
            raise ProtocolError(Cause.UNEXPECTED_MESSAGE)
        proof = CertificateVerify.parse(message.body)
        octets = handshake.transcript.octets
        handshake.handlers.verify_signature(handshake.client_key, proof.scheme, proof.signature, octets)
        handshake.transcript.add(message.octets)
        handshake.client_key = None
        return handshake.state

    def take_exchange(handshake: ServerHandshake, message: Message) -> ServerState:
        state = server.take_client_key_exchange(handshake, message)
        return S.AWAIT_CHANGE_CIPHER_SPEC if handshake.client_key is None else state

    waits = S.AWAIT_CLIENT_KEY_EXCHANGE
    rows: ServerTable = {(waits, H.CERTIFICATE_VERIFY): take_early, (waits, H.CLIENT_KEY_EXCHANGE): take_exchange}
    return ServerEdit(rows=rows, config=asking)


@fault("S-36", "R5246-7.4-01")
def begins_anew_in_mid_handshake() -> ServerEdit:
    """Begins anew on a second ClientHello in mid-handshake."""

    def restart(handshake: ServerHandshake, message: Message) -> ServerState:
        handshake.transcript = Transcript()
        return server.take_client_hello(handshake, message)

    return ServerEdit(rows={(S.AWAIT_CLIENT_KEY_EXCHANGE, H.CLIENT_HELLO): restart})


@fault("S-37", "R5246-7.4-01")
def skips_unknown_messages() -> ServerEdit:
    """Skips a handshake message of a type that does not exist."""
    return ServerEdit(rows={(S.AWAIT_CLIENT_KEY_EXCHANGE, 99): hash_and_stay})


@fault("S-38", "R5077-3.3-01", "R5246-7.4-01")
def skips_a_ticket_from_the_client() -> ServerEdit:
    """Skips a NewSessionTicket that the client sends."""
    return ServerEdit(rows={(S.AWAIT_CHANGE_CIPHER_SPEC, H.NEW_SESSION_TICKET): hash_and_stay})


# Format ---------------------------------------------------------------------------------------------------------------


@fault("S-53", "R5246-7.4.1.2-04", source="A-27")
def takes_long_ids() -> ServerEdit:
    """Takes a session_id of more than 32 octets."""

    def parse(body: bytes) -> ClientHello:
        hello = ClientHello.parse(body, strict=False)
        if len(hello.session_id) <= MAX_SESSION_ID:
            ClientHello.parse(body)
        return hello

    return ServerEdit(handlers=ServerHandlers(parse_client_hello=parse))


@fault("S-59", "R5246-7.4.1.4-03", "K-37", verdict="note", source="A-30: GnuTLS 3.7.9, tlslite-ng")
def takes_an_extension_twice() -> ServerEdit:
    """Takes a ClientHello in which the SessionTicket extension stands twice."""

    def parse(body: bytes) -> ClientHello:
        hello = ClientHello.parse(body, strict=False)
        if len(hello.session_id) > MAX_SESSION_ID:
            ClientHello.parse(body)
        return hello

    return ServerEdit(handlers=ServerHandlers(parse_client_hello=parse))


@fault("S-60", "R5246-7.4.1.2-04")
def takes_trailing_octets() -> ServerEdit:
    """Takes a ClientHello with an octet behind its extensions."""

    def parse(body: bytes) -> ClientHello:
        try:
            return ClientHello.parse(body)
        except ProtocolError as error:
            if error.cause is not Cause.TRAILING_OCTETS:
                raise
            return ClientHello.parse(body[:-1])

    return ServerEdit(handlers=ServerHandlers(parse_client_hello=parse))


# Alerts ---------------------------------------------------------------------------------------------------------------


@fault("S-123", "R5246-7.2-01")
def goes_on_after_its_own_fatal_alert() -> ServerEdit:
    """Sends a fatal alert and goes on reading."""
    rules = RecordRules(refuse=lambda error: Refusal(Alert(AlertLevel.FATAL, error.alert), close=False))
    return ServerEdit(rules=rules)
