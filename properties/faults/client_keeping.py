"""Faulty clients: with what they keep a ticket (C-38, C-39, C-51, C-84), for whom (C-63 to C-65), and how long (C-76 to
C-81, C-36)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.adapters.over_reference import client_config
from rfc5077.properties.faults.fault import ClientEdit, fault, naming
from rfc5077.reference.handshake import client_flight, machine, offer
from rfc5077.reference.handshake.client_flight import ClientHandlers, ClientHandshake, ClientState
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import Decision, Offer
from rfc5077.reference.keys.suites import DEFAULT_SUITES
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import FinishedVerified, StoredTicket, TicketStore
from rfc5077.reference.wire.hello import ClientHello, ServerHello

PREFERRED = 0xC02C
"""AES-256 in place of AES-128, otherwise the same."""
FOR_EVER = 2**32 - 1
"""Seconds."""


def preferring() -> ClientConfig:
    """A client that prefers another suite than what servers mostly take."""
    return replace(client_config(), suites=(PREFERRED, *DEFAULT_SUITES))


Keep = Callable[[ClientHandshake, FinishedVerified], None]


def _keeping(keep: Keep) -> ClientEdit:
    return ClientEdit(handlers=ClientHandlers(keep_ticket=keep))


# With what ------------------------------------------------------------------------------------------------------------


def _storing(change: Callable[[ClientHandshake, Session], Session]) -> ClientEdit:
    """Keeps something else of a session."""
    return ClientEdit(
        handlers=ClientHandlers(make_session=lambda handshake: change(handshake, client_flight.make_session(handshake)))
    )


@fault("C-38", "R5077-3.1-08")
def keeps_the_secret_of_the_rejected_session() -> ClientEdit:
    """Keeps the ticket that replaces a rejected one with the master secret of the rejected session."""

    def change(handshake: ClientHandshake, session: Session) -> Session:
        old = handshake.offer.session
        return session if old is None else replace(session, master_secret=old.master_secret)

    return _storing(change)


@fault("C-39", "R5077-3.1-08", "R5077-3.1-19")
def forgets_the_suite() -> ClientEdit:
    """Keeps with a ticket the suite that it prefers, rather than the session's."""
    edit = _storing(lambda handshake, session: replace(session, suite=handshake.config.suites[0]))
    return replace(edit, config=preferring)


@fault("C-84", "R5077-3.1-08", source="A-75: CVE-2015-1791")
def mixes_parallel_handshakes_up() -> ClientEdit:
    """Keeps a ticket with the newest master secret of all its connections."""
    newest: list[bytes] = []

    def derive(ems: bool, pre_master: bytes, client: bytes, server: bytes, session_hash: bytes, name: str) -> bytes:
        newest[:] = [machine.derive_master_secret(ems, pre_master, client, server, session_hash, name)]
        return newest[0]

    edit = _storing(lambda _, session: replace(session, master_secret=newest[0]))
    return replace(edit, handlers=replace(edit.handlers, derive_master_secret=derive))


@fault("C-51", "R5077-3.3-07c", "R5077-3.2-04")
def offers_an_empty_ticket() -> ClientEdit:
    """Keeps a ticket of zero length, offers it, and takes ChangeCipherSpec behind ServerHello for a resumption."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        client_flight.keep_ticket(handshake, proof)
        store, session, given, config = handshake.config.store, handshake.session, handshake.ticket, handshake.config
        if store is not None and session is not None and given is not None and not given.ticket:
            at = handshake.ticket_received_at
            store.keep(StoredTicket(config.store_key, b"", session, at, at + config.longest_ticket_life), proof)

    def decide(offered: Offer, sent: ClientHello, answer: ServerHello) -> Decision:
        empty = offered.stored is not None and not offered.ticket and not sent.session_id
        return Decision.OPEN if empty else offer.decide(offered, sent, answer)

    return ClientEdit(handlers=ClientHandlers(keep_ticket=keep, decide=decide))


# For whom -------------------------------------------------------------------------------------------------------------


def _finding_by(name: Callable[[ClientConfig], str]) -> ClientEdit:
    """Finds sessions by less than what tells servers apart."""
    kept: dict[str, StoredTicket] = {}

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        client_flight.keep_ticket(handshake, proof)
        store, config = handshake.config.store, handshake.config
        stored = None if store is None else store.find(config.store_key, handshake.clock())
        if stored is not None:
            kept[name(config)] = stored

    def choose(config: ClientConfig, now: float) -> Offer:
        found, other = offer.choose_offer(config, now), kept.get(name(config))
        if found.stored is not None or other is None or config.store is None:
            return found
        if config.store.find(other.key, now) != other:
            return found
        store = TicketStore()
        store.keep(replace(other, key=config.store_key), FinishedVerified(b""))
        taken = offer.choose_offer(replace(config, store=store), now)
        return found if taken.stored is None else Offer(other)

    return ClientEdit(handlers=ClientHandlers(keep_ticket=keep, choose_offer=choose))


@fault("C-63", "R5077-3.1-02", source="A-61: CVE-2016-5419")
def offers_a_ticket_to_another_server() -> ClientEdit:
    """Offers the ticket of one server to another of the same name."""
    return _finding_by(lambda config: config.server_name)


@fault("C-64", "R6066-3-01", verdict="advice", source="A-61: HAProxy, issue 3195")
def offers_a_ticket_under_another_name() -> ClientEdit:
    """Offers a ticket under another server name at the same address."""
    return _finding_by(lambda config: config.peer)


@fault("C-65", "R5246-7.4.1.2-02")
def offers_a_ticket_whose_suite_is_gone() -> ClientEdit:
    """Offers a ticket beside a session_id although it does not offer the suite of the session any more."""

    def choose(config: ClientConfig, now: float) -> Offer:
        stored = None if config.store is None else config.store.find(config.store_key, now)
        suites = config.suites if stored is None else (*config.suites, stored.session.suite)
        return offer.choose_offer(replace(config, suites=suites), now)

    return ClientEdit(handlers=ClientHandlers(choose_offer=choose), config=naming)


# How long -------------------------------------------------------------------------------------------------------------


def _hinted(change: Callable[[int], int], longest: int | None = None) -> ClientEdit:
    """Keeps tickets by another lifetime than was hinted."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        told, config = handshake.ticket, handshake.config
        if told is not None:
            handshake.ticket = replace(told, lifetime_hint=change(told.lifetime_hint))
            if longest is not None and not told.lifetime_hint:
                handshake.config = replace(config, longest_ticket_life=longest)
        client_flight.keep_ticket(handshake, proof)
        handshake.ticket, handshake.config = told, config

    return _keeping(keep)


@fault("C-76", "R5077-3.3-16", verdict="advice", source="A-85: GnuTLS")
def ignores_the_hint() -> ClientEdit:
    """Keeps tickets as long as if no lifetime had been hinted."""
    return _hinted(lambda hint: 0)


@fault("C-77", "R5077-5.6-04", verdict="advice")
def keeps_unhinted_tickets_for_ever() -> ClientEdit:
    """Keeps a ticket for ever whose lifetime was left open."""
    return _hinted(lambda hint: hint, FOR_EVER)


@fault("C-78", "R5077-3.3-16", verdict="advice")
def takes_the_hint_for_milliseconds() -> ClientEdit:
    """Takes the seconds of a lifetime hint for milliseconds."""
    return _hinted(lambda hint: hint and max(1, hint // 1000))


@fault("C-80", "R5077-3.3-16", verdict="advice")
def counts_from_the_first_session() -> ClientEdit:
    """Counts the lifetime of a renewed ticket from the beginning of the session, not from its receipt."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        if handshake.resumed and handshake.session is not None:
            handshake.ticket_received_at = float(handshake.session.created)
        client_flight.keep_ticket(handshake, proof)

    return _keeping(keep)


@fault("C-81", "R5077-3.3-16", verdict="advice", source="A-85: rustls 0.23")
def begins_anew_with_each_resumption() -> ClientEdit:
    """Counts the lifetime of a ticket from its latest use."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        client_flight.keep_ticket(handshake, proof)
        store, stored, now = handshake.config.store, handshake.offer.stored, handshake.clock()
        if handshake.resumed and handshake.ticket is None and store is not None and stored is not None:
            life = stored.expires_at - stored.received_at
            store.keep(replace(stored, received_at=now, expires_at=now + life), proof)

    return _keeping(keep)


# After a failure ------------------------------------------------------------------------------------------------------


@fault("C-36", "R5246-7.2.2-01", "R5246-7.2-01", "K-20", verdict="advice")
def keeps_a_session_after_a_fatal_alert() -> ClientEdit:
    """Offers a session again whose connection ended in a fatal alert after the handshake."""

    def forget(handshake: ClientHandshake) -> None:
        if handshake.state is not ClientState.ESTABLISHED:
            client_flight.forget_session(handshake)

    return ClientEdit(handlers=ClientHandlers(forget_session=forget))
