"""What is permitted is not refused: it happens before a reference peer, which goes along, and nobody is accused.

Every permission of the catalogue is here, and everything that a corner case rules to be allowed, as `CLAUSE ruling`.
"""

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pairs import Clock
from recorded import TICKET, client, found, full, server, short
from scene import Scene, resumed, say_hello, went_through

from rfc5077.model.clause import Answer
from rfc5077.model.clauses import BY_ID, CATALOGUE
from rfc5077.model.event import CLIENT, SERVER, Alarm, Event, Extension, SessionId, Ticket
from rfc5077.model.event import Message as M
from rfc5077.properties.adapters import over_reference, python_ssl
from rfc5077.properties.adapters.over_reference import client_config, server_config
from rfc5077.properties.suite import driver
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.trace.recordings import read_recording
from rfc5077.properties.verdict.recordings import judge_file
from rfc5077.reference.keys.suites import DEFAULT_SUITES, SUITES
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import SessionCache

TRACES = Path(__file__).parents[1] / "traces"
ALPN, PRE_SHARED_KEY, RENEGOTIATION_INFO = 16, 41, 0xFF01
DAY = 24 * 3600

SHOWN: dict[str, list[str]] = {}
"""Permission, or corner case and number of the ruling, to the tests that show it."""


def permits(*what: str):
    """Marks a test by what it shows."""

    def marked(test):
        for one in what:
            SHOWN.setdefault(one, []).append(test.__name__)
        return test

    return marked


@pytest.fixture
def scene():
    """A scene in which nobody who counts is accused."""
    made = Scene()
    yield made
    assert made.violations() == []


def a_clock():
    """One that begins now: the certificates of the adapters are valid by the real one."""
    return Clock(time.time())


def a_client(clock=None, **changes):
    return over_reference.client(config=replace(client_config(), **changes), clock=clock or a_clock())


def a_server(clock=None, **changes):
    return over_reference.server(config=replace(server_config(), **changes), clock=clock or a_clock())


def conformant(*names):
    """Whether recordings of real stacks are judged so."""
    return all(judge_file(TRACES / f"{name}.jsonl").verdict == "conformant" for name in names)


def accused(events, blamed=("client", "server")):
    """The violations in events that are spelled by hand."""
    findings, _ = found(events)
    return [f.clause.id for f in findings if f.verdict == "violation" and f.party.name.lower() in blamed]


# --- suites, formats, other ways --------------------------------------------------------------------------------------


@permits("R5077-1-01")
@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_tickets_go_with_every_suite(pair, scene, suite):
    two = pair(client={"suites": (suite.code,)}, server={"suites": (suite.code,)})
    for number in (1, 2):
        two.open()
        secrets = two.client  # known once the handshake has got so far
        observer = Observer(number, lambda _, secrets=secrets: secrets.secrets.master_secret or None)
        while True:
            said, answered = two.client.data_to_send(), b""
            scene.take(observer.octets("client", said))
            two.server.receive(said)
            answered = two.server.data_to_send()
            two.client.receive(answered)
            scene.take(observer.octets("server", answered))
            if not said and not answered:
                break
    assert (two.client.resumed, two.server.resumed, two.client.established) == (True, True, True)
    assert two.client.handshake.server_hello.cipher_suite == suite.code


@permits("R5077-3-02")
def test_a_ticket_that_nobody_saw_issued_may_be_honoured(scene):
    peer, elsewhere = a_server(), Scene()
    elsewhere.shake(peer)
    scene.memory = elsewhere.memory
    assert resumed(scene.shake(peer, Extension.LIVE))


@permits("R5077-4-01", "R5077-4-14")
@pytest.mark.parametrize("length", [1, 48, 5000])
def test_a_client_takes_tickets_of_any_make(scene, monkeypatch, length):
    monkeypatch.setattr(driver, "TICKET_LENGTH", length)
    peer = a_client()
    scene.serve(peer)
    ticket = scene.memory.live
    assert len(ticket) == length
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.NONE))
    assert scene.heard[0].session_ticket == ticket


@permits("R5077-4-14")
def test_a_server_keeps_more_in_a_ticket_where_it_knows_more(scene):
    known = over_reference.server(config=server_config(client_certificate=True), clock=a_clock())
    scene.shake(a_server())
    short_ticket = scene.memory.live
    puppet = scene.client(known)
    hello = Event(sender=CLIENT, message=M.ClientHello, extension=Extension.EMPTY)
    scene.take([*puppet.say(hello), *puppet.hear()])
    for message in (M.Certificate, M.ClientKeyExchange, M.CertificateVerify, M.ChangeCipherSpec, M.Finished):
        shown = driver.Certificates.SOME if message is M.Certificate else driver.Certificates.NONE
        scene.take(puppet.say(Event(sender=CLIENT, message=message, certificates=shown)))
    scene.take(puppet.hear())
    assert went_through(puppet)
    assert len(scene.memory.live) > len(short_ticket)
    assert resumed(scene.shake(known, Extension.LIVE))


@permits("R5077-A-06")
def test_a_ticket_may_begin_with_what_can_be_no_length(scene):
    peer = a_client()
    scene.serve(peer, entropy=lambda length: (b"\xff\xff" + bytes(range(1, 251)) * 2)[:length])
    assert scene.memory.live.startswith(b"\xff\xff")
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.NONE))


@permits("R5077-3.2-02")
def test_the_extension_stands_in_both_hellos(scene):
    puppet = scene.shake(a_server())
    assert went_through(puppet)
    hellos = [s.event for s in scene.judge.trace(puppet.number) if s.event.message.endswith("Hello")]
    assert [event.session_ticket for event in hellos] == [b"", b""]


# --- renewing, declining, reissuing -----------------------------------------------------------------------------------


@permits("R5077-3.1-11", "R5077-3.3-08", "K-16 0")
def test_a_renewal_is_taken(scene):
    peer = a_client()
    scene.serve(peer)
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.SOME))
    assert scene.offered(peer) == scene.memory.live


@permits("R5077-3.1-16", "R5077-3.3-08", "K-16 0")
def test_no_renewal_is_demanded(scene):
    peer = a_client()
    scene.serve(peer)
    ticket = scene.memory.live
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.NONE))
    assert scene.offered(peer) == ticket


@permits("R5077-3.1-13", "K-01 0", "K-23 0", "K-50 0")
@pytest.mark.parametrize("extra", [(), ((ALPN, b"\x00\x03\x02h2"),)], ids=["the same hello", "another protocol"])
def test_a_server_that_does_not_want_to_honour_a_ticket_negotiates(scene, extra):
    peer = a_server(honour_tickets=False)
    scene.shake(peer)
    puppet = scene.client(peer)
    event = say_hello(puppet, lambda hello: replace(hello, extensions=(*hello.extensions, *extra)), Extension.LIVE)
    scene.take([event, *puppet.hear()])
    for message in (M.ClientKeyExchange, M.ChangeCipherSpec, M.Finished):
        scene.take(puppet.say(Event(sender=CLIENT, message=message)))
    scene.take(puppet.hear())
    assert not resumed(puppet)


@permits("R5077-3.1-13")
def test_a_client_whose_ticket_is_not_honoured_goes_through_the_full_handshake(scene):
    peer = a_client()
    scene.serve(peer)
    assert not resumed(scene.serve(peer, ticket=Ticket.NONE))
    assert scene.heard[0].session_ticket


@permits("R5077-3.1-17")
def test_a_new_ticket_after_a_rejected_one_is_taken(scene):
    peer = a_client()
    scene.serve(peer)
    rejected = scene.memory.live
    assert not resumed(scene.serve(peer, ticket=Ticket.SOME))
    assert scene.offered(peer) == scene.memory.live != rejected


@permits("R5077-3.4-02")
@pytest.mark.parametrize("ticket", [Ticket.SOME, Ticket.NONE], ids=["with a new ticket", "without"])
def test_a_session_id_of_the_servers_own_after_a_rejected_ticket_is_taken(scene, ticket):
    peer = a_client()
    scene.serve(peer)
    assert not resumed(scene.serve(peer, ticket=ticket, session_id=SessionId.FRESH))
    assert scene.heard[0].session_ticket


@permits("K-48 0")
def test_a_server_without_a_key_sends_a_ticket_of_zero_length(scene):
    puppet = scene.shake(a_server(key_ring=KeyRing()))
    assert went_through(puppet)
    brought = [s.event.ticket for s in scene.judge.trace(puppet.number) if s.event.message == "NewSessionTicket"]
    assert brought == [b""]


@permits("K-08 0", "K-07 0")
@pytest.mark.parametrize("session_id", [SessionId.EMPTY, SessionId.FRESH], ids=["no id", "an id"])
def test_a_ticket_of_zero_length_is_taken_whatever_hint_and_id_come_with_it(scene, session_id):
    peer = a_client()
    puppet = scene.serve(peer, ticket=Ticket.EMPTY, session_id=session_id, hint=7200)
    assert went_through(puppet)
    assert scene.offered(peer) == b""


@permits("K-07 0")
@pytest.mark.parametrize("own_id", [bytes(range(32)), b""], ids=["keeps it", "discards it"])
def test_the_id_beside_a_ticket_of_zero_length_may_be_kept_or_discarded(own_id):
    begun = full(1, ticket=b"", server_id=bytes(range(32)))
    assert accused([*begun, *full(2, own_id=own_id, ticket=b"")]) == []


@permits("K-06 0")
@pytest.mark.parametrize("kept", [TICKET, b""], ids=["keeps it", "drops it"])
def test_an_empty_renewal_leaves_the_client_free_to_keep_the_old_ticket(kept):
    begun = [*full(1), *short(2, announced=b"", ticket=b"")]
    assert accused([*begun, *(short(3, kept) if kept else full(3))]) == []


@permits("K-06 0")
def test_an_empty_renewal_is_taken(scene):
    peer = a_client()
    scene.serve(peer)
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.EMPTY))
    assert scene.offered(peer) in (scene.memory.live, b"")


# --- ids --------------------------------------------------------------------------------------------------------------


@permits("R5077-3.4-04")
@pytest.mark.parametrize("length", [1, 16, 31, 32])
def test_a_session_id_of_the_clients_making_beside_a_ticket_is_repeated(scene, length):
    peer = a_server()
    scene.shake(peer)
    puppet = scene.shake(peer, Extension.LIVE, SessionId.FRESH, own_id=bytes(range(length)))
    assert resumed(puppet)
    assert puppet.handshake.server_hello.session_id == bytes(range(length))


@permits("K-43 0")
def test_a_session_id_made_from_the_ticket_may_be_used_twice(scene):
    peer = a_server()
    scene.shake(peer)
    own_id = hashlib.sha256(scene.memory.live).digest()
    assert all(resumed(scene.shake(peer, Extension.LIVE, SessionId.FRESH, own_id=own_id)) for _ in range(2))


@permits("R5077-3.4-09", "K-01 0")
def test_an_empty_session_id_beside_a_ticket_is_no_reason_to_refuse(scene):
    peer = a_server()
    scene.shake(peer)
    puppet = scene.shake(peer, Extension.LIVE)
    assert resumed(puppet)
    assert puppet.handshake.client_hello.session_id == b""


@permits("K-01 2", "K-47 0")
@pytest.mark.parametrize("session_id", [SessionId.EMPTY, SessionId.FRESH], ids=["no id", "the server's own"])
def test_a_client_with_an_empty_id_takes_change_cipher_spec_for_a_resumption(scene, session_id):
    peer = a_client()
    scene.serve(peer)
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.NONE, session_id=session_id))
    assert scene.heard[0].session_id == b""


def test_a_session_that_was_resumed_by_its_id_may_bring_an_announced_ticket(scene):
    """K-17 leaves it open; OpenSSL does so."""
    peer = python_ssl.server()
    scene.shake(peer, Extension.ABSENT)
    puppet = scene.shake(peer, Extension.EMPTY, SessionId.CACHED)
    assert resumed(puppet)
    assert scene.memory.live is not None


@permits("K-18 0")
def test_a_cached_id_beside_an_empty_extension_may_be_looked_up(scene):
    peer = a_server()
    scene.shake(peer, Extension.ABSENT)
    puppet = scene.shake(peer, Extension.EMPTY, SessionId.CACHED)
    assert resumed(puppet)


@permits("K-18 1")
def test_a_cached_id_beside_an_empty_extension_may_lead_to_a_full_handshake(scene):
    peer = a_server(session_cache=SessionCache(capacity=1))
    scene.shake(peer, Extension.ABSENT)
    first = scene.memory.cached_id
    scene.shake(peer, Extension.ABSENT)
    assert not resumed(scene.shake(peer, Extension.EMPTY, SessionId.FRESH, own_id=first))


# --- time and keys ----------------------------------------------------------------------------------------------------


@permits("R5077-3.3-17", "K-10 1")
@pytest.mark.parametrize("hint", [7200, 2**32 - 1])
def test_a_client_may_delete_a_ticket_before_its_time(scene, hint):
    clock = a_clock()
    peer = a_client(clock, longest_ticket_life=60)
    scene.serve(peer, hint=hint)
    clock.advance(61)
    assert not resumed(scene.serve(peer))
    assert scene.heard[0].session_ticket == b""


@permits("R5077-3.3-18")
@pytest.mark.parametrize(("life", "hint", "honoured"), [(60, 7200, False), (7200, 60, True)], ids=["shorter", "longer"])
def test_a_ticket_may_be_honoured_for_another_time_than_was_hinted(scene, life, hint, honoured):
    clock = a_clock()
    peer = a_server(clock, ticket_lifetime_seconds=life, lifetime_hint=hint)
    scene.shake(peer)
    clock.advance(100)
    assert resumed(scene.shake(peer, Extension.LIVE)) is honoured


@permits("R5077-4-08")
def test_after_a_new_start_with_new_keys_old_tickets_lead_to_new_ones(scene):
    peer = a_server()
    scene.shake(peer)
    old = scene.memory.live
    peer.rotate_keys()
    assert not resumed(scene.shake(peer, Extension.LIVE))
    assert scene.memory.live[:16] != old[:16]
    assert resumed(scene.shake(peer, Extension.LIVE))


@permits("R5077-5.1-01", "K-20 0")
def test_a_ticket_is_honoured_although_its_connection_ended_in_an_alert(scene):
    peer = a_server()
    puppet = scene.shake(peer)
    scene.take(puppet.say(Event(sender=CLIENT, message=M.Alert, alarm=Alarm.INTERNAL)))
    assert resumed(scene.shake(peer, Extension.LIVE))


@permits("R5246-7.2.1-01")
def test_a_server_honours_the_ticket_of_a_connection_that_ended_without_close_notify(scene):
    peer = a_server()
    puppet = scene.shake(peer)
    scene.take([puppet.end(), *puppet.hear()])
    assert resumed(scene.shake(peer, Extension.LIVE))


@permits("R5246-7.2.1-01")
def test_a_client_offers_the_ticket_of_a_connection_that_ended_without_close_notify(scene):
    peer = a_client()
    puppet = scene.serve(peer)
    scene.take([puppet.end(), *puppet.hear()])
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.NONE))


@permits("R5077-5.6-02")
def test_a_ticket_may_live_longer_than_a_day(scene):
    clock = a_clock()
    peer = a_server(clock, ticket_lifetime_seconds=3 * DAY, lifetime_hint=3 * DAY)
    scene.shake(peer)
    clock.advance(2 * DAY)
    assert resumed(scene.shake(peer, Extension.LIVE))


@permits("R5077-5.6-02")
def test_a_client_offers_a_ticket_that_is_older_than_a_day(scene):
    clock = a_clock()
    peer = a_client(clock)
    scene.serve(peer, hint=3 * DAY)
    clock.advance(2 * DAY)
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.NONE))


@permits("R5077-5.6-03", "K-09 0", "K-10 0")
@pytest.mark.parametrize("hint", [0, 300, 2**31, 2**32 - 1])
def test_a_ticket_is_kept_whatever_its_hint(scene, hint):
    peer = a_client()
    scene.serve(peer, hint=hint)
    assert resumed(scene.serve(peer, resume=True, ticket=Ticket.NONE))


@permits("K-45 0")
def test_a_ticket_whose_life_ends_meanwhile_leads_to_a_full_handshake_after_an_unconfirmed_renewal(scene):
    clock = a_clock()
    peer = a_server(clock, renew="ticket", ticket_lifetime_seconds=60)
    scene.shake(peer)
    clock.advance(50)
    puppet = scene.client(peer)
    scene.take([*puppet.say(Event(sender=CLIENT, message=M.ClientHello, extension=Extension.LIVE)), *puppet.hear()])
    scene.take([*puppet.say(Event(sender=CLIENT, message=M.Close)), *puppet.hear()])
    assert scene.memory.old
    clock.advance(50)
    assert not resumed(scene.shake(peer, Extension.OLD))


# --- tickets that cannot be opened, hellos that differ ----------------------------------------------------------------


@permits("K-33 0")
def test_a_ticket_with_an_octet_appended_leads_to_a_full_handshake(scene):
    peer = a_server()
    scene.shake(peer)
    ticket = scene.memory.live
    scene.memory.tickets[ticket + b"\x00"] = scene.memory.tickets[ticket]
    assert not resumed(scene.shake(peer, Extension.LIVE))


@permits("K-34 0")
def test_a_ticket_in_the_old_encoding_leads_to_a_full_handshake(scene):
    scene.blamed = ("server",)
    peer = a_server()
    scene.shake(peer)
    assert not resumed(scene.shake(peer, Extension.WRAPPED))


@permits("K-35 0")
def test_an_empty_extension_in_the_old_encoding_may_be_taken_for_a_ticket(scene):
    scene.blamed = ("server",)
    puppet = scene.shake(a_server(), Extension.WRAPPED)
    assert puppet.handshake.client_hello.session_ticket == b"\x00\x00"
    assert not resumed(puppet)


@permits("K-35 0")
def test_an_empty_extension_in_the_old_encoding_may_be_answered_in_kind():
    begun = full(1, presented=b"\x00\x00", announced=b"\x00\x00")
    assert accused(begun, blamed=("server",)) == []


@permits("K-22 0")
def test_a_session_whose_suite_is_not_offered_leads_to_a_full_handshake(scene, monkeypatch, rsa_credentials):
    peer = a_server(credentials=(*server_config().credentials, rsa_credentials))
    scene.shake(peer)
    monkeypatch.setattr(driver, "DEFAULT_SUITES", (0xC02F,))
    puppet = scene.shake(peer, Extension.LIVE)
    assert not resumed(puppet)
    assert puppet.handshake.server_hello.cipher_suite == 0xC02F


@permits("K-22 1")
def test_a_session_whose_suite_is_not_offered_beside_an_id_may_be_refused():
    hello, *_ = short(2)
    refusal = [server(2, "Alert", alert_level=2, alert_description=47), server(2, "Close")]
    assert accused([*full(1), replace(hello, cipher_suites=(0xC02F,)), *refusal], blamed=("server",)) == []


@permits("K-23 0")
def test_a_session_whose_suite_is_not_preferred_may_be_resumed(scene, monkeypatch, rsa_credentials):
    peer = a_server(credentials=(*server_config().credentials, rsa_credentials))
    scene.shake(peer)
    monkeypatch.setattr(driver, "DEFAULT_SUITES", DEFAULT_SUITES[::-1])
    assert resumed(scene.shake(peer, Extension.LIVE))


@permits("K-25 0")
def test_a_version_that_is_not_spoken_may_be_refused_beside_a_ticket(scene):
    peer = a_server()
    scene.shake(peer)
    puppet = scene.client(peer)
    events = [say_hello(puppet, lambda hello: replace(hello, version=0x0302), Extension.LIVE), *puppet.hear()]
    assert [event.alert_description for event in scene.take(events)][1] == 70


@permits("K-25 0")
def test_another_version_may_lead_to_a_full_handshake():
    assert accused([*full(1), *full(2, presented=TICKET)]) == []


@permits("K-26 2")
def test_a_name_in_another_case_is_no_reason_to_refuse(scene):
    peer = a_server()
    scene.shake(peer, server_name="localhost")
    assert went_through(scene.shake(peer, Extension.LIVE, server_name="LOCALHOST"))


@permits("K-26 2")
@pytest.mark.parametrize("answered", [short(2), full(2, presented=TICKET)], ids=["resumes", "does not"])
def test_a_name_in_another_case_may_resume_or_not(answered):
    first, *rest = full(1)
    hello, *others = answered
    events = [replace(first, server_name="localhost"), *rest, replace(hello, server_name="LOCALHOST"), *others]
    assert accused(events) == []


@permits("K-31 2")
def test_a_ticket_that_is_too_large_is_not_offered(scene, monkeypatch):
    monkeypatch.setattr(driver, "TICKET_LENGTH", 65535)
    peer = a_client()
    assert went_through(scene.serve(peer))
    assert len(scene.memory.live) == 65535
    assert scene.offered(peer) == b""


# --- answers to what should not have been sent ------------------------------------------------------------------------


def said_to_a_client(scene, peer, *events):
    """The last thing that a client says in answer to a server's messages."""
    puppet = scene.server(peer)
    heard = scene.take(puppet.hear())
    for event in events:
        heard = scene.take([*puppet.say(event), *puppet.hear()])[1:] or heard
    return heard[0].message


FLIGHT = [Event(sender=SERVER, message=kind) for kind in (M.Certificate, M.ServerKeyExchange, M.ServerHelloDone)]


def answer(extension, session_id=SessionId.EMPTY):
    return Event(sender=SERVER, message=M.ServerHello, extension=extension, session_id=session_id)


@permits("K-04 1")
def test_a_client_may_abort_when_a_full_handshake_follows_the_echo(scene):
    scene.blamed = ("client",)
    peer = a_client(session_id_with_ticket="fresh")
    scene.serve(peer)
    hello = answer(Extension.EMPTY, SessionId.ECHOED)
    assert said_to_a_client(scene, peer, hello, FLIGHT[0]) == "Alert"


@permits("K-12 1")
def test_a_client_may_abort_on_an_extension_with_a_body(scene):
    scene.blamed = ("client",)
    assert said_to_a_client(scene, a_client(), answer(Extension.FILLED)) == "Alert"


@permits("K-12 1")
def test_a_client_may_ignore_an_extension_with_a_body_and_refuse_the_ticket():
    begun = full(1, announced=b"\x00\x00")[:9]
    refusal = client(1, "Alert", alert_level=2, alert_description=10)
    findings, _ = found([*begun, refusal])
    assert [finding.clause.id for finding in findings if finding.party is CLIENT] == []


@permits("K-37 1")
def test_a_client_may_abort_where_the_extension_stands_twice(scene):
    scene.blamed = ("client",)
    assert said_to_a_client(scene, a_client(), answer(Extension.REPEATED)) == "Alert"


@permits("K-37 1")
def test_a_server_may_abort_where_the_extension_stands_twice(scene):
    scene.blamed = ("server",)
    puppet = scene.client(a_server())
    hello = Event(sender=CLIENT, message=M.ClientHello, extension=Extension.REPEATED)
    assert scene.take([*puppet.say(hello), *puppet.hear()])[1].message == "Alert"


@permits("K-52 1")
@pytest.mark.parametrize("goes_on", [True, False], ids=["goes on", "aborts"])
def test_a_client_may_go_on_or_abort_without_renegotiation_info(goes_on):
    opening, hello, *rest = short(2)
    events = [*full(1), replace(opening, extensions=(35, RENEGOTIATION_INFO)), replace(hello, extensions=())]
    ending = rest if goes_on else [client(2, "Alert", alert_level=2, alert_description=40), client(2, "Close")]
    assert accused([*events, *ending], blamed=("client",)) == []


# --- TLS 1.3, renegotiation -------------------------------------------------------------------------------------------


@permits("K-49 0", "K-49 1")
@pytest.mark.parametrize("extension", [Extension.ABSENT, Extension.EMPTY], ids=["without", "with"])
def test_a_key_of_tls_1_3_may_come_with_the_extension_or_without(scene, extension):
    peer = a_server()
    puppet = scene.client(peer)
    key = (PRE_SHARED_KEY, bytes.fromhex("0007" "0001" "61" "00000000" "0021" "20") + bytes(32))
    event = say_hello(puppet, lambda hello: replace(hello, extensions=(*hello.extensions, key)), extension)
    scene.take([event, *puppet.hear()])
    for message in (M.ClientKeyExchange, M.ChangeCipherSpec, M.Finished):
        scene.take(puppet.say(Event(sender=CLIENT, message=message)))
    scene.take(puppet.hear())
    assert went_through(puppet)
    assert (scene.memory.live is not None) is (extension is Extension.EMPTY)


def second_handshake(name):
    """The events of a recording from the second ClientHello of a connection on."""
    events = read_recording(TRACES / f"{name}.jsonl").events
    starts = [place for place, event in enumerate(events) if event.message == "ClientHello"]
    assert events[starts[1]].connection == events[starts[0]].connection
    return events[starts[1] :]


@permits("R5077-5.8-03")
def test_a_renegotiation_may_issue_a_ticket():
    # The reference renegotiates with nobody, which is its right; a real stack shows it.
    brought = [event for event in second_handshake("openssl_renegotiates") if event.message == "NewSessionTicket"]
    assert [(bool(event.ticket), event.protected) for event in brought] == [(True, True)]
    assert conformant("openssl_renegotiates")


@permits("K-46 1")
def test_a_client_need_not_offer_its_ticket_in_a_renegotiation():
    assert second_handshake("openssl_renegotiates")[0].session_ticket == b""
    assert conformant("openssl_renegotiates")


@permits("R5746-3.6-02")
def test_the_signalling_suite_alone_lets_a_server_send_renegotiation_info():
    hello, answered = read_recording(TRACES / "openssl_resumes.jsonl").events[:2]
    assert 0x00FF in hello.cipher_suites
    assert RENEGOTIATION_INFO in set(answered.extensions) - set(hello.extensions)
    assert conformant("openssl_resumes")


@permits("R5746-3.6-02")
def test_the_reference_answers_the_signalling_suite(scene):
    puppet = scene.client(a_server())

    def signal(hello):
        others = tuple(pair for pair in hello.extensions if pair[0] != RENEGOTIATION_INFO)
        return replace(hello, cipher_suites=(*hello.cipher_suites, 0x00FF), extensions=others)

    scene.take([say_hello(puppet, signal), *puppet.hear()])
    assert puppet.handshake.server_hello.extension(RENEGOTIATION_INFO) == b"\x00"


# --- nothing is left out ----------------------------------------------------------------------------------------------


def test_every_permission_is_shown():
    permitted = {entry.id for entry in CATALOGUE if entry.permission and not entry.id.startswith("K-")}
    assert permitted - SHOWN.keys() == set()


def test_everything_that_a_corner_case_allows_is_shown():
    allowed = {
        f"{entry.id} {number}" for entry in CATALOGUE for number, ruling in enumerate(entry.rulings)
        if ruling.answer is Answer.ALLOWED
    }  # fmt: skip
    assert allowed - SHOWN.keys() == set()


def test_nothing_else_is_called_a_permission():
    for what in SHOWN:
        id, _, number = what.partition(" ")
        assert BY_ID[id].rulings[int(number)].answer is Answer.ALLOWED if number else BY_ID[id].permission, what
