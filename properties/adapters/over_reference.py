"""Our reference in memory, one peer for each role, with every choice of its configuration."""

import time
from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.adapters.identity import identity, seeded
from rfc5077.properties.adapters.peer import Peer, Role
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.connection import ClientConnection, DataReceived, ServerConnection
from rfc5077.reference.handshake.config import ClientConfig, Clock, ServerConfig
from rfc5077.reference.keys.credentials import TrustAnchors
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.ticket.format import TicketKey
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import SessionCache, TicketStore

MakeServer = Callable[[ServerConfig, Clock, Entropy], ServerConnection]
"""`ServerConnection` itself, or one with an edited table, handlers or rules."""

MakeClient = Callable[[ClientConfig, Clock, Entropy], ClientConnection]
"""The same for clients."""


class Connection:
    """One connection of a reference endpoint that echoes application data and answers close_notify."""

    def __init__(self, tls: ServerConnection | ClientConnection) -> None:
        self.tls = tls
        if isinstance(tls, ClientConnection):
            tls.start()

    def write(self, octets: bytes) -> None:
        """Delivers octets; they are lost if the endpoint has closed."""
        try:
            events = self.tls.receive(octets)
        except ProtocolError:
            return  # the alert is in the endpoint's output, and it has closed
        for event in events:
            if isinstance(event, DataReceived) and self.tls.established and not self.tls.closed:
                self.tls.send(event.data)

    def end(self) -> None:
        """The transport ends on the other side."""
        self.tls.end_of_input()

    def read(self) -> bytes:
        """What the endpoint has sent."""
        return self.tls.data_to_send()

    def resumed(self) -> bool | None:
        """The endpoint's own word, once the handshake is complete."""
        return self.tls.resumed if self.tls.established else None


def _peer(
    role: Role,
    connect: Callable[[], Connection],
    rotate_keys: Callable[[], None] | None = None,
    forget: Callable[[], None] | None = None,
) -> Peer[Connection]:
    return Peer(
        name="reference",
        role=role,
        connect=connect,
        write=Connection.write,
        read=Connection.read,
        closed=lambda line: line.tls.closed,
        end=Connection.end,
        established=lambda line: line.tls.established,
        resumed=Connection.resumed,
        rotate_keys=rotate_keys,
        forget=forget,
    )


def server_config(tickets: bool = True, client_certificate: bool = False) -> ServerConfig:
    """A server of "localhost" with an id cache; tickets off means no key and no promise of any."""
    return ServerConfig(
        credentials=(identity("localhost"),),
        key_ring=KeyRing((TicketKey.split(seeded("the first ticket key")(64)),)) if tickets else KeyRing(),
        issue="ticket" if tickets else "never",
        reissue="ticket" if tickets else "never",
        session_id_otherwise="fresh",
        session_cache=SessionCache(),
        client_auth="request" if client_certificate else "never",
        client_roots=TrustAnchors(identity("client").chain) if client_certificate else None,
    )


def client_config(tickets: bool = True, client_certificate: bool = False) -> ClientConfig:
    """A client of "localhost" that remembers sessions, and shows a certificate if it has one and is asked."""
    return ClientConfig(
        server_name="localhost",
        roots=TrustAnchors(identity("localhost").chain),
        tickets=tickets,
        store=TicketStore(),
        credentials=identity("client") if client_certificate else None,
    )


class _Server:
    """What the connections of one server share: configuration, clock and entropy."""

    def __init__(self, config: ServerConfig, clock: Clock, entropy: Entropy, make: MakeServer) -> None:
        self._config = config
        self._clock = clock
        self._entropy = entropy
        self._make = make

    def connect(self) -> Connection:
        return Connection(self._make(self._config, self._clock, self._entropy))

    def rotate(self) -> None:
        """A new ticket key, if there was one; none of the old is kept."""
        if self._config.key_ring.keys:
            ring = KeyRing((TicketKey.split(self._entropy(64)),))
            self._config = replace(self._config, key_ring=ring)


def server(
    tickets: bool = True,
    client_certificate: bool = False,
    config: ServerConfig | None = None,
    clock: Clock = time.time,
    entropy: Entropy | None = None,
    make: MakeServer = ServerConnection,
) -> Peer[Connection]:
    """The reference as a server; with `client_certificate` it asks for one and goes on without.

    `config` takes the place of `server_config(tickets, client_certificate)`. The peer replays octet for octet if
    `clock` does; `entropy` is seeded unless given.
    """
    shared = _Server(
        config or server_config(tickets, client_certificate), clock, entropy or seeded("reference server"), make
    )
    return _peer("server", shared.connect, rotate_keys=shared.rotate)


class _Client:
    """What the connections of one client share: configuration with its store, clock and entropy."""

    def __init__(self, config: ClientConfig, clock: Clock, entropy: Entropy, make: MakeClient) -> None:
        self._config = config
        self._clock = clock
        self._entropy = entropy
        self._make = make

    def connect(self) -> Connection:
        return Connection(self._make(self._config, self._clock, self._entropy))

    def forget(self) -> None:
        if self._config.store is not None:
            self._config = replace(self._config, store=TicketStore())


def client(
    tickets: bool = True,
    client_certificate: bool = False,
    config: ClientConfig | None = None,
    clock: Clock = time.time,
    entropy: Entropy | None = None,
    make: MakeClient = ClientConnection,
) -> Peer[Connection]:
    """The reference as a client; the parameters are those of `server`."""
    shared = _Client(
        config or client_config(tickets, client_certificate), clock, entropy or seeded("reference client"), make
    )
    return _peer("client", shared.connect, forget=shared.forget)
