"""Tickets sealed by AES-256-GCM: key_name, nonce, ciphertext with its tag. The state is that of `format`.

Why beside the recommended format: RFC 5077, section 4, leaves the layout to the server, and one AEAD pass has no order
of encryption and MAC to get wrong, no padding, and one key. Nonces are drawn at random, so one key must not seal more
than 2**32 tickets (NIST SP 800-38D, section 8.3); rotate it before.
"""

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rfc5077.reference.ticket.format import KEY_NAME, decode_state, encode_state
from rfc5077.reference.ticket.session import Session

NONCE = 12
ENCRYPTION_KEY = 32
TAG = 16
"""All of them octets."""

MOST_TICKETS = 2**32
"""Tickets that one key may seal."""


@dataclass(frozen=True, slots=True)
class AeadKey:
    """A key that seals tickets by AES-256-GCM: name (16 octets) and key (32)."""

    name: bytes
    encryption: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for what, length in (("name", KEY_NAME), ("encryption", ENCRYPTION_KEY)):
            if len(getattr(self, what)) != length:
                raise ValueError(f"{what}: {len(getattr(self, what))} octets, not {length}")

    @classmethod
    def split(cls, octets: bytes) -> "AeadKey":
        """A key from 48 random octets: name, then key. Raises ValueError for another length."""
        return cls(octets[:KEY_NAME], octets[KEY_NAME:])

    def seal(self, session: Session, iv: bytes) -> bytes:
        """The ticket; its nonce is the first 12 octets of `iv`. Raises OverflowError if it is too long."""
        nonce = iv[:NONCE]
        ticket = self.name + nonce + AESGCM(self.encryption).encrypt(nonce, encode_state(session), self.name)
        if len(ticket) > 0xFFFF:
            raise OverflowError(f"a ticket of {len(ticket)} octets")
        return ticket

    def open(self, ticket: bytes) -> Session | None:
        """The session in a ticket; None if this key did not seal exactly these octets, or they cannot be read."""
        starts = KEY_NAME + NONCE
        if len(ticket) < starts + TAG or ticket[:KEY_NAME] != self.name:
            return None
        try:
            state = AESGCM(self.encryption).decrypt(ticket[KEY_NAME:starts], ticket[starts:], self.name)
        except InvalidTag:
            return None  # R5077-5.3-01
        return decode_state(state)
