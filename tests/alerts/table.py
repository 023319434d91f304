"""Which alert answers which input: a row for each fault, with the text that says so.

A row names the victim, the kind of conversation (`properties.fuzz.walk.kinds`), how many genuine messages of its peer
come first, and what comes then: octets, a message, a record, or a change of the next genuine message. `alert` is what
the RFCs want and ours sends. `OTHERS` has what OpenSSL and GnuTLS do where that differs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from rfc5077.properties.fuzz.walk import NOW, Walk, kinds, rsa_credentials
from rfc5077.reference.alerts import AlertDescription as A
from rfc5077.reference.wire.hello import ClientHello, ServerHello
from rfc5077.reference.wire.messages import Certificate, handshake
from rfc5077.reference.wire.record import ContentType, encode_record

Act = Callable[[Walk], None]


@dataclass(frozen=True)
class Row:
    """One input. `before` counts genuine messages, ChangeCipherSpec among them; 99: all there are."""

    what: str
    victim: str
    kind: str
    before: int
    act: Act
    alert: A
    source: str


def raw(octets: bytes) -> Act:
    """Octets as they are."""
    return lambda walk: walk.feed(octets)


def say(kind: int, body: bytes = b"") -> Act:
    """A handshake message."""
    return lambda walk: walk.say(ContentType.HANDSHAKE, handshake(kind, body))


def record(content_type: int, payload: bytes) -> Act:
    """A record, under the keys of the moment."""
    return lambda walk: walk.say(ContentType(content_type), payload)


def body(change: Callable[[bytes], bytes]) -> Act:
    """The next genuine message with its body changed, its length right."""
    return lambda walk: walk.genuine(lambda octets: handshake(octets[0], change(octets[4:])) if octets[1:] else octets)


def hello(change: Callable[[ClientHello], ClientHello]) -> Act:
    """The ClientHello, changed."""
    return body(lambda octets: change(ClientHello.parse(octets)).encode())


def answer(change: Callable[[ServerHello], ServerHello]) -> Act:
    """The ServerHello, changed."""
    return body(lambda octets: change(ServerHello.parse(octets)).encode())


def fields(**changes):
    """A hello with other fields."""
    return lambda it: replace(it, **changes)


def extension(kind: int, contents: bytes | None):
    """A hello with this extension in place of its own of the type; None leaves it out."""
    own = () if contents is None else ((kind, contents),)
    return lambda it: replace(it, extensions=(*(e for e in it.extensions if e[0] != kind), *own))


def damaged(place: int) -> Callable[[bytes], bytes]:
    """One bit of the octet at this place is another; negative places count from the end."""
    def change(octets: bytes) -> bytes:
        changed = bytearray(octets)
        changed[place] ^= 1
        return bytes(changed)

    return change


def damaged_record(walk: Walk) -> None:
    """A protected record with one bit changed."""
    walk.peer.layer.send(ContentType.APPLICATION_DATA, b"data")
    walk.feed(damaged(-1)(walk.peer.data_to_send()))


def oversize_record(walk: Walk) -> None:
    """A protected record with one octet too many inside."""
    walk.peer.layer._sending = 16385
    walk.say(ContentType.APPLICATION_DATA, bytes(16385))


def cut_by_change_cipher_spec(walk: Walk) -> None:
    """The first octets of a handshake message, then ChangeCipherSpec."""
    walk.say(ContentType.HANDSHAKE, b"\x14\x00")
    walk.say(ContentType.CHANGE_CIPHER_SPEC, b"\x01")


DIGITAL_SIGNATURE = bytes((4, 3)) + b"\x00\x08" + bytes(8)
NOT_OURS = handshake(22, b"\x01\x00\x00\x01\x00")


@cache
def rsa_certificate(deciphers: bool) -> bytes:
    """Certificate with one for RSA, whose key may sign and, if so, decrypt."""
    key, name = rsa_credentials().key, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start, end = datetime.fromtimestamp(NOW - 1, UTC), datetime.fromtimestamp(NOW + 1, UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, end)
    usage = x509.KeyUsage(True, False, deciphers, False, False, False, False, False, False)
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    return Certificate((certificate.public_bytes(serialization.Encoding.DER),)).encode()


def rsa_certificate_instead(deciphers: bool) -> Act:
    """That one in place of the server's, then the rest of its flight, up to ServerHelloDone, as it is."""
    def act(walk: Walk) -> None:
        walk.genuine(lambda _: handshake(11, rsa_certificate(deciphers)))
        for _ in ("CertificateStatus", "ServerKeyExchange", "CertificateRequest", "ServerHelloDone"):
            walk.genuine()

    return act


CERTIFICATE_OF_NOISE = b"\x00\x00\x08\x00\x00\x05noise"
EMPTY_LIST = b"\x00\x00\x00"


def _rows(victim: str, *rows: tuple[str, str, int, Act, A, str]) -> tuple[Row, ...]:
    return tuple(Row(what, victim, kind, before, act, alert, source) for what, kind, before, act, alert, source in rows)


# fmt: off
RECORDS = tuple(row for victim in ("server", "client") for row in _rows(
    victim,
    ("no TLS at all", "full", 0, raw(b"HELP\r\n..."), A.UNEXPECTED_MESSAGE, "RFC 5246, 6"),
    ("a record of another major version", "full", 0, raw(b"\x16\x04\x00\x00\x01\x00"), A.PROTOCOL_VERSION, "RFC 5246, E.1"),
    ("a record of 2^14 + 2049 octets", "full", 0, raw(b"\x16\x03\x03\x48\x01" + bytes(18433)), A.RECORD_OVERFLOW, "RFC 5246, 6.2.3"),
    ("a record of 2^14 + 1 octets", "full", 0, raw(encode_record(22, b"\x01\x00\x50\x00" + bytes(16381))), A.RECORD_OVERFLOW, "RFC 5246, 6.2.1"),
    ("an empty handshake record", "full", 0, raw(encode_record(22, b"")), A.UNEXPECTED_MESSAGE, "RFC 5246, 6.2.1"),
    ("a message that announces 2^24 - 1 octets", "full", 0, raw(encode_record(22, b"\x02\xff\xff\xff" if victim == "client" else b"\x01\xff\xff\xff")), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4"),
    ("ChangeCipherSpec first", "full", 0, record(20, b"\x01"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("application data first", "full", 0, record(23, b"data"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.3"),
    ("Finished first", "full", 0, say(20, bytes(12)), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("a message of an unknown type first", "full", 0, say(99, b""), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("an alert of level 3", "full", 0, record(21, b"\x03\x00"), A.ILLEGAL_PARAMETER, "RFC 5246, 7.2"),
    ("an alert of one octet", "full", 0, record(21, b"\x01"), A.DECODE_ERROR, "RFC 5246, 7.2"),
    ("a record that does not verify", "full", 99, damaged_record, A.BAD_RECORD_MAC, "RFC 5246, 7.2.2"),
    ("a record too short to be protected", "full", 99, raw(encode_record(23, b"short")), A.BAD_RECORD_MAC, "RFC 5246, 7.2.2"),
    ("a record in clear after the change of keys", "full", 99, raw(encode_record(23, bytes(40))), A.BAD_RECORD_MAC, "RFC 5246, 7.2.2"),
    ("2^14 + 1 octets in a protected record", "full", 99, oversize_record, A.RECORD_OVERFLOW, "RFC 5246, 6.2.3"),
    ("Finished on an established connection", "full", 99, say(20, bytes(12)), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("ChangeCipherSpec on an established connection", "full", 99, record(20, b"\x01"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
))

SERVER = _rows(
    "server",
    # The hello's format
    ("ClientHello cut short", "full", 0, body(lambda it: it[:30]), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("ClientHello with an octet too many", "full", 0, body(lambda it: it + b"\x00"), A.DECODE_ERROR, "RFC 5246, 7.4.1.2"),
    ("a session id of 33 octets", "full", 0, hello(fields(session_id=bytes(33))), A.DECODE_ERROR, "RFC 5246, 7.4.1.2"),
    ("no cipher suites", "full", 0, hello(fields(cipher_suites=())), A.DECODE_ERROR, "RFC 5246, 7.4.1.2"),
    ("no compression methods", "full", 0, hello(fields(compression_methods=b"")), A.DECODE_ERROR, "RFC 5246, 7.4.1.2"),
    ("an extension beyond the end of its block", "full", 0, body(lambda it: it[:-1] + b"\xff\x00"), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("an extension twice", "full", 0, hello(lambda it: replace(it, extensions=it.extensions + it.extensions[:1])), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.4"),
    # What the hello says
    ("version 1.1 at most", "full", 0, hello(fields(version=0x0302)), A.PROTOCOL_VERSION, "RFC 5246, E.1"),
    ("TLS 1.3 alone", "full", 0, hello(extension(43, b"\x02\x03\x04")), A.PROTOCOL_VERSION, "RFC 8446, 4.2.1"),
    ("no suite in common", "full", 0, hello(fields(cipher_suites=(0x00FF, 0x0001))), A.HANDSHAKE_FAILURE, "RFC 5246, 7.4.1.3"),
    ("no null compression", "full", 0, hello(fields(compression_methods=b"\x01")), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.2"),
    ("server_name: an empty list", "full", 0, hello(extension(0, b"\x00\x00")), A.DECODE_ERROR, "RFC 6066, 3"),
    ("server_name: two host names", "full", 0, hello(extension(0, b"\x00\x08\x00\x00\x01a\x00\x00\x01b")), A.ILLEGAL_PARAMETER, "RFC 6066, 3"),
    ("server_name: a zero octet", "full", 0, hello(extension(0, b"\x00\x06\x00\x00\x03a\x00b")), A.ILLEGAL_PARAMETER, "RFC 6066, 3"),
    ("max_fragment_length: an unknown code", "full", 0, hello(extension(1, b"\x05")), A.ILLEGAL_PARAMETER, "RFC 6066, 4"),
    ("max_fragment_length: two octets", "full", 0, hello(extension(1, b"\x01\x01")), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("status_request: cut short", "full", 0, hello(extension(5, b"\x01\x00\x05")), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("supported_groups: of odd length", "full", 0, hello(extension(10, b"\x00\x01\x00")), A.DECODE_ERROR, "RFC 8422, 5.1.1"),
    ("supported_groups: none in common", "full", 0, hello(extension(10, b"\x00\x02\x00\x63")), A.HANDSHAKE_FAILURE, "RFC 8422, 4"),
    ("ec_point_formats: without uncompressed", "full", 0, hello(extension(11, b"\x01\x01")), A.ILLEGAL_PARAMETER, "RFC 8422, 5.1.2"),
    ("signature_algorithms: empty", "full", 0, hello(extension(13, b"\x00\x00")), A.DECODE_ERROR, "RFC 5246, 7.4.1.4.1"),
    ("signature_algorithms: none in common", "full", 0, hello(extension(13, b"\x00\x02\x02\x02")), A.HANDSHAKE_FAILURE, "RFC 5246, 7.4.1.4.1"),
    ("ALPN: an empty list", "full", 0, hello(extension(16, b"\x00\x00")), A.DECODE_ERROR, "RFC 7301, 3.1"),
    ("ALPN: an empty name", "full", 0, hello(extension(16, b"\x00\x01\x00")), A.DECODE_ERROR, "RFC 7301, 3.1"),
    ("ALPN: none in common", "full, small records, ALPN, OCSP", 0, hello(extension(16, b"\x00\x04\x03foo")), A.NO_APPLICATION_PROTOCOL, "RFC 7301, 3.2"),
    ("extended_master_secret: with contents", "full", 0, hello(extension(23, b"\x00")), A.DECODE_ERROR, "RFC 7627, 5.1"),
    ("record_size_limit: 63", "full", 0, hello(extension(28, b"\x00\x3f")), A.ILLEGAL_PARAMETER, "RFC 8449, 4"),
    ("renegotiation_info: not empty", "full", 0, hello(extension(0xFF01, b"\x01\x00")), A.HANDSHAKE_FAILURE, "RFC 5746, 3.6"),
    ("renegotiation_info: no length", "full", 0, hello(extension(0xFF01, b"")), A.DECODE_ERROR, "RFC 5746, 3.2"),
    ("a session with extended_master_secret resumed without", "resumed", 0, hello(extension(23, None)), A.HANDSHAKE_FAILURE, "RFC 7627, 5.3"),
    # Later messages
    ("HelloRequest from a client", "full", 0, say(0), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("a second ClientHello", "full", 1, say(1, bytes(40)), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("ChangeCipherSpec before ClientKeyExchange", "full", 1, record(20, b"\x01"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("application data before ClientKeyExchange", "full", 1, record(23, b"data"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.3"),
    ("Certificate that was not asked for", "full", 1, say(11, EMPTY_LIST), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4.6"),
    ("ClientKeyExchange: empty", "full", 2, say(16, b""), A.DECODE_ERROR, "RFC 8422, 5.7"),
    ("ClientKeyExchange: an octet too many", "full", 2, body(lambda it: it + b"\x00"), A.DECODE_ERROR, "RFC 8422, 5.7"),
    ("ClientKeyExchange: a share of 31 octets", "full", 2, say(16, b"\x1f" + bytes(31)), A.ILLEGAL_PARAMETER, "RFC 8422, 5.11"),
    ("ClientKeyExchange: a share that gives nothing", "full", 2, say(16, b"\x20" + bytes(32)), A.ILLEGAL_PARAMETER, "RFC 8422, 5.11"),
    ("no certificate though one is required", "full, client certificate", 1, say(11, EMPTY_LIST), A.HANDSHAKE_FAILURE, "RFC 5246, 7.4.6"),
    ("Certificate: cut short", "full, client certificate", 1, say(11, b"\x00\x00\x09\x00\x00\x09abc"), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("Certificate: noise", "full, client certificate", 1, say(11, CERTIFICATE_OF_NOISE), A.BAD_CERTIFICATE, "RFC 5246, 7.2.2"),
    ("CertificateVerify left out", "full, client certificate", 3, record(20, b"\x01"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4.8"),
    ("CertificateVerify: another signature", "full, client certificate", 3, body(damaged(-1)), A.DECRYPT_ERROR, "RFC 5246, 7.2.2"),
    ("CertificateVerify: an unknown scheme", "full, client certificate", 3, say(15, b"\x0a\x0a" + DIGITAL_SIGNATURE[2:]), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.8"),
    ("Finished without ChangeCipherSpec", "full", 4, say(20, bytes(12)), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("ChangeCipherSpec of value 2", "full", 4, record(20, b"\x02"), A.ILLEGAL_PARAMETER, "RFC 5246, 7.1"),
    ("ChangeCipherSpec of two octets", "full", 4, record(20, b"\x01\x01"), A.DECODE_ERROR, "RFC 5246, 7.1"),
    ("ChangeCipherSpec inside a message", "full", 4, cut_by_change_cipher_spec, A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("ChangeCipherSpec twice", "full", 5, record(20, b"\x01"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("Finished: other contents", "full", 5, body(damaged(0)), A.DECRYPT_ERROR, "RFC 5246, 7.4.9"),
    ("Finished: 11 octets", "full", 5, body(lambda it: it[:11]), A.DECODE_ERROR, "RFC 5246, 7.4.9"),
    ("Finished: 13 octets", "full", 5, body(lambda it: it + b"\x00"), A.DECODE_ERROR, "RFC 5246, 7.4.9"),
    ("Finished that resumes: other contents", "resumed", 2, body(damaged(0)), A.DECRYPT_ERROR, "RFC 5246, 7.4.9"),
)

CLIENT = _rows(
    "client",
    ("ServerHello cut short", "full", 0, body(lambda it: it[:30]), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("ServerHello with an octet too many", "full", 0, body(lambda it: it + b"\x00"), A.DECODE_ERROR, "RFC 5246, 7.4.1.2"),
    ("a session id of 33 octets", "full", 0, answer(fields(session_id=bytes(33))), A.DECODE_ERROR, "RFC 5246, 7.4.1.3"),
    ("version 1.1", "full", 0, answer(fields(version=0x0302)), A.PROTOCOL_VERSION, "RFC 5246, E.1"),
    ("version 1.4", "full", 0, answer(fields(version=0x0305)), A.PROTOCOL_VERSION, "RFC 5246, E.1"),
    ("a suite that was not offered", "full", 0, answer(fields(cipher_suite=0x0001)), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.3"),
    ("a compression method that was not offered", "full", 0, answer(fields(compression_method=1)), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.3"),
    ("an extension that was not asked for", "full", 0, answer(extension(0x0A0A, b"")), A.UNSUPPORTED_EXTENSION, "RFC 5246, 7.4.1.4"),
    ("an extension twice", "full", 0, answer(lambda it: replace(it, extensions=it.extensions + it.extensions[:1])), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.4"),
    ("server_name: with contents", "full", 0, answer(extension(0, b"\x00")), A.DECODE_ERROR, "RFC 6066, 3"),
    ("SessionTicket: with contents", "full", 0, answer(extension(35, b"\x00")), A.DECODE_ERROR, "RFC 5077, 3.2"),
    ("extended_master_secret: with contents", "full", 0, answer(extension(23, b"\x00")), A.DECODE_ERROR, "RFC 7627, 5.1"),
    ("renegotiation_info: not empty", "full", 0, answer(extension(0xFF01, b"\x01\x00")), A.HANDSHAKE_FAILURE, "RFC 5746, 3.4"),
    ("ALPN: two names", "full, small records, ALPN, OCSP", 0, answer(extension(16, b"\x00\x06\x02h2\x02h2")), A.ILLEGAL_PARAMETER, "RFC 7301, 3.1"),
    ("ALPN: not offered", "full, small records, ALPN, OCSP", 0, answer(extension(16, b"\x00\x04\x03foo")), A.ILLEGAL_PARAMETER, "RFC 7301, 3.1"),
    ("max_fragment_length: another", "full, small records, ALPN, OCSP", 0, answer(extension(1, b"\x02")), A.ILLEGAL_PARAMETER, "RFC 6066, 4"),
    ("ServerHelloDone first", "full", 0, say(14), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("ChangeCipherSpec after ServerHello", "full", 1, record(20, b"\x01"), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("Certificate left out", "full", 1, say(14), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("Certificate: none", "full", 1, say(11, EMPTY_LIST), A.DECODE_ERROR, "RFC 5246, 7.4.2"),
    ("Certificate: cut short", "full", 1, say(11, b"\x00\x00\x09\x00\x00\x09abc"), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("Certificate: noise", "full", 1, say(11, CERTIFICATE_OF_NOISE), A.BAD_CERTIFICATE, "RFC 5246, 7.2.2"),
    ("Certificate: of a key that does not go with the suite", "full", 1, rsa_certificate_instead(True), A.UNSUPPORTED_CERTIFICATE, "RFC 5246, 7.4.2"),
    ("Certificate: of a key that may not decrypt", "RSA key exchange", 1, rsa_certificate_instead(False), A.UNSUPPORTED_CERTIFICATE, "RFC 5246, 7.4.2"),
    ("ServerKeyExchange left out", "full", 3, say(14), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("ServerKeyExchange: cut short", "full", 3, body(lambda it: it[:20]), A.DECODE_ERROR, "RFC 5246, 7.2.2"),
    ("ServerKeyExchange: a curve that was not offered", "full", 3, body(lambda it: b"\x03\x00\x63" + it[3:]), A.ILLEGAL_PARAMETER, "RFC 8422, 5.4"),
    ("ServerKeyExchange: a curve of its own", "full", 3, body(lambda it: b"\x01" + it[1:]), A.ILLEGAL_PARAMETER, "RFC 8422, 5.4"),
    ("ServerKeyExchange: another signature", "full", 3, body(damaged(-1)), A.DECRYPT_ERROR, "RFC 5246, 7.2.2"),
    ("ServerKeyExchange: an unknown scheme", "full", 3, body(lambda it: it[:36] + b"\x0a\x0a" + it[38:]), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.3"),
    ("ServerKeyExchange twice", "full", 4, say(12, bytes(40)), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.4"),
    ("NewSessionTicket before ServerHelloDone", "full", 4, say(4, bytes(6)), A.UNEXPECTED_MESSAGE, "RFC 5077, 3.3"),
    ("CertificateRequest: without types", "full", 5, say(13, b"\x00\x00\x02\x04\x03\x00\x00"), A.DECODE_ERROR, "RFC 5246, 7.4.4"),
    ("ServerHelloDone: with contents", "full", 5, body(lambda it: b"\x00"), A.DECODE_ERROR, "RFC 5246, 7.4.5"),
    ("NewSessionTicket left out although announced", "full", 6, record(20, b"\x01"), A.UNEXPECTED_MESSAGE, "RFC 5077, 3.2"),
    ("NewSessionTicket: an octet too many", "full", 6, body(lambda it: it + b"\x00"), A.DECODE_ERROR, "RFC 5077, 3.3"),
    ("NewSessionTicket: cut short", "full", 6, body(lambda it: it[:20]), A.DECODE_ERROR, "RFC 5077, 3.3"),
    ("NewSessionTicket not announced", "full, no tickets, no EMS", 6, say(4, bytes(6)), A.UNEXPECTED_MESSAGE, "RFC 5077, 3.2"),
    ("NewSessionTicket twice", "full", 7, say(4, bytes(6)), A.UNEXPECTED_MESSAGE, "RFC 5077, 3.3"),
    ("Finished without ChangeCipherSpec", "full", 7, say(20, bytes(12)), A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("ChangeCipherSpec of value 2", "full", 7, record(20, b"\x02"), A.ILLEGAL_PARAMETER, "RFC 5246, 7.1"),
    ("ChangeCipherSpec of two octets", "full", 7, record(20, b"\x01\x01"), A.DECODE_ERROR, "RFC 5246, 7.1"),
    ("ChangeCipherSpec inside a message", "full", 7, cut_by_change_cipher_spec, A.UNEXPECTED_MESSAGE, "RFC 5246, 7.1"),
    ("Finished: other contents", "full", 8, body(damaged(0)), A.DECRYPT_ERROR, "RFC 5246, 7.4.9"),
    ("Finished: 11 octets", "full", 8, body(lambda it: it[:11]), A.DECODE_ERROR, "RFC 5246, 7.4.9"),
    ("Finished: 13 octets", "full", 8, body(lambda it: it + b"\x00"), A.DECODE_ERROR, "RFC 5246, 7.4.9"),
    ("another suite for a session that is resumed", "resumed, renewed", 0, answer(fields(cipher_suite=0xC02F)), A.ILLEGAL_PARAMETER, "RFC 5246, 7.4.1.3"),
    ("a session with extended_master_secret resumed without", "resumed, renewed", 0, answer(extension(23, None)), A.HANDSHAKE_FAILURE, "RFC 7627, 5.3"),
    ("Finished that resumes: other contents", "resumed, renewed", 4, body(damaged(0)), A.DECRYPT_ERROR, "RFC 5246, 7.4.9"),
    ("HelloRequest with contents", "full", 1, say(0, b"\x00"), A.DECODE_ERROR, "RFC 5246, 7.4.1.1"),
)

OPENSSL, GNUTLS = "OpenSSL", "GnuTLS"

OTHERS: dict[tuple[str, str], dict[str, A | None]] = {
    ("server", "no TLS at all"): {OPENSSL: None},
    ("server", "a record of another major version"): {OPENSSL: None},
    ("server", "an empty handshake record"): {OPENSSL: None},
    ("server", "an alert of level 3"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: A.INTERNAL_ERROR},
    ("server", "an alert of one octet"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: A.UNEXPECTED_MESSAGE},
    ("client", "no TLS at all"): {OPENSSL: None},
    ("client", "a record of another major version"): {OPENSSL: None},
    ("client", "an empty handshake record"): {OPENSSL: None},
    ("client", "an alert of one octet"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: A.UNEXPECTED_MESSAGE},
    ("server", "server_name: two host names"): {OPENSSL: A.DECODE_ERROR, GNUTLS: None},
    ("server", "server_name: a zero octet"): {OPENSSL: A.UNRECOGNIZED_NAME},
    ("server", "ec_point_formats: without uncompressed"): {OPENSSL: None, GNUTLS: None},
    ("server", "ALPN: none in common"): {OPENSSL: None},
    ("server", "record_size_limit: 63"): {OPENSSL: None},
    ("server", "ClientKeyExchange: empty"): {OPENSSL: A.HANDSHAKE_FAILURE},
    ("server", "Certificate: noise"): {OPENSSL: A.DECODE_ERROR},
    ("server", "ChangeCipherSpec of value 2"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: None},
    ("server", "ChangeCipherSpec of two octets"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: A.UNEXPECTED_MESSAGE},
    ("client", "a session id of 33 octets"): {OPENSSL: A.ILLEGAL_PARAMETER, GNUTLS: A.ILLEGAL_PARAMETER},
    ("client", "an extension that was not asked for"): {OPENSSL: None, GNUTLS: None},
    ("client", "extended_master_secret: with contents"): {OPENSSL: None},
    ("client", "renegotiation_info: not empty"): {OPENSSL: A.ILLEGAL_PARAMETER},
    ("client", "ALPN: two names"): {OPENSSL: A.DECODE_ERROR, GNUTLS: None},
    ("client", "ALPN: not offered"): {OPENSSL: A.DECODE_ERROR, GNUTLS: A.NO_APPLICATION_PROTOCOL},
    ("client", "max_fragment_length: another"): {OPENSSL: A.UNSUPPORTED_EXTENSION, GNUTLS: A.UNSUPPORTED_EXTENSION},
    ("client", "Certificate: of a key that does not go with the suite"): {OPENSSL: A.ILLEGAL_PARAMETER, GNUTLS: A.BAD_CERTIFICATE},
    ("client", "Certificate: of a key that may not decrypt"): {OPENSSL: None, GNUTLS: A.INTERNAL_ERROR},
    ("client", "CertificateRequest: without types"): {OPENSSL: None, GNUTLS: A.HANDSHAKE_FAILURE},
    ("client", "ServerHelloDone: with contents"): {OPENSSL: A.ILLEGAL_PARAMETER},
    ("client", "ChangeCipherSpec of value 2"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: None},
    ("client", "ChangeCipherSpec of two octets"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: A.UNEXPECTED_MESSAGE},
    ("client", "HelloRequest with contents"): {OPENSSL: A.UNEXPECTED_MESSAGE, GNUTLS: A.UNEXPECTED_MESSAGE},
    ("server", "a message that announces 2^24 - 1 octets"): {GNUTLS: None},
    ("client", "a message that announces 2^24 - 1 octets"): {GNUTLS: None},
    ("client", "an alert of level 3"): {GNUTLS: A.INTERNAL_ERROR},
    ("server", "an extension twice"): {GNUTLS: A.UNSUPPORTED_EXTENSION},
    ("server", "TLS 1.3 alone"): {GNUTLS: None},
    ("server", "max_fragment_length: two octets"): {GNUTLS: None},
    ("server", "ALPN: an empty list"): {GNUTLS: None},
    ("server", "ALPN: an empty name"): {GNUTLS: None},
    ("server", "no certificate though one is required"): {GNUTLS: A.DECODE_ERROR},
    ("server", "CertificateVerify: an unknown scheme"): {GNUTLS: A.HANDSHAKE_FAILURE},
    ("server", "ChangeCipherSpec inside a message"): {GNUTLS: A.INTERNAL_ERROR},
    ("server", "Finished: 11 octets"): {GNUTLS: A.DECRYPT_ERROR},
    ("server", "Finished: 13 octets"): {GNUTLS: A.DECRYPT_ERROR},
    ("client", "a suite that was not offered"): {GNUTLS: A.HANDSHAKE_FAILURE},
    ("client", "an extension twice"): {GNUTLS: None},
    ("client", "server_name: with contents"): {GNUTLS: None},
    ("client", "SessionTicket: with contents"): {GNUTLS: None},
    ("client", "ServerKeyExchange: a curve of its own"): {GNUTLS: A.HANDSHAKE_FAILURE},
    ("client", "ServerKeyExchange: an unknown scheme"): {GNUTLS: A.DECRYPT_ERROR},
    ("client", "NewSessionTicket: an octet too many"): {GNUTLS: None},
    ("client", "Finished: 11 octets"): {GNUTLS: A.DECRYPT_ERROR},
    ("client", "Finished: 13 octets"): {GNUTLS: A.DECRYPT_ERROR},
}
# fmt: on
"""What others answer where it is not the alert of the row; None: none at all, because they let it pass, wait for more, or
close without a word. Seen of OpenSSL 4.0.3 and GnuTLS 3.7.9. What they may do depends on no text where the RFCs name no
alert for a fault; for those that do name one, the row's source is where."""

ROWS = (*RECORDS, *SERVER, *CLIENT)


def number_of(kind: str) -> int:
    """Where a kind stands among all."""
    return [it.name for it in kinds()].index(kind)
