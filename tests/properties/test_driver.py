"""Puppets: honest handshakes with every peer look like the figures, and everything else can be said at any time."""

import gc
from dataclasses import replace

import pytest

from rfc5077.model.event import CLIENT, SERVER, Alarm, Certificates, Content, Event, Extension, SessionId, Ticket
from rfc5077.model.event import Message as M
from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.in_memory import NAMES, Options, in_memory
from rfc5077.properties.adapters.peer import HarnessError, Peer
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.honest import serve, shake_hands
from rfc5077.properties.trace.observe import Observer
from rfc5077.reference.connection import ServerConnection

# The figures of RFC 5077, section 3.1, line by line: who speaks, then what is said.
# fmt: off
FULL = """c ClientHello
          s ServerHello Certificate ServerKeyExchange ServerHelloDone
          c ClientKeyExchange ChangeCipherSpec Finished"""
FULL_WITH_CERTIFICATE = """c ClientHello
          s ServerHello Certificate ServerKeyExchange CertificateRequest ServerHelloDone
          c Certificate ClientKeyExchange CertificateVerify ChangeCipherSpec Finished"""
FULL_WITH_EMPTY_CERTIFICATE = FULL_WITH_CERTIFICATE.replace("CertificateVerify ", "")
TICKET = " s NewSessionTicket ChangeCipherSpec Finished"
NO_TICKET = " s ChangeCipherSpec Finished"
F1, F4 = FULL + TICKET, FULL + TICKET
F2 = """c ClientHello
        s ServerHello NewSessionTicket ChangeCipherSpec Finished
        c ChangeCipherSpec Finished"""
F2B = F2.replace("NewSessionTicket ", "")
F3 = FULL + NO_TICKET
# fmt: on

X = Extension


def figure(text: str) -> list[tuple[str, str]]:
    found, sender = [], ""
    for word in text.split():
        if word in ("c", "s"):
            sender = {"c": "client", "s": "server"}[word]
        else:
            found.append((sender, word))
    return found


def names(events) -> list[tuple[str, str]]:
    return [(event.sender, event.message) for event in events]


def checked(events) -> list[bool | None]:
    return [event.verified for event in events if event.message in ("Finished", "CertificateVerify")]


def hello(extension=X.EMPTY, session_id=SessionId.EMPTY, **changes) -> Event:
    return Event(sender=CLIENT, message=M.ClientHello, extension=extension, session_id=session_id, **changes)


def mint(peer) -> Memory:
    """A puppet client's memory with a live ticket in it."""
    memory = Memory()
    shake_hands(PuppetClient(peer, memory))
    assert memory.live
    return memory


def primed(peer) -> Memory:
    """A puppet server's memory, after the client was given a ticket."""
    memory = Memory()
    serve(PuppetServer(peer, memory))
    return memory


def play(puppet, *events):
    return [seen for event in events for seen in (*puppet.say(event), *puppet.hear())]


# --- honest puppets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_server_issues_a_ticket_as_in_figure_1(name):
    events = shake_hands(PuppetClient(in_memory(name, "server"), Memory()))
    assert names(events) == figure(F1)
    assert checked(events) == [True, True]


@pytest.mark.parametrize(("shown", "due"), [("SOME", FULL_WITH_CERTIFICATE), ("EMPTY", FULL_WITH_EMPTY_CERTIFICATE)])
@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_asks_for_a_certificate_issues_a_ticket_all_the_same(name, shown, due):
    peer = in_memory(name, "server", Options(client_certificate=True))
    events = shake_hands(PuppetClient(peer, Memory()), certificates=Certificates[shown])
    assert names(events) == figure(due + TICKET)
    assert set(checked(events)) == {True}


@pytest.mark.parametrize("session_id", [SessionId.EMPTY, SessionId.FRESH])
@pytest.mark.parametrize("name", NAMES)
def test_a_server_resumes_without_a_new_ticket(name, session_id):
    peer = in_memory(name, "server")
    events = shake_hands(PuppetClient(peer, mint(peer), 1), X.LIVE, session_id)
    assert names(events) == figure(F2B)
    assert checked(events) == [True, True]
    assert events[1].session_id == events[0].session_id


def renewing():
    return replace(over_reference.server_config(), renew="ticket")


def test_a_server_that_renews_resumes_as_in_figure_2():
    peer = over_reference.server(config=renewing())
    memory = mint(peer)
    first = memory.live
    events = shake_hands(PuppetClient(peer, memory, 1), X.LIVE)
    assert names(events) == figure(F2)
    assert (memory.old, memory.live) == (first, events[2].ticket)


def test_both_the_renewed_and_the_renewing_ticket_resume():
    peer = over_reference.server(config=renewing())
    memory = mint(peer)
    shake_hands(PuppetClient(peer, memory, 1), X.LIVE)
    for number, extension in enumerate((X.OLD, X.LIVE), 2):
        events = shake_hands(PuppetClient(peer, memory, number), extension)
        assert names(events) == figure(F2)
        assert checked(events) == [True, True]


REJECTED = (X.DAMAGED, X.FOREIGN, X.ANOTHERS, X.WRAPPED)


@pytest.mark.parametrize("extension", REJECTED)
@pytest.mark.parametrize("name", ["reference", "python-ssl"])
def test_a_server_answers_a_ticket_it_cannot_take_as_in_figure_4(name, extension):
    peer = in_memory(name, "server")
    events = shake_hands(PuppetClient(peer, mint(peer), 1), extension)
    assert names(events) == figure(F4)
    assert checked(events) == [True, True]


@pytest.mark.parametrize("extension", REJECTED)
def test_tlslite_ng_answers_a_ticket_it_cannot_take_as_in_figure_3(extension):
    peer = in_memory("tlslite", "server")
    events = shake_hands(PuppetClient(peer, mint(peer), 1), extension)
    assert names(events) == figure(F3)
    assert checked(events) == [True, True]


@pytest.mark.parametrize("extension", [X.EMPTY, X.FOREIGN])
@pytest.mark.parametrize("name", NAMES)
def test_a_server_without_tickets_promises_none(name, extension):
    events = shake_hands(PuppetClient(in_memory(name, "server", Options(tickets=False)), Memory()), extension)
    assert names(events) == figure(F3)
    assert events[1].session_ticket is None


@pytest.mark.parametrize("name", ["reference", "python-ssl"])
def test_a_server_resumes_by_session_id_where_it_issued_no_ticket(name):
    peer, memory = in_memory(name, "server", Options(tickets=False)), Memory()
    shake_hands(PuppetClient(peer, memory), X.ABSENT)
    events = shake_hands(PuppetClient(peer, memory, 1), X.ABSENT, SessionId.CACHED)
    assert names(events) == figure(F2B)
    assert checked(events) == [True, True]


@pytest.mark.parametrize("name", ["reference", "python-ssl"])
def test_a_session_outlives_its_connection_though_nobody_closed_that(name):
    peer, memory = in_memory(name, "server", Options(tickets=False)), Memory()
    shake_hands(PuppetClient(peer, memory), X.ABSENT)
    gc.collect()
    assert names(shake_hands(PuppetClient(peer, memory, 1), X.ABSENT, SessionId.CACHED)) == figure(F2B)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_takes_a_ticket_as_in_figure_1_and_offers_it_next(name):
    peer, memory = in_memory(name, "client"), Memory()
    events = serve(PuppetServer(peer, memory))
    assert names(events) == figure(F1)
    assert checked(events) == [True, True]
    assert PuppetServer(peer, memory, 1).hear()[0].session_ticket == memory.live


@pytest.mark.parametrize("ticket", [Ticket.NONE, Ticket.SOME])
@pytest.mark.parametrize("name", NAMES)
def test_a_client_resumes_whether_the_ticket_is_renewed_or_not(name, ticket):
    peer = in_memory(name, "client")
    puppet = PuppetServer(peer, primed(peer), 1)
    events = serve(puppet, resume=True, ticket=ticket)
    assert names(events) == figure(F2B if ticket is Ticket.NONE else F2)
    assert checked(events) == [True, True]
    assert puppet.line.resumed() is True


@pytest.mark.parametrize("name", ["reference", "python-ssl"])
def test_a_client_offers_the_renewed_ticket_next(name):
    peer = in_memory(name, "client")
    memory = primed(peer)
    renewal = serve(PuppetServer(peer, memory, 1), resume=True)[2].ticket
    assert PuppetServer(peer, memory, 2).hear()[0].session_ticket == renewal


@pytest.mark.parametrize(("ticket", "due"), [(Ticket.NONE, F3), (Ticket.SOME, F4)])
@pytest.mark.parametrize("name", ["reference", "python-ssl"])
def test_a_client_goes_on_when_its_ticket_is_rejected(name, ticket, due):
    peer = in_memory(name, "client")
    events = serve(PuppetServer(peer, primed(peer), 1), ticket=ticket)
    assert events[0].session_ticket
    assert names(events) == figure(due)
    assert checked(events) == [True, True]


def test_the_client_of_tlslite_ng_gives_up_when_its_ticket_is_rejected():  # K-53: a deviation of its own
    peer = in_memory("tlslite", "client")
    events = serve(PuppetServer(peer, primed(peer), 1))
    assert [e.message for e in events[-2:]] == ["Alert", "Close"]
    assert (events[-2].sender, events[-2].alert_description) == ("client", 10)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_takes_a_ticket_of_zero_length_for_none(name):
    peer, memory = in_memory(name, "client"), Memory()
    events = serve(PuppetServer(peer, memory), ticket=Ticket.EMPTY)
    assert names(events) == figure(F1)
    assert not PuppetServer(peer, memory, 1).hear()[0].session_ticket


@pytest.mark.parametrize("name", NAMES)
def test_a_client_shows_its_certificate_or_none(name):
    for has_one, due in ((True, FULL_WITH_CERTIFICATE), (False, FULL_WITH_EMPTY_CERTIFICATE)):
        peer = in_memory(name, "client", Options(client_certificate=has_one))
        events = serve(PuppetServer(peer, Memory()), request=True)
        assert names(events) == figure(due + TICKET)
        assert set(checked(events)) == {True}


@pytest.mark.parametrize("name", ["reference", "python-ssl"])
def test_a_client_without_tickets_does_not_ask_for_one(name):
    events = serve(PuppetServer(in_memory(name, "client", Options(tickets=False)), Memory()), ticket=Ticket.NONE)
    assert names(events) == figure(F3)
    assert events[0].session_ticket is None


# --- established connections ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("name", NAMES)
def test_data_is_echoed_and_close_notify_answered(name, role):
    puppet, me = settled(name, role)
    events = play(
        puppet, Event(sender=me, message=M.ApplicationData), Event(sender=me, message=M.Alert, alarm=Alarm.CLOSE_NOTIFY)
    )
    assert [(e.message, e.protected) for e in events if e.sender == role] == [
        ("ApplicationData", True), ("Alert", True), ("Close", False),
    ]  # fmt: skip
    assert events[3].alert_description == 0


def settled(name, role):
    """A puppet with an established connection, and the party it is."""
    peer = in_memory(name, role)
    if role == "server":
        puppet = PuppetClient(peer, Memory())
        shake_hands(puppet)
        return puppet, CLIENT
    puppet = PuppetServer(peer, Memory())
    serve(puppet)
    return puppet, SERVER


def test_a_client_that_is_asked_to_renegotiates_under_the_keys_in_force():
    peer, memory = in_memory("python-ssl", "client"), Memory()
    puppet = PuppetServer(peer, memory)
    serve(puppet)
    puppet.say(Event(sender=SERVER, message=M.HelloRequest))
    events = serve(puppet, resume=True)
    assert names(events) == figure(F2)
    assert checked(events) == [True, True]
    assert {event.protected for event in events} == {True}


def test_silence_is_an_event_only_where_it_is_asked_for_and_the_peer_is_there():
    puppet = PuppetServer(in_memory("python-ssl", "client"), Memory())
    puppet.hear()
    assert puppet.hear() == []
    assert names(puppet.hear(silence=True)) == [("client", "Silence")]
    play(puppet, Event(sender=SERVER, message=M.Alert, alarm=Alarm.REFUSAL))
    assert puppet.hear(silence=True) == []


# --- puppets that misbehave -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_server_refuses_a_wrong_finished(name):
    puppet = PuppetClient(in_memory(name, "server"), Memory())
    events = play(
        puppet, hello(), *(Event(sender=CLIENT, message=m) for m in (M.ClientKeyExchange, M.ChangeCipherSpec)),
        Event(sender=CLIENT, message=M.Finished, content=Content.WRONG),
    )  # fmt: skip
    assert checked(events) == [False]
    assert names(events)[-2:] == [("server", "Alert"), ("server", "Close")]
    assert (events[-2].alert_level, events[-2].alert_description) == (2, 51)


WRONG_FINISHED = (
    Event(sender=SERVER, message=M.Finished, content=Content.WRONG),
    Event(sender=SERVER, message=M.Finished, omits_ticket=True),
)


@pytest.mark.parametrize("finished", WRONG_FINISHED, ids=["flipped", "hash without NewSessionTicket"])
@pytest.mark.parametrize("name", NAMES)
def test_a_client_refuses_a_wrong_finished(name, finished):
    puppet = PuppetServer(in_memory(name, "client"), Memory())
    puppet.hear()
    flight = (M.ServerHello, M.Certificate, M.ServerKeyExchange, M.ServerHelloDone, M.NewSessionTicket)
    events = play(
        puppet, *(Event(sender=SERVER, message=m, extension=X.EMPTY) for m in flight),
        Event(sender=SERVER, message=M.ChangeCipherSpec), finished,
    )  # fmt: skip
    assert checked(events) == [True, False]
    assert names(events)[-2:] == [("client", "Alert"), ("client", "Close")]
    assert (events[-2].alert_level, events[-2].alert_description) == (2, 51)


@pytest.mark.parametrize("name", NAMES)
def test_a_server_refuses_a_wrong_signature_of_the_client(name):
    puppet = PuppetClient(in_memory(name, "server", Options(client_certificate=True)), Memory())
    wrong = Event(sender=CLIENT, message=M.CertificateVerify, content=Content.WRONG)
    own = Event(sender=CLIENT, message=M.Certificate, certificates=Certificates.SOME)
    events = play(puppet, hello(), own, Event(sender=CLIENT, message=M.ClientKeyExchange), wrong)
    events += play(puppet, *(Event(sender=CLIENT, message=m) for m in (M.ChangeCipherSpec, M.Finished)))
    assert checked(events)[0] is False
    assert [e.alert_level for e in events if e.sender == "server" and e.message == "Alert"] == [2]


@pytest.mark.parametrize("message", [M.ServerKeyExchange, M.NewSessionTicket, M.ServerHello, M.ServerHelloDone])
@pytest.mark.parametrize("name", NAMES)
def test_a_client_refuses_wrong_contents(name, message):
    puppet = PuppetServer(in_memory(name, "client"), Memory())
    puppet.hear()
    events = []
    for m in (M.ServerHello, M.Certificate, M.ServerKeyExchange, M.ServerHelloDone, M.NewSessionTicket):
        content = Content.WRONG if m is message else Content.RIGHT
        events += play(puppet, Event(sender=SERVER, message=m, extension=X.EMPTY, content=content))
    assert [e.alert_level for e in events if e.sender == "client" and e.message == "Alert"] == [2]


CLIENT_WORDS = (
    *(Event(sender=CLIENT, message=m) for m in (
        M.Certificate, M.ClientKeyExchange, M.CertificateVerify, M.ChangeCipherSpec, M.Finished, M.ApplicationData,
    )),
    Event(sender=CLIENT, message=M.ChangeCipherSpec, content=Content.WRONG),
)  # fmt: skip
SERVER_WORDS = tuple(Event(sender=SERVER, message=m) for m in (
    M.Certificate, M.CertificateStatus, M.ServerKeyExchange, M.CertificateRequest, M.ServerHelloDone,
    M.NewSessionTicket, M.ChangeCipherSpec, M.Finished, M.ApplicationData,
))  # fmt: skip


@pytest.mark.parametrize("word", CLIENT_WORDS, ids=lambda e: f"{e.message.name} {e.content.name}")
@pytest.mark.parametrize("name", NAMES)
def test_a_server_refuses_whatever_comes_before_client_hello(name, word):
    events = play(PuppetClient(in_memory(name, "server"), Memory()), word)
    assert names(events)[1:] == [("server", "Alert"), ("server", "Close")]
    assert events[1].alert_level == 2


@pytest.mark.parametrize("word", SERVER_WORDS, ids=lambda e: e.message.name)
@pytest.mark.parametrize("name", NAMES)
def test_a_client_refuses_whatever_comes_before_server_hello(name, word):
    puppet = PuppetServer(in_memory(name, "client"), Memory())
    puppet.hear()
    events = play(puppet, word)
    assert names(events)[1:] == [("client", "Alert"), ("client", "Close")]
    assert events[1].alert_level == 2


@pytest.mark.parametrize("alarm", [alarm for alarm in Alarm if alarm is not Alarm.NONE])
def test_alerts_of_every_kind_can_be_sent(alarm):
    (event,) = PuppetClient(in_memory("reference", "server"), Memory()).say(
        Event(sender=CLIENT, message=M.Alert, alarm=alarm)
    )
    assert event.alert_level == (1 if alarm in (Alarm.CLOSE_NOTIFY, Alarm.WARNING) else 2)


def test_finished_before_change_cipher_spec_goes_in_the_clear_and_later_under_zeros():
    puppet = PuppetClient(in_memory("python-ssl", "server"), Memory())
    events = play(puppet, hello(), *(Event(sender=CLIENT, message=m) for m in (M.Finished, M.ChangeCipherSpec)))
    events += puppet.say(Event(sender=CLIENT, message=M.Finished))
    said = [(e.message, e.protected, e.verified) for e in events if e.sender == "client"]
    assert said[1:] == [("Finished", False, False), ("ChangeCipherSpec", False, None), ("Finished", True, False)]


@pytest.mark.parametrize("extension", [X.LIVE, X.OLD, X.DAMAGED])
def test_a_ticket_that_nobody_issued_cannot_be_offered(extension):
    with pytest.raises(HarnessError, match=f"there is no ticket for {extension.name} to offer"):
        PuppetClient(in_memory("reference", "server"), Memory()).say(hello(extension))


def test_an_id_that_nobody_made_cannot_be_offered():
    with pytest.raises(HarnessError, match="there is no session id to offer"):
        PuppetClient(in_memory("reference", "server"), Memory()).say(hello(session_id=SessionId.CACHED))


@pytest.mark.parametrize(
    "event",
    [
        Event(sender=SERVER, message=M.ServerHello),
        Event(sender=CLIENT, message=M.ServerHello),
        Event(sender=CLIENT, message=M.Silence),
        hello(X.FILLED),
        hello(session_id=SessionId.ECHOED),
    ],
    ids=["a server's", "no word of a client", "not on the wire", "no extension of ClientHello", "no id of ClientHello"],
)
def test_a_client_says_only_what_a_client_can_say(event):
    with pytest.raises(ValueError, match=r"^(event|extension|session_id): "):
        PuppetClient(in_memory("reference", "server"), Memory()).say(event)


# --- what the puppet makes of it --------------------------------------------------------------------------------------


def test_every_form_of_the_extension_stands_on_the_wire_as_named():
    peer = in_memory("reference", "server")
    memory = mint(peer)
    live = memory.live
    seen = {}
    for extension in (X.ABSENT, X.EMPTY, X.REPEATED, X.LIVE, X.DAMAGED, X.FOREIGN, X.WRAPPED):
        (event,) = PuppetClient(peer, memory, 1).say(hello(extension))
        seen[extension] = (event.session_ticket, event.extensions.count(35))
    assert seen[X.ABSENT] == (None, 0)
    assert seen[X.EMPTY] == (b"", 1)
    assert seen[X.REPEATED] == (b"", 2)
    assert seen[X.LIVE] == (live, 1)
    assert seen[X.WRAPPED] == (len(live).to_bytes(2, "big") + live, 1)
    differing = [a ^ b for a, b in zip(seen[X.DAMAGED][0], live, strict=True) if a != b]
    assert len(differing) == 1
    assert differing[0].bit_count() == 1
    assert len(seen[X.FOREIGN][0]) == len(live)
    assert seen[X.FOREIGN][0][:16] != live[:16]


@pytest.mark.parametrize("role", ["server", "client"])
def test_a_run_replays_octet_for_octet(role):
    def run():
        ticking = {"clock": lambda: 1e9 + 1e9 / 2}
        if role == "server":
            peer, memory = over_reference.server(**ticking), Memory()
            return [shake_hands(PuppetClient(peer, memory, n), x) for n, x in enumerate((X.EMPTY, X.LIVE, X.DAMAGED))]
        config = over_reference.client_config()
        peer, memory = over_reference.client(config=config), Memory()
        return [serve(PuppetServer(peer, memory, n), resume=n > 0) for n in range(2)]

    assert run() == run()


def test_the_reference_peer_can_be_made_with_edited_parts():
    made = []

    def make(*parts):
        made.append(ServerConnection(*parts))
        return made[-1]

    events = shake_hands(PuppetClient(over_reference.server(make=make), Memory()))
    assert names(events) == figure(F1)
    assert made[0].established


@pytest.mark.parametrize("name", NAMES)
def test_an_onlooker_with_the_secret_sees_what_the_puppet_saw(name):
    peer = in_memory(name, "server")
    passed: list[tuple[str, bytes]] = []

    def connect():
        return peer.open()

    def write(line, octets):
        passed.append(("client", octets))
        line.write(octets)

    def read(line):
        octets = line.read()
        passed.append(("server", octets))
        return octets

    tapped = Peer("tapped", "server", connect, write, read)
    memory, puppets = Memory(), []
    for number, extension in enumerate((X.EMPTY, X.LIVE)):
        passed.clear()
        puppets.append(PuppetClient(tapped, memory, number))
        events = shake_hands(puppets[-1], extension)
        secret = puppets[-1].handshake.secrets()[0]
        onlooker = Observer(number, keys=lambda _, known=secret: known)
        assert [seen for sender, data in passed for seen in onlooker.octets(sender, data)] == events


def garbled(answer: bytes) -> PuppetClient:
    """A puppet client whose server answers everything with these octets."""
    return PuppetClient(Peer("garbled", "server", lambda: None, lambda _, __: None, lambda _: answer), Memory())


def test_octets_that_are_no_record_are_an_event():
    (event,) = garbled(b"HTTP/1.1 400 Bad Request\r\n\r\n").hear()
    assert (event.message, event.malformed) == ("Unrecognised", "record type 72 does not exist")


def test_what_no_key_opens_is_a_wrong_finished_and_the_last_that_is_understood():
    puppet = garbled(bytes.fromhex("140303000101" + "1603030028" + "00" * 40 + "15030300020228"))
    events = puppet.hear() + puppet.hear()
    assert [(e.message, e.protected, e.verified) for e in events] == [
        ("ChangeCipherSpec", False, None), ("Finished", True, False),
    ]  # fmt: skip
    assert events[1].malformed


def test_alerts_and_changes_of_the_wrong_length_are_malformed():
    events = garbled(bytes.fromhex("150303000102" + "140303000102")).hear()
    assert [(e.message, e.malformed) for e in events] == [
        ("Alert", "1 octets of alerts"), ("ChangeCipherSpec", "the octets 02 instead of 01"),
    ]  # fmt: skip


def test_a_message_cut_by_change_cipher_spec_is_an_event():
    events = garbled(bytes.fromhex("16030300020b00" + "140303000101")).hear()
    assert [(e.message, e.malformed) for e in events] == [
        ("Unrecognised", "2 octets of a handshake message, then ChangeCipherSpec"), ("ChangeCipherSpec", None),
    ]  # fmt: skip


def finished_of(peer):
    """The server's Finished of an honest handshake: whether it is right, and whether it leaves the ticket out."""
    events = shake_hands(PuppetClient(peer, Memory()))
    return [(one.verified, one.omits_ticket) for one in events if (one.sender, one.message) == ("server", "Finished")]


def test_a_finished_without_the_ticket_in_its_hash_is_told_from_a_right_one():
    assert finished_of(FAULTS["S-24"].make()) == [(False, True)]
    assert finished_of(over_reference.server()) == [(True, False)]
