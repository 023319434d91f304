"""The monitor: figures are conformant whatever is chosen, doubt is kept and not guessed, permissions are permitted."""

import random
from itertools import product

import pytest
from conversation import (
    ABSENT,
    BY_CERTIFICATE,
    C_CCS,
    C_CERT,
    C_CLOSE,
    C_DATA,
    C_END,
    C_FIN,
    C_NO_CERT,
    C_SILENCE,
    CACHED,
    CERT,
    CKE,
    DAMAGED,
    DATA,
    DONE,
    ECHO,
    EMPTY,
    EMPTY_TICKET,
    FIGURE_1,
    FIGURE_2B,
    FOREIGN,
    FRESH,
    KEY_FLIGHT,
    LIVE,
    NO_ID,
    OLD,
    PROOF,
    REQUEST,
    S_CCS,
    S_CLOSE,
    S_DATA,
    S_END,
    S_FIN,
    SKE,
    STATUS,
    TICKET,
    VERIFY,
    alarm,
    answer,
    client,
    hello,
    ids,
    next_hello,
    server,
    told,
    wrong,
)

from rfc5077.model.clause import Verdict
from rfc5077.model.event import CLIENT, FATAL, SERVER, Alarm, Event, Exchange, Extension, Message, Offer
from rfc5077.model.run.monitor import Monitor
from rfc5077.model.run.says import SAYS

M = Message


def fed(events, *more: tuple[Event, ...]) -> Monitor:
    """A monitor after these events; `more` are events seen only in part."""
    monitor = Monitor()
    monitor.run([(event,) for event in events] + list(more))
    return monitor


# --- what conforms ---

EXCHANGES = {
    Exchange.EPHEMERAL: [CERT, SKE],
    Exchange.RSA: [CERT],
    Exchange.OTHER: [],
}
CLIENT_PROOF = {
    "not asked": ([], [CKE]),
    "no certificate": ([REQUEST], [C_NO_CERT, CKE]),
    "certificate": ([REQUEST], [C_CERT, CKE, VERIFY]),
}


def full(offered, own_id, given_id, ticket, exchange, proof, status=False):
    """A full handshake with these choices."""
    announced = ABSENT if ticket is None else EMPTY
    keys = list(EXCHANGES[exchange])
    if status and keys:
        keys.insert(1, STATUS)
    asked, proved = CLIENT_PROOF[proof]
    tickets = [] if ticket is None else [ticket]
    hellos = [hello(offered, own_id), answer(announced, given_id, exchange)]
    return [*hellos, *keys, *asked, DONE, *proved, C_CCS, C_FIN, *tickets, *S_END, *DATA]


FULL = [
    (offered, own, given, ticket, exchange, proof)
    for offered, own, given, ticket, exchange, proof in product(
        (ABSENT, EMPTY, LIVE, OLD, FOREIGN, DAMAGED), (NO_ID, FRESH, CACHED), (NO_ID, FRESH),
        (None, TICKET, EMPTY_TICKET), EXCHANGES, CLIENT_PROOF,
    )
    # RFC 5246, section 7.4.4: an anonymous server asks for no certificate.
    if not (offered is ABSENT and ticket) and (proof == "not asked" or exchange is not Exchange.OTHER)
]  # fmt: skip


def test_a_full_handshake_is_conformant_whatever_is_chosen():
    for choice in FULL:
        for status in (False, True):
            found = ids(full(*choice, status=status))
            advised = choice[0] is EMPTY and choice[2] is FRESH and choice[3] is not None
            assert found == (["R5077-3.4-01"] if advised else []), choice
    assert len(FULL) == (6 * 3 - 2) * 3 * 2 * 7


@pytest.mark.parametrize("offered", [LIVE, OLD, Extension.ANOTHERS], ids=lambda x: x.name)
@pytest.mark.parametrize("own, given", [(NO_ID, NO_ID), (NO_ID, FRESH), (FRESH, ECHO), (CACHED, ECHO)])
@pytest.mark.parametrize("ticket", [None, TICKET, EMPTY_TICKET], ids=["no renewal", "renewal", "empty ticket"])
def test_a_resumption_by_ticket_is_conformant_whatever_is_chosen(offered, own, given, ticket):
    announced, tickets = (ABSENT, []) if ticket is None else (EMPTY, [ticket])
    run = [hello(offered, own), answer(announced, given), *tickets, *S_END, *C_END, *DATA]
    foreign = ["R5077-3.1-02"] if offered is Extension.ANOTHERS else []
    assert ids(run) == foreign


@pytest.mark.parametrize("offered, announced, tickets", [
    (ABSENT, ABSENT, []), (EMPTY, ABSENT, []), (EMPTY, EMPTY, [TICKET]), (EMPTY, EMPTY, [EMPTY_TICKET]),
])  # fmt: skip
def test_a_resumption_by_session_id_is_conformant_with_a_ticket_where_one_was_asked_for(offered, announced, tickets):
    run = [hello(offered, CACHED), answer(announced, ECHO), *tickets, *S_END, *C_END, *DATA]
    assert ids(run) == []


PERMITTED = {
    "no renewal (3.1-16, 3.3-08)": [*FIGURE_2B, *DATA],
    "renewal of a ticket, with an empty one (3.3-07)": [hello(LIVE), answer(EMPTY), EMPTY_TICKET, *S_END, *C_END],
    "rejection of a good ticket (3.1-13)": [hello(LIVE), answer(), *KEY_FLIGHT],
    "a new ticket after rejection (3.1-17)": [hello(LIVE), answer(EMPTY), *KEY_FLIGHT, *PROOF, TICKET],
    "no new ticket after rejection (3.1-15)": [hello(DAMAGED), answer(), *KEY_FLIGHT, *PROOF, *S_END],
    "an id of the server's own after rejection (3.4-02)": [hello(DAMAGED), answer(EMPTY, FRESH), *KEY_FLIGHT],
    "an id of the client's own beside a ticket (3.4-04)": [hello(LIVE, FRESH), answer(ABSENT, ECHO), *S_END, *C_END],
    "an empty id beside a ticket (3.4-09)": [hello(LIVE), answer(ABSENT, FRESH), *S_END, *C_END],
    "a ticket deleted early (3.3-17)": [*FIGURE_1, *DATA, next_hello(Offer.NOTHING)],
    "an old ticket honoured (3.3-10)": [hello(OLD), answer(), *S_END, *C_END],
    "an old ticket rejected (K-45)": [hello(OLD), answer(), *KEY_FLIGHT],
    "a look-up beside an empty extension (K-18)": [hello(EMPTY, CACHED), answer(EMPTY, ECHO), TICKET, *S_END, *C_END],
    "data before the server's Finished (RFC 7918)": [*BY_CERTIFICATE, *PROOF, C_DATA, TICKET, C_DATA, *S_END, S_DATA],
    "a close before the end": [*BY_CERTIFICATE, CKE, C_CLOSE],
    "a HelloRequest in mid-handshake": [hello(), server(M.HelloRequest), answer(EMPTY), *KEY_FLIGHT],
    "a renegotiation": [*FIGURE_1, *DATA, hello(), answer(EMPTY), *KEY_FLIGHT, *PROOF, TICKET, *S_END, *DATA],
    "a warning": [hello(), alarm(SERVER, Alarm.WARNING), answer(EMPTY), CERT],
    "the ticket of a broken connection kept (K-20)": [*FIGURE_1, *DATA, alarm(SERVER), next_hello(Offer.ISSUED)],
}


@pytest.mark.parametrize("run", PERMITTED.values(), ids=PERMITTED.keys())
def test_what_is_permitted_is_not_refused(run):
    assert ids(run) == []


@pytest.mark.parametrize("kind", FATAL, ids=lambda k: k.name)
def test_anybody_may_give_up_with_an_alert_while_nothing_speaks_of_tickets(kind):
    assert ids([hello(), alarm(SERVER, kind)]) == []
    assert ids([hello(), answer(), CERT, alarm(CLIENT, kind)]) == []
    assert ids([*BY_CERTIFICATE, CKE, C_CCS, C_FIN, alarm(SERVER, kind), C_CLOSE]) == []


@pytest.mark.parametrize("kind", sorted(set(FATAL) - {Alarm.UNEXPECTED}, key=lambda k: k.value), ids=lambda k: k.name)
@pytest.mark.parametrize("flow", [[answer(), S_CCS], [answer(EMPTY), TICKET], [answer(), CERT]], ids=["2b", "2", "3"])
def test_a_client_with_a_ticket_may_give_up_for_the_sake_of_suite_extension_or_certificate(flow, kind):
    assert ids([hello(LIVE), *flow, alarm(CLIENT, kind)]) == []


# --- what crosses on the way ---


def test_what_crosses_an_alert_is_no_offence():
    assert ids([*BY_CERTIFICATE, alarm(SERVER), *PROOF]) == []
    assert ids([*BY_CERTIFICATE, *PROOF, alarm(SERVER), C_DATA]) == []
    assert ids([*FIGURE_1, *DATA, alarm(CLIENT), S_DATA, S_DATA, S_CLOSE]) == []
    assert ids([hello(), answer(), CERT, alarm(CLIENT, Alarm.CERTIFICATE), SKE, DONE]) == []


def test_who_had_the_turn_after_an_alert_and_was_silent_has_read_it():
    assert ids([*BY_CERTIFICATE, alarm(SERVER), C_SILENCE, CKE]) == ["R5246-7.2-01"]


def test_what_crosses_the_other_partys_offence_is_no_offence():
    # The server says ServerHelloDone twice while the client is about to answer the first.
    run = [hello(), answer(), *KEY_FLIGHT, DONE, *PROOF]
    assert told(run) == [(5, "R5077-3.1-15", SERVER)]


def test_who_had_the_turn_after_an_offence_and_was_silent_has_read_it():
    run = [hello(), answer(), *KEY_FLIGHT, DONE, C_SILENCE, CKE]
    assert told(run) == [(5, "R5077-3.1-15", SERVER), (7, "R5246-7.4-01", CLIENT)]


# --- what was seen only in part ---


def test_alternatives_are_all_held_possible():
    seen = (hello(LIVE), hello(FOREIGN))
    resumed = fed([], seen, (answer(),), (S_CCS,))
    rejected = fed([], seen, (answer(),), (CERT,))
    assert not resumed.strayed(SERVER) and not rejected.strayed(SERVER)


def test_an_alternative_that_is_refuted_does_not_come_back():
    monitor = fed([], (hello(LIVE), hello(FOREIGN)), (answer(),), (S_CCS,), (S_FIN,), (C_CCS,), (C_FIN,))
    live = fed([hello(LIVE), answer(), *S_END, *C_END])
    assert monitor.node.tracks[1].states == live.node.tracks[1].states


def test_what_breaks_a_clause_in_every_alternative_is_found():
    monitor = Monitor()
    monitor.feed((hello(DAMAGED), hello(FOREIGN)))
    monitor.feed((answer(),))
    assert [breach.clause.id for breach in monitor.feed((S_CCS,))] == ["R5077-3.2-09"]


def test_what_breaks_a_clause_only_in_some_alternative_is_not_held_against_anybody():
    monitor = Monitor()
    monitor.run([(event,) for event in FIGURE_1[:-1]])
    assert monitor.feed((S_FIN, wrong(S_FIN))) == ()
    assert monitor.feed((next_hello(Offer.ISSUED),)) == ()
    assert not monitor.strayed(CLIENT) and not monitor.strayed(SERVER)


def offends(monitor: Monitor, party) -> bool:
    return monitor.strayed(party) or any(breach.party is party for breach in monitor.doubts())


def test_more_knowledge_never_turns_a_violation_into_conformance():
    chance = random.Random(5077)
    offences = 0
    for _ in range(150):
        exact, vague = Monitor(), Monitor()
        for _ in range(chance.randrange(2, 9)):
            party = chance.choice((CLIENT, SERVER))
            fitting = exact.allowed(party) if chance.random() < 0.8 else ()
            said = chance.choice(fitting or SAYS[party])
            more = [chance.choice([e for e in SAYS[party] if e.message is said.message])]
            exact.feed((said,))
            vague.feed((said, *more, *([wrong(said)] if said.message is M.Finished else [])))
        for party in (CLIENT, SERVER):
            offences += offends(vague, party)
            assert offends(exact, party) or not offends(vague, party)
    assert offences > 30


# --- doubt ---

UNCLEAR = [hello(DAMAGED, CACHED), answer(ABSENT, ECHO)]
"""An echo of the id of a session, beside a ticket that cannot be opened: a look-up, or a wrong echo."""


def test_nothing_is_named_while_two_clauses_would_explain_what_was_seen():
    monitor = fed(UNCLEAR)
    assert not monitor.strayed(SERVER)
    assert {breach.clause.id for breach in monitor.doubts()} == {"R5077-3.4-06", "R5077-3.4-08"}
    assert not any(breach.certain for breach in monitor.doubts())


def test_the_next_message_of_the_party_tells():
    assert told([*UNCLEAR, S_CCS]) == [(2, "R5077-3.4-08", SERVER)]
    assert told([*UNCLEAR, CERT]) == [(2, "R5077-3.4-06", SERVER)]


def test_the_other_partys_words_do_not_end_a_doubt():
    monitor = fed([*UNCLEAR, C_CLOSE])
    assert monitor.doubts() and not monitor.strayed(SERVER)
    monitor = fed([*UNCLEAR, alarm(CLIENT)])
    assert monitor.doubts()


def test_a_doubt_that_nothing_has_resolved_is_told_at_the_end_as_uncertain():
    assert [(clause, party) for _, clause, party in told(UNCLEAR)] == [
        ("R5077-3.4-06", SERVER), ("R5077-3.4-08", SERVER)
    ]  # fmt: skip


def test_a_doubt_that_the_party_leaves_unresolved_is_named_with_all_its_clauses():
    monitor = fed(UNCLEAR)
    breaches = monitor.feed((S_CLOSE,))
    assert {breach.clause.id for breach in breaches} == {"R5077-3.4-06", "R5077-3.4-08"}
    assert not any(breach.certain for breach in breaches)
    assert monitor.strayed(SERVER) and not monitor.doubts()


# --- straying ---


def test_a_party_that_has_strayed_is_judged_no_more_and_the_other_still_is():
    run = [hello(ABSENT), answer(EMPTY), CERT, CERT, TICKET, CKE]
    assert told(run) == [(1, "R5077-3.2-08", SERVER), (5, "R5246-7.4.1.4-02", CLIENT)]


def test_advice_and_notes_lead_nobody_astray():
    monitor = fed([hello(), answer(EMPTY, FRESH)])
    assert not monitor.strayed(SERVER)
    assert told([hello(), answer(EMPTY, FRESH), SKE])[0] == (1, "R5077-3.4-01", SERVER)
    assert len(told([hello(), answer(EMPTY, FRESH), SKE])) == 2
    monitor = fed([hello(LIVE), alarm(SERVER)])
    assert not monitor.strayed(SERVER)


def test_a_note_is_repeated_as_often_as_it_is_due():
    run = [hello(), answer(Extension.REPEATED), *KEY_FLIGHT, *PROOF]
    notes = [index for index, clause, _ in told(run) if clause == "K-37"]
    assert notes == [5, 6]


def test_nobody_is_blamed_for_the_others_silence_or_close():
    assert ids([hello(), server(M.Silence), S_CLOSE, C_CLOSE]) == []


# --- what is allowed ---


def names(events) -> set[str]:
    return {event.message.name for event in events}


def test_at_the_start_only_a_client_hello_is_allowed():
    monitor = Monitor()
    assert names(monitor.allowed(CLIENT)) == {"ClientHello"}
    assert monitor.allowed(SERVER) == ()


def test_after_the_hellos_all_flows_are_allowed_that_fit_them():
    assert names(fed([hello(LIVE), answer(EMPTY)]).allowed(SERVER)) == {"NewSessionTicket", "Certificate"}
    assert names(fed([hello(LIVE), answer()]).allowed(SERVER)) == {"ChangeCipherSpec", "Certificate"}
    assert names(fed([hello(), answer(EMPTY)]).allowed(SERVER)) == {"Certificate"}
    assert names(fed([hello(DAMAGED), answer(EMPTY)]).allowed(SERVER)) == {"Certificate"}
    assert names(fed([hello(LIVE, FRESH), answer(EMPTY, ECHO)]).allowed(SERVER)) == {"NewSessionTicket"}
    assert names(fed([hello(LIVE, FRESH), answer(EMPTY)]).allowed(SERVER)) == {"Certificate"}


def test_an_announced_ticket_is_all_that_is_allowed_when_it_is_due():
    due = fed([*BY_CERTIFICATE, *PROOF]).allowed(SERVER)
    assert set(due) == {TICKET, EMPTY_TICKET}
    assert names(fed([hello(), answer(), *KEY_FLIGHT, *PROOF]).allowed(SERVER)) == {"ChangeCipherSpec"}


def test_after_server_hello_done_the_client_answers_what_it_was_asked():
    assert names(fed(BY_CERTIFICATE).allowed(CLIENT)) == {"ClientKeyExchange"}
    asked = fed([hello(), answer(), CERT, SKE, REQUEST, DONE])
    assert set(asked.allowed(CLIENT)) == {C_CERT, C_NO_CERT}


def test_what_is_allowed_shows_no_hidden_decision():
    allowed = fed([hello(LIVE)]).allowed(SERVER)
    assert not any(event.resumes for event in allowed)
    assert len(allowed) == len(set(allowed))


def test_nothing_is_allowed_to_a_party_that_has_strayed():
    monitor = fed([hello(ABSENT), answer(EMPTY)])
    assert monitor.allowed(SERVER) == ()


def test_whatever_is_allowed_breaks_nothing_when_it_is_said():
    for start in (
        [], [hello()], [hello(LIVE)], [hello(LIVE, FRESH)], [hello(EMPTY, CACHED)], [hello(LIVE), answer(EMPTY)],
        BY_CERTIFICATE, [*BY_CERTIFICATE, *PROOF], FIGURE_2B[:4], FIGURE_2B,
    ):  # fmt: skip
        for party in (CLIENT, SERVER):
            for event in fed(start).allowed(party):
                breaches = fed(start).feed((event,))
                assert [b.clause.id for b in breaches if b.clause.verdict is Verdict.VIOLATION] == [], (start, event)


# --- the graph ---


def test_monitors_share_what_they_have_worked_out_but_not_where_they_are():
    one, other = fed([hello(LIVE)]), fed([hello(LIVE)])
    assert one.node is other.node
    other.feed((answer(),))
    assert one.node is not other.node
    one.feed((answer(),))
    assert one.node is other.node


def test_events_fed_one_by_one_and_all_at_once_give_the_same():
    run = [hello(ABSENT), answer(EMPTY), client(M.Unrecognised), CKE]
    by_one = Monitor()
    found = [(n, breach) for n, event in enumerate(run) for breach in by_one.feed((event,))]
    assert found == Monitor().run([(event,) for event in run])


def test_a_monitor_without_a_clause_does_not_see_it_broken():
    run = [(event,) for event in [hello(ABSENT), answer(EMPTY)]]
    both = frozenset({"R5077-3.2-08", "R5246-7.4.1.4-01"})
    assert [b.clause.id for _, b in Monitor().run(run)] == ["R5077-3.2-08"]
    assert Monitor(without=both).run(run) == []
