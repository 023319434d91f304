"""The machines that targets are compared with, and what a run puts at stake."""

from itertools import product

import pytest

from rfc5077.model.clauses import binding
from rfc5077.model.event import CLIENT, SERVER, Alarm, Content, Event, Extension, Message, SessionId, Ticket
from rfc5077.model.profile import ClientProfile, ServerProfile
from rfc5077.model.run.machine import CLIENT_ALPHABET, CONNECT, SERVER_ALPHABET
from rfc5077.model.run.monitor import Monitor
from rfc5077.model.run.says import alert
from rfc5077.properties.suite.alphabet import ClientTarget, Renegotiation, ServerTarget, machine_of, symbol_name
from rfc5077.properties.suite.exercised import exercised, untouched
from rfc5077.properties.suite.play import needs_ticket, spelled

HELLO, ABSENT, LIVE, _, DAMAGED, KEYS, CHANGE, FINISHED, WRONG, DATA = SERVER_ALPHABET
FULL = (HELLO, KEYS, CHANGE, FINISHED)
IDS = (SessionId.EMPTY, SessionId.FRESH)


def server(renegotiation=Renegotiation.WARNS, **choices):
    return machine_of(ServerTarget(ServerProfile(honours=True, **choices), renegotiation))


def said_by(symbol_message, **fields):
    named = (symbol for symbol in CLIENT_ALPHABET if symbol.message is symbol_message)
    return next(symbol for symbol in named if all(getattr(symbol, name) is value for name, value in fields.items()))


@pytest.mark.parametrize(
    ("how", "answers"),
    [
        (Renegotiation.WARNS, ((alert(SERVER, Alarm.WARNING),), (DATA.but(sender=SERVER),))),
        (Renegotiation.CLOSES, ((alert(SERVER),), ())),
        (Renegotiation.IGNORES, ((), (DATA.but(sender=SERVER),))),
        (Renegotiation.ACCEPTS, ((), (DATA.but(sender=SERVER),))),
    ],
)
def test_a_hello_behind_the_handshake_is_answered_as_probed(how, answers):
    assert server(how).run((*FULL, HELLO, DATA))[-2:] == answers


def test_the_machine_is_minimal_and_its_end_a_sink():
    machine = server()
    assert machine.minimal() == machine
    (end,) = machine.sinks()
    assert machine.after((KEYS,)) == end


@pytest.mark.parametrize(("issues", "known"), [(Ticket.SOME, True), (Ticket.EMPTY, False), (Ticket.NONE, False)])
def test_tickets_are_said_only_to_a_server_that_issues_some(issues, known):
    assert (LIVE in server(issues=issues).inputs) is known
    assert (DAMAGED in server(issues=issues).inputs) is known


def test_certificates_are_said_only_to_a_server_that_asks():
    messages = {symbol.message for symbol in server(requests_certificate=True).inputs}
    assert Message.CertificateVerify in messages
    assert Message.CertificateVerify not in {symbol.message for symbol in server().inputs}


@pytest.mark.parametrize(("issues", "renews", "own"), list(product(Ticket, Ticket, IDS)))
def test_every_server_profile_has_a_machine(issues, renews, own):
    profile = {"issues": issues, "reissues": issues, "renews": renews}
    ids = dict.fromkeys(("id_when_issuing", "id_when_reissuing", "id_otherwise", "id_when_resuming"), own)
    machine = server(**profile, **ids)
    (said,) = machine.run((HELLO,))
    assert said[0].session_id is own
    assert said[0].extension is (Extension.ABSENT if issues is Ticket.NONE else Extension.EMPTY)


def client(**choices):
    return machine_of(ClientTarget(ClientProfile(tickets=True, **choices)))


SERVED = (
    CONNECT,
    said_by(Message.ServerHello, extension=Extension.EMPTY, session_id=SessionId.EMPTY),
    *map(said_by, (Message.Certificate, Message.ServerKeyExchange, Message.ServerHelloDone, Message.NewSessionTicket)),
    *map(said_by, (Message.ChangeCipherSpec, Message.Finished)),
)
ECHO = said_by(Message.ServerHello, extension=Extension.ABSENT, session_id=SessionId.ECHOED)
REJECTED = (
    said_by(Message.ServerHello, extension=Extension.ABSENT, session_id=SessionId.EMPTY),
    *map(said_by, (Message.Certificate, Message.ServerKeyExchange, Message.ServerHelloDone)),
    *map(said_by, (Message.ChangeCipherSpec, Message.Finished)),
)
CHANGED, SEALED = said_by(Message.ChangeCipherSpec), said_by(Message.Finished)
SEALED_WRONG = said_by(Message.Finished, content=Content.WRONG)


@pytest.mark.parametrize(
    ("field", "story"),
    [
        ("keeps_rejected", REJECTED),
        ("keeps_unfinished", REJECTED[:2]),
        ("keeps_broken", (*REJECTED[:2], SEALED)),
        ("keeps_undecided", (said_by(Message.Certificate),)),
        ("keeps_failed", (ECHO, CHANGED, SEALED_WRONG)),
    ],
)
@pytest.mark.parametrize("keeps", [True, False])
def test_what_a_client_offers_next_is_what_its_profile_keeps(field, story, keeps):
    said = client(**{field: keeps}).run((*SERVED, CONNECT, *story, CONNECT))
    assert said[-1][0].extension is (Extension.LIVE if keeps else Extension.EMPTY)


def test_a_client_that_forgets_never_offers_a_ticket():
    hellos = {said for row in client(forgets=True).table for _, outputs in row for said in outputs}
    assert {said.extension for said in hellos if said.message is Message.ClientHello} == {Extension.EMPTY}


def test_an_echo_of_nothing_is_refused_at_once_or_leads_to_a_full_handshake():
    refuses = client(id_without_ticket=SessionId.FRESH, refuses_baseless_echo=True)
    assert refuses.run((CONNECT, ECHO))[-1] == (alert(CLIENT),)
    goes_on = client(id_without_ticket=SessionId.FRESH)
    assert goes_on.run((CONNECT, ECHO, CHANGED))[1:] == ((), (alert(CLIENT),))
    assert goes_on.run((CONNECT, ECHO, *REJECTED[1:4]))[-1][0].message is Message.ClientKeyExchange


def test_a_fault_behind_a_tolerated_one_is_refused():
    machine = client(tolerates_missing_ticket=True)
    without_ticket = (*SERVED[:5], CHANGED)
    assert machine.run(without_ticket)[-1] == ()
    assert machine.run((*without_ticket, SEALED_WRONG))[-1] == (alert(CLIENT),)


def test_answers_are_told_apart_by_what_matters():
    refused, closed = alert(SERVER, Alarm.MALFORMED), Event(sender=SERVER, message=Message.Close)
    hello = Event(sender=CLIENT, message=Message.ClientHello, extension=Extension.OLD)
    assert spelled((refused,)) == (alert(SERVER),)
    assert spelled((closed,), [refused]) == ()
    assert spelled((closed,)) == (closed,)
    assert spelled((hello,)) == (hello.but(extension=Extension.LIVE),)
    assert spelled((Event(sender=SERVER, message=Message.Silence),)) == ()
    assert spelled((alert(SERVER, Alarm.WARNING),)) == (alert(SERVER, Alarm.WARNING),)


def test_a_word_needs_a_ticket_if_it_offers_one():
    assert needs_ticket((HELLO, LIVE))
    assert not needs_ticket((*FULL, DATA))


def test_no_two_symbols_share_a_name():
    for alphabet in (SERVER_ALPHABET, CLIENT_ALPHABET):
        assert len(set(map(symbol_name, alphabet))) == len(alphabet)


def tracks(*events):
    """Where the server stands before each of the events."""
    monitor, found = Monitor(), []
    for event in events:
        found.append(monitor.node.tracks[1])
        monitor.feed((event,))
    return found


def test_a_clause_is_at_stake_where_the_party_could_break_it():
    announced = Event(sender=SERVER, message=Message.ServerHello, extension=Extension.EMPTY)
    before, after = tracks(ABSENT, HELLO)[:1], tracks(HELLO, announced, HELLO)[1:]
    assert "R5077-3.3-02" not in exercised(SERVER, before)
    assert "R5077-3.4-01" in exercised(SERVER, after)
    assert "R5077-3.2-08" not in exercised(SERVER, after)
    assert "R5077-3.2-08" in exercised(SERVER, tracks(ABSENT, HELLO)[1:])


def test_nothing_is_at_stake_without_a_run():
    assert untouched(SERVER, ()) == binding(SERVER)
