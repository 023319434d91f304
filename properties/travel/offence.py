"""A run in which one party breaks one class of clauses, and what the other side has to say to bring it about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from rfc5077.model.event import CLIENT, SERVER, Event, Extension, Message, Party, SessionId, Ticket
from rfc5077.model.run.machine import CONNECT
from rfc5077.model.run.monitor import Monitor
from rfc5077.properties.adapters.peer import Role
from rfc5077.properties.suite.failures import symbols
from rfc5077.properties.suite.play import Word

M = Message

Ids = tuple[str, ...]
"""The ids of clauses that restate each other."""


@dataclass(frozen=True)
class Offence:
    """What a dropped class of clauses lets a party do.

    Attributes:
        ids: the class that is broken, and is the first to be named for it.
        party: who breaks it.
        run: what the party heard and said on the last connection, the offence last.
        word: what the other side says to it, over all connections.
        theorem: the theorem that the run refutes; empty where it is a step away from what a profile does.
    """

    ids: Ids
    party: Party
    run: tuple[Event, ...]
    word: Word
    theorem: str = ""

    @property
    def event(self) -> Event:
        """The offence itself."""
        return self.run[-1]


def role_of(party: Party) -> Role:
    """A party as the suite calls it."""
    return "client" if party is CLIENT else "server"


def first_offence(party: Party, run: Sequence[Event], ids: Iterable[str]) -> int | None:
    """The place in a run at which the party first breaks something, if that is of these clauses for certain."""
    monitor, sought = Monitor(), frozenset(ids)
    for place, event in enumerate(run):
        found = [breach for breach in monitor.feed((event,)) if breach.party is party]
        if found:
            return place if found[0].certain and found[0].clause.id in sought else None
    return None


def in_doubt(party: Party, run: Sequence[Event]) -> bool:
    """Whether the party has broken something, and its next message may tell what."""
    monitor = Monitor()
    for event in run:
        monitor.feed((event,))
    return any(breach.party is party for breach in monitor.doubts())


# --- what the other side says -----------------------------------------------------------------------------------------


def _server(message: Message) -> Event:
    return Event(sender=SERVER, message=message)


_HELLO = _server(M.ServerHello)
_FLIGHT = tuple(map(_server, (M.Certificate, M.ServerKeyExchange, M.ServerHelloDone)))
_END = (_server(M.ChangeCipherSpec), _server(M.Finished))
_TICKET = _server(M.NewSessionTicket).but(ticket=Ticket.SOME)
_FIRST: dict[str, Word] = {
    "ticket": (CONNECT, _HELLO.but(extension=Extension.EMPTY), *_FLIGHT, _TICKET, *_END),
    "id": (CONNECT, _HELLO.but(session_id=SessionId.FRESH), *_FLIGHT, *_END),
}
"""What a server says on an earlier connection, that a client may have a ticket, or an id, to offer."""

_ASKS = Event(sender=CLIENT, message=M.ClientHello)
_PROOF = tuple(Event(sender=CLIENT, message=message) for message in (M.ChangeCipherSpec, M.Finished))
_BEFORE: dict[str, Word] = {
    "ticket": (_ASKS.but(extension=Extension.LIVE), *_PROOF, CONNECT),
    "id": (_ASKS, Event(sender=CLIENT, message=M.ClientKeyExchange), *_PROOF, CONNECT),
}
"""What a client says on an earlier connection, that its ticket is renewed, or that it has an id; then it connects."""


def word_of(party: Party, run: Sequence[Event]) -> Word | None:
    """What the suite says to a party for it to hear what it hears in a run; None if it has no symbols for that."""
    heard = tuple(event for event in run if event.sender is not party)
    if not _sayable(role_of(party)).issuperset(heard):
        return None
    if party is SERVER:
        return (*before(heard[0]), *heard) if heard else None
    first = _to_offer(run[0])
    if first is None:
        return None
    again = (CONNECT,) if run[-1].message is M.NextClientHello else ()
    return (*first, CONNECT, *heard, *again)


@cache
def _sayable(role: Role) -> frozenset[Event]:
    return frozenset(symbols(role).values())


def before(hello: Event) -> Word:
    """What a client says on an earlier connection, that it can say this ClientHello; nothing where it can anyway."""
    if hello.session_id is SessionId.CACHED:
        return _BEFORE["id"]
    return _BEFORE["ticket"] if hello.extension is Extension.OLD else ()


def _to_offer(hello: Event) -> Word | None:
    """What comes first, for the client to offer this; None if no honest client does."""
    if hello.message is not M.ClientHello:
        return ()  # the client has said nothing
    if hello.extension is Extension.LIVE and hello.session_id is not SessionId.CACHED:
        return _FIRST["ticket"]
    if hello.extension not in (Extension.ABSENT, Extension.EMPTY):
        return None
    return _FIRST["id"] if hello.session_id is SessionId.CACHED else ()
