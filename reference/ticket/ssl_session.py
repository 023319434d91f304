"""A session as OpenSSL writes it (SSL_SESSION in DER): what is inside the tickets of nginx, HAProxy, Apache, CPython.

The layout is OpenSSL's own (its manual names it for d2i_SSL_SESSION): five fields in order, then optional fields, each
in an explicit tag with its number. Found out by looking at tickets that OpenSSL sealed.
"""

from dataclasses import dataclass

from rfc5077.reference.ticket import der
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.extensions import FRAGMENT_LENGTHS

LAYOUT = 1
TLS_1_2 = 0x0303
MASTER_SECRET = 48
EMS_FLAG = 0x01

TIME, TIMEOUT, PEER, CONTEXT, VERIFY_RESULT, HOST_NAME = 1, 2, 3, 4, 5, 6
COMPRESSION, FLAGS, FRAGMENT_MODE = 11, 13, 17
_FOREIGN = frozenset((7, 8, 12))
"""Fields of PSK and SRP: sessions that are none of ours."""

_HIGHEST = 30


@dataclass(frozen=True, slots=True)
class OpenSslSession:
    """A session with what OpenSSL keeps beside it.

    Attributes:
        session: what we keep too; of the client's chain OpenSSL's state has the first certificate alone.
        context: session id context, the server's name for who may resume what it sealed (0 to 32 octets).
        timeout: seconds after `session.created` at which OpenSSL stops resuming it.
    """

    session: Session
    context: bytes = b""
    timeout: int = 7200


def encode(state: OpenSslSession) -> bytes:
    """The DER that OpenSSL reads; empty and absent fields are left out as it leaves them out."""
    session = state.session
    fields = [
        der.integer(LAYOUT),
        der.integer(session.version),
        der.octet_string(session.suite.to_bytes(2, "big")),
        der.octet_string(b""),  # R5077-3.4-07: a ticket's session has no id of the server's
        der.octet_string(session.master_secret),
        _explicit(TIME, der.integer(session.created)),
        _explicit(TIMEOUT, der.integer(state.timeout)),
    ]
    if session.client_identity:
        fields.append(_explicit(PEER, session.client_identity[0]))
    fields.append(_explicit(CONTEXT, der.octet_string(state.context)))
    if session.server_name is not None:
        fields.append(_explicit(HOST_NAME, der.octet_string(session.server_name.encode("ascii"))))
    if session.ems:
        fields.append(_explicit(FLAGS, der.integer(EMS_FLAG)))
    if session.fragment_code:
        fields.append(_explicit(FRAGMENT_MODE, der.integer(session.fragment_code)))
    return der.element(der.SEQUENCE, b"".join(fields))


def decode(octets: bytes) -> OpenSslSession | None:
    """The session; None if it is not in this layout, or is one that we must not resume.

    Such are: another version, compression, PSK, SRP, a maximum fragment length that does not exist, and a client
    certificate whose verification failed when the session was made.
    """
    try:
        return _read(octets)
    except ValueError:
        return None


def _explicit(number: int, content: bytes) -> bytes:
    return der.element(der.EXPLICIT + number, content)


def _read(octets: bytes) -> OpenSslSession | None:
    parts = list(der.elements(der.only(octets, der.SEQUENCE)))
    if [tag for tag, _ in parts[:5]] != [der.INTEGER, der.INTEGER, *(der.OCTET_STRING,) * 3]:
        raise ValueError("not the five fields that come first")
    layout, version = (der.number(content, 0xFFFF) for _, content in parts[:2])
    suite, master_secret = parts[2][1], parts[4][1]
    numbers = [tag - der.EXPLICIT for tag, _ in parts[5:]]
    if numbers != sorted(set(numbers)) or not all(0 <= number <= _HIGHEST for number in numbers):
        raise ValueError("fields out of order")
    fields = {number: content for number, (_, content) in zip(numbers, parts[5:], strict=True)}
    if layout != LAYOUT or version != TLS_1_2 or len(suite) != 2 or len(master_secret) != MASTER_SECRET:
        return None
    fragment = _integer(fields, FRAGMENT_MODE)
    if _octets(fields, COMPRESSION).strip(b"\0") or not _FOREIGN.isdisjoint(fields):
        return None
    if fragment and fragment not in FRAGMENT_LENGTHS:
        return None
    peer = fields.get(PEER)
    if peer is not None and _integer(fields, VERIFY_RESULT) != 0:
        return None
    name = _octets(fields, HOST_NAME)
    if not name.isascii():
        return None
    session = Session(
        version,
        int.from_bytes(suite, "big"),
        master_secret,
        bool(_integer(fields, FLAGS) & EMS_FLAG),
        name.decode("ascii").lower() or None,
        () if peer is None else (peer,),
        _integer(fields, TIME),
        fragment,
    )
    return OpenSslSession(session, _octets(fields, CONTEXT), _integer(fields, TIMEOUT))


def _integer(fields: dict[int, bytes], number: int) -> int:
    return der.number(der.only(fields[number], der.INTEGER)) if number in fields else 0


def _octets(fields: dict[int, bytes], number: int) -> bytes:
    return der.only(fields[number], der.OCTET_STRING) if number in fields else b""
