"""Faulty servers: what another handshake, or the same one, has left behind (S-47, S-118, S-119, S-122, S-124)."""

from __future__ import annotations

from dataclasses import replace

from rfc5077.properties.adapters.over_reference import server_config
from rfc5077.properties.faults.fault import ServerEdit, fault, renewing
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import negotiate, server, server_flight
from rfc5077.reference.handshake.config import Issue, ServerConfig
from rfc5077.reference.handshake.negotiate import Resumption
from rfc5077.reference.handshake.server_flight import (
    ServerHandlers,
    ServerHandshake,
    ServerState,
    send_ticket,
)
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.record_layer import RecordRules, Refusal, refuse
from rfc5077.reference.ticket.key_ring import KeyRing, open_any
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import ClientHello
from rfc5077.reference.wire.messages import HandshakeType, Message

H, S = HandshakeType, ServerState


def negotiating_anew() -> ServerConfig:
    """A server with which clients may renegotiate."""
    return replace(server_config(), renegotiation="any")


@fault("S-47", "R5077-3.4-05")
def echoes_the_id_of_the_first_hello() -> ServerEdit:
    """Repeats on resumption the session_id of the hello that the session began with."""
    first: dict[bytes, bytes] = {}

    def make_session(handshake: ServerHandshake) -> Session:
        first[handshake.master_secret] = handshake.client_hello.session_id
        return server_flight.make_session(handshake)

    def session_id(
        config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue, entropy: Entropy
    ) -> bytes:
        chosen = negotiate.choose_session_id(config, hello, resumption, plan, entropy)
        session = resumption.session if resumption.ticket_presented else None
        return chosen if session is None else first.get(session.master_secret, chosen)

    return ServerEdit(handlers=ServerHandlers(make_session=make_session, choose_session_id=session_id))


@fault("S-118", "R5246-7.4.1.2-01", "R5246-7.2-01")
def remembers_a_failed_handshake() -> ServerEdit:
    """Remembers a session by its session_id before the client's Finished was verified, and does not forget it."""

    def take(handshake: ServerHandshake, message: Message) -> ServerState:
        cache, session_id = handshake.config.session_cache, handshake.server_hello.session_id
        if cache is not None and session_id:
            cache.put(session_id, handshake.handlers.make_session(handshake))
        return server.take_finished(handshake, message)

    return ServerEdit(
        rows={(S.AWAIT_FINISHED, H.FINISHED): take}, handlers=ServerHandlers(forget_session=lambda _: None)
    )


@fault("S-119", "R5077-3.3-11", "R5077-3.3-10")
def takes_a_ticket_for_busy() -> ServerEdit:
    """Hangs up on a ticket whose renewal was not confirmed, for the handshake that brought it counts as open."""
    busy: set[bytes] = set()

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        if ticket in busy:
            raise ProtocolError(Cause.INTERNAL, "a handshake that is still open")
        return open_any(ring, ticket)

    def send(handshake: ServerHandshake) -> None:
        send_ticket(handshake)
        busy.add(handshake.client_hello.session_ticket or b"")

    def take(handshake: ServerHandshake, message: Message) -> ServerState:
        state = server.take_resumed_finished(handshake, message)
        busy.discard(handshake.client_hello.session_ticket or b"")
        return state

    def hang_up(error: ProtocolError) -> Refusal:
        return Refusal(None, close=True) if error.cause is Cause.INTERNAL else refuse(error)

    flight = tuple(send if step is send_ticket else step for step in ServerHandlers().resumption_flight)
    return ServerEdit(
        rows={(S.AWAIT_RESUMED_FINISHED, H.FINISHED): take},
        handlers=ServerHandlers(open_ticket=opens, resumption_flight=flight),
        rules=RecordRules(refuse=hang_up), config=renewing,
    )  # fmt: skip


@fault("S-122", "R5077-3.2-08", "R5077-3.3-03")
def announces_anew_unasked() -> ServerEdit:
    """Announces a ticket in a renegotiation whose ClientHello has no SessionTicket extension."""

    def plan(config: ServerConfig, hello: ClientHello, resumption: Resumption) -> Issue:
        return config.issue if hello.renegotiation_info else negotiate.plan_ticket(config, hello, resumption)

    return ServerEdit(handlers=ServerHandlers(plan_ticket=plan), config=negotiating_anew)


@fault("S-124", "R5246-7.2.2-02", "R5246-7.4.9-01", "R5077-3.3-05")
def warns_where_it_should_refuse() -> ServerEdit:
    """Answers a wrong Finished with a warning and goes on as if it were right."""

    def take(handshake: ServerHandshake, message: Message) -> ServerState:
        trusting = replace(handshake.handlers, verify_finished=lambda expected, body: None)
        try:
            return server.take_finished(handshake, message)
        except ProtocolError as error:
            handshake.channel.send_warning(error.alert)
            handshake.handlers = trusting
            return server.take_finished(handshake, message)

    return ServerEdit(rows={(S.AWAIT_FINISHED, H.FINISHED): take})
