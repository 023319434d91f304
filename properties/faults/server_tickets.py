"""Faulty servers: what they make of the octets of a ticket, in sealing and in opening (S-65 to S-82, S-120).

A server opens tickets by a function of key ring and ticket, and seals them by a function of key ring, session and 16
fresh octets; both are replaced here. The layout is that of RFC 5077, section 4: name (16), IV (16), length (2), state,
MAC (32).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rfc5077.properties.faults.fault import ServerEdit, fault, renewing
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake.negotiate import OpenTicket
from rfc5077.reference.handshake.server_flight import ServerHandlers
from rfc5077.reference.ticket.format import (
    FORMAT,
    IV,
    KEY_NAME,
    MAC,
    TicketKey,
    decode_state,
    decrypt_state,
    encode_state,
    open_state,
    open_ticket,
    split_ticket,
)
from rfc5077.reference.ticket.key_ring import KeyRing, open_any, seal_ticket
from rfc5077.reference.ticket.session import Session

LENGTH = KEY_NAME + IV
STATE = LENGTH + 2
LAYOUT = 58
"""Place of the octet for the layout in the state of a session without a client's certificate."""

Seal = Callable[[KeyRing, Session, bytes], bytes | None]


def key_of(ring: KeyRing, ticket: bytes) -> TicketKey | None:
    """The key that a ticket names."""
    found = next((key for key in ring.keys if key.name == ticket[:KEY_NAME]), None)
    return found if isinstance(found, TicketKey) else None


def signed(key: TicketKey, covered: bytes) -> bytes:
    """The ticket with the MAC that is right for these octets."""
    return covered + hmac.digest(key.mac, covered, "sha256")


def _opening(opens: OpenTicket, seals: Seal = seal_ticket) -> ServerEdit:
    return ServerEdit(handlers=ServerHandlers(open_ticket=opens, seal_ticket=seals))


# Tickets that are refused by an alert ---------------------------------------------------------------------------------


def _alarmed_by(strange: Callable[[KeyRing, bytes], bool], why: str) -> ServerEdit:
    """Answers tickets that it cannot read with an alert."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        if strange(ring, ticket):
            raise ProtocolError(Cause.MALFORMED, why)
        return open_any(ring, ticket)

    return _opening(opens)


@fault("S-65", "R5077-A-04", "R5077-3.2-09")
def answers_a_wrapped_ticket_with_an_alert() -> ServerEdit:
    """Answers a ticket behind a length of its own, as RFC 4507 has it, with a fatal alert."""
    return _alarmed_by(
        lambda _, ticket: int.from_bytes(ticket[:2], "big") == len(ticket) - 2, "a ticket behind its length"
    )


@fault("S-66", "R5077-3.2-09", source="A-95: rustls before 0.23.43")
def stumbles_over_a_short_ticket() -> ServerEdit:
    """Reads beyond the end of a ticket that is shorter than its fixed fields, and gives the handshake up."""
    return _alarmed_by(lambda _, ticket: len(ticket) < STATE + MAC, "a ticket without room for its fields")


@fault("S-67", "R5077-5.3-01", "R5077-3.2-09")
def trusts_the_length_inside_a_ticket() -> ServerEdit:
    """Trusts the length field of a ticket, and gives the handshake up where that reaches beyond the end."""

    def beyond(ring: KeyRing, ticket: bytes) -> bool:
        length = int.from_bytes(ticket[LENGTH:STATE], "big")
        return key_of(ring, ticket) is not None and STATE + length + MAC > len(ticket)

    return _alarmed_by(beyond, "a state beyond the end of the ticket")


@fault("S-68", "R5246-6.2.1-01", "R5077-3.2-09")
def refuses_a_large_ticket() -> ServerEdit:
    """Answers a ticket of more than 2**14 octets with a fatal alert."""
    return _alarmed_by(lambda _, ticket: len(ticket) > 2**14, "a ticket larger than a record")


@fault("S-80", "R5077-3.2-09", source="A-48: Mbed TLS, issue 659")
def stumbles_over_a_strange_state() -> ServerEdit:
    """Gives the handshake up where an authentic ticket holds a state that cannot be read."""

    def strange(ring: KeyRing, ticket: bytes) -> bool:
        key = key_of(ring, ticket)
        state = None if key is None else open_state(key, ticket)
        return state is not None and decode_state(state) is None

    return _alarmed_by(strange, "a state that cannot be read")


@fault("S-74", "R5077-3.1-10", "R5077-3.2-09", source="A-42")
def tells_wrong_padding() -> ServerEdit:
    """Decrypts a ticket before it checks the MAC, and answers wrong padding with a fatal alert."""

    def padded_wrongly(ring: KeyRing, ticket: bytes) -> bool:
        key, parts = key_of(ring, ticket), split_ticket(ticket)
        return key is not None and parts is not None and decrypt_state(key, parts.iv, parts.encrypted_state) is None

    return _alarmed_by(padded_wrongly, "wrong padding")


# Tickets that are taken although they were changed --------------------------------------------------------------------


@fault("S-70", "R5077-5.2-01", "R5077-3.2-09")
def compares_half_of_the_code() -> ServerEdit:
    """Compares the first 16 of the 32 octets of a ticket's authentication code."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        key = key_of(ring, ticket)
        right = b"" if key is None else signed(key, ticket[:-MAC])
        half = slice(-MAC, -MAC // 2)
        return open_ticket(key, right) if key is not None and right[half] == ticket[half] else None

    return _opening(opens)


def _less_covered(hidden: Callable[[TicketKey, bytes], bytes], by_name: bool) -> ServerEdit:
    """Authenticates a ticket but for the octets that `hidden` replaces by constant ones."""

    def sealed(key: TicketKey, covered: bytes) -> bytes:
        return covered + hmac.digest(key.mac, hidden(key, covered), "sha256")

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        ticket, key = seal_ticket(ring, session, iv), ring.keys[0] if ring.keys else None
        return sealed(key, ticket[:-MAC]) if ticket is not None and isinstance(key, TicketKey) else ticket

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        named = key_of(ring, ticket)
        known = [key for key in ring.keys if isinstance(key, TicketKey)] if not by_name else [named] if named else []
        for key in known:
            if len(ticket) > STATE + MAC and sealed(key, ticket[:-MAC]) == ticket:
                return open_ticket(key, signed(key, key.name + ticket[KEY_NAME:-MAC]))
        return None

    return _opening(opens, seals)


@fault("S-71", "R5077-4-06", "R5077-3.2-09")
def ignores_the_name_of_the_key() -> ServerEdit:
    """Neither looks at the key name of a ticket nor authenticates it."""
    return _less_covered(lambda _, covered: covered[KEY_NAME:], by_name=False)


@fault("S-72", "R5077-5.3-01", "R5077-3.2-09")
def leaves_the_iv_out_of_the_code() -> ServerEdit:
    """Leaves the IV out of what the authentication code of a ticket covers."""
    return _less_covered(lambda _, covered: covered[:KEY_NAME] + covered[LENGTH:], by_name=True)


@fault("S-73", "R5077-4-10", "R5077-5-01", verdict="advice", source="A-44: GnuTLS 3.7.9")
def overlooks_octets_behind_a_ticket() -> ServerEdit:
    """Opens a ticket behind which octets were appended."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        length = int.from_bytes(ticket[LENGTH:STATE], "big")
        return open_any(ring, ticket[: STATE + length + MAC])

    return _opening(opens)


@fault("S-81", "R5077-5.5-05", verdict="advice")
def takes_another_layout() -> ServerEdit:
    """Reads the state in a ticket as if it were in its own layout, whatever layout that names."""

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        key = key_of(ring, ticket)
        state = None if key is None else open_state(key, ticket)
        if state is None or len(state) <= LAYOUT:
            return None
        return decode_state(state[:LAYOUT] + bytes((FORMAT,)) + state[LAYOUT + 1 :])

    return _opening(opens)


@fault("S-120", "R5077-3.1-10", "R5077-5.1-02", source="A-74")
def ends_a_session_by_a_forged_ticket() -> ServerEdit:
    """Ends the session that it reads in a ticket whose authentication code is wrong."""
    ended: set[bytes] = set()

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        key, session = key_of(ring, ticket), open_any(ring, ticket)
        forged = open_ticket(key, signed(key, ticket[:-MAC])) if key is not None and session is None else None
        if forged is not None:
            ended.add(forged.master_secret)
        return None if session is None or session.master_secret in ended else session

    return _opening(opens)


# Sealing --------------------------------------------------------------------------------------------------------------


@fault("S-75", "R5077-4-09", verdict="advice", source="A-40")
def uses_one_iv() -> ServerEdit:
    """Seals every ticket under the same IV."""
    return _opening(open_any, lambda ring, session, _: seal_ticket(ring, session, bytes(IV)))


@fault("S-76", "R5077-5.8-01", verdict="advice")
def makes_equal_tickets_of_equal_states() -> ServerEdit:
    """Seals the same state to the same ticket each time."""

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        return seal_ticket(ring, session, hashlib.sha256(encode_state(session)).digest()[: len(iv)])

    return ServerEdit(handlers=ServerHandlers(seal_ticket=seals), config=renewing)


def _keyed(change: Callable[[TicketKey], TicketKey]) -> ServerEdit:
    """Seals and opens with other keys than those of its key ring."""

    def with_change(ring: KeyRing) -> KeyRing:
        return KeyRing(tuple(change(key) if isinstance(key, TicketKey) else key for key in ring.keys))

    return _opening(
        lambda ring, ticket: open_any(with_change(ring), ticket),
        lambda ring, session, iv: seal_ticket(with_change(ring), session, iv),
    )


@fault("S-77", "R5077-3.1-05", "R5077-5.5-01", source="A-37: CVE-2020-13777, GnuTLS 3.6.4 to 3.6.13")
def seals_with_zeros() -> ServerEdit:
    """Seals tickets with keys of zeros."""
    return _keyed(lambda key: TicketKey(key.name, bytes(len(key.encryption)), bytes(len(key.mac))))


@fault("S-78", "R5077-4-04", verdict="advice")
def seals_with_one_key() -> ServerEdit:
    """Encrypts and authenticates tickets with one and the same key."""
    return _keyed(lambda key: TicketKey(key.name, key.encryption, 2 * key.encryption))


@fault("S-79", "R5077-3.1-05", "R5077-5-01")
def seals_in_clear() -> ServerEdit:
    """Authenticates the state in a ticket, but does not encrypt it."""

    def crypt(key: TicketKey, iv: bytes, state: bytes) -> bytes:
        encryptor = Cipher(algorithms.AES128(key.encryption), modes.CBC(iv)).encryptor()
        return encryptor.update(state)

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        ticket, key = seal_ticket(ring, session, iv), ring.keys[0] if ring.keys else None
        if ticket is None or not isinstance(key, TicketKey):
            return ticket
        decryptor = Cipher(algorithms.AES128(key.encryption), modes.CBC(iv)).decryptor()
        return signed(key, ticket[:STATE] + decryptor.update(ticket[STATE:-MAC]))

    def opens(ring: KeyRing, ticket: bytes) -> Session | None:
        key = key_of(ring, ticket)
        if key is None or len(ticket) < STATE + MAC or signed(key, ticket[:-MAC]) != ticket:
            return None
        encrypted = crypt(key, ticket[KEY_NAME:LENGTH], ticket[STATE:-MAC])
        return open_ticket(key, signed(key, ticket[:STATE] + encrypted))

    return _opening(opens, seals)


@fault("S-82", "R5077-3.1-04")
def keeps_the_state_to_itself() -> ServerEdit:
    """Gives out tickets that name an entry of a table in its memory."""
    kept: dict[bytes, Session] = {}

    def seals(ring: KeyRing, session: Session, iv: bytes) -> bytes | None:
        ticket = seal_ticket(ring, session, iv)
        if ticket is not None:
            kept[ticket] = session
        return ticket

    return _opening(lambda _, ticket: kept.get(ticket), seals)
