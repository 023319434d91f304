"""tlslite-ng in memory, through its generators: TLS 1.2 over a socket that is two buffers, one peer for each role."""

import errno
import hashlib
import itertools
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rfc5077.properties.adapters.identity import identity
from rfc5077.properties.adapters.peer import Peer, Role
from rfc5077.properties.errors import UsageError
from rfc5077.reference.keys.credentials import Credentials

if TYPE_CHECKING:
    from tlslite.api import HandshakeSettings, Session, TLSConnection, X509CertChain

_PIECE = 1 << 16


class _Socket:
    """What tlslite-ng takes for a socket that never blocks."""

    def __init__(self) -> None:
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.ended = False
        self.closed = False

    def send(self, octets: bytes) -> int:
        self.outgoing += octets
        return len(octets)

    def sendall(self, octets: bytes) -> None:
        self.outgoing += octets

    def recv(self, limit: int) -> bytes:
        if not self.incoming and not self.ended:
            raise BlockingIOError(errno.EWOULDBLOCK, "nothing has arrived")
        octets = bytes(self.incoming[:limit])
        del self.incoming[:limit]
        return octets

    def close(self) -> None:
        self.closed = True


class Connection:
    """One connection of a tlslite-ng endpoint that echoes application data and answers close_notify."""

    def __init__(self, start: "Callable[[TLSConnection], Iterator[object]]") -> None:
        from tlslite.api import BaseTLSException, TLSConnection

        self._socket = _Socket()
        self._failure = BaseTLSException
        self.tls = TLSConnection(self._socket)
        self.established = False
        self.closed = False
        self._life = self._live(start(self.tls))
        self._turn()

    def write(self, octets: bytes) -> None:
        """Delivers octets; they are lost if the endpoint has closed."""
        if not self.closed:
            self._socket.incoming += octets
            self._turn()

    def end(self) -> None:
        """The transport ends on the other side."""
        if not self.closed:
            self._socket.ended = True
            self._turn()

    def read(self) -> bytes:
        """What the endpoint has sent."""
        octets = bytes(self._socket.outgoing)
        self._socket.outgoing.clear()
        return octets

    def resumed(self) -> bool | None:
        """tlslite-ng's own word, once the handshake is complete."""
        return bool(self.tls.resumed) if self.established else None

    def _live(self, handshake: Iterator[object]) -> Iterator[object]:
        """The endpoint's life, step by step: 0 where it waits for octets."""
        yield from handshake
        self.established = True
        while True:
            for step in self.tls.readAsync(max=_PIECE):
                if isinstance(step, bytes):
                    break
                yield step
            if not step:
                return
            yield from self.tls.writeAsync(step)

    def _turn(self) -> None:
        """Lets the endpoint work until it waits; if it gives up, its alert, if it made one, is in its output."""
        try:
            for step in self._life:
                if step == 0:
                    return
        except self._failure:
            pass
        self.closed = True


def _settings(ticket_key: bytes | None) -> "HandshakeSettings":
    """TLS 1.2 only; the ticket key is 32 octets, None for no tickets."""
    from tlslite.api import HandshakeSettings

    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.ticketKeys = [] if ticket_key is None else [bytearray(ticket_key)]
    return settings


def _credentials(who: Credentials) -> "tuple[X509CertChain, object]":
    """Certificate chain and key in tlslite-ng's own types."""
    from tlslite.api import X509CertChain, parsePEMKey

    chain = X509CertChain()
    chain.parsePemList(who.chain_pem().decode("ascii"))
    return chain, parsePEMKey(who.key_pem().decode("ascii"), private=True)


def _peer(
    role: Role,
    connect: Callable[[], Connection],
    rotate_keys: Callable[[], None] | None = None,
    forget: Callable[[], None] | None = None,
) -> Peer[Connection]:
    return Peer(
        name="tlslite",
        role=role,
        connect=connect,
        write=Connection.write,
        read=Connection.read,
        closed=lambda line: line.closed,
        end=Connection.end,
        established=lambda line: line.established,
        resumed=Connection.resumed,
        rotate_keys=rotate_keys,
        forget=forget,
    )


class _Server:
    """What the connections of one server share: the ticket key. There is no session cache."""

    def __init__(self, tickets: bool, client_certificate: bool, keys: Iterator[bytes]) -> None:
        self._chain, self._key = _credentials(identity("localhost"))
        self._client_certificate = client_certificate
        self._tickets = tickets
        self._keys = keys
        self.renew()

    def renew(self) -> None:
        """A new ticket key; the old one is forgotten."""
        self._settings = _settings(next(self._keys) if self._tickets else None)

    def connect(self) -> Connection:
        return Connection(
            lambda tls: tls.handshakeServerAsync(
                certChain=self._chain,
                privateKey=self._key,
                settings=self._settings,
                reqCert=self._client_certificate,
            )
        )


def server(tickets: bool = True, client_certificate: bool = False) -> Peer[Connection]:
    """tlslite-ng as a server; with `client_certificate` it asks for one and goes on without.

    Raises `UsageError` if tlslite-ng is not installed.
    """
    _need_tlslite()
    keys = (hashlib.sha256(b"ticket key %d" % number).digest() for number in itertools.count())
    shared = _Server(tickets, client_certificate, keys)
    return _peer("server", shared.connect, rotate_keys=shared.renew)


class _Client:
    """A client that offers the session of its last established connection; its tickets cannot be switched off."""

    def __init__(self, client_certificate: bool) -> None:
        self._chain: X509CertChain | None = None
        self._key: object = None
        if client_certificate:
            self._chain, self._key = _credentials(identity("client"))
        self._settings = _settings(None)
        self._session: Session | None = None
        self._last: Connection | None = None

    def connect(self) -> Connection:
        if self._last is not None and self._last.established:
            self._session = self._last.tls.session
        self._last = Connection(
            lambda tls: tls.handshakeClientCert(
                certChain=self._chain,
                privateKey=self._key,
                session=self._session,
                settings=self._settings,
                serverName="localhost",
                async_=True,
            )
        )
        return self._last

    def forget(self) -> None:
        self._session = self._last = None


def client(tickets: bool = True, client_certificate: bool = False) -> Peer[Connection]:
    """tlslite-ng as a client of "localhost" that keeps its session between connections and checks no certificate.

    Raises `UsageError` if tlslite-ng is not installed, or if tickets are to be off: this client has no such switch.
    """
    _need_tlslite()
    if not tickets:
        raise UsageError("the client of tlslite cannot be told to do without tickets", "leave tickets on")
    shared = _Client(client_certificate)
    return _peer("client", shared.connect, forget=shared.forget)


def _need_tlslite() -> None:
    if find_spec("tlslite") is None:
        raise UsageError("the peer tlslite needs tlslite-ng, which is not here", "in a clone: pip install '.[peers]'")
