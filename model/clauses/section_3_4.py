"""RFC 5077, section 3.4: tickets and the TLS session id.

Paragraph 1: the server's id beside a ticket.  Paragraph 2: the client's id beside a ticket.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, clause, stated
from rfc5077.model.event import (
    CLIENT,
    OPENABLE,
    Alarm,
    EventTerm,
    Extension,
    Message,
    Offer,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import Position
from rfc5077.model.state import (
    ClientTerm,
    Fault,
    ServerTerm,
    has_echo,
    offers_ticket,
    starts_full,
    starts_short,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position


@clause(
    "R5077-3.4-01",
    Level.SHOULD,
    Binds.SERVER,
    Observer.WIRE,
    "A server that will issue a ticket to a client without one leaves its session_id empty.",
)
def issuer_sends_no_id(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    issues = And(e.is_(M.ServerHello), e.extension.is_(Extension.EMPTY), s.offered.is_(Extension.EMPTY))
    return Implies(issues, Not(e.session_id.is_(SessionId.FRESH)))


may_send_id = stated(
    "R5077-3.4-02",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.WIRE,
    "A server that rejected a ticket may send a session_id of its own.",
    "A permission: R5077-3.4-01 does not reach it.",
)


@clause(
    "R5077-3.4-03",
    Level.PROSE,
    Binds.CLIENT,
    Observer.PAIR,
    "Once a ticket has come, the session_id of that ServerHello is forgotten, not offered instead of the ticket.",
)
def id_is_discarded(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(And(s.ticket.is_(Ticket.SOME), e.is_(M.NextClientHello)), Not(e.offer.is_(Offer.DISCARDED_ID)))


may_make_id = stated(
    "R5077-3.4-04",
    Level.MAY,
    Binds.CLIENT,
    Observer.WIRE,
    "A client may send a session_id of its own making with a ticket.",
    "A permission: R5077-3.4-05 and R5077-3.4-07 keep the server from refusing it.",
)


@clause(
    "R5077-3.4-05",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server that resumes by a ticket has repeated the client's session_id, where that was not empty.",
)
def accepted_ticket_is_echoed(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    asked = And(offers_ticket(s), Not(s.client_id.is_(SessionId.EMPTY)))
    # Seen from outside at the message after ServerHello; the server itself decides at ServerHello.
    outside = Implies(starts_short(s, e), has_echo(s))
    inside = Implies(And(e.is_(M.ServerHello), e.resumes), e.session_id.is_(SessionId.ECHOED))
    return Implies(asked, And(outside, inside))


@clause(
    "R5077-3.4-06",
    Level.DERIVED,
    Binds.SERVER,
    Observer.WIRE,
    "A full handshake does not carry the client's session_id in ServerHello.",
    family="the echo tells resumption",
)
def full_handshake_has_no_echo(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    inside = Implies(And(e.is_(M.ServerHello), Not(e.resumes)), Not(e.session_id.is_(SessionId.ECHOED)))
    return And(Implies(starts_full(s, e), Not(has_echo(s))), inside)


@clause(
    "R5077-3.4-07",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "Whether a ticket is accepted does not depend on the session_id beside it.",
    decided=Decided.BY_PAIRED_RUNS,
    reason="Shows when the ticket is offered beside one session_id and beside another.",
)
def id_does_not_decide(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    # A ticket that the server cannot open is the matter of R5077-3.2-09.
    asked = And(s.offered.among(*OPENABLE), Not(s.client_id.is_(SessionId.CACHED)), e.is_(M.ServerHello))
    return Implies(asked, e.resumes == s.honours)


@clause(
    "R5077-3.4-08",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A ticket in ClientHello rules out a look-up of the session_id.",
)
def ticket_rules_out_look_up(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    asked = And(offers_ticket(s), s.client_id.is_(SessionId.CACHED))
    opened = s.offered.among(*OPENABLE)
    inside = Implies(e.is_(M.ServerHello), e.resumes == And(s.honours, opened))
    return Implies(asked, And(inside, Implies(Not(opened), Not(starts_short(s, e)))))


may_leave_empty = stated(
    "R5077-3.4-09",
    Level.MAY,
    Binds.CLIENT,
    Observer.WIRE,
    "A client may leave its session_id empty beside a ticket.",
    "A permission: R5077-3.4-07 keeps the server from refusing it.",
)


@clause(
    "R5077-3.4-10",
    Level.PROSE,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client with an empty session_id ignores the server's and concludes from the message after ServerHello.",
    family="the client follows the server",
)
def empty_id_waits_for_the_next_message(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    empty = s.client_id.is_(SessionId.EMPTY)
    heard = And(s.position.is_(P.SERVER_HELLO), s.fault.is_(Fault.NONE))
    refuses = And(e.aborts(CLIENT), e.alarm.among(Alarm.UNEXPECTED, Alarm.MALFORMED))
    minds = And(offers_ticket(s), s.server_id.is_(SessionId.FRESH), refuses)
    return Implies(And(empty, heard), Not(Or(e.is_(M.Conclusion), minds)))
