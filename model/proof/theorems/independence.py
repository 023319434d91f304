"""Theorems about what makes no difference: an earlier handshake of the connection, and what a server remembers."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.renegotiation import CLIENTS, Phase, renegotiation
from rfc5077.model.sessions.renegotiation import S as H
from rfc5077.model.sessions.two_runs import RUNS, two_runs

And, Not, Or = z3.And, z3.Not, z3.Or
FIRST, SECOND = RUNS
BOTH_ANSWERED = And(FIRST.answered, SECOND.answered)


def _whatever_the_client_takes(without: Without) -> System:
    return renegotiation(without | CLIENTS)



THEOREMS = (
    Theorem(
        "announcement_ends_with_its_handshake",
        "In each handshake of a connection a ticket comes exactly where its own ServerHello announced one, and is "
        "announced only where its own ClientHello asked; whatever earlier handshakes announced.",
        Basis.MUST,
        Unreachable(
            _whatever_the_client_takes,
            z3.BoolVal(True),
            Or(H.unasked, H.unannounced, H.unkept),
            shown=And(H.later, H.before, H.phase.is_(Phase.QUIET)),
        ),
    ),
    Theorem(
        "wrong_finished_carries_no_announcement_on",
        "Even with a client that took a wrong Finished before, a server issues tickets exactly where it announced them "
        "in that handshake, and announces them only where it was asked in it.",
        Basis.MUST,
        Unreachable(
            _whatever_the_client_takes,
            And(H.before, H.phase.is_(Phase.QUIET), H.believed, Not(H.right)),
            Or(H.unasked, H.unannounced, H.unkept),
        ),
    ),
    Theorem(
        "answer_depends_on_no_memory",
        "Two servers with the same keys, policy and clock decide alike on one ClientHello with a ticket, whatever "
        "their caches hold and whatever they renewed (two runs; one-use tickets and invalidation by alerts apart).",
        Basis.MUST,
        Unreachable(
            two_runs,
            And(BOTH_ANSWERED, FIRST.recalled, SECOND.again, Not(SECOND.recalled)),
            FIRST.resumes != SECOND.resumes,
        ),
    ),
    Theorem(
        "decision_depends_on_no_renewal",
        "Of two servers with the same keys, policy and clock neither honours a ticket, or resumes by it, that the "
        "other does not, though the one has renewed it and the other holds the session in its cache (two runs).",
        Basis.MUST,
        Unreachable(
            two_runs,
            And(BOTH_ANSWERED, FIRST.again, Not(FIRST.recalled), SECOND.recalled),
            Or(FIRST.honours != SECOND.honours, FIRST.resumes != SECOND.resumes),
        ),
    ),
    Theorem(
        "resumed_secret_depends_on_no_memory",
        "Two servers with the same keys that resume by one ticket have the same secret, whatever their caches hold "
        "(two runs).",
        Basis.MUST,
        Unreachable(
            two_runs,
            And(BOTH_ANSWERED, FIRST.recalled, FIRST.resumes, FIRST.cached_secret != FIRST.secret),
            FIRST.secret != SECOND.secret,
        ),
    ),
)
