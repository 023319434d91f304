"""reference/ticket/aead_format.py, openssl_format.py, ssl_session.py, der.py and key_file.py"""

import base64
import random

import pytest
from pairs import ticket_key

from rfc5077.reference.ticket import der, ssl_session
from rfc5077.reference.ticket.aead_format import AeadKey
from rfc5077.reference.ticket.key_file import parse_key_file
from rfc5077.reference.ticket.key_ring import KeyRing, open_any, seal_ticket
from rfc5077.reference.ticket.openssl_format import OpenSslKey
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.ssl_session import OpenSslSession

SESSION = Session(0x0303, 0xC02B, bytes(range(48)), True, "example.org", (), 1_800_000_000)
CHANCE = random.Random(7)
AEAD = AeadKey.split(CHANCE.randbytes(48))
K48 = OpenSslKey.split(CHANCE.randbytes(48))
K80 = OpenSslKey.split(CHANCE.randbytes(80))
SECTION_4 = ticket_key(1)
KEYS = {"section 4": SECTION_4, "AES-256-GCM": AEAD, "OpenSSL, 48": K48, "OpenSSL, 80": K80}
OURS = OpenSslSession(SESSION)
CERTIFICATE = der.element(der.SEQUENCE, bytes(300))

every_key = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)


@every_key
def test_what_a_key_seals_it_opens(key):
    ticket = key.seal(SESSION, bytes(16))

    assert ticket[:16] == key.name
    assert key.open(ticket) == SESSION


@every_key
def test_any_octet_altered_added_or_missing_opens_to_nothing(key):
    ticket = key.seal(SESSION, bytes(16))

    for at in range(len(ticket)):
        assert key.open(ticket[:at] + bytes((ticket[at] ^ 1,)) + ticket[at + 1 :]) is None
        assert key.open(ticket[:at]) is None
    assert key.open(ticket + b"\0") is None


@every_key
def test_a_state_that_does_not_fit_is_not_sealed(key):
    large = Session(0x0303, 0xC02B, bytes(48), True, None, (bytes(65_500),), 7)

    assert seal_ticket(KeyRing((key,)), large, bytes(16)) is None


@every_key
def test_a_representation_shows_no_key(key):
    assert repr(key.encryption) not in repr(key)


def test_a_ring_of_mixed_formats_seals_with_the_first_opens_all_and_refuses_the_retired():
    ring = KeyRing((SECTION_4,)).rotate(K80, 2).rotate(AEAD, 2)
    before = {key.name: seal_ticket(KeyRing((key,)), SESSION, bytes(16)) for key in ring.keys}
    after = ring.rotate(K48, 2)

    assert seal_ticket(after, SESSION, bytes(16))[:16] == K48.name
    assert [open_any(after, before[key.name]) for key in (AEAD, K80, SECTION_4)] == [SESSION, SESSION, None]


@pytest.mark.parametrize("length", [0, 47, 49, 64, 79, 81])
def test_keys_of_another_length_are_refused(length):
    with pytest.raises(ValueError, match=f"{length} octets, not 48 or 80"):
        OpenSslKey.split(bytes(length))


def test_an_identity_is_opened_only_under_its_context():
    known = Session(0x0303, 0xC02B, bytes(48), True, None, (CERTIFICATE,), 7)
    mine, other = (OpenSslKey(K80.name, K80.encryption, K80.mac, context) for context in (b"mine", b"other"))
    ticket = mine.seal(known, bytes(16))

    assert mine.open(ticket) == known
    assert other.open(ticket) is None
    assert K80.open(ticket) is None
    assert K80.open_state(ticket) == OpenSslSession(known, b"mine", 7200)


def changed(number: int, content: bytes, state: OpenSslSession = OURS) -> bytes:
    """A session's DER with one field changed, or one more in its place."""
    whole = ssl_session.encode(state)
    parts = list(der.elements(der.only(whole, der.SEQUENCE)))
    fields = dict(parts[5:]) | {der.EXPLICIT + number: content}
    octets = b"".join(der.element(*part) for part in (*parts[:5], *sorted(fields.items())))
    return der.element(der.SEQUENCE, octets)


@pytest.mark.parametrize(
    ("number", "content", "resumable"),
    [
        (ssl_session.COMPRESSION, der.octet_string(b"\1"), False),
        (ssl_session.FRAGMENT_MODE, der.integer(1), False),
        (ssl_session.FRAGMENT_MODE, der.integer(0), True),
        (8, der.octet_string(b"somebody"), False),
        (9, der.integer(300), True),
        (ssl_session.TIME, der.octet_string(b"now"), False),
    ],
)
def test_sessions_with_what_we_do_not_keep_are_not_resumed(number, content, resumable):
    state = ssl_session.decode(changed(number, content))

    assert (state is not None and state.session == SESSION) is resumable


def test_a_client_whose_certificate_failed_is_nobody_we_resume():
    known = Session(0x0303, 0xC02B, bytes(48), True, None, (CERTIFICATE,), 7)
    whole = ssl_session.encode(OpenSslSession(known))
    failed = changed(ssl_session.VERIFY_RESULT, der.integer(10), OpenSslSession(known))

    assert ssl_session.decode(whole).session == known
    assert ssl_session.decode(failed) is None


def test_no_octets_make_the_decoder_raise():
    whole = ssl_session.encode(OpenSslSession(SESSION, b"context"))
    for _ in range(5000):
        octets = bytearray(whole)
        for _ in range(CHANCE.randint(1, 3)):
            octets[CHANCE.randrange(len(octets))] = CHANCE.randrange(256)
        ssl_session.decode(bytes(octets[: CHANCE.randint(0, len(octets))]))
        ssl_session.decode(bytes(octets))


def test_a_file_of_lines_seals_with_the_last_but_one_of_its_last_three():
    lines = [CHANCE.randbytes(80) for _ in range(5)]
    keys = parse_key_file(b"\n".join(base64.b64encode(line) for line in lines) + b"\n")

    assert [key.name for key in keys] == [lines[at][:16] for at in (3, 4, 2)]


@pytest.mark.parametrize("length", [48, 80])
def test_a_file_of_octets_is_one_key(length):
    octets = CHANCE.randbytes(length)

    assert parse_key_file(octets) == (OpenSslKey.split(octets),)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "0 octets are neither"),
        (bytes(47), "47 octets are neither"),
        (bytes(200), "200 octets are neither"),
        (base64.b64encode(bytes(48)) + b"\n", "1 lines of keys, where at least 3"),
        (b"\n".join(base64.b64encode(bytes(n)) for n in (48, 48, 80)), "keys of 48 and of 80"),
        (b"\n".join(base64.b64encode(bytes(n)) for n in (48, 48, 49)), "are neither"),
    ],
)
def test_other_files_are_refused_with_the_reason(octets, words):
    with pytest.raises(ValueError, match=words):
        parse_key_file(octets)
