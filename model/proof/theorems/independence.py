"""Theorems about what makes no difference: an earlier handshake of the connection, and what a server remembers."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.renegotiation import CLIENTS, Phase, renegotiation
from rfc5077.model.sessions.renegotiation import S as H
from rfc5077.model.sessions.rules import ONE_POLICY
from rfc5077.model.sessions.two_runs import RUNS, Run, two_runs

And, Not, Or = z3.And, z3.Not, z3.Or
FIRST, SECOND = RUNS
BOTH_ANSWERED = And(FIRST.answered, SECOND.answered)


def _caches_and_renews(one: Run, other: Run) -> z3.BoolRef:
    """When they answered, the one had the session in its cache; the other had not, but had renewed the ticket."""
    return And(one.recalled, other.again, Not(other.recalled))


def _whatever_the_client_takes(without: Without) -> System:
    return renegotiation(without | CLIENTS)


def _whatever_the_policies(without: Without) -> System:
    return two_runs(without | {ONE_POLICY})


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
        "Where a client takes a wrong Finished, too, the server has issued tickets exactly in the handshakes that "
        "announced them, and announced them only where it was asked.",
        Basis.MUST,
        Unreachable(
            _whatever_the_client_takes,
            And(H.believed, Not(H.right)),
            Or(H.unasked, H.unannounced, H.unkept),
            shown=And(H.before, H.phase.is_(Phase.QUIET)),
        ),
        follows_from="announcement_ends_with_its_handshake",
    ),
    Theorem(
        "answer_depends_on_no_memory",
        "Two servers with the same keys, policy and clock that take tickets by these alone resume alike on one "
        "ClientHello with a ticket, whatever their caches hold and whatever they renewed (two runs).",
        Basis.PROFILE,
        Unreachable(two_runs, BOTH_ANSWERED, FIRST.resumes != SECOND.resumes, shown=_caches_and_renews(FIRST, SECOND)),
    ),
    Theorem(
        "decision_depends_on_no_renewal",
        "Of two servers with the same keys, policy and clock that take tickets by these alone neither honours a ticket "
        "that the other does not, whichever of them has renewed it or holds the session in its cache (two runs).",
        Basis.PROFILE,
        Unreachable(two_runs, BOTH_ANSWERED, FIRST.honours != SECOND.honours, shown=_caches_and_renews(SECOND, FIRST)),
    ),
    Theorem(
        "resumed_secret_depends_on_no_memory",
        "Two servers with the same keys that both resume on one ClientHello with a ticket have the same secret, "
        "whatever their caches hold (two runs).",
        Basis.MUST,
        Unreachable(
            _whatever_the_policies,
            And(BOTH_ANSWERED, FIRST.resumes, SECOND.resumes),
            FIRST.secret != SECOND.secret,
            shown=And(FIRST.recalled, FIRST.cached_secret != FIRST.secret),
        ),
    ),
)
