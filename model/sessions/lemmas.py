"""Invariants of the many-connection model that are written by hand, where Spacer takes long or finds none."""

from __future__ import annotations

import z3

from rfc5077.model.sessions.state import STATE, Held, Stage, Ticket, same

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
S = STATE
TICKETS = (S.a, S.b)
ANSWERED = (Stage.HONOURED, Stage.RESUMED)


def past() -> z3.BoolRef:
    """What must have come before: an arrival after the sealing, storing after both, an offer after that."""
    each = [
        And(Implies(t.fate.arrived, t.fate.sealed), Implies(S.slot.held.is_(t.held), t.fate.arrived)) for t in TICKETS
    ]
    return And(*each, Implies(Not(S.link.stage.is_(Stage.IDLE)), S.a.fate.sealed))


def _honoured() -> z3.BoolRef:
    """The server has resumed; a connection that was lost later is not looked at any more."""
    return S.link.stage.among(*ANSWERED)


def sealed_as_the_session(*fields: str) -> z3.BoolRef:
    """Each ticket holds these fields of the session, and so does the server that resumes."""
    tickets = [Implies(t.fate.sealed, same(t.state, S.session, *fields)) for t in TICKETS]
    return And(past(), *tickets, Implies(_honoured(), same(S.server, S.session, *fields)))


def sealed_for_the_client() -> z3.BoolRef:
    """Each ticket, and the server that resumes, names the session's client or nobody."""

    def its(identity: z3.ArithRef) -> z3.BoolRef:
        return Or(identity == S.session.identity, identity == 0)

    tickets = [Implies(t.fate.sealed, its(t.state.identity)) for t in TICKETS]
    return And(past(), *tickets, Implies(_honoured(), its(S.server.identity)))


def _right(ticket: Ticket) -> z3.BoolRef:
    """Where the client takes a ticket for valid, a right Finished has followed it."""
    fate = ticket.fate
    return Implies(fate.proved, And(fate.arrived, fate.finished))


def _stored(ticket: Ticket) -> z3.BoolRef:
    """What is in the store, the client takes for valid, and rightly so."""
    return And(_right(ticket), Implies(S.slot.held.is_(ticket.held), ticket.fate.proved))


def _whole(ticket: Ticket) -> z3.BoolRef:
    """Where the client takes a ticket for valid, it has arrived as it was sealed."""
    return Implies(ticket.fate.proved, And(ticket.fate.arrived, Not(ticket.fate.altered)))


def kept_as_the_session(*fields: str) -> z3.BoolRef:
    """What the client keeps beside a ticket is the session."""
    ours = S.slot.held.among(Held.A, Held.B, Held.FURTHER)
    return And(*(_stored(t) for t in TICKETS), Implies(ours, same(S.kept, S.session, *fields)))


def stored_as_sealed() -> z3.BoolRef:
    """A stored ticket has arrived as it was sealed."""
    return And(*(And(_stored(t), _whole(t)) for t in TICKETS))


def offered_as_the_session(*fields: str) -> z3.BoolRef:
    """What the client offers with is the session."""
    begun = Not(S.link.stage.is_(Stage.IDLE))
    return And(kept_as_the_session(*fields), Implies(begun, same(S.client, S.session, *fields)))


def offers_what_was_proved() -> z3.BoolRef:
    """No offer was made of a ticket that no right Finished had followed."""
    return And(*(_stored(t) for t in TICKETS), Not(S.link.unproved))


def is_one_sessions() -> z3.BoolRef:
    """What is kept beside a ticket is of the ticket's session."""
    another = Implies(S.slot.held.is_(Held.ANOTHER), S.kept.secret != S.session.secret)
    return And(kept_as_the_session("secret"), another)


def is_fit() -> z3.BoolRef:
    """The store holds something to offer, unless the client deleted; a resumption is of one secret."""
    store = And(Not(S.slot.held.is_(Held.EMPTY_ONE)), Implies(S.slot.filled, Not(S.slot.held.is_(Held.NOTHING))))
    one = Implies(S.link.stage.is_(Stage.RESUMED), S.client.secret == S.server.secret)
    return And(*(_stored(t) for t in TICKETS), store, one)


def is_deleted_after_failure() -> z3.BoolRef:
    """A ticket that was part of a failure is deleted, and what is deleted is not in the store."""
    each = [
        And(
            Implies(t.fate.failed, t.fate.deleted),
            Implies(S.slot.held.is_(t.held), Not(Or(t.fate.deleted, S.slot.ended))),
        )
        for t in TICKETS
    ]
    return And(*each, Implies(S.slot.alarmed, S.slot.ended), Not(S.link.condemned), Not(S.link.orphaned))


def is_confirmed_by_the_client() -> z3.BoolRef:
    """A renewal that the server takes for delivered was, whole and with a right Finished."""
    fate = S.b.fate
    return And(
        _right(S.b),
        _whole(S.b),
        Implies(fate.confirmed, fate.answered),
        Implies(fate.answered, fate.proved),
        Not(S.link.stranded),
    )


def ages_are_known(window: int) -> z3.BoolRef:
    """A ticket whose key has been followed by k others is as old as k - 1 intervals; who declines it can say so."""
    d, c, k, fate, link = S.deployment, S.clocks, S.keys, S.a.fate, S.link
    clocks = And(c.server - c.second <= d.skew, c.second - c.server <= d.skew, k.since <= c.server, d.skew >= 0)
    ring = And(k.oldest <= k.newest - d.window, k.newest <= k.second_has, d.window == window)
    enough = window * d.interval > d.life + 2 * d.skew
    followed = [
        Implies(k.newest - fate.key > n, fate.sealed_at + n * d.interval <= k.since + d.skew) for n in range(window + 1)
    ]
    ticket = And(fate.time == fate.sealed_at, fate.sealed_at <= c.server + d.skew, fate.key <= k.newest, *followed)
    over = Or(link.age > d.life, link.session_age > d.cap)
    declined = Implies(And(link.stage.is_(Stage.DECLINED), Not(link.excused)), over)
    return And(
        sealed_as_the_session("since"), clocks, ring, enough, d.interval >= 1, Implies(fate.sealed, ticket), declined
    )
