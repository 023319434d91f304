"""ClientHello and ServerHello (RFC 5246, sections 7.4.1.2 and 7.4.1.3) and the extensions inside.

Extensions stay an ordered tuple of (type, body) pairs, so duplicates and oddities are representable; the properties
read the bodies this project knows. Parsing checks the format only; what the values mean is judged in
`handshake.negotiate`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache, partial
from typing import Self, TypeVar, cast

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.wire.codec import Reader, Writer

Extensions = tuple[tuple[int, bytes], ...]
"""(type, body) pairs in the order of the wire."""

MAX_SESSION_ID = 32
"""Octets of a session id at most (RFC 5246, section 7.4.1.2)."""

RENEGOTIATION_SCSV = 0x00FF
"""The suite value that stands for an empty renegotiation_info (RFC 5746, section 3.3)."""


class ExtensionType(IntEnum):
    """Code points of the extensions that are read or written here."""

    SERVER_NAME = 0
    MAX_FRAGMENT_LENGTH = 1
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    ALPN = 16
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    RECORD_SIZE_LIMIT = 28
    SESSION_TICKET = 35  # R5077-3.2-11
    SUPPORTED_VERSIONS = 43
    RENEGOTIATION_INFO = 0xFF01


DOWNGRADE_TO_1_2 = b"DOWNGRD\x01"
DOWNGRADE_TO_1_1 = b"DOWNGRD\x00"
"""How a server's random ends if it speaks TLS 1.3 (TLS 1.2) and chose TLS 1.2 (an older version); RFC 8446, 4.1.3."""


def duplicated_extensions(extensions: Extensions) -> tuple[int, ...]:
    """The types that occur more than once, in ascending order."""
    if len(extensions) == len({kind for kind, _ in extensions}):
        return ()
    counts = Counter(kind for kind, _ in extensions)
    return tuple(sorted(kind for kind, count in counts.items() if count > 1))


def _read_extensions(reader: Reader, strict: bool) -> Extensions:
    """The extension block, which may be missing altogether."""
    if not reader.remaining:
        return ()
    extensions = Reader(reader.vector(2)).typed_vectors()
    if strict and (twice := duplicated_extensions(extensions)):  # R5246-7.4.1.4-03
        raise ProtocolError(Cause.DUPLICATE_EXTENSION, f"extension {twice[0]} comes more than once")
    return extensions


def _write_extensions(out: Writer, extensions: Extensions) -> None:
    if not extensions:
        return
    with out.vector(2):
        out.typed_vectors(extensions)


def _read_session_id(reader: Reader, strict: bool) -> bytes:
    # R5246-7.4.1.2-04: more than 32 octets do not fit the format.
    return reader.vector(1, 0, MAX_SESSION_ID if strict else None)


Value = TypeVar("Value")


def _value(hello: "ClientHello | ServerHello", extension: int, parse: Callable[[bytes], Value]) -> Value | None:
    """What an extension says, None if it is absent; its body is read once, however often it is asked for."""
    value = hello._values.get(extension)
    if value is None and (body := hello.extension(extension)) is not None:
        value = hello._values[extension] = parse(body)
    return cast("Value | None", value)


def _is_flag(hello: "ClientHello | ServerHello", extension: ExtensionType) -> bool:
    """Whether an extension that has no contents is there. Raises ProtocolError (decode_error) if it has contents."""
    body = hello.extension(extension)
    if body:
        raise ProtocolError(Cause.NOT_EMPTY, f"{extension.name.lower()} carries {len(body)} octets")
    return body is not None


def _parse_renegotiation_info(body: bytes) -> bytes:
    """renegotiated_connection (RFC 5746, section 3.2)."""
    reader = Reader(body)
    value = reader.vector(1)
    reader.finish()
    return value


def _parse_integers(width: int, item: int, body: bytes) -> tuple[int, ...]:
    """A body that is one vector of integers, of one at least."""
    reader = Reader(body)
    values = reader.integers(width, item, minimum=item)
    reader.finish()
    return values


_parse_codes = partial(_parse_integers, 2, 2)
_parse_formats = partial(_parse_integers, 1, 1)
_parse_versions = partial(_parse_integers, 1, 2)


@dataclass(frozen=True, slots=True)
class ClientHello:
    """The client's opening. `version` is the highest it speaks, `random` 32 octets, `session_id` 0 to 32 octets."""

    version: int
    random: bytes
    session_id: bytes
    cipher_suites: tuple[int, ...]
    compression_methods: bytes = b"\x00"
    extensions: Extensions = ()
    _bodies: dict[int, bytes] = field(init=False, repr=False, compare=False)
    _values: dict[int, object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bodies", dict(reversed(self.extensions)))
        object.__setattr__(self, "_values", {})

    @classmethod
    def parse(cls, body: bytes, strict: bool = True) -> Self:
        """Reads the body of a handshake message.

        Raises ProtocolError: decode_error if the octets do not match the format exactly, illegal_parameter if an
        extension comes twice. With `strict=False` duplicates and session ids beyond 32 octets are let through, for
        those who only look on.
        """
        reader = Reader(body)
        version = reader.integer(2)
        random = reader.take(32)
        session_id = _read_session_id(reader, strict)
        suites = reader.integers(2, 2, minimum=2)
        compression = reader.vector(1, 1)
        extensions = _read_extensions(reader, strict)
        reader.finish()
        return cls(version, random, session_id, suites, compression, extensions)

    def encode(self) -> bytes:
        """The body of the handshake message. Without extensions the block is left out."""
        out = Writer()
        out.integer(2, self.version)
        out.raw(self.random)
        out.opaque(1, self.session_id)
        out.integers(2, 2, self.cipher_suites)
        out.opaque(1, self.compression_methods)
        _write_extensions(out, self.extensions)
        return out.octets()

    def extension(self, extension: int) -> bytes | None:
        """The body of the first extension of this type, None if there is none."""
        return self._bodies.get(extension)

    @property
    def session_ticket(self) -> bytes | None:
        """The SessionTicket body: None absent, empty, or the ticket itself (RFC 5077, section 3.2)."""
        return self.extension(ExtensionType.SESSION_TICKET)  # R5077-3.2-12

    @property
    def server_name(self) -> str | None:
        """The host name asked for, in lower case (RFC 6066, section 3). ProtocolError if the body is no such list."""
        return _value(self, ExtensionType.SERVER_NAME, _parse_server_name)

    @property
    def supported_groups(self) -> tuple[int, ...] | None:
        """Elliptic curves in the client's order (RFC 8422, section 5.1.1), None if absent."""
        return _value(self, ExtensionType.SUPPORTED_GROUPS, _parse_codes)

    @property
    def point_formats(self) -> tuple[int, ...] | None:
        """Point formats (RFC 8422, section 5.1.2), None if absent."""
        return _value(self, ExtensionType.EC_POINT_FORMATS, _parse_formats)

    @property
    def signature_algorithms(self) -> tuple[int, ...] | None:
        """Signature schemes in the client's order (RFC 5246, section 7.4.1.4.1), None if absent."""
        return _value(self, ExtensionType.SIGNATURE_ALGORITHMS, _parse_codes)

    @property
    def supported_versions(self) -> tuple[int, ...] | None:
        """Versions that a TLS 1.3 client lists (RFC 8446, section 4.2.1), None if absent."""
        return _value(self, ExtensionType.SUPPORTED_VERSIONS, _parse_versions)

    @property
    def extended_master_secret(self) -> bool:
        """Whether an extended master secret is offered (RFC 7627, section 5.1)."""
        return _is_flag(self, ExtensionType.EXTENDED_MASTER_SECRET)

    @property
    def encrypt_then_mac(self) -> bool:
        """Whether encrypt-then-MAC is offered, or answered (RFC 7366, section 2)."""
        return _is_flag(self, ExtensionType.ENCRYPT_THEN_MAC)

    @property
    def renegotiation_info(self) -> bytes | None:
        """renegotiated_connection (RFC 5746, section 3.2), None if absent; the SCSV is not looked at."""
        return _value(self, ExtensionType.RENEGOTIATION_INFO, _parse_renegotiation_info)

    @property
    def secure_renegotiation(self) -> bool:
        """Whether RFC 5746 is signalled, by extension or SCSV."""
        return RENEGOTIATION_SCSV in self.cipher_suites or self.renegotiation_info is not None


@dataclass(frozen=True, slots=True)
class ServerHello:
    """The server's choice. An empty SessionTicket extension announces NewSessionTicket (RFC 5077, section 3.2)."""

    version: int
    random: bytes
    session_id: bytes
    cipher_suite: int
    compression_method: int = 0
    extensions: Extensions = ()
    _bodies: dict[int, bytes] = field(init=False, repr=False, compare=False)
    _values: dict[int, object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bodies", dict(reversed(self.extensions)))
        object.__setattr__(self, "_values", {})

    @classmethod
    def parse(cls, body: bytes, strict: bool = True) -> Self:
        """Reads the body of a handshake message; errors and `strict` as for `ClientHello.parse`."""
        reader = Reader(body)
        version = reader.integer(2)
        random = reader.take(32)
        session_id = _read_session_id(reader, strict)
        suite = reader.integer(2)
        compression = reader.integer(1)
        extensions = _read_extensions(reader, strict)
        reader.finish()
        return cls(version, random, session_id, suite, compression, extensions)

    def encode(self) -> bytes:
        """The body of the handshake message. Without extensions the block is left out."""
        out = Writer()
        out.integer(2, self.version)
        out.raw(self.random)
        out.opaque(1, self.session_id)
        out.integer(2, self.cipher_suite)
        out.integer(1, self.compression_method)
        _write_extensions(out, self.extensions)
        return out.octets()

    def extension(self, extension: int) -> bytes | None:
        """The body of the first extension of this type, None if there is none."""
        return self._bodies.get(extension)

    @property
    def session_ticket(self) -> bytes | None:
        """The SessionTicket body: None absent; empty is the promise of NewSessionTicket; else a fault."""
        return self.extension(ExtensionType.SESSION_TICKET)

    @property
    def announces_ticket(self) -> bool:
        """Whether NewSessionTicket is promised. ProtocolError (decode_error) if the body is not empty."""
        return _is_flag(self, ExtensionType.SESSION_TICKET)  # R5077-3.2-06

    @property
    def acknowledges_server_name(self) -> bool:
        """Whether server_name is answered (RFC 6066, section 3). ProtocolError if the body is not empty."""
        return _is_flag(self, ExtensionType.SERVER_NAME)

    @property
    def extended_master_secret(self) -> bool:
        """Whether an extended master secret is agreed. ProtocolError if the body is not empty."""
        return _is_flag(self, ExtensionType.EXTENDED_MASTER_SECRET)

    @property
    def encrypt_then_mac(self) -> bool:
        """Whether encrypt-then-MAC is offered, or answered (RFC 7366, section 2)."""
        return _is_flag(self, ExtensionType.ENCRYPT_THEN_MAC)

    @property
    def renegotiation_info(self) -> bytes | None:
        """renegotiated_connection (RFC 5746, section 3.2), None if absent."""
        return _value(self, ExtensionType.RENEGOTIATION_INFO, _parse_renegotiation_info)


def _parse_server_name(body: bytes) -> str | None:
    """The host name of a server_name_list; None if the list names other things only."""
    reader = Reader(body)
    names = Reader(reader.vector(2, 1))
    reader.finish()
    found: str | None = None
    while names.remaining:
        kind = names.integer(1)
        name = names.vector(2, 1)
        if kind != 0:
            continue
        if found is not None:
            raise ProtocolError(Cause.DUPLICATE_NAME_TYPE, "two host names in server_name")
        if not name.isascii() or b"\x00" in name:
            raise ProtocolError(Cause.BAD_NAME, f"server_name {name!r}")
        found = name.decode("ascii").lower()
    return found


@lru_cache(maxsize=256)
def server_name_body(name: str) -> bytes:
    """The client's server_name body for one host name (RFC 6066, section 3)."""
    out = Writer()
    with out.vector(2):
        out.integer(1, 0)
        out.opaque(2, name.encode("ascii"))
    return out.octets()


@lru_cache(maxsize=256)
def list_body(width: int, item: int, values: tuple[int, ...]) -> bytes:
    """A body that is one vector of integers: width 2, item 2 for groups and signatures; 1, 1 for point formats."""
    out = Writer()
    out.integers(width, item, values)
    return out.octets()


def renegotiation_info_body(renegotiated_connection: bytes = b"") -> bytes:
    """The renegotiation_info body; empty in a first handshake (RFC 5746, section 3.2)."""
    out = Writer()
    out.opaque(1, renegotiated_connection)
    return out.octets()
