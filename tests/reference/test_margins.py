"""Values at their margin, and choices in which one condition alone tells: what operator mutants had got away with."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pairs import START, seeded, ticket_key

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import ClientConnection
from rfc5077.reference.handshake.machine import derive_master_secret
from rfc5077.reference.handshake.negotiate import Resumption
from rfc5077.reference.handshake.offer import check_resumption
from rfc5077.reference.handshake.renegotiation import Binding, check_kept
from rfc5077.reference.handshake.server_flight import ServerHandlers, make_server_hello
from rfc5077.reference.keys.schedule import extended_master_secret, master_secret
from rfc5077.reference.ticket.aead_format import MOST_TICKETS, AeadKey
from rfc5077.reference.ticket.format import KEY_OCTETS, decode_state, encode_state, split_ticket, strip_padding
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import (
    LONGEST_LIFE,
    MAX_TICKET,
    FinishedVerified,
    SessionCache,
    StoredTicket,
    TicketStore,
    end_of_life,
)
from rfc5077.reference.wire.hello import ExtensionType, ServerHello

SESSION = Session(0x0303, 0xC02B, bytes(range(48)), True, "localhost", (), int(START))
IV = bytes(16)
ANSWER = ServerHello(0x0303, bytes(32), b"", 0xC023)


def stored(config, **session) -> StoredTicket:
    """A ticket in the store of a client, of a session with these differences."""
    return StoredTicket(config.store_key, b"a ticket", replace(SESSION, **session), START, START + 1000)


def test_nobody_can_negotiate_anew_before_the_handshake_is_complete(pair):
    p = pair(client={"renegotiation": "any"}, server={"renegotiation": "any"}).open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(p.server.data_to_send())
    assert not p.server.handshake.can_renegotiate and not p.client.handshake.can_renegotiate
    for side in (p.client, p.server):
        with pytest.raises(RuntimeError):
            side.renegotiate()


@pytest.mark.parametrize(("changes", "session", "offers"), [
    ({"session_ids": False}, {}, True),
    ({}, {}, True), ({"tickets": False}, {}, False), ({}, {"version": 0x0302}, False), ({}, {"suite": 0xC013}, False),
    ({}, {"ems": False}, False), ({"ems": False}, {}, False), ({}, {"fragment_code": 1}, False),
    ({"max_fragment_length": 512}, {"fragment_code": 1}, True), ({"max_fragment_length": 512}, {}, True),
])  # fmt: skip
def test_a_session_is_offered_if_it_fits_in_every_respect(pair, changes, session, offers):
    p = pair(client=changes)
    p.client_config.store.keep(stored(p.client_config, **session), FinishedVerified(b""))
    p.open()
    assert (p.client.handshake.offer.session is not None) is offers
    assert (p.client.ticket_offered == b"a ticket") is offers


@pytest.mark.parametrize(("changes", "offers"), [({}, True), ({"session_ids": False}, False)])
def test_a_session_id_is_offered_unless_the_configuration_says_not_to(pair, changes, offers):
    p = pair(client=changes)
    by_id = replace(stored(p.client_config), ticket=b"", session_id=b"an id")
    p.client_config.store.keep(by_id, FinishedVerified(b""))
    p.open()
    assert (p.client.handshake.client_hello.session_id == b"an id") is offers


@pytest.mark.parametrize(("client", "server", "answered"), [
    (None, None, False), (512, None, False), (None, 512, False), (512, 600, True),
])  # fmt: skip
def test_a_record_size_limit_is_answered_where_both_have_one(pair, client, server, answered):
    p = pair(client={"record_size_limit": client}, server={"record_size_limit": server}).connect()
    assert (p.server.handshake.server_hello.extension(ExtensionType.RECORD_SIZE_LIMIT) is not None) is answered


@pytest.mark.parametrize(("length", "kept"), [(1, True), (64_511, True), (64_512, False), (65_535, False)])
def test_a_client_keeps_tickets_up_to_the_longest_that_a_hello_surely_holds(pair, length, kept):
    handlers = ServerHandlers(seal_ticket=lambda *_: bytes(length))
    p = pair().connect(server={"handlers": handlers})
    assert MAX_TICKET == 64_511
    assert len(p.client.ticket_received) == length
    assert (len(p.client_config.store) == 1) is kept


@pytest.mark.parametrize(("age", "known"), [(-1, False), (-0.5, False), (0, True), (99.5, True), (100, False)])
def test_the_cache_gives_no_session_from_the_future_and_none_of_its_whole_lifetime(age, known):
    cache = SessionCache(lifetime_seconds=100)
    cache.put(b"an id", SESSION)
    assert (cache.get(b"an id", START + age) is not None) is known


@pytest.mark.parametrize(("capacity", "left"), [(1, 1), (2, 2), (3, 3)])
def test_store_and_cache_hold_as_many_as_they_are_told_and_the_newest(client_config, capacity, left):
    store, cache = TicketStore(capacity), SessionCache(capacity)
    keys = [replace(client_config.store_key, peer=str(number)) for number in range(4)]
    for number, key in enumerate(keys):
        store.keep(replace(stored(client_config), key=key), FinishedVerified(b""))
        cache.put(bytes((number + 1,)), SESSION)
    assert (len(store), len(cache)) == (left, left)
    assert [store.find(key, START) is not None for key in keys] == [number >= 4 - capacity for number in range(4)]
    assert [cache.get(bytes((n + 1,)), START) is not None for n in range(4)] == [n >= 4 - capacity for n in range(4)]


@pytest.mark.parametrize(("hint", "longest", "end"), [(0, 50, 50), (1, 50, 1), (49, 50, 49), (51, 50, 50)])
def test_a_tickets_life_ends_by_the_hint_or_by_the_clients_own_limit(hint, longest, end):
    assert end_of_life(1000, hint, longest) == 1000 + end


@pytest.mark.parametrize("key", [ticket_key, lambda seed: AeadKey.split(seeded(seed)(48))], ids=["section 4", "AEAD"])
@pytest.mark.parametrize(("created", "read"), [
    (0, 0), (2**32 - 1, 2**32 - 1), (2**32, 2**32 - 1), (2**40, 2**32 - 1),
])  # fmt: skip
def test_a_time_beyond_its_field_is_the_greatest_that_it_holds(key, created, read):
    assert key(1).open(key(1).seal(replace(SESSION, created=created), IV)).created == read


def test_the_longest_ticket_by_aead_has_all_the_octets_that_its_length_can_count():
    key = AeadKey.split(seeded(1)(48))
    room = 65_535 - len(key.seal(replace(SESSION, client_identity=(b"",)), IV))
    fits = replace(SESSION, client_identity=(bytes(room),))
    assert len(key.seal(fits, IV)) == 65_535
    assert key.open(key.seal(fits, IV)) == fits
    with pytest.raises(OverflowError):
        key.seal(replace(SESSION, client_identity=(bytes(room + 1),)), IV)


def test_the_longest_ticket_of_section_4_is_the_last_whole_block():
    key = ticket_key(1)
    overhead = len(key.seal(replace(SESSION, client_identity=(b"",)), IV))
    lengths = [len(key.seal(replace(SESSION, client_identity=(bytes(size),)), IV)) for size in (60_000, 65_300)]
    assert overhead % 16 == lengths[0] % 16 == lengths[1] % 16 == 66 % 16
    longest = max(size for size in range(65_300, 65_440) if _seals(key, size))
    assert len(key.seal(replace(SESSION, client_identity=(bytes(longest),)), IV)) == 65_522
    assert not _seals(key, longest + 1)


def _seals(key, size: int) -> bool:
    try:
        key.seal(replace(SESSION, client_identity=(bytes(size),)), IV)
    except OverflowError:
        return False
    return True


@pytest.mark.parametrize(("suite", "kept"), [(0xC023, True), (0xC02B, False)])
def test_a_further_handshake_knows_whether_there_was_encrypt_then_mac(pair, suite, kept):
    choice = {"suites": (suite,), "encrypt_then_mac": True, "renegotiation": "any"}
    p = pair(client=choice, server=choice).connect()
    for side in (p.client, p.server):
        first = side.handshake.follow()
        assert first.binding.encrypt_then_mac is kept
        assert first.follow().binding.encrypt_then_mac is kept


def test_encrypt_then_mac_is_missed_only_where_there_was_some_and_the_suite_has_it():
    had, had_none = Binding(b"", b"", True), Binding(b"", b"")
    with pytest.raises(ProtocolError):
        check_kept(ANSWER, had)
    check_kept(ANSWER, had_none)
    check_kept(replace(ANSWER, cipher_suite=0xC02B), had)
    check_kept(replace(ANSWER, extensions=((ExtensionType.ENCRYPT_THEN_MAC, b""),)), had)


def first_message(octets: bytes) -> bytes:
    """The first handshake message, in a record of its own."""
    length = 4 + int.from_bytes(octets[6:9], "big")
    return octets[:3] + length.to_bytes(2, "big") + octets[5 : 5 + length]


@pytest.mark.parametrize("rejects", [True, False])
def test_a_ticket_that_a_server_hello_rejects_outlives_the_end_of_the_connection(pair, rejects):
    lines = []
    p = pair(client={"session_id_with_ticket": "fresh", "key_log": lines.append}).connect()
    if rejects:
        p.server_config = replace(p.server_config, key_ring=KeyRing((ticket_key(2),)))
    p.open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(first_message(p.server.data_to_send()))
    assert (p.client.handshake.resumed, len(lines)) == (not rejects, 1 if rejects else 2)
    p.client.receive(b"\x15\x03\x03\x00\x02\x02\x50")
    assert p.client.closed
    assert (len(p.client_config.store) == 1) is rejects


def test_a_client_hello_has_the_extensions_of_its_configuration_and_no_others(pair):
    kinds = [kind for kind, _ in pair().open().client.handshake.client_hello.extensions]
    assert sorted(kinds) == sorted((
        ExtensionType.SERVER_NAME, ExtensionType.EXTENDED_MASTER_SECRET, ExtensionType.RENEGOTIATION_INFO,
        ExtensionType.SUPPORTED_GROUPS, ExtensionType.EC_POINT_FORMATS, ExtensionType.SESSION_TICKET,
        ExtensionType.SIGNATURE_ALGORITHMS,
    ))  # fmt: skip


def test_points_are_uncompressed_on_either_side(pair):
    """RFC 8422, section 5.1.2."""
    p = pair().connect()
    hellos = p.server.handshake.client_hello, p.server.handshake.server_hello
    assert [hello.extension(ExtensionType.EC_POINT_FORMATS) for hello in hellos] == [b"\1\0", b"\1\0"]


def test_a_server_hello_answers_each_extension_where_it_belongs(pair):
    always = (ExtensionType.EXTENDED_MASTER_SECRET, ExtensionType.RENEGOTIATION_INFO)
    in_full = (ExtensionType.SERVER_NAME, ExtensionType.EC_POINT_FORMATS, ExtensionType.SESSION_TICKET)
    p = pair()
    for expected in (always + in_full, always):
        assert sorted(kind for kind, _ in p.connect().server.handshake.server_hello.extensions) == sorted(expected)


def test_a_key_of_aes_gcm_with_random_nonces_seals_two_to_the_32_tickets_at_most():
    assert MOST_TICKETS == 4_294_967_296


def test_neither_session_nor_ticket_is_what_a_resumption_is_without_them():
    assert Resumption() == Resumption(None, False, b"")


def test_a_client_keeps_tickets_for_a_week_at_most():
    assert LONGEST_LIFE == 604_800


@pytest.mark.parametrize(("session_id", "left"), [(bytes(32), 1), (None, 0)], ids=["another id", "echo"])
def test_a_server_hello_that_is_wrong_costs_the_ticket_only_if_it_may_have_been_taken_up(pair, session_id, left):
    p = pair(client={"session_id_with_ticket": "fresh"}).connect()

    def older(handshake) -> ServerHello:
        answer = make_server_hello(handshake)
        return replace(answer, version=0x0302, session_id=answer.session_id if session_id is None else session_id)

    p.open(server={"handlers": ServerHandlers(make_server_hello=older)})
    with pytest.raises(ProtocolError) as caught:
        p.exchange()
    assert caught.value.alert is AlertDescription.PROTOCOL_VERSION
    assert len(p.client_config.store) == left


@pytest.mark.parametrize(("code", "answered", "right"), [(0, 0, True), (1, 0, True), (1, 1, True), (0, 1, False)])
def test_a_session_keeps_its_fragment_length_when_it_is_resumed(code, answered, right):
    extensions = ((ExtensionType.MAX_FRAGMENT_LENGTH, bytes((answered,))),) if answered else ()
    session = replace(SESSION, ems=False, suite=ANSWER.cipher_suite, fragment_code=code)
    answer = replace(ANSWER, extensions=extensions)
    if right:
        check_resumption(session, answer)
        return
    with pytest.raises(ProtocolError) as caught:
        check_resumption(session, answer)
    assert caught.value.alert is AlertDescription.ILLEGAL_PARAMETER


def test_a_fresh_session_id_has_32_octets_on_either_side(pair):
    choice = {"session_id_without_ticket": "fresh"}
    p = pair(client=choice, server={"session_id_when_issuing": "fresh"}).connect()
    assert len(p.client.handshake.client_hello.session_id) == len(p.server.session_id) == 32


def test_a_rejected_ticket_was_presented_all_the_same(pair):
    p = pair().connect()
    p.server_config = replace(p.server_config, key_ring=KeyRing((ticket_key(2),)))
    assert p.connect().server.handshake.resumption == Resumption(ticket_presented=True)


def test_a_ticket_by_aead_is_name_nonce_ciphertext_and_tag():
    ticket = AeadKey(bytes(16), b"k" * 32).seal(SESSION, bytes(range(16)))
    assert ticket[:28] == bytes(16) + bytes(range(12))
    assert AESGCM(b"k" * 32).decrypt(ticket[16:28], ticket[28:], bytes(16)) == encode_state(SESSION)


def test_nothing_is_known_of_a_resumption_before_the_hellos(pair):
    p = pair().open()
    assert p.client.resumed is None and p.server.resumed is None


@pytest.mark.parametrize(("padded", "state"), [
    (bytes(15) + b"\1", bytes(15)), (b"\x10" * 16, b""), (bytes(15) + b"\2", None), (bytes(16), None),
    (b"\x11" * 32, None), (bytes(14) + b"\1\2", None),
])  # fmt: skip
def test_padding_is_as_many_octets_as_each_of_them_says(padded, state):
    assert strip_padding(padded) == state


def test_a_state_with_no_certificate_or_one_of_no_octets_is_no_session():
    assert decode_state(encode_state(replace(SESSION, client_identity=(b"c",)))) is not None
    assert decode_state(encode_state(replace(SESSION, client_identity=(b"c", b"")))) is None
    anonymous = encode_state(SESSION)
    assert decode_state(anonymous) == SESSION
    assert decode_state(anonymous[:53] + b"\x01" + bytes(3) + anonymous[54:]) is None


def test_a_server_has_its_keys_as_soon_as_it_has_the_secret(pair):
    lines = []
    p = pair(server={"key_log": lines.append}).open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(p.server.data_to_send())
    key_exchange, change, finished = p.client.data_to_send().partition(bytes.fromhex("140303000101"))
    p.server.receive(key_exchange)
    assert (len(lines), bool(change and finished)) == (1, True)


@pytest.mark.parametrize("ems", [True, False])
def test_the_master_secret_is_the_extended_one_where_that_was_agreed_and_only_there(ems):
    made = derive_master_secret(ems, b"pre", b"client", b"server", b"session", "sha256")
    extended, plain = extended_master_secret(b"pre", b"session", "sha256"), master_secret(b"pre", b"client", b"server")
    assert made == (extended if ems else plain)
    assert extended != plain


@pytest.mark.parametrize("record", ["16030300040000 0000", "140303000101", "1703030001 00"])
def test_a_client_that_has_not_spoken_yet_takes_nothing(pair, record):
    p = pair()
    client = ClientConnection(p.client_config, p.clock, seeded(1))
    with pytest.raises(ProtocolError) as caught:
        client.receive(bytes.fromhex(record))
    assert caught.value.alert is AlertDescription.UNEXPECTED_MESSAGE


@pytest.mark.parametrize(("name", "key"), [(15, 32), (17, 32), (16, 31), (16, 33)])
def test_a_key_for_tickets_by_aead_has_all_its_octets(name, key):
    with pytest.raises(ValueError, match="octets, not"):
        AeadKey(bytes(name), bytes(key))


def test_a_clients_session_says_as_whom_it_showed_itself(pair, authority, client_credentials):
    p = pair(client={"credentials": client_credentials}, server={"client_roots": authority.anchors}).connect()
    assert p.client.session.client_identity == p.server.session.client_identity == ()
    p = pair(
        client={"credentials": client_credentials, "store": None},
        server={"client_auth": "request", "client_roots": authority.anchors},
    ).connect()
    assert p.client.session.client_identity == p.server.session.client_identity == client_credentials.chain


@pytest.mark.parametrize("wanted", [True, False])
def test_a_session_id_is_kept_only_by_a_client_that_would_offer_it(pair, wanted):
    p = pair(client={"session_ids": wanted}, server={"issue": "never", "session_id_otherwise": "fresh"}).connect()
    assert len(p.server.session_id) == 32
    assert len(p.client_config.store) == wanted


def test_a_server_hello_that_leaves_nothing_to_resume_says_so_at_once(pair):
    p = pair().open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(first_message(p.server.data_to_send()))
    assert p.client.resumed is False


@pytest.mark.parametrize(("code", "layout"), [(0, 1), (1, 2)])
def test_the_number_of_a_states_layout_stays_what_it_was_for_tickets_that_are_out(code, layout):
    assert encode_state(replace(SESSION, fragment_code=code))[58] == layout


@pytest.mark.parametrize("layout", [0, 3, 255])
def test_a_state_of_another_layout_is_no_session(layout):
    state = encode_state(SESSION)
    assert decode_state(state[:58] + bytes((layout,)) + state[59:]) is None


def test_a_resumption_that_was_refused_is_followed_by_none(pair):
    p = pair(client={"renegotiation": "any"}).connect()
    with pytest.raises(ProtocolError):
        p.connect(server={"handlers": ServerHandlers(server_extensions=lambda *_: ())})
    assert p.client.resumed and p.client.session is None
    assert not p.client.handshake.can_renegotiate


@pytest.mark.parametrize(("issue", "hint"), [("ticket", 7200), ("empty", 0)])
def test_a_zero_length_ticket_has_no_lifetime(pair, issue, hint):
    p = pair(server={"issue": issue}).connect()
    assert p.client.handshake.ticket.lifetime_hint == hint


def test_a_session_that_is_kept_again_is_the_newest(client_config):
    store = TicketStore(2)
    keys = [replace(client_config.store_key, peer=str(number)) for number in range(3)]
    for number in (0, 1, 0, 2):
        store.keep(replace(stored(client_config), key=keys[number]), FinishedVerified(b""))
    assert [store.find(key, START) is not None for key in keys] == [True, False, True]


def test_a_key_of_section_4_has_64_octets_in_all():
    key = ticket_key(1)
    assert KEY_OCTETS == len(key.name + key.encryption + key.mac) == 64


@pytest.mark.parametrize(("octets", "whole"), [
    (0, False), (15, False), (16, True), (17, False), (31, False), (32, True),
])  # fmt: skip
def test_a_ticket_of_section_4_holds_whole_blocks_and_one_at_least(octets, whole):
    assert (split_ticket(bytes(32) + octets.to_bytes(2, "big") + bytes(octets + 32)) is not None) is whole
