"""The monitor speaks up at the first event that nothing explains any more, and not before.

Compared with it is a search of its own: is there one way of thinking and deciding, unseen by others, in which the party
has broken no clause of the class `violation` up to here?  Everything that fits into a few events is tried.
"""

from itertools import product

import pytest
import z3
from conversation import (
    ABSENT,
    C_CCS,
    C_FIN,
    CACHED,
    CERT,
    CKE,
    DAMAGED,
    DONE,
    ECHO,
    EMPTY,
    FRESH,
    LIVE,
    NO_ID,
    S_CCS,
    S_FIN,
    SKE,
    TICKET,
    alarm,
    answer,
    hello,
    wrong,
)

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import CATALOGUE, binding
from rfc5077.model.event import CLIENT, FATAL, SERVER, EventTerm
from rfc5077.model.flows import Position
from rfc5077.model.parameters.watch import conduct_of_hellos
from rfc5077.model.run.monitor import Monitor, expand
from rfc5077.model.run.party import conduct, judged, start_of, term_of
from rfc5077.model.run.says import alert, conclusion, verification
from rfc5077.model.state import Ending

PARTIES = (CLIENT, SERVER)
OPENINGS = [hello(*o) for o in product((EMPTY, LIVE, DAMAGED, ABSENT), (NO_ID, FRESH, CACHED))]
ANSWERS = [answer(*a) for a in product((ABSENT, EMPTY), (NO_ID, ECHO))]
LATER = [CERT, S_CCS, TICKET, CKE, C_CCS, alarm(CLIENT), wrong(CERT)]
TRACES = [*([o, *rest] for o in OPENINGS for rest in product(ANSWERS, LATER, LATER)),
          *([first, second, third] for first, second, third in product([*ANSWERS, *LATER], repeat=3))]  # fmt: skip
DEEP = [[o, a, *flow, *end] for o in OPENINGS for a in ANSWERS for flow in ([CERT, SKE, DONE, CKE, C_CCS, C_FIN], [])
        for end in product((S_CCS, TICKET, S_FIN, CERT), repeat=3)]  # fmt: skip


def unseen(party):
    return [verification(party), *((conclusion(False), conclusion(True)) if party is CLIENT else ())]


def explained(party, trace) -> bool:
    """Whether some conduct without a violation looks like this; depth first, one state at a time."""
    role = conduct(party)

    def thinks(state, rest, thought=0) -> bool:
        if goes_on(state, rest):
            return True
        reached = [role.move(state, step.codes) for step in unseen(party) if role.permits(state, step)]
        return thought < 3 and any(thinks(after, rest, thought + 1) for after in reached if after != state)

    def goes_on(state, rest) -> bool:
        if not rest:
            return True
        event, *later = rest
        if event.sender is not party:
            return thinks(role.move(state, event.codes), later)
        said = [full for full in expand(event) if role.permits(state, full)]
        return any(thinks(role.move(state, full.codes), later) for full in said)

    return any(thinks(state, list(trace)) for state in start_of(party))


def offends(monitor: Monitor, party) -> bool:
    return monitor.strayed(party) or any(breach.party is party for breach in monitor.doubts())


def first_offence(party, trace) -> int | None:
    """The place of the event after which the monitor holds the party to have broken a clause."""
    monitor = Monitor()
    for place, event in enumerate(trace):
        monitor.feed((event,))
        if offends(monitor, party):
            return place
    return None


def first_unexplained(party, trace) -> int | None:
    return next((n for n in range(len(trace)) if not explained(party, trace[: n + 1])), None)


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_an_offence_is_told_at_the_first_event_that_no_conduct_explains(party):
    found = {}
    for trace in (*TRACES, *DEEP):
        found[tuple(trace)] = first_unexplained(party, trace)
        assert first_offence(party, trace) == found[tuple(trace)], trace
    places = set(found.values())
    assert {None, 1, 2, 3} <= places
    assert len(found) > 6000


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_whatever_is_explained_can_still_come_to_an_end_without_an_offence(party):
    """Some fatal alert breaks no violation-class clause, in every state there is: no explanation is a dead end."""
    state, alarms = term_of(party), [EventTerm(terms=alert(party, kind).terms()) for kind in FATAL]
    rules = binding(party, Verdict.VIOLATION)
    solver = z3.Solver()
    solver.add(state.ending.is_(Ending.OPEN), z3.Not(state.position.is_(Position.RENEGOTIATION)))
    solver.add([z3.Not(z3.And([judged(entry, state, alarm) for entry in rules])) for alarm in alarms])
    assert solver.check() == z3.unsat


def test_to_say_less_of_what_was_seen_never_brings_an_offence():
    """Of everything that fits into three events: who offends by what was seen in part, offends by all of its parts."""
    offences = 0
    for opening in OPENINGS[:6]:
        for other, said in product(OPENINGS[:6], ANSWERS):
            for last in LATER[:3]:
                vague, exact = Monitor(), Monitor()
                for seen, true in (((opening, other), opening), ((said,), said), ((last, CERT), last)):
                    same = seen[0].sender is seen[-1].sender
                    vague.feed(seen if same else (true,))
                    exact.feed((true,))
                for party in PARTIES:
                    offences += offends(vague, party)
                    assert offends(exact, party) or not offends(vague, party), (opening, other, said, last)
    assert offences > 50


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_the_monitors_judge_by_every_clause_that_binds_the_party(party):
    """And by no other; that each is compiled to what z3 has of it, at every point, is shown in test_compiled."""
    judges = [entry.id for one in (conduct(party), conduct_of_hellos(party)) for entry in one.clauses]
    assert sorted(judges) == sorted(e.id for e in CATALOGUE if e.mechanised and e.binds.covers(party))
    assert len(judges) > 45
