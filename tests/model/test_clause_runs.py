"""For every mechanised clause a conversation in which it is followed, and one that breaks it and nothing before it.

All typed by hand from the RFCs.  A case names the clause and its party; in `kept` the party breaks nothing; in `broken`
its first offence is the last event, and the clauses named for it are `named`.  `provoked` holds what the other party
breaks before, where the clause says how to meet an offence.
"""

from dataclasses import dataclass

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
    FIGURE_2,
    FIGURE_2B,
    FIGURE_3,
    FIGURE_4,
    FRESH,
    KEY_FLIGHT,
    LIVE,
    OLD,
    PROOF,
    REQUEST,
    S_CCS,
    S_CLOSE,
    S_DATA,
    S_END,
    S_FIN,
    SKE,
    TICKET,
    VERIFY,
    alarm,
    answer,
    hello,
    next_hello,
    server,
    told,
    wrong,
)

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import BY_ID, CATALOGUE, binding, family
from rfc5077.model.event import CLIENT, SERVER, Alarm, Event, Extension, Message, Offer, Party
from rfc5077.model.run.monitor import Monitor, expand
from rfc5077.model.run.party import conduct
from rfc5077.model.run.says import conclusion, verification
from rfc5077.model.state import Client, Server

C, S = CLIENT, SERVER
FILLED, REPEATED, WRAPPED, ANOTHERS = Extension.FILLED, Extension.REPEATED, Extension.WRAPPED, Extension.ANOTHERS
ISSUED, PRESENTED, DISCARDED = Offer.ISSUED, Offer.PRESENTED, Offer.DISCARDED_ID
NOTHING = Offer.NOTHING
AFTER_PROOF = [*BY_CERTIFICATE, *PROOF]
WITHOUT_TICKET = [hello(), answer(), *KEY_FLIGHT]
NO_EXTENSION = [hello(ABSENT), answer(), *KEY_FLIGHT]
ASKED = [hello(), answer(), CERT, SKE, REQUEST, DONE]
UNASKED_TICKET = [*NO_EXTENSION, *PROOF, TICKET]
BAD_FINISHED = [hello(LIVE), answer(), S_CCS, wrong(S_FIN)]


@dataclass(frozen=True)
class Case:
    clause: str
    party: Party
    kept: list[Event]
    broken: list[Event]
    named: tuple[str, ...] = ()
    provoked: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.clause}-{self.party.name.lower()}-{len(self.broken)}"


CASES = [
    # --- section 3.1 ---
    Case("R5077-3.1-01", C, [*FIGURE_1, *DATA, next_hello(ISSUED)], [*UNASKED_TICKET, next_hello(ISSUED)],
         ("R5077-3.1-01", "R5077-3.3-06"), ("R5077-3.2-07",)),
    Case("R5077-3.1-02", C, [hello(LIVE)], [hello(ANOTHERS)]),
    Case("R5077-3.1-06", S, FIGURE_1, [*AFTER_PROOF, TICKET, *S_END[:1], S_FIN, TICKET]),
    Case("R5077-3.1-07", S, FIGURE_1, [*BY_CERTIFICATE, DONE]),
    Case("R5077-3.1-07", C, FIGURE_1, [*BY_CERTIFICATE, CKE, CKE]),
    Case("R5077-3.1-12", S, FIGURE_2, [hello(LIVE), answer(EMPTY), TICKET, TICKET]),
    Case("R5077-3.1-12", C, FIGURE_2, [hello(LIVE), answer(EMPTY), TICKET, *S_END, CKE]),
    Case("R5077-3.1-13", S, FIGURE_3, [hello(LIVE), alarm(S, Alarm.REFUSAL)]),
    Case("R5077-3.1-15", S, FIGURE_3, [hello(LIVE), answer(), CERT, CERT]),
    Case("R5077-3.1-15", C, FIGURE_3, [hello(LIVE), answer(), *KEY_FLIGHT, CKE, CKE]),
    Case("R5077-3.1-18", S, FIGURE_4, [hello(DAMAGED), answer(EMPTY), CERT, CERT]),
    Case("R5077-3.1-18", C, FIGURE_4, [hello(DAMAGED), answer(EMPTY), *KEY_FLIGHT, CKE, CKE]),
    Case("R5077-3.1-19", C, FIGURE_3, [hello(LIVE), answer(), CERT, alarm(C)]),
    Case("R5077-3.1-19", C, FIGURE_4, [hello(LIVE), answer(EMPTY), CERT, SKE, DONE, alarm(C)]),
    Case("R5077-3.1-19", C, FIGURE_2, [hello(LIVE), answer(EMPTY), TICKET, alarm(C)]),
    Case("R5077-3.1-19", C, FIGURE_2B, [hello(LIVE), answer(), S_CCS, alarm(C)]),
    # --- section 3.2 ---
    Case("R5077-3.2-04", C, [*UNASKED_TICKET, alarm(C)], [*UNASKED_TICKET, C_DATA], (), ("R5077-3.2-07",)),
    Case("R5077-3.2-05", C, FIGURE_1, [*AFTER_PROOF, TICKET, alarm(C)]),
    Case("R5077-3.2-06", S, [hello(), answer(EMPTY)], [hello(), answer(FILLED)]),
    Case("R5077-3.2-07", S, FIGURE_1, [*WITHOUT_TICKET, *PROOF, TICKET]),
    Case("R5077-3.2-07", S, FIGURE_2, [hello(LIVE), answer(), TICKET]),
    Case("R5077-3.2-08", S, [hello(ABSENT), answer()], [hello(ABSENT), answer(EMPTY)]),
    Case("R5077-3.2-09", S, FIGURE_4, [hello(DAMAGED), alarm(S, Alarm.INTEGRITY)]),
    Case("R5077-3.2-09", S, FIGURE_4, [hello(DAMAGED), S_CLOSE]),
    Case("R5077-3.2-09", S, FIGURE_4, [hello(Extension.FOREIGN), answer(), S_CCS]),
    Case("R5077-3.2-09", S, FIGURE_4, [hello(DAMAGED, FRESH), answer(ABSENT, ECHO), S_CCS]),
    Case("R5077-3.2-10", C, [*BAD_FINISHED, alarm(C, Alarm.INTEGRITY), next_hello(NOTHING)],
         [*BAD_FINISHED, alarm(C, Alarm.INTEGRITY), next_hello(PRESENTED)], (), ("R5246-7.4.9-03",)),
    Case("R5077-3.2-12", C, [hello(LIVE)], [hello(WRAPPED)]),
    # --- section 3.3 ---
    Case("R5077-3.3-01", S, FIGURE_1, [*FIGURE_1, TICKET], ("R5077-3.1-06",)),
    Case("R5077-3.3-01", S, FIGURE_2, [*FIGURE_2, TICKET], ("R5077-3.1-06",)),
    Case("R5077-3.3-02", S, FIGURE_1, [*AFTER_PROOF, S_CCS]),
    Case("R5077-3.3-02", S, FIGURE_2, [hello(LIVE), answer(EMPTY), S_CCS]),
    Case("R5077-3.3-03", S, FIGURE_1, [*WITHOUT_TICKET, *PROOF, TICKET], ("R5077-3.2-07",)),
    Case("R5077-3.3-04", S, FIGURE_1, [*FIGURE_1[:-1], S_FIN.but(omits_ticket=True)]),
    Case("R5077-3.3-04", C, FIGURE_2, [*FIGURE_2[:-1], C_FIN.but(omits_ticket=True)]),
    Case("R5077-3.3-05", S, FIGURE_1, [*BY_CERTIFICATE, CKE, C_CCS, TICKET]),
    Case("R5077-3.3-05", S, FIGURE_1, [hello(), answer(EMPTY), TICKET]),
    Case("R5077-3.3-05", S, [*BY_CERTIFICATE, CKE, C_CCS, wrong(C_FIN), alarm(S, Alarm.INTEGRITY)],
         [*BY_CERTIFICATE, CKE, C_CCS, wrong(C_FIN), TICKET], ("R5077-3.3-05", "R5246-7.4.9-01"), ("R5246-7.4.9-03",)),
    Case("R5077-3.3-06", C, [*FIGURE_1, next_hello(ISSUED)], [*AFTER_PROOF, TICKET, next_hello(ISSUED)]),
    Case("R5077-3.3-06", C, [*FIGURE_2, next_hello(ISSUED)], [*FIGURE_2[:4], next_hello(ISSUED)]),
    Case("R5077-3.3-06", C, [*FIGURE_1[:-1], wrong(S_FIN), alarm(C, Alarm.INTEGRITY), next_hello(NOTHING)],
         [*FIGURE_1[:-1], wrong(S_FIN), next_hello(ISSUED)], (), ("R5246-7.4.9-03",)),
    Case("R5077-3.3-07c", C, [*AFTER_PROOF, EMPTY_TICKET, *S_END, *DATA], [*AFTER_PROOF, EMPTY_TICKET, alarm(C)]),
    Case("R5077-3.3-07c", C, [hello(LIVE), answer(EMPTY), EMPTY_TICKET, *S_END, *C_END],
         [hello(LIVE), answer(EMPTY), EMPTY_TICKET, alarm(C, Alarm.INTERNAL)]),
    Case("R5077-3.3-09", C, [*FIGURE_2, *DATA, next_hello(ISSUED)], [*FIGURE_2, *DATA, next_hello(PRESENTED)]),
    Case("R5077-3.3-10", S, [hello(OLD), answer(), *KEY_FLIGHT], [hello(OLD), alarm(S)]),
    Case("R5077-3.3-10", S, [hello(OLD), answer(), *S_END], [hello(OLD), S_CLOSE]),
    Case("R5077-3.3-13", S, FIGURE_1, [*AFTER_PROOF, wrong(TICKET)]),
    Case("R5077-3.3-13", C, [*AFTER_PROOF, wrong(TICKET), alarm(C, Alarm.MALFORMED)],
         [*AFTER_PROOF, wrong(TICKET), C_DATA], (), ("R5077-3.3-13",)),
    # --- section 3.4 ---
    Case("R5077-3.4-01", S, [hello(), answer(EMPTY)], [hello(), answer(EMPTY, FRESH)]),
    Case("R5077-3.4-03", C, [*FIGURE_4, *DATA, next_hello(ISSUED)], [*FIGURE_4, *DATA, next_hello(DISCARDED)]),
    Case("R5077-3.4-05", S, [hello(LIVE, FRESH), answer(ABSENT, ECHO), *S_END], [hello(LIVE, FRESH), answer(), S_CCS]),
    Case("R5077-3.4-05", S, [hello(LIVE, FRESH), answer(EMPTY, ECHO), TICKET],
         [hello(LIVE, FRESH), answer(EMPTY, FRESH), TICKET]),
    Case("R5077-3.4-06", S, [hello(LIVE, FRESH), answer(), CERT], [hello(LIVE, FRESH), answer(ABSENT, ECHO), CERT]),
    Case("R5077-3.4-08", S, [hello(DAMAGED, CACHED), answer(), CERT],
         [hello(DAMAGED, CACHED), answer(ABSENT, ECHO), S_CCS]),
    Case("R5077-3.4-10", C, [hello(LIVE), answer(ABSENT, FRESH), *S_END, *C_END],
         [hello(LIVE), answer(ABSENT, FRESH), alarm(C)]),
    # --- RFC 5246 ---
    Case("R5246-7.1-01", S, FIGURE_1, [*AFTER_PROOF, TICKET, wrong(S_CCS)]),
    Case("R5246-7.1-01", C, FIGURE_1, [*BY_CERTIFICATE, CKE, wrong(C_CCS)]),
    Case("R5246-7.1-01", S, [*BY_CERTIFICATE, CKE, wrong(C_CCS), alarm(S, Alarm.MALFORMED)],
         [*BY_CERTIFICATE, CKE, wrong(C_CCS), S_DATA], ("R5246-7.1-01", "R5246-7.3-01"), ("R5246-7.1-01",)),
    Case("R5246-7.1-03", S, FIGURE_2B, [hello(), answer(), S_CCS]),
    Case("R5246-7.1-03", C, FIGURE_1, [*BY_CERTIFICATE, C_CCS]),
    Case("R5246-7.1-03", C, [hello(), answer(), S_CCS, alarm(C)], [hello(), answer(), S_CCS, CKE], (),
         ("R5246-7.1-03",)),
    Case("R5246-7.2-01", C, [*BY_CERTIFICATE, alarm(C), C_CLOSE], [*BY_CERTIFICATE, alarm(C), CKE]),
    Case("R5246-7.2-01", S, [hello(), answer(), alarm(S), S_CLOSE], [hello(), answer(), alarm(S), CERT]),
    Case("R5246-7.2-01", C, [*BY_CERTIFICATE, alarm(S), C_SILENCE, C_CLOSE],
         [*BY_CERTIFICATE, alarm(S), C_SILENCE, CKE]),
    Case("R5246-7.2.2-02", S, [*WITHOUT_TICKET, C_FIN, alarm(S)], [*WITHOUT_TICKET, C_FIN, S_CLOSE], (),
         ("R5246-7.4.9-02",)),
    Case("R5246-7.2.2-02", C, [hello(), answer(), S_CCS, alarm(C)], [hello(), answer(), S_CCS, C_CLOSE], (),
         ("R5246-7.1-03",)),
    Case("R5246-7.3-01", C, [*FIGURE_1, C_DATA], [*WITHOUT_TICKET, C_DATA]),
    Case("R5246-7.3-01", S, [*FIGURE_2B, S_DATA], [hello(LIVE), answer(), *S_END, S_DATA]),
    Case("R5246-7.3-01", S, [hello(LIVE), answer(), *S_END, C_CCS, wrong(C_FIN), alarm(S, Alarm.INTEGRITY)],
         [hello(LIVE), answer(), *S_END, C_CCS, wrong(C_FIN), S_DATA], ("R5246-7.3-01", "R5246-7.4.9-01"),
         ("R5246-7.4.9-03",)),
    Case("R5246-7.3-02", S, FIGURE_2, [hello(LIVE), answer(EMPTY), TICKET, CERT]),
    Case("R5246-7.4-01", S, FIGURE_1, [*BY_CERTIFICATE, DONE], ("R5077-3.1-07",)),
    Case("R5246-7.4-01", C, [*WITHOUT_TICKET[:3], CERT, alarm(C)], [*WITHOUT_TICKET[:3], CERT, CKE],
         ("R5077-3.1-15",), ("R5077-3.1-15",)),
    Case("R5246-7.4.1.2-04", S, [wrong(hello()), alarm(S, Alarm.MALFORMED)], [wrong(hello()), answer()]),
    Case("R5246-7.4.1.2-04", C, [hello(), wrong(answer()), alarm(C, Alarm.MALFORMED)], [hello(), wrong(answer()), CKE]),
    Case("R5246-7.4.1.2-05", C, [hello(), CERT, alarm(C)], [hello(), CERT, CKE], (), ("R5077-3.1-15",)),
    Case("R5246-7.4.1.3-01", S, [hello(ABSENT, CACHED), answer(ABSENT, ECHO), S_CCS],
         [hello(ABSENT, CACHED), answer(), S_CCS]),
    Case("R5246-7.4.1.3-01", S, [hello(ABSENT, CACHED), answer(), CERT],
         [hello(ABSENT, CACHED), answer(ABSENT, ECHO), CERT], ("R5077-3.4-06",)),
    Case("R5246-7.4.1.4-01", S, [hello(ABSENT), answer()], [hello(ABSENT), answer(EMPTY)], ("R5077-3.2-08",)),
    Case("R5246-7.4.1.4-02", C, [hello(ABSENT), answer(EMPTY), alarm(C, Alarm.MALFORMED)],
         [hello(ABSENT), answer(EMPTY), CKE], (), ("R5077-3.2-08",)),
    Case("R5246-7.4.1.4-03", C, [hello()], [hello(REPEATED)]),
    Case("R5246-7.4.1.4-03", S, [hello(), answer(EMPTY)], [hello(), answer(REPEATED)]),
    Case("R5246-7.4.8-01", C, [*ASKED, C_CERT, CKE, VERIFY, C_CCS], [*ASKED, C_CERT, CKE, C_CCS]),
    Case("R5246-7.4.8-01", C, [*ASKED, C_NO_CERT, CKE, C_CCS], [*ASKED, C_NO_CERT, CKE, VERIFY]),
    Case("R5246-7.4.8-02", S, [*ASKED, C_CERT, CKE, wrong(VERIFY), alarm(S, Alarm.INTEGRITY)],
         [*ASKED, C_CERT, CKE, wrong(VERIFY), DONE]),
    Case("R5246-7.4.9-01", S, [*WITHOUT_TICKET, CKE, C_CCS, wrong(C_FIN), alarm(S, Alarm.INTEGRITY)],
         [*WITHOUT_TICKET, CKE, C_CCS, wrong(C_FIN), S_CCS], (), ("R5246-7.4.9-03",)),
    Case("R5246-7.4.9-01", C, [*BAD_FINISHED, alarm(C, Alarm.INTEGRITY)], [*BAD_FINISHED, C_CCS], (),
         ("R5246-7.4.9-03",)),
    Case("R5246-7.4.9-02", C, FIGURE_1, [*BY_CERTIFICATE, CKE, C_FIN]),
    Case("R5246-7.4.9-02", S, FIGURE_2B, [hello(LIVE), answer(), S_FIN]),
    Case("R5246-7.4.9-02", C, FIGURE_1, [*BY_CERTIFICATE, CKE, C_CCS, CKE]),
    Case("R5246-7.4.9-02", S, FIGURE_1, [*AFTER_PROOF, TICKET, S_CCS, CERT]),
    Case("R5246-7.4.9-02", C, [hello(LIVE), answer(), S_CCS, server(Message.Unrecognised), alarm(C)],
         [hello(LIVE), answer(), S_CCS, server(Message.Unrecognised), CKE], (), ("R5246-7.4.9-02",)),
    Case("R5246-7.4.9-03", C, FIGURE_1, [*BY_CERTIFICATE, CKE, C_CCS, wrong(C_FIN)]),
    Case("R5246-7.4.9-03", S, FIGURE_2B, BAD_FINISHED),
    # --- corner cases ---
    Case("K-12", C, [hello(), answer(FILLED), *KEY_FLIGHT, *PROOF],
         [hello(), answer(FILLED), *KEY_FLIGHT, *PROOF, TICKET, *S_END, C_DATA], (), ("R5077-3.2-06",)),
    Case("K-12", C, [hello(LIVE), answer(FILLED), TICKET, alarm(C)],
         [hello(LIVE), answer(FILLED), TICKET, *S_END, C_CCS], (), ("R5077-3.2-06",)),
    Case("K-12", C, [hello(), answer(FILLED), *KEY_FLIGHT, *PROOF, TICKET, *S_END, next_hello(NOTHING)],
         [hello(), answer(FILLED), *KEY_FLIGHT, *PROOF, TICKET, *S_END, next_hello(ISSUED)], (), ("R5077-3.2-06",)),
    Case("K-13", C, [*AFTER_PROOF, *S_END, alarm(C)], [*AFTER_PROOF, *S_END, C_DATA], (), ("R5077-3.3-02",)),
    Case("K-21", C, [*FIGURE_3, *DATA, next_hello(NOTHING)], [*FIGURE_3, *DATA, next_hello(PRESENTED)]),
    Case("K-37", C, [hello(), answer(REPEATED), *KEY_FLIGHT, alarm(C)], [hello(), answer(REPEATED), *KEY_FLIGHT, CKE],
         (), ("R5246-7.4.1.4-03",)),
    Case("K-37", S, [hello(REPEATED), alarm(S)], [hello(REPEATED), answer()], (), ("R5246-7.4.1.4-03",)),
]  # fmt: skip
TABLE = pytest.mark.parametrize("case", CASES, ids=str)


@TABLE
def test_a_party_that_follows_the_clause_breaks_nothing(case):
    assert [(clause, party) for _, clause, party in told(case.kept) if party is case.party] == []


@TABLE
def test_the_first_offence_of_the_other_run_is_its_last_event_and_named_for_the_clause(case):
    found = [(index, clause) for index, clause, party in told(case.broken) if party is case.party]
    assert found == [(len(case.broken) - 1, clause) for clause in case.named or (case.clause,)]
    assert {other.id for other in family(BY_ID[case.clause])} & {clause for _, clause in found}


@TABLE
def test_what_the_other_party_does_before_is_named_too(case):
    found = tuple(clause for _, clause, party in told(case.broken) if party is not case.party)
    assert found == case.provoked


# --- what only the speaker knows ---


@dataclass(frozen=True)
class Inside:
    """A case told from inside, with the steps and decisions that nobody sees; the last event decides."""

    clause: str
    party: Party
    honours: bool
    kept: list[Event]
    broken: list[Event]

    def __str__(self) -> str:
        return f"{self.clause}-{self.party.name.lower()}-{len(self.broken)}"


def resuming(event: Event) -> Event:
    return event.but(resumes=True)


RENEWED = [hello(LIVE), resuming(answer(EMPTY)), TICKET, *S_END]
ACCEPTS, REFUSES = (server(Message.OldTicketAnswer, resumes=truth) for truth in (True, False))
WITHIN = [
    Inside("R5077-3.2-09", S, True, [hello(DAMAGED), answer()], [hello(DAMAGED), resuming(answer())]),
    Inside("R5077-3.3-06", C, False, [*FIGURE_1, verification(C), next_hello(ISSUED)], [*FIGURE_1, next_hello(ISSUED)]),
    Inside("R5077-3.3-11", S, True, [*RENEWED, ACCEPTS], [*RENEWED, REFUSES]),
    Inside("R5077-3.3-11", S, False, [*FIGURE_4[:4], REFUSES], [*FIGURE_4[:4], ACCEPTS]),
    Inside("R5077-3.4-05", S, True, [hello(LIVE, FRESH), resuming(answer(ABSENT, ECHO))],
           [hello(LIVE, FRESH), resuming(answer())]),
    Inside("R5077-3.4-06", S, False, [hello(LIVE, FRESH), answer()], [hello(LIVE, FRESH), answer(ABSENT, ECHO)]),
    Inside("R5077-3.4-07", S, True, [hello(LIVE), resuming(answer())], [hello(LIVE), answer()]),
    Inside("R5077-3.4-07", S, True, [hello(LIVE, FRESH), resuming(answer(ABSENT, ECHO))],
           [hello(LIVE, FRESH), answer()]),
    Inside("R5077-3.4-07", S, False, [hello(LIVE, FRESH), answer()],
           [hello(LIVE, FRESH), resuming(answer(ABSENT, ECHO))]),
    Inside("R5077-3.4-08", S, True, [hello(LIVE, CACHED), resuming(answer(ABSENT, ECHO))],
           [hello(LIVE, CACHED), answer()]),
    Inside("R5077-3.4-08", S, True, [hello(DAMAGED, CACHED), answer()],
           [hello(DAMAGED, CACHED), resuming(answer(ABSENT, ECHO))]),
    Inside("R5077-3.4-10", C, False, [hello(LIVE), answer(), S_CCS], [hello(LIVE), answer(), conclusion(True)]),
    Inside("R5246-7.3-01", C, False, [*FIGURE_1, verification(C), C_DATA], [*FIGURE_1, C_DATA]),
    Inside("R5246-7.4-01", S, True, [hello(LIVE), resuming(answer()), S_CCS], [hello(LIVE), resuming(answer()), CERT]),
    Inside("R5246-7.4.1.3-01", C, False, [hello(LIVE, FRESH), answer(), conclusion(False)],
           [hello(LIVE, FRESH), answer(), conclusion(True)]),
    Inside("R5246-7.4.1.3-01", C, False, [hello(LIVE, FRESH), answer(ABSENT, ECHO), conclusion(True)],
           [hello(LIVE, FRESH), answer(ABSENT, ECHO), conclusion(False)]),
    Inside("R5246-7.4.1.3-01", S, True, [hello(), answer()], [hello(), resuming(answer())]),
    Inside("R5246-7.4.9-01", S, False, [*WITHOUT_TICKET, *PROOF, verification(S), S_CCS],
           [*WITHOUT_TICKET, *PROOF, S_CCS]),
    Inside("R5246-7.4.9-01", C, False, [*FIGURE_2B[:4], verification(C), C_CCS], [*FIGURE_2B[:4], C_CCS]),
]  # fmt: skip


def broken_inside(case: Inside, events: list[Event]) -> list[set[str]]:
    """What the party breaks by each event, in the state that it is really in."""
    role = conduct(case.party)
    state = (Client() if case.party is CLIENT else Server(honours=case.honours)).codes
    found = []
    for event in events:
        found.append({entry.id for entry in role.breaks(state, event)})
        state = role.move(state, event.codes)
    return found


@pytest.mark.parametrize("case", WITHIN, ids=str)
def test_seen_from_inside_nothing_is_broken_where_the_clause_is_followed(case):
    violations = {entry.id for entry in binding(case.party, Verdict.VIOLATION)}
    assert [found & violations for found in broken_inside(case, case.kept)] == [set()] * len(case.kept)


@pytest.mark.parametrize("case", WITHIN, ids=str)
def test_seen_from_inside_the_last_event_is_the_first_that_breaks_anything(case):
    violations = {entry.id for entry in binding(case.party, Verdict.VIOLATION)}
    *before, last = (found & violations for found in broken_inside(case, case.broken))
    assert before == [set()] * len(before)
    assert case.clause in last


def test_every_mechanised_clause_has_a_run_that_keeps_and_one_that_breaks_it_for_each_party_it_binds():
    wanted = {(e.id, p) for e in CATALOGUE for p in (CLIENT, SERVER) if e.constraint and e.binds.covers(p)}
    typed = {(case.clause, case.party) for case in (*CASES, *WITHIN)}
    assert sorted(f"{id} {party.name}" for id, party in wanted - typed) == []
    assert typed <= wanted


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_clause_itself_speaks_against_the_last_event(case):
    """Not only a relative of its family: in some state that explains the run so far, it is this clause that fails."""
    role, monitor = conduct(case.party), Monitor()
    monitor.run([(event,) for event in case.broken[:-1]])
    states = monitor.node.tracks[0 if case.party is CLIENT else 1].states
    last = expand(case.broken[-1])
    assert any(case.clause in {e.id for e in role.breaks(state, event)} for state in states for event in last)
