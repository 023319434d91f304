"""The same endpoints for asyncio, shaped like its own: streams, or a protocol over a transport.

    reader, writer = await open_connection("localhost", 4433, config)
    server = await start_server(on_client, "127.0.0.1", 4433, config)

A protocol sees the connection only once its handshake is complete. `get_extra_info` knows "tls" (the connection),
"handshake" (`HandshakeCompleted`), "cipher", "peercert" (DER) and "alpn" besides what the transport below knows.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rfc5077.reference.alerts import AlertLevel, ProtocolError
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
from rfc5077.reference.io import make_connection, system_clock
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.tls_socket import PeerAlert

LIMIT = 2**16
"""Octets that a stream's reader holds before it stops reading, about."""

Factory = Callable[[], asyncio.Protocol]
Upper = TypeVar("Upper", bound=asyncio.Protocol)
OnClient = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None]
Report = Callable[[Exception], None]


def no_report(error: Exception) -> None:
    """Says nothing."""


class TLSTransport(asyncio.Transport):
    """What a protocol writes into: application data of an established connection."""

    def __init__(self, link: "TLSLink", below: asyncio.Transport) -> None:
        super().__init__()
        self._link = link
        self._below = below

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends application data, after what was written before; nothing once the connection is closing."""
        if not self._link.connection.closed:
            self._link.connection.send(bytes(data))
            self._link.flush()

    def can_write_eof(self) -> bool:
        """False: TLS 1.2 has no half-closed connections (RFC 5246, section 7.2.1)."""
        return False

    def close(self) -> None:
        """Sends close_notify and closes, once everything is written."""
        self._link.connection.close()
        self._link.flush()
        self._below.close()

    def abort(self) -> None:
        """Closes at once, without a word."""
        self._below.abort()

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._link.connection.closed or self._below.is_closing()

    def get_extra_info(self, name: str, default: object = None) -> object:
        """"tls", "handshake", "cipher", "peercert" (DER), "alpn", or what the transport below knows."""
        tls = self._link.connection
        own: dict[str, object] = {
            "tls": tls, "handshake": self._link.completed, "cipher": tls.cipher, "alpn": tls.protocol,
            "peercert": next(iter(tls.peer_certificates), None),
        }  # fmt: skip
        return own[name] if name in own else self._below.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Another protocol takes over. Raises TypeError unless it is an asyncio.Protocol."""
        if not isinstance(protocol, asyncio.Protocol):
            raise TypeError(f"protocol: {type(protocol).__name__} is no asyncio.Protocol")
        self._link.upper = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who gets the data. Raises RuntimeError before the handshake is complete."""
        if self._link.upper is None:
            raise RuntimeError("get_protocol: the handshake is not complete")
        return self._link.upper

    def is_reading(self) -> bool:
        """Whether data is taken from the transport below."""
        return self._below.is_reading()

    def pause_reading(self) -> None:
        """Takes no more data until `resume_reading`."""
        self._below.pause_reading()

    def resume_reading(self) -> None:
        """Takes data again."""
        self._below.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """When to tell the protocol to pause and to resume; in octets of records."""
        self._below.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Octets of records not written yet."""
        return self._below.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """(low, high), as set."""
        return self._below.get_write_buffer_limits()


class TLSLink(asyncio.Protocol):
    """One connection between a TCP transport and the protocol that `factory` makes once the handshake is complete.

    `ready` gets the protocol, or the exception that ended the handshake: ProtocolError, PeerAlert, TimeoutError after
    `timeout` seconds, or another OSError. `report` gets the exception that ended the connection, if there was one.
    """

    def __init__(
        self, connection: ClientConnection | ServerConnection, factory: Factory, timeout: float | None, report: Report
    ) -> None:
        self.connection = connection
        self.completed: HandshakeCompleted | None = None
        self.upper: asyncio.Protocol | None = None
        self.transport: TLSTransport | None = None
        self.ready: asyncio.Future[asyncio.Protocol] = asyncio.get_running_loop().create_future()
        self._factory = factory
        self._report = report
        self._error: Exception | None = None
        self._below: asyncio.Transport | None = None
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None

    # What the transport below calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a transport: a client begins, and the handshake is timed."""
        assert isinstance(transport, asyncio.Transport)
        self._below = transport
        if self._timeout is not None:
            self._timer = asyncio.get_running_loop().call_later(self._timeout, self._expire)
        if isinstance(self.connection, ClientConnection):
            self.connection.start()
            self.flush()

    def data_received(self, data: bytes) -> None:
        """Octets came."""
        try:
            events = self.connection.receive(data)
        except ProtocolError as error:
            self._note(list(self.connection.last_events))
            self._fail(error)
            return
        self._note(events)
        self.flush()

    def eof_received(self) -> bool:
        """The peer ended the transport; what came may be truncated (`PeerClosed.clean`)."""
        self._note(self.connection.end_of_input())
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        self.stop_watch()
        error = self._error or exc
        self._note(self.connection.end_of_input())
        if self.upper is not None:
            self.upper.connection_lost(error)
        elif not self.ready.done():
            self._error = error = error or ConnectionError("the peer closed the connection during the handshake")
            self.ready.set_exception(error)
            self.ready.exception()  # whoever does not wait for it is not to be told that it was never looked at
        if error is not None:
            self._report(error)

    def pause_writing(self) -> None:
        """Too much is waiting to be sent."""
        if self.upper is not None:
            self.upper.pause_writing()

    def resume_writing(self) -> None:
        """It has been sent."""
        if self.upper is not None:
            self.upper.resume_writing()

    # What this module calls.

    def stop_watch(self) -> None:
        """The handshake is not timed any more."""
        if self._timer is not None:
            self._timer.cancel()

    def flush(self) -> None:
        """Hands on what the connection has to say."""
        octets = self.connection.data_to_send()
        if octets and self._below is not None and not self._below.is_closing():
            self._below.write(octets)

    # Inside

    def _note(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case HandshakeCompleted():
                    self._complete(event)
                case DataReceived(data):
                    if self.upper is not None:
                        self.upper.data_received(data)
                case PeerClosed():
                    if self.upper is not None:
                        self.upper.eof_received()
                    self._end()
                case AlertReceived(AlertLevel.FATAL):
                    self._fail(PeerAlert(event))
                case AlertReceived():
                    pass  # a warning ends nothing

    def _complete(self, event: HandshakeCompleted) -> None:
        first, self.completed = self.completed is None, event
        if not first or self._below is None:
            return
        self.stop_watch()
        self.flush()  # Finished goes out before whatever the protocol has to say
        self.upper = self._factory()
        self.transport = TLSTransport(self, self._below)
        self.upper.connection_made(self.transport)
        if not self.ready.done():
            self.ready.set_result(self.upper)

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._end()

    def _end(self) -> None:
        self.flush()
        if self._below is not None:
            self._below.close()

    def _expire(self) -> None:
        self._error = TimeoutError("the handshake was not complete in time")
        if self._below is not None:
            self._below.abort()


async def create_connection(
    factory: Callable[[], Upper], host: str, port: int, config: ClientConfig, *, handshake_timeout: float | None = 10.0
) -> tuple[TLSTransport, Upper]:
    """Connects and carries out the handshake; `handshake_timeout` in seconds. The counterpart of the loop's own method.

    Raises OSError (PeerAlert, TimeoutError and so on) or ProtocolError.
    """
    made: list[Upper] = []

    def make() -> Upper:
        made.append(factory())
        return made[0]

    connection = ClientConnection(config, system_clock, system_entropy)
    link = TLSLink(connection, make, handshake_timeout, no_report)
    try:
        below, _ = await asyncio.get_running_loop().create_connection(lambda: link, host, port)
        try:
            await link.ready
        except BaseException:
            below.abort()
            raise
    finally:
        link.stop_watch()
    assert link.transport is not None
    return link.transport, made[0]


async def create_server(
    factory: Factory, host: str | None, port: int, config: ServerConfig, *, handshake_timeout: float | None = 30.0,
    backlog: int = 128, report: Report = no_report,
) -> asyncio.Server:  # fmt: skip
    """Listens; each client whose handshake is complete gets a protocol. The counterpart of the loop's own method.

    `report` is told of each connection that ended by an exception. Raises OSError.
    """

    def link() -> TLSLink:
        return TLSLink(make_connection(config), factory, handshake_timeout, report)

    return await asyncio.get_running_loop().create_server(link, host, port, backlog=backlog)


async def open_connection(
    host: str, port: int, config: ClientConfig, *, limit: int = LIMIT, handshake_timeout: float | None = 10.0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A reader and a writer over TLS, as `asyncio.open_connection` has them. Raises as `create_connection`."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=limit, loop=loop)
    transport, protocol = await create_connection(
        lambda: asyncio.StreamReaderProtocol(reader, loop=loop), host, port, config, handshake_timeout=handshake_timeout
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def start_server(
    on_client: OnClient, host: str | None, port: int, config: ServerConfig, *, limit: int = LIMIT,
    handshake_timeout: float | None = 30.0, backlog: int = 128, report: Report = no_report,
) -> asyncio.Server:  # fmt: skip
    """Calls `on_client` with a reader and a writer for each client, as `asyncio.start_server` does. Raises OSError."""
    loop = asyncio.get_running_loop()

    def protocol() -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=limit, loop=loop), on_client, loop=loop)

    return await create_server(
        protocol, host, port, config, handshake_timeout=handshake_timeout, backlog=backlog, report=report
    )
