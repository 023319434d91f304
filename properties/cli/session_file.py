"""Session files: what `connect --save` keeps, or `ticket seal --save` makes, and `connect --resume` offers (JSON).

The schema is rfc5077/session/1: a ticket, and the secret and the parameters of its session.
A file holds the master secret, so it is readable by its owner alone. Octets are written as hexadecimal digits.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from rfc5077.properties.cli.output import document
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import read_text, write_whole
from rfc5077.reference.keys.suites import SUITES
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import MAX_TICKET, StoredTicket, StoreKey
from rfc5077.reference.wire.extensions import FRAGMENT_CODES, FRAGMENT_LENGTHS

SCHEMA = "rfc5077/session/1"
TICKET_ALONE = "rfc5077/ticket/1"
TLS_1_2 = 0x0303
MASTER_SECRET = 48


def save_session(path: Path, stored: StoredTicket) -> None:
    """Write a session file, whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    session = stored.session
    body = {
        "server_name": stored.key.server_name,
        "trust": stored.key.trust.hex(),
        "ticket": stored.ticket.hex(),
        "session_id": stored.session_id.hex(),
        "received_at": stored.received_at,
        "expires_at": stored.expires_at,
        "suite": session.suite,
        "master_secret": session.master_secret.hex(),
        "extended_master_secret": session.ems,
        "sent_server_name": session.server_name,
        "client_identity": [der.hex() for der in session.client_identity],
        "created": session.created,
        "max_fragment_length": FRAGMENT_LENGTHS.get(session.fragment_code),
    }
    write_whole(path, document("session", body), private=True)


def load_session(path: Path) -> StoredTicket:
    """Read a session file.

    Raises:
        UsageError: it cannot be read or is no session file; says why.
    """
    text = read_text(path)
    try:
        return parse_session(text)
    except ValueError as error:
        advice = "Make one: rfc5077 connect HOST:PORT --save F"
        raise UsageError(f"{path} is no session file: {error}", advice) from error


def parse_session(text: str) -> StoredTicket:
    """The session in the text of a file. ValueError says what does not fit."""
    try:
        fields: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("its brackets are nested too deep") from error
    if isinstance(fields, dict) and fields.get("schema") == TICKET_ALONE:
        raise ValueError("it has a ticket without the secret of its session (ticket seal --save F writes both)")
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        raise ValueError(f'its "schema" is not "{SCHEMA}"')
    sent_name = None if fields.get("sent_server_name") is None else _text(fields, "sent_server_name")
    if sent_name is not None and not sent_name.isascii():
        raise ValueError('"sent_server_name" is no host name')
    suite = _number(fields, "suite")
    if suite not in SUITES:
        raise ValueError(f'"suite" {suite} is none that we speak')
    identity = fields.get("client_identity")
    if not isinstance(identity, list):
        raise ValueError('"client_identity" is no list')
    session = Session(
        version=TLS_1_2,
        suite=int(suite),
        master_secret=_octets(fields, "master_secret", MASTER_SECRET, MASTER_SECRET),
        ems=_flag(fields, "extended_master_secret"),
        server_name=sent_name,
        client_identity=tuple(_octets({"client_identity": der}, "client_identity", 1, 2**24 - 1) for der in identity),
        created=int(_number(fields, "created")),
        fragment_code=_fragment(fields),
    )
    stored = StoredTicket(
        key=StoreKey(_text(fields, "server_name"), trust=_octets(fields, "trust", 0, 32)),
        ticket=_octets(fields, "ticket", 0, MAX_TICKET),
        session=session,
        received_at=_number(fields, "received_at"),
        expires_at=_number(fields, "expires_at"),
        session_id=_octets(fields, "session_id", 0, 32),
    )
    if not stored.ticket and not stored.session_id:
        raise ValueError('"ticket" and "session_id" are both empty')
    return stored


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise ValueError(f'"{name}" is no string')
    return value


def _flag(fields: Mapping[str, object], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise ValueError(f'"{name}" is neither true nor false')
    return value


def _number(fields: Mapping[str, object], name: str) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise ValueError(f'"{name}" is no number that fits')
    return value


def _fragment(fields: Mapping[str, object]) -> int:
    """The code of the size of records; 0 for none, as in files of older releases that do not have it."""
    if fields.get("max_fragment_length") is None:
        return 0
    octets = int(_number(fields, "max_fragment_length"))
    if octets not in FRAGMENT_CODES:
        raise ValueError(f'"max_fragment_length" {octets} is none of {", ".join(map(str, FRAGMENT_CODES))}')
    return FRAGMENT_CODES[octets]


def _octets(fields: Mapping[str, object], name: str, least: int, most: int) -> bytes:
    try:
        octets = bytes.fromhex(_text(fields, name))
    except ValueError as error:
        raise ValueError(f'"{name}" is no string of hexadecimal digits') from error
    if not least <= len(octets) <= most:
        raise ValueError(f'"{name}" has {len(octets)} octets, not {least if least == most else f"{least} to {most}"}')
    return octets
