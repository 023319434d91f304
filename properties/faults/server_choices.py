"""Faulty servers: what they choose to answer, and what they make of a ticket.

Session ids (S-43 to S-55), the extension in ServerHello (S-56 to S-58), tickets that come back (S-61 to S-117), and
what one connection leaves to the next (S-121).
"""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.faults.fault import ServerEdit, fault, renewing, short_lived
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import negotiate, server
from rfc5077.reference.handshake.config import Issue, ServerConfig
from rfc5077.reference.handshake.negotiate import OpenTicket, Resumption
from rfc5077.reference.handshake.server_flight import (
    ServerHandlers,
    ServerHandshake,
    ServerState,
    send_ticket,
)
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.record_layer import RecordRules, Refusal, refuse
from rfc5077.reference.ticket.format import KEY_NAME, MAC, TicketKey, open_ticket
from rfc5077.reference.ticket.key_ring import KeyRing, open_any
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import ClientHello, Extensions, ExtensionType
from rfc5077.reference.wire.messages import HandshakeType, Message

# Session ids ----------------------------------------------------------------------------------------------------------

EchoOf = Callable[[ClientHello, Resumption, Entropy], bytes | None]


def _with_id(choose: EchoOf) -> ServerEdit:
    """Takes the id of ServerHello from `choose`, where that has one."""

    def session_id(
        config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue, entropy: Entropy
    ) -> bytes:
        chosen = choose(hello, resumption, entropy)
        return negotiate.choose_session_id(config, hello, resumption, plan, entropy) if chosen is None else chosen

    return ServerEdit(handlers=ServerHandlers(choose_session_id=session_id))


def _on_resumption(echo: Callable[[bytes, Entropy], bytes]) -> ServerEdit:
    """Answers the id beside an accepted ticket by `echo` of it."""

    def answer(hello: ClientHello, resumption: Resumption, entropy: Entropy) -> bytes | None:
        accepted = resumption.session is not None and resumption.ticket_presented
        return echo(hello.session_id, entropy) if accepted and hello.session_id else None

    return _with_id(answer)


@fault("S-43", "R5077-3.4-05", source="CVE-2016-9244, Ticketbleed")
def pads_the_echo() -> ServerEdit:
    """Repeats the client's session_id with whatever follows it in memory, 32 octets in all."""
    return _on_resumption(lambda asked, entropy: (asked + entropy(32))[:32])


@fault("S-44", "R5077-3.4-05")
def cuts_the_echo() -> ServerEdit:
    """Repeats the first 16 octets of the client's session_id on resumption."""
    return _on_resumption(lambda asked, _: asked[:16])


@fault("S-45", "R5077-3.4-05", source="OpenSSL, issue 29095")
def leaves_the_echo_out() -> ServerEdit:
    """Sends an empty session_id on resumption, whatever the client's is."""
    return _on_resumption(lambda *_: b"")


@fault("S-46", "R5077-3.4-05")
def makes_an_id_on_resumption() -> ServerEdit:
    """Sends a session_id of its own on resumption."""
    return _on_resumption(lambda _, entropy: entropy(32))


@fault("S-48", "R5077-3.4-06", "R5246-7.4.1.3-01", source="s2n-tls, issue 746; wolfSSL before pull request 8097")
def echoes_beside_a_rejected_ticket() -> ServerEdit:
    """Repeats the client's session_id although it rejects the ticket and goes on with a full handshake."""
    return _with_id(
        lambda hello, resumption, _: hello.session_id
        if resumption.ticket_presented and resumption.session is None else None
    )  # fmt: skip


@fault("S-49", "R5246-7.4.1.3-01")
def echoes_where_nothing_was_offered() -> ServerEdit:
    """Repeats the client's session_id in the full handshake of a client that has no ticket."""
    return _with_id(lambda hello, *_: hello.session_id if hello.session_ticket == b"" else None)


def _minding_the_id(accepts: Callable[[bytes], bool]) -> ServerEdit:
    """Takes a ticket only if the session_id beside it is to its liking; goes on with a full handshake otherwise."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        resumption = negotiate.choose_resumption(config, hello, now, opens)
        if resumption.ticket_presented and not accepts(hello.session_id):
            return Resumption(ticket_presented=True)
        return resumption

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose))


@fault("S-50", "R5077-3.4-07", source="wolfSSL, issue 6661")
def refuses_a_ticket_beside_no_id() -> ServerEdit:
    """Takes a ticket only beside a session_id that is not empty."""
    return _minding_the_id(lambda session_id: session_id != b"")


@fault("S-51", "R5077-3.4-07")
def refuses_a_ticket_beside_a_short_id() -> ServerEdit:
    """Takes a ticket only beside no session_id, or one of 32 octets."""
    return _minding_the_id(lambda session_id: len(session_id) in (0, 32))


@fault("S-52", "R5077-3.4-07")
def insists_on_the_original_id() -> ServerEdit:
    """Takes a ticket only beside the session_id of the handshake that issued it, which was empty."""
    return _minding_the_id(lambda session_id: session_id == b"")


def _looks_up(ticket_first: bool) -> ServerEdit:
    """Consults the cache although a ticket was presented."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        without = tuple(pair for pair in hello.extensions if pair[0] != ExtensionType.SESSION_TICKET)
        by_ticket = negotiate.choose_resumption(config, hello, now, opens)
        by_id = negotiate.choose_resumption(config, replace(hello, extensions=without), now, opens)
        first, second = (by_ticket, by_id) if ticket_first else (by_id, by_ticket)
        return second if first.session is None else first

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose))


@fault("S-54", "R5077-3.4-08", source="GnuTLS 3.7.9")
def looks_up_after_a_bad_ticket() -> ServerEdit:
    """Resumes by session_id where the ticket beside it cannot be opened."""
    return _looks_up(ticket_first=True)


@fault("S-55", "R5077-3.4-08")
def looks_up_before_the_ticket() -> ServerEdit:
    """Resumes by session_id first, and looks at the ticket only where that fails."""
    return _looks_up(ticket_first=False)


# The extension in ServerHello -----------------------------------------------------------------------------------------


def _with_body(body: Callable[[ClientHello], bytes]) -> ServerEdit:
    """Fills the announcement."""

    def extensions(config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue) -> Extensions:
        answers = negotiate.server_extensions(config, hello, resumption, plan)
        return tuple((kind, body(hello) if kind == ExtensionType.SESSION_TICKET else said) for kind, said in answers)

    return ServerEdit(handlers=ServerHandlers(server_extensions=extensions), config=renewing)


@fault("S-56", "R5077-3.2-06")
def puts_the_ticket_into_server_hello() -> ServerEdit:
    """Puts a ticket into the SessionTicket extension of ServerHello."""
    return _with_body(lambda _: bytes(64))


@fault("S-57", "R5077-3.2-06")
def sends_the_clients_ticket_back() -> ServerEdit:
    """Repeats the client's ticket in the SessionTicket extension of ServerHello."""
    return _with_body(lambda hello: hello.session_ticket or b"")


@fault("S-58", "R5077-3.2-06")
def answers_in_the_form_of_rfc_4507() -> ServerEdit:
    """Announces a ticket by an extension whose body is a length of zero."""
    return _with_body(lambda _: bytes(2))


# Tickets that come back -----------------------------------------------------------------------------------------------


@fault("S-61", "R5077-3.2-09", "R5077-3.1-13", source="A-91: NSS, bug 1783812")
def answers_a_bad_ticket_with_an_alert() -> ServerEdit:
    """Answers a ticket that it cannot open with a fatal alert."""

    def opens(ring: KeyRing, ticket: bytes) -> Session:
        session = open_any(ring, ticket)
        if session is None:
            raise ProtocolError(Cause.MALFORMED, "a ticket that no key opens")
        return session

    return ServerEdit(handlers=ServerHandlers(open_ticket=opens))


@fault("S-62", "R5077-3.2-09", "R5246-7.2.2-02")
def hangs_up_on_a_bad_ticket() -> ServerEdit:
    """Closes without an alert on a ticket that it cannot open."""

    def opens(ring: KeyRing, ticket: bytes) -> Session:
        session = open_any(ring, ticket)
        if session is None:
            raise ProtocolError(Cause.INTERNAL, "a ticket that no key opens")
        return session

    def hang_up(error: ProtocolError) -> Refusal:
        return Refusal(None, close=True) if error.cause is Cause.INTERNAL else refuse(error)

    rules = RecordRules(refuse=hang_up)
    return ServerEdit(handlers=ServerHandlers(open_ticket=opens), rules=rules)


@fault("S-63", "R5077-3.2-09", "R5077-3.1-13")
def answers_a_retired_key_with_an_alert() -> ServerEdit:
    """Answers a ticket whose key it does not have, or has no more, with a fatal alert."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        if ticket[:KEY_NAME] not in {key.name for key in ring.keys}:
            raise ProtocolError(Cause.MALFORMED, "a ticket of no key")
        return open_any(ring, ticket)

    return ServerEdit(handlers=ServerHandlers(open_ticket=opens))


@fault("S-64", "R5077-3.1-13", verdict="note")
def answers_an_expired_ticket_with_an_alert() -> ServerEdit:
    """Answers a ticket that is too old with a fatal alert, where a full handshake would do."""
    seconds = itertools.count(1_700_000_000)

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        session = opens(config.key_ring, hello.session_ticket or b"")
        if session is not None and not negotiate.is_alive(config, session, now):
            raise ProtocolError(Cause.MALFORMED, "a ticket that is too old")
        return negotiate.choose_resumption(config, hello, now, opens)

    return ServerEdit(
        handlers=ServerHandlers(choose_resumption=choose),
        config=short_lived,
        clock=lambda: float(next(seconds)),
    )


@fault("S-69", "R5077-3.2-09", "R5077-5.3-01", source="A-41")
def takes_any_authentication_code() -> ServerEdit:
    """Opens tickets without checking their authentication code."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        key = next((key for key in ring.keys if key.name == ticket[:KEY_NAME]), None)
        covered = ticket[:-MAC]
        if not isinstance(key, TicketKey):
            return None
        return open_ticket(key, covered + hmac.digest(key.mac, covered, "sha256"))

    return ServerEdit(handlers=ServerHandlers(open_ticket=opens))


def _refusing(spent: set[bytes]) -> OpenTicket:
    """Opens tickets, but answers those that are spent with an alert."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        if ticket in spent:
            raise ProtocolError(Cause.MALFORMED, "a ticket that is spent")
        return open_any(ring, ticket)

    return opens


@fault("S-116", "R5077-3.3-10", "R5077-3.3-11")
def forgets_the_old_ticket_too_early() -> ServerEdit:
    """Answers a ticket with an alert once it has sent a renewal, though the client never confirmed that."""
    spent: set[bytes] = set()

    def send_and_spend(handshake: ServerHandshake) -> None:
        send_ticket(handshake)
        spent.add(handshake.client_hello.session_ticket or b"")

    flight = ServerHandlers().resumption_flight
    handlers = ServerHandlers(
        open_ticket=_refusing(spent),
        resumption_flight=tuple(send_and_spend if step is send_ticket else step for step in flight)
    )
    return ServerEdit(handlers=handlers, config=renewing)


@fault("S-117", "R5077-3.3-10")
def takes_each_ticket_once() -> ServerEdit:
    """Answers the second use of a ticket that it has renewed with an alert."""
    spent: set[bytes] = set()

    def take(handshake: ServerHandshake, message: Message) -> ServerState:
        state = server.take_resumed_finished(handshake, message)
        spent.add(handshake.client_hello.session_ticket or b"")
        return state

    return ServerEdit(
        rows={(ServerState.AWAIT_RESUMED_FINISHED, HandshakeType.FINISHED): take},
        handlers=ServerHandlers(open_ticket=_refusing(spent)), config=renewing,
    )  # fmt: skip


@fault("S-121", "R5077-3.2-08")
def remembers_the_announcement_of_others() -> ServerEdit:
    """Keeps the announcement of one connection for all that follow in the same process."""
    kept: list[Issue] = []

    def plan(config: ServerConfig, hello: ClientHello, resumption: Resumption) -> Issue:
        kept.append(negotiate.plan_ticket(config, hello, resumption))
        return next((one for one in kept if one != "never"), "never")

    return ServerEdit(handlers=ServerHandlers(plan_ticket=plan))
