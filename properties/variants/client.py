"""Clients that use what is permitted: session ids, when they offer and keep tickets, what they put up with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from rfc5077.properties.adapters.over_reference import Connection, client_config
from rfc5077.properties.adapters.peer import AnyPeer, Peer
from rfc5077.properties.faults.edits import asking_by
from rfc5077.properties.faults.fault import ClientEdit, naming, without_tickets
from rfc5077.properties.variants.variant import variant
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import client_flight, offer
from rfc5077.reference.handshake.client_flight import ClientHandlers, ClientHandshake
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import Decision, Offer
from rfc5077.reference.ticket.store import FinishedVerified
from rfc5077.reference.wire.hello import ClientHello, ServerHello

# Session ids ----------------------------------------------------------------------------------------------------------


@variant("N-22", "R5077-3.4-04", "R5077-3.4-09", "K-43", shared=True)
def no_id_beside_a_ticket() -> ClientEdit:
    """Sends an empty session_id beside a ticket."""
    return ClientEdit()


@variant("N-22", "R5077-3.4-04", "R5077-3.4-09", "K-43")
def random_id_beside_a_ticket() -> ClientEdit:
    """Sends 32 random octets as session_id beside a ticket."""
    return ClientEdit(config=naming)


@variant("N-22", "R5077-3.4-04", "R5077-3.4-09", "K-43")
def hash_as_id_beside_a_ticket() -> ClientEdit:
    """Sends SHA-256 of the ticket as session_id beside it."""

    def change(offered: Offer, hello: ClientHello) -> ClientHello:
        return replace(hello, session_id=hashlib.sha256(offered.ticket).digest()) if offered.ticket else hello

    return asking_by(change)


@variant("N-26", "R8446-4.1.2-01")
def random_id_without_ticket() -> ClientEdit:
    """Sends 32 random octets as session_id where it has nothing to resume, as clients of TLS 1.3 do."""
    return ClientEdit(config=lambda: replace(client_config(), session_id_without_ticket="fresh"))


@variant("N-26", "R8446-4.1.2-01")
def random_id_always() -> ClientEdit:
    """Sends 32 random octets as session_id, with a ticket and without."""
    return ClientEdit(config=lambda: replace(naming(), session_id_without_ticket="fresh"))


# Offering -------------------------------------------------------------------------------------------------------------


@variant("N-23", "R5077-3.3-17")
def never_resumes() -> ClientEdit:
    """Asks for tickets, keeps them, and offers none."""
    return ClientEdit(handlers=ClientHandlers(choose_offer=lambda config, now: Offer()))


@variant("N-23", "R5077-3.3-17")
def keeps_nothing() -> ClientEdit:
    """Asks for tickets, and deletes each at once."""
    return ClientEdit(config=lambda: replace(client_config(), store=None))


@variant("N-23", "R5077-3.3-17")
def offers_each_ticket_once() -> ClientEdit:
    """Deletes a ticket as soon as it has offered it."""

    def choose(config: ClientConfig, now: float) -> Offer:
        offered = offer.choose_offer(config, now)
        if offered.stored is not None and config.store is not None:
            config.store.forget(offered.stored)
        return offered

    return ClientEdit(handlers=ClientHandlers(choose_offer=choose))


@variant("N-30", "R5077-3.2-05")
def knows_no_tickets() -> ClientEdit:
    """Sends no SessionTicket extension."""
    return ClientEdit(config=without_tickets)


# Keeping --------------------------------------------------------------------------------------------------------------

Keep = Callable[[ClientHandshake, FinishedVerified], None]


def _keeping(keep: Keep) -> ClientEdit:
    return ClientEdit(handlers=ClientHandlers(keep_ticket=keep))


def _received(handshake: ClientHandshake) -> bytes | None:
    return None if handshake.ticket is None else handshake.ticket.ticket


@variant("N-24", "K-06", shared=True)
def keeps_the_old_ticket_on_an_empty_renewal() -> ClientEdit:
    """Goes on with the ticket that it has where the server renews it by one of zero length."""
    return ClientEdit()


@variant("N-24", "K-06")
def drops_the_old_ticket_on_an_empty_renewal() -> ClientEdit:
    """Deletes the ticket that it has where the server renews it by one of zero length."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        client_flight.keep_ticket(handshake, proof)
        store, stored = handshake.config.store, handshake.offer.stored
        if handshake.resumed and _received(handshake) == b"" and store is not None and stored is not None:
            store.forget(stored)

    return _keeping(keep)


@variant("N-25", "K-21")
def offers_a_rejected_ticket_again() -> ClientEdit:
    """Keeps a ticket that the server rejected without giving another, and offers it the next time."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        rejected = handshake.offer.ticket and not handshake.resumed
        if not rejected or _received(handshake):
            client_flight.keep_ticket(handshake, proof)

    return _keeping(keep)


LARGEST = 100
"""Octets of a ticket that the client with a limit of its own stores."""


@variant("N-29", "K-31")
def keeps_no_large_ticket() -> ClientEdit:
    """Stores no ticket of more than 100 octets."""

    def keep(handshake: ClientHandshake, proof: FinishedVerified) -> None:
        if len(_received(handshake) or b"") <= LARGEST:
            client_flight.keep_ticket(handshake, proof)

    return _keeping(keep)


# Putting up with ------------------------------------------------------------------------------------------------------


@variant("N-27", "K-52", shared=True)
def goes_on_without_renegotiation_info() -> ClientEdit:
    """Goes on with a server that does not answer renegotiation_info."""
    return ClientEdit()


@variant("N-27", "K-52")
def stops_without_renegotiation_info() -> ClientEdit:
    """Stops with handshake_failure where the server does not answer renegotiation_info."""

    def check(sent: ClientHello, answer: ServerHello) -> None:
        offer.check_server_hello(sent, answer)
        if answer.renegotiation_info is None:
            raise ProtocolError(Cause.RENEGOTIATION_INFO)

    return ClientEdit(handlers=ClientHandlers(check_server_hello=check))


@variant("N-28", "K-03")
def stops_where_its_id_does_not_come_back() -> ClientEdit:
    """Sends a session_id beside a ticket, takes a hello without it for a full handshake, and refuses another."""
    return ClientEdit(config=naming)


@variant("N-28", "K-03")
def goes_on_where_its_id_does_not_come_back() -> ClientEdit:
    """Sends a session_id beside a ticket, and tells resumption by the next message where it does not come back."""

    def decide(offered: Offer, sent: ClientHello, answer: ServerHello) -> Decision:
        decision = offer.decide(offered, sent, answer)
        return Decision.OPEN if decision is Decision.FULL and offered.ticket else decision

    return ClientEdit(handlers=ClientHandlers(decide=decide), config=naming)


# Ends -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Careful(ClientEdit):
    """A client that hears of the end of its transport."""

    def peer(self, *arguments: object, **named: object) -> AnyPeer:
        made = cast("Peer[Connection]", super().peer(*arguments, **named))  # type: ignore[arg-type]  # handed on

        def end(line: Connection) -> None:
            cut = not line.tls.closed
            Connection.end(line)
            handshake = line.tls.handshake
            if cut and isinstance(handshake, ClientHandshake) and handshake.config.store is not None:
                kept = handshake.config.store.find(handshake.config.store_key, handshake.clock())
                if kept is not None and kept.session == handshake.session:
                    handshake.config.store.forget(kept)

        return replace(made, end=end)


@variant("N-31", "R5246-7.2.1-01")
def drops_the_ticket_after_an_unclean_close() -> ClientEdit:
    """Deletes the session of a connection whose transport ends without close_notify."""
    return _Careful()
