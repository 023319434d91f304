"""Servers that use what is permitted: the contents of tickets, under which hello a session goes on, and records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.adapters.over_reference import server_config
from rfc5077.properties.faults.edits import answering
from rfc5077.properties.faults.fault import ServerEdit, renewing
from rfc5077.properties.variants.variant import variant
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import negotiate
from rfc5077.reference.handshake.config import ServerConfig
from rfc5077.reference.handshake.extensions import protocols
from rfc5077.reference.handshake.negotiate import OpenTicket, Resumption
from rfc5077.reference.handshake.server_flight import ServerHandlers
from rfc5077.reference.ticket.aead_format import AeadKey
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import DOWNGRADE_TO_1_2, ClientHello

# Tickets --------------------------------------------------------------------------------------------------------------

EVEN = tuple(octet for octet in range(1, 256) if octet.bit_count() % 2 == 0)
KEPT = len(EVEN)
"""Sessions that a server with a handle for a ticket remembers; the oldest goes."""


def _handles(write: Callable[[int], bytes]) -> ServerEdit:
    """Tickets that are handles: number n, from 0 to 126 and round again, is written as `write` has it.

    Handles can be guessed. What stands for a damaged ticket must be nobody's, so no two handles differ in one bit, and
    none is the beginning of another that is shorter than 400 octets.
    """
    sessions: dict[bytes, tuple[KeyRing, Session]] = {}
    count = [0]

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        del iv
        handle = write(count[0] % KEPT)
        count[0] += 1
        sessions[handle] = ring, session
        return handle

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        kept = sessions.get(ticket)
        return kept[1] if kept is not None and kept[0] == ring else None  # with its keys it changes its handles

    return ServerEdit(handlers=ServerHandlers(seal_ticket=seals, open_ticket=opens), config=renewing)


@variant("N-09", "R5077-4-01", "R5077-4-14")
def tickets_of_one_octet() -> ServerEdit:
    """Keeps the sessions itself; a ticket is one octet, of even parity."""
    return _handles(lambda number: bytes((EVEN[number],)))


@variant("N-09", "R5077-4-01", "R5077-4-14")
def tickets_of_60000_octets() -> ServerEdit:
    """Issues tickets of 60,000 octets."""
    return _handles(lambda number: bytes((number + 1,)) * 60_000)


@variant("N-09", "R5077-4-01", "R5077-4-14", "K-31")
def tickets_of_65531_octets() -> ServerEdit:
    """Issues tickets of 65,531 octets, the most that a ClientHello could carry if it carried nothing else."""
    return _handles(lambda number: bytes((number + 1,)) * 65_531)


@variant("N-09", "R5077-4-01", "R5077-4-14")
def tickets_of_zeros() -> ServerEdit:
    """Issues tickets all of whose octets are zero; their length, from 400 on, tells them apart."""
    return _handles(lambda number: bytes(400 + number))


@variant("N-09", "R5077-4-01", "R5077-4-14")
def tickets_of_text() -> ServerEdit:
    """Issues tickets that read as a sentence."""
    return _handles(lambda number: f"This is session number {number}.".encode())


@variant("N-09", "R5077-4-01", "R5077-4-14")
def tickets_by_aead() -> ServerEdit:
    """Seals tickets by AES-256-GCM."""
    key = AeadKey.split(seeded("a ticket key for AES-256-GCM")(48))
    return ServerEdit(config=lambda: replace(server_config(), key_ring=KeyRing((key,)), renew="ticket"))


# Under which hello a session goes on ----------------------------------------------------------------------------------

Judge = Callable[[ServerConfig, ClientHello, Session], Session | None]


def _judging(judge: Judge, config: Callable[[], ServerConfig] = server_config) -> ServerEdit:
    """Lets `judge` look at the session in a ticket first: it may reject it, or see it in another light."""

    def choose(told: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        found: list[Session] = []

        def opens_as_judged(ring: KeyRing, ticket: bytes) -> Session | None:
            session = opens(ring, ticket)
            if session is None:
                return None
            found.append(session)
            return judge(told, hello, session)

        chosen = negotiate.choose_resumption(told, hello, now, opens_as_judged)
        return replace(chosen, session=found[0]) if found and chosen.session is not None else chosen

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose), config=config)


@variant("N-14", "K-23")
def insists_on_the_preferred_suite() -> ServerEdit:
    """Goes through a full handshake where the session's suite is offered, but another is preferred."""

    def judge(config: ServerConfig, hello: ClientHello, session: Session) -> Session | None:
        preferred = next((suite for suite in hello.cipher_suites if suite in config.suites), None)
        return session if session.suite == preferred else None

    return _judging(judge)


@variant("N-15", "K-22")
def refuses_where_the_suite_was_withdrawn() -> ServerEdit:
    """Answers illegal_parameter to a hello with a session_id whose ticket's suite it does not offer any more."""

    def judge(config: ServerConfig, hello: ClientHello, session: Session) -> Session:
        del config
        if hello.session_id and session.suite not in hello.cipher_suites:
            raise ProtocolError(Cause.OTHER_SUITE_RESUMED)
        return session

    return _judging(judge)


@variant("N-16", "K-26")
def overlooks_a_missing_name() -> ServerEdit:
    """Resumes where either hello has no server_name, and does not mind upper and lower case."""

    def judge(config: ServerConfig, hello: ClientHello, session: Session) -> Session:
        del config
        one, other = session.server_name, hello.server_name
        alike = one is None or other is None or one.lower() == other.lower()
        return replace(session, server_name=other) if alike else session

    return _judging(judge)


@variant("N-16", "K-26", shared=True)
def minds_a_missing_name() -> ServerEdit:
    """Goes through a full handshake where the name is missing on one side, or differs in upper and lower case."""
    return ServerEdit()


@variant("N-17", "R5746-3.6-02", shared=True)
def answers_the_signalling_suite() -> ServerEdit:
    """Answers renegotiation_info to a hello that has the signalling suite alone."""
    return ServerEdit()


def speaking() -> ServerConfig:
    """A server with two application protocols."""
    return replace(server_config(), protocols=("h2", "http/1.1"), renew="ticket")


@variant("N-19", "R7301-3.1-01", "K-50")
def agrees_on_a_protocol_anew() -> ServerEdit:
    """Chooses the application protocol anew when it resumes."""
    return ServerEdit(config=speaking)


@variant("N-19", "R7301-3.1-01", "K-50")
def refuses_to_resume_with_another_protocol() -> ServerEdit:
    """Goes through a full handshake where the hello that resumes would lead to another application protocol."""
    known: dict[bytes, tuple[bytes, ...]] = {}

    def judge(config: ServerConfig, hello: ClientHello, session: Session) -> Session | None:
        return session if known.setdefault(session.master_secret, protocols(hello)) == protocols(hello) else None

    return _judging(judge, speaking)


# Hellos and records ---------------------------------------------------------------------------------------------------


@variant("N-20", "R8446-4.1.3-01")
def marks_a_downgrade() -> ServerEdit:
    """Ends its random as a server does that speaks TLS 1.3 and negotiates 1.2."""
    return answering(lambda _, answer: replace(answer, random=answer.random[:24] + DOWNGRADE_TO_1_2))


@variant("N-21", "R5246-6.2.1-01")
def cuts_records_to_single_octets() -> ServerEdit:
    """Sends one octet of a message in each record."""
    return ServerEdit(config=lambda: replace(server_config(), max_fragment=1, renew="ticket"))


@variant("N-21", "R5246-6.2.1-01")
def cuts_records_within_messages() -> ServerEdit:
    """Sends 37 octets of a message in each record at most."""
    return ServerEdit(config=lambda: replace(server_config(), max_fragment=37, renew="ticket"))
