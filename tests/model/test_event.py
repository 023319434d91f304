"""Events: what may be said, interned, with errors that name the field."""

from enum import Enum

import pytest
import z3
from conversation import CERT, FIGURES, TICKET, alarm, answer, client, hello, server

from rfc5077.model.event import (
    BESIDE,
    CLIENT,
    FATAL,
    SERVER,
    TICKETS,
    Alarm,
    Event,
    EventTerm,
    Extension,
    Message,
    Party,
    Ticket,
)

M = Message


def holds(formula: z3.BoolRef, e: EventTerm, event: Event) -> bool:
    return z3.is_true(z3.simplify(z3.substitute(formula, *((e.terms[n], c) for n, c in event.terms().items()))))


def test_value_and_term_have_the_same_fields():
    assert list(Event.fields()) == list(EventTerm.fields())


def test_the_plainest_event_is_an_empty_client_hello():
    assert Event() is client(M.ClientHello)
    assert repr(answer(Extension.EMPTY)) == "Event(sender=SERVER, message=ServerHello, extension=EMPTY)"


def test_equal_events_are_one_object():
    assert server(M.NewSessionTicket, ticket=Ticket.SOME) is TICKET


def test_an_error_names_the_field():
    with pytest.raises(ValueError, match=r"Event\.ticket cannot be <Extension\.EMPTY: 2>"):
        server(M.NewSessionTicket, ticket=Extension.EMPTY)
    with pytest.raises(ValueError, match="Event has no field 'tickets'"):
        server(M.NewSessionTicket, tickets=Ticket.SOME)


SPOKEN = sorted({e for figure in FIGURES.values() for e in figure} | {alarm(CLIENT)}, key=lambda e: e.codes)


@pytest.mark.parametrize("event", SPOKEN, ids=repr)
def test_who_sends_what_is_the_same_as_term_and_as_value(event):
    e = EventTerm("event")
    for party in Party:
        for message in M:
            assert holds(e.sends(party, message), e, event) is (event.sender is party and event.message is message)
            assert holds(e.is_(message), e, event) is (event.message is message)
        assert holds(e.aborts(party), e, event) is (event.message is M.Alert and event.sender is party)


@pytest.mark.parametrize("kind", Alarm, ids=lambda k: k.name)
def test_an_alert_aborts_exactly_if_it_is_fatal(kind):
    e = EventTerm("event")
    assert holds(e.aborts(SERVER), e, alarm(SERVER, kind)) is (kind in FATAL)
    assert (kind in FATAL) is (kind not in (Alarm.NONE, Alarm.CLOSE_NOTIFY, Alarm.WARNING))


def test_a_ticket_is_any_body_but_an_empty_one():
    assert set(Extension) - set(TICKETS) == {Extension.ABSENT, Extension.EMPTY, Extension.FILLED, Extension.REPEATED}


def test_what_is_beside_the_wire_is_no_message_of_tls():
    names = {message.name for message in BESIDE}
    assert names == {"Verification", "Conclusion", "NextClientHello", "OldTicketAnswer", "Silence"}


def test_no_two_enums_of_the_events_share_the_name_of_a_z3_value():
    kinds = {type(field.default) for field in Event.fields().values() if isinstance(field.default, Enum)}
    names = [f"{kind.__name__}.{value.name}" for kind in kinds for value in kind]
    assert len(names) == len(set(names))


def test_hello_and_answer_say_what_they_are():
    assert (hello().sender, CERT.sender) == (CLIENT, SERVER)
