"""The thin layer with the outside world in it: sockets, the system's clock and entropy. Blocking, IPv4 and IPv6.

Everything else in `reference` is pure; only here may `time` and `socket` be used. These endpoints are for tests and
tries, not for production.
"""

import errno
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.connection import (
    ClientConnection,
    HandshakeCompleted,
    ServerConnection,
)
from rfc5077.reference.crowd import Crowd
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.keys.credentials import Credentials, self_signed
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.ticket.format import TicketKey
from rfc5077.reference.tls_socket import TLSSocket

PAUSE = 0.01
"""Seconds that a server without resources waits before it tries to accept again."""

POLL = 0.25
"""Seconds after which a waiting server looks whether it is to end (not every system wakes it up)."""

MOST_OPEN = 4096
"""Connections that a server has open at once, unless told otherwise."""

_PASSING = {errno.ECONNABORTED, errno.EPROTO, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN}
"""Errors of `accept` after which there may be a next connection: a client that left, or something ran out."""


def system_clock() -> float:
    """Seconds since 1970."""
    return time.time()


def new_ticket_key() -> TicketKey:
    """A ticket key that nobody else has (R5077-5.5-01)."""
    return TicketKey.split(system_entropy(64))


def new_self_signed(name: str = "localhost") -> Credentials:
    """Fresh credentials for `name` on this machine; see `keys.credentials.self_signed`."""
    return self_signed(name, system_clock(), system_entropy)


def connect(host: str, port: int, config: ClientConfig, timeout: float | None = 10.0) -> TLSSocket:
    """Connects and carries out the handshake; `timeout` in seconds, for each of the two, later for every single wait.

    Raises OSError (ConnectionRefusedError, socket.gaierror, TimeoutError, …) or ProtocolError.
    """
    transport = socket.create_connection((host, port), timeout)
    tls = TLSSocket(transport, ClientConnection(config, system_clock, system_entropy))
    try:
        transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls.handshake()
    except BaseException:
        transport.close()
        raise
    return tls


def listen(host: str = "127.0.0.1", port: int = 0, backlog: int = 128) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises OSError (EADDRINUSE if the port is taken)."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener


def echo(tls: TLSSocket) -> None:
    """Sends back what comes, until the peer closes."""
    while data := tls.recv():
        tls.send(data)


Handler = Callable[[TLSSocket], None]
MakeConnection = Callable[[ServerConfig], ServerConnection]
Report = Callable[[TLSSocket, Exception | None], None]


def make_connection(config: ServerConfig) -> ServerConnection:
    """The reference's own server end; a faulty one takes this function's place."""
    return ServerConnection(config, system_clock, system_entropy)


def no_report(tls: TLSSocket, error: Exception | None) -> None:
    """Says nothing."""


class Server:
    """Accepts connections on a listening socket, one thread for each, until `close`.

    There are at most `most_open`; for one more, the connection whose handshake has lasted longest is cut off. What runs
    out on the way (descriptors, threads) ends connections in the same order, never the server.

    Attributes:
        config: may be replaced at any time; new connections use the new one.
        report: called once per connection at its end, with the error that ended it (ProtocolError or OSError) or None,
            and once after each handshake, from the connection's thread.
    """

    def __init__(
        self,
        listener: socket.socket,
        config: ServerConfig,
        handler: Handler = echo,
        *,
        connection: MakeConnection = make_connection,
        on_handshake: Callable[[TLSSocket, HandshakeCompleted], None] | None = None,
        report: Report = no_report,
        timeout: float | None = 30.0,
        most_open: int = MOST_OPEN,
    ) -> None:
        self.listener = listener
        self.listener.settimeout(POLL)  # here, because `close` may come before the thread has begun
        self.config = config
        self.report = report
        self._handler = handler
        self._connection = connection
        self._on_handshake = on_handshake
        self._timeout = timeout
        self._closing = threading.Event()
        self._crowd: Crowd[socket.socket] = Crowd(most_open)
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that this server listens on."""
        host, port = self.listener.getsockname()[:2]
        return str(host), int(port)

    def serve_forever(self) -> None:
        """Accepts until `close` is called (from another thread or a signal handler)."""
        while not self._closing.is_set():
            try:
                transport, _ = self.listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if self._closing.is_set():
                    return
                if error.errno not in _PASSING:
                    raise
                self._cut_off(self._crowd.oldest())
                self._closing.wait(PAUSE)
                continue
            self._admit(transport)

    def _admit(self, transport: socket.socket) -> None:
        """Gives a new connection its thread, if there is room and a thread to have."""
        self._cut_off(self._crowd.enter(transport))
        try:
            threading.Thread(target=self._serve, args=(transport,), daemon=True).start()
        except RuntimeError:  # no more threads
            self._crowd.leave(transport)
            transport.close()

    def _cut_off(self, transport: socket.socket | None) -> None:
        if transport is not None:
            _shut(transport)  # its thread wakes up and ends

    def start(self) -> Self:
        """Runs `serve_forever` in a thread of its own."""
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stops accepting and cuts every open connection off."""
        self._closing.set()
        _shut(self.listener)
        self.listener.close()
        for transport in self._crowd.everybody():
            _shut(transport)
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self, transport: socket.socket) -> None:
        tls = TLSSocket(transport, self._connection(self.config))
        error: Exception | None = None
        try:
            transport.settimeout(self._timeout)
            transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            completed = tls.handshake()
            self._crowd.establish(transport)
            if self._on_handshake is not None:
                self._on_handshake(tls, completed)
            self._handler(tls)
        except (ProtocolError, OSError) as caught:
            error = caught
        finally:
            self._crowd.leave(transport)
            tls.close()
        if not self._closing.is_set():
            self.report(tls, error)


def serve(listener: socket.socket, config: ServerConfig, handler: Handler = echo) -> None:
    """Serves on a listening socket until it is closed."""
    Server(listener, config, handler).serve_forever()


def _shut(transport: socket.socket) -> None:
    """Ends both directions, so that a thread that waits on the socket wakes up."""
    with suppress(OSError):  # not connected any more, or a listener on a system that does not shut listeners down
        transport.shutdown(socket.SHUT_RDWR)
