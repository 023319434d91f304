"""One handshake message, in octets, to a recorded event; what cannot be read is an event too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rfc5077.properties.trace.hellos import answered, asked
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.wire.codec import Reader
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello
from rfc5077.reference.wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    Finished,
    HandshakeType,
    NewSessionTicket,
    parse_empty,
)

TLS_1_3 = 0x0304

Fields = Mapping[str, object]
"""What an event says beside who sent what, by field."""

_NAMES: dict[int, str] = {
    HandshakeType.HELLO_REQUEST: "HelloRequest",
    HandshakeType.CLIENT_HELLO: "ClientHello",
    HandshakeType.SERVER_HELLO: "ServerHello",
    HandshakeType.NEW_SESSION_TICKET: "NewSessionTicket",
    HandshakeType.CERTIFICATE: "Certificate",
    HandshakeType.SERVER_KEY_EXCHANGE: "ServerKeyExchange",
    HandshakeType.CERTIFICATE_REQUEST: "CertificateRequest",
    HandshakeType.SERVER_HELLO_DONE: "ServerHelloDone",
    HandshakeType.CERTIFICATE_VERIFY: "CertificateVerify",
    HandshakeType.CLIENT_KEY_EXCHANGE: "ClientKeyExchange",
    HandshakeType.FINISHED: "Finished",
    HandshakeType.CERTIFICATE_STATUS: "CertificateStatus",
}
"""Handshake types that TLS 1.2 clients and servers know by now; any other is recorded as Unrecognised."""


def recorded_message(
    connection: int, sender: str, handshake_type: int, body: bytes, *,
    time: float | None = None, verified: bool | None = None, protected: bool = False,
) -> RecordedEvent:  # fmt: skip
    """The event for one handshake message.

    :param body: the octets behind the handshake header.
    :param verified: for Finished and CertificateVerify, whether the contents are right, where that is known.
    """
    name = _NAMES.get(handshake_type, "Unrecognised")
    return RecordedEvent(
        connection=connection, sender=sender, message=name, time=time, verified=verified, protected=protected,
        **_contents(handshake_type, body),  # type: ignore[arg-type]
    )  # fmt: skip


def _contents(handshake_type: int, body: bytes) -> Fields:
    """What an event says of the contents of its message."""
    read = _READERS.get(handshake_type)
    if read is None:
        return {} if handshake_type in _NAMES else {"malformed": f"handshake type {handshake_type}"}
    try:
        return read(body)
    except ProtocolError as error:
        part = _part_of_ticket(body) if handshake_type == HandshakeType.NEW_SESSION_TICKET else {}
        return {**part, "malformed": error.detail}


def _client_hello(body: bytes) -> Fields:
    hello = ClientHello.parse(body, strict=False)
    malformed = name = None
    # R5246-7.4.1.2-04: an id beyond 32 octets does not fit the format, yet its octets are worth keeping.
    if len(hello.session_id) > 32:
        malformed = f"a session_id of {len(hello.session_id)} octets"
    else:
        try:
            name = hello.server_name
        except ProtocolError as error:
            malformed = error.detail
    return dict(
        version=hello.version, session_id=hello.session_id, session_ticket=hello.session_ticket,
        extensions=tuple(kind for kind, _ in hello.extensions), cipher_suites=hello.cipher_suites, server_name=name,
        malformed=malformed, **asked(hello),
    )  # fmt: skip


def _server_hello(body: bytes) -> Fields:
    hello = ServerHello.parse(body, strict=False)
    picks_1_3 = hello.extension(ExtensionType.SUPPORTED_VERSIONS) is not None
    return dict(
        version=TLS_1_3 if picks_1_3 else hello.version, session_id=hello.session_id,
        session_ticket=hello.session_ticket, extensions=tuple(kind for kind, _ in hello.extensions),
        cipher_suite=hello.cipher_suite, **answered(hello),
        malformed=f"a session_id of {len(hello.session_id)} octets" if len(hello.session_id) > 32 else None,
    )  # fmt: skip


def _new_session_ticket(body: bytes) -> Fields:
    message = NewSessionTicket.parse(body)
    return {"ticket": message.ticket, "lifetime_hint": message.lifetime_hint}


def _part_of_ticket(body: bytes) -> Fields:
    """What a NewSessionTicket that does not fit its format still shows."""
    if len(body) < 6:
        return {}
    reader = Reader(body)
    hint, length = reader.integer(4), reader.integer(2)
    return {"lifetime_hint": hint, "ticket": reader.take(min(length, reader.remaining))}


def _certificate(body: bytes) -> Fields:
    return {"certificates": len(Certificate.parse(body).chain)}


def _certificate_verify(body: bytes) -> Fields:
    CertificateVerify.parse(body)
    return {}


def _certificate_request(body: bytes) -> Fields:
    CertificateRequest.parse(body)
    return {}


def _finished(body: bytes) -> Fields:
    Finished.parse(body)
    return {}


def _empty(body: bytes) -> Fields:
    parse_empty(body)
    return {}


_READERS: dict[int, Callable[[bytes], Fields]] = {
    HandshakeType.CLIENT_HELLO: _client_hello,
    HandshakeType.SERVER_HELLO: _server_hello,
    HandshakeType.NEW_SESSION_TICKET: _new_session_ticket,
    HandshakeType.CERTIFICATE: _certificate,
    HandshakeType.CERTIFICATE_VERIFY: _certificate_verify,
    HandshakeType.CERTIFICATE_REQUEST: _certificate_request,
    HandshakeType.FINISHED: _finished,
    HandshakeType.SERVER_HELLO_DONE: _empty,
    HandshakeType.HELLO_REQUEST: _empty,
}
"""Messages whose format is the same under every cipher suite; the bodies of the others are not looked into."""
