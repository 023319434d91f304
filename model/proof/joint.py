"""Client and server together, over a channel.

The joint state is both parties' states, the messages in flight in each direction, first in first out, and what is
remembered for the theorems' sake.  Every move is one of those in ``rules``.  A message in flight is its name alone:
what it says follows from its sender's state, which no longer changes in that respect.  A party that receives what it
must refuse can only abort; nothing is ever blocked.

Stated reductions, which every theorem shares: the channel may alter ServerHello's announcement, the ticket, and
Finished, nothing else; the transport's end and close_notify are not modelled, an alert is; there is one message of
application data at a time, and no false start; whoever speaks keeps to the rows of the figures, even where clauses are
dropped; an altered ticket in ClientHello stands for every ticket that the server cannot open, a live one for a renewed
one (the clauses treat them alike); the key exchange is ephemeral; CertificateStatus, HelloRequest, warnings and
renegotiation are left out; a party aborts only for a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import cast

import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import binding
from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Alarm,
    Content,
    Event,
    EventTerm,
    Extension,
    Message,
    Party,
    Ticket,
)
from rfc5077.model.logic import AnyTerm, Choice, Concrete, Flag, Symbolic, Term, choose, constant
from rfc5077.model.state import (
    ClientTerm,
    Conclusion,
    PartyTerm,
    ServerTerm,
    step,
)

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or
M = Message


class Flight(Enum):
    """A message in flight, or an empty place."""

    NOTHING = auto()
    ClientHello = auto()
    ServerHello = auto()
    Certificate = auto()
    ServerKeyExchange = auto()
    CertificateRequest = auto()
    ServerHelloDone = auto()
    ClientKeyExchange = auto()
    CertificateVerify = auto()
    ChangeCipherSpec = auto()
    NewSessionTicket = auto()
    Finished = auto()
    ApplicationData = auto()
    Alert = auto()


PLACES = 6
"""Places of each direction; that one fewer is enough is a theorem."""


class WorldFields:
    """What is in flight, and what the theorems remember of what happened on the wire."""

    to_server_0 = Choice(Flight.NOTHING)
    to_server_1 = Choice(Flight.NOTHING)
    to_server_2 = Choice(Flight.NOTHING)
    to_server_3 = Choice(Flight.NOTHING)
    to_server_4 = Choice(Flight.NOTHING)
    to_server_5 = Choice(Flight.NOTHING)
    to_client_0 = Choice(Flight.NOTHING)
    to_client_1 = Choice(Flight.NOTHING)
    to_client_2 = Choice(Flight.NOTHING)
    to_client_3 = Choice(Flight.NOTHING)
    to_client_4 = Choice(Flight.NOTHING)
    to_client_5 = Choice(Flight.NOTHING)
    damaged = Flag()  # a message was altered on its way
    tickets_delivered = Choice(Ticket.NONE)  # the NewSessionTicket that reached the client
    delivered_twice = Flag()


class World(Concrete, WorldFields):
    """The channel as a value."""


class WorldTerm(Symbolic, WorldFields):
    """The channel as z3 terms."""


@dataclass(frozen=True)
class Joint:
    """The joint state as terms."""

    client: ClientTerm
    server: ServerTerm
    world: WorldTerm

    def party(self, party: Party) -> PartyTerm:
        """One party's state."""
        return self.client if party is CLIENT else self.server

    def terms(self) -> list[z3.ExprRef]:
        """All fields, in one order."""
        return [*self.client.terms.values(), *self.server.terms.values(), *self.world.terms.values()]


STATE = Joint(ClientTerm("client"), ServerTerm("server"), WorldTerm("world"))
"""The joint state that all formulas speak of."""


def queue(world: WorldTerm, receiver: Party) -> list[Term[Flight]]:
    """The places of one direction, the first to be delivered first."""
    prefix = f"to_{receiver.name.lower()}_"
    return [Term(Flight, world.terms[f"{prefix}{place}"]) for place in range(PLACES)]


def _placed(world: WorldTerm, receiver: Party, places: list[Term[Flight]]) -> WorldTerm:
    prefix = f"to_{receiver.name.lower()}_"
    terms = {f"{prefix}{place}": term.z3 for place, term in enumerate(places)}
    return WorldTerm(world.prefix, world.terms | terms)


def push(world: WorldTerm, receiver: Party, flight: Flight) -> WorldTerm:
    """The message goes to the end of the queue."""
    places = queue(world, receiver)
    empty = [place.is_(Flight.NOTHING) for place in places]
    free = [And(empty[n], *([Not(empty[n - 1])] if n else [])) for n in range(PLACES)]
    return _placed(world, receiver, [choose(free[n], flight, place) for n, place in enumerate(places)])


def pop(world: WorldTerm, receiver: Party) -> WorldTerm:
    """The first message leaves the queue."""
    nothing = Term(Flight, constant(Flight.NOTHING))
    return _placed(world, receiver, [*queue(world, receiver)[1:], nothing])


TRANSCRIPT = ("offered", "client_id", "announced", "server_id", "exchange", "requested", "certificates")


def transcripts_agree(j: Joint, with_ticket: bool) -> z3.BoolRef:
    """Both parties have the same messages behind a Finished, NewSessionTicket included where it came before."""
    fields = TRANSCRIPT + (("ticket",) if with_ticket else ())
    same = [j.client.terms[name] == j.server.terms[name] for name in fields]
    return And(*same, Not(j.client.swapped)) if with_ticket else And(same)


def keys_agree(j: Joint) -> z3.BoolRef:
    """Both parties took the master secret from the same place."""
    return j.server.resumes == j.client.conclusion.is_(Conclusion.RESUMED)


def finished_content(j: Joint, sender: Party, intact: z3.BoolRef) -> Term[Content]:
    """What the receiver finds in a Finished: right exactly if keys and transcripts agree and nobody altered it.

    Two parties that both leave NewSessionTicket out of the hash find nothing wrong.
    """
    with_ticket = z3.BoolVal(True) if sender is SERVER else j.server.resumes
    nothing_to_hash = And(j.client.ticket.is_(Ticket.NONE), j.server.ticket.is_(Ticket.NONE))
    both_skip = And(j.client.skips, j.server.skips)
    same_hash = Or(nothing_to_hash, both_skip, And(Not(Or(j.client.skips, j.server.skips)), transcripts_agree(j, True)))
    agree = And(transcripts_agree(j, False), Implies(with_ticket, same_hash))
    return choose(And(agree, keys_agree(j), intact), Content.RIGHT, Content.WRONG)


class Harm(Enum):
    """What the channel does to a message."""

    NONE = auto()
    ALTERED = auto()
    SWAPPED = auto()  # another ticket stands in the place of the one that was sent


def in_flight(j: Joint, sender: Party, message: Message, harm: Harm = Harm.NONE) -> EventTerm:
    """The event that a delivery is to its receiver: details from the sender's state.

    Where it was altered, Finished says something else, ServerHello announces what it did not or hides what it did, and
    NewSessionTicket has become empty or filled.
    """
    intact = z3.BoolVal(harm is not Harm.ALTERED)
    me = j.party(sender)
    plain = EventTerm(terms=Event(sender=sender, message=message).terms())
    announced = choose(me.announced == intact, Extension.EMPTY, Extension.ABSENT)
    other_ticket = choose(me.ticket.is_(Ticket.SOME), Ticket.EMPTY, Ticket.SOME)
    details: dict[Message, dict[str, AnyTerm | Alarm | bool]] = {
        M.ClientHello: {"extension": me.offered, "session_id": me.client_id},
        M.ServerHello: {"extension": announced, "session_id": me.server_id, "exchange": me.exchange},
        M.NewSessionTicket: {"ticket": choose(intact, me.ticket, other_ticket), "swapped": harm is Harm.SWAPPED},
        M.Finished: {"content": finished_content(j, sender, intact)},
        M.Alert: {"alarm": Alarm.UNEXPECTED},
    }  # fmt: skip
    if sender is CLIENT:
        details[M.Certificate] = {"certificates": me.certificates}
    return plain.but(**details.get(message, {}))


def with_party(j: Joint, party: Party, state: PartyTerm, world: WorldTerm | None = None) -> Joint:
    """The joint state with one party's part, and the channel, replaced."""
    world = world or j.world
    if isinstance(state, ClientTerm):
        return Joint(state, j.server, world)
    return Joint(j.client, state, world)


TURNED = "not "
"""Before the id of a clause, among those that do not bind: it binds to the contrary of what it says."""


def turned_round(formula: z3.BoolRef) -> z3.BoolRef:
    """A constraint that demands the contrary where it demands something."""
    if z3.is_and(formula):
        return And([turned_round(cast(z3.BoolRef, part)) for part in formula.children()])
    if z3.is_implies(formula):
        when, then = (cast(z3.BoolRef, part) for part in formula.children())
        return Implies(when, Not(then))
    return Not(formula)


@cache
def _symbolic(party: Party, without: frozenset[str]) -> tuple[EventTerm, z3.BoolRef, PartyTerm]:
    """A free event, the clauses of the class ``violation`` over it, and the state after it: built once, then filled."""
    me, e = STATE.party(party), EventTerm("event")
    clauses = []
    for entry in binding(party, Verdict.VIOLATION):
        if entry.constraint is not None and entry.id not in without:
            formula = entry.constraint(me, e)
            clauses.append(turned_round(formula) if f"{TURNED}{entry.id}" in without else formula)
    return e, And(clauses), step(me, e)


def _filled(
    party: Party, e: EventTerm, *formulas: z3.ExprRef, without: frozenset[str] = frozenset()
) -> list[z3.ExprRef]:
    free = _symbolic(party, without)[0]
    pairs = [(free.terms[name], e.terms[name]) for name in free.terms]
    return [z3.simplify(z3.substitute(formula, *pairs)) for formula in formulas]


def moved(party: Party, e: EventTerm) -> PartyTerm:
    """The party's state after an event."""
    reached = _symbolic(party, frozenset())[2]
    terms = _filled(party, e, *reached.terms.values())
    return type(reached)(reached.prefix, dict(zip(reached.terms, terms, strict=True)))


def permitted(party: Party, e: EventTerm, without: frozenset[str]) -> z3.BoolRef:
    """All clauses of the class ``violation`` that bind the party hold."""
    return cast(z3.BoolRef, _filled(party, e, _symbolic(party, without)[1], without=without)[0])


@dataclass(frozen=True)
class Rule:
    """One kind of move: where it is possible, and where it leads.

    ``progress`` is true for the steps of the protocol proper: deadlock and completion count these only.
    """

    name: str
    guard: z3.BoolRef
    result: Joint
    event: Event
    progress: bool
    harm: Harm = Harm.NONE

    @property
    def delivery(self) -> bool:
        """Whether a message arrives, rather than leaves or is thought."""
        return " hears " in self.name

    def changes(self) -> dict[str, z3.ExprRef]:
        """Field name to its new term, for the fields that the move changes."""
        pairs = zip(STATE.terms(), self.result.terms(), strict=True)
        return {old.decl().name(): new for old, new in pairs if not old.eq(new)}
