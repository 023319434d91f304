"""reference/wire/codec.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.wire.codec import Reader, Writer


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_the_writer_nests_the_reader_finds(parts):
    out = Writer()
    with out.vector(3):
        for part in parts:
            with out.vector(2):
                out.raw(part)

    outer = Reader(out.octets())
    inner = Reader(outer.vector(3))
    outer.finish()
    found = []
    while inner.remaining:
        found.append(inner.vector(2))

    assert found == parts


@pytest.mark.parametrize(
    "act",
    [
        lambda reader: reader.take(4),
        lambda reader: reader.integer(4),
        lambda reader: reader.vector(1),
        lambda reader: reader.vector(1, 0, 4),
        lambda reader: reader.integers(1, 2),
        lambda reader: reader.finish(),
    ],
)
def test_reader_answers_everything_that_does_not_fit_with_decode_error(act):
    reader = Reader(b"\x05ab")

    with pytest.raises(ProtocolError) as caught:
        act(reader)

    assert caught.value.alert is AlertDescription.DECODE_ERROR


def test_reader_refuses_a_vector_that_is_too_short():
    with pytest.raises(ProtocolError):
        Reader(b"\x00").vector(1, 1)


def test_reader_refuses_half_an_item():
    with pytest.raises(ProtocolError):
        Reader(b"\x03\x00\x01\x02").integers(1, 2)


def test_writer_raises_when_a_length_does_not_fit_its_field():
    out = Writer()

    with pytest.raises(OverflowError), out.vector(1):
        out.raw(bytes(256))


def test_writer_raises_when_an_integer_of_a_list_does_not_fit():
    with pytest.raises(OverflowError, match="2 octets"):
        Writer().integers(2, 2, (1, 1 << 16))
