"""reference/wire/record.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.wire.record import (
    MAX_CIPHERTEXT,
    TLS_1_2,
    ContentType,
    RecordReader,
    encode_record,
    encode_records,
)


@given(st.lists(st.tuples(st.sampled_from(ContentType), st.binary(max_size=50)), max_size=6), st.data())
def test_records_come_out_as_they_went_in_however_the_stream_is_cut(records, data):
    stream = b"".join(encode_record(kind, payload) for kind, payload in records)
    reader = RecordReader()
    found = []

    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:cut])
        stream = stream[cut:]

    assert found == [(kind, TLS_1_2, payload) for kind, payload in records]
    assert reader.pending == 0


def test_a_long_payload_is_cut_at_the_limit():
    octets = encode_records(ContentType.HANDSHAKE, bytes(40000))

    assert [len(payload) for _, _, payload in RecordReader().feed(octets)] == [16384, 16384, 7232]


def test_an_unknown_record_type_is_refused_by_unexpected_message():
    with pytest.raises(ProtocolError) as caught:
        list(RecordReader().feed(b"GET / HTTP/1.1"))

    assert caught.value.alert is AlertDescription.UNEXPECTED_MESSAGE


def test_an_overlong_record_is_refused_at_its_header():
    header = bytes((22, 3, 3)) + (MAX_CIPHERTEXT + 1).to_bytes(2, "big")

    with pytest.raises(ProtocolError) as caught:
        list(RecordReader().feed(header))

    assert caught.value.alert is AlertDescription.RECORD_OVERFLOW


def test_records_behind_the_last_one_taken_stay_buffered():
    reader = RecordReader()
    stream = encode_record(22, b"one") + encode_record(22, b"two")

    first = next(reader.feed(stream))
    rest = list(reader.feed(b""))

    assert (first[2], [fragment for _, _, fragment in rest]) == (b"one", [b"two"])
