"""The record layer of one connection: protection, reassembly, and the rules about where a record may end.

Implements `handshake.machine.Channel` for what is sent. The rules are functions in `RecordRules`, so that a variant
that lacks one of them is a declared edit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rfc5077.reference.alerts import AlertDescription, AlertLevel, Cause, ProtocolError
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.keys.protection import RecordProtection, protect
from rfc5077.reference.keys.schedule import DirectionKeys
from rfc5077.reference.wire.messages import MAX_MESSAGE, Alert, HandshakeReader, HandshakeType, Message, Signal
from rfc5077.reference.wire.record import (
    HEADER_LENGTH,
    MAX_CIPHERTEXT,
    MAX_PLAINTEXT,
    TLS_1_2,
    ContentType,
    RecordReader,
    record_header,
    split,
)

# Bound once: CPython 3.11 takes ten times as long for a member of an enumeration, and these are asked for per record.
_HANDSHAKE, _APPLICATION_DATA = ContentType.HANDSHAKE, ContentType.APPLICATION_DATA
_FINISHED = HandshakeType.FINISHED

MOST_HELD = HEADER_LENGTH + MAX_CIPHERTEXT + 4 + MAX_MESSAGE
"""Octets that a connection holds back at most between two calls: a record and a message that are not complete."""

MOST_MEMORY = 4 * 2**20
"""Octets of memory that a peer can make one connection take at most: what is held, and the largest hello once read."""


def check_change_cipher_spec(body: bytes, pending: int) -> None:
    """ChangeCipherSpec is one octet of value 1 (R5246-7.1-01), and no handshake message goes on behind it.

    `pending`: octets of a handshake message that is not complete. Raises ProtocolError.
    """
    if pending:
        raise ProtocolError(Cause.ACROSS_KEY_CHANGE, f"ChangeCipherSpec after {pending} octets of a message")
    if len(body) != 1:
        raise ProtocolError(Cause.CHANGE_CIPHER_SPEC_LENGTH, f"ChangeCipherSpec of {len(body)} octets")
    if body != b"\x01":
        raise ProtocolError(Cause.CHANGE_CIPHER_SPEC_VALUE, f"ChangeCipherSpec of value {body[0]}")


def check_behind_finished(pending: int) -> None:
    """Finished ends its record. Raises ProtocolError (unexpected_message) if `pending` octets follow it there."""
    if pending:
        raise ProtocolError(Cause.AFTER_FINISHED, f"{pending} octets behind Finished")


def check_fragment(payload: bytes, pending: int) -> None:
    """A handshake record holds something (RFC 5246, section 6.2.1); it may begin and end inside messages.

    `pending`: octets of a message that earlier records began. Raises ProtocolError (unexpected_message).
    """
    del pending
    if not payload:
        raise ProtocolError(Cause.EMPTY_FRAGMENT, "an empty handshake record")


@dataclass(frozen=True, slots=True)
class Refusal:
    """How an error is answered: by which alert, if any, and whether the connection ends."""

    alert: Alert | None
    close: bool


def refuse(error: ProtocolError) -> Refusal:
    """Every error ends the connection, announced by its fatal alert (R5246-7.2.2-02)."""
    return Refusal(Alert(AlertLevel.FATAL, error.alert), close=True)


def ends_connection(alert: Alert) -> bool:
    """Whether a received alert, close_notify aside, is the end: if it is a fatal one (R5246-7.2-01)."""
    return alert.level == AlertLevel.FATAL


@dataclass(frozen=True)
class RecordRules:
    """The rules behind the record layer, each replaceable (`dataclasses.replace`)."""

    change_cipher_spec: Callable[[bytes, int], None] = check_change_cipher_spec
    behind_finished: Callable[[int], None] = check_behind_finished
    fragment: Callable[[bytes, int], None] = check_fragment
    refuse: Callable[[ProtocolError], Refusal] = refuse
    ends_connection: Callable[[Alert], bool] = ends_connection


DEFAULT_RULES = RecordRules()


class RecordLayer:
    """Records of one connection, both directions.

    `version_agreed` is set once ServerHello is out; before that any 3.x is taken in records (RFC 5246, E.1).
    """

    def __init__(self, entropy: Entropy, rules: RecordRules = DEFAULT_RULES, max_fragment: int = MAX_PLAINTEXT) -> None:
        self.rules = rules
        self._entropy = entropy
        self.version_agreed = False
        self.delivered: list[bytes] = []
        self._max_fragment = max_fragment
        self._sending, self._receiving = max_fragment, MAX_PLAINTEXT
        self._next = (max_fragment, MAX_PLAINTEXT)
        self._records = RecordReader()
        self._messages = HandshakeReader()
        self._reading: RecordProtection | None = None
        self._writing: RecordProtection | None = None
        self._out: list[bytes] = []

    # Sending: the Channel that a handshake speaks through.

    def send(self, content_type: ContentType, payload: bytes) -> None:
        """Queues a payload in as many records as it needs, protected if keys are set."""
        writing = self._writing
        for fragment in split(payload, self._sending):
            sealed = fragment if writing is None else writing.seal(content_type, fragment)
            self._out += (record_header(content_type, len(sealed)), sealed)

    def send_handshake(self, octets: bytes) -> None:
        """Queues one handshake message."""
        self.send(_HANDSHAKE, octets)

    def send_change_cipher_spec(self) -> None:
        """Queues ChangeCipherSpec."""
        self.send(ContentType.CHANGE_CIPHER_SPEC, b"\x01")

    def send_alert(self, alert: Alert) -> None:
        """Queues an alert."""
        self.send(ContentType.ALERT, alert.encode())

    def send_warning(self, description: AlertDescription) -> None:
        """Queues an alert that ends nothing."""
        self.send_alert(Alert(AlertLevel.WARNING, description))

    def limit(self, sending: int, receiving: int, at_once: bool) -> None:
        """Octets inside a record, sent and received, from each direction's next change of keys on.

        With `at_once` what is sent obeys from now on, and so must what is received as long as it is not protected.
        """
        self._next = (min(sending, self._max_fragment), receiving)
        if at_once:
            self._sending = min(self._sending, sending)
            if self._reading is None:
                self._receiving = receiving

    def write_with(self, keys: DirectionKeys) -> None:
        """Protects everything sent from now on."""
        self._sending = self._next[0]
        self._writing = protect(keys, self._entropy)

    def read_with(self, keys: DirectionKeys) -> None:
        """Takes everything received from now on as protected."""
        self._receiving = self._next[1]
        self._reading = protect(keys, self._entropy)

    def deliver(self, data: bytes) -> None:
        """Puts application data aside for the user."""
        if data:
            self.delivered.append(data)

    def take_output(self) -> bytes:
        """What is to be sent; it is then regarded as sent."""
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def forget(self) -> None:
        """The end: lets go of the keys, and overwrites what is held of messages; what is queued is still handed out."""
        self._reading = self._writing = None
        self._messages.forget()

    # Receiving

    @property
    def held(self) -> int:
        """Octets of a record and of a handshake message that are not complete, `MOST_HELD` at most."""
        return self._records.pending + self._messages.pending

    def receive(self, octets: bytes) -> Iterator[Message | Alert]:
        """Yields what arrives, one item at a time, so that keys can change in between.

        Raises ProtocolError for what breaks a rule of the record layer.
        """
        for content_type, version, fragment in self._records.feed(octets):
            payload = self._open(content_type, version, fragment)
            if content_type is _APPLICATION_DATA:
                yield Message(Signal.APPLICATION_DATA, payload)
            elif content_type is not _HANDSHAKE:
                yield self._single(content_type, payload)
            else:
                self.rules.fragment(payload, self._messages.pending)
                for message in self._messages.feed(payload):
                    if message.kind == _FINISHED:
                        self.rules.behind_finished(self._messages.pending)
                    yield message

    def _open(self, content_type: ContentType, version: int, fragment: bytes) -> bytes:
        """The payload of a record, its protection checked and taken off."""
        if version != TLS_1_2 and (self.version_agreed or version >> 8 != TLS_1_2 >> 8):
            raise ProtocolError(Cause.RECORD_VERSION, f"a record of version {version:#06x}")
        payload = fragment if self._reading is None else self._reading.open(content_type, fragment)
        if len(payload) > self._receiving:
            raise ProtocolError(Cause.RECORD_OVERFLOW, f"a record with {len(payload)} octets inside")
        return payload

    def _single(self, content_type: ContentType, payload: bytes) -> Message | Alert:
        """What a record with an alert or ChangeCipherSpec holds."""
        if content_type is ContentType.ALERT:
            return Alert.parse(payload)
        self.rules.change_cipher_spec(payload, self._messages.pending)
        return Message(Signal.CHANGE_CIPHER_SPEC, payload)
