"""What each party knows of one connection.

Every fact is held per party: a field changes only by what this party has sent, received or decided itself.  The rules
that change the fields are mechanics, common to conforming and faulty endpoints; what an endpoint owes is said in
``clauses``.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import ClassVar, TypeVar

import z3

from rfc5077.model.event import (
    BESIDE,
    CLIENT,
    FATAL,
    SERVER,
    TICKETS,
    Alarm,
    Certificates,
    Content,
    EventTerm,
    Exchange,
    Extension,
    Message,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import Position, listed, speaks, target
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, choose

M, P = Message, Position


class Peer(Enum):
    """The Finished that came from the other party."""

    ABSENT = auto()
    RIGHT = auto()
    WRONG = auto()


class Fault(Enum):
    """The first thing received that should not have come."""

    NONE = auto()
    # to be refused with a fatal alert
    OUT_OF_ORDER = auto()
    BEFORE_SERVER_HELLO = auto()
    UNANNOUNCED_TICKET = auto()
    EARLY_CHANGE_CIPHER_SPEC = auto()
    FINISHED_WITHOUT_CHANGE_CIPHER_SPEC = auto()
    EARLY_APPLICATION_DATA = auto()
    UNSOLICITED_EXTENSION = auto()
    MALFORMED = auto()
    MALFORMED_CHANGE_CIPHER_SPEC = auto()
    MALFORMED_TICKET = auto()
    BETWEEN_CHANGE_CIPHER_SPEC_AND_FINISHED = auto()
    WRONG_SIGNATURE = auto()
    WRONG_FINISHED = auto()
    # the text leaves the answer open
    MISSING_TICKET = auto()
    REPEATED_EXTENSION = auto()
    FILLED_EXTENSION = auto()
    WARNING = auto()


AWAITING_FINISHED = (
    P.CLIENT_CHANGE_CIPHER_SPEC,
    P.SERVER_CHANGE_CIPHER_SPEC,
    P.SHORT_CLIENT_CHANGE_CIPHER_SPEC,
    P.SHORT_SERVER_CHANGE_CIPHER_SPEC,
)
"""After a ChangeCipherSpec, before the Finished that must follow at once."""

FALSE_START = (P.CLIENT_FINISHED, P.TICKET, P.SERVER_CHANGE_CIPHER_SPEC)
"""Where RFC 7918 lets a client send application data before the server's Finished."""

TOLERABLE = (Fault.NONE, Fault.MISSING_TICKET, Fault.REPEATED_EXTENSION, Fault.FILLED_EXTENSION, Fault.WARNING)


class Ending(Enum):
    """How the connection stands."""

    OPEN = auto()
    CLOSED = auto()
    ABORTED = auto()  # by a fatal alert, whoever sent it


class Conclusion(Enum):
    """What the client holds the handshake to be."""

    NONE = auto()
    RESUMED = auto()
    FULL = auto()


class PartyFields:
    """What both parties keep."""

    position = Choice(Position.START)
    offered = Choice(Extension.ABSENT)  # ClientHello's SessionTicket extension
    client_id = Choice(SessionId.EMPTY)  # ClientHello's session_id
    announced = Flag()  # ServerHello had the SessionTicket extension
    server_id = Choice(SessionId.EMPTY)  # ServerHello's session_id
    exchange = Choice(Exchange.EPHEMERAL)
    requested = Flag()  # CertificateRequest
    certificates = Choice(Certificates.NONE)  # the client's Certificate
    ticket = Choice(Ticket.NONE)  # NewSessionTicket
    swapped = Flag()  # the ticket that came is not the one that was sent
    peer_finished = Choice(Peer.ABSENT)
    verified = Flag()  # the peer's Finished was compared and found right
    skips = Flag()  # a trait: this party leaves NewSessionTicket out of what it hashes
    fault = Choice(Fault.NONE)
    crossing = Flag()  # the fault, or the end, may not have been read yet when this party last spoke
    ending = Choice(Ending.OPEN)


class ServerFields(PartyFields):
    """What the server keeps."""

    resumes = Flag()  # decided at ServerHello
    honours = Flag()  # what opening the ticket and the server's policy came to, apart from anything else in the hello


class ClientFields(PartyFields):
    """What the client keeps."""

    conclusion = Choice(Conclusion.NONE)


class Server(Concrete, ServerFields):
    """The server's state as a value."""


class Client(Concrete, ClientFields):
    """The client's state as a value."""


class ServerTerm(Symbolic, ServerFields):
    """The server's state as z3 terms."""

    me: ClassVar[Party] = SERVER


class ClientTerm(Symbolic, ClientFields):
    """The client's state as z3 terms."""

    me: ClassVar[Party] = CLIENT


PartyTerm = ServerTerm | ClientTerm
S = TypeVar("S", ServerTerm, ClientTerm)
E = TypeVar("E", bound=Enum)


def offers_ticket(s: PartyTerm) -> z3.BoolRef:
    """True where ClientHello carried a ticket."""
    return s.offered.among(*TICKETS)


def has_echo(s: PartyTerm) -> z3.BoolRef:
    """True where ServerHello repeated the client's session_id."""
    return s.server_id.is_(SessionId.ECHOED)


def starts_short(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    """True where the server's next message after ServerHello makes the handshake an abbreviated one."""
    return z3.And(s.position.is_(P.SERVER_HELLO), e.sends(SERVER, M.NewSessionTicket, M.ChangeCipherSpec))


def starts_full(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    """True where the server's next message after ServerHello makes the handshake a full one."""
    return z3.And(
        s.position.is_(P.SERVER_HELLO),
        e.sends(SERVER, M.Certificate, M.ServerKeyExchange, M.CertificateRequest, M.ServerHelloDone),
    )


def signature_due(s: PartyTerm) -> z3.BoolRef:
    """True where the client has yet to prove, by CertificateVerify, that it holds the key of its certificate."""
    return z3.And(s.certificates.is_(Certificates.SOME), s.position.is_(P.CLIENT_KEY_EXCHANGE))


def suits(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    """True where earlier messages call for this one: which certificates and key exchange messages are due."""
    certificate_due = z3.And(s.requested, s.certificates.is_(Certificates.NONE))
    before_exchange = s.position.among(P.SERVER_HELLO, P.SERVER_CERTIFICATE, P.CERTIFICATE_STATUS)
    return z3.And(
        z3.Implies(e.sends(CLIENT, M.Certificate), s.requested),
        z3.Implies(e.sends(CLIENT, M.ClientKeyExchange), z3.Not(certificate_due)),
        z3.Implies(e.sends(CLIENT, M.CertificateVerify), s.certificates.is_(Certificates.SOME)),
        z3.Implies(e.sends(CLIENT, M.ChangeCipherSpec), z3.Not(signature_due(s))),
        z3.Implies(
            z3.And(s.position.is_(P.SERVER_HELLO), e.sends(SERVER, M.ServerKeyExchange, M.ServerHelloDone)),
            s.exchange.is_(Exchange.OTHER),
        ),
        z3.Implies(e.sends(SERVER, M.ServerKeyExchange), z3.Not(s.exchange.is_(Exchange.RSA))),
        z3.Implies(
            z3.And(before_exchange, e.sends(SERVER, M.CertificateRequest, M.ServerHelloDone)),
            z3.Not(s.exchange.is_(Exchange.EPHEMERAL)),
        ),
    )


def unnumbered(e: EventTerm) -> z3.BoolRef:
    """True for what has no place of its own: alerts, the server's HelloRequest, the end, and what is no message."""
    return z3.Or(e.is_(M.Alert, M.Close, *BESIDE), e.sends(SERVER, M.HelloRequest))


def starts_false(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    """True where the client speaks early, as RFC 7918 lets it."""
    return z3.And(s.position.among(*FALSE_START), e.sends(CLIENT, M.ApplicationData))


@lru_cache(maxsize=16)
def in_order(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    """True where a figure has the event at this position and the messages before it call for it; many clauses ask."""
    return z3.Or(unnumbered(e), starts_false(s, e), z3.And(listed(s.position, e), suits(s, e)))


def _fault(s: PartyTerm, e: EventTerm) -> Term[Fault]:
    """What is wrong with a message received in this state; mechanics of the receiver."""
    found = choose(z3.BoolVal(False), Fault.NONE, Fault.NONE)
    strange = z3.Not(in_order(s, e))
    cases: list[tuple[z3.BoolRef, Fault]] = [
        (z3.And(e.is_(M.Alert), e.alarm.is_(Alarm.WARNING)), Fault.WARNING),
        (z3.And(e.sends(CLIENT, M.ClientHello), e.extension.is_(Extension.REPEATED)), Fault.REPEATED_EXTENSION),
        (z3.And(e.sends(CLIENT, M.Finished), e.content.is_(Content.WRONG)), Fault.WRONG_FINISHED),
        (z3.And(e.sends(SERVER, M.Finished), e.content.is_(Content.WRONG)), Fault.WRONG_FINISHED),
        (z3.And(e.is_(M.CertificateVerify), e.content.is_(Content.WRONG)), Fault.WRONG_SIGNATURE),
        (
            z3.And(z3.Not(e.is_(M.CertificateVerify, M.Finished)), e.content.is_(Content.WRONG)),
            Fault.MALFORMED,
        ),
        (
            z3.And(e.is_(M.ChangeCipherSpec), e.content.is_(Content.WRONG)),
            Fault.MALFORMED_CHANGE_CIPHER_SPEC,
        ),
        (z3.And(e.is_(M.NewSessionTicket), e.content.is_(Content.WRONG)), Fault.MALFORMED_TICKET),
        (strange, Fault.OUT_OF_ORDER),
        (z3.And(strange, s.position.among(*AWAITING_FINISHED)), Fault.BETWEEN_CHANGE_CIPHER_SPEC_AND_FINISHED),
        (z3.And(strange, e.is_(M.ApplicationData)), Fault.EARLY_APPLICATION_DATA),
        (z3.And(strange, e.is_(M.ChangeCipherSpec)), Fault.EARLY_CHANGE_CIPHER_SPEC),
        (z3.And(strange, e.sends(CLIENT, M.ChangeCipherSpec), signature_due(s)), Fault.OUT_OF_ORDER),
        (z3.And(strange, e.is_(M.Finished)), Fault.FINISHED_WITHOUT_CHANGE_CIPHER_SPEC),
    ]
    if isinstance(s, ClientTerm):
        cases += _client_faults(s, e)
    for condition, fault in cases:  # the later case is the more specific one
        found = choose(condition, fault, found)
    return found


def _client_faults(s: ClientTerm, e: EventTerm) -> list[tuple[z3.BoolRef, Fault]]:
    hello = e.sends(SERVER, M.ServerHello)
    may_resume = z3.Or(offers_ticket(s), z3.Not(s.client_id.is_(SessionId.EMPTY)))
    resumed, full = s.conclusion.is_(Conclusion.RESUMED), s.conclusion.is_(Conclusion.FULL)
    return [
        (z3.And(s.position.is_(P.CLIENT_HELLO), e.sender.is_(SERVER), z3.Not(hello), z3.Not(unnumbered(e))),
         Fault.BEFORE_SERVER_HELLO),
        (z3.And(hello, in_order(s, e), e.extension.is_(Extension.FILLED)), Fault.FILLED_EXTENSION),
        (z3.And(hello, in_order(s, e), e.extension.is_(Extension.REPEATED)), Fault.REPEATED_EXTENSION),
        (z3.And(hello, z3.Not(e.extension.is_(Extension.ABSENT)), s.offered.is_(Extension.ABSENT)),
         Fault.UNSOLICITED_EXTENSION),
        (z3.And(e.is_(M.NewSessionTicket), in_order(s, e), z3.Not(s.announced)), Fault.UNANNOUNCED_TICKET),
        (z3.And(starts_short(s, e), full), Fault.OUT_OF_ORDER),
        (z3.And(starts_full(s, e), resumed), Fault.OUT_OF_ORDER),
        (z3.And(starts_short(s, e), e.is_(M.NewSessionTicket), z3.Not(may_resume)), Fault.OUT_OF_ORDER),
        (z3.And(starts_short(s, e), e.is_(M.ChangeCipherSpec), z3.Not(may_resume)), Fault.EARLY_CHANGE_CIPHER_SPEC),
        (z3.And(e.is_(M.ChangeCipherSpec), in_order(s, e), s.announced, s.ticket.is_(Ticket.NONE), may_resume),
         Fault.MISSING_TICKET),
        (z3.And(e.is_(M.ChangeCipherSpec), s.position.is_(P.CLIENT_FINISHED), s.announced), Fault.MISSING_TICKET),
    ]  # fmt: skip


def _receive(s: S, e: EventTerm) -> S:
    """The state of a party that has received the event."""
    fault = _fault(s, e)
    news = z3.And(s.fault.among(*TOLERABLE), z3.Not(fault.is_(Fault.NONE)))
    taken = z3.And(z3.Or(fault.among(*TOLERABLE), fault.is_(Fault.WRONG_FINISHED)), s.fault.among(*TOLERABLE))

    def where(condition: z3.BoolRef, then: Term[E], otherwise: Term[E]) -> Term[E]:
        return choose(z3.And(taken, condition), then, otherwise)

    wrong, aborted = e.content.is_(Content.WRONG), _aborts(s, e)
    after: S = s.but(
        position=choose(taken, target(s.position, e), s.position),
        offered=where(_opens(s, e), e.extension, s.offered),
        client_id=where(_opens(s, e), e.session_id, s.client_id),
        announced=z3.If(z3.And(taken, e.is_(M.ServerHello)), z3.Not(e.extension.is_(Extension.ABSENT)), s.announced),
        server_id=where(e.is_(M.ServerHello), e.session_id, s.server_id),
        exchange=where(e.is_(M.ServerHello), e.exchange, s.exchange),
        requested=z3.Or(s.requested, z3.And(taken, e.is_(M.CertificateRequest))),
        certificates=where(e.sends(CLIENT, M.Certificate), e.certificates, s.certificates),
        ticket=where(e.is_(M.NewSessionTicket), e.ticket, s.ticket),
        swapped=z3.If(z3.And(taken, e.is_(M.NewSessionTicket)), e.swapped, s.swapped),
        peer_finished=where(e.is_(M.Finished), choose(wrong, Peer.WRONG, Peer.RIGHT), s.peer_finished),
        fault=choose(news, fault, s.fault),
        crossing=z3.If(aborted, _may_be_speaking(s.position, s.me), z3.If(news, speaks(s.position, s.me), s.crossing)),
        ending=_ending(s, e),
    )
    if isinstance(after, ClientTerm) and isinstance(s, ClientTerm):
        short, full = z3.And(taken, starts_short(s, e)), z3.And(taken, starts_full(s, e))
        settled = choose(short, Conclusion.RESUMED, choose(full, Conclusion.FULL, s.conclusion))
        after = after.but(conclusion=choose(s.conclusion.is_(Conclusion.NONE), settled, s.conclusion))
    return after


def _opens(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return z3.And(s.position.is_(P.START), e.sends(CLIENT, M.ClientHello))


def _aborts(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    """True where this fatal alert ends the connection."""
    return z3.And(e.is_(M.Alert), e.alarm.among(*FATAL), s.ending.is_(Ending.OPEN))


def _may_be_speaking(position: Term[Position], party: Party) -> z3.BoolRef:
    """True where an alert may cross what the party is saying: RFC 7918 lets a client speak early."""
    return z3.Or(speaks(position, party), position.among(*FALSE_START) if party is CLIENT else z3.BoolVal(False))


def _ending(s: PartyTerm, e: EventTerm) -> Term[Ending]:
    fatal = z3.And(e.is_(M.Alert), e.alarm.among(*FATAL))
    closes = z3.Or(e.is_(M.Close), z3.And(e.is_(M.Alert), e.alarm.is_(Alarm.CLOSE_NOTIFY)))
    now = choose(fatal, Ending.ABORTED, choose(closes, Ending.CLOSED, Ending.OPEN))
    return choose(s.ending.is_(Ending.OPEN), now, s.ending)


def _send(s: S, e: EventTerm) -> S:
    """The state of a party that has sent the event, or taken the step that the event stands for."""
    reached = target(s.position, e)
    still = z3.If(s.ending.is_(Ending.ABORTED), _may_be_speaking(reached, s.me), speaks(reached, s.me))
    checks = e.is_(M.Verification)
    finds = z3.And(checks, z3.Not(s.peer_finished.is_(Peer.ABSENT)))
    after = s.but(
        position=reached,
        offered=choose(_opens(s, e), e.extension, s.offered),
        client_id=choose(_opens(s, e), e.session_id, s.client_id),
        announced=z3.If(e.is_(M.ServerHello), z3.Not(e.extension.is_(Extension.ABSENT)), s.announced),
        server_id=choose(e.is_(M.ServerHello), e.session_id, s.server_id),
        exchange=choose(e.is_(M.ServerHello), e.exchange, s.exchange),
        requested=z3.Or(s.requested, e.is_(M.CertificateRequest)),
        certificates=choose(e.sends(CLIENT, M.Certificate), e.certificates, s.certificates),
        ticket=choose(e.is_(M.NewSessionTicket), e.ticket, s.ticket),
        verified=z3.Or(s.verified, finds),
        crossing=z3.And(s.crossing, z3.Not(e.is_(M.Silence)), z3.Not(e.aborts(s.me)), still),
        ending=_ending(s, e),
    )
    if isinstance(after, ServerTerm) and isinstance(s, ServerTerm):
        after = after.but(resumes=z3.If(e.is_(M.ServerHello), e.resumes, s.resumes))
    if isinstance(after, ClientTerm) and isinstance(s, ClientTerm):
        mind = choose(e.resumes, Conclusion.RESUMED, Conclusion.FULL)
        after = after.but(conclusion=choose(e.is_(M.Conclusion), mind, s.conclusion))
    return after


def after(s: S, e: EventTerm) -> S:
    """The party's state after an event, sent or received, this party's or the other's."""
    sent, got = _send(s, e), _receive(s, e)
    mine = e.sender.is_(s.me)
    beside = e.is_(*BESIDE)
    terms = {
        name: z3.If(mine, sent.terms[name], z3.If(beside, term, got.terms[name])) for name, term in s.terms.items()
    }
    return type(s)(s.prefix, terms)


def step(s: PartyTerm, e: EventTerm) -> PartyTerm:
    """:func:`after`, for a party of either role."""
    return after(s, e) if isinstance(s, ClientTerm) else after(s, e)  # noqa: RUF034 - two types, one rule
