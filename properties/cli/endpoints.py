"""`serve` and `connect`: the reference over TCP, for looking at and for tests; no production endpoints."""

from __future__ import annotations

import errno
import resource
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.diagnosis import diagnosis
from rfc5077.properties.cli.endpoint_files import credentials_of, forgiving, key_log_of, ring_of, roots_of
from rfc5077.properties.cli.output import warn_of_readers
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.reference.connection import HandshakeCompleted
    from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
    from rfc5077.reference.ticket.key_ring import KeyRing
    from rfc5077.reference.ticket.store import ClientStore
    from rfc5077.reference.tls_socket import TLSSocket

LOCALHOST = "127.0.0.1"
CONNECT_SECONDS = 10.0
SERVE_SECONDS = 30.0
DESCRIPTORS = 16384
BACKLOG = 1024
STACK = 2**20

Listen = Annotated[str | None, typer.Option(metavar="[HOST:]PORT", help="Where to listen.")]
Port = Annotated[int | None, typer.Option(metavar="N", help=f"The same as --listen {LOCALHOST}:N.")]
Cert = Annotated[Path | None, typer.Option(metavar="FILE", help="Chain (PEM); one is made for localhost if absent.")]
Key = Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).")]
Target = Annotated[str, typer.Argument(metavar="HOST:PORT", help="The server; [::1]:PORT for an IPv6 address.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Take any certificate.")]
Ca = Annotated[Path | None, typer.Option(metavar="FILE", help="Roots to trust (PEM); the system's if absent.")]
Save = Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the session here.")]
Resume = Annotated[Path | None, typer.Option(metavar="FILE", help="Offer the session kept here.")]
TicketKeys = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Ticket keys as nginx or HAProxy have them; repeat: the first seals, all open."),
]
Context = Annotated[
    str | None, typer.Option(metavar="HEX", help="Session id context of tickets; without one, whatever they carry.")
]
Aead = Annotated[bool, typer.Option("--aead", help="Ticket keys of 48 octets are AES-256-GCM's, not OpenSSL's.")]
Store = Annotated[Path | None, typer.Option(metavar="FILE", help="Keep sessions here, and offer them (SQLite).")]
KeyLogTo = Annotated[
    str | None,
    typer.Option("--key-log", metavar="FILE", help="Append secrets (NSS format); SSLKEYLOGFILE: where that points."),
]
Seconds = Annotated[float, typer.Option(metavar="SECONDS", min=0.1, max=86400, help="When to cut a peer off.")]


def serve(
    listen: Listen = None, port: Port = None, cert: Cert = None, key: Key = None, timeout: Seconds = SERVE_SECONDS,
    ticket_keys: TicketKeys = None, context: Context = None, aead: Aead = False, key_log: KeyLogTo = None,
) -> int:  # fmt: skip
    """Our server, which sends back what it gets; says of each handshake: full or resumed."""
    if (listen is None) == (port is None):
        raise UsageError("serve needs one of --listen and --port", "For example: rfc5077 serve --port 4433")
    host, number = (LOCALHOST, str(port)) if listen is None else _split(listen, LOCALHOST)
    config = _server_config(cert, key, ring_of(ticket_keys, context, aead))
    config = replace(config, key_log=forgiving(key_log_of(key_log)))

    from rfc5077.reference.io import Server

    _allow_many()
    with _listener(host, _port(number)) as listener:
        server = Server(listener, config, on_handshake=_say, report=_report, timeout=timeout)
        address, bound = server.address
        place = f"[{address}]:{bound}" if ":" in address else f"{address}:{bound}"
        made = "" if cert else ", with a certificate made for localhost"
        typer.echo(f"listening on {place}{made}; Ctrl-C ends it")
        sys.stdout.flush()
        try:
            server.serve_forever()
        finally:
            server.close()
    return 0


def connect(
    target: Target, insecure: Insecure = False, save: Save = None, resume: Resume = None, ca: Ca = None,
    timeout: Seconds = CONNECT_SECONDS, store: Store = None, key_log: KeyLogTo = None,
) -> int:  # fmt: skip
    """Our client, one handshake; says: full or resumed."""
    from rfc5077.reference.ticket.store import StoreError

    try:
        config = replace(_client_of(target, insecure, ca, store), key_log=key_log_of(key_log))
        return _connect(target, config, save, resume, timeout)
    except StoreError as error:
        raise UsageError(str(error)) from error


def _client_of(target: str, insecure: bool, ca: Path | None, store: Path | None) -> ClientConfig:
    host, number = _split(target, None)
    _port(number)
    return _client_config(host, insecure, ca, store, target)


def _connect(target: str, config: ClientConfig, save: Path | None, resume: Path | None, timeout: float) -> int:
    host, number = _split(target, None)
    if save is not None and not save.parent.is_dir():
        raise UsageError(f"{save} cannot be written: there is no such folder")
    if resume is not None:
        _offer(resume, config, time.time())

    tls = _handshake(target, host, _port(number), config, timeout)
    assert tls.completed is not None
    typer.echo(_line(tls.completed))
    tls.close()
    if save is not None:
        from rfc5077.properties.cli.session_file import save_session

        stored = _store(config).find(config.store_key, time.time())
        if stored is None:
            raise UsageError(f"{target} gave neither a ticket nor a session id; {save} was not written")
        save_session(save, stored)
    return 0


# --- what was typed ---------------------------------------------------------------------------------------------------


def _split(place: str, default: str | None) -> tuple[str, str]:
    """``HOST:PORT``, ``[ADDRESS]:PORT``, and where there is a default ``PORT`` as host and port."""
    host, colon, port = place.rpartition(":")
    if not colon and default is not None:
        return default, port
    if not host or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        raise UsageError(f"{place} is not HOST:PORT", "An IPv6 address stands in brackets: [::1]:4433")
    return host.removeprefix("[").removesuffix("]"), port


def _port(number: str) -> int:
    if not (number.isascii() and number.isdecimal() and 0 < len(number) <= 5 and 0 < int(number) < 65536):
        raise UsageError(f"port {number} is not a number from 1 to 65535")
    return int(number)


def _server_config(cert: Path | None, key: Path | None, ring: KeyRing) -> ServerConfig:
    from rfc5077.reference.handshake.config import ServerConfig
    from rfc5077.reference.keys.suites import ALL_GROUPS, ALL_SUITES, SignatureScheme

    own = (credentials_of(cert, key),)
    return ServerConfig(
        own, ring, renew="rotated", suites=ALL_SUITES, groups=ALL_GROUPS, signature_schemes=tuple(SignatureScheme)
    )


def _client_config(host: str, insecure: bool, ca: Path | None, store: Path | None, place: str) -> ClientConfig:
    from rfc5077.reference.handshake.config import ClientConfig
    from rfc5077.reference.keys.suites import ALL_GROUPS, ALL_SUITES, SignatureScheme
    from rfc5077.reference.ticket.sqlite_store import SqliteStore
    from rfc5077.reference.ticket.store import TicketStore

    if insecure and ca is not None:
        raise UsageError("--insecure trusts anybody and --ca a few", "Give one of them")
    roots = None if insecure else roots_of(ca)
    sessions = TicketStore() if store is None else SqliteStore(store)
    try:
        return ClientConfig(
            host, roots, insecure, store=sessions, peer="" if store is None else place,
            suites=ALL_SUITES, groups=ALL_GROUPS, signature_schemes=tuple(SignatureScheme),
        )  # fmt: skip
    except ValueError as error:
        raise UsageError(f"{host} cannot be asked for: {error}") from error


def _offer(file: Path, config: ClientConfig, now: float) -> None:
    """Put a kept session where the client looks for one.

    Raises:
        UsageError: the file is no session file, or what it holds cannot be offered to this server.
    """
    from rfc5077.properties.cli.session_file import load_session
    from rfc5077.reference.ticket.store import FinishedVerified

    stored = load_session(file)
    warn_of_readers(file, "the session's secret")
    if stored.key.server_name != config.store_key.server_name:
        raise UsageError(f"{file} was kept for {stored.key.server_name}, not for {config.server_name}")
    if stored.key.trust != config.store_key.trust:
        raise UsageError(f"{file} was kept under other trust", "Give the same --ca or --insecure as then")
    if now >= stored.expires_at:
        raise UsageError(f"the session in {file} is over its time")
    # R5077-3.3-06: `connect` writes a file only after a handshake whose server Finished it verified.
    _store(config).keep(replace(stored, key=config.store_key), FinishedVerified(b""))


def _store(config: ClientConfig) -> ClientStore:
    assert config.store is not None
    return config.store


# --- what happens -----------------------------------------------------------------------------------------------------


def _line(completed: HandshakeCompleted) -> str:
    """One line about a handshake."""
    kind = "resumed" if completed.resumed else "full"
    return f"{kind} handshake, {'with' if completed.ticket else 'without'} a new ticket"


def _peer(tls: TLSSocket) -> str:
    try:
        host, port = tls.transport.getpeername()[:2]
    except OSError:  # a client in a hurry has left already, and its address with it
        return "a client that has left"
    return f"{host}:{port}"


def _say(tls: TLSSocket, completed: HandshakeCompleted) -> None:
    asked = "" if completed.server_name is None else f", asked for {completed.server_name}"
    with suppress(OSError):  # nobody reads any more, or the disk is full: no reason not to serve
        sys.stdout.write(f"{_peer(tls)}: {_line(completed)}{asked}\n")
        sys.stdout.flush()


def _report(tls: TLSSocket, error: Exception | None) -> None:
    if error is not None and tls.completed is None:
        with suppress(OSError):
            sys.stderr.write(f"rfc5077: {_peer(tls)}: no handshake: {error}\n")  # in one go: there are many threads


def _allow_many() -> None:
    """As many descriptors as the system lets this process have, and small stacks: each connection has a thread."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, DESCRIPTORS)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    threading.stack_size(STACK)


def _listener(host: str, port: int) -> socket.socket:
    """A listening socket, or a UsageError that says why there is none."""
    from rfc5077.reference.io import listen

    try:
        return listen(host, port, BACKLOG)
    except socket.gaierror as error:
        raise UsageError(f"no address is known for {host}: {error.strerror}") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} of {host} is in use", "Choose another with --port") from error
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _handshake(place: str, host: str, port: int, config: ClientConfig, limit: float) -> TLSSocket:
    """A connected socket whose handshake is complete, within so many seconds for connection and handshake each.

    Raises:
        UsageError: there is no such server, or it does not complete a handshake; says what was seen.
    """
    from rfc5077.reference.alerts import ProtocolError
    from rfc5077.reference.connection import ClientConnection
    from rfc5077.reference.io import system_clock
    from rfc5077.reference.keys.exchange import system_entropy
    from rfc5077.reference.tls_socket import TLSSocket

    tls = TLSSocket(_transport(place, host, port, limit), ClientConnection(config, system_clock, system_entropy))
    watch = _Watchdog(tls.transport, limit)
    try:
        with watch:
            tls.handshake()
    except (OSError, ProtocolError) as error:
        tls.transport.close()
        if watch.bit or isinstance(error, TimeoutError):
            raise UsageError(f"{place} did not complete a handshake within {limit:g} s and was cut off") from error
        raise UsageError(*diagnosis(place, error)) from error
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


def _transport(place: str, host: str, port: int, limit: float) -> socket.socket:
    try:
        transport = socket.create_connection((host, port), limit)
        transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except ConnectionRefusedError as error:
        advice = f"Start it first; ours: rfc5077 serve --port {port}"
        raise UsageError(f"nothing listens at {place}", advice) from error
    except TimeoutError as error:
        raise UsageError(f"{place} did not answer within {limit:g} s") from error
    except socket.gaierror as error:
        raise UsageError(f"no address is known for {host}: {error.strerror}") from error
    except (OSError, UnicodeError) as error:
        raise UsageError(f"cannot connect to {place}: {error}") from error
    return transport
