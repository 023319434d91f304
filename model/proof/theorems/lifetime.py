"""Theorems about time: the hint, which the client counts, and the server's own limits."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable
from rfc5077.model.sessions.grounds import resting_on
from rfc5077.model.sessions.lemmas import ANSWERED, TICKETS, past, sealed_as_the_session
from rfc5077.model.sessions.state import STATE, Stage
from rfc5077.model.sessions.steps import sessions

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
S = STATE
LINK, A = S.link, S.a.fate
HONOURED = LINK.stage.among(*ANSWERED)
DECIDED = Or(HONOURED, LINK.stage.is_(Stage.DECLINED))


def _times() -> z3.BoolRef:
    return And([Implies(t.fate.sealed, t.fate.time == t.fate.sealed_at) for t in TICKETS])


def _profile(when: z3.BoolRef, lemma: z3.BoolRef) -> Unreachable:
    return Unreachable(resting_on(Basis.PROFILE), when, HONOURED, lemma)


THEOREMS = (
    Theorem(
        "no_ticket_is_offered_after_its_hint",
        "A ticket is offered after the client has received it, and no more once the seconds that its hint says have "
        "passed since.",
        Basis.SHOULD,
        Unreachable(
            resting_on(Basis.SHOULD),
            And(Not(LINK.stage.is_(Stage.IDLE)), A.hint > 0),
            Or(LINK.offered_at < A.arrived_at, LINK.offered_at > A.arrived_at + A.hint),
            stricter=sessions,
        ),
    ),
    Theorem(
        "hint_counts_from_receipt",
        "The client counts the hint from the ticket's receipt; a resumption without renewal does not start it anew.",
        Basis.MUST,
        Unreachable(
            resting_on(Basis.MUST),
            And(A.arrived, A.hint > 0, S.clocks.client > A.arrived_at),
            A.counted_from != A.arrived_at,
            stricter=sessions,
        ),
        follows_from="R5077-3.3-14",
    ),
    Theorem(
        "expired_ticket_is_not_honoured",
        "A server that limits the life of tickets does not honour one that is older, even if it expired between hello "
        "and answer.",
        Basis.PROFILE,
        _profile(
            And(DECIDED, LINK.age > S.deployment.life),
            And(past(), _times(), Implies(HONOURED, LINK.age <= S.deployment.life)),
        ),
    ),
    Theorem(
        "renewal_prolongs_no_session",
        "A server that limits the age of sessions does not resume an older one, however often its ticket was renewed.",
        Basis.PROFILE,
        _profile(
            And(DECIDED, LINK.session_age > S.deployment.cap),
            And(sealed_as_the_session("since"), Implies(HONOURED, LINK.session_age <= S.deployment.cap)),
        ),
    ),
)
