"""Theorems about two profiles that meet: which pairs complete the handshake, and how the others part."""

from __future__ import annotations

import z3

from rfc5077.model.demands import PriorSession
from rfc5077.model.parameters.event import NameRelation, Signal
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


BEGUN, ANSWERED = Not(H.at(J.START)), Not(H.at(J.START, J.ASKED, J.OVER))
COMPLETE = END.is_(Finish.COMPLETE)


def _of_hello() -> z3.BoolRef:
    """What ClientHello says follows from the demands."""
    return And(
        H.asked_ems == CLIENT_KNOWS, H.session == offers(),
        H.session_ems == And(offers(), Q.holds.is_(PriorSession.EXTENDED)),
        H.client_knows_ems == CLIENT_KNOWS, H.server_knows_ems == SERVER_KNOWS, H.signalled.is_(Signal.GIVEN),
    )  # fmt: skip


def _of_answer() -> z3.BoolRef:
    """So does what ServerHello says."""
    return And(H.ems == And(CLIENT_KNOWS, SERVER_KNOWS), H.suite_kept == resumes())


def _lemma() -> z3.BoolRef:
    """What is known at each juncture follows from the demands, and so does the end."""
    refused = END.is_(Finish.REFUSED)
    found = conditions()
    early = [found[why] for why in found if why not in (Reason.CLIENT_DEMANDS_SECRET, Reason.CERTIFICATE)]
    decided = Not(Or(*early, found[Reason.CLIENT_DEMANDS_SECRET]))
    return And(
        is_permitted(),
        Implies(BEGUN, _of_hello()),
        Implies(ANSWERED, And(_of_answer(), Not(Or(early)))),
        Implies(H.at(J.START, J.ASKED), Not(Or(H.ems, H.suite_kept))),
        H.names.is_(NameRelation.SAME),
        Not(Or(H.bound, H.named, H.limits, H.sealed, H.server_knows_names, H.server_knows_1_3, H.answered_before)),
        Implies(H.at(J.SHORT), And(resumes(), decided)),
        Implies(H.at(J.FULL), And(Not(resumes()), decided)),
        Implies(COMPLETE, And(H.at(J.SHORT, J.FULL), compatible())),
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
    Theorem(
        "hello_says_what_the_client_has",
        "Whatever is said after ClientHello, it asks for the extended master secret, and offers a session, exactly as "
        "the client demands; nobody refuses before it.",
        Basis.PROFILE,
        Unreachable(meeting, BEGUN, Not(_of_hello()), _lemma()),
    ),
    Theorem(
        "answer_is_of_what_both_have",
        "Whoever goes on after ServerHello goes by one that has the extension where both know it, and the suite of the "
        "session where that is resumed.",
        Basis.PROFILE,
        Unreachable(meeting, ANSWERED, Not(_of_answer()), _lemma()),
    ),
    Theorem(
        "question_is_asked_once",
        "While ClientHello waits for its answer, nothing of an answer is known: it is asked and answered once.",
        Basis.PROFILE,
        Unreachable(meeting, H.at(J.ASKED), Or(H.ems, H.suite_kept), _lemma()),
    ),
    Theorem(
        "refusal_is_the_last_word",
        "Where one has refused, neither says any more.",
        Basis.PROFILE,
        Unreachable(meeting, END.is_(Finish.REFUSED), Not(_stuck()), _lemma()),
    ),
    Theorem(
        "pairs_resume_by_the_formula",
        "A pair that completes without a certificate of the server's has a session that the formula lets it resume.",
        Basis.PROFILE,
        Unreachable(meeting, And(COMPLETE, H.at(J.SHORT)), Not(And(resumes(), compatible())), _lemma()),
    ),
    Theorem(
        "pairs_negotiate_by_the_formula",
        "A pair that completes in full has no session that the formula lets it resume.",
        Basis.PROFILE,
        Unreachable(meeting, And(COMPLETE, H.at(J.FULL)), Not(And(Not(resumes()), compatible())), _lemma()),
    ),
)
"""Theorems about pairs of profiles."""
