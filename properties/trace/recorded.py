"""Recorded events: what stood on the wire between one client and one server, and JSON lines that hold it.

A recording is a header line, then one event per line; octets are written as hexadecimal digits, and fields that do not
apply are left out.  The published schema of a line is ``recording.schema.json`` beside this module.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import cache

from rfc5077.model.event import BESIDE, TICKETS, Message

SCHEMA = "rfc5077/recording/1"
"""The name and version of the format, as the header states it."""

SENDERS = ("client", "server")
MESSAGES = tuple(message.name for message in Message if message not in BESIDE or message is Message.Silence)
"""What can be recorded: the messages, the end of the transport, and a turn that was let pass in silence."""

TICKET_KINDS = tuple(kind.name.lower() for kind in TICKETS)
"""What a ticket may be to the server."""

RETUNED = (*SENDERS, "both")
"""Who may have been configured otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One message of one connection, concretely; ``None`` where a field does not apply or nobody could see it."""

    connection: int
    """Which connection of the pair, by any number that no other connection of the recording has."""
    sender: str
    """``client`` or ``server``."""
    message: str
    """One of :data:`MESSAGES`."""
    time: float | None = None
    """Seconds, from any origin that the whole recording shares."""
    version: int | None = None
    """The hello's version field, 16 bits (0x0303 is TLS 1.2); 0x0304 where ServerHello picks TLS 1.3."""
    session_id: bytes | None = None
    """The hello's session_id."""
    session_ticket: bytes | None = None
    """The body of the hello's SessionTicket extension, the first if it stands twice; None if absent."""
    extensions: tuple[int, ...] | None = None
    """The hello's extension types in the order in which they stand."""
    cipher_suites: tuple[int, ...] | None = None
    """What ClientHello offers."""
    cipher_suite: int | None = None
    """What ServerHello picks."""
    server_name: str | None = None
    """The host name of ClientHello's server_name extension."""
    versions: tuple[int, ...] | None = None
    """ClientHello's supported_versions, 16 bits each."""
    renegotiation_info: bytes | None = None
    """The contents of the hello's renegotiation_info; empty in a first handshake."""
    application_protocols: tuple[bytes, ...] | None = None
    """The names in the hello's application_layer_protocol_negotiation; none if they could not be read."""
    compression_methods: bytes | None = None
    """What ClientHello offers, an octet each."""
    compression_method: int | None = None
    """What ServerHello picks, 8 bits."""
    server_name_length: int | None = None
    """Octets in ServerHello's server_name extension."""
    downgrade_marker: bool | None = None
    """Whether ServerHello's random ends with the mark of a server of TLS 1.3 that speaks TLS 1.2."""
    old_format: bool = False
    """Whether ClientHello came in the format of SSL 2.0."""
    ticket: bytes | None = None
    """NewSessionTicket's ticket, empty or not."""
    lifetime_hint: int | None = None
    """NewSessionTicket's hint in seconds, 32 bits."""
    certificates: int | None = None
    """How many certificates a Certificate message holds."""
    verified: bool | None = None
    """Finished, CertificateVerify: whether the contents are right; None if nobody could see it."""
    omits_ticket: bool = False
    """Finished: it is wrong, and would be right if no NewSessionTicket had been sent."""
    alert_level: int | None = None
    alert_description: int | None = None
    malformed: str | None = None
    """Why the message could not be read, in words; None if it could."""
    protected: bool = False
    """Whether the message travelled encrypted."""
    ticket_kind: str | None = None
    """ClientHello: what the harness that recorded this knows the ticket to be, one of :data:`TICKET_KINDS`."""
    retuned: str | None = None
    """Whom that harness has configured otherwise since the event before, one of :data:`RETUNED`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a recording says about itself."""

    client: str
    """The client's name, with its version where known."""
    server: str
    """The server's name, likewise."""
    complete: bool
    """Whether the recording begins with the first contact of this pair: nothing older can be in their memories."""
    note: str | None = None
    """How the recording came about."""
    whole: bool = False
    """Whether nothing is missing of any connection, from its first octet to the last that was seen."""


# --- one value --------------------------------------------------------------------------------------------------------


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is no string")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is no number of seconds")
    return float(value)


def _unsigned(bits: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << bits:
            raise ValueError(f"is no whole number of {bits} bits")
        return value

    return read


def _unsigned_list(bits: int) -> Callable[[object], tuple[int, ...]]:
    read_one = _unsigned(bits)

    def read(value: object) -> tuple[int, ...]:
        if not isinstance(value, list):
            raise ValueError("is no list of numbers")
        return tuple(read_one(item) for item in value)

    return read


def _octets(longest: int) -> Callable[[object], bytes]:
    def read(value: object) -> bytes:
        try:
            octets = bytes.fromhex(_text(value))
        except ValueError as error:
            raise ValueError("is no string of hexadecimal digits, two for each octet") from error
        if len(_text(value)) != 2 * len(octets):  # fromhex passes over blanks
            raise ValueError("is no string of hexadecimal digits, two for each octet")
        if len(octets) > longest:
            raise ValueError(f"holds {len(octets)} octets, more than the {longest} that its length field can say")
        return octets

    return read


def _sender(value: object) -> str:
    if value not in SENDERS:
        raise ValueError('is neither "client" nor "server"')
    return str(value)


def _message(value: object) -> str:
    if value not in MESSAGES:
        raise ValueError(f"is no message; they are {', '.join(MESSAGES)}")
    return str(value)


def _one_of(known: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in known:
            raise ValueError(f"is none of {', '.join(known)}")
        return str(value)

    return read


def _octets_list(longest: int) -> Callable[[object], tuple[bytes, ...]]:
    read_one = _octets(longest)

    def read(value: object) -> tuple[bytes, ...]:
        if not isinstance(value, list):
            raise ValueError("is no list of octets")
        return tuple(read_one(item) for item in value)

    return read


Value = int | float | bool | str | bytes | tuple[int, ...] | tuple[bytes, ...]
"""What a field of an event holds."""

EVENT_FIELDS: dict[str, Callable[[object], Value]] = {
    "connection": _unsigned(32),
    "sender": _sender,
    "message": _message,
    "time": _number,
    "version": _unsigned(16),
    "session_id": _octets(255),
    "session_ticket": _octets(65535),
    "extensions": _unsigned_list(16),
    "cipher_suites": _unsigned_list(16),
    "cipher_suite": _unsigned(16),
    "server_name": _text,
    "versions": _unsigned_list(16),
    "renegotiation_info": _octets(255),
    "application_protocols": _octets_list(255),
    "compression_methods": _octets(255),
    "compression_method": _unsigned(8),
    "server_name_length": _unsigned(16),
    "downgrade_marker": _flag,
    "old_format": _flag,
    "ticket": _octets(65535),
    "lifetime_hint": _unsigned(32),
    "certificates": _unsigned(24),
    "verified": _flag, "omits_ticket": _flag,
    "alert_level": _unsigned(8),
    "alert_description": _unsigned(8),
    "malformed": _text,
    "protected": _flag,
    "ticket_kind": _one_of(TICKET_KINDS),
    "retuned": _one_of(RETUNED),
}
"""The fields of an event line and how each is read; a reader raises ValueError with the reason."""

HEADER_FIELDS: dict[str, Callable[[object], Value]] = {
    "schema": _text, "client": _text, "server": _text, "complete": _flag, "note": _text, "whole": _flag,
}  # fmt: skip
_EVENT_NEEDS = ("connection", "sender", "message")
_HEADER_NEEDS = ("schema", "client", "server", "complete")


# --- one line ---------------------------------------------------------------------------------------------------------


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f'"{next(name for name in names if names.count(name) > 1)}" stands twice')
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _object(line: str) -> dict[str, object]:
    try:
        value: object = json.loads(line, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        if line.strip() == "{":
            raise ValueError("a JSON document of several lines; a recording has an object on each") from error
        if error.pos >= len(line.rstrip()) or "Unterminated" in error.msg:
            raise ValueError(f"the line breaks off after {len(line.rstrip())} characters") from error
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("not an event: nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _values(
    found: dict[str, object], known: dict[str, Callable[[object], Value]], needed: tuple[str, ...]
) -> dict[str, Value]:
    for name in needed:
        if name not in found:
            raise ValueError(f'"{name}" is missing')
    values: dict[str, Value] = {}
    for name, value in found.items():
        read = known.get(name)
        if read is None:
            raise ValueError(f'no field is called "{name}"')
        try:
            values[name] = read(value)
        except ValueError as error:
            shown = json.dumps(value)
            raise ValueError(f"{name} {shown if len(shown) <= 60 else shown[:57] + '...'} {error}") from error
    return values


def parse_event(line: str) -> RecordedEvent:
    """The event that one line holds.

    :raises ValueError: with the reason, naming the field and its value.
    """
    return RecordedEvent(**_values(_object(line), EVENT_FIELDS, _EVENT_NEEDS))  # type: ignore[arg-type]


def parse_header(line: str) -> Header:
    """The header that the first line of a recording holds.

    :raises ValueError: with the reason; among them a schema other than :data:`SCHEMA`.
    """
    found = _object(line)
    if "schema" not in found:
        raise ValueError(f'not a recording: its first line has no "schema", which would be "{SCHEMA}"')
    if found["schema"] != SCHEMA:
        raise ValueError(f'schema {json.dumps(found["schema"])} is not "{SCHEMA}", the only one read here')
    values = _values(found, HEADER_FIELDS, _HEADER_NEEDS)
    del values["schema"]
    return Header(**values)  # type: ignore[arg-type]


@cache
def _defaults() -> tuple[tuple[str, object], ...]:
    return tuple((field.name, None if field.default is MISSING else field.default) for field in fields(RecordedEvent))


def _shown(value: Value) -> object:
    if isinstance(value, tuple):
        return [_shown(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def format_event(event: RecordedEvent) -> str:
    """One line, without its line break, in the order of the fields; what does not apply is left out."""
    shown: dict[str, object] = {}
    for name, default in _defaults():
        value = getattr(event, name)
        if value is not default:
            shown[name] = _shown(value)
    return json.dumps(shown)


def format_header(header: Header) -> str:
    """The first line of a recording, without its line break."""
    shown = {"schema": SCHEMA, "client": header.client, "server": header.server, "complete": header.complete}
    more: dict[str, str | bool] = {} if header.note is None else {"note": header.note}
    return json.dumps({**shown, **more, **({"whole": True} if header.whole else {})})
