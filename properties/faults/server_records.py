"""Faulty servers: what they leave out of a hash, and how they read records.

The hash behind Finished (S-24 to S-27), and the borders of records (S-39 to S-42).
"""

from __future__ import annotations

from rfc5077.properties.faults.edits import HEADER, keeps_octets_across_keys, whole_only
from rfc5077.properties.faults.fault import ServerEdit, asking, fault, renewing
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import server
from rfc5077.reference.handshake.server_flight import (
    ServerHandlers,
    ServerHandshake,
    ServerState,
    Step,
    derive_connection_keys,
    send_change_cipher_spec,
    send_finished,
    send_server_hello,
    send_ticket,
)
from rfc5077.reference.record_layer import RecordRules
from rfc5077.reference.wire.messages import HandshakeType, Message, handshake

H, S = HandshakeType, ServerState

# Finished -------------------------------------------------------------------------------------------------------------


def send_ticket_unhashed(handshake: ServerHandshake) -> None:
    """NewSessionTicket, which nothing that follows covers."""
    before = handshake.transcript.copy()
    send_ticket(handshake)
    handshake.transcript = before


@fault("S-24", "R5077-3.3-04", "R5246-7.4.9-03")
def leaves_the_ticket_out_of_its_finished() -> ServerEdit:
    """Leaves NewSessionTicket out of the hash behind its Finished."""
    flight = (send_ticket_unhashed, send_change_cipher_spec, send_finished)
    return ServerEdit(handlers=ServerHandlers(last_flight=flight))


def _resuming_with(*steps: Step) -> ServerEdit:
    """Resumes by other steps behind ServerHello."""
    flight = (send_server_hello, derive_connection_keys, *steps)
    return ServerEdit(handlers=ServerHandlers(resumption_flight=flight), config=renewing)


@fault("S-25", "R5077-3.3-04", "R5246-7.4.9-03")
def leaves_the_renewal_out_of_the_clients_finished() -> ServerEdit:
    """Leaves the renewed ticket out of the hash by which it checks the client's Finished."""

    def send(handshaking: ServerHandshake) -> None:
        before = handshaking.transcript.copy()
        for step in (send_ticket, send_change_cipher_spec, send_finished):
            step(handshaking)
        before.add(handshake(H.FINISHED, handshaking.server_finished))
        handshaking.transcript = before

    return _resuming_with(send)


@fault("S-26", "R5246-7.4.9-03")
def leaves_its_finished_out_of_the_clients() -> ServerEdit:
    """Leaves its own Finished out of the hash by which it checks the client's, on resumption."""

    def send(handshaking: ServerHandshake) -> None:
        before = handshaking.transcript.copy()
        send_finished(handshaking)
        handshaking.transcript = before

    return _resuming_with(send_ticket, send_change_cipher_spec, send)




@fault("S-27", "R5246-7.1-03", "R5077-3.1-12")
def waits_for_the_clients_finished_on_resumption() -> ServerEdit:
    """Waits for the client's Finished on resumption before it sends its own."""

    def take(handshaking: ServerHandshake, message: Message) -> ServerState:
        state = server.take_resumed_finished(handshaking, message)
        for step in (send_ticket, send_change_cipher_spec, send_finished):
            step(handshaking)
        return state

    flight = (send_server_hello, derive_connection_keys)
    return ServerEdit(
        rows={(S.AWAIT_RESUMED_FINISHED, H.FINISHED): take}, handlers=ServerHandlers(resumption_flight=flight)
    )


# Records --------------------------------------------------------------------------------------------------------------

def single_only(payload: bytes, pending: int) -> None:
    """Refuses a record that holds more than one handshake message."""
    if not pending and HEADER + int.from_bytes(payload[1:HEADER], "big") < len(payload):
        raise ProtocolError(Cause.MALFORMED, "a second handshake message in one record")


@fault("S-39", "R5246-6.2.1-01", "R5246-7.1-02", source="A-16: CVE-2023-6937")
def reads_on_across_change_cipher_spec() -> ServerEdit:
    """Takes a Finished of which the first octets came before ChangeCipherSpec, in clear."""
    return ServerEdit(rules=RecordRules(change_cipher_spec=keeps_octets_across_keys))


@fault("S-40", "R5246-7.4.9-02", source="A-17: Go 1.27.3")
def overlooks_octets_behind_finished() -> ServerEdit:
    """Overlooks an octet behind the client's Finished in the same record."""
    return ServerEdit(rules=RecordRules(behind_finished=lambda pending: None))


@fault("S-41", "R5246-6.2.1-01")
def refuses_a_message_in_two_records() -> ServerEdit:
    """Refuses a handshake message that is cut over several records."""
    return ServerEdit(rules=RecordRules(fragment=whole_only))


@fault("S-42", "R5246-6.2.1-01")
def refuses_two_messages_in_a_record() -> ServerEdit:
    """Refuses a record with several handshake messages."""
    return ServerEdit(rules=RecordRules(fragment=single_only), config=asking)
