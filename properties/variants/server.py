"""Servers that use what is permitted: whether they issue, renew, accept; session ids; hints and lifetimes."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.adapters.over_reference import server_config
from rfc5077.properties.faults.fault import ServerEdit, renewing
from rfc5077.properties.variants.variant import variant
from rfc5077.reference.handshake import negotiate
from rfc5077.reference.handshake.config import Issue, ServerConfig
from rfc5077.reference.handshake.negotiate import Resumption
from rfc5077.reference.handshake.server_flight import (
    ServerHandlers,
    ServerHandshake,
    derive_connection_keys,
    send_change_cipher_spec,
    send_finished,
    send_server_hello,
)
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.ticket.key_ring import KeyRing, open_any
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import ClientHello
from rfc5077.reference.wire.messages import HandshakeType, NewSessionTicket, handshake

LONGEST = 2**32 - 1


def _with(**choices: object) -> ServerEdit:
    """The default configuration with other choices."""
    return ServerEdit(config=lambda: replace(server_config(), **choices))  # type: ignore[arg-type]  # it checks them


# Issuing, renewing, accepting -----------------------------------------------------------------------------------------


@variant("N-01", "R5077-3.1-14")
def never_issues() -> ServerEdit:
    """Issues nothing; every ServerHello is without the extension."""
    return _with(issue="never", reissue="never", renew="never")


@variant("N-02", "R5077-3.1-11")
def renews_always() -> ServerEdit:
    """Renews the ticket in every resumption."""
    return ServerEdit(config=renewing)


@variant("N-03", "R5077-3.1-16", "R5077-3.3-08", shared=True)
def never_renews() -> ServerEdit:
    """Resumes without a new ticket."""
    return _with(renew="never")


@variant("N-04", "R5077-3.1-13")
def rejects_silently() -> ServerEdit:
    """Accepts no ticket, and gives none in its place."""
    return _with(honour_tickets=False, reissue="never")


@variant("N-05", "R5077-3.1-17")
def rejects_and_issues() -> ServerEdit:
    """Accepts no ticket, and gives a new one in its place."""
    return _with(honour_tickets=False, reissue="ticket")


@variant("N-06", "R5077-3.3-07", "K-08")
def zero_length() -> ServerEdit:
    """Promises a ticket wherever it may, and sends one of zero length with hint 0."""
    return _with(issue="empty", reissue="empty", renew="empty")


@variant("N-06", "R5077-3.3-07", "K-08")
def zero_length_renewals() -> ServerEdit:
    """Issues tickets, resumes, and then sends one of zero length; the same for a ticket that it rejects."""
    return _with(issue="ticket", reissue="empty", renew="empty")


def _send_empty_with_hint(opened: ServerHandshake) -> None:
    """NewSessionTicket of zero length with a hint, where one is due."""
    if opened.plan == "never":
        return
    body = NewSessionTicket(7200, b"").encode()
    octets = handshake(HandshakeType.NEW_SESSION_TICKET, body)
    opened.transcript.add(octets)
    opened.ticket_sent = b""
    opened.channel.send_handshake(octets)


@variant("N-06", "R5077-3.3-07", "K-08")
def zero_length_with_hint() -> ServerEdit:
    """Sends tickets of zero length, and two hours as their hint."""
    handlers = ServerHandlers(
        last_flight=(_send_empty_with_hint, send_change_cipher_spec, send_finished),
        resumption_flight=(send_server_hello, derive_connection_keys, _send_empty_with_hint, send_change_cipher_spec,
                           send_finished),
    )  # fmt: skip
    return ServerEdit(handlers=handlers, config=renewing)


def _once(config: Callable[[], ServerConfig]) -> ServerEdit:
    """Opens each ticket once."""
    used: set[bytes] = set()

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        if any(hmac.compare_digest(ticket, other) for other in used):
            return None
        session = open_any(ring, ticket)
        if session is not None:
            used.add(ticket)
        return session

    return ServerEdit(handlers=ServerHandlers(open_ticket=opens), config=config)


@variant("N-18", "R5077-3.3-10")
def single_use() -> ServerEdit:
    """Accepts each ticket once, and goes through a full handshake when it comes again."""
    return _once(server_config)


@variant("N-18", "R5077-3.3-10")
def single_use_with_renewal() -> ServerEdit:
    """Accepts each ticket once and renews it then; goes through a full handshake when the old one comes again."""
    return _once(renewing)


# Hints and lifetimes --------------------------------------------------------------------------------------------------


@variant("N-07", "R5077-3.3-15", "K-10")
def hint_of_nothing() -> ServerEdit:
    """Says nothing of a ticket's life: the hint is 0."""
    return _with(lifetime_hint=0, renew="ticket")


@variant("N-07", "R5077-3.3-15", "K-10")
def longest_hint() -> ServerEdit:
    """Gives the greatest hint that fits: 136 years."""
    told = _with(lifetime_hint=LONGEST, renew="ticket")
    return replace(told, handlers=ServerHandlers(lifetime_hint=lambda *_: LONGEST))


@variant("N-08", "R5077-3.3-18")
def half_the_hint() -> ServerEdit:
    """Honours tickets for half of the time that it hints."""
    return _with(ticket_lifetime_seconds=3600, lifetime_hint=7200)


@variant("N-08", "R5077-3.3-18")
def none_of_the_hint() -> ServerEdit:
    """Honours tickets for the second in which they were issued, and hints two hours."""
    return _with(ticket_lifetime_seconds=0, lifetime_hint=7200)


@variant("N-08", "R5077-3.3-18")
def twice_the_hint() -> ServerEdit:
    """Honours tickets for twice the time that it hints."""
    return _with(ticket_lifetime_seconds=7200, lifetime_hint=3600)


# Session ids ----------------------------------------------------------------------------------------------------------

Choose = Callable[[ClientHello, Resumption, Issue, Entropy], bytes | None]


def _naming(choose: Choose) -> ServerEdit:
    """Takes the id of ServerHello from `choose`, where that has one."""

    def session_id(
        config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue, entropy: Entropy
    ) -> bytes:
        chosen = choose(hello, resumption, plan, entropy)
        return negotiate.choose_session_id(config, hello, resumption, plan, entropy) if chosen is None else chosen

    return ServerEdit(handlers=ServerHandlers(choose_session_id=session_id))


@variant("N-10", "R5077-3.4-01")
def id_beside_a_new_ticket() -> ServerEdit:
    """Sends a new session_id of 32 octets in a handshake that issues a ticket."""
    return _with(session_id_when_issuing="fresh")


@variant("N-11", "R5077-3.4-02")
def id_of_any_length_beside_a_rejected_ticket() -> ServerEdit:
    """Rejects every ticket, and names the new session by an id of 1 to 32 octets."""

    def choose(hello: ClientHello, resumption: Resumption, plan: Issue, entropy: Entropy) -> bytes | None:
        del hello, plan
        rejected = resumption.ticket_presented and resumption.session is None
        return entropy(1 + entropy(1)[0] % 32) if rejected else None

    return replace(_naming(choose), config=rejects_and_issues.edit().config)  # type: ignore[arg-type]  # a server's


@variant("N-12", "R5077-3.4-10")
def id_on_resumption_where_none_was_sent() -> ServerEdit:
    """Resumes, and sends a new session_id to a client that had sent none beside its ticket."""

    def choose(hello: ClientHello, resumption: Resumption, plan: Issue, entropy: Entropy) -> bytes | None:
        del plan
        resumes = resumption.session is not None and not hello.session_id
        return entropy(32) if resumes else None

    return _naming(choose)


@variant("N-13", "K-18")
def looks_up_ids_beside_an_empty_extension() -> ServerEdit:
    """Names every session by an id as well, and resumes by it where the hello has no ticket but the extension."""
    return _with(session_id_when_issuing="fresh", session_id_otherwise="fresh")


@variant("N-13", "K-18")
def looks_up_ids_and_issues_nothing() -> ServerEdit:
    """Issues no ticket, and resumes by session_id whatever the extension says."""
    return _with(issue="never", reissue="never", session_id_otherwise="fresh")
