"""Corner cases of ids, tickets and their messages: what each party may do where the texts leave a gap.

Where the texts are silent a tolerant receiver is a note, never a violation.  The other cases, of sessions, encodings
and configurations, are in :mod:`rfc5077.model.clauses.corner_cases_of_sessions`.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, allowed, clause, corner, forbidden, left_open, unwise
from rfc5077.model.event import CLIENT, EventTerm, Extension, Message, Offer, Ticket
from rfc5077.model.state import ClientTerm, Conclusion, Ending, Fault, PartyTerm

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M = Message


def tolerates(s: PartyTerm, e: EventTerm, fault: Fault) -> z3.BoolRef:
    """The party, having read this fault, goes on as if there were none."""
    goes_on = And(
        e.sender.is_(s.me),
        e.is_(M.ChangeCipherSpec, M.ClientKeyExchange, M.Certificate, M.ApplicationData, M.ServerHello),
    )
    return And(s.fault.is_(fault), Not(s.crossing), s.ending.is_(Ending.OPEN), goes_on)


empty_id_beside_ticket = corner(
    "K-01",
    Observer.DRIVING_CLIENT,
    "A ticket comes beside an empty session_id.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "resumes, or goes through the full handshake", "R5077-3.4-09"),
    forbidden(Binds.SERVER, "aborts, or refuses because the id is empty", "R5077-3.4-07"),
    allowed(Binds.SERVER, "resumes with a session_id of its own, which the client passes over", "R5077-3.4-10"),
)

own_id_beside_ticket = corner(
    "K-02",
    Observer.DRIVING_CLIENT,
    "A ticket comes beside a session_id of the client's making, of any length.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "resumes under an id that is not the client's, octet for octet", "R5077-3.4-05"),
    forbidden(Binds.SERVER, "answers an id of 33 octets by anything but decode_error", "R5246-7.4.1.2-04"),
)

resumed_without_echo = corner(
    "K-03",
    Observer.DRIVING_CLIENT,
    "A handshake goes on as a resumption although ServerHello did not repeat the client's session_id.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "resumes so", "R5077-3.4-05"),
    left_open(Binds.CLIENT, "goes on, though aborting is the better choice"),
)

echo_in_full_handshake = corner(
    "K-04",
    Observer.DRIVING_CLIENT,
    "ServerHello repeats the client's session_id and a full handshake follows.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "echoes and negotiates", "R5077-3.4-06", "R5246-7.4.1.3-01"),
    allowed(Binds.CLIENT, "aborts"),
    left_open(Binds.CLIENT, "goes on with the full handshake"),
)

echo_of_made_up_id = corner(
    "K-05",
    Observer.DRIVING_CLIENT,
    "ServerHello repeats a session_id although the client offered neither ticket nor session.",
    # A client of TLS 1.3 makes up such an id (R8446-4.1.2-01).
    Decided.RESTATED,
    forbidden(Binds.SERVER, "echoes an id that it cannot know", "R5077-3.4-06", "R5246-7.4.1.3-01"),
    left_open(Binds.CLIENT, "goes on, though aborting is the better choice"),
)

empty_ticket_renews = corner(
    "K-06",
    Observer.DRIVING_SERVER,
    "A renewal brings a ticket of zero length.",
    Decided.RESTATED,
    allowed(Binds.CLIENT, "keeps the old ticket, or drops it"),
    forbidden(Binds.CLIENT, "offers the empty ticket as if it could resume", "R5077-3.2-03", "R5077-3.2-04"),
)

empty_ticket_beside_id = corner(
    "K-07",
    Observer.DRIVING_SERVER,
    "A full handshake brings a ticket of zero length after a ServerHello with a session_id.",
    Decided.PERMISSION,
    allowed(Binds.CLIENT, "keeps the session_id, or discards it", "R5077-3.4-03"),
)

empty_ticket_with_hint = corner(
    "K-08",
    Observer.WIRE,
    "A ticket of zero length comes with a lifetime hint other than zero.",
    Decided.PERMISSION,
    allowed(Binds.SERVER, "hints for nothing", "R5077-3.3-07", "R5077-3.3-14"),
)

hint_of_zero = corner(
    "K-09",
    Observer.DRIVING_SERVER,
    "A ticket comes with a lifetime hint of zero.",
    Decided.WITH_CLOCK,
    allowed(Binds.SERVER, "leaves the lifetime open", "R5077-3.3-15"),
    left_open(Binds.CLIENT, "discards the ticket at once, as TLS 1.3 would have it", "R5077-3.3-17"),
    unwise(Binds.CLIENT, "never discards it", "R5077-5.6-04"),
    reason="Shows when the client's clock is moved far ahead.",
)

hint_of_ages = corner(
    "K-10",
    Observer.WIRE,
    "A lifetime hint runs up to the largest number of 32 bits.",
    Decided.PERMISSION,
    allowed(Binds.SERVER, "hints so", "R5077-3.3-14"),
    allowed(Binds.CLIENT, "keeps the ticket for less", "R5077-3.3-17"),
)

clock_restarts = corner(
    "K-11",
    Observer.DRIVING_SERVER,
    "A resumption brings no new ticket, and the client's clock for the old one starts again.",
    Decided.RESTATED,
    unwise(Binds.CLIENT, "keeps the ticket beyond the hint that came with it", "R5077-3.3-16"),
)


@clause(
    "K-12",
    Level.CORNER,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that takes a ticket which a SessionTicket extension with a body had announced is tolerant.",
    rulings=(
        forbidden(Binds.SERVER, "puts a body into the extension of ServerHello", "R5077-3.2-06"),
        allowed(Binds.CLIENT, "aborts, or ignores the extension and takes no ticket"),
        left_open(Binds.CLIENT, "goes on and takes the ticket"),
    ),
)
def filled_extension_tolerated(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    # Who goes on and takes no ticket has ignored the extension, as it may.
    goes_on = And(tolerates(s, e, Fault.FILLED_EXTENSION), Not(s.ticket.is_(Ticket.NONE)))
    offers = And(e.sends(CLIENT, M.NextClientHello), e.offer.is_(Offer.ISSUED), s.fault.is_(Fault.FILLED_EXTENSION))
    return Not(Or(goes_on, offers))


@clause(
    "K-13",
    Level.CORNER,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that goes on although the announced NewSessionTicket never came is tolerant.",
    rulings=(
        forbidden(Binds.SERVER, "announces a ticket and sends none", "R5077-3.3-02"),
        left_open(Binds.CLIENT, "goes on without it", "R5246-7.4-01"),
    ),
)
def missing_ticket_tolerated(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Not(tolerates(s, e, Fault.MISSING_TICKET))


unannounced_ticket = corner(
    "K-14",
    Observer.WIRE,
    "NewSessionTicket comes although ServerHello did not announce it.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "sends it", "R5077-3.3-03"),
    forbidden(Binds.CLIENT, "takes it: RFC 5077 is silent, the order of messages is not", "R5246-7.4-01"),
)

two_tickets = corner(
    "K-15",
    Observer.WIRE,
    "One handshake brings two NewSessionTickets.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "sends a second one", "R5246-7.4-01"),
    forbidden(Binds.CLIENT, "takes the second one", "R5246-7.4-01"),
)

renewal = corner(
    "K-16",
    Observer.DRIVING_SERVER,
    "An abbreviated handshake brings a new ticket, or none.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "renews, or does not", "R5077-3.3-08"),
    forbidden(Binds.CLIENT, "fails on either", "R5077-3.1-11", "R5077-3.1-19"),
)

ticket_after_id = corner(
    "K-17",
    Observer.WIRE,
    "A session that was resumed by its session_id brings a ticket.",
    # R5077-3.4-01 would have an empty id, which R5246-7.4.1.3-01 rules out here: it does not apply.
    Decided.PERMISSION,
    left_open(Binds.SERVER, "issues it, as long as ServerHello announced it", "R5077-3.3-03"),
)

empty_extension_beside_id = corner(
    "K-18",
    Observer.DRIVING_CLIENT,
    "An empty extension comes beside the session_id of a session that the server still holds.",
    Decided.PERMISSION,
    allowed(Binds.SERVER, "resumes by the id: no ticket was presented", "R5077-3.4-08"),
    allowed(Binds.SERVER, "goes through the full handshake", "R5246-7.4.1.3-05"),
)

bad_ticket_beside_id = corner(
    "K-19",
    Observer.DRIVING_CLIENT,
    "A ticket that cannot be opened comes beside the session_id of a session that the server still holds.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "resumes by the id", "R5077-3.4-08"),
)

ticket_of_failed_connection = corner(
    "K-20",
    Observer.DRIVING_SERVER,
    "A ticket is offered whose session had a connection that ended in a fatal alert.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "honours it", "R5077-5.1-01"),
    unwise(Binds.CLIENT, "offers it: RFC 5246 forbids what RFC 5077 calls harmless", "R5246-7.2.2-01", "R5077-5.1-01"),
    unwise(Binds.CLIENT, "offers it after the very handshake that it resumed had failed", "R5077-3.2-10"),
)


@clause(
    "K-21",
    Level.CORNER,
    Binds.CLIENT,
    Observer.PAIR,
    "A client that offers a ticket again that the server has rejected gains nothing by it.",
    rulings=(
        left_open(Binds.CLIENT, "offers the rejected ticket again"),
        unwise(Binds.CLIENT, "offers it although the full handshake brought a new one", "R5077-3.3-09"),
    ),
)
def rejected_ticket_is_offered_again(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    again = And(e.sends(CLIENT, M.NextClientHello), e.offer.is_(Offer.PRESENTED))
    return Not(And(again, s.conclusion.is_(Conclusion.FULL), Not(s.offered.is_(Extension.ABSENT))))
