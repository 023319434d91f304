"""reference/keys/protection.py"""

import pytest

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.keys.protection import protect
from rfc5077.reference.keys.schedule import DirectionKeys

KEYS = DirectionKeys(bytes(range(16)), b"salt")


def test_records_open_in_their_order():
    writer, reader = protect(KEYS), protect(KEYS)
    sealed = [writer.seal(23, payload) for payload in (b"", b"one", bytes(16384))]

    assert [reader.open(23, fragment) for fragment in sealed] == [b"", b"one", bytes(16384)]


def test_records_do_not_open_out_of_order():
    writer, reader = protect(KEYS), protect(KEYS)
    writer.seal(23, b"one")

    with pytest.raises(ProtocolError) as caught:
        reader.open(23, writer.seal(23, b"two"))

    assert caught.value.alert is AlertDescription.BAD_RECORD_MAC


def test_every_flipped_bit_is_noticed():
    sealed = protect(KEYS).seal(22, b"data")

    for position in range(len(sealed) * 8):
        damaged = bytearray(sealed)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(ProtocolError) as caught:
            protect(KEYS).open(22, bytes(damaged))
        assert caught.value.alert is AlertDescription.BAD_RECORD_MAC


def test_a_record_does_not_open_as_another_type():
    with pytest.raises(ProtocolError):
        protect(KEYS).open(23, protect(KEYS).seal(22, b"data"))


@pytest.mark.parametrize("length", range(24))
def test_a_fragment_too_short_for_nonce_and_tag_is_refused(length):
    with pytest.raises(ProtocolError) as caught:
        protect(KEYS).open(22, bytes(length))

    assert caught.value.alert is AlertDescription.BAD_RECORD_MAC


def test_a_payload_beyond_the_limit_is_an_overflow():
    with pytest.raises(ProtocolError) as caught:
        protect(KEYS).open(23, protect(KEYS).seal(23, bytes(16385)))

    assert caught.value.alert is AlertDescription.RECORD_OVERFLOW
