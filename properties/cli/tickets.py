"""`ticket`: tickets and their keys by hand, in OpenSSL's formats and our own (JSON: rfc5077/ticket/1)."""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.output import document, notice, warn_of_readers
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import read_octets, read_text, write_all, write_whole

if TYPE_CHECKING:
    from rfc5077.reference.ticket.key_ring import SealingKey
    from rfc5077.reference.ticket.session import Session
    from rfc5077.reference.ticket.ssl_session import OpenSslSession

MASK = "(hidden; see --show-secrets)"
NAME = 16
LENGTHS = (48, 64, 80)

ticket = typer.Typer(help="Tickets and ticket keys: seal, open, inspect, keygen, rotate.", no_args_is_help=True)

Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="Hexadecimal digits, or a file: a session's, or octets.")]
Kept = Annotated[Path, typer.Argument(metavar="SESSION", help="A session as connect --save keeps it.")]
KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help="The file of keys.")]
Keys = Annotated[list[Path], typer.Option("--keys", metavar="FILE", help="Ticket keys; repeat for more files.")]
SomeKeys = Annotated[list[Path] | None, typer.Option("--keys", metavar="FILE", help="Ticket keys, if at hand.")]
Context = Annotated[str, typer.Option(metavar="HEX", help="Session id context of the server that shall resume it.")]
Secrets = Annotated[bool, typer.Option("--show-secrets", help="Show master secrets.")]
Octets = Annotated[int, typer.Option(metavar="48|64|80", help="48: AES-128; 80: AES-256; 64: section 4's format.")]
Aead = Annotated[bool, typer.Option("--aead", help="Keys of 48 octets are AES-256-GCM's, not OpenSSL's.")]
Lines = Annotated[bool, typer.Option("--haproxy", help="Three keys as lines, the way HAProxy has them.")]
Save = Annotated[Path | None, typer.Option(metavar="FILE", help="The session with this ticket, to be offered.")]
Retain = Annotated[int, typer.Option(metavar="N", min=0, max=100, help="Old keys that stay.")]


@ticket.command("seal")
def seal(session: Kept, keys: Keys, context: Context = "", aead: Aead = False, save: Save = None) -> int:
    """A kept session as a ticket under the first key; with --save also for connect --resume."""
    from rfc5077.properties.cli.session_file import load_session, save_session
    from rfc5077.properties.cli.ticket_files import context_of, read_ring
    from rfc5077.reference.ticket.key_ring import seal_ticket
    from rfc5077.reference.ticket.store import MAX_TICKET

    ring = read_ring(keys, context_of(context), aead=aead)
    stored = load_session(session)
    warn_of_readers(session, "the session's secret")
    sealed = seal_ticket(ring, stored.session, os.urandom(NAME))
    if sealed is None:
        raise UsageError(f"the session in {session} does not fit in a ticket")
    if save is not None:
        if len(sealed) > MAX_TICKET:
            raise UsageError(f"a ticket of {len(sealed)} octets is more than a client can offer; {save} is not written")
        save_session(save, replace(stored, ticket=sealed, session_id=b""))
    typer.echo(document("ticket", {"key_name": sealed[:NAME].hex(), "ticket": sealed.hex()}), nl=False)
    return 0


@ticket.command("open")
def open_(sealed: Ticket, keys: Keys, show_secrets: Secrets = False, aead: Aead = False) -> int:
    """What is in a ticket; exit code 2 if no key opens it."""
    octets = _ticket(sealed)
    key = _key_of(octets, keys, aead)
    if key is None:
        raise UsageError(f"none of the keys has the name {octets[:NAME].hex()}: the ticket is foreign")
    state = _opened(key, octets)
    if state is None:
        raise UsageError(
            f"the key {key.name.hex()} does not open the ticket: it was altered, or holds no TLS 1.2 session"
        )
    typer.echo(document("ticket", {**_about(octets, key), **_state(state, show_secrets)}), nl=False)
    return 0


@ticket.command("inspect")
def inspect(sealed: Ticket, keys: SomeKeys = None, show_secrets: Secrets = False, aead: Aead = False) -> int:
    """What can be told of a ticket, with keys and without."""
    octets = _ticket(sealed)
    key = _key_of(octets, keys or [], aead)
    state = None if key is None else _opened(key, octets)
    body = {**_about(octets, key), "opened": state is not None}
    typer.echo(document("ticket", body if state is None else {**body, **_state(state, show_secrets)}), nl=False)
    return 0


@ticket.command("keygen")
def keygen(file: KeyFile, octets: Octets = 80, haproxy: Lines = False) -> int:
    """A file of new keys, for its owner alone."""
    from rfc5077.reference.ticket.format import KEY_OCTETS

    if octets not in LENGTHS:
        raise UsageError(f"--octets {octets} is no length of a key", "Keys have 48, 64 or 80 octets")
    if file.exists():
        raise UsageError(f"{file} is there already", "Add a key to it with: rfc5077 ticket rotate")
    if haproxy and octets == KEY_OCTETS:
        raise UsageError("HAProxy has no keys of section 4's format", "Its keys have 48 or 80 octets")
    fresh = b"".join(_line(os.urandom(octets)) for _ in range(3)) if haproxy else os.urandom(octets)
    write_whole(file, fresh, private=True)
    return _told(file)


@ticket.command("rotate")
def rotate(file: KeyFile, retain: Retain = 1) -> int:
    """A new key; the newest N old ones stay: as FILE.1 to FILE.N, or, in a file of lines, in front of it."""
    from rfc5077.properties.cli.ticket_files import read_keys

    read_keys(file)
    old = read_octets(file)
    if len(old) in LENGTHS:
        sources = {number: file if number == 1 else _older(file, number - 1) for number in range(retain, 0, -1)}
        moved = {_older(file, n): read_octets(source) for n, source in sources.items() if source.exists()}
        write_all({**moved, file: os.urandom(len(old))}, private=True)
        if moved:
            names = " ".join(f"--ticket-keys {path}" for path in (file, *reversed(moved)))
            notice(f"the old keys open tickets only where they are named: serve {names}")
    else:
        lines = old.split()
        lines.append(_line(os.urandom(len(base64.b64decode(lines[-1])))).strip())
        # The last is the next one's and the last but one seals; fewer than three lines would be no file.
        write_whole(file, b"".join(line + b"\n" for line in lines[-max(3, retain + 2) :]), private=True)
    return _told(file)


def _told(file: Path) -> int:
    """Says the names of a file's keys, the sealing one first."""
    from rfc5077.properties.cli.ticket_files import read_keys

    names = [key.name.hex() for key in read_keys(file)]
    typer.echo(document("ticket", {"file": str(file), "key_names": names}), nl=False)
    return 0


def _older(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}.{number}")


def _line(key: bytes) -> bytes:
    return base64.b64encode(key) + b"\n"


def _ticket(sealed: str) -> bytes:
    """The ticket that was typed or named."""
    path = Path(sealed)
    try:
        octets = bytes.fromhex(sealed)
    except ValueError:
        octets = read_octets(path)
        if octets.lstrip().startswith(b"{"):
            octets = _from_document(path)
    if len(octets) < NAME:
        raise UsageError(f"{len(octets)} octets are no ticket: not even the name of a key fits")
    return octets


def _from_document(path: Path) -> bytes:
    """The ticket in a JSON document: a kept session, or what `seal` says."""
    try:
        found = json.loads(read_text(path))
        return bytes.fromhex(found["ticket"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} holds no ticket") from error


def _key_of(octets: bytes, keys: list[Path], aead: bool) -> SealingKey | None:
    from rfc5077.properties.cli.ticket_files import read_keys

    found = (key for path in keys for key in read_keys(path, aead=aead))
    return next((key for key in found if key.name == octets[:NAME]), None)


def _opened(key: SealingKey, octets: bytes) -> Session | OpenSslSession | None:
    """What a key finds in a ticket; OpenSSL keeps more of a session than we do."""
    from rfc5077.reference.ticket.openssl_format import OpenSslKey

    return key.open_state(octets) if isinstance(key, OpenSslKey) else key.open(octets)


def _about(octets: bytes, key: SealingKey | None) -> dict[str, object]:
    """What the octets alone tell, and whether a key has their name."""
    from rfc5077.reference.ticket.format import BLOCK, IV, KEY_NAME, MAC, split_ticket

    left = len(octets) - KEY_NAME - IV - MAC
    if split_ticket(octets) is not None:
        layout = "RFC 5077, section 4"
    elif left >= BLOCK and left % BLOCK == 0:
        layout = "as OpenSSL seals"
    else:
        layout = "unknown"
    name = octets[:NAME].hex()
    return {"octets": len(octets), "layout": layout, "key_name": name, "key_known": key is not None}


def _state(state: Session | OpenSslSession, show_secrets: bool) -> dict[str, object]:
    """What was in the ticket."""
    from rfc5077.reference.ticket.ssl_session import OpenSslSession
    from rfc5077.reference.wire.extensions import FRAGMENT_LENGTHS

    if isinstance(state, OpenSslSession):
        more: dict[str, object] = {"timeout_seconds": state.timeout, "context": state.context.hex()}
        session = state.session
    else:
        more, session = {}, state
    return {
        "suite": _suite(session.suite),
        "extended_master_secret": session.ems,
        "server_name": session.server_name,
        "client_certificates": len(session.client_identity),
        "max_fragment_length": FRAGMENT_LENGTHS.get(session.fragment_code),
        "created": session.created,
        "age_seconds": int(time.time()) - session.created,
        **more,
        "master_secret": session.master_secret.hex() if show_secrets else MASK,
    }


def _suite(number: int) -> str:
    from rfc5077.reference.keys.suites import SUITES

    return SUITES[number].name if number in SUITES else f"0x{number:04x}"
