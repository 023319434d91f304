"""The flows F1, F2, F2b, F3 and F4 between our own client and server, and what decides between them."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pairs import Authority, Pair, ticket_key

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import DataReceived, HandshakeCompleted
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.offer import Offer, make_client_hello
from rfc5077.reference.keys.credentials import Credentials
from rfc5077.reference.keys.suites import Group
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import SessionCache, TicketStore
from rfc5077.reference.wire.messages import HandshakeReader, message_name
from rfc5077.reference.wire.record import ContentType, RecordReader

FULL = ["ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone"]


def in_clear(octets: bytes) -> list[str]:
    """The names of the handshake messages in front of ChangeCipherSpec, and that."""
    reader, names = HandshakeReader(), []
    for kind, _, payload in RecordReader().feed(octets):
        if kind is ContentType.CHANGE_CIPHER_SPEC:
            return [*names, "ChangeCipherSpec"]
        names += [message_name(message.kind) for message in reader.feed(payload)]
    return names


def stored(p: Pair):
    return p.client_config.store.find(p.client_config.store_key, p.clock())


def results(p: Pair) -> tuple[bool, bool, bool]:
    """Resumed, new ticket, both sides established and agreed."""
    event = HandshakeCompleted(p.client.resumed, bool(p.client.ticket_received), p.client_config.sni)
    agreed = p.client.secrets == p.server.secrets and p.client_events[:1] == p.server_events[:1] == [event]
    return p.client.resumed, bool(p.client.ticket_received), agreed


def test_f1_a_full_handshake_brings_a_ticket(pair):
    p = pair().connect()

    assert results(p) == (False, True, True)
    assert in_clear(p.server_octets) == [*FULL, "NewSessionTicket", "ChangeCipherSpec"]
    assert p.client.ticket_received == p.server.ticket_sent == stored(p).ticket
    assert p.server.session_id == b""


def test_f2b_a_ticket_resumes_without_renewal(pair):
    p = pair().connect()
    before = stored(p)
    p.connect()

    assert results(p) == (True, False, True)
    assert in_clear(p.server_octets) == ["ServerHello", "ChangeCipherSpec"]
    assert stored(p) == before


def test_f2_a_renewed_ticket_takes_the_old_ones_place(pair):
    p = pair(server={"renew": "ticket"}).connect()
    before = stored(p)
    p.connect()

    assert results(p) == (True, True, True)
    assert in_clear(p.server_octets) == ["ServerHello", "NewSessionTicket", "ChangeCipherSpec"]
    assert stored(p).ticket == p.server.ticket_sent != before.ticket
    p.connect()
    assert p.client.ticket_offered != before.ticket
    assert p.client.resumed


def test_f2_an_empty_renewal_leaves_the_old_ticket(pair):
    p = pair(server={"renew": "empty"}).connect()
    before = stored(p)
    p.connect()

    assert results(p) == (True, False, True)
    assert (p.client.ticket_received, stored(p)) == (b"", before)


@pytest.mark.parametrize("client", [{}, {"tickets": False}])
def test_f3_a_server_that_issues_nothing_sends_neither_extension_nor_ticket(pair, client):
    p = pair(client=client, server={"issue": "never"} if not client else {}).connect()

    assert results(p) == (False, False, True)
    assert in_clear(p.server_octets) == [*FULL, "ChangeCipherSpec"]
    assert p.client.ticket_received is None
    assert stored(p) is None


@pytest.mark.parametrize(("reissue", "ticket"), [("ticket", True), ("empty", False), ("never", False)])
def test_f4_and_f3_a_rejected_ticket_leads_to_a_full_handshake(pair, reissue, ticket):
    p = pair(server={"reissue": reissue}).connect()
    p.server_config = replace(p.server_config, key_ring=KeyRing((ticket_key(2),)))
    old = stored(p)
    p.connect()

    assert p.client.ticket_offered == old.ticket
    assert results(p) == (False, ticket, True)
    announced = ["NewSessionTicket"] if reissue != "never" else []
    assert in_clear(p.server_octets) == [*FULL, *announced, "ChangeCipherSpec"]
    assert (stored(p) is not None) is ticket
    p.connect()
    assert p.client.resumed is ticket


def test_an_empty_ticket_completes_and_leaves_nothing_to_offer(pair):
    p = pair(server={"issue": "empty"}).connect()

    assert results(p) == (False, False, True)
    assert in_clear(p.server_octets) == [*FULL, "NewSessionTicket", "ChangeCipherSpec"]
    assert (p.client.ticket_received, stored(p)) == (b"", None)


def test_a_server_without_ticket_key_sends_the_announced_ticket_empty(pair):
    p = pair(server={"key_ring": KeyRing()}).connect()

    assert (results(p), p.client.ticket_received) == ((False, False, True), b"")


def test_a_server_that_honours_no_ticket_goes_full(pair):
    p = pair(server={"honour_tickets": False}).connect().connect()

    assert p.client.ticket_offered
    assert results(p) == (False, True, True)


def test_a_ticket_of_a_retired_key_goes_full_and_of_a_retained_one_resumes(pair):
    p = pair().connect()
    p.server_config = replace(p.server_config, key_ring=p.server_config.key_ring.rotate(ticket_key(2)))
    assert p.connect().client.resumed
    p.server_config = replace(p.server_config, key_ring=KeyRing((ticket_key(3),)))
    assert not p.connect().client.resumed


def test_damage_at_every_octet_of_a_ticket_goes_full_without_alert(pair):
    p = pair(server={"reissue": "never"}).connect()
    good, outcomes = stored(p), set()

    for position in range(len(good.ticket)):
        damaged = bytearray(good.ticket)
        damaged[position] ^= 1
        p.client_config.store.keep(replace(good, ticket=bytes(damaged)), None)
        outcomes.add(results(p.connect()))

    assert outcomes == {(False, False, True)}


@pytest.mark.parametrize("length", [1, 15, 16, 65, 66, 100, 16384, 60000])
def test_tickets_of_any_length_that_are_not_ours_go_full(pair, length):
    p = pair().connect()
    p.client_config.store.keep(replace(stored(p), ticket=bytes(length)), None)

    assert results(p.connect()) == (False, True, True)


def test_a_ticket_with_one_octet_more_goes_full(pair):
    p = pair().connect()
    p.client_config.store.keep(replace(stored(p), ticket=stored(p).ticket + b"\x00"), None)

    assert results(p.connect()) == (False, True, True)


# Session ids


@pytest.mark.parametrize("length", [0, 1, 16, 31, 32])
def test_a_resuming_server_repeats_the_clients_own_id_exactly(pair, length):
    p = pair().connect()
    own = bytes(range(1, length + 1))
    handlers = ClientHandlers(make_client_hello=lambda *a: replace(make_client_hello(*a), session_id=own))
    p.connect(client={"handlers": handlers})

    assert (p.server.session_id, p.client.resumed) == (own, True)


def test_an_id_of_33_octets_is_a_decode_error(pair):
    handlers = ClientHandlers(make_client_hello=lambda *a: replace(make_client_hello(*a), session_id=bytes(33)))

    with pytest.raises(ProtocolError) as caught:
        pair().connect(client={"handlers": handlers})

    assert caught.value.alert is AlertDescription.DECODE_ERROR


@pytest.mark.parametrize("choice", ["empty", "fresh"])
def test_the_clients_id_is_never_repeated_in_a_full_handshake(pair, choice):
    p = pair(
        client={"session_id_with_ticket": "fresh", "session_id_without_ticket": "fresh"},
        server={"session_id_when_issuing": choice, "session_id_otherwise": choice, "honour_tickets": False},
    )

    for _ in range(2):
        p.connect()
        assert len(p.server.session_id) == (32 if choice == "fresh" else 0)
        assert p.server.session_id != p.client.handshake.client_hello.session_id


@pytest.mark.parametrize("session_id", ["empty", "fresh"])
def test_every_flow_works_with_and_without_an_id_of_the_clients_own(pair, session_id):
    p = pair(client={"session_id_with_ticket": session_id, "session_id_without_ticket": session_id})
    flows = []
    for renew, key in (("never", 1), ("ticket", 1), ("empty", 1), ("never", 2)):
        p.server_config = replace(p.server_config, renew=renew, key_ring=KeyRing((ticket_key(key),)))
        flows.append(results(p.connect()))

    assert flows == [(False, True, True), (True, True, True), (True, False, True), (False, True, True)]


def test_a_session_id_resumes_where_there_is_no_ticket(pair):
    p = pair(
        client={"tickets": False}, server={"session_cache": SessionCache(), "session_id_otherwise": "fresh"}
    ).connect()
    first = p.server.session_id
    p.connect()

    assert results(p) == (True, False, True)
    assert p.server.session_id == p.client.handshake.client_hello.session_id == first


def test_a_session_id_resumes_beside_an_empty_ticket_extension(pair):
    p = pair(server={"issue": "never", "session_cache": SessionCache(), "session_id_otherwise": "fresh"}).connect()
    p.connect()

    assert p.client.handshake.client_hello.session_ticket == b""
    assert results(p) == (True, False, True)


def test_a_presented_ticket_rules_the_session_cache_out(pair):
    cache = SessionCache()
    p = pair(server={"session_cache": cache, "session_id_when_issuing": "fresh"}).connect()
    cached = p.server.session_id
    assert cache.get(cached, p.clock()) is not None
    p.client_config.store.keep(replace(stored(p), ticket=b"garbage"), None)
    handlers = ClientHandlers(make_client_hello=lambda *a: replace(make_client_hello(*a), session_id=cached))
    p.connect(client={"handlers": handlers})

    assert results(p) == (False, True, True)


def test_a_client_discards_the_session_id_once_it_has_a_ticket(pair):
    p = pair(server={"session_cache": SessionCache(), "session_id_when_issuing": "fresh"}).connect()

    assert stored(p).session_id == b""
    p.connect()
    assert p.client.handshake.client_hello.session_id == b""
    assert p.client.resumed


# Lifetimes


def test_a_client_offers_a_ticket_until_the_hint_has_passed_since_its_receipt(pair, clock):
    p = pair(server={"lifetime_hint": 100, "ticket_lifetime_seconds": 1000}).connect()
    clock.advance(99)
    assert p.connect().client.resumed
    clock.advance(1)
    assert (p.connect().client.ticket_offered, len(p.client_config.store)) == (b"", 1)


def test_a_server_rejects_a_ticket_beyond_its_own_limit_by_a_full_handshake(pair, clock):
    p = pair(server={"lifetime_hint": 0, "ticket_lifetime_seconds": 100}).connect()
    clock.advance(100)
    assert p.connect().client.resumed
    clock.advance(1)
    assert (bool(p.connect().client.ticket_offered), p.client.resumed) == (True, False)


def test_renewal_does_not_prolong_the_session(pair, clock):
    p = pair(server={"lifetime_hint": 100, "ticket_lifetime_seconds": 100, "renew": "ticket"}).connect()
    clock.advance(60)
    p.connect()
    assert (p.client.resumed, p.client.handshake.ticket.lifetime_hint) == (True, 40)
    clock.advance(39)
    assert p.connect().client.resumed
    clock.advance(2)
    assert not p.connect().client.resumed


def test_a_ticket_from_the_future_goes_full(pair, clock):
    p = pair().connect()
    clock.advance(-3600)

    assert (bool(p.connect().client.ticket_offered), p.client.resumed) == (True, False)


@pytest.mark.parametrize("hint", [0, 1, 2**31, 2**32 - 1])
def test_every_hint_arrives_as_configured(pair, hint):
    p = pair(server={"lifetime_hint": hint}).connect()

    assert p.client.handshake.ticket.lifetime_hint == hint
    assert stored(p) is not None


# What a session is bound to


def test_another_server_name_goes_full(pair):
    p = pair(client={"server_name": "a.example"}).connect()
    ticket = stored(p)
    p.client_config = replace(p.client_config, server_name="b.example")
    p.client_config.store.keep(replace(ticket, key=p.client_config.store_key), None)
    p.connect()

    assert p.client.ticket_offered == ticket.ticket
    assert results(p) == (False, True, True)


def test_server_name_is_acknowledged_in_full_handshakes_only(pair):
    p = pair().connect()
    full = p.client.handshake.server_hello.acknowledges_server_name
    p.connect()

    assert (full, p.client.handshake.server_hello.acknowledges_server_name) == (True, False)


EMS_TABLE = [
    # session, hello, outcome
    (True, True, "resumed"),
    (True, False, AlertDescription.HANDSHAKE_FAILURE),
    (False, True, "full"),
    (False, False, "full"),
]


@pytest.mark.parametrize(("session", "hello", "outcome"), EMS_TABLE)
def test_the_four_rows_of_extended_master_secret_at_the_server(pair, session, hello, outcome):
    p = pair(client={"ems": session}).connect()
    ticket = stored(p)
    p.client_config = replace(p.client_config, ems=hello)
    handlers = replace(ClientHandlers(), choose_offer=lambda config, now: offer_of(ticket))
    try:
        p.connect(client={"handlers": handlers})
        got = "resumed" if p.client.resumed else "full"
        assert results(p)[2]
    except ProtocolError as error:
        got = error.alert

    assert got == outcome


def offer_of(ticket):
    return Offer(ticket)


@pytest.mark.parametrize(("policy", "outcome"), [("abort", None), ("full", False), ("resume", True)])
def test_a_session_without_ems_is_treated_as_the_server_was_told(pair, policy, outcome):
    p = pair(client={"ems": False}, server={"without_ems": policy}).connect()
    try:
        p.connect()
        got = p.client.resumed
    except ProtocolError as error:
        assert error.alert is AlertDescription.HANDSHAKE_FAILURE
        got = None

    assert got is outcome


@pytest.mark.parametrize(("session", "now"), [(True, False), (False, True)])
def test_a_client_does_not_offer_a_session_of_another_ems(pair, session, now):
    p = pair(client={"ems": session}).connect()
    p.client_config = replace(p.client_config, ems=now)

    assert p.connect().client.ticket_offered == b""


def test_a_client_does_not_offer_a_session_whose_suite_was_withdrawn(pair):
    p = pair(client={"suites": (0xC02B,)}).connect()
    p.client_config = replace(p.client_config, suites=(0xC02F,))

    assert p.connect().client.ticket_offered == b""


def test_a_server_goes_full_when_the_sessions_suite_is_not_offered(pair):
    p = pair(client={"suites": (0xC02B,)}).connect()
    ticket = stored(p)
    p.client_config = replace(p.client_config, suites=(0xC02F,))
    p.connect(client={"handlers": replace(ClientHandlers(), choose_offer=lambda config, now: offer_of(ticket))})

    assert (p.client.ticket_offered, results(p)) == (ticket.ticket, (False, True, True))


def test_a_session_keeps_its_suite_although_the_hello_prefers_another(pair):
    p = pair(client={"suites": (0xC02B,)}).connect()
    p.client_config = replace(p.client_config, suites=(0xC02F, 0xC02B))
    p.connect()

    assert (p.client.resumed, p.server.session.suite) == (True, 0xC02B)


# Client certificates


@pytest.fixture
def authenticated(pair, authority, client_credentials):
    return pair(
        client={"credentials": client_credentials},
        server={"client_auth": "require", "client_roots": authority.anchors},
    )


def test_a_clients_identity_is_proved_once_and_kept_in_the_ticket(authenticated, client_credentials):
    p = authenticated.connect()
    assert in_clear(p.server_octets)[3] == "CertificateRequest"
    first = p.server.peer_certificates
    p.connect()

    assert results(p) == (True, False, True)
    assert first == p.server.peer_certificates == client_credentials.chain


def test_an_rsa_client_is_accepted_as_well(authenticated, authority):
    own = authority.issue("rsa.example", key=rsa.generate_private_key(65537, 2048))
    authenticated.client_config = replace(authenticated.client_config, credentials=own)

    assert authenticated.connect().server.peer_certificates == own.chain


def test_a_client_without_certificate_answers_with_an_empty_one(authenticated):
    p = authenticated
    p.client_config = replace(p.client_config, credentials=None)
    with pytest.raises(ProtocolError) as caught:
        p.connect()
    assert caught.value.alert is AlertDescription.HANDSHAKE_FAILURE

    p.server_config = replace(p.server_config, client_auth="request")
    assert (results(p.connect()), p.server.peer_certificates) == ((False, True, True), ())


def test_a_client_of_an_unknown_authority_is_refused(authenticated):
    p = authenticated
    p.client_config = replace(p.client_config, credentials=Authority.make("Other").issue("client.example"))

    with pytest.raises(ProtocolError) as caught:
        p.connect()

    assert caught.value.alert is AlertDescription.UNKNOWN_CA


def test_an_anonymous_session_does_not_resume_where_a_certificate_is_required(pair, authority, client_credentials):
    p = pair(client={"credentials": client_credentials}).connect()
    p.server_config = replace(p.server_config, client_auth="require", client_roots=authority.anchors)
    p.connect()

    assert (bool(p.client.ticket_offered), p.client.resumed) == (True, False)
    assert p.server.peer_certificates == client_credentials.chain


def test_an_identity_that_is_not_trusted_any_more_does_not_resume(authenticated, client_credentials):
    p = authenticated.connect()
    p.server_config = replace(p.server_config, client_roots=Authority.make("Other").anchors, client_auth="request")

    with pytest.raises(ProtocolError) as caught:
        p.connect()

    assert (bool(p.client.ticket_offered), caught.value.alert) == (True, AlertDescription.UNKNOWN_CA)


def test_a_client_chain_too_large_for_a_ticket_gets_an_empty_one(authenticated, authority, client_credentials):
    chain = client_credentials.chain + (authority.certificate,) * 200
    p = authenticated
    p.client_config = replace(p.client_config, credentials=Credentials(chain, client_credentials.key))
    p.connect()

    assert (results(p), p.client.ticket_received) == ((False, False, True), b"")


# Other things


@pytest.mark.parametrize("group", Group)
@pytest.mark.parametrize("suite", [0xC02B, 0xC02F])
def test_every_curve_and_suite_completes_and_resumes(pair, group, suite):
    offered = (group, Group.SECP256R1)  # whose certificate is on P-256
    p = pair(client={"suites": (suite,), "groups": offered}, server={"groups": (group,)}).connect().connect()

    assert (p.client.resumed, p.server.session.suite) == (True, suite)


def test_nothing_in_common_is_a_handshake_failure(pair, ecdsa_credentials):
    for client, server in (
        ({"suites": (0xC02F,)}, {"credentials": (ecdsa_credentials,)}),
        ({"suites": (0xC02B,)}, {"suites": (0xC02F,)}),
        ({"groups": (Group.SECP256R1,)}, {"groups": (Group.X25519,)}),
    ):
        with pytest.raises(ProtocolError) as caught:
            pair(client=client, server=server).connect()
        assert caught.value.alert is AlertDescription.HANDSHAKE_FAILURE


@pytest.mark.parametrize("chunk", [1, 2, 7, 1000])
@pytest.mark.parametrize("limit", [1, 5, 16384])
def test_handshakes_and_data_survive_any_fragmentation(pair, chunk, limit):
    p = pair(client={"max_fragment": limit}, server={"max_fragment": limit, "renew": "ticket"})
    assert results(p.connect(chunk)) == (False, True, True)
    assert results(p.connect(chunk)) == (True, True, True)
    p.client.send(b"question")
    p.exchange(chunk)
    p.server.send(b"answer")
    p.exchange(chunk)

    assert b"".join(event.data for event in p.server_events if isinstance(event, DataReceived)) == b"question"
    assert b"".join(event.data for event in p.client_events if isinstance(event, DataReceived)) == b"answer"


def test_a_run_replays_octet_for_octet(pair):
    def run():
        p = pair(client={"store": TicketStore()}, server={"renew": "ticket"})
        octets = []
        for _ in range(3):
            p.connect()
            octets += [p.client_octets, p.server_octets]
        return octets

    assert run() == run()


def test_two_interleaved_handshakes_do_not_mix_their_tickets(pair):
    first = pair()
    second = Pair(first.client_config, first.server_config, first.clock, seed=50)
    first.open()
    second.connect()
    first.exchange()

    assert stored(first).ticket == first.client.ticket_received
    assert stored(first).session.master_secret == first.client.secrets.master_secret
    assert first.connect().client.resumed


def test_a_ticket_is_renewed_once_its_key_seals_no_more(pair):
    p = pair(server={"renew": "rotated"}).connect()
    p.connect()
    assert (p.client.resumed, p.client.ticket_received) == (True, None)

    p.server_config = replace(p.server_config, key_ring=p.server_config.key_ring.rotate(ticket_key(2)))
    p.connect()
    assert p.client.resumed and p.client.ticket_received.startswith(ticket_key(2).name)

    p.server_config = replace(p.server_config, key_ring=KeyRing((ticket_key(2),)))
    p.connect()
    assert (p.client.resumed, p.client.ticket_received) == (True, None)
