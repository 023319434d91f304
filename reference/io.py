"""The thin layer with the outside world in it: sockets, the system's clock and entropy. Blocking, IPv4 and IPv6.

Everything else in `reference` is pure; only here may `time` and `socket` be used. These endpoints are for tests and
tries, not for production.
"""

import errno
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from rfc5077.reference.alerts import AlertDescription, AlertLevel, ProtocolError
from rfc5077.reference.connection import (
    AlertReceived,
    ClientConnection,
    DataReceived,
    Event,
    HandshakeCompleted,
    PeerClosed,
    ServerConnection,
)
from rfc5077.reference.crowd import Crowd
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.keys.credentials import Credentials, self_signed
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.ticket.format import TicketKey

CHUNK = 65536
"""Octets asked of a socket at once."""

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


class PeerAlert(ConnectionError):
    """The peer ended the connection by the fatal alert `alert`."""

    def __init__(self, alert: AlertReceived) -> None:
        self.alert = alert
        super().__init__(f"the peer sent the fatal alert {alert.name}")


class TLSSocket:
    """A connected socket that speaks TLS. Not safe for use by two threads at once.

    Every method that waits raises TimeoutError when the socket's time-out has passed, ProtocolError when the peer
    breaks the protocol (the alert has been sent then), PeerAlert on a fatal alert, and ConnectionError or another
    OSError when the transport fails. The socket is to be closed in any case.
    """

    def __init__(self, transport: socket.socket, connection: ClientConnection | ServerConnection) -> None:
        self.transport = transport
        self.connection = connection
        self.completed: HandshakeCompleted | None = None
        self._received: deque[bytes] = deque()
        self._ended = False
        self._truncated = False
        self._declined = False

    def handshake(self) -> HandshakeCompleted:
        """Carries the handshake out; the socket's time-out covers all of it, however slowly octets trickle in."""
        timeout = self.transport.gettimeout()
        deadline = None if timeout is None else time.monotonic() + timeout
        if isinstance(self.connection, ClientConnection) and not self.connection.handshake.transcript.octets:
            self.connection.start()
        self._flush()
        while self.completed is None:
            if self._ended:
                raise ConnectionError("the peer closed the connection during the handshake")
            if deadline is not None:
                self.transport.settimeout(max(deadline - time.monotonic(), 0.001))
            self._pump()
        self.transport.settimeout(timeout)
        return self.completed

    def renegotiate(self, config: ClientConfig | ServerConfig | None = None) -> HandshakeCompleted | None:
        """A further handshake in this connection (RFC 5746), under another configuration of this side if one is given;
        None if the peer declines. Raises RuntimeError if it is not allowed, TypeError for the other side's kind."""
        if isinstance(self.connection, ClientConnection):
            if isinstance(config, ServerConfig):
                raise TypeError("config: a client cannot go on as a server")
            self.connection.renegotiate(config)
        else:
            if isinstance(config, ClientConfig):
                raise TypeError("config: a server cannot go on as a client")
            self.connection.renegotiate(config)
        before, self.completed, self._declined = self.completed, None, False
        self._flush()
        completed = self._completion()
        self.completed = completed or before
        return completed

    def _completion(self) -> HandshakeCompleted | None:
        """Waits until the handshake under way is complete, or declined."""
        while self.completed is None and not self._declined:
            if self._ended:
                raise ConnectionError("the peer closed the connection during the handshake")
            self._pump()
        return self.completed

    def send(self, data: bytes) -> None:
        """Sends application data. Raises BrokenPipeError if the peer has closed, RuntimeError before the handshake."""
        if self._ended:
            raise BrokenPipeError("the peer has closed the connection")
        self.connection.send(data)
        self._flush()

    def recv(self) -> bytes:
        """The next portion of application data; empty once the peer has closed (`clean` says how)."""
        while not self._received and not self._ended:
            self._pump()
        return self._received.popleft() if self._received else b""

    @property
    def clean(self) -> bool:
        """Whether the peer ended by close_notify rather than by merely closing the transport."""
        return self.connection.closed and not self._truncated

    def close(self) -> None:
        """Sends close_notify, as far as the transport still takes it, and closes the transport."""
        self.connection.close()
        self._say_goodbye()
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _flush(self) -> None:
        octets = self.connection.data_to_send()
        if octets:
            self.transport.sendall(octets)

    def _pump(self) -> None:
        """Reads once from the transport. What the peer's last octets brought is kept, even if it is gone by now."""
        octets = self.transport.recv(CHUNK)
        if not octets:
            self._note(self.connection.end_of_input())
            self._ended = True
            return
        try:
            events = self.connection.receive(octets)
        except ProtocolError:
            self._note(list(self.connection.last_events))
            self._say_goodbye()
            raise
        self._note(events)
        if self._ended:
            self._say_goodbye()
        else:
            self._flush()

    def _say_goodbye(self) -> None:
        with suppress(OSError):  # where the peer is gone already, nothing is left to tell it
            self._flush()

    def _note(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case HandshakeCompleted():
                    self.completed = event
                case DataReceived(data):
                    self._received.append(data)
                case PeerClosed(clean):
                    self._ended = True
                    self._truncated = not clean
                case AlertReceived(AlertLevel.FATAL):
                    raise PeerAlert(event)
                case AlertReceived(_, description):  # a warning; close_notify comes as PeerClosed
                    self._declined |= description is AlertDescription.NO_RENEGOTIATION


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
