"""Theorems about a resumption through the network, from either side: whom a party takes its peer for, and why.

What the attacker is given, a secret or a key, is named in the condition.
"""

from __future__ import annotations

import z3

from rfc5077.model.attacker import resumption, trust
from rfc5077.model.attacker.resumption import ClientRun, Proof, ServerRun, Shown, Subject
from rfc5077.model.attacker.resumption import W as R
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System

And, Not, Or = z3.And, z3.Not, z3.Or
ANSWERED = R.server.among(ServerRun.RESUMING, ServerRun.FULL, ServerRun.CERTAIN)
BEFORE_RESUMING = R.server.among(ServerRun.DECIDING, ServerRun.FULL)
PROVED = Or(R.relied, Not(R.client_proof.is_(Proof.MISSING)))


def _resumption(without: Without) -> System:
    return resumption.system(without | resumption.ADVICE)


def _foreign(id: str, what: str, shown: Shown, follows_from: str = "") -> Theorem:
    return Theorem(
        id,
        f"{what} leads to a full handshake, unless the key that the server goes by was given away.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(R.shown.is_(shown), ANSWERED, Not(R.key_revealed)),
            Not(R.server.is_(ServerRun.FULL)),
        ),
        follows_from,
    )


THEOREMS = (
    _foreign("altered_ticket_buys_nothing", "An issued ticket with other contents", Shown.ALTERED),
    _foreign("extended_ticket_buys_nothing", "A ticket with something cut off or added", Shown.EXTENDED),
    _foreign(
        "forged_ticket_buys_nothing", "A ticket that was sealed under no key of the server", Shown.FORGED,
        "R5077-3.2-09",
    ),
    Theorem(
        "ticket_under_a_retired_key_buys_nothing",
        "A ticket that was made with a key which the server had retired before it was given away leads to a full "
        "handshake.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(R.shown.is_(Shown.SEALED_ANEW), ANSWERED, R.retired, Not(R.key_revealed)),
            Not(R.server.is_(ServerRun.FULL)),
        ),
    ),
    Theorem(
        "retired_key_lets_nobody_in",
        "Who was given a retired ticket key alone, and has opened the client's ticket with it, is not let in as the "
        "client.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(R.knows_secret, R.key_given, Not(R.key_revealed), Not(R.secret_revealed)),
            And(trust.relies_on_client(), R.client_proof.is_(Proof.OF_ATTACKER)),
        ),
    ),
    Theorem(
        "stolen_secret_needs_the_ticket",
        "Who was given the session's secret, and no key, is let in as the client by the client's own ticket alone.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(trust.relies_on_client(), R.client_proof.is_(Proof.OF_ATTACKER), R.secret_revealed, Not(R.key_given)),
            Not(R.shown.is_(Shown.GENUINE)),
        ),
    ),
    Theorem(
        "attacker_resumes_as_himself",
        "A server that resumes by a ticket of the attacker's own takes its peer for him, and has his Finished.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(R.shown.is_(Shown.HIS_OWN), R.server.is_(ServerRun.CERTAIN)),
            Not(And(R.subject.is_(Subject.ATTACKER), R.client_proof.is_(Proof.OF_ATTACKER))),
        ),
    ),
    Theorem(
        "client_proves_itself_to_whom_it_trusts",
        "Where the server has the client's Finished for the transcript that both have, the client has completed with "
        "the server's, unless the secret or the ticket key was given away.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(R.same, R.client_proof.is_(Proof.OF_PEER), Not(R.secret_revealed), Not(R.key_given)),
            Not(And(R.client.is_(ClientRun.CERTAIN), trust.server_proved_itself())),
        ),
    ),
    Theorem(
        "server_starts_from_nothing",
        "Before it resumes, and where it does not, a server relies on nobody: no Finished of an earlier connection "
        "counts in the next, and none counts beside a full handshake.",
        Basis.MUST,
        Unreachable(_resumption, BEFORE_RESUMING, Or(PROVED, R.shown.is_(Shown.NOTHING))),
        follows_from="the figures",
    ),
    Theorem(
        "client_starts_from_nothing",
        "Before it offers its ticket a client has no Finished of the server, whatever earlier connections brought.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(R.client.is_(ClientRun.AWAY), R.issued),
            Or(R.same, Not(R.server_proof.is_(Proof.MISSING))),
        ),
        follows_from="the figures",
    ),
)
"""Theorems about who passes for whom in a resumption."""
