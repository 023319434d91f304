"""Theorems about two profiles that meet: which pairs complete the handshake, and how the others part."""

from __future__ import annotations

import z3

from rfc5077.model.demands import PriorSession
from rfc5077.model.parameters.event import Signal
from rfc5077.model.parameters.state import Juncture
from rfc5077.model.proof.meeting import (
    CLIENT_KNOWS,
    END,
    SERVER_KNOWS,
    WHY,
    Finish,
    H,
    Q,
    Reason,
    compatibility,
    compatible,
    conditions,
    is_permitted,
    meeting,
    offers,
    reason,
    resumes,
)
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
J = Juncture


def _lemma() -> z3.BoolRef:
    """What is known at each juncture follows from the demands, and so does the end."""
    begun, answered = Not(H.at(J.START)), Not(H.at(J.START, J.ASKED, J.OVER))
    complete, refused = END.is_(Finish.COMPLETE), END.is_(Finish.REFUSED)
    of_hello = [
        H.asked_ems == CLIENT_KNOWS, H.session == offers(),
        H.session_ems == And(offers(), Q.holds.is_(PriorSession.EXTENDED)),
        H.client_knows_ems == CLIENT_KNOWS, H.server_knows_ems == SERVER_KNOWS, H.signalled.is_(Signal.GIVEN),
    ]  # fmt: skip
    found = conditions()
    early = [found[why] for why in found if why not in (Reason.CLIENT_DEMANDS_SECRET, Reason.CERTIFICATE)]
    decided = Not(Or(*early, found[Reason.CLIENT_DEMANDS_SECRET]))
    return And(
        is_permitted(),
        Implies(begun, And(of_hello)),
        Implies(answered, And(H.ems == And(CLIENT_KNOWS, SERVER_KNOWS), Not(Or(early)))),
        Implies(answered, H.suite_kept == resumes()),
        Not(Or(H.bound, H.named, H.limits, H.sealed, H.server_knows_names, H.server_knows_1_3, H.answered_before)),
        Implies(H.at(J.SHORT), And(resumes(), decided)),
        Implies(H.at(J.FULL), And(Not(resumes()), decided)),
        Implies(complete, And(H.at(J.SHORT, J.FULL), compatible())),
        Implies(refused, WHY.same(reason())),
        WHY.is_(Reason.NONE) == Not(refused),
        H.at(J.OVER) == refused,
    )


def _stuck() -> z3.BoolRef:
    return Not(Or([move.guard for move in meeting().moves]))


THEOREMS = (
    Theorem(
        "pairs_complete_by_the_formula",
        "A server and a client of any demands complete the handshake exactly if the printed formula of their fields "
        "holds; otherwise the first reason that it names is why one of them refuses.",
        Basis.PROFILE,
        Unreachable(
            meeting,
            Not(END.is_(Finish.PENDING)),
            Not(And(END.is_(Finish.COMPLETE) == compatible(), WHY.same(reason()))),
            _lemma(),
        ),
        formula=compatibility,
    ),
    Theorem(
        "demands_leave_a_next_step",
        "Whatever a server and a client demand, one of them has a next step that breaks no clause about the hellos, "
        "until they have completed or one has refused.",
        Basis.PROFILE,
        Unreachable(
            meeting,
            END.is_(Finish.PENDING),
            _stuck(),
            _lemma(),
        ),
    ),
)
"""Theorems about pairs of profiles."""
