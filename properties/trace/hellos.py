"""What a hello shows beside its ticket, as fields of recorded events, read by the reference's wire room.

Everything is read leniently: what does not fit its format is left out, as the observer does not judge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, TypeVar

from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.wire.codec import Reader
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello

APPLICATION_PROTOCOLS = 16
"""The extension of RFC 7301."""

DOWNGRADE_MARKER = b"DOWNGRD\x01"
"""The last octets of a random that a server of TLS 1.3 sends with TLS 1.2 (RFC 8446, section 4.1.3)."""

OLD_CLIENT_HELLO = 1
"""The message type of SSL 2.0 (RFC 5246, appendix E.2)."""


class Asked(TypedDict, total=False):
    """What a ClientHello adds to its event."""

    versions: tuple[int, ...] | None
    renegotiation_info: bytes | None
    application_protocols: tuple[bytes, ...] | None
    compression_methods: bytes | None


class Answered(TypedDict, total=False):
    """What a ServerHello adds to its event."""

    renegotiation_info: bytes | None
    application_protocols: tuple[bytes, ...] | None
    compression_method: int
    server_name_length: int | None
    downgrade_marker: bool


T = TypeVar("T")


def _readable(read: Callable[[], T]) -> T | None:
    """What is read; None if it does not fit its format."""
    try:
        return read()
    except ProtocolError:
        return None


def _protocols(body: bytes | None) -> tuple[bytes, ...] | None:
    """The list of RFC 7301, section 3.1; none at all if it cannot be read."""
    if body is None:
        return None

    def read() -> tuple[bytes, ...]:
        reader = Reader(body)
        names, found = Reader(reader.vector(2)), []
        reader.finish()
        while names.remaining:
            found.append(names.vector(1))
        return tuple(found)

    return _readable(read) or ()


def asked(hello: ClientHello) -> Asked:
    """What the client asks for."""
    return Asked(
        versions=_readable(lambda: hello.supported_versions),
        renegotiation_info=_readable(lambda: hello.renegotiation_info),
        application_protocols=_protocols(hello.extension(APPLICATION_PROTOCOLS)),
        compression_methods=hello.compression_methods,
    )


def answered(hello: ServerHello) -> Answered:
    """What the server answers."""
    name = hello.extension(ExtensionType.SERVER_NAME)
    return Answered(
        renegotiation_info=_readable(lambda: hello.renegotiation_info),
        application_protocols=_protocols(hello.extension(APPLICATION_PROTOCOLS)),
        compression_method=hello.compression_method,
        server_name_length=None if name is None else len(name),
        downgrade_marker=hello.random.endswith(DOWNGRADE_MARKER),
    )


def old_length(octets: bytes) -> int | None:
    """How long a ClientHello of SSL 2.0 is that begins so, its length field included.

    None if the octets begin nothing of the kind; as long as it is open, one octet more than there are.
    """
    if not octets or not octets[0] & 0x80:
        return None
    if len(octets) < 3:
        return len(octets) + 1
    return 2 + int.from_bytes(octets[:2], "big") - 0x8000 if octets[2] == OLD_CLIENT_HELLO else None


def parse_old_hello(message: bytes) -> ClientHello:
    """A ClientHello of SSL 2.0, as the ClientHello that it stands for (RFC 5246, appendix E.2).

    :param message: without the length field.
    :raises ProtocolError: decode_error, if the octets do not fit the format.
    """
    reader = Reader(message)
    reader.integer(1)
    version = reader.integer(2)
    lengths = [reader.integer(2) for _ in range(3)]
    specs, session_id, challenge = (reader.take(length) for length in lengths)
    reader.finish()
    kinds = [int.from_bytes(specs[at : at + 3], "big") for at in range(0, len(specs) - len(specs) % 3, 3)]
    suites = tuple(kind for kind in kinds if kind <= 0xFFFF)  # the others are of SSL 2.0 itself
    return ClientHello(version, challenge[-32:].rjust(32, b"\0"), session_id, suites)


def old_random(message: bytes) -> bytes:
    """The random that the challenge of a ClientHello of SSL 2.0 stands for."""
    return parse_old_hello(message).random


def recorded_old_hello(
    connection: int, sender: str, octets: bytes, *, time: float | None = None
) -> RecordedEvent | None:
    """The event for a ClientHello in the format of SSL 2.0; None if the octets do not begin with such a hello."""
    length = old_length(octets)
    if length is None or len(octets) < length:
        return None
    hello = _readable(lambda: parse_old_hello(octets[2:length]))
    if hello is None:
        return None
    # R5246-E.2-01: the format has no extensions and no compression.
    return RecordedEvent(
        connection=connection, sender=sender, message="ClientHello", time=time, version=hello.version,
        session_id=hello.session_id, extensions=(), cipher_suites=hello.cipher_suites, compression_methods=b"\0",
        old_format=True,
    )  # fmt: skip
