"""Pairs of client and server, their connections, and where observers of them stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rfc5077.model.event import Extension
from rfc5077.properties.suite.chronicle import Chronicle
from rfc5077.properties.suite.network import SIDES, OwnEnd, Passage
from rfc5077.properties.suite.parties import Client, Server, Stranger
from rfc5077.properties.trace.observe import Observer
from rfc5077.reference.connection import ClientConnection, ServerConnection


@dataclass(frozen=True)
class Post:
    """Where an observer stands, and whose violations count there."""

    name: str
    on_arrival: tuple[bool, bool]
    """Whether it sees what client and server send when it arrives, rather than when it leaves."""
    blames: frozenset[str]


# At its own end a party is judged exactly: by what it got before it spoke. An observer between the ends may see a
# message before its receiver does, and still nobody who conforms may be blamed.
AT_CLIENT = Post("at the client", (False, True), frozenset({"client"}))
AT_SERVER = Post("at the server", (True, False), frozenset({"server"}))
BETWEEN = Post("between them", (False, False), frozenset(SIDES))
BESIDE_A_STRANGER = Post("at the server", (True, True), frozenset({"client"}))
"""What a client of somebody else's sends is seen on arrival: before that, nobody has its keys."""


def posts(client: Client | Stranger, server: Server | Stranger) -> tuple[Post, ...]:
    """The observers of a pair; beside a stranger only its violations count."""
    if isinstance(client, Stranger):
        return (BESIDE_A_STRANGER,)
    return (AT_SERVER,) if isinstance(server, Stranger) else (BETWEEN, AT_CLIENT, AT_SERVER)


@dataclass(frozen=True)
class Lineage:
    """The session behind a ticket, as seen at the server when it was made."""

    born: int
    """Seconds of the server's clock at the end of the full handshake."""
    ems: bool
    identified: bool
    """Whether the client showed a certificate."""


@dataclass
class Pair:
    """What one client and one server share."""

    client: Client | Stranger
    server: Server | Stranger
    tally: Counter[str]
    chronicles: dict[Post, Chronicle]
    """By observer; the first is the one that counts messages."""
    sessions: dict[bytes, Lineage] = field(default_factory=dict)
    """By master secret."""
    issued: dict[bytes, Lineage] = field(default_factory=dict)
    """Every ticket that a server of ours gave this client."""
    ends: dict[bytes, float] = field(default_factory=dict)
    """Ticket to the moment on the clock of a client of ours at which its time is surely over."""

    stored: set[bytes] = field(default_factory=set)
    """Every ticket that a trick found in the client's store or put there."""

    def remark(self, text: str) -> None:
        """Notes what no message shows."""
        for chronicle in self.chronicles.values():
            chronicle.remark(text)

    def know(self, ticket: bytes, kind: Extension) -> None:
        """Says what a ticket is."""
        for chronicle in self.chronicles.values():
            chronicle.know(ticket, kind)


class Link:
    """One connection of a pair."""

    def __init__(self, pair: Pair, number: int) -> None:
        self.pair = pair
        self.number = number
        self.observers = {post: Observer(number, self._master_secret) for post in pair.chronicles}
        self.said = bytearray()
        """Application data that one end has sent, for the other to send back."""
        self.answered = False
        """Whether the server has sent anything."""
        self.alerted = False
        """Whether a fatal alert was seen."""
        self.decision_seen = self.client_done = self.server_done = False
        self.passage: Passage  # set by `World.connect`

    def own(self, side: str) -> OwnEnd | None:
        """The end of this side if it is one of ours."""
        end = self.passage.end(side)
        return end if isinstance(end, OwnEnd) else None

    @property
    def client(self) -> ClientConnection | None:
        """The client's connection if it is one of ours."""
        end = self.own("client")
        return end.tls if end is not None and isinstance(end.tls, ClientConnection) else None

    @property
    def server(self) -> ServerConnection | None:
        """The server's connection if it is one of ours."""
        end = self.own("server")
        return end.tls if end is not None and isinstance(end.tls, ServerConnection) else None

    @property
    def talker(self) -> OwnEnd | None:
        """The end that speaks first once the handshake is over; the other echoes."""
        return self.own("client") if isinstance(self.pair.client, Client) else self.own("server")

    def _master_secret(self, client_random: bytes) -> bytes | None:
        for side in SIDES:
            end = self.own(side)
            secrets = end.secrets if end is not None else None
            if secrets is not None and secrets.client_random == client_random:
                return secrets.master_secret
        # A server that resumes uses the keys before a client of ours has heard of it.
        offered = self.client.handshake.offer.session if self.client is not None else None
        return None if offered is None else offered.master_secret
