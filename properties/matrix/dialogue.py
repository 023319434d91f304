"""Our side of the dialogues, and what the foreign side says of them."""

import queue
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

from rfc5077.properties.matrix.process import PATIENCE, PeerError
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.io import Server, connect, listen, system_clock
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.ticket.store import FinishedVerified, StoredTicket, TicketStore
from rfc5077.reference.tls_socket import TLSSocket

GREETING = b"hello over there\n"
"""What a client says and a server repeats: one line, which no program takes for a command."""


REQUEST = b"GET / HTTP/1.0\r\nGreeting: " + GREETING.strip() + b"\r\n\r\n"
"""The greeting to a server of the web, in a header."""


@dataclass(frozen=True)
class Word:
    """What a foreign peer says of one connection.

    Attributes:
        resumed: whether the handshake was abbreviated, by the peer's own word; None if it came to no end.
        heard: the application data that reached it.
        client: fingerprint of the client's certificate, where it is the server and saw one.
        error: what went wrong, in the stack's own words.
        tells: whether it is able to say if it resumed.
    """

    resumed: bool | None
    heard: bytes = b""
    client: str | None = None
    error: str | None = None
    tells: bool = True


class ForeignServer(Protocol):
    """A foreign server that runs."""

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection of our client to it, established. Raises what `reference.io.connect` raises."""

    def talk(self, tls: TLSSocket) -> bytes:
        """Application data both ways over an established connection; what the server answered."""

    def word(self) -> Word | None:
        """Of the connection that has just ended; None if it never says anything."""


@runtime_checkable
class Rotating(Protocol):
    """A foreign server whose ticket keys can be changed while it runs."""

    def rotate(self) -> None:
        """From now on a new key seals; the one before still opens, if the stack knows more than one at a time."""

    def retire(self) -> None:
        """From now on only the newest key is known."""


@dataclass(frozen=True)
class Visit:
    """One connection of our client to a foreign server: our view, the answer to our greeting, and the server's word."""

    connection: ClientConnection
    answer: bytes
    word: Word | None


def open_connection(address: tuple[str, int], config: ClientConfig) -> TLSSocket:
    """An established connection of our client, with the patience of these tests."""
    return connect(*address, config, PATIENCE)


def visit(server: ForeignServer, config: ClientConfig) -> Visit:
    """One connection to a foreign server. Raises what `connect` raises."""
    with server.connect(config) as tls:
        answer = server.talk(tls)
    assert isinstance(tls.connection, ClientConnection)
    return Visit(tls.connection, answer, server.word())


def receive_all(tls: TLSSocket, length: int) -> bytes:
    """That many octets of application data, fewer if the peer closes before."""
    data = b""
    while len(data) < length and (more := tls.recv()):
        data += more
    return data


def page(tls: TLSSocket) -> bytes:
    """The page that a server of the web gives for our greeting, until it closes."""
    tls.send(REQUEST)
    answer = b""
    while more := tls.recv():
        answer += more
    return answer.partition(b"\r\n\r\n")[2]


def damage_ticket(config: ClientConfig, at: int | None = None) -> bytes:
    """Flips a bit in the ticket that a client has, in the middle if not said where; the damaged ticket."""
    stored = kept(config)
    octets = bytearray(stored.ticket)
    octets[len(octets) // 2 if at is None else at] ^= 1
    keep(config, replace(stored, ticket=bytes(octets)))
    return bytes(octets)


def kept(config: ClientConfig) -> StoredTicket:
    """The session with a ticket that a client would offer next. Raises PeerError if it has none."""
    stored = None if config.store is None else config.store.find(config.store_key, system_clock())
    if stored is None or not stored.ticket:
        raise PeerError("no ticket came that could be offered")
    return stored


def keep(config: ClientConfig, stored: StoredTicket) -> None:
    """Puts a session where a client looks for one, whatever it was made for."""
    if config.store is not None:
        config.store.keep(replace(stored, key=config.store_key), FinishedVerified(b""))


def stored_ticket(store: TicketStore | None, config: ClientConfig) -> bytes:
    """The ticket that a client would offer next, empty if it has none."""
    assert store is not None
    stored = store.find(config.store_key, system_clock())
    return b"" if stored is None else stored.ticket


@dataclass(frozen=True)
class Call:
    """One connection of a foreign client to our server: our view, and the error that ended it, if any."""

    connection: ServerConnection
    error: Exception | None

    @property
    def offered(self) -> bytes | None:
        """The body of SessionTicket in the client's hello, None if the extension was absent."""
        return self.connection.handshake.client_hello.session_ticket


class OurServer:
    """Our server over real sockets, which echoes; the n-th connection is served under the n-th configuration."""

    def __init__(self, *configs: ServerConfig) -> None:
        self._configs = configs
        self._accepted: list[ServerConnection] = []
        self._ends: queue.SimpleQueue[tuple[ServerConnection, Exception | None]] = queue.SimpleQueue()
        self._server = Server(
            listen(), configs[0], connection=self._accept, report=self._note, timeout=PATIENCE
        )

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return self._server.address

    def calls(self, count: int) -> list[Call]:
        """The first so many connections, in the order in which they came; waits for the end of each.

        PeerError if that takes too long.
        """
        errors: dict[int, Exception | None] = {}
        while not (len(self._accepted) >= count and all(id(each) in errors for each in self._accepted[:count])):
            try:
                connection, error = self._ends.get(timeout=PATIENCE)
            except queue.Empty:
                raise PeerError(f"{len(errors)} connections to us have ended, not {count}") from None
            errors[id(connection)] = error
        return [Call(connection, errors[id(connection)]) for connection in self._accepted[:count]]

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.close()

    def _accept(self, config: ServerConfig) -> ServerConnection:
        of_this_one = self._configs[min(len(self._accepted), len(self._configs) - 1)]
        connection = ServerConnection(of_this_one, system_clock, system_entropy)
        self._accepted.append(connection)
        return connection

    def _note(self, tls: TLSSocket, error: Exception | None) -> None:
        assert isinstance(tls.connection, ServerConnection)
        self._ends.put((tls.connection, error))
