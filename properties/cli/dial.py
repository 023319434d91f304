"""The way out of `connect`: a TCP connection and a handshake, each within so many seconds, and why there is none."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from rfc5077.properties.cli.diagnosis import diagnosis
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.reference.handshake.config import ClientConfig
    from rfc5077.reference.tls_socket import TLSSocket


def handshake(name: str, place: tuple[str, int], config: ClientConfig, limit: float) -> TLSSocket:
    """A connected socket whose handshake is complete, within so many seconds for connection and handshake each.

    Args:
        name: the server as it was typed, for what is said.
        place: its host and port.
        config: the client's.
        limit: seconds.

    Raises:
        UsageError: there is no such server, or it does not complete a handshake; says what was seen.
    """
    from rfc5077.reference.alerts import ProtocolError
    from rfc5077.reference.connection import ClientConnection
    from rfc5077.reference.io import system_clock
    from rfc5077.reference.keys.exchange import system_entropy
    from rfc5077.reference.tls_socket import TLSSocket

    connection = ClientConnection(config, system_clock, system_entropy)
    tls = TLSSocket(_transport(name, place, limit), connection)
    watch = _Watchdog(tls.transport, limit)
    try:
        with watch:
            tls.handshake()
    except (OSError, ProtocolError) as error:
        tls.transport.close()
        if watch.bit or isinstance(error, TimeoutError):
            raise UsageError(f"{name} did not complete a handshake within {limit:g} s and was cut off") from error
        raise UsageError(*diagnosis(name, error, connection)) from error
    return tls


class _Watchdog:
    """Ends a connection that takes too long, even one that says an octet now and then."""

    def __init__(self, transport: socket.socket, seconds: float) -> None:
        self.bit = False
        self._transport = transport
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _bite(self) -> None:
        self.bit = True
        with suppress(OSError):  # the peer was faster
            self._transport.shutdown(socket.SHUT_RDWR)


def _transport(name: str, place: tuple[str, int], limit: float) -> socket.socket:
    try:
        transport = socket.create_connection(place, limit)
        transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except ConnectionRefusedError as error:
        advice = f"Start it first; ours: rfc5077 serve --port {place[1]}"
        raise UsageError(f"nothing listens at {name}", advice) from error
    except TimeoutError as error:
        raise UsageError(f"{name} did not answer within {limit:g} s") from error
    except socket.gaierror as error:
        raise UsageError(f"no address is known for {place[0]}: {error.strerror}") from error
    except (OSError, UnicodeError) as error:
        raise UsageError(f"cannot connect to {name}: {error}") from error
    return transport
