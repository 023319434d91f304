"""The moves of client, server and channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TypeVar

import z3

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Event,
    EventTerm,
    Exchange,
    Extension,
    Message,
    Offer,
    Party,
    Ticket,
)
from rfc5077.model.flows import COMPLETE, HANDSHAKE, Position, listed
from rfc5077.model.logic import Symbolic, choose
from rfc5077.model.proof.joint import (
    STATE,
    Flight,
    Harm,
    Joint,
    Rule,
    WorldTerm,
    in_flight,
    moved,
    permitted,
    pop,
    push,
    queue,
    with_party,
)
from rfc5077.model.run.says import SAYS, alert, conclusion, verification
from rfc5077.model.state import Conclusion, Ending, Fault, Peer

And, Not, Or = z3.And, z3.Not, z3.Or
M = Message
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
HARMS = {
    M.ServerHello: (Harm.NONE, Harm.ALTERED),
    M.NewSessionTicket: (Harm.NONE, Harm.ALTERED, Harm.SWAPPED),
    M.Finished: (Harm.NONE, Harm.ALTERED),
}
"""What the channel may do to which message; every other one arrives as it was said."""

HEARD = {Harm.NONE: "", Harm.ALTERED: " a damaged", Harm.SWAPPED: " a damaged (exchanged)"}


@cache
def rules(without: frozenset[str] = frozenset()) -> tuple[Rule, ...]:
    """All moves, where the clauses of the given ids do not bind."""
    return tuple(rule if rule.delivery else _bound(rule, without) for rule in mechanics())


@cache
def mechanics() -> tuple[Rule, ...]:
    """All moves where no clause binds anybody."""
    found: list[Rule] = []
    for party in (CLIENT, SERVER):
        found += _sayings(party)
        found += _steps(party)
        found += _deliveries(OTHER[party])
    return tuple(found)


def _bound(rule: Rule, without: frozenset[str]) -> Rule:
    """The move where the clauses permit its party to make it."""
    clauses = permitted(rule.event.sender, _concrete(rule.event), without)
    return replace(rule, guard=z3.simplify(And(rule.guard, clauses)))


def _spoken(party: Party) -> Iterator[Event]:
    for event in SAYS[party]:
        if event.message is M.CertificateStatus or event.exchange is not Exchange.EPHEMERAL:
            continue
        if event.sender is CLIENT and event.extension in (Extension.OLD, Extension.FOREIGN):
            continue
        yield event


def _concrete(event: Event) -> EventTerm:
    return EventTerm(terms=event.terms())


def _open(j: Joint, party: Party) -> z3.BoolRef:
    return j.party(party).ending.is_(Ending.OPEN)


def _sayings(party: Party) -> Iterator[Rule]:
    me, receiver = STATE.party(party), OTHER[party]
    room = queue(STATE.world, receiver)[-1].is_(Flight.NOTHING)
    for event in _spoken(party):
        e = _concrete(event)
        here = listed(me.position, e) if event.message is not M.ClientHello else me.position.is_(Position.START)
        guard = And(_open(STATE, party), here, room)
        if event.message is M.ApplicationData:  # one at a time, and no false start
            guard = And(guard, queue(STATE.world, receiver)[0].is_(Flight.NOTHING), me.position.among(*COMPLETE))
        world = push(STATE.world, receiver, Flight[event.message.name])
        said = with_party(STATE, party, moved(party, e), world)
        yield _rule(f"{party.name.lower()} says", guard, said, event, event.message is not M.ApplicationData)
    event = alert(party)
    e = _concrete(event)
    guard = And(_open(STATE, party), Not(me.fault.is_(Fault.NONE)), room)
    world = push(STATE.world, receiver, Flight.Alert)
    yield _rule(f"{party.name.lower()} refuses", guard, with_party(STATE, party, moved(party, e), world), event, False)


def _steps(party: Party) -> Iterator[Rule]:
    me = STATE.party(party)
    steps = [verification(party)]
    steps += [conclusion(False), conclusion(True)] if party is CLIENT else []
    for event in steps:
        e = _concrete(event)
        fresh = Not(me.verified) if event.message is M.Verification else _undecided()
        ready = Not(me.peer_finished.is_(Peer.ABSENT)) if event.message is M.Verification else z3.BoolVal(True)
        guard = And(_open(STATE, party), fresh, ready)
        yield _rule(f"{party.name.lower()} step", guard, with_party(STATE, party, moved(party, e)), event, True)


def _undecided() -> z3.BoolRef:
    return STATE.client.conclusion.is_(Conclusion.NONE)


def offers_new_ticket(without: frozenset[str] = frozenset()) -> z3.BoolRef:
    """True where the client may offer, on another connection, the ticket that this one brought."""
    event = Event(sender=CLIENT, message=M.NextClientHello, offer=Offer.ISSUED)
    return And(STATE.client.ticket.is_(Ticket.SOME), permitted(CLIENT, _concrete(event), without))


def answers_old_ticket(resumes: bool, without: frozenset[str] = frozenset()) -> z3.BoolRef:
    """True where the server may give this answer, on another connection, to the ticket that this one presented."""
    event = Event(sender=SERVER, message=M.OldTicketAnswer, resumes=resumes)
    presented = And(STATE.server.offered.is_(Extension.LIVE), Not(STATE.server.position.is_(Position.START)))
    return And(presented, permitted(SERVER, _concrete(event), without))


def _deliveries(sender: Party) -> Iterator[Rule]:
    receiver = OTHER[sender]
    messages = {row.message for row in HANDSHAKE if row.sender is sender} - {M.CertificateStatus}
    for message in sorted(messages | {M.ApplicationData, M.Alert}, key=list(Message).index):
        for harm in HARMS.get(message, (Harm.NONE,)):
            yield _delivery(sender, receiver, message, harm)


def _delivery(sender: Party, receiver: Party, message: Message, harm: Harm) -> Rule:
    world = STATE.world
    e = in_flight(STATE, sender, message, harm)
    guard = And(_open(STATE, receiver), queue(world, receiver)[0].is_(Flight[message.name]))
    left = pop(world, receiver)
    if harm is not Harm.NONE:
        left = left.but(damaged=True)
    if message is M.NewSessionTicket:
        left = _noted(left)
    name = f"{receiver.name.lower()} hears{HEARD[harm]}"
    result = with_party(STATE, receiver, moved(receiver, e), left)
    progress = harm is Harm.NONE and message not in (M.ApplicationData, M.Alert)
    return _rule(name, guard, result, Event(sender=sender, message=message), progress, harm)


def _noted(world: WorldTerm) -> WorldTerm:
    first = world.tickets_delivered.is_(Ticket.NONE)
    return world.but(
        tickets_delivered=choose(first, STATE.server.ticket, world.tickets_delivered),
        delivered_twice=Or(world.delivered_twice, Not(first)),
    )


R = TypeVar("R", bound=Symbolic)


def _simple(record: R) -> R:
    return type(record)(record.prefix, {name: z3.simplify(term) for name, term in record.terms.items()})


def _rule(name: str, guard: z3.BoolRef, result: Joint, event: Event, progress: bool, harm: Harm = Harm.NONE) -> Rule:
    simple = Joint(_simple(result.client), _simple(result.server), _simple(result.world))
    return Rule(f"{name} {event.message.name}", z3.simplify(guard), simple, event, progress, harm)
