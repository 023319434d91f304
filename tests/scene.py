"""A scene: connections of one client and one server in memory, one of them a puppet, all of it before one judge."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rfc5077.model.event import CLIENT, SERVER, Event, Extension, SessionId
from rfc5077.model.event import Message as M
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.honest import serve, shake_hands
from rfc5077.properties.verdict.judge import Judge
from rfc5077.reference.wire.hello import ClientHello, ServerHello
from rfc5077.reference.wire.messages import HandshakeType


@dataclass
class Scene:
    """What the connections share.  `blamed`: whose violations count; a puppet may break a rule to see the answer."""

    judge: Judge = field(default_factory=lambda: Judge(complete=True))
    memory: Memory = field(default_factory=Memory)
    connections: int = 0
    blamed: tuple[str, ...] = ("client", "server")

    def client(self, peer, **options) -> PuppetClient:
        """A puppet client at a server."""
        return PuppetClient(peer, self.memory, self._next(), seeded(f"scene {self.connections}"), **options)

    def server(self, peer, entropy=None, **options) -> PuppetServer:
        """A puppet server for a client."""
        number = self._next()
        return PuppetServer(peer, self.memory, number, entropy or seeded(f"scene {number}"), **options)

    def _next(self) -> int:
        self.connections += 1
        return self.connections

    def take(self, events):
        """Shows events to the judge; returns them."""
        for event in events:
            self.judge.feed(event)
        return events

    def shake(self, peer, extension=Extension.EMPTY, session_id=SessionId.EMPTY, **options) -> PuppetClient:
        """An honest handshake with a server."""
        puppet = self.client(peer, **options)
        self.take(shake_hands(puppet, extension, session_id))
        return puppet

    def serve(self, peer, entropy=None, hint=7200, **manner) -> PuppetServer:
        """An honest handshake with a client."""
        puppet = self.server(peer, entropy, lifetime_hint=hint)
        self.heard = self.take(serve(puppet, **manner))
        return puppet

    def offered(self, peer) -> bytes | None:
        """The SessionTicket extension of a client's next hello."""
        (hello,) = self.take(self.server(peer).hear())
        return hello.session_ticket

    def violations(self) -> list[tuple[str, str]]:
        """What those who count did wrong."""
        found = [finding for one in self.judge.connections() for finding in one.findings]
        return [
            (finding.clause.id, finding.party.name.lower()) for finding in found
            if finding.verdict == "violation" and finding.party.name.lower() in self.blamed
        ]  # fmt: skip


def went_through(puppet) -> bool:
    """Whether the peer of a puppet takes its handshake for complete and says nothing against it."""
    return puppet.handshake.complete and bool(puppet.line.established()) and not puppet.ended


def resumed(puppet) -> bool:
    """Whether the handshake was an abbreviated one, by what passed and by the peer's word."""
    assert went_through(puppet)
    assert puppet.line.resumed() is not puppet.handshake.full
    return not puppet.handshake.full


def say_hello(puppet, edit: Callable, extension=Extension.EMPTY, session_id=SessionId.EMPTY):
    """A hello of the puppet's, edited before it is sent; returns the event."""
    is_client = isinstance(puppet, PuppetClient)
    sender, message, parse, kind = (
        (CLIENT, M.ClientHello, ClientHello.parse, HandshakeType.CLIENT_HELLO) if is_client
        else (SERVER, M.ServerHello, ServerHello.parse, HandshakeType.SERVER_HELLO)
    )  # fmt: skip
    event = Event(sender=sender, message=message, extension=extension, session_id=session_id)
    return puppet.send_handshake(kind, edit(parse(puppet._words[message][1](event))).encode())
