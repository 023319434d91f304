"""Every decoder of messages and extensions, with what writes its value again."""

from collections.abc import Callable
from functools import cache, partial
from typing import TypeVar

from cryptography.x509 import Certificate

from rfc5077.properties.fuzz.oracle import decode, demand
from rfc5077.properties.fuzz.walk import NOW, kinds
from rfc5077.reference.handshake.extensions import check_asked
from rfc5077.reference.handshake.negotiate import check_client_hello
from rfc5077.reference.handshake.offer import Offer, check_server_hello, make_client_hello
from rfc5077.reference.keys.credentials import (
    TrustAnchors,
    check_encipherment,
    check_signing,
    parse_chain,
    public_key,
)
from rfc5077.reference.wire import extensions, messages
from rfc5077.reference.wire.hello import ClientHello, ServerHello

Value = TypeVar("Value")
Decoder = Callable[[bytes], None]
"""Takes any octets; raises Finding, or whatever is a finding."""


def _reads(parse: Callable[[bytes], object], body: bytes) -> None:
    decode(parse, body)


def _round(parse: Callable[[bytes], Value], encode: Callable[[Value], bytes], body: bytes) -> None:
    """What was read is written again, and is the same."""
    value = decode(parse, body)
    if value is not None:
        demand(encode(value) == body, f"written again it is something else: {value}")


def _hello(parse: Callable[[bytes], Value], encode: Callable[[Value], bytes], body: bytes) -> None:
    """The same for hellos, in which an empty block of extensions may be left out."""
    value = decode(parse, body)
    if value is not None:
        demand(decode(parse, encode(value)) == value, f"read again it is something else: {value}")


@cache
def _asking() -> ClientHello:
    """A hello that asks for as much as a client can."""
    return make_client_hello(kinds()[3].client, Offer(), bytes)


def _judge_client_hello(body: bytes) -> None:
    hello = ClientHello.parse(body)
    check_client_hello(hello)
    check_asked(hello)
    _ = (hello.session_ticket, hello.point_formats, hello.secure_renegotiation)


def _judge_server_hello(body: bytes) -> None:
    check_server_hello(_asking(), ServerHello.parse(body))


def _judge_certificate(body: bytes) -> None:
    parsed = parse_chain(messages.Certificate.parse(body).chain)
    for certificate in parsed:
        _reads(partial(_key_of, certificate), body)
        _reads(partial(_use_of, certificate), body)
        _reads(partial(_signs, certificate), body)
    for anchors in _anchors() if parsed else ():
        _reads(partial(_verify, anchors, parsed, None), body)
        _reads(partial(_verify, anchors, parsed, "localhost"), body)


def _key_of(certificate: Certificate, _: bytes) -> None:
    public_key(certificate)


def _use_of(certificate: Certificate, _: bytes) -> None:
    check_encipherment(certificate)


def _signs(certificate: Certificate, _: bytes) -> None:
    check_signing(certificate)


def _verify(anchors: TrustAnchors, chain: tuple[Certificate, ...], server: str | None, _: bytes) -> None:
    if server is None:
        anchors.verify_client(chain, NOW)
    else:
        anchors.verify_server(chain, server, NOW)


@cache
def _anchors() -> tuple[TrustAnchors, ...]:
    own, others = kinds()[0].client.roots, kinds()[1].server.client_roots
    return tuple(anchors for anchors in (own, others) if anchors is not None)


# fmt: off
DECODERS: dict[str, Decoder] = {
    "ClientHello": partial(_hello, ClientHello.parse, ClientHello.encode),
    "ClientHello looked on": partial(_hello, partial(ClientHello.parse, strict=False), ClientHello.encode),
    "ClientHello judged": partial(_reads, _judge_client_hello),
    "ServerHello": partial(_hello, ServerHello.parse, ServerHello.encode),
    "ServerHello looked on": partial(_hello, partial(ServerHello.parse, strict=False), ServerHello.encode),
    "ServerHello judged": partial(_reads, _judge_server_hello),
    "Certificate": partial(_round, messages.Certificate.parse, messages.Certificate.encode),
    "certificates": partial(_reads, _judge_certificate),
    "CertificateStatus": partial(_round, messages.CertificateStatus.parse, messages.CertificateStatus.encode),
    "ServerKeyExchange": partial(_round, messages.ServerKeyExchange.parse, messages.ServerKeyExchange.encode),
    "CertificateRequest": partial(_round, messages.CertificateRequest.parse, messages.CertificateRequest.encode),
    "ClientKeyExchange": partial(_round, messages.ClientKeyExchange.parse, messages.ClientKeyExchange.encode),
    "CertificateVerify": partial(_round, messages.CertificateVerify.parse, messages.CertificateVerify.encode),
    "NewSessionTicket": partial(_round, messages.NewSessionTicket.parse, messages.NewSessionTicket.encode),
    "Finished": partial(_round, messages.Finished.parse, messages.Finished.encode),
    "Alert": partial(_round, messages.Alert.parse, messages.Alert.encode),
    "protocols": partial(_round, extensions.parse_protocols, extensions.protocols_body),
    "max_fragment_length": partial(_reads, extensions.parse_fragment_code),
    "record_size_limit": partial(_reads, extensions.parse_record_size_limit),
    "status_request": partial(_reads, extensions.asks_for_ocsp),
}
# fmt: on
