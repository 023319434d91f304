"""reference/ticket/format.py"""

import hashlib
import hmac
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from pairs import ticket_key

from rfc5077.reference.ticket.format import (
    TicketKey,
    decode_state,
    encode_state,
    open_state,
    open_ticket,
    seal,
    seal_state,
)
from rfc5077.reference.ticket.session import Session

KEY = ticket_key(1)
SESSION = Session(0x0303, 0xC02B, bytes(range(48)), True, "localhost", (b"certificate",), 1_800_000_000)
names = st.none() | st.from_regex(r"[a-z0-9.-]{1,40}", fullmatch=True)
sessions = st.builds(
    Session,
    version=st.integers(0, 65535),
    suite=st.integers(0, 65535),
    master_secret=st.binary(min_size=48, max_size=48),
    ems=st.booleans(),
    server_name=names,
    client_identity=st.lists(st.binary(min_size=1, max_size=90), max_size=3).map(tuple),
    created=st.integers(0, 2**32 - 1),
)


@given(sessions, st.binary(min_size=16, max_size=16))
def test_a_ticket_gives_back_the_session_that_was_sealed(session, iv):
    assert open_ticket(KEY, seal(KEY, session, iv)) == session


def test_the_layout_is_that_of_section_4():
    ticket = seal(KEY, SESSION, b"i" * 16)
    length = int.from_bytes(ticket[32:34], "big")
    encrypted = ticket[34 : 34 + length]
    plain = Cipher(algorithms.AES128(KEY.encryption), modes.CBC(b"i" * 16)).decryptor().update(encrypted)

    assert ticket[:32] == KEY.name + b"i" * 16
    assert ticket[34 + length :] == hmac.new(KEY.mac, ticket[: 34 + length], hashlib.sha256).digest()
    assert plain[:53] == bytes.fromhex("0303" "c02b" "00") + SESSION.master_secret
    identity = bytes.fromhex("01" "00000e" "00000b") + b"certificate"
    assert plain[53:].startswith(identity + SESSION.created.to_bytes(4, "big"))


def test_every_flipped_bit_closes_the_ticket():
    ticket = seal(KEY, SESSION, bytes(16))

    for position in range(len(ticket) * 8):
        damaged = bytearray(ticket)
        damaged[position // 8] ^= 1 << position % 8
        assert open_ticket(KEY, bytes(damaged)) is None


def test_every_other_length_closes_the_ticket():
    ticket = seal(KEY, SESSION, bytes(16))

    assert [n for n in range(len(ticket)) if open_ticket(KEY, ticket[:n])] == []
    assert [n for n in range(1, 65) if open_ticket(KEY, ticket + bytes(n))] == []
    assert open_ticket(KEY, ticket + ticket) is None


def test_a_length_field_that_lies_closes_the_ticket_even_under_a_right_mac():
    covered = bytearray(seal(KEY, SESSION, bytes(16))[:-32])
    covered[33] ^= 0x10

    assert open_ticket(KEY, bytes(covered) + hmac.digest(KEY.mac, bytes(covered), "sha256")) is None


def test_wrong_padding_closes_the_ticket_even_under_a_right_mac():
    covered = bytearray(seal(KEY, SESSION, bytes(16))[:-32])
    covered[-17] ^= 0x80  # turns the last octet of the plaintext over

    assert open_state(KEY, bytes(covered) + hmac.digest(KEY.mac, bytes(covered), "sha256")) is None


def test_another_key_does_not_open():
    ticket = seal(KEY, SESSION, bytes(16))

    assert open_ticket(ticket_key(2), ticket) is None
    assert open_ticket(TicketKey(ticket_key(2).name, KEY.encryption, KEY.mac), ticket) is None
    assert open_ticket(TicketKey(KEY.name, KEY.encryption, bytes(32)), ticket) is None


@given(st.binary(max_size=200))
def test_any_sealed_state_opens_to_a_session_or_to_none(state):
    assert open_ticket(KEY, seal_state(KEY, state, bytes(16))) is None or decode_state(state) is not None


def test_every_truncated_or_lengthened_state_is_no_session():
    state = encode_state(SESSION)

    assert [n for n in range(len(state)) if decode_state(state[:n])] == []
    assert decode_state(state + b"\x00") is None


@pytest.mark.parametrize(
    ("offset", "value"), [(4, 1), (53, 2), (-13, 2), (-12, 2)], ids=["compression", "identity", "format", "ems"]
)
def test_a_state_of_another_kind_is_no_session(offset, value):
    state = bytearray(encode_state(replace(SESSION, client_identity=(), server_name="localhost")))
    assert decode_state(bytes(state)) is not None
    state[offset] = value

    assert decode_state(bytes(state)) is None


def test_a_state_with_a_name_that_is_no_ascii_is_no_session():
    state = encode_state(SESSION)
    assert decode_state(state.replace(b"localhost", b"l\xf6calhost")) is None


def test_neither_keys_nor_secrets_show_in_a_repr():
    shown = repr(KEY) + repr(SESSION)

    assert repr(KEY.mac) not in shown
    assert repr(KEY.encryption) not in shown
    assert repr(SESSION.master_secret) not in shown


def test_a_state_too_large_for_a_ticket_raises():
    with pytest.raises(OverflowError):
        seal(KEY, replace(SESSION, client_identity=(bytes(65_500),)), bytes(16))


@pytest.mark.parametrize("field", ["name", "encryption", "mac"])
def test_a_key_of_wrong_length_is_refused_by_name(field):
    parts = {"name": bytes(16), "encryption": bytes(16), "mac": bytes(32)} | {field: bytes(15)}

    with pytest.raises(ValueError, match=rf"{field}: 15 octets"):
        TicketKey(**parts)
