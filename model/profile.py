"""Profiles: every MAY and SHOULD as a field.

A field ranges over what the RFC permits; a forbidden answer is a finding, never a profile.  The choices are z3
expressions over the profile, the party's state and the event, like the clauses.
"""

from __future__ import annotations

import z3

from rfc5077.model.event import CLIENT, SERVER, Certificates, EventTerm, Exchange, Extension, Message, SessionId, Ticket
from rfc5077.model.flows import Position
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, choose
from rfc5077.model.state import ClientTerm, ServerTerm, offers_ticket

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
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
    tolerates_missing_ticket = Flag()  # K-13
    certificate = Choice(Certificates.EMPTY)  # what answers a CertificateRequest


class ServerProfile(Concrete, ServerChoices):
    """A server's profile as a value."""


class ClientProfile(Concrete, ClientChoices):
    """A client's profile as a value."""


class ServerProfileTerm(Symbolic, ServerChoices):
    """A server's profile as z3 terms."""


class ClientProfileTerm(Symbolic, ClientChoices):
    """A client's profile as z3 terms."""


def _due_ticket(p: ServerProfileTerm, s: ServerTerm, resumes: z3.BoolRef) -> Term[Ticket]:
    """The ticket that the profile gives in this handshake."""
    resumed = choose(offers_ticket(s), p.renews, p.renews_after_look_up)
    full = choose(offers_ticket(s), p.reissues, p.issues)
    given = choose(resumes, resumed, full)
    return choose(s.offered.is_(Extension.ABSENT), Ticket.NONE, given)


def server_chooses(p: ServerProfileTerm, s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    """True where the profile picks this event among what the server might say."""
    announces = Not(_due_ticket(p, s, e.resumes).is_(Ticket.NONE))
    looks_up = And(Not(offers_ticket(s)), s.client_id.is_(SessionId.CACHED))
    full_id = choose(announces, choose(offers_ticket(s), p.id_when_reissuing, p.id_when_issuing), p.id_otherwise)
    own_id = choose(e.resumes, choose(s.client_id.is_(SessionId.EMPTY), p.id_when_resuming, SessionId.ECHOED), full_id)
    hello = And(
        e.exchange.is_(Exchange.EPHEMERAL),
        e.session_id.same(own_id),
        e.extension.same(choose(announces, Extension.EMPTY, Extension.ABSENT)),
        Implies(looks_up, e.resumes == p.looks_up),
    )
    asks = And(s.position.is_(P.SERVER_KEY_EXCHANGE), p.requests_certificate)
    return And(
        Implies(e.is_(M.ServerHello), hello),
        Implies(e.sends(SERVER, M.NewSessionTicket), e.ticket.same(_due_ticket(p, s, s.resumes))),
        Implies(e.is_(M.CertificateRequest), asks),
        Implies(e.is_(M.ServerHelloDone), Not(asks)),
        Not(e.is_(M.CertificateStatus)),
    )


def client_chooses(p: ClientProfileTerm, s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    """True where the profile picks this event among what the client might say."""
    has_ticket = Not(e.extension.among(Extension.ABSENT, Extension.EMPTY))
    hello = And(
        e.extension.is_(Extension.ABSENT) == Not(p.tickets),
        e.session_id.same(choose(has_ticket, p.id_with_ticket, p.id_without_ticket)),
    )
    return And(
        Implies(e.is_(M.ClientHello), hello),
        Implies(e.sends(CLIENT, M.Certificate), e.certificates.same(p.certificate)),
        Implies(e.is_(M.Conclusion), p.concludes_by_echo),
    )
