"""reference/wire/messages.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.wire.messages import (
    MAX_MESSAGE,
    Alert,
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ClientKeyExchange,
    Finished,
    HandshakeReader,
    HandshakeType,
    NewSessionTicket,
    ServerKeyExchange,
    handshake,
    message_name,
)

u16 = st.integers(0, 65535)
octets = st.binary(max_size=60)
messages = st.one_of(
    st.builds(Certificate, st.lists(st.binary(min_size=1, max_size=60), max_size=4).map(tuple)),
    st.builds(ServerKeyExchange, u16, st.binary(min_size=1, max_size=99), u16, octets),
    st.builds(
        CertificateRequest,
        st.lists(st.integers(0, 255), min_size=1, max_size=3).map(tuple),
        st.lists(u16, min_size=1, max_size=3).map(tuple),
        st.lists(st.binary(min_size=1, max_size=20), max_size=3).map(tuple),
    ),
    st.builds(ClientKeyExchange, st.binary(min_size=1, max_size=99)),
    st.builds(CertificateVerify, u16, octets),
    st.builds(NewSessionTicket, st.integers(0, 2**32 - 1), octets),
    st.builds(Finished, st.binary(min_size=12, max_size=12)),
    st.builds(Alert, st.integers(0, 255), st.integers(0, 255)),
)


@given(messages)
def test_a_message_survives_encoding(message):
    assert type(message).parse(message.encode()) == message


@given(messages, st.data())
def test_every_proper_prefix_is_a_decode_error(message, data):
    body = message.encode()
    cut = data.draw(st.integers(0, len(body) - 1))

    with pytest.raises(ProtocolError) as caught:
        type(message).parse(body[:cut])

    assert caught.value.alert is AlertDescription.DECODE_ERROR


@given(messages)
def test_an_octet_too_many_is_a_decode_error(message):
    with pytest.raises(ProtocolError) as caught:
        type(message).parse(message.encode() + b"\x00")

    assert caught.value.alert is AlertDescription.DECODE_ERROR


def test_new_session_ticket_has_a_big_endian_hint_and_one_length():
    assert NewSessionTicket(7200, b"abc").encode() == bytes.fromhex("00001c20" "0003" "616263")


def test_the_largest_ticket_fits_and_one_octet_more_does_not():
    assert NewSessionTicket.parse(NewSessionTicket(0, bytes(65535)).encode()).ticket == bytes(65535)
    with pytest.raises(OverflowError):
        NewSessionTicket(0, bytes(65536)).encode()


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=5), st.data())
def test_messages_come_out_as_they_went_in_however_records_cut_them(parts, data):
    stream = b"".join(handshake(kind, body) for kind, body in parts)
    reader = HandshakeReader()
    found = []

    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:cut])
        stream = stream[cut:]

    assert [(message.kind, message.body) for message in found] == parts
    assert b"".join(message.octets for message in found) == b"".join(handshake(*part) for part in parts)
    assert reader.pending == 0


def test_a_monstrous_message_is_refused_at_its_header():
    with pytest.raises(ProtocolError) as caught:
        list(HandshakeReader().feed(b"\x0b" + (MAX_MESSAGE + 1).to_bytes(3, "big")))

    assert caught.value.alert is AlertDescription.ILLEGAL_PARAMETER


def test_messages_have_the_names_of_the_rfc():
    assert message_name(HandshakeType.NEW_SESSION_TICKET) == "NewSessionTicket"
    assert message_name(99) == "handshake type 99"


def test_what_is_pending_is_overwritten_and_gone_when_it_is_forgotten():
    reader = HandshakeReader()
    held = reader._buffer
    list(reader.feed(b"\x14\x00\x00\x0cverify"))
    held_before = bytes(held)
    view = memoryview(held)
    with pytest.raises(BufferError):  # octets that are looked at cannot be let go, but are overwritten before
        reader.forget()
    seen = bytes(view)
    view.release()
    reader.forget()

    assert (held_before, seen, reader.pending) == (b"\x14\x00\x00\x0cverify", bytes(10), 0)
