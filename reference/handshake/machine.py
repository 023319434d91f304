"""What both sides' handshakes share: the channel they speak through, the dispatch by table, and Finished.

A side is a table `(state, message) -> handler`. A handler takes the handshake and the message, does its work in the
order CHECK, DERIVE, ANSWER, and returns the next state. What the table lacks is refused here, in one place.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Protocol, TypeVar

from rfc5077.reference.alerts import AlertDescription, Cause, ProtocolError
from rfc5077.reference.keys.schedule import (
    ConnectionKeys,
    DirectionKeys,
    Transcript,
    equal,
    extended_master_secret,
    key_block,
    master_secret,
)
from rfc5077.reference.keys.suites import Suite
from rfc5077.reference.wire.messages import Finished, Message, Signal, handshake
from rfc5077.reference.wire.record import ContentType


class Channel(Protocol):
    """The record layer as a handshake sees it."""

    def send(self, content_type: ContentType, payload: bytes) -> None:
        """Sends a payload of any type in as many records as it needs."""

    def send_handshake(self, octets: bytes) -> None:
        """Sends one handshake message, header included."""

    def send_change_cipher_spec(self) -> None:
        """Sends ChangeCipherSpec."""

    def send_warning(self, description: AlertDescription) -> None:
        """Sends an alert that ends nothing."""

    def limit(self, sending: int, receiving: int, at_once: bool) -> None:
        """Octets inside a record, from the next change of keys on, or at once."""

    def write_with(self, keys: DirectionKeys) -> None:
        """Protects everything sent from now on."""

    def read_with(self, keys: DirectionKeys) -> None:
        """Takes everything received from now on as protected."""

    def deliver(self, data: bytes) -> None:
        """Hands application data to the user."""


State = TypeVar("State", bound=Enum)
Side = TypeVar("Side")


def advance(
    side: Side,
    state: State,
    table: Mapping[tuple[State, int | Signal], Callable[[Side, Message], State]],
    message: Message,
) -> State:
    """The state after `message`. Raises ProtocolError: unexpected_message if the table has no such row, or whatever
    the row's handler finds wrong."""
    handler = table.get((state, message.kind))
    if handler is None:  # R5246-7.4-01
        raise ProtocolError(Cause.UNEXPECTED_MESSAGE, f"{message.name} came in state {state.name.lower()}")
    return handler(side, message)


def send(channel: Channel, transcript: Transcript, kind: int, body: bytes) -> None:
    """Sends a handshake message and adds it to the transcript."""
    octets = handshake(kind, body)
    transcript.add(octets)
    channel.send_handshake(octets)


def derive_master_secret(
    ems: bool, pre_master: bytes, client_random: bytes, server_random: bytes, session_hash: bytes, hash_name: str
) -> bytes:
    """The master secret of a full handshake, by the derivation that was agreed (R7627-5.1-01, R7627-5.2-05)."""
    if ems:
        return extended_master_secret(pre_master, session_hash, hash_name)
    return master_secret(pre_master, client_random, server_random, hash_name)


def derive_keys(
    secret: bytes, client_random: bytes, server_random: bytes, suite: Suite, encrypt_then_mac: bool
) -> ConnectionKeys:
    """This connection's keys (R5246-6.3-01)."""
    return key_block(secret, client_random, server_random, suite, encrypt_then_mac)


def key_log_line(client_random: bytes, master_secret: bytes) -> str:
    """One line of a key log in the format of NSS, which decrypts the connection of this random."""
    return f"CLIENT_RANDOM {client_random.hex()} {master_secret.hex()}"


def verify_finished(expected: bytes, body: bytes) -> None:
    """Checks the body of Finished (R5246-7.4.9-01).

    Raises ProtocolError: decode_error for a wrong length, decrypt_error for wrong contents.
    """
    if not equal(Finished.parse(body).verify_data, expected):
        raise ProtocolError(Cause.BAD_FINISHED)


def internal(what: str) -> ProtocolError:
    """An error of this side: a handler ran in a state in which it has nothing to work with."""
    return ProtocolError(Cause.INTERNAL, f"{what} is not known in this state")
