"""RFC 5077, section 3.3: the NewSessionTicket handshake message.

Paragraph 1: announcement and delivery; place in the handshake; when a ticket counts.
Paragraph 2: renewal.  Paragraph 3: encoding and lifetime.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, clause, stated
from rfc5077.model.event import (
    CLIENT,
    OPENABLE,
    SERVER,
    Alarm,
    Content,
    EventTerm,
    Extension,
    Message,
    Offer,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import COMPLETE, SHORT, Position
from rfc5077.model.reaction import refused
from rfc5077.model.state import (
    TOLERABLE,
    ClientTerm,
    Ending,
    Fault,
    PartyTerm,
    ServerTerm,
    has_echo,
    in_order,
    offers_ticket,
    starts_short,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position
CLOCKS = "Needs both clocks, which one connection does not show."


@clause(
    "R5077-3.3-01",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "NewSessionTicket is a message of the handshake: none follows the server's Finished.",
    family="a ticket precedes ChangeCipherSpec",
)
def ticket_belongs_to_the_handshake(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(s.position.among(*COMPLETE, P.SHORT_SERVER_FINISHED), Not(e.sends(SERVER, M.NewSessionTicket)))


@clause(
    "R5077-3.3-02",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "Once ServerHello has announced a ticket, NewSessionTicket precedes the server's ChangeCipherSpec.",
    family="announced, then sent",
)
def announced_ticket_is_sent(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    # Right after ServerHello this is due only where the handshake is an abbreviated one.
    due = And(e.sends(SERVER, M.ChangeCipherSpec), in_order(s, e))
    return Implies(And(due, s.announced), Not(s.ticket.is_(Ticket.NONE)))


@clause(
    "R5077-3.3-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.WIRE,
    "Without the extension in ServerHello there is no NewSessionTicket.",
    family="unannounced, not sent",
)
def unannounced_ticket_is_not_sent(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(And(Not(s.announced), e.sends(SERVER, M.NewSessionTicket)), Not(in_order(s, e)))


@clause(
    "R5077-3.3-04",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "NewSessionTicket is part of the hash behind every Finished that follows it.",
)
def ticket_is_hashed(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(And(e.sender.is_(s.me), e.is_(M.Finished, M.Verification)), Not(Or(e.omits_ticket, s.skips)))


@clause(
    "R5077-3.3-05",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "In a full handshake the ticket waits until the client's Finished has been verified.",
)
def ticket_waits_for_client_finished(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    resumable = Or(s.resumes, s.position.among(*SHORT))
    # Right after a ServerHello without the echo that was due, it is a resumption without echo (R5077-3.4-05).
    unechoed = And(starts_short(s, e), s.offered.among(*OPENABLE), Not(s.client_id.is_(SessionId.EMPTY)))
    early = Not(Or(And(starts_short(s, e), resumable), s.position.among(*SHORT), And(unechoed, Not(has_echo(s)))))
    # Where something else should have been refused before, that is the cause, and this its consequence.
    calm = s.fault.among(*TOLERABLE, Fault.WRONG_FINISHED)
    return Implies(And(e.sends(SERVER, M.NewSessionTicket), early, calm), s.verified)


@clause(
    "R5077-3.3-06",
    Level.MUST_NOT,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A ticket is offered only after the server's Finished of the handshake that brought it was verified.",
)
def ticket_counts_after_server_finished(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(And(e.is_(M.NextClientHello), e.offer.is_(Offer.ISSUED)), s.verified)


empty_ticket = stated(
    "R5077-3.3-07",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "A server that announced a ticket and then has none to give sends one of zero length.",
    "Restated by R5077-3.3-02, which an empty ticket satisfies.",
    family="announced, then sent",
    decided=Decided.RESTATED,
)


@clause(
    "R5077-3.3-07c",
    Level.DERIVED,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client goes on after a ticket of zero length.",
)
def empty_ticket_is_accepted(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    # Where nothing was there to be resumed, an abbreviated handshake itself is what the client refuses.
    resumed = And(s.position.is_(P.RENEWAL), Or(offers_ticket(s), s.client_id.is_(SessionId.CACHED)))
    got = And(Or(s.position.is_(P.TICKET), resumed), s.ticket.is_(Ticket.EMPTY), s.fault.is_(Fault.NONE))
    return Implies(And(got, e.aborts(CLIENT)), Not(e.alarm.among(Alarm.UNEXPECTED, Alarm.MALFORMED, Alarm.INTERNAL)))


may_skip_renewal = stated(
    "R5077-3.3-08",
    Level.MAY,
    Binds.SERVER,
    Observer.WIRE,
    "Renewal after a verified ticket is the server's choice.",
    "A permission: R5077-3.1-19 keeps the client from demanding it.",
)


@clause(
    "R5077-3.3-09",
    Level.LC_SHOULD,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "Once a renewed ticket counts, new connections offer it rather than the old one.",
)
def client_moves_to_the_new_ticket(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(
        And(s.verified, s.ticket.is_(Ticket.SOME), e.is_(M.NextClientHello)), Not(e.offer.is_(Offer.PRESENTED))
    )


@clause(
    "R5077-3.3-10",
    Level.DERIVED,  # the text notes that a client may come so, from which it follows that it is answered
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A ticket that has been renewed meanwhile is answered, not met with an alert or the end.",
)
def old_ticket_is_no_offence(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    calm = And(s.fault.is_(Fault.NONE), s.ending.is_(Ending.OPEN))
    waiting = And(s.position.is_(P.CLIENT_HELLO), s.offered.is_(Extension.OLD), calm)
    aborts = And(e.aborts(SERVER), Not(e.alarm.is_(Alarm.UNRELATED)))
    return Implies(waiting, Not(Or(aborts, e.sends(SERVER, M.Close))))


@clause(
    "R5077-3.3-11",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "Until the client's Finished is verified, the old ticket is answered as if there had been no renewal.",
    decided=Decided.BY_PAIRED_RUNS,
    reason="Shows when the old ticket is offered after a renewal that was not confirmed, and once without the renewal.",
)
def renewal_waits_for_client_finished(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(And(e.is_(M.OldTicketAnswer), Not(s.verified)), e.resumes == s.honours)


type_number = stated(
    "R5077-3.3-12",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "The handshake type of NewSessionTicket is 4.",
    "Restated by R5246-7.4-01: under another type the message is none that is due.",
    decided=Decided.RESTATED,
)


@clause(
    "R5077-3.3-13",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "NewSessionTicket holds a lifetime hint of four octets and a ticket with a length of two, and nothing more.",
)
def ticket_message_is_well_formed(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    if isinstance(s, ClientTerm):
        return refused(s, e, Fault.MALFORMED_TICKET)
    return Implies(e.sends(SERVER, M.NewSessionTicket), e.content.is_(Content.RIGHT))


hint = stated(
    "R5077-3.3-14",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "The hint counts seconds from the receipt of the ticket, as an unsigned number.",
    CLOCKS,
    decided=Decided.WITH_CLOCK,
)
hint_zero = stated(
    "R5077-3.3-15",
    Level.PROSE,
    Binds.BOTH,
    Observer.DRIVING_SERVER,
    "A hint of zero leaves the lifetime open.",
    CLOCKS,
    decided=Decided.WITH_CLOCK,
)
expiry = stated(
    "R5077-3.3-16",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "The client deletes ticket and state when the hinted time is over.",
    CLOCKS.removesuffix(".") + "; where a recording has times, an offer that is far too late is seen.",
    decided=Decided.WITH_CLOCK,
)
may_delete = stated(
    "R5077-3.3-17",
    Level.MAY,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "The client may delete a ticket earlier.",
    "A permission: no clause demands an offer.",
)
may_differ = stated(
    "R5077-3.3-18",
    Level.MAY,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "The server may honour a ticket for a shorter or a longer time than it hinted.",
    "A permission: no clause ties acceptance to the hint.",
)
