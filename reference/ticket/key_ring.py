"""The keys a server seals and opens tickets with, and their rotation (RFC 5077, section 5.5)."""

from dataclasses import dataclass
from typing import Protocol

from rfc5077.reference.ticket.format import KEY_NAME
from rfc5077.reference.ticket.session import Session


class SealingKey(Protocol):
    """A key with its format: section 4's (`format`), AES-256-GCM (`aead_format`), OpenSSL's (`openssl_format`).

    Whatever the format, a ticket begins with the 16 octets of its key's name.
    """

    @property
    def name(self) -> bytes:
        """16 octets, in clear at the front of every ticket."""

    def seal(self, session: Session, iv: bytes) -> bytes:
        """The ticket, under 16 fresh octets. Raises OverflowError if it is too long."""

    def open(self, ticket: bytes) -> Session | None:
        """The session in a ticket, None if this key did not seal it or it cannot be read."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys in order, of any formats: the first seals, all open.

    An empty ring neither seals nor opens (RFC 5077, section 3.3).
    """

    keys: tuple[SealingKey, ...] = ()

    def __post_init__(self) -> None:
        names = [key.name for key in self.keys]
        if len(names) != len(set(names)):
            raise ValueError(f"keys: {len(names)} keys share {len(set(names))} names")

    def rotate(self, key: SealingKey, retain: int = 1) -> "KeyRing":
        """A ring that seals with `key` from now on and still opens what the newest `retain` old keys sealed."""
        return KeyRing((key, *self.keys[:retain]))


def seal_ticket(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
    """The ticket under the ring's first key; None if there is no key, or the state is too large for a ticket."""
    if not ring.keys:
        return None
    try:
        return ring.keys[0].seal(session, iv)
    except OverflowError:
        return None


def open_any(ring: KeyRing, ticket: bytes) -> Session | None:
    """The session in a ticket under whichever key of the ring its name says; None if none opens it.

    Foreign tickets are told by their name alone, before any cryptography (R5077-5.4-01).
    """
    name = ticket[:KEY_NAME]
    for key in ring.keys:
        if key.name == name:
            return key.open(ticket)
    return None
