"""A peer behind a socket: one connection after the other, nothing asked of it but its octets and its end.

A new connection ends the one before, for many servers serve one after the other.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from contextlib import suppress

from rfc5077.properties.adapters.peer import Peer, Role, TargetLost
from rfc5077.properties.errors import UsageError

PATIENCE = 2.0
"""Seconds that a target is waited for: to accept a connection, to take octets."""

Address = tuple[str, int]
"""Host and port."""

_PIECE = 1 << 16
_QUICK = getattr(socket, "TCP_QUICKACK", None)


class Wire:
    """One connection. What cannot be written any more is lost, as on a network.

    What is written leaves once somebody waits for the target, or ends the connection: one message behind the other
    wakes the target once.
    """

    __slots__ = ("_events", "_read", "_socket", "_unsent", "closed")

    def __init__(self, transport: socket.socket) -> None:
        transport.setblocking(False)
        transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = transport
        self._events = select.poll()
        self._events.register(transport, select.POLLIN)
        self._read = b""
        self._unsent = b""
        self.closed = False
        """Whether the target has ended the connection, as far as it was read."""

    def write(self, octets: bytes) -> None:
        """Takes octets to send."""
        self._unsent += octets

    def flush(self) -> None:
        """Sends what was written. Raises TargetLost if the target takes none of it within `PATIENCE`."""
        left, self._unsent = memoryview(self._unsent), b""
        while left:
            try:
                left = left[self._socket.send(left) :]
            except BlockingIOError:
                self._until_writable()
            except OSError:  # the connection is gone; reading will tell
                return

    def _until_writable(self) -> None:
        waiting = select.poll()
        waiting.register(self._socket, select.POLLOUT)
        if not waiting.poll(PATIENCE * 1000):
            raise TargetLost(f"the target reads nothing: it took no octet for {PATIENCE:g} s")

    def wait(self, limit: float) -> bool:
        """Waits for octets or the end, for so many seconds at most; whether there is either. Raises as `flush` does."""
        self.flush()
        if not self.closed and not self._read:
            self._fill()
            if not self._read and not self.closed and self._events.poll(limit * 1000):
                self._fill()
        return bool(self._read) or self.closed

    def read(self) -> bytes:
        """What has come and was not read yet."""
        if not self.closed:
            self._fill()
        octets, self._read = self._read, b""
        return octets

    def _fill(self) -> None:
        """Takes in what is there. A reset is an end like any other."""
        try:
            while octets := self._socket.recv(_PIECE):
                self._read += octets
                if len(octets) < _PIECE:
                    self._acknowledge()
                    return
        except BlockingIOError:
            return
        except OSError:
            pass  # what was read before the reset stays
        self.closed = True

    def _acknowledge(self) -> None:
        """Spares a target that sends in small pieces the wait for a delayed acknowledgement."""
        if _QUICK is not None:
            with suppress(OSError):  # the connection is gone; reading will tell
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)

    def end(self) -> None:
        """Tells the target that nothing more will be sent; what it still says can be read. Raises as `flush` does."""
        self.flush()
        with suppress(OSError):  # it was quicker
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Gives the connection up. Raises as `flush` does."""
        self.closed = True
        try:
            self.flush()
        finally:
            self._socket.close()


class Wires:
    """The connections to or from one target, of which one is open."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._current: Wire | None = None

    def open(self) -> Wire:
        """Closes the connection before, and makes a new one."""
        self.close()
        self._current = Wire(self._connect())
        return self._current

    def close(self) -> None:
        """Closes the connection that is open."""
        if self._current is not None:
            self._current.close()
            self._current = None


def over_sockets(
    name: str, role: Role, connect: Callable[[], socket.socket], forget: Callable[[], None] | None = None
) -> Peer[Wire]:
    """A peer to which, or from which, `connect` makes a connection that nobody has used yet."""
    return Peer(
        name=name,
        role=role,
        connect=Wires(connect).open,
        write=Wire.write,
        read=Wire.read,
        closed=lambda wire: wire.closed,
        end=Wire.end,
        wait=Wire.wait,
        forget=forget,
    )


def dial(address: Address, limit: float = PATIENCE) -> socket.socket:
    """A connection to this address. Raises TargetLost if nothing accepts it within so many seconds."""
    try:
        return socket.create_connection(address, limit)
    except TimeoutError:
        raise TargetLost(f"{shown(address)} has not accepted a connection for {limit:g} s") from None
    except OSError as error:
        raise TargetLost(f"{shown(address)} accepts no connection: {error.strerror or error}") from error


def listening_server(target: str) -> Peer[Wire]:
    """The server that listens at HOST:PORT or [IPv6]:PORT.

    Raises UsageError if that cannot be read, or if nothing listens there within `PATIENCE`.
    """
    address = parse_address(target)
    try:
        first: list[socket.socket] = [dial(address)]
    except TargetLost as lost:
        if isinstance(lost.__cause__, socket.gaierror):
            raise UsageError(f"no address is known for {address[0]}: {lost.__cause__.strerror}") from None
        advice = "Start it first, or let us: rfc5077 check server -- COMMAND {port}"
        raise UsageError(f"nothing listens at {shown(address)}", advice) from None
    return over_sockets(shown(address), "server", lambda: first.pop() if first else dial(address))


def parse_address(target: str) -> Address:
    """Host and port of HOST:PORT or [IPv6]:PORT. Raises UsageError if it is neither."""
    host, colon, port = target.rpartition(":")
    literal = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if literal else host
    if not colon or not host or (":" in host and not literal):
        raise UsageError(f"{target!r} names no port", "Write HOST:PORT, or [::1]:PORT for an IPv6 address")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"{target!r}: {port!r} is no port", "A port is a number from 1 to 65535")
    return host, int(port)


def shown(address: Address) -> str:
    """An address as users write it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
