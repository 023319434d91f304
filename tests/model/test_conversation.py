"""The automaton of lawful conversations: it has what the monitor permits, nothing else, and no state twice."""

import pytest
from conversation import CERT, DONE, FIGURES, KEY_FLIGHT, TICKET, answer, hello

from rfc5077.model.clause import Verdict
from rfc5077.model.event import Extension, Message
from rfc5077.model.run.conversation import conversation
from rfc5077.model.run.mealy import Mealy
from rfc5077.model.run.monitor import Monitor

BEGUN = [hello(), answer(), *KEY_FLIGHT[:2]]
UNLAWFUL = {
    "no ClientHello": [answer()],
    "no ServerHello": [hello(), CERT],
    "ServerHello announces unasked": [hello(Extension.ABSENT), answer(Extension.EMPTY)],
    "ServerHelloDone twice": [*BEGUN, DONE, DONE],
    "a ticket that was not announced": [hello(Extension.LIVE), answer(), TICKET],
}


def accepted(events):
    """Whether the automaton has a conversation."""
    table, state = conversation().table, 0
    for event in events:
        if state is None or event not in table[state]:
            return False
        state = table[state][event]
    return True


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_a_conversation(figure):
    assert accepted(FIGURES[figure])


@pytest.mark.parametrize("events", UNLAWFUL.values(), ids=UNLAWFUL)
def test_what_breaks_a_clause_is_none(events):
    assert not accepted(events)


def test_the_monitor_has_nothing_against_any_way_and_any_event_behind_it():
    conv, found = conversation(), []
    for state, event in conv.pairs:
        monitor = Monitor()
        breaches = [breach for said in (*conv.ways[state], event) for breach in monitor.feed((said,))]
        found += [breach for breach in breaches if breach.clause.verdict is Verdict.VIOLATION]
    assert found == []


def test_no_two_states_allow_the_same():
    conv = conversation()
    events = tuple(dict.fromkeys(event for _, event in conv.pairs))
    over = len(conv.table)
    rows = [tuple((row[e] if row.get(e) is not None else over, e in row) for e in events) for row in conv.table]
    machine = Mealy(events, (*rows, tuple((over, False) for _ in events)))
    assert machine.minimal().states == machine.states


def test_every_state_is_reached_by_its_way():
    conv = conversation()
    for state, way in enumerate(conv.ways):
        reached = 0
        for event in way:
            reached = conv.table[reached][event]
        assert reached == state


def test_parties_that_know_no_session_reach_fewer_states_and_none_behind_a_ticket():
    conv = conversation()
    found = conv.within(lambda party, codes, event: event.message is not Message.ClientHello or event == hello())
    said = {event for places in found.values() for events in places.values() for event in events}
    assert said.isdisjoint({hello(Extension.LIVE), hello(Extension.ABSENT)})
    assert 0 < len(found) < len(conv.table)
