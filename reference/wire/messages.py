"""Handshake messages besides the hellos (RFC 5246, section 7.4; RFC 5077, section 3.3), alerts, and reassembly.

Each message is a frozen dataclass with `parse(body)` and `encode()`; bodies exclude the four octets of the handshake
header, which `handshake` puts in front. Received messages travel as `Message`, with the octets as they came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple, Self

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.wire.codec import Reader, Writer

VERIFY_DATA_LENGTH = 12
"""Octets of Finished (RFC 5246, section 7.4.9)."""

NAMED_CURVE = 3
"""The only ECCurveType in use (RFC 8422, section 5.4)."""

MAX_MESSAGE = 2**18
"""Octets of a handshake message body that are accepted; the largest hello has about half of it."""


class HandshakeType(IntEnum):
    """Types of handshake messages (RFC 5246, section 7.4)."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4  # R5077-3.3-12
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_URL = 21
    CERTIFICATE_STATUS = 22


class Signal(Enum):
    """What else moves a handshake, without being a handshake message (so it is never hashed)."""

    CHANGE_CIPHER_SPEC = "ChangeCipherSpec"
    APPLICATION_DATA = "application data"


class Message(NamedTuple):
    """Something received: `kind` a handshake type (any number) or a signal, its body, and its octets as they came.

    The transcript hashes `octets`, never a re-encoding; they are empty for signals.
    """

    kind: int | Signal
    body: bytes
    octets: bytes = b""

    @property
    def name(self) -> str:
        """The name for people."""
        return message_name(self.kind)


def message_name(kind: int | Signal) -> str:
    """`NewSessionTicket` for 4, and so on; `handshake type 99` for a type that does not exist."""
    if isinstance(kind, Signal):
        return kind.value
    try:
        return HandshakeType(kind).name.title().replace("_", "")
    except ValueError:
        return f"handshake type {kind}"


def handshake(kind: int, body: bytes) -> bytes:
    """A handshake message: type, length in three octets, body."""
    return b"%c%b%b" % (kind, len(body).to_bytes(3, "big"), body)


class HandshakeReader:
    """Puts handshake messages together from the payloads of records (RFC 5246, section 6.2.1).

    A message may be spread over any number of records, and a record may hold several messages.
    """

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Octets that were fed and not handed out: more than zero means that a record ends inside a message, or that
        messages of the last record have not been asked for yet."""
        return len(self._buffer)

    def forget(self) -> None:
        """Overwrites what is pending, which may be of a protected message, and lets go of it."""
        self._buffer[:] = bytes(len(self._buffer))
        self._buffer.clear()

    def feed(self, payload: bytes) -> Iterator[Message]:
        """Yields the messages that are complete, one at a time; the rest stays pending.

        Raises ProtocolError (illegal_parameter) when a header announces more than `MAX_MESSAGE` octets.
        """
        if not self._buffer and len(payload) >= 4 and int.from_bytes(payload[1:4], "big") == len(payload) - 4:
            return iter((Message(payload[0], payload[4:], payload),))  # one message, whole: nothing to put together
        self._buffer += payload
        return self._messages()

    def _messages(self) -> Iterator[Message]:
        buffer = self._buffer
        while len(buffer) >= 4:
            length = int.from_bytes(buffer[1:4], "big")
            if length > MAX_MESSAGE:
                raise ProtocolError(Cause.MESSAGE_TOO_LONG, f"a handshake message of {length} octets")
            if len(buffer) < 4 + length:
                return
            octets = bytes(buffer[: 4 + length])
            del buffer[: 4 + length]
            yield Message(octets[0], octets[4:], octets)


def parse_empty(body: bytes) -> None:
    """Checks a message that has no contents: HelloRequest, ServerHelloDone."""
    Reader(body).finish()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A chain of DER certificates, the sender's own first; empty only from a client (RFC 5246, 7.4.2 and 7.4.6)."""

    chain: tuple[bytes, ...]

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) if the body does not fit the format."""
        reader = Reader(body)
        entries = Reader(reader.vector(3))
        reader.finish()
        chain: list[bytes] = []
        while entries.remaining:
            chain.append(entries.vector(3, 1))
        return cls(tuple(chain))

    def encode(self) -> bytes:
        """The body."""
        out = Writer()
        with out.vector(3):
            for certificate in self.chain:
                out.opaque(3, certificate)
        return out.octets()


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """An OCSP response for the server's certificate, DER as it is (RFC 6066, section 8)."""

    response: bytes

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError: decode_error for the format, illegal_parameter for a type other than OCSP."""
        reader = Reader(body)
        if reader.integer(1) != 1:
            raise ProtocolError(Cause.STATUS_TYPE)
        response = reader.vector(3, 1)
        reader.finish()
        return cls(response)

    def encode(self) -> bytes:
        """The body."""
        return b"\x01" + len(self.response).to_bytes(3, "big") + self.response


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """The server's ephemeral share with its signature (RFC 8422, section 5.4)."""

    group: int
    public: bytes
    scheme: int
    signature: bytes

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError: decode_error for the format, illegal_parameter for another kind of curve."""
        reader = Reader(body)
        if reader.integer(1) != NAMED_CURVE:
            raise ProtocolError(Cause.GROUP_NOT_OFFERED, "ServerKeyExchange holds no named curve")
        group = reader.integer(2)
        public = reader.vector(1, 1)
        scheme = reader.integer(2)
        signature = reader.vector(2)
        reader.finish()
        return cls(group, public, scheme, signature)

    @property
    def parameters(self) -> bytes:
        """ServerECDHParams: the part that is signed, behind the two randoms."""
        return b"%c%b%c%b" % (NAMED_CURVE, self.group.to_bytes(2, "big"), len(self.public), self.public)

    def encode(self) -> bytes:
        """The body."""
        out = Writer()
        out.raw(self.parameters)
        out.integer(2, self.scheme)
        out.opaque(2, self.signature)
        return out.octets()


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """What client certificates are welcome (RFC 5246, section 7.4.4): key types, schemes, issuers' DER names."""

    certificate_types: tuple[int, ...]
    signature_algorithms: tuple[int, ...]
    authorities: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) if the body does not fit the format."""
        reader = Reader(body)
        types = reader.integers(1, 1, minimum=1)
        schemes = reader.integers(2, 2, minimum=2)
        names = Reader(reader.vector(2))
        reader.finish()
        authorities: list[bytes] = []
        while names.remaining:
            authorities.append(names.vector(2, 1))
        return cls(types, schemes, tuple(authorities))

    def encode(self) -> bytes:
        """The body."""
        out = Writer()
        out.integers(1, 1, self.certificate_types)
        out.integers(2, 2, self.signature_algorithms)
        with out.vector(2):
            for name in self.authorities:
                out.opaque(2, name)
        return out.octets()


@dataclass(frozen=True, slots=True)
class ClientKeyExchange:
    """The client's ephemeral share (RFC 8422, section 5.7)."""

    public: bytes

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) if the body does not fit the format."""
        reader = Reader(body)
        public = reader.vector(1, 1)
        reader.finish()
        return cls(public)

    def encode(self) -> bytes:
        """The body."""
        return b"%c%b" % (len(self.public), self.public)


@dataclass(frozen=True, slots=True)
class EncryptedPreMasterSecret:
    """ClientKeyExchange under RSA key exchange (RFC 5246, section 7.4.7.1)."""

    encrypted: bytes

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) if the body does not fit the format."""
        reader = Reader(body)
        encrypted = reader.vector(2)
        reader.finish()
        return cls(encrypted)

    def encode(self) -> bytes:
        """The body."""
        return len(self.encrypted).to_bytes(2, "big") + self.encrypted


@dataclass(frozen=True, slots=True)
class CertificateVerify:
    """The client's signature over all messages so far (RFC 5246, section 7.4.8)."""

    scheme: int
    signature: bytes

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) if the body does not fit the format."""
        reader = Reader(body)
        scheme = reader.integer(2)
        signature = reader.vector(2)
        reader.finish()
        return cls(scheme, signature)

    def encode(self) -> bytes:
        """The body."""
        out = Writer()
        out.integer(2, self.scheme)
        out.opaque(2, self.signature)
        return out.octets()


@dataclass(frozen=True, slots=True)
class NewSessionTicket:
    """A ticket (0 to 65,535 octets; none means that no ticket is given after all) and its lifetime hint in seconds,
    0 for unspecified (RFC 5077, section 3.3)."""

    lifetime_hint: int
    ticket: bytes

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) if the body does not fit the format."""
        reader = Reader(body)
        hint = reader.integer(4)  # R5077-3.3-14
        ticket = reader.vector(2)
        reader.finish()  # R5077-3.3-13
        return cls(hint, ticket)

    def encode(self) -> bytes:
        """The body. Raises OverflowError for a hint beyond 32 bits or a ticket beyond 65,535 octets."""
        out = Writer()
        out.integer(4, self.lifetime_hint)
        out.opaque(2, self.ticket)
        return out.octets()


@dataclass(frozen=True, slots=True)
class Finished:
    """verify_data, twelve octets (RFC 5246, section 7.4.9)."""

    verify_data: bytes

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) for any other length."""
        reader = Reader(body)
        verify_data = reader.take(VERIFY_DATA_LENGTH)
        reader.finish()
        return cls(verify_data)

    def encode(self) -> bytes:
        """The body."""
        return self.verify_data


@dataclass(frozen=True, slots=True)
class Alert:
    """The contents of an alert record, as numbers (RFC 5246, section 7.2)."""

    level: int
    description: int

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Raises ProtocolError (decode_error) for any other length than two octets."""
        reader = Reader(body)
        level = reader.integer(1)
        description = reader.integer(1)
        reader.finish()
        return cls(level, description)

    def encode(self) -> bytes:
        """The two octets."""
        return bytes((self.level, self.description))
