"""ALPN, max_fragment_length, record_size_limit and status_request: what is asked, answered, checked, and what follows.

Pure functions of both roles. Of the four only max_fragment_length belongs to the session (RFC 6066, section 4); the
others are agreed anew in every handshake (RFC 7301, section 3.1; RFC 8449, section 4).
"""

from dataclasses import dataclass

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.wire.extensions import (
    FRAGMENT_CODES,
    FRAGMENT_LENGTHS,
    STATUS_REQUEST_BODY,
    asks_for_ocsp,
    parse_fragment_code,
    parse_protocols,
    parse_record_size_limit,
    protocols_body,
)
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello
from rfc5077.reference.wire.record import MAX_PLAINTEXT

Bodies = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets inside a record at most, by direction; `at_once`: for records that are not protected as well."""

    sending: int = MAX_PLAINTEXT
    receiving: int = MAX_PLAINTEXT
    at_once: bool = False


# What the hellos say --------------------------------------------------------------------------------------------------


def protocols(hello: ClientHello | ServerHello) -> tuple[bytes, ...]:
    """Names in ALPN, () without it. Raises ProtocolError (decode_error)."""
    body = hello.extension(ExtensionType.ALPN)
    return () if body is None else parse_protocols(body)


def fragment_code(hello: ClientHello | ServerHello) -> int:
    """Code of max_fragment_length, 0 without it. Raises ProtocolError: decode_error or illegal_parameter."""
    body = hello.extension(ExtensionType.MAX_FRAGMENT_LENGTH)
    return 0 if body is None else parse_fragment_code(body)


def record_size_limit(hello: ClientHello | ServerHello) -> int | None:
    """Octets that the sender takes in a record. Raises ProtocolError: decode_error or illegal_parameter."""
    body = hello.extension(ExtensionType.RECORD_SIZE_LIMIT)
    return None if body is None else parse_record_size_limit(body)


def wants_status(hello: ClientHello) -> bool:
    """Whether the client asks for an OCSP response. Raises ProtocolError (decode_error)."""
    body = hello.extension(ExtensionType.STATUS_REQUEST)
    return body is not None and asks_for_ocsp(body)


def check_asked(hello: ClientHello) -> None:
    """Reads what a client asks for: reading is checking. Raises ProtocolError: decode_error or illegal_parameter."""
    _ = (protocols(hello), fragment_code(hello), record_size_limit(hello), wants_status(hello))


# The client -----------------------------------------------------------------------------------------------------------


def ask(config: ClientConfig) -> Bodies:
    """What of these the client asks for, the same whether a session is offered or not."""
    asked: Bodies = []
    if config.max_fragment_length is not None:
        asked.append((ExtensionType.MAX_FRAGMENT_LENGTH, bytes((FRAGMENT_CODES[config.max_fragment_length],))))
    if config.status_request:
        asked.append((ExtensionType.STATUS_REQUEST, STATUS_REQUEST_BODY))
    if config.protocols:
        names = tuple(name.encode("ascii") for name in config.protocols)
        asked.append((ExtensionType.ALPN, protocols_body(names)))
    if config.record_size_limit is not None:
        asked.append((ExtensionType.RECORD_SIZE_LIMIT, config.record_size_limit.to_bytes(2, "big")))
    return asked


def check_answers(sent: ClientHello, answer: ServerHello) -> None:
    """Judges a server's answers by what was asked. Raises ProtocolError: illegal_parameter or decode_error."""
    chosen = protocols(answer)
    if answer.extension(ExtensionType.ALPN) is not None and (len(chosen) != 1 or chosen[0] not in protocols(sent)):
        raise ProtocolError(Cause.PROTOCOL_NOT_OFFERED, f"the server chose {len(chosen)} names: {chosen[:2]}")
    code, limit = fragment_code(answer), record_size_limit(answer)
    if code and code != fragment_code(sent):
        raise ProtocolError(Cause.FRAGMENT_LENGTH, f"max_fragment_length is answered by {code}")
    if code and limit is not None:
        raise ProtocolError(Cause.BOTH_LIMITS)
    if answer.extension(ExtensionType.STATUS_REQUEST):
        raise ProtocolError(Cause.NOT_EMPTY, "status_request is answered with contents")


def check_kept(code: int, answer: ServerHello) -> None:
    """A resumed session keeps its max_fragment_length; no answer says nothing else. Raises ProtocolError."""
    if fragment_code(answer) not in (0, code):
        raise ProtocolError(Cause.FRAGMENT_LENGTH, "a resumed session keeps its max_fragment_length")


# The server -----------------------------------------------------------------------------------------------------------


def granted_fragment_code(config: ServerConfig, hello: ClientHello) -> int:
    """The max_fragment_length of a session that begins here; record_size_limit rules it out (RFC 8449, section 5)."""
    by_size = config.record_size_limit is not None and record_size_limit(hello) is not None
    return 0 if by_size or not config.max_fragment_length else fragment_code(hello)


def choose_protocol(config: ServerConfig, hello: ClientHello) -> bytes | None:
    """The server's first choice among the client's names; None where either side does not speak of protocols.

    Raises ProtocolError (no_application_protocol) if there is nothing in common (RFC 7301, section 3.2).
    """
    offered = protocols(hello)
    if not offered or not config.protocols:
        return None
    for name in config.protocols:
        if name.encode("ascii") in offered:
            return name.encode("ascii")
    raise ProtocolError(Cause.NO_COMMON_PROTOCOL, f"the client offers {len(offered)} other protocols")


def answers(config: ServerConfig, hello: ClientHello, staples: bool) -> Bodies:
    """The server's answers; `staples`: whether CertificateStatus follows. Raises ProtocolError as `choose_protocol`."""
    said: Bodies = []
    code = granted_fragment_code(config, hello)
    if code:
        said.append((ExtensionType.MAX_FRAGMENT_LENGTH, bytes((code,))))
    if staples:
        said.append((ExtensionType.STATUS_REQUEST, b""))
    chosen = choose_protocol(config, hello)
    if chosen is not None:
        said.append((ExtensionType.ALPN, protocols_body((chosen,))))
    if config.record_size_limit is not None and record_size_limit(hello) is not None:
        said.append((ExtensionType.RECORD_SIZE_LIMIT, config.record_size_limit.to_bytes(2, "big")))
    return said


# What follows ---------------------------------------------------------------------------------------------------------


def limits(sent: ClientHello | ServerHello, received: ClientHello | ServerHello, code: int) -> Limits:
    """What the two hellos make of the size of records; `code` is the session's max_fragment_length, 0 for none.

    Raises ProtocolError: decode_error or illegal_parameter.
    """
    own, theirs = record_size_limit(sent), record_size_limit(received)
    if own is not None and theirs is not None:
        return Limits(min(theirs, MAX_PLAINTEXT), min(own, MAX_PLAINTEXT))
    length = FRAGMENT_LENGTHS.get(code, MAX_PLAINTEXT)
    return Limits(length, length, at_once=bool(code))


def agreed_protocol(answer: ServerHello) -> str | None:
    """The application protocol that a ServerHello names, None for none."""
    chosen = protocols(answer)
    return chosen[0].decode("ascii", "replace") if chosen else None
