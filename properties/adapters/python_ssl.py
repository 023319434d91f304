"""OpenSSL in memory, through the `ssl` module of Python: TLS 1.2 over `MemoryBIO`, one peer for each role."""

import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

from rfc5077.properties.adapters.identity import identity
from rfc5077.properties.adapters.peer import Peer, Role

_PIECE = 1 << 16


class Connection:
    """One connection of an OpenSSL endpoint that echoes application data and answers close_notify.

    Octets are worked on when they are written, so that `read` only takes what is there.
    """

    def __init__(self, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self.tls = tls
        self.established = False
        self.closed = False
        self.failed = False
        """Whether TLS failed, here or at the other side."""
        self.session: ssl.SSLSession | None = None
        """What a client may resume, once the handshake is complete."""
        self._incoming = incoming
        self._outgoing = outgoing
        if not tls.server_side:
            self._turn()

    def __del__(self) -> None:
        """OpenSSL takes a connection that is let go without close_notify for a failed one, and forgets its session."""
        if self.established and not self.closed:
            self._hang_up()

    def write(self, octets: bytes) -> None:
        """Delivers octets; they are lost if the endpoint has closed."""
        if not self.closed:
            self._incoming.write(octets)
            self._turn()

    def end(self) -> None:
        """The transport ends on the other side."""
        if not self.closed:
            self._incoming.write_eof()
            self._turn()

    def read(self) -> bytes:
        """What the endpoint has sent."""
        return self._outgoing.read()

    def resumed(self) -> bool | None:
        """OpenSSL's own word, once the handshake is complete."""
        return self.tls.session_reused if self.established else None

    def _turn(self) -> None:
        """Lets the endpoint work until it wants more; if TLS fails it closes, and OpenSSL's alert is in its output."""
        try:
            if not self.established:
                self.tls.do_handshake()
                self.established = True
                self.session = None if self.tls.server_side else self._kept()
            while data := self.tls.read(_PIECE):
                self.tls.write(data)
            self._hang_up()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLZeroReturnError:
            self._hang_up()
        except ssl.SSLError:
            self.closed = self.failed = True

    def _kept(self) -> ssl.SSLSession | None:
        """The session; None if the `ssl` module cannot copy it, as where its ticket has some 65,000 octets."""
        try:
            return self.tls.session
        except ValueError:
            return None

    def _hang_up(self) -> None:
        """Answers close_notify and closes."""
        self.closed = True
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            return  # the other side did not wait; nothing is left to say


def _context(server: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load(context: ssl.SSLContext, name: str) -> None:
    """Gives a context the identity of this name; OpenSSL reads keys from files only."""
    who = identity(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "identity.pem")
        path.touch(mode=0o600)
        path.write_bytes(who.key_pem() + who.chain_pem())
        context.load_cert_chain(path)


def _open(context: ssl.SSLContext, server: bool, session: ssl.SSLSession | None = None) -> Connection:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    name = None if server else "localhost"
    tls = context.wrap_bio(incoming, outgoing, server_side=server, server_hostname=name, session=session)
    return Connection(tls, incoming, outgoing)


def _peer(
    role: Role,
    connect: Callable[[], Connection],
    rotate_keys: Callable[[], None] | None = None,
    forget: Callable[[], None] | None = None,
) -> Peer[Connection]:
    return Peer(
        name="python-ssl",
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
    """What the connections of one server share: ticket keys and session cache live in its context."""

    def __init__(self, tickets: bool, client_certificate: bool) -> None:
        self._tickets = tickets
        self._client_certificate = client_certificate
        self.renew()

    def renew(self) -> None:
        """A new context: new ticket keys, an empty cache."""
        context = _context(server=True)
        _load(context, "localhost")
        if not self._tickets:
            context.options |= ssl.OP_NO_TICKET
        if self._client_certificate:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(cadata=identity("client").chain_pem().decode("ascii"))
        self._context = context

    def connect(self) -> Connection:
        return _open(self._context, server=True)


def server(tickets: bool = True, client_certificate: bool = False) -> Peer[Connection]:
    """OpenSSL as a server; with `client_certificate` it asks for one and goes on without."""
    shared = _Server(tickets, client_certificate)
    return _peer("server", shared.connect, rotate_keys=shared.renew)


class _Client:
    """A client that offers the session of its last connection, unless that failed (RFC 5246, section 7.2.2)."""

    def __init__(self, tickets: bool, client_certificate: bool) -> None:
        self._context = _context(server=False)
        self._context.load_verify_locations(cadata=identity("localhost").chain_pem().decode("ascii"))
        if not tickets:
            self._context.options |= ssl.OP_NO_TICKET
        if client_certificate:
            _load(self._context, "client")
        self._session: ssl.SSLSession | None = None
        self._last: Connection | None = None

    def connect(self) -> Connection:
        if self._last is not None:
            self._session = None if self._last.failed else self._last.session or self._session
        self._last = _open(self._context, server=False, session=self._session)
        return self._last

    def forget(self) -> None:
        self._session = self._last = None


def client(tickets: bool = True, client_certificate: bool = False) -> Peer[Connection]:
    """OpenSSL as a client of "localhost" that checks the certificate and keeps its session between connections."""
    shared = _Client(tickets, client_certificate)
    return _peer("client", shared.connect, forget=shared.forget)
