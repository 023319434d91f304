"""What has to hold whatever octets arrive: the structural oracle of fuzzers and of tests.

A decoder gives a value or a `ProtocolError`. A connection makes progress, or sends exactly one fatal alert and is
closed, or is closed by its peer; it holds back no more than `MOST_HELD` octets. Everything else is a `Finding`, and any
other exception passes through.
"""

from collections.abc import Callable
from typing import TypeVar

from rfc5077.reference.alerts import AlertDescription, AlertLevel, ProtocolError
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.events import AlertReceived, Event, PeerClosed
from rfc5077.reference.record_layer import MOST_HELD
from rfc5077.reference.wire.record import ContentType, RecordReader

Connection = ClientConnection | ServerConnection
Value = TypeVar("Value")


class Finding(AssertionError):
    """Something that must not happen; says what."""


def demand(holds: bool, what: str) -> None:
    """Raises Finding unless it holds."""
    if not holds:
        raise Finding(what)


def decode(parse: Callable[[bytes], Value], body: bytes) -> Value | None:
    """The value, None if it was refused."""
    try:
        return parse(body)
    except ProtocolError as error:
        demand(error.alert is not AlertDescription.INTERNAL_ERROR, f"a decoder failed by itself: {error}")
        return None


def feed(connection: Connection, octets: bytes) -> bytes:
    """Gives octets to a connection, judges what came of it, and returns what the connection sends.

    Raises Finding.
    """
    was_established, was_closed = connection.established, connection.closed
    error: ProtocolError | None = None
    events: list[Event] = []
    try:
        events = connection.receive(octets)
    except ProtocolError as caught:
        error = caught
    sent = connection.data_to_send()
    if was_closed:
        demand(error is None and not events and not sent, "a closed connection still speaks")
    elif error is not None:
        _judge_refusal(connection, error, sent, was_established)
    elif connection.closed:
        _judge_end(events, sent)
    else:
        demand(connection.layer.held <= MOST_HELD, f"{connection.layer.held} octets are held back")
    return sent


def _alerts(octets: bytes) -> list[bytes]:
    """The fragments of alert records, in order; raises Finding if anything stands behind the last of them."""
    records = [(kind, fragment) for kind, _, fragment in RecordReader().feed(octets)]
    demand(bool(records) and records[-1][0] is ContentType.ALERT, "the last record of an error is no alert")
    return [fragment for kind, fragment in records if kind is ContentType.ALERT]


def _judge_refusal(connection: Connection, error: ProtocolError, sent: bytes, established: bool) -> None:
    demand(connection.closed, f"open after {error}")
    demand(error.alert is not AlertDescription.INTERNAL_ERROR, f"the connection failed by itself: {error}")
    alerts = _alerts(sent)
    if not established and not connection.established:  # else warnings (no_renegotiation) may stand before
        demand(len(alerts) == 1, f"{len(alerts)} alerts after {error}")
    if len(alerts[-1]) == 2:  # not protected
        demand(alerts[-1] == bytes((AlertLevel.FATAL, error.alert)), f"{alerts[-1].hex()} announces {error}")
    demand(connection.receive(b"\x16\x03\x03\x00\x01\x00") == [], "events after the end")
    demand(connection.data_to_send() == b"", "octets after the end")


def _judge_end(events: list[Event], sent: bytes) -> None:
    """The peer ended the connection: by close_notify, which is answered in kind, or by a fatal alert."""
    last = events[-1] if events else None
    fatal = isinstance(last, AlertReceived) and last.level is AlertLevel.FATAL
    demand(fatal or last == PeerClosed(clean=True), f"closed without an error, and the last event is {last}")
    if not fatal:
        _alerts(sent)
