"""Faulty servers: ticket keys that change or are missing, and the time in a ticket (S-83 to S-87, S-111 to S-115)."""

from __future__ import annotations

from dataclasses import replace

from rfc5077.properties.faults.fault import ServerEdit, fault, renewing
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import negotiate
from rfc5077.reference.handshake.config import ServerConfig
from rfc5077.reference.handshake.negotiate import OpenTicket, Resumption
from rfc5077.reference.handshake.server_flight import ServerHandlers, ServerHandshake, send_ticket
from rfc5077.reference.ticket.format import KEY_NAME
from rfc5077.reference.ticket.key_ring import KeyRing, SealingKey, open_any, seal_ticket
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import ClientHello

# Keys -----------------------------------------------------------------------------------------------------------------


@fault("S-83", "R9325-3.4-03", verdict="advice")
def never_forgets_a_key() -> ServerEdit:
    """Opens tickets with keys that it has retired."""
    kept: dict[bytes, SealingKey] = {}

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        kept.update((key.name, key) for key in ring.keys)
        return seal_ticket(ring, session, iv)

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        retired = kept.get(ticket[:KEY_NAME])
        return open_any(ring, ticket) if retired is None else retired.open(ticket)

    return ServerEdit(handlers=ServerHandlers(seal_ticket=seals, open_ticket=opens))


@fault("S-84", "R5077-3-01", verdict="advice")
def opens_with_old_keys_alone() -> ServerEdit:
    """Seals with the newest of several keys, and opens with the others."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        return open_any(KeyRing(ring.keys[1:] or ring.keys), ticket)

    return ServerEdit(handlers=ServerHandlers(open_ticket=opens))


@fault("S-85", "R9325-3.4-03", verdict="advice")
def renews_with_the_old_key() -> ServerEdit:
    """Seals a renewed ticket with the oldest of several keys."""
    known: set[bytes] = set()

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        again = session.master_secret in known
        known.add(session.master_secret)
        return seal_ticket(KeyRing(ring.keys[-1:]) if again else ring, session, iv)

    return ServerEdit(handlers=ServerHandlers(seal_ticket=seals), config=renewing)


def _without_key(ticket: bytes | None) -> ServerEdit:
    """Gives out this ticket where there is no key; aborts if there is none."""

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        if ring.keys:
            return seal_ticket(ring, session, iv)
        if ticket is None:
            raise ProtocolError(Cause.INTERNAL, "no key seals the ticket")
        return ticket

    return ServerEdit(handlers=ServerHandlers(seal_ticket=seals))


@fault("S-86", "R5077-3.3-07", verdict="advice", source="A-52: s2n-tls, issue 4528")
def aborts_without_a_key() -> ServerEdit:
    """Aborts by internal_error where it has announced a ticket and has no key to seal it."""
    return _without_key(None)


@fault("S-87", "R5077-3.3-07")
def makes_a_ticket_up() -> ServerEdit:
    """Sends a ticket of one octet where it has no key to seal one."""
    return _without_key(b"\x00")


# Time -----------------------------------------------------------------------------------------------------------------


@fault("S-111", "R5077-4-12", verdict="advice", source="A-86: GnuTLS before 2018")
def never_lets_a_ticket_expire() -> ServerEdit:
    """Takes tickets of any age."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        endless = replace(config, ticket_lifetime_seconds=2**32 - 1)
        return negotiate.choose_resumption(endless, hello, now, opens)

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose))


@fault("S-112", "R5077-4-12", verdict="advice")
def counts_milliseconds() -> ServerEdit:
    """Takes the seconds of a ticket's life for milliseconds."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        short = replace(config, ticket_lifetime_seconds=config.ticket_lifetime_seconds // 1000)
        return negotiate.choose_resumption(short, hello, now, opens)

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose))


@fault("S-113", "R5077-4-12", "R5077-3.2-09")
def stumbles_over_a_clock_set_back() -> ServerEdit:
    """Gives the handshake up on a ticket from the future, as there is after the clock was set back."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        session = opens(config.key_ring, hello.session_ticket or b"")
        if session is not None and session.created > now:
            raise ProtocolError(Cause.MALFORMED, "a ticket of negative age")
        return negotiate.choose_resumption(config, hello, now, opens)

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose))


@fault("S-114", "R9325-3.4-05", verdict="advice", source="A-84: s2n-tls before its pull request 5217")
def begins_the_session_anew_with_each_renewal() -> ServerEdit:
    """Counts the age of a session from its latest renewal."""

    def send(handshake: ServerHandshake) -> None:
        if handshake.session is not None:
            handshake.session = replace(handshake.session, created=int(handshake.clock()))
        send_ticket(handshake)

    flight = tuple(send if step is send_ticket else step for step in ServerHandlers().resumption_flight)
    return ServerEdit(handlers=ServerHandlers(resumption_flight=flight), config=renewing)


@fault("S-115", "R5077-3.3-14")
def turns_the_hint_round() -> ServerEdit:
    """Sends the octets of the lifetime hint in reverse order."""

    def hint(config: ServerConfig, session: Session, now: float) -> int:
        right = negotiate.lifetime_hint(config, session, now)
        return int.from_bytes(right.to_bytes(4, "big"), "little")

    return ServerEdit(handlers=ServerHandlers(lifetime_hint=hint))
