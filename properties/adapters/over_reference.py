"""Our reference in memory, one peer for each role, with every choice of its configuration."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from rfc5077.properties.adapters.identity import identity, seeded
from rfc5077.properties.adapters.peer import AnyPeer, Controls, Peer, Role
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.connection import ClientConnection, DataReceived, ServerConnection
from rfc5077.reference.handshake.config import ClientConfig, Clock, ServerConfig
from rfc5077.reference.keys.credentials import TrustAnchors
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.ticket.format import TicketKey
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import SessionCache, TicketStore

AES_256 = 0xC02C
"""TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, which nobody offers here by default."""

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

    def certificate(self) -> bytes | None:
        """Whom the endpoint takes the other side for, once the handshake is complete."""
        return b"".join(self.tls.peer_certificates[:1]) if self.tls.established else None


class _Hands:
    """A clock that can be set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = 0.0

    def __call__(self) -> float:
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Goes forward, or back."""
        self._ahead += seconds

    def set_right(self) -> None:
        """Shows the time of the clock that it is made from."""
        self._ahead = 0.0


def _peer(
    role: Role,
    connect: Callable[[], Connection],
    controls: Controls,
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
        certificate=Connection.certificate,
        rotate_keys=rotate_keys,
        forget=forget,
        controls=controls,
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

    def __init__(
        self, config: ServerConfig, clock: Clock, entropy: Entropy, make: MakeServer,
        twin: Callable[[], AnyPeer] | None,
    ) -> None:  # fmt: skip
        self._config = config
        self._hands = _Hands(clock)
        self._entropy = entropy
        self._make = make
        self._twin = twin
        self._first_keys = config.key_ring

    def connect(self) -> Connection:
        return Connection(self._make(self._config, self._hands, self._entropy))

    def rotate(self) -> None:
        """A new ticket key, if there was one; none of the old is kept."""
        if self._config.key_ring.keys:
            self._config = replace(self._config, key_ring=KeyRing((self._new_key(),)))

    def add_key(self) -> None:
        """A new ticket key in front of the others."""
        self._config = replace(self._config, key_ring=KeyRing((self._new_key(), *self._config.key_ring.keys)))

    def lose_keys(self) -> None:
        """No ticket key any more."""
        self._config = replace(self._config, key_ring=KeyRing())

    def restore(self) -> None:
        """The first keys, and the right time."""
        self._config = replace(self._config, key_ring=self._first_keys)
        self._hands.set_right()

    def _new_key(self) -> TicketKey:
        return TicketKey.split(self._entropy(64))

    def sealing_key(self) -> bytes:
        """The newest ticket key, which is of the recommended format."""
        newest = self._config.key_ring.keys[0]
        assert isinstance(newest, TicketKey)  # the control is offered for such keys alone
        return newest.name + newest.encryption + newest.mac

    def twin(self, client_auth: Literal["never", "request", "require"] | None = None) -> Peer[Connection]:
        """Another server with the same keys and clock; it may ask for a certificate otherwise."""
        wish = client_auth or self._config.client_auth
        roots = self._config.client_roots if wish == "never" else TrustAnchors(identity("client").chain)
        cache = None if self._config.session_cache is None else SessionCache()
        config = replace(self._config, session_cache=cache, client_auth=wish, client_roots=roots)
        return server(config=config, clock=self._hands, entropy=seeded("reference twin"), make=self._make)

    def stranger(self) -> AnyPeer:
        """Another server, whose keys are others than any of this one's."""
        other = (self._twin or self.twin)()
        assert other.rotate_keys is not None  # every server here has it
        other.rotate_keys()
        return other

    @property
    def _lives_as_hinted(self) -> bool:
        """Whether a ticket lives as long as its hint says, which else is shortened."""
        return self._config.ticket_lifetime_seconds >= self._config.lifetime_hint

    def controls(self) -> Controls:
        """What of it can be turned: keys only where there are any."""
        keys = self._config.key_ring.keys
        if self._config.issue != "ticket" or not keys:
            return Controls(restore=self.restore, advance=self._hands.advance)
        return Controls(
            restore=self.restore,
            advance=self._hands.advance,
            hint=self._config.lifetime_hint if self._lives_as_hinted else None,
            add_key=self.add_key,
            lose_keys=self.lose_keys,
            sealing_key=self.sealing_key if isinstance(keys[0], TicketKey) else None,
            twin=self._twin or self.twin,
            stranger=self.stranger,
            demanding_twin=lambda: self.twin("require"),
        )


def server(
    tickets: bool = True,
    client_certificate: bool = False,
    config: ServerConfig | None = None,
    clock: Clock = time.time,
    entropy: Entropy | None = None,
    make: MakeServer = ServerConnection,
    twin: Callable[[], AnyPeer] | None = None,
) -> Peer[Connection]:
    """The reference as a server; with `client_certificate` it asks for one and goes on without.

    `config` takes the place of `server_config(tickets, client_certificate)`. The peer replays octet for octet if
    `clock` does; `entropy` is seeded unless given. `twin` makes other servers with the same keys, for servers whose
    connections share more than `config`.
    """
    told = config or server_config(tickets, client_certificate)
    shared = _Server(told, clock, entropy or seeded("reference server"), make, twin)
    return _peer("server", shared.connect, shared.controls(), rotate_keys=shared.rotate)


class _Client:
    """What the connections of one client share: configuration with its store, clock and entropy."""

    def __init__(self, config: ClientConfig, clock: Clock, entropy: Entropy, make: MakeClient) -> None:
        self._config = config
        self._hands = _Hands(clock)
        self._entropy = entropy
        self._make = make

    def connect(self) -> Connection:
        return Connection(self._make(self._config, self._hands, self._entropy))

    def forget(self) -> None:
        if isinstance(self._config.store, TicketStore):
            self._config.store.clear()
        elif self._config.store is not None:
            self._config = replace(self._config, store=TicketStore())

    def _told(self, config: ClientConfig) -> Peer[Connection]:
        """The same client, told something else."""
        return client(config=config, clock=self._hands, entropy=self._entropy, make=self._make)

    def controls(self) -> Controls:
        """What of it can be turned."""
        return Controls(
            restore=self._hands.set_right,
            advance=self._hands.advance,
            elsewhere=lambda: self._told(replace(self._config, peer="another server")),
            renamed=lambda: self._told(replace(self._config, server_name="elsewhere.example")),
            other_suites=lambda: self._told(replace(self._config, suites=(AES_256,))),
        )


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
    return _peer("client", shared.connect, shared.controls(), forget=shared.forget)
