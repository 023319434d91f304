"""What measures are made of: a house of peers of one kind, honest handshakes with them, and what was shown.

A measure looks at what the judge of one client and one server has no eyes for: two servers, other configurations of
the same server, its clock and its keys, the octets of tickets, and where records end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from rfc5077.model.clause import Clause
from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, SERVER, Event, Extension, Message, Party, SessionId
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.faults.fault import Fault
from rfc5077.properties.suite.agreement import Memory, Session
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.honest import shake_hands
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.ticket.format import TicketKey
from rfc5077.reference.wire.hello import ClientHello

KEY = TicketKey.split(seeded("the first ticket key")(64))
"""The key of the servers in memory."""
NOW = 1_800_000_000.0
"""Seconds since 1970."""


@dataclass(frozen=True)
class Shown:
    """A clause that was not followed, as a measure shows it."""

    clause: Clause
    party: Party
    verdict: str
    got: RecordedEvent | None = None
    why: str = ""


@dataclass
class House:
    """Peers of one kind: with a fault, or without."""

    fault: Fault
    faulty: bool = True
    connections: int = 0
    edit: object = field(init=False)

    def __post_init__(self):
        self.edit = self.fault.edit()

    def peer(self, **choices) -> AnyPeer:
        """A peer; those of one house are of one process. `config` and `clock` may be given."""
        return self.edit.peer(**choices) if self.faulty else self.edit.unedited(**choices)

    def another(self, **choices) -> AnyPeer:
        """A peer in another process."""
        return House(self.fault, self.faulty).peer(**choices)

    def shown(self, clause: str, verdict: str = "", why: str = "") -> list[Shown]:
        """The peer does not follow a clause; its verdict is the clause's, unless a ruling has another."""
        party = SERVER if self.fault.role == "server" else CLIENT
        return [Shown(BY_ID[clause], party, verdict or BY_ID[clause].verdict.value, why=why)]

    def client(self, peer: AnyPeer, memory: Memory, **how) -> PuppetClient:
        """A new connection with a server."""
        self.connections += 1
        return PuppetClient(peer, memory, self.connections, **how)

    def server(self, peer: AnyPeer, memory: Memory, **how) -> PuppetServer:
        """A client's new connection."""
        self.connections += 1
        return PuppetServer(peer, memory, self.connections, **how)

    def shake(self, peer: AnyPeer, memory: Memory, extension: Extension, change=None) -> list[RecordedEvent]:
        """An honest handshake with a server, with a change of ClientHello if one is given."""
        puppet = self.client(peer, memory)
        if change is not None:
            _change_hello(puppet, change)
        return shake_hands(puppet, extension)


Measure = Callable[[House], list]


def _change_hello(puppet: PuppetClient, change) -> None:
    kind, make = puppet._words[Message.ClientHello]
    puppet._words[Message.ClientHello] = (kind, lambda event: change(make(event)))


def answer(events: list[RecordedEvent]) -> str:
    """How the server has answered a hello: resumed, full, alert, closed, or nothing."""
    said = [event.message for event in events if event.sender == "server"]
    words = {"ServerHelloDone": "full", "Finished": "resumed", "Alert": "alert", "Close": "closed"}
    return next((word for message, word in words.items() if message in said), "nothing")


def tickets(events: list[RecordedEvent]) -> list[RecordedEvent]:
    """The NewSessionTicket messages."""
    return [event for event in events if event.message == "NewSessionTicket"]


def issued(house: House, peer: AnyPeer, memory: Memory) -> bytes:
    """The ticket of a full handshake."""
    return tickets(house.shake(peer, memory, Extension.EMPTY))[0].ticket


def offer(memory: Memory, ticket: bytes, session: Session | None) -> None:
    """Makes a ticket the newest that there is."""
    memory.tickets.pop(ticket, None)
    memory.tickets[ticket] = session


def say(puppet, *events: Event | Callable) -> list[RecordedEvent]:
    """Says one event after the other; what was heard in answer."""
    heard = []
    for event in events:
        if isinstance(event, Event):
            puppet.say(event)
        else:
            event(puppet)
        heard += puppet.hear()
    return heard


def hello(extension: Extension, session_id: SessionId = SessionId.EMPTY) -> Event:
    """ClientHello."""
    return Event(sender=CLIENT, message=Message.ClientHello, extension=extension, session_id=session_id)


class Hands:
    """A clock whose hands are turned."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def changed(change):
    """A change of ClientHello's octets."""
    return lambda octets: change(ClientHello.parse(octets)).encode()


def resumed(house: House, peer, memory: Memory, change=None) -> str:
    """How the server answers the newest ticket."""
    return answer(house.shake(peer, memory, Extension.LIVE, change))
