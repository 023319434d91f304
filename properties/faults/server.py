"""Faulty servers: what they say too much, too little, too early or too late.

Tickets announced and sent or not, and in their place (S-01 to S-14); the abbreviated handshake (S-28 to S-31).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.faults.fault import ServerEdit, fault, renewing
from rfc5077.reference.handshake import machine, negotiate, server
from rfc5077.reference.handshake.config import Issue, ServerConfig
from rfc5077.reference.handshake.negotiate import Resumption
from rfc5077.reference.handshake.server_flight import (
    ServerHandlers,
    ServerHandshake,
    ServerState,
    Step,
    derive_connection_keys,
    send_change_cipher_spec,
    send_finished,
    send_server_hello,
    send_server_hello_done,
    send_ticket,
)
from rfc5077.reference.keys.schedule import CLIENT_FINISHED, verify_data
from rfc5077.reference.record_layer import RecordLayer
from rfc5077.reference.wire.hello import ClientHello, Extensions
from rfc5077.reference.wire.messages import (
    Certificate,
    CertificateRequest,
    HandshakeType,
    Message,
    NewSessionTicket,
    Signal,
)
from rfc5077.reference.wire.record import ContentType

H, S = HandshakeType, ServerState

FIRST_FLIGHT = ServerHandlers().first_flight
END = (send_change_cipher_spec, send_finished)
RESUMPTION = (send_server_hello, derive_connection_keys)
LATER = ServerHandlers(last_flight=END)
"""The full handshake without NewSessionTicket in its place; it comes elsewhere."""


# Tickets: announced, sent, in their place -----------------------------------------------------------------------------


@fault("S-01", "R5077-3.2-08", "R5246-7.4.1.4-01")
def answers_an_extension_that_was_not_sent() -> ServerEdit:
    """Announces a ticket although ClientHello had no SessionTicket extension, and sends it."""

    def plan(config: ServerConfig, hello: ClientHello, resumption: Resumption) -> Issue:
        return config.issue if hello.session_ticket is None else negotiate.plan_ticket(config, hello, resumption)

    return ServerEdit(handlers=ServerHandlers(plan_ticket=plan))


@fault("S-02", "R5077-3.3-02")
def forgets_the_announced_ticket() -> ServerEdit:
    """Announces a ticket in a full handshake and sends none."""
    return ServerEdit(handlers=ServerHandlers(last_flight=END))


@fault("S-03", "R5077-3.3-02", source="tlslite-ng before its pull request 525")
def forgets_the_announced_renewal() -> ServerEdit:
    """Announces a renewal on resumption and sends none."""
    return ServerEdit(handlers=ServerHandlers(resumption_flight=(*RESUMPTION, *END)), config=renewing)


def _silent(where: Callable[[Resumption], bool]) -> ServerHandlers:
    """Leaves the announcement out of ServerHello."""

    def extensions(config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue) -> Extensions:
        return negotiate.server_extensions(config, hello, resumption, "never" if where(resumption) else plan)

    return ServerHandlers(server_extensions=extensions)


@fault("S-04", "R5077-3.2-07", "R5077-3.3-03")
def sends_a_ticket_unannounced() -> ServerEdit:
    """Sends NewSessionTicket in a full handshake without having announced it."""
    return ServerEdit(handlers=_silent(lambda resumption: resumption.session is None))


@fault("S-05", "R5077-3.2-07", "R5077-3.3-03")
def renews_unannounced() -> ServerEdit:
    """Sends NewSessionTicket on resumption without having announced it."""
    return ServerEdit(handlers=_silent(lambda resumption: resumption.session is not None), config=renewing)


@fault("S-06", "R5246-7.4-01", "R5077-3.1-07", source="tlslite-ng, pull request 437, first version")
def sends_two_tickets() -> ServerEdit:
    """Sends two NewSessionTickets in a full handshake."""
    return ServerEdit(handlers=ServerHandlers(last_flight=(send_ticket, send_ticket, *END)))


@fault("S-07", "R5246-7.4-01", "R5077-3.1-12")
def renews_twice() -> ServerEdit:
    """Sends two NewSessionTickets on resumption."""
    return ServerEdit(
        handlers=ServerHandlers(resumption_flight=(*RESUMPTION, send_ticket, send_ticket, *END)), config=renewing
    )


@fault("S-08", "R5077-3.1-06", "R5077-3.3-01")
def sends_a_ticket_behind_change_cipher_spec() -> ServerEdit:
    """Sends one more NewSessionTicket behind its own ChangeCipherSpec."""
    return ServerEdit(
        handlers=ServerHandlers(last_flight=(send_ticket, send_change_cipher_spec, send_ticket, send_finished))
    )


@fault("S-09", "R5077-3.1-06", source="a habit of TLS 1.3")
def sends_a_ticket_behind_finished() -> ServerEdit:
    """Sends one more NewSessionTicket behind its own Finished."""
    return ServerEdit(handlers=ServerHandlers(last_flight=(send_ticket, *END, send_ticket)))


def send_unfounded_ticket(handshake: ServerHandshake) -> None:
    """NewSessionTicket before there is a session to put into it."""
    if handshake.plan == "ticket":
        body = NewSessionTicket(handshake.config.lifetime_hint, handshake.entropy(64)).encode()
        machine.send(handshake.channel, handshake.transcript, H.NEW_SESSION_TICKET, body)


def send_early_ticket(handshake: ServerHandshake) -> None:
    """NewSessionTicket as soon as the master secret is known."""
    handshake.session = handshake.handlers.make_session(handshake)
    send_ticket(handshake)


@fault("S-10", "R5077-3.1-18", "R5077-3.3-05")
def sends_the_ticket_behind_server_hello() -> ServerEdit:
    """Sends NewSessionTicket right behind ServerHello in a full handshake."""
    hello, *rest = FIRST_FLIGHT
    return ServerEdit(handlers=replace(LATER, first_flight=(hello, send_unfounded_ticket, *rest)))


@fault("S-11", "R5077-3.1-06", "R5077-3.3-05")
def sends_the_ticket_behind_server_hello_done() -> ServerEdit:
    """Sends NewSessionTicket right behind ServerHelloDone."""
    return ServerEdit(handlers=replace(LATER, first_flight=(*FIRST_FLIGHT, send_unfounded_ticket)))


@fault("S-12", "R5077-3.3-05")
def sends_the_ticket_on_change_cipher_spec() -> ServerEdit:
    """Sends NewSessionTicket on the client's ChangeCipherSpec, before Finished was read."""

    def take(handshake: ServerHandshake, message: Message) -> ServerState:
        state = server.take_change_cipher_spec(handshake, message)
        send_early_ticket(handshake)
        return state

    return ServerEdit(rows={(S.AWAIT_CHANGE_CIPHER_SPEC, Signal.CHANGE_CIPHER_SPEC): take}, handlers=LATER)


@fault("S-13", "R5077-3.3-05")
def sends_the_ticket_on_client_key_exchange() -> ServerEdit:
    """Sends NewSessionTicket on ClientKeyExchange."""

    def take(handshake: ServerHandshake, message: Message) -> ServerState:
        state = server.take_client_key_exchange(handshake, message)
        send_early_ticket(handshake)
        return state

    return ServerEdit(rows={(S.AWAIT_CLIENT_KEY_EXCHANGE, H.CLIENT_KEY_EXCHANGE): take}, handlers=LATER)


@fault("S-14", "R5077-3.3-05")
def sends_the_ticket_before_the_check_of_finished() -> ServerEdit:
    """Sends NewSessionTicket on the client's Finished, and only then notices that this is wrong."""

    def take(handshake: ServerHandshake, message: Message) -> ServerState:
        expected = verify_data(handshake.master_secret, CLIENT_FINISHED, handshake.transcript.digest())
        handshake.transcript.add(message.octets)
        send_early_ticket(handshake)
        handshake.handlers.verify_finished(expected, message.body)
        for step in END:
            step(handshake)
        return S.ESTABLISHED

    return ServerEdit(rows={(S.AWAIT_FINISHED, H.FINISHED): take})


# The abbreviated handshake --------------------------------------------------------------------------------------------


def _renewing_with(step: Step) -> ServerEdit:
    """Says something more behind the renewed ticket."""

    def say(handshake: ServerHandshake) -> None:
        if handshake.ticket_sent:
            step(handshake)

    flight = (*RESUMPTION, send_ticket, say, *END)
    return ServerEdit(handlers=ServerHandlers(resumption_flight=flight), config=renewing)


@fault("S-28", "R5246-7.3-02")
def shows_its_certificate_on_resumption() -> ServerEdit:
    """Sends Certificate inside the abbreviated handshake."""

    def send(handshake: ServerHandshake) -> None:
        body = Certificate(handshake.config.credentials[0].chain).encode()
        machine.send(handshake.channel, handshake.transcript, H.CERTIFICATE, body)

    return _renewing_with(send)


@fault("S-29", "R5246-7.3-02")
def asks_for_a_certificate_on_resumption() -> ServerEdit:
    """Sends CertificateRequest inside the abbreviated handshake."""

    def send(handshake: ServerHandshake) -> None:
        body = CertificateRequest((64,), (0x0403,)).encode()
        machine.send(handshake.channel, handshake.transcript, H.CERTIFICATE_REQUEST, body)

    return _renewing_with(send)


@fault("S-30", "R5246-7.3-02")
def says_server_hello_done_on_resumption() -> ServerEdit:
    """Sends ServerHelloDone inside the abbreviated handshake."""
    return _renewing_with(send_server_hello_done)


@fault("S-31", "R5246-7.3-01", "R5077-5.2-02")
def talks_before_the_client_has_proved_itself() -> ServerEdit:
    """Sends application data on resumption, before the client's Finished came."""

    def send(handshake: ServerHandshake) -> None:
        assert isinstance(handshake.channel, RecordLayer)  # the only channel that a connection has
        handshake.channel.send(ContentType.APPLICATION_DATA, b"welcome back\n")

    return ServerEdit(handlers=ServerHandlers(resumption_flight=(*ServerHandlers().resumption_flight, send)))
