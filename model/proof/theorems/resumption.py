"""Theorems about what a resumed session has in common with the one that was sealed."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable
from rfc5077.model.sessions.grounds import resting_on
from rfc5077.model.sessions.lemmas import (
    ANSWERED,
    offered_as_the_session,
    past,
    sealed_as_the_session,
    sealed_for_the_client,
)
from rfc5077.model.sessions.rules import INHERITED
from rfc5077.model.sessions.state import STATE, Stage, same
from rfc5077.model.sessions.steps import sessions

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
S, LINK = STATE, STATE.link
HONOURED = LINK.stage.among(*ANSWERED)
RESUMED = LINK.stage.is_(Stage.RESUMED)

CHECKING = frozenset({"R7627-5.3-03", "R7627-5.3-04"})
"""How a server minds the kind of the session."""
ANSWERING = frozenset({"R7627-5.3-06", "R7627-5.2-03"})
"""How it answers the extension."""

FAITHFUL = frozenset(id for pair in INHERITED.values() for id in pair)
"""How tickets and resumptions keep what the session is."""


TRUE = z3.BoolVal(True)


def _about(
    basis: Basis, when: z3.BoolRef, bad: z3.BoolRef, lemma: z3.BoolRef | None = None, shown: z3.BoolRef = TRUE
) -> Unreachable:
    return Unreachable(resting_on(basis), when, bad, lemma, sessions, shown=shown)


def _kept(basis: Basis, shown: z3.BoolRef, *fields: str) -> Unreachable:
    """The server that resumes has these fields of the session."""
    lemma = sealed_as_the_session(*fields)
    return _about(basis, HONOURED, Not(same(S.server, S.session, *fields)), lemma, shown)


def _one_kind_at_the_server() -> z3.BoolRef:
    return And(sealed_as_the_session("extended"), Implies(HONOURED, LINK.extended == S.session.extended))


def _one_kind_at_the_client() -> z3.BoolRef:
    return And(offered_as_the_session("extended"), Implies(RESUMED, LINK.answer_extended == S.session.extended))


def _as_it_was_sealed() -> z3.BoolRef:
    """What is offered has arrived; what is resumed or renewed has so, as it was sealed."""
    fate = S.a.fate
    whole = And(fate.arrived, Not(fate.altered))
    offered = Implies(Not(LINK.stage.is_(Stage.IDLE)), fate.arrived)
    return And(past(), offered, Implies(Or(HONOURED, S.b.fate.renews), whole))


THEOREMS = (
    Theorem(
        "resumed_secret_is_the_sealed_one",
        "A server that resumes has the master secret of the session that was sealed, after any number of renewals.",
        Basis.MUST,
        _kept(Basis.MUST, S.a.fate.renews, "secret"),
    ),
    Theorem(
        "resumed_suite_is_the_sealed_one",
        "A server that resumes has the cipher suite of the session that was sealed.",
        Basis.MUST,
        _kept(Basis.MUST, S.session.suite != S.session.version, "suite"),
    ),
    Theorem(
        "resumed_version_is_the_sealed_one",
        "A server with the recommended format resumes in the version of the session that was sealed.",
        Basis.FORMAT,
        _kept(Basis.FORMAT, LINK.by_second, "version"),
    ),
    Theorem(
        "resumed_session_is_of_the_sealed_kind",
        "A server that resumes knows whether the session that was sealed has the extended master secret.",
        Basis.MUST,
        _kept(Basis.MUST, S.session.extended, "extended"),
    ),
    Theorem(
        "resumed_client_is_the_sealed_one_or_nobody",
        "A server with the recommended format takes the client of a resumption for the one that was sealed, or for "
        "nobody, never for another.",
        Basis.FORMAT,
        _about(
            Basis.FORMAT,
            HONOURED,
            Not(Or(S.server.identity == S.session.identity, S.server.identity == 0)),
            sealed_for_the_client(),
            S.session.identity > 0,
        ),
    ),
    Theorem(
        "client_offers_with_the_session_that_it_got",
        "A client that offers a ticket goes on with secret, suite and kind of the session in which it was issued.",
        Basis.MUST,
        _about(
            Basis.MUST,
            Not(LINK.stage.is_(Stage.IDLE)),
            Not(same(S.client, S.session, "secret", "suite", "extended")),
            offered_as_the_session("secret", "suite", "extended"),
            S.a.fate.renews,
        ),
    ),
    Theorem(
        "altered_ticket_is_neither_resumed_nor_renewed",
        "A ticket that was altered on its way to the client brings it no resumption and no new ticket.",
        Basis.MUST,
        _about(
            Basis.MUST,
            S.a.fate.altered,
            Or(HONOURED, S.b.fate.renews),
            _as_it_was_sealed(),
        ),
        follows_from="R5077-3.2-09",
    ),
    Theorem(
        "resumption_completes_with_one_secret_and_suite",
        "Even where servers seal and resume what they like, a client completes a resumption only with a server that "
        "has the same secret and the same suite.",
        Basis.MUST,
        Unreachable(
            resting_on(Basis.MUST, absent=FAITHFUL),
            RESUMED,
            Not(same(S.client, S.server, "secret", "suite")),
            stricter=sessions,
        ),
        follows_from="R5246-7.4.9-01 and R5246-7.4.1.3-04",
    ),
    Theorem(
        "server_resumes_for_hellos_of_the_same_kind",
        "A server resumes a session with the extended master secret for hellos with the extension alone, and one "
        "without it for hellos without.",
        Basis.MUST,
        _about(Basis.MUST, And(HONOURED, LINK.extended), Not(S.session.extended), _one_kind_at_the_server()),
    ),
    Theorem(
        "server_resumes_old_sessions_for_old_hellos",
        "A server that resumes for a hello without the extension resumes a session without the extended master secret.",
        Basis.MUST,
        _about(Basis.MUST, And(HONOURED, Not(LINK.extended)), S.session.extended, _one_kind_at_the_server()),
    ),
    Theorem(
        "client_resumes_with_answers_of_the_same_kind",
        "Whatever the server makes of the extension, a client resumes a session with the extended master secret on "
        "ServerHellos with it alone, and one without on those without.",
        Basis.MUST,
        Unreachable(
            resting_on(Basis.MUST, absent=CHECKING | ANSWERING),
            RESUMED,
            LINK.answer_extended != S.session.extended,
            _one_kind_at_the_client(),
            sessions,
            shown=S.b.fate.sealed,
        ),
    ),
    Theorem(
        "no_session_is_mixed",
        "Even where the server answers the extension without regard to the session, both sides resume a session "
        "without the extended master secret on two hellos without it alone.",
        Basis.MUST,
        Unreachable(
            resting_on(Basis.MUST, absent=CHECKING),
            And(RESUMED, Not(S.session.extended)),
            Or(LINK.extended, LINK.answer_extended, S.client.extended),
            And(_one_kind_at_the_client(), Implies(HONOURED, LINK.extended == LINK.answer_extended)),
            sessions,
        ),
    ),
    Theorem(
        "session_stays_with_its_name",
        "A server that keeps the name in the ticket resumes no session for a hello with another server name.",
        Basis.FORMAT,
        _about(
            Basis.FORMAT,
            HONOURED,
            LINK.name != S.session.name,
            And(sealed_as_the_session("name"), Implies(HONOURED, LINK.name == S.session.name)),
            LINK.name != S.deployment.server,
        ),
    ),
    Theorem(
        "client_offers_a_session_under_its_name",
        "A client's hello that offers a ticket has the server name of the session.",
        Basis.SHOULD,
        _about(
            Basis.SHOULD,
            Not(LINK.stage.is_(Stage.IDLE)),
            LINK.name != S.session.name,
            shown=LINK.name != S.deployment.server,
        ),
    ),
)
