"""RFC 5077, section 3.1: the overview and its four figures.

Paragraph 1: how support is announced.  Paragraph 2 and figure 1: issuing.  Paragraph 3 and figure 2: resuming and
renewing.  Paragraphs 5 to 8 and figures 3 and 4: declining.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, clause, stated
from rfc5077.model.event import SERVER, Alarm, Certificates, EventTerm, Extension, Message, Offer, SessionId, Ticket
from rfc5077.model.flows import SHORT, Position
from rfc5077.model.state import ClientTerm, Ending, Fault, PartyTerm, ServerTerm, has_echo, in_order, offers_ticket

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position


@clause(
    "R5077-3.1-01",
    Level.PROSE,
    Binds.CLIENT,
    Observer.WIRE,
    "A client whose ClientHello had no SessionTicket extension does not use a ticket issued in that handshake.",
    family="the extension stands for readiness",
)
def support_is_announced(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(And(e.is_(M.NextClientHello), e.offer.is_(Offer.ISSUED)), Not(s.offered.is_(Extension.ABSENT)))


@clause(
    "R5077-3.1-02",
    Level.PROSE,
    Binds.CLIENT,
    Observer.PAIR,
    "A ClientHello carries no ticket that another server issued.",
)
def ticket_goes_to_its_issuer(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(e.is_(M.ClientHello), Not(e.extension.is_(Extension.ANOTHERS)))


promise = stated(
    "R5077-3.1-03",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "An empty SessionTicket extension in ServerHello promises a NewSessionTicket in this handshake.",
    "Restated by R5077-3.3-02.",
    family="announced, then sent",
    decided=Decided.RESTATED,
)

state_in_ticket = stated(
    "R5077-3.1-04",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "What the server needs to resume, suite and master secret before all, is in the ticket itself.",
    "Shows only when a second server opens the ticket under the same key.",
    decided=Decided.WITH_CONTEXT,
)

sealed = stated(
    "R5077-3.1-05",
    Level.PROSE,
    Binds.SERVER,
    Observer.KEYS,
    "Only the server holds the key that hides a ticket from others and shows changes to it.",
    "Shows only to who holds the ticket key, or flips bits.",
    family="tickets are sealed",
)


@clause(
    "R5077-3.1-06",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "Once the server has sent ChangeCipherSpec it sends no NewSessionTicket.",
    family="a ticket precedes ChangeCipherSpec",
)
def ticket_comes_before_change_cipher_spec(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    over = s.position.among(
        P.SERVER_CHANGE_CIPHER_SPEC,
        P.ESTABLISHED,
        P.SHORT_SERVER_CHANGE_CIPHER_SPEC,
        P.SHORT_SERVER_FINISHED,
        P.SHORT_CLIENT_CHANGE_CIPHER_SPEC,
        P.RESUMED,
    )
    return Implies(over, Not(e.sends(SERVER, M.NewSessionTicket)))


def _ordered(s: PartyTerm, e: EventTerm, applies: z3.BoolRef) -> z3.BoolRef:
    return Implies(And(e.sender.is_(s.me), applies), in_order(s, e))


def _short(s: PartyTerm) -> z3.BoolRef:
    return s.position.among(*SHORT)


@clause(
    "R5077-3.1-07",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "A full handshake that issues a ticket, to a client without one, runs in the order of figure 1.",
    family="order of messages",
    general=True,
)
def figure_1(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return _ordered(s, e, And(Not(_short(s)), s.announced, Not(offers_ticket(s))))


parameters_kept = stated(
    "R5077-3.1-08",
    Level.PROSE,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "The client keeps the ticket together with the master secret and parameters of its session.",
    "Shows only when the kept session is resumed.",
    decided=Decided.WITH_KEYS,
)

ticket_asks = stated(
    "R5077-3.1-09",
    Level.PROSE,
    Binds.CLIENT,
    Observer.PAIR,
    "A client asks for resumption by the ticket, octet for octet, in the SessionTicket extension.",
    # On the wire alone nobody can tell who altered a ticket; the request itself is optional.
    "Shows when the ticket that a client was given is laid beside the one that it offers, with nobody between.",
)

contents_rule = stated(
    "R5077-3.1-10",
    Level.PROSE,
    Binds.SERVER,
    Observer.KEYS,
    "The server resumes with the state that it took from the verified ticket.",
    "Shows only in the keys of the resumed connection.",
)

may_renew = stated(
    "R5077-3.1-11",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.WIRE,
    "After verifying a ticket the server may renew it, by NewSessionTicket right after ServerHello.",
    "A permission: R5077-3.1-19 keeps the client from refusing it.",
)


@clause(
    "R5077-3.1-12",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "An abbreviated handshake runs in the order of figure 2.",
    family="order of messages",
    general=True,
)
def figure_2(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return _ordered(s, e, _short(s))


@clause(
    "R5077-3.1-13",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server that does not want to honour a ticket which it can open may go through the full handshake.",
    # An alert in its place refuses nobody anything that a clause promises, and is worth a note.
    verdict=Verdict.NOTE,
)
def unwanted_ticket_falls_back(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(
        And(s.position.is_(P.CLIENT_HELLO), s.offered.is_(Extension.LIVE), s.fault.is_(Fault.NONE)),
        Not(e.aborts(SERVER)),
    )


neither = stated(
    "R5077-3.1-14",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "A server that issues no ticket sends neither the extension nor NewSessionTicket.",
    "Restated by R5077-3.3-02 and R5077-3.3-03.",
    family="unannounced, not sent",
    decided=Decided.RESTATED,
)


@clause(
    "R5077-3.1-15",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "A full handshake without a ticket runs in the order of figure 3.",
    family="order of messages",
    general=True,
)
def figure_3(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return _ordered(s, e, And(Not(_short(s)), Not(s.announced)))


may_not_renew = stated(
    "R5077-3.1-16",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.WIRE,
    "An abbreviated handshake may go without renewal: no extension in ServerHello, no ticket.",
    "A permission: R5077-3.1-19 keeps the client from refusing it.",
)

may_reissue = stated(
    "R5077-3.1-17",
    Level.LC_MAY,
    Binds.SERVER,
    Observer.WIRE,
    "A server that rejected a ticket may issue a new one in the full handshake that follows.",
    "A permission: R5077-3.1-19 keeps the client from refusing it.",
)


@clause(
    "R5077-3.1-18",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "A full handshake that replaces a rejected ticket runs in the order of figure 4.",
    family="order of messages",
    general=True,
)
def figure_4(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return _ordered(s, e, And(Not(_short(s)), s.announced, offers_ticket(s)))


@clause(
    "R5077-3.1-19",
    Level.DERIVED,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that offered a ticket goes on with whichever of the four flows the server picks.",
    family="the client follows the server",
)
def client_follows_the_servers_choice(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    resumed = s.position.among(P.RENEWAL, P.SHORT_SERVER_CHANGE_CIPHER_SPEC)
    flight = s.position.among(P.CERTIFICATE_STATUS, P.SERVER_KEY_EXCHANGE, P.CERTIFICATE_REQUEST, P.SERVER_HELLO_DONE)
    just_decided = Or(resumed, s.position.is_(P.SERVER_CERTIFICATE), flight)
    consistent = Or(s.client_id.is_(SessionId.EMPTY), has_echo(s) == resumed)
    calm = And(s.fault.is_(Fault.NONE), s.ending.is_(Ending.OPEN))
    blameless = And(calm, Not(s.ticket.is_(Ticket.EMPTY)), s.certificates.is_(Certificates.NONE))
    # The kind of alert tells what is refused: others may speak of a suite, an extension or a certificate.
    refuses = And(e.aborts(s.me), e.alarm.is_(Alarm.UNEXPECTED))
    return Implies(And(offers_ticket(s), just_decided, consistent, blameless), Not(refuses))
