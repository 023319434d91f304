"""Tickets by the recommended format (RFC 5077, section 4): key_name, IV, length, AES-128-CBC ciphertext, HMAC-SHA-256.

The state inside is StatePlaintext of that section plus what later documents make part of a session: a format octet,
the extended master secret flag (RFC 7627, section 5.4) and the server name (RFC 6066, section 3).
"""

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.codec import Reader, Writer
from rfc5077.reference.wire.extensions import FRAGMENT_LENGTHS

KEY_NAME = 16
IV = 16
ENCRYPTION_KEY = 16
MAC_KEY = 32
MAC = 32
BLOCK = 16
KEY_OCTETS = KEY_NAME + ENCRYPTION_KEY + MAC_KEY
"""All of them octets; the last is a whole key."""

FORMAT = 1
"""Number of the layout behind StatePlaintext; other numbers are not opened (R5077-5.5-05)."""

FORMAT_WITH_FRAGMENT = 2
"""The same with the code of max_fragment_length at the end: sealed only for sessions that have one."""

_STATE_STARTS = KEY_NAME + IV + 2
_MASTER_SECRET = 48
_ANONYMOUS, _CERTIFICATE_BASED = 0, 1
_MAX_TIME = 2**32 - 1


@dataclass(frozen=True, slots=True)
class TicketKey:
    """One set of keys that seals tickets: name (16 octets), AES-128 key (16) and HMAC-SHA-256 key (32); R5077-4-04."""

    name: bytes
    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for what, length in (("name", KEY_NAME), ("encryption", ENCRYPTION_KEY), ("mac", MAC_KEY)):
            if len(getattr(self, what)) != length:
                raise ValueError(f"{what}: {len(getattr(self, what))} octets, not {length}")

    @classmethod
    def split(cls, octets: bytes) -> "TicketKey":
        """A key from 64 random octets: name, encryption key, MAC key. Raises ValueError for another length."""
        return cls(octets[:KEY_NAME], octets[KEY_NAME : KEY_NAME + ENCRYPTION_KEY], octets[KEY_NAME + ENCRYPTION_KEY :])

    def seal(self, session: Session, iv: bytes) -> bytes:
        """The ticket, by `seal`."""
        return seal(self, session, iv)

    def open(self, ticket: bytes) -> Session | None:
        """The session in a ticket, by `open_ticket`."""
        return open_ticket(self, ticket)


def seal(key: TicketKey, session: Session, iv: bytes) -> bytes:
    """The ticket for a session, under `iv` (16 octets, fresh for every ticket: R5077-4-09).

    Raises OverflowError if the state does not fit in a ticket (a client's chain of about 65,000 octets).
    """
    return seal_state(key, encode_state(session), iv)


def open_ticket(key: TicketKey, ticket: bytes) -> Session | None:
    """The session inside a ticket; None if this key did not seal it, if it was altered, or if it cannot be read."""
    state = open_state(key, ticket)
    return None if state is None else decode_state(state)


def seal_state(key: TicketKey, state: bytes, iv: bytes) -> bytes:
    """Encrypts, then authenticates, any state. Raises OverflowError beyond what the length fields hold."""
    padding = BLOCK - len(state) % BLOCK
    encryptor = Cipher(algorithms.AES128(key.encryption), modes.CBC(iv)).encryptor()
    encrypted = encryptor.update(state + bytes((padding,)) * padding)
    covered = b"%b%b%b%b" % (key.name, iv, len(encrypted).to_bytes(2, "big"), encrypted)  # R5077-4-05
    if len(covered) + MAC > 0xFFFF:
        raise OverflowError(f"a ticket of {len(covered) + MAC} octets")
    return covered + hmac.digest(key.mac, covered, "sha256")  # R5077-4-10


def open_state(key: TicketKey, ticket: bytes) -> bytes | None:
    """The state inside a ticket, None if `key` did not seal exactly these octets.

    The MAC is checked before anything is decrypted; a length field that leaves octets over is refused like a wrong MAC.
    """
    parts = split_ticket(ticket)
    if parts is None or not has_right_mac(key, ticket) or parts.key_name != key.name:  # R5077-5.3-01
        return None
    return decrypt_state(key, parts.iv, parts.encrypted_state)


@dataclass(frozen=True, slots=True)
class TicketParts:
    """The fields of a ticket in the layout of section 4."""

    key_name: bytes
    iv: bytes
    encrypted_state: bytes
    mac: bytes


def split_ticket(ticket: bytes) -> TicketParts | None:
    """The fields, None if lengths do not fit: octets left over are no ticket either (R5077-5-01)."""
    length = len(ticket) - _STATE_STARTS - MAC
    if length < BLOCK or length % BLOCK or int.from_bytes(ticket[KEY_NAME + IV : _STATE_STARTS], "big") != length:
        return None
    iv = ticket[KEY_NAME : KEY_NAME + IV]
    return TicketParts(ticket[:KEY_NAME], iv, ticket[_STATE_STARTS:-MAC], ticket[-MAC:])


def has_right_mac(key: TicketKey, ticket: bytes) -> bool:
    """Whether the last 32 octets authenticate everything in front of them; in constant time (R5077-4-10)."""
    return hmac.compare_digest(ticket[-MAC:], hmac.digest(key.mac, ticket[:-MAC], "sha256"))


def decrypt_state(key: TicketKey, iv: bytes, encrypted_state: bytes) -> bytes | None:
    """The state in whole blocks of ciphertext, None if its padding is wrong (RFC 5077, section 4, leaves the padding
    open; here it is that of PKCS #7)."""
    decryptor = Cipher(algorithms.AES128(key.encryption), modes.CBC(iv)).decryptor()
    return strip_padding(decryptor.update(encrypted_state))


def strip_padding(padded: bytes) -> bytes | None:
    """Whole blocks without their padding by PKCS #7, None if it is wrong; only for octets whose MAC was right."""
    padding = padded[-1]
    if not 1 <= padding <= BLOCK or padded[-padding:] != bytes((padding,)) * padding:
        return None
    return padded[:-padding]


def encode_state(session: Session) -> bytes:
    """StatePlaintext (R5077-4-11) and the additions of this project (R5077-4-15)."""
    out = Writer()
    out.integer(2, session.version)
    out.integer(2, session.suite)
    out.integer(1, 0)  # compression: null
    out.raw(session.master_secret)
    if session.client_identity:
        out.integer(1, _CERTIFICATE_BASED)
        with out.vector(3):
            for certificate in session.client_identity:
                out.opaque(3, certificate)
    else:
        out.integer(1, _ANONYMOUS)
    out.integer(4, min(session.created, _MAX_TIME))
    out.integer(1, FORMAT_WITH_FRAGMENT if session.fragment_code else FORMAT)
    out.integer(1, session.ems)
    out.opaque(2, b"" if session.server_name is None else session.server_name.encode("ascii"))
    if session.fragment_code:
        out.integer(1, session.fragment_code)
    return out.octets()


def decode_state(state: bytes) -> Session | None:
    """The session, None if the state is not exactly in this layout: whoever sealed it, no length is trusted."""
    try:
        return _read_state(Reader(state))
    except ProtocolError:
        return None  # an unreadable ticket leads to a full handshake, not to an alert: R5077-3.2-09


def _read_state(reader: Reader) -> Session | None:
    version = reader.integer(2)
    suite = reader.integer(2)
    compression = reader.integer(1)
    master_secret = reader.take(_MASTER_SECRET)
    identity_type = reader.integer(1)
    identity: list[bytes] = []
    if identity_type == _CERTIFICATE_BASED:
        entries = Reader(reader.vector(3, 1))
        while entries.remaining:
            identity.append(entries.vector(3, 1))
    created = reader.integer(4)
    layout = reader.integer(1)
    ems = reader.integer(1)
    name = reader.vector(2)
    fragment = reader.integer(1) if layout == FORMAT_WITH_FRAGMENT else 0
    reader.finish()
    if compression != 0 or identity_type not in (_ANONYMOUS, _CERTIFICATE_BASED):
        return None
    if layout not in (FORMAT, FORMAT_WITH_FRAGMENT) or ems not in (0, 1) or not name.isascii():
        return None
    if layout == FORMAT_WITH_FRAGMENT and fragment not in FRAGMENT_LENGTHS:
        return None
    known_as = name.decode("ascii") or None
    return Session(version, suite, master_secret, ems == 1, known_as, tuple(identity), created, fragment)
