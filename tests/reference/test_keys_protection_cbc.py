"""reference/keys/protection_cbc.py, and what all the protections have in common."""

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as LibraryCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from pairs import seeded

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.keys.protection import protect
from rfc5077.reference.keys.protection_cbc import BLOCK, padding_of
from rfc5077.reference.keys.schedule import DirectionKeys, key_block, prf
from rfc5077.reference.keys.suites import SUITES, Cipher

KINDS = [
    (suite, etm)
    for suite in SUITES.values()
    for etm in ((False, True) if suite.cipher is Cipher.AES_CBC else (False,))
]
NAMES = [suite.name.removeprefix("TLS_") + (" EtM" if etm else "") for suite, etm in KINDS]
every_kind = pytest.mark.parametrize(("suite", "etm"), KINDS, ids=NAMES)
CBC = [(suite, etm) for suite, etm in KINDS if suite.cipher is Cipher.AES_CBC]
every_cbc = pytest.mark.parametrize(("suite", "etm"), CBC, ids=[n for n in NAMES if "CBC" in n])
mac_then_encrypt = pytest.mark.parametrize(
    "suite", [suite for suite, etm in CBC if not etm], ids=[n for n in NAMES if "CBC" in n and "EtM" not in n]
)


def keys_of(suite, etm=False) -> DirectionKeys:
    return key_block(bytes(48), b"c" * 32, b"s" * 32, suite, etm).client


def both(suite, etm):
    keys = keys_of(suite, etm)
    return protect(keys, seeded(1)), protect(keys)


def refusal(protection, fragment, kind=23):
    with pytest.raises(ProtocolError) as caught:
        protection.open(kind, fragment)
    return caught.value


@every_kind
def test_the_key_block_is_cut_in_the_order_of_the_rfc(suite, etm):
    keys = key_block(bytes(48), b"c" * 32, b"s" * 32, suite, etm)
    block = prf(bytes(48), b"key expansion", b"s" * 32 + b"c" * 32, suite.key_block_length, suite.hash_name)
    one, two = keys.client, keys.server

    assert one.mac + two.mac + one.key + two.key + one.salt + two.salt == block
    assert (len(one.mac), len(one.key), len(one.salt)) == (suite.mac_length, suite.key_length, suite.salt_length)


@every_kind
def test_records_of_all_lengths_open_in_their_order(suite, etm):
    writer, reader = both(suite, etm)
    payloads = [bytes((n % 256,)) * n for n in (*range(70), 255, 256, 257, 16384)]
    sealed = [writer.seal(23, payload) for payload in payloads]

    assert [reader.open(23, fragment) for fragment in sealed] == payloads
    assert max(len(f) - len(p) for f, p in zip(sealed, payloads, strict=True)) <= 2048


@every_kind
def test_a_record_opens_neither_twice_nor_as_another_type_nor_by_other_keys(suite, etm):
    writer, reader = both(suite, etm)
    sealed = writer.seal(23, b"data")

    assert refusal(protect(keys_of(suite, etm)), sealed, kind=22).alert is AlertDescription.BAD_RECORD_MAC
    other = key_block(bytes(48), b"c" * 32, b"s" * 32, suite, etm).server
    assert refusal(protect(other), sealed).alert is AlertDescription.BAD_RECORD_MAC
    assert reader.open(23, sealed) == b"data"
    assert refusal(reader, sealed).alert is AlertDescription.BAD_RECORD_MAC


@every_kind
def test_every_flipped_bit_is_noticed(suite, etm):
    writer, _ = both(suite, etm)
    sealed = writer.seal(22, b"data of a record")

    for position in range(len(sealed) * 8):
        damaged = bytearray(sealed)
        damaged[position // 8] ^= 1 << position % 8
        assert refusal(protect(keys_of(suite, etm)), bytes(damaged), 22).alert is AlertDescription.BAD_RECORD_MAC


@every_kind
def test_a_truncated_or_lengthened_record_is_bad_record_mac(suite, etm):
    writer, _ = both(suite, etm)
    sealed = writer.seal(22, bytes(40))

    for fragment in (*(sealed[:length] for length in range(len(sealed))), sealed + b"\x00", sealed + bytes(16)):
        assert refusal(protect(keys_of(suite, etm)), fragment, 22).alert is AlertDescription.BAD_RECORD_MAC


@every_kind
def test_a_payload_beyond_the_limit_is_an_overflow(suite, etm):
    writer, reader = both(suite, etm)

    assert refusal(reader, writer.seal(23, bytes(16385))).alert is AlertDescription.RECORD_OVERFLOW


@every_cbc
def test_every_record_has_an_initialisation_vector_of_its_own(suite, etm):
    writer, _ = both(suite, etm)
    drawn = seeded(1)

    assert [writer.seal(23, b"same")[:BLOCK] for _ in range(3)] == [drawn(BLOCK) for _ in range(3)]


@every_cbc
def test_who_only_reads_cannot_seal(suite, etm):
    with pytest.raises(RuntimeError, match="entropy"):
        protect(keys_of(suite, etm)).seal(23, b"data")


def forged(suite, plain: bytes) -> bytes:
    """Padded octets, encrypted as they are."""
    encryptor = LibraryCipher(algorithms.AES(keys_of(suite).key), modes.CBC(bytes(BLOCK))).encryptor()
    return bytes(BLOCK) + encryptor.update(plain)


def authenticated(suite, payload: bytes) -> bytes:
    """A payload and its HMAC as record 0."""
    header = bytes(8) + b"\x17\x03\x03" + len(payload).to_bytes(2, "big")
    return payload + hmac.digest(keys_of(suite).mac, header + payload, suite.mac_name)


def padded(octets: bytes, extra: int = 0) -> bytes:
    """With padding to whole blocks, `extra` blocks more than needed."""
    count = BLOCK - 1 - len(octets) % BLOCK + extra * BLOCK
    return octets + bytes((count,)) * (count + 1)


@mac_then_encrypt
@pytest.mark.parametrize("extra", range(15))
def test_longer_padding_than_needed_is_taken(suite, extra):
    assert protect(keys_of(suite)).open(23, forged(suite, padded(authenticated(suite, b"data"), extra))) == b"data"


@mac_then_encrypt
def test_wrong_padding_and_wrong_hmac_are_one_error(suite):
    right = authenticated(suite, bytes(300))
    whole = padded(right, 2)
    count = whole[-1]
    wrong = {
        "first octet of the padding": whole[: -count - 1] + b"\xff" + whole[-count:],
        "last but one": whole[:-2] + b"\xff" + whole[-1:],
        "all of it zero but the length": right + bytes(count) + whole[-1:],
        "longer than the record": whole[:-1] + b"\xff",
        "no padding but one octet": whole[:-1] + b"\x00",
        "a block less": whole[:-1] + bytes((count - 16,)),
        "the hmac": padded(right[:-1] + bytes((right[-1] ^ 1,)), 2),
        "the hmac's first octet": padded(bytes(300) + b"\x00" + right[301:], 2),
        "the payload": padded(b"\x01" + right[1:], 2),
        "no payload": padded(bytes(suite.mac_length), 0),
        "nothing but padding": b"\xff" * 256,
        "padding into the hmac": b"\x4f" * 80,
    }
    errors = {what: refusal(protect(keys_of(suite)), forged(suite, plain)) for what, plain in wrong.items()}

    assert {(error.alert, error.cause, error.detail) for error in errors.values()} == {
        (AlertDescription.BAD_RECORD_MAC, errors["the hmac"].cause, "record 0 does not verify")
    }
    assert protect(keys_of(suite)).open(23, forged(suite, whole)) == bytes(300)


@mac_then_encrypt
def test_the_hmac_is_computed_over_as_many_octets_whatever_is_wrong(suite, monkeypatch):
    hashed = []
    real = hmac.new

    class Counting:
        def __init__(self, key, octets, name):
            self.inner, self.count = real(key, octets, name), len(octets)
            hashed.append(self)

        def update(self, octets):
            self.count += len(octets)

        def digest(self):
            return self.inner.digest()

    monkeypatch.setattr(hmac, "new", Counting)
    right = padded(authenticated(suite, bytes(100)), 3)
    for plain in (right, right[:-1] + b"\x00", right[:-2] + b"\xfe\xff", bytes(len(right)), b"\x07" * len(right)):
        try:
            protect(keys_of(suite)).open(23, forged(suite, plain))
        except ProtocolError as error:
            assert error.alert is AlertDescription.BAD_RECORD_MAC

    assert len(hashed) == 5
    assert {each.count for each in hashed} == {13 + len(right)}


@pytest.mark.parametrize("said", range(256))
def test_padding_is_right_if_and_only_if_all_its_octets_say_its_length(said):
    room = bytes(300)
    right = room + bytes((said,)) * (said + 1)
    assert padding_of(right, 20) == said + 1
    for position in {0, said // 2, said - 1} - {said, -1}:
        wrong = bytearray(right)
        wrong[len(room) + position] ^= 0x80
        assert padding_of(bytes(wrong), 20) == 0


def test_padding_leaves_room_for_the_hmac():
    for length in range(1, 80):
        plain = bytes((length - 1,)) * length
        assert padding_of(bytes(20) + plain, 20) == length
        assert padding_of(bytes(19) + plain, 20) == 0


def test_encrypt_then_mac_authenticates_vector_and_ciphertext_as_rfc_7366_says():
    suite = SUITES[0xC023]
    keys = keys_of(suite, True)
    sealed = protect(keys, seeded(1)).seal(23, b"data")
    encrypted = sealed[:-32]
    header = bytes(8) + b"\x17\x03\x03" + len(encrypted).to_bytes(2, "big")

    assert sealed[-32:] == hmac.digest(keys.mac, header + encrypted, "sha256")


def test_chacha20_poly1305_mixes_the_number_into_the_nonce():
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    keys = keys_of(SUITES[0xCCA9])
    writer = protect(keys)
    for number in range(3):
        nonce = bytes(a ^ b for a, b in zip(keys.salt, number.to_bytes(12, "big"), strict=True))
        header = number.to_bytes(8, "big") + b"\x17\x03\x03\x00\x04"
        assert writer.seal(23, b"data") == ChaCha20Poly1305(keys.key).encrypt(nonce, b"data", header)
