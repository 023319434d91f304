"""Corner cases where the text leaves the answer open: a tolerant receiver is a note, never a violation."""

import z3

from rfc5077.model.clause import Binds, Level, Observer, clause
from rfc5077.model.event import CLIENT, EventTerm, Extension, Message, Offer
from rfc5077.model.state import ClientTerm, Conclusion, Ending, Fault, PartyTerm

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M = Message


def _tolerates(s: PartyTerm, e: EventTerm, fault: Fault) -> z3.BoolRef:
    goes_on = And(
        e.sender.is_(s.me),
        e.is_(M.ChangeCipherSpec, M.ClientKeyExchange, M.Certificate, M.ApplicationData, M.ServerHello),
    )
    return And(s.fault.is_(fault), Not(s.crossing), s.ending.is_(Ending.OPEN), goes_on)


@clause(
    "K-12",
    Level.CORNER,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that goes on after a SessionTicket extension with a body in ServerHello is tolerant.",
)
def filled_extension_tolerated(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Not(_tolerates(s, e, Fault.FILLED_EXTENSION))


@clause(
    "K-13",
    Level.CORNER,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that goes on although the announced NewSessionTicket never came is tolerant.",
)
def missing_ticket_tolerated(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Not(_tolerates(s, e, Fault.MISSING_TICKET))


@clause(
    "K-21",
    Level.CORNER,
    Binds.CLIENT,
    Observer.PAIR,
    "A client that offers a ticket again that the server has rejected gains nothing by it.",
)
def rejected_ticket_is_offered_again(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    again = And(e.sends(CLIENT, M.NextClientHello), e.offer.is_(Offer.PRESENTED))
    return Not(And(again, s.conclusion.is_(Conclusion.FULL), Not(s.offered.is_(Extension.ABSENT))))


@clause(
    "K-37",
    Level.CORNER,
    Binds.BOTH,
    Observer.WIRE,
    "A party that goes on after a SessionTicket extension that stands twice is tolerant.",
)
def repeated_extension_tolerated(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return Not(_tolerates(s, e, Fault.REPEATED_EXTENSION))
