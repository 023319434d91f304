"""Profiles: every MAY and SHOULD as a field.

A field ranges over what the RFC permits; a forbidden answer is a finding, never a profile.  The choices are z3
expressions over the profile, the party's state and the event, like the clauses.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import z3

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    TICKETS,
    Certificates,
    EventTerm,
    Exchange,
    Extension,
    Message,
    Offer,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import SHORT, Position
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, choose, constant
from rfc5077.model.state import ClientTerm, Conclusion, Ending, Fault, ServerTerm, offers_ticket

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or
M, P = Message, Position


class ServerChoices:
    """What a server may choose.

    Each ``Ticket`` field: NONE leaves the extension out, EMPTY sends a zero-length ticket.
    """

    honours = Flag()  # R5077-3.1-13: resume by a ticket that can be opened
    issues = Choice(Ticket.SOME)  # R5077-3.1-14: to a client that has no ticket
    reissues = Choice(Ticket.SOME)  # R5077-3.1-17: after rejecting a ticket
    renews = Choice(Ticket.NONE)  # R5077-3.3-08: on resumption
    looks_up = Flag()  # RFC 5246, 7.4.1.2: resume by session_id where no ticket was presented
    renews_after_look_up = Choice(Ticket.NONE)  # K-17, K-18
    id_when_issuing = Choice(SessionId.EMPTY)  # R5077-3.4-01 advises EMPTY
    id_when_reissuing = Choice(SessionId.EMPTY)  # R5077-3.4-02
    id_otherwise = Choice(SessionId.EMPTY)  # full handshake without a ticket
    id_when_resuming = Choice(SessionId.EMPTY)  # R5077-3.4-10: to a client whose own was empty
    requests_certificate = Flag()
    exchange = Choice(Exchange.EPHEMERAL)  # the kind of suite that it picks
    shows_certificate = Flag()  # where the suite leaves the server's certificate open
    sends_key_exchange = Flag()  # where the suite leaves ServerKeyExchange open
    staples = Flag()  # CertificateStatus after its certificate
    refuses_repeated_extension = Flag()  # K-37


class ClientChoices:
    """What a client may choose."""

    tickets = Flag()  # R5077-3.2-05: send the extension at all
    forgets = Flag()  # R5077-3.3-17: keep no ticket from one connection to the next
    id_with_ticket = Choice(SessionId.EMPTY)  # R5077-3.4-04, R5077-3.4-09
    id_without_ticket = Choice(SessionId.EMPTY)  # R8446-4.1.2-01: TLS 1.3 compatibility
    concludes_by_echo = Flag()  # K-03: refuse a resumption without echo, K-04: and an echo without resumption
    refuses_baseless_echo = Flag()  # K-05: an echo of its own id where nothing was offered, at once
    keeps_old_on_empty = Flag()  # K-06: a zero-length renewal leaves the old ticket in place
    keeps_rejected = Flag()  # K-21: offer a rejected ticket again after a full handshake that brought no new one
    keeps_unfinished = Flag()  # K-21: and where that full handshake was left open
    keeps_broken = Flag()  # K-21: and where that full handshake ended in a fatal alert
    keeps_undecided = Flag()  # offer a ticket again after a fatal alert before the server showed what it made of it
    keeps_failed = Flag()  # R5077-3.2-10 advises against: offer a ticket again whose accepted handshake failed
    keeps_after_alert = Flag()  # K-20: keep a ticket whose connection ended in a fatal alert
    keeps_superseded = Flag()  # R5077-3.3-09 advises against: offer the old ticket although a renewal counts
    tolerates_missing_ticket = Flag()  # K-13
    tolerates_filled_extension = Flag()  # K-12
    tolerates_repeated_extension = Flag()  # K-37
    certificate = Choice(Certificates.EMPTY)  # what answers a CertificateRequest


class ServerProfile(Concrete, ServerChoices):
    """A server's profile as a value."""


class ClientProfile(Concrete, ClientChoices):
    """A client's profile as a value."""


class ServerProfileTerm(Symbolic, ServerChoices):
    """A server's profile as z3 terms."""


class ClientProfileTerm(Symbolic, ClientChoices):
    """A client's profile as z3 terms."""


OWN_IDS = (SessionId.EMPTY, SessionId.FRESH)
PERMITTED: Mapping[str, tuple[Enum, ...]] = {
    "id_when_issuing": OWN_IDS,
    "id_when_reissuing": OWN_IDS,
    "id_otherwise": OWN_IDS,
    "id_when_resuming": OWN_IDS,
    "id_with_ticket": OWN_IDS,
    "id_without_ticket": OWN_IDS,
    "certificate": (Certificates.EMPTY, Certificates.SOME),
}
"""What a field may hold, where that is not every value of its enum."""


def is_permitted(p: ServerProfileTerm | ClientProfileTerm) -> z3.BoolRef:
    """True where every field holds a value that is permitted."""
    fields = p.fields()
    return And([
        Or([p.terms[name] == constant(value) for value in PERMITTED[name]]) for name in fields if name in PERMITTED
    ])  # fmt: skip


# --- servers ----------------------------------------------------------------------------------------------------------


def due_ticket(p: ServerProfileTerm, s: ServerTerm, resumes: z3.BoolRef) -> Term[Ticket]:
    """The ticket that the profile gives in this handshake."""
    resumed = choose(offers_ticket(s), p.renews, p.renews_after_look_up)
    full = choose(offers_ticket(s), p.reissues, p.issues)
    given = choose(resumes, resumed, full)
    return choose(s.offered.is_(Extension.ABSENT), Ticket.NONE, given)


def looks_up(s: ServerTerm) -> z3.BoolRef:
    """True where a session_id alone is there to resume by."""
    return And(Not(offers_ticket(s)), s.client_id.is_(SessionId.CACHED))


def own_id(p: ServerProfileTerm, s: ServerTerm, resumes: z3.BoolRef) -> Term[SessionId]:
    """The session_id that the profile puts into ServerHello."""
    announces = Not(due_ticket(p, s, resumes).is_(Ticket.NONE))
    full_id = choose(announces, choose(offers_ticket(s), p.id_when_reissuing, p.id_when_issuing), p.id_otherwise)
    short_id = choose(s.client_id.is_(SessionId.EMPTY), p.id_when_resuming, SessionId.ECHOED)
    return choose(resumes, short_id, full_id)


def shows_certificate(p: ServerProfileTerm) -> z3.BoolRef:
    """True where a full handshake has the server's certificate."""
    return Or(Not(p.exchange.is_(Exchange.OTHER)), p.shows_certificate)


def sends_key_exchange(p: ServerProfileTerm) -> z3.BoolRef:
    """True where a full handshake has ServerKeyExchange."""
    return Or(p.exchange.is_(Exchange.EPHEMERAL), And(p.exchange.is_(Exchange.OTHER), p.sends_key_exchange))


def _flight(p: ServerProfileTerm, s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    """True where the event is the next of the messages from ServerHello to ServerHelloDone in a full handshake."""
    due = choose(p.requests_certificate, M.CertificateRequest, M.ServerHelloDone)
    keys = choose(sends_key_exchange(p), M.ServerKeyExchange, due)
    bare = choose(sends_key_exchange(p), M.ServerKeyExchange, M.ServerHelloDone)  # nobody is asked for a certificate
    after = [
        (P.SERVER_HELLO, choose(shows_certificate(p), M.Certificate, bare)),
        (P.SERVER_CERTIFICATE, choose(p.staples, M.CertificateStatus, keys)),
        (P.CERTIFICATE_STATUS, keys),
        (P.SERVER_KEY_EXCHANGE, due),
    ]
    return And([Implies(s.position.is_(place), e.message.same(message)) for place, message in after])


def server_chooses(p: ServerProfileTerm, s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    """True where the profile picks this event among what the server might say."""
    announces = Not(due_ticket(p, s, e.resumes).is_(Ticket.NONE))
    hello = And(
        e.exchange.same(p.exchange),
        e.session_id.same(own_id(p, s, e.resumes)),
        e.extension.same(choose(announces, Extension.EMPTY, Extension.ABSENT)),
        Implies(looks_up(s), e.resumes == p.looks_up),
    )
    negotiates = e.sends(
        SERVER, M.Certificate, M.CertificateStatus, M.ServerKeyExchange, M.CertificateRequest, M.ServerHelloDone
    )
    return And(
        Implies(e.is_(M.ServerHello), hello),
        Implies(e.sends(SERVER, M.NewSessionTicket), e.ticket.same(due_ticket(p, s, s.resumes))),
        Implies(negotiates, _flight(p, s, e)),
    )


def server_refuses(p: ServerProfileTerm, s: ServerTerm) -> z3.BoolRef:
    """True where the server has a reason to abort that it does not overlook."""
    overlooked = And(s.fault.is_(Fault.REPEATED_EXTENSION), Not(p.refuses_repeated_extension))
    return Not(Or(s.fault.is_(Fault.NONE), overlooked))


# --- clients ----------------------------------------------------------------------------------------------------------


def offered_nothing(s: ClientTerm) -> z3.BoolRef:
    """True where the client's session_id is no session's and it has no ticket: it expects a full handshake."""
    return And(s.client_id.is_(SessionId.FRESH), Not(offers_ticket(s)))


def client_chooses(p: ClientProfileTerm, s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    """True where the profile picks this event among what the client might say."""
    has_ticket = e.extension.among(*TICKETS)
    hello = And(
        e.extension.is_(Extension.ABSENT) == Not(p.tickets),
        e.session_id.same(choose(has_ticket, p.id_with_ticket, p.id_without_ticket)),
    )
    return And(
        Implies(e.is_(M.ClientHello), hello),
        Implies(e.sends(CLIENT, M.Certificate), e.certificates.same(p.certificate)),
        Implies(e.is_(M.Conclusion), Or(p.concludes_by_echo, And(offered_nothing(s), Not(e.resumes)))),
    )


def client_refuses(p: ClientProfileTerm, s: ClientTerm) -> z3.BoolRef:
    """True where the client has a reason to abort that it does not overlook."""
    overlooked = [
        (Fault.MISSING_TICKET, p.tolerates_missing_ticket),
        (Fault.FILLED_EXTENSION, p.tolerates_filled_extension),
        (Fault.REPEATED_EXTENSION, p.tolerates_repeated_extension),
    ]
    return Not(Or(s.fault.is_(Fault.NONE), *(And(s.fault.is_(fault), field) for fault, field in overlooked)))


def _keeps_old(p: ClientProfileTerm, s: ClientTerm) -> z3.BoolRef:
    """True where the ticket that was presented stays in the store, if no new one takes its place."""
    aborted, short = s.ending.is_(Ending.ABORTED), s.position.among(*SHORT)
    complete = If(short, Or(s.ticket.is_(Ticket.NONE), p.keeps_old_on_empty), p.keeps_rejected)
    rejected = If(aborted, p.keeps_broken, p.keeps_unfinished)
    begun = If(s.conclusion.is_(Conclusion.FULL), rejected, Or(Not(aborted), p.keeps_undecided))
    accepted = s.conclusion.is_(Conclusion.RESUMED)
    return If(s.verified, complete, If(accepted, Or(Not(aborted), p.keeps_failed), begun))


def offers_next(p: ClientProfileTerm, s: ClientTerm) -> Term[Offer]:
    """What the client's next hello takes from this connection."""
    given = And(s.verified, s.ticket.is_(Ticket.SOME))
    old = And(offers_ticket(s), If(given, p.keeps_superseded, _keeps_old(p, s)))
    offered = choose(old, Offer.PRESENTED, choose(given, Offer.ISSUED, Offer.NOTHING))
    broken = And(s.verified, s.ending.is_(Ending.ABORTED), Not(p.keeps_after_alert))
    return choose(Or(p.forgets, broken), Offer.NOTHING, offered)
