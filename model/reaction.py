"""How a party meets what it should not have received, and what it means to speak out of turn."""

from __future__ import annotations

import z3

from rfc5077.model.event import EventTerm, Message
from rfc5077.model.state import Ending, Fault, PartyTerm, in_order

M = Message


def refused(s: PartyTerm, e: EventTerm, *faults: Fault) -> z3.BoolRef:
    """The party that has received one of these faults, and read it, says nothing more but a fatal alert or the end."""
    read = z3.And(s.fault.among(*faults), z3.Not(s.crossing), s.ending.is_(Ending.OPEN))
    goes_on = z3.And(e.sender.is_(s.me), z3.Not(e.aborts(s.me)), z3.Not(e.is_(M.Close, M.NextClientHello)))
    return z3.Implies(z3.And(read, goes_on), e.is_(M.Alert))


def misplaced(s: PartyTerm, e: EventTerm, *messages: Message) -> z3.BoolRef:
    """The party says one of these messages where no figure has it, or earlier messages do not call for it."""
    return z3.And(e.sends(s.me, *messages), z3.Not(in_order(s, e)))
