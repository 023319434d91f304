"""`serve` and `connect`: the reference over TCP, for looking at and for tests; no production endpoints."""

from __future__ import annotations

import errno
import resource
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rfc5077.properties.cli import endpoint_options as options
from rfc5077.properties.cli.diagnosis import reason, shown
from rfc5077.properties.cli.dial import handshake
from rfc5077.properties.cli.endpoint_choices import Choices, agreed, choices_of
from rfc5077.properties.cli.endpoint_files import ServerFiles, credentials_of, forgiving, key_log_of, roots_of
from rfc5077.properties.cli.endpoint_options import LOCALHOST, Asked
from rfc5077.properties.cli.output import notice, printable, warn_of_readers
from rfc5077.properties.cli.reread import Rereading
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.reference.connection import HandshakeCompleted
    from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
    from rfc5077.reference.io import Server
    from rfc5077.reference.keys.credentials import TrustAnchors
    from rfc5077.reference.ticket.store import ClientStore, StoredTicket
    from rfc5077.reference.tls_socket import TLSSocket

CONNECT_SECONDS = 10.0
SERVE_SECONDS = 30.0
LIFETIME = 7200
DESCRIPTORS = 16384
BACKLOG = 1024
STACK = 2**20


def serve(
    listen: options.Listen = None, port: options.Port = None, timeout: options.Seconds = SERVE_SECONDS,
    cert: options.Certs = None, key: options.Keys = None, client_ca: options.ClientCa = None,
    client_auth: options.ClientAuth = None, ticket_keys: options.TicketKeys = None, context: options.Context = None,
    aead: options.Aead = False, lifetime: options.Lifetime = LIFETIME, no_tickets: options.NoTickets = False,
    alpn: options.Alpn = None, suites: options.Suites = None, groups: options.Groups = None,
    no_ems: options.NoEms = False, key_log: options.KeyLogTo = None,
) -> int:  # fmt: skip
    """Our server, which sends back what it gets; says of each handshake: full or resumed. SIGHUP: reads files anew."""
    if (listen is None) == (port is None):
        raise UsageError("serve needs one of --listen and --port", "For example: rfc5077 serve --port 4433")
    host, number = (LOCALHOST, str(port)) if listen is None else _split(listen, LOCALHOST)
    files = ServerFiles(tuple(cert or ()), tuple(key or ()), client_ca, tuple(ticket_keys or ()), context, aead)
    config = _server_config(files, client_auth, choices_of(alpn, suites, groups, no_ems))
    config = replace(config, ticket_lifetime_seconds=lifetime, lifetime_hint=lifetime)
    config = _without_tickets(config) if no_tickets else config
    config = replace(config, key_log=forgiving(key_log_of(key_log)))

    from rfc5077.reference.io import Server

    _allow_many()
    with _listener(host, _port(number)) as listener, ExitStack() as stack:
        server = Server(listener, config, on_handshake=_say, report=_report, timeout=timeout)
        if files.named:
            stack.enter_context(Rereading(partial(_reread, server, files)))
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
    target: options.Target, timeout: options.Seconds = CONNECT_SECONDS, ca: options.Ca = None,
    insecure: options.Insecure = False, server_name: options.ServerName = None, cert: options.OwnCert = None,
    key: options.OwnKey = None, save: options.Save = None, resume: options.Resume = None, store: options.Store = None,
    no_tickets: options.NoTickets = False, alpn: options.Alpn = None, suites: options.Suites = None,
    groups: options.Groups = None, no_ems: options.NoEms = False, max_fragment_length: options.Fragment = None,
    key_log: options.KeyLogTo = None,
) -> int:  # fmt: skip
    """Our client, one handshake; says: full or resumed."""
    from rfc5077.reference.ticket.store import StoreError

    host, number = _split(target, None)
    place = (host, _port(number))
    if insecure and ca is not None:
        raise UsageError("--insecure trusts anybody and --ca a few", "Give one of them")
    choices = choices_of(alpn, suites, groups, no_ems)
    try:
        config = _client_config(server_name or host, None if insecure else roots_of(ca), choices)
        config = replace(
            config, credentials=credentials_of(cert, key), tickets=not no_tickets, key_log=key_log_of(key_log),
            max_fragment_length=None if max_fragment_length is None else int(max_fragment_length),
            store=_sessions(store), peer="" if store is None else target,
        )  # fmt: skip
        return _connect(target, place, config, save, resume, timeout)
    except StoreError as error:
        raise UsageError(str(error)) from error


def _connect(
    target: str, place: tuple[str, int], config: ClientConfig, save: Path | None, resume: Path | None, limit: float
) -> int:
    """One handshake, what is said of it, and the session that came of it as a file."""
    from rfc5077.properties.cli.session_file import save_session

    if save is not None and not save.parent.is_dir():
        raise UsageError(f"{save} cannot be written: there is no such folder")
    if resume is not None:
        _offer(resume, config, time.time())

    tls = handshake(target, place, config, limit)
    assert tls.completed is not None
    typer.echo(", ".join([_line(tls.completed), *_agreed(tls, config), *_granted(tls, config)]))
    tls.close()
    if save is not None:
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


def _server_config(files: ServerFiles, client_auth: Asked | None, choices: Choices) -> ServerConfig:
    """A server with these files; what is not named is made on the spot, for localhost."""
    from rfc5077.reference.handshake.config import ServerConfig
    from rfc5077.reference.io import new_self_signed, new_ticket_key
    from rfc5077.reference.keys.suites import SignatureScheme
    from rfc5077.reference.ticket.key_ring import KeyRing
    from rfc5077.reference.ticket.openssl_format import OpenSslKey

    if client_auth is not None and files.client_ca is None:
        raise UsageError("--client-auth needs roots to check clients by", "Name them with --client-ca")
    config = files.read(
        ServerConfig(
            (new_self_signed("localhost"),), KeyRing((new_ticket_key(),)), renew="rotated",
            suites=choices.suites, groups=choices.groups, signature_schemes=tuple(SignatureScheme),
            protocols=choices.protocols, ems=choices.ems, without_ems="full" if choices.ems else "resume",
        )
    )  # fmt: skip
    if files.client_ca is None:
        return config
    if any(isinstance(key, OpenSslKey) and key.context is None for key in config.key_ring.keys):
        notice("warning: without --context no session of a client with a certificate is resumed by these ticket keys")
    return replace(config, client_auth=(client_auth or Asked.REQUIRE).value)


def _without_tickets(config: ServerConfig) -> ServerConfig:
    """A server that resumes by session id alone."""
    from rfc5077.reference.ticket.store import SessionCache

    cache = SessionCache(lifetime_seconds=config.ticket_lifetime_seconds)
    return replace(
        config, issue="never", reissue="never", honour_tickets=False, session_cache=cache, session_id_otherwise="fresh"
    )


def _client_config(name: str, roots: TrustAnchors | None, choices: Choices) -> ClientConfig:
    """A client that asks for this name and trusts these roots, anybody without them."""
    from rfc5077.reference.handshake.config import ClientConfig
    from rfc5077.reference.keys.suites import SignatureScheme

    try:
        return ClientConfig(
            name, roots, roots is None, suites=choices.suites, groups=choices.groups, protocols=choices.protocols,
            ems=choices.ems, signature_schemes=tuple(SignatureScheme),
        )  # fmt: skip
    except ValueError as error:
        raise UsageError(f"{name} cannot be asked for: {error}") from error


def _sessions(store: Path | None) -> ClientStore:
    from rfc5077.reference.ticket.sqlite_store import SqliteStore
    from rfc5077.reference.ticket.store import TicketStore

    return TicketStore() if store is None else SqliteStore(store)


def _offer(file: Path, config: ClientConfig, now: float) -> None:
    """Put a kept session where the client looks for one.

    Raises:
        UsageError: the file is no session file, or what it holds cannot be offered to this server.
    """
    from rfc5077.properties.cli.session_file import load_session
    from rfc5077.reference.ticket.store import FinishedVerified

    stored = load_session(file)
    warn_of_readers(file, "the session's secret")
    if (hindrance := _hindrance(stored, config, now)) is not None:
        what, advice = hindrance
        raise UsageError(f"the session in {file} {what}", advice)
    # R5077-3.3-06: `connect` writes a file only after a handshake whose server Finished it verified, and what `ticket
    # seal` writes has its session from such a file.
    _store(config).keep(replace(stored, key=config.store_key), FinishedVerified(b""))


def _hindrance(stored: StoredTicket, config: ClientConfig, now: float) -> tuple[str, str | None] | None:
    """Why a session is not to be offered to this server or by this client, and what helps; None if it is."""
    from rfc5077.reference.keys.suites import SUITES
    from rfc5077.reference.wire.extensions import FRAGMENT_LENGTHS

    session, short = stored.session, FRAGMENT_LENGTHS.get(stored.session.fragment_code)
    named, asked = stored.key.server_name, config.store_key.server_name
    made = "with" if session.ems else "without"
    rows = (
        (named != asked, f"was kept for {printable(named)}, not for {asked}", f"Ask for it: --server-name {named}"),
        (stored.key.trust != config.store_key.trust, "was kept under other trust",
         "Give the same --ca or --insecure, and the same --cert, as then"),
        (now >= stored.expires_at, "is over its time", None),
        (session.suite not in config.suites, f"has the suite {SUITES[session.suite].name}", "Name it in --suites too"),
        (session.ems is not config.ems, f"was made {made} an extended master secret",
         "Leave --no-ems out" if session.ems else "Give --no-ems"),
        (short not in (None, config.max_fragment_length), f"has records of {short} octets",
         f"Give --max-fragment-length {short}"),
        (bool(stored.ticket) and not config.tickets, "has a ticket", "Leave --no-tickets out"),
    )  # fmt: skip
    return next(((what, advice) for hinders, what, advice in rows if hinders), None)


def _store(config: ClientConfig) -> ClientStore:
    assert config.store is not None
    return config.store


# --- what happens -----------------------------------------------------------------------------------------------------


def _line(completed: HandshakeCompleted) -> str:
    """One line about a handshake."""
    kind = "resumed" if completed.resumed else "full"
    return f"{kind} handshake, {'with' if completed.ticket else 'without'} a new ticket"


def _agreed(tls: TLSSocket, config: ClientConfig | ServerConfig) -> list[str]:
    """What came of choices that this side restricted."""
    cipher = tls.cipher()
    return agreed(config, tls.selected_alpn_protocol(), None if cipher is None else cipher[0])


def _granted(tls: TLSSocket, config: ClientConfig) -> list[str]:
    """What the server made of what this client asked for or has."""
    from rfc5077.reference.connection import ClientConnection

    session, said = tls.connection.session, []
    if config.max_fragment_length is not None and session is not None:
        short = f"records of {config.max_fragment_length} octets at most"
        said.append(short if session.fragment_code else "records of any length")
    if isinstance(tls.connection, ClientConnection) and (certificate := shown(tls.connection)) is not None:
        said.append("certificate shown" if certificate else "no certificate shown")
    return said


def _peer(tls: TLSSocket) -> str:
    match tls.peer:
        case (str() as host, int() as port, *_):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return "a client that has left"


def _say(tls: TLSSocket, completed: HandshakeCompleted) -> None:
    from rfc5077.reference.handshake.config import ServerConfig

    config = tls.connection.handshake.config
    said = [_line(completed), *_agreed(tls, config)]
    if completed.server_name is not None:
        said.append(f"asked for {printable(completed.server_name)}")
    if isinstance(config, ServerConfig) and config.client_auth != "never":
        said.append(_client(tls.getpeercert()))
    with suppress(OSError):  # nobody reads any more, or the disk is full: no reason not to serve
        sys.stdout.write(f"{_peer(tls)}: {', '.join(said)}\n")
        sys.stdout.flush()


def _client(certificate: bytes | None) -> str:
    """Who a client has proved to be."""
    from cryptography import x509

    from rfc5077.reference.keys.credentials import UNREADABLE

    if certificate is None:
        return "no client certificate"
    try:
        name = x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    except UNREADABLE:
        name = ""
    return f"client {printable(name)}" if name else "a client without a readable name"


def _report(tls: TLSSocket, error: Exception | None) -> None:
    from rfc5077.reference.alerts import ProtocolError

    if error is not None and tls.completed is None:
        why = str(error)
        if isinstance(error, ProtocolError):
            why = f"{error.alert.name.lower()}: {printable(reason(error))} ({error.cause.section})"
        with suppress(OSError):
            sys.stderr.write(f"rfc5077: {_peer(tls)}: no handshake: {why}\n")  # in one go: there are many threads


def _reread(server: Server, files: ServerFiles) -> None:
    """New connections get what the files hold now. Raises UsageError if one cannot be used: nothing is changed then."""
    server.config = files.read(server.config)
    keys = [key.name.hex() for key in server.config.key_ring.keys]
    ring = f": tickets are sealed by {keys[0]}, opened by {len(keys)} in all" if files.ticket_keys else ""
    with suppress(OSError):
        sys.stdout.write(f"files read again{ring}\n")
        sys.stdout.flush()


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
