"""A connected socket that speaks TLS, shaped like the standard library's `ssl.SSLSocket`."""

import socket
import time
from collections import deque
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
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig

CHUNK = 65536
"""Octets asked of a socket at once."""


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

    Attributes:
        transport: the socket below.
        connection: the end of the connection that speaks through it.
        peer: the peer's address as the transport has it, which outlasts the connection; None if it was gone already.
        completed: what came of the last handshake, None before the first is complete.
    """

    def __init__(self, transport: socket.socket, connection: ClientConnection | ServerConnection) -> None:
        self.transport = transport
        self.connection = connection
        self.peer = _address(transport)
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

    sendall = send  # all of it is sent, as by `ssl.SSLSocket.sendall`

    def recv(self, size: int = CHUNK) -> bytes:
        """The next portion of application data, `size` octets at most; empty once the peer has closed (`clean` says
        how). Raises ValueError for a size of less than 1."""
        if size < 1:
            raise ValueError(f"size: {size} is less than 1")
        while not self._received and not self._ended:
            self._pump()
        if not self._received:
            return b""
        portion = self._received.popleft()
        if len(portion) > size:
            self._received.appendleft(portion[size:])
        return portion[:size]

    def settimeout(self, seconds: float | None) -> None:
        """Seconds for every single wait from now on; None to wait for ever."""
        self.transport.settimeout(seconds)

    def fileno(self) -> int:
        """The descriptor of the transport, for `select`; what has been received already does not show there."""
        return self.transport.fileno()

    def version(self) -> str | None:
        """As `ssl.SSLSocket.version` has it; None before the handshake is complete."""
        return None if self.completed is None else "TLSv1.2"

    def cipher(self) -> tuple[str, str, int] | None:
        """Name of the cipher suite, version, bits of its key; None before the handshake is complete."""
        return None if self.completed is None else self.connection.cipher

    def getpeercert(self) -> bytes | None:
        """The peer's own certificate (DER), of a resumed session as the ticket holds it; None if there is none."""
        chain = self.connection.peer_certificates
        return chain[0] if chain else None

    def selected_alpn_protocol(self) -> str | None:
        """The application protocol agreed on, None for none."""
        return self.connection.protocol

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


def _address(transport: socket.socket) -> object:
    """The address of whom a socket is connected with, in the form of its family."""
    try:
        address: object = transport.getpeername()
    except OSError:  # a peer in a hurry has left already, and its address with it
        return None
    return address
