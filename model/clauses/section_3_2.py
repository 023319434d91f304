"""RFC 5077, section 3.2: the SessionTicket extension.

Paragraph 2: what the client sends.  Paragraph 3: what the server answers.  Paragraph 4: tickets that fail.
Paragraph 5: number and encoding.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, clause, stated
from rfc5077.model.event import (
    CLIENT,
    SERVER,
    UNVERIFIABLE,
    Alarm,
    EventTerm,
    Extension,
    Message,
    Offer,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import SHORT, Position
from rfc5077.model.state import ClientTerm, Conclusion, Ending, Fault, ServerTerm, has_echo, in_order, starts_short

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position

opaque = stated(
    "R5077-3.2-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.INSPECTION,
    "The format of a ticket is its issuer's business alone.",
    "No trace shows that somebody looked inside.",
)

hellos_only = stated(
    "R5077-3.2-02",
    Level.LC_MAY,
    Binds.BOTH,
    Observer.WIRE,
    "The extension may stand in ClientHello and in ServerHello.",
    "A permission; TLS 1.2 has extensions nowhere else.",
)

carries_ticket = stated(
    "R5077-3.2-03",
    Level.PROSE,
    Binds.CLIENT,
    Observer.PAIR,
    "A client resumes by a ticket by putting it into the extension.",
    "What a client wants shows when it is told to resume in one run and not to in another.",
    decided=Decided.BY_PAIRED_RUNS,
)


@clause(
    "R5077-3.2-04",
    Level.MUST,
    Binds.CLIENT,
    Observer.WIRE,
    "A client without a ticket that is ready for one sends the extension empty; who takes a ticket has sent it.",
    # Seen where one is taken: by offering it later, or by going on after it.
    family="the extension stands for readiness",
)
def taker_sent_the_extension(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    offers = And(e.is_(M.NextClientHello), e.offer.is_(Offer.ISSUED))
    read = And(s.fault.is_(Fault.UNANNOUNCED_TICKET), Not(s.crossing), s.ending.is_(Ending.OPEN))
    goes_on = And(read, e.sends(CLIENT, M.ChangeCipherSpec, M.ApplicationData))
    return Implies(Or(offers, goes_on), Not(s.offered.is_(Extension.ABSENT)))


@clause(
    "R5077-3.2-05",
    Level.MUST_NOT,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that sent the extension empty is ready for NewSessionTicket: it does not abort on one.",
)
def extension_means_ready(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    got_ticket = And(s.position.is_(P.TICKET), s.ticket.is_(Ticket.SOME), s.fault.is_(Fault.NONE))
    refuses = And(e.aborts(CLIENT), e.alarm.among(Alarm.UNEXPECTED, Alarm.MALFORMED))
    return Implies(And(s.offered.is_(Extension.EMPTY), got_ticket), Not(refuses))


@clause(
    "R5077-3.2-06",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "The SessionTicket extension of ServerHello has zero length.",
)
def server_extension_is_empty(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(e.is_(M.ServerHello), Not(e.extension.is_(Extension.FILLED)))


@clause(
    "R5077-3.2-07",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server that issues a ticket has put the extension into ServerHello.",
    family="unannounced, not sent",
)
def issuer_announces(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(And(e.sends(SERVER, M.NewSessionTicket), in_order(s, e)), s.announced)


@clause(
    "R5077-3.2-08",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.WIRE,
    "ServerHello has the extension only in answer to one in ClientHello.",
    family="no unsolicited extension",
)
def no_unsolicited_extension(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    answers = And(e.is_(M.ServerHello), Not(e.extension.is_(Extension.ABSENT)))
    return Implies(And(answers, in_order(s, e)), Not(s.offered.is_(Extension.ABSENT)))


@clause(
    "R5077-3.2-09",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A ticket that fails verification leads to a full handshake, neither to resumption nor to an alert.",
)
def failed_ticket_falls_back(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    # NewSessionTicket after a ServerHello that denies resumption is an early ticket (R5077-3.3-05), no resumption.
    denied = And(e.is_(M.NewSessionTicket), Not(s.client_id.is_(SessionId.EMPTY)), Not(has_echo(s)))
    resumes = Or(And(starts_short(s, e), Not(denied)), And(e.is_(M.ServerHello), e.resumes))
    aborts = And(e.aborts(SERVER), Not(e.alarm.is_(Alarm.UNRELATED)))
    gives_up = And(s.position.is_(P.CLIENT_HELLO), Or(aborts, e.sends(SERVER, M.Close)))
    bad = And(s.offered.among(*UNVERIFIABLE), s.fault.is_(Fault.NONE), s.ending.is_(Ending.OPEN))
    return Implies(bad, And(Not(gives_up), Or(Not(resumes), s.client_id.is_(SessionId.CACHED))))


@clause(
    "R5077-3.2-10",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A ticket that was accepted in a handshake which then failed is not offered again.",
)
def ticket_of_a_failed_resumption_is_dropped(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    failed = And(s.ending.is_(Ending.ABORTED), s.conclusion.is_(Conclusion.RESUMED), s.position.among(*SHORT))
    again = And(e.is_(M.NextClientHello), e.offer.is_(Offer.PRESENTED))
    return Implies(And(failed, Not(s.position.is_(P.RESUMED))), Not(again))


number = stated(
    "R5077-3.2-11",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "The extension has the number 35.",
    "Restated by R5077-3.2-04 and R5077-3.2-07: under another number the extension is absent.",
    decided=Decided.RESTATED,
)


@clause(
    "R5077-3.2-12",
    Level.PROSE,
    Binds.CLIENT,
    Observer.WIRE,
    "The extension's body is the ticket and nothing else: no second length inside.",
    family="one length",
)
def no_inner_length(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(e.is_(M.ClientHello), Not(e.extension.is_(Extension.WRAPPED)))
