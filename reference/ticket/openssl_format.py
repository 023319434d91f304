"""Tickets as OpenSSL and the servers built on it seal them: key_name, IV, AES-CBC ciphertext, HMAC-SHA-256.

That is the recommended format of RFC 5077, section 4, without its length field; the state is `ssl_session`'s.
"""

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rfc5077.reference.ticket import ssl_session
from rfc5077.reference.ticket.format import BLOCK, IV, KEY_NAME, MAC, strip_padding
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.ssl_session import OpenSslSession

KEY_LENGTHS = {48: (16, 16), 80: (32, 32)}
"""Octets of a key file's key → octets of its encryption key and of its MAC key."""


@dataclass(frozen=True, slots=True)
class OpenSslKey:
    """A key that servers built on OpenSSL share: name (16 octets), AES-128 or AES-256 key, HMAC-SHA-256 key.

    Attributes:
        context: session id context. Tickets are sealed with it, and opened only if they carry it; None seals with
            none and opens whatever a ticket carries, but no session with a client's identity: who may resume as
            whom is what the context decides.
        timeout: seconds that OpenSSL shall resume what we seal.
    """

    name: bytes
    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    context: bytes | None = None
    timeout: int = 7200

    def __post_init__(self) -> None:
        if len(self.name) != KEY_NAME or (len(self.encryption), len(self.mac)) not in KEY_LENGTHS.values():
            lengths = (len(self.name), len(self.encryption), len(self.mac))
            raise ValueError(f"key: fields of {lengths} octets, not (16, 16, 16) or (16, 32, 32)")
        if len(self.context or b"") > 32:
            raise ValueError(f"context: {len(self.context or b'')} octets, more than 32")

    @classmethod
    def split(cls, octets: bytes, context: bytes | None = None, *, haproxy: bool = False) -> "OpenSslKey":
        """A key from 48 octets (name, AES, HMAC) or 80 (name, HMAC, AES; HAProxy has these as name, AES, HMAC).

        Raises ValueError for another length.
        """
        name, rest = octets[:KEY_NAME], octets[KEY_NAME:]
        if len(octets) not in KEY_LENGTHS:
            raise ValueError(f"a key of {len(octets)} octets, not 48 or 80")
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        if len(octets) == 48 or haproxy:
            return cls(name, first, second, context)
        return cls(name, second, first, context)

    def seal(self, session: Session, iv: bytes) -> bytes:
        """The ticket, under `iv` (16 octets, fresh for every ticket). Raises OverflowError if it is too long."""
        state = ssl_session.encode(OpenSslSession(session, self.context or b"", self.timeout))
        padding = BLOCK - len(state) % BLOCK
        encryptor = Cipher(algorithms.AES(self.encryption), modes.CBC(iv)).encryptor()
        covered = self.name + iv + encryptor.update(state + bytes((padding,)) * padding)
        if len(covered) + MAC > 0xFFFF:
            raise OverflowError(f"a ticket of {len(covered) + MAC} octets")
        return covered + hmac.digest(self.mac, covered, "sha256")

    def open(self, ticket: bytes) -> Session | None:
        """The session in a ticket, None if this key did not seal it or it may not be resumed under this context."""
        state = self.open_state(ticket)
        if state is None or (self.context is not None and state.context != self.context):
            return None
        if self.context is None and state.session.client_identity:
            return None
        return state.session

    def open_state(self, ticket: bytes) -> OpenSslSession | None:
        """What OpenSSL keeps of the session, whatever its context; the MAC is checked before anything is decrypted."""
        encrypted = ticket[KEY_NAME + IV : -MAC]
        if len(ticket) < KEY_NAME + IV + BLOCK + MAC or len(encrypted) % BLOCK or ticket[:KEY_NAME] != self.name:
            return None
        if not hmac.compare_digest(ticket[-MAC:], hmac.digest(self.mac, ticket[:-MAC], "sha256")):
            return None
        iv = ticket[KEY_NAME : KEY_NAME + IV]
        decryptor = Cipher(algorithms.AES(self.encryption), modes.CBC(iv)).decryptor()
        state = strip_padding(decryptor.update(encrypted))
        return None if state is None else ssl_session.decode(state)
