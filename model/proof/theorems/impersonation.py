"""Theorems about a resumption through the network, from either side: whom a party takes its peer for, and why.

What the attacker is given, a secret or a key, is named in the condition.
"""

from __future__ import annotations

import z3

from rfc5077.model.attacker import resumption, trust
from rfc5077.model.attacker.resumption import ClientRun, Footing, Proof, ServerRun, Shown, Subject
from rfc5077.model.attacker.resumption import W as R
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System

And, Not, Or = z3.And, z3.Not, z3.Or
ANSWERED = R.server.among(ServerRun.RESUMING, ServerRun.FULL, ServerRun.CERTAIN)
IDLE = R.server.is_(ServerRun.LISTENING)
RESUMING = R.server.among(ServerRun.RESUMING, ServerRun.CERTAIN)
NOT_RESUMING = R.server.among(ServerRun.LISTENING, ServerRun.DECIDING, ServerRun.FULL)
ABOUT_NOBODY = Or(R.subject.is_(Subject.NOBODY), R.basis.is_(Footing.NO_SECRET), R.shown.is_(Shown.NOTHING))
OF_CLIENT = R.shown.among(Shown.GENUINE, Shown.EXTENDED)
TOO_EARLY = And(OF_CLIENT, Not(R.issued))
PROVED = Or(R.relied, Not(R.client_proof.is_(Proof.MISSING)))
BOTH = And(
    R.same, R.client.is_(ClientRun.CERTAIN), R.server.is_(ServerRun.CERTAIN),
    R.client_proof.is_(Proof.OF_PEER), R.server_proof.is_(Proof.OF_PEER),
)  # fmt: skip
AGREED = And(R.shown.is_(Shown.GENUINE), R.basis.is_(Footing.OF_CLIENT), R.subject.is_(Subject.CLIENT))


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
        "secret_stays_unknown_beside_other_connections",
        "While a client completes with another connection of the server, nobody learns the session's secret, unless "
        "it or the ticket key was given away.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(
                R.client.is_(ClientRun.CERTAIN), R.server_proof.is_(Proof.OF_PEER_BESIDE),
                Not(R.secret_revealed), Not(R.key_given),
            ),
            R.knows_secret,
        ),
    ),
    Theorem(
        "finished_of_the_client_counts_for_its_ticket_alone",
        "A server that takes a Finished of another connection of the client was shown the client's ticket, octet for "
        "octet.",
        Basis.MUST,
        Unreachable(
            _resumption,
            And(R.server.is_(ServerRun.CERTAIN), R.client_proof.is_(Proof.OF_PEER_BESIDE)),
            Not(R.shown.is_(Shown.GENUINE)),
        ),
    ),
    Theorem(
        "both_complete_on_the_ticket",
        "Client and server that complete with each other rest on the client's ticket and session; and the client may "
        "keep its ticket.",
        Basis.MUST,
        Unreachable(_resumption, And(BOTH, Not(R.deleted)), Not(AGREED)),
        follows_from="the figures",
    ),
    Theorem(
        "server_starts_from_nothing",
        "Before it resumes, and where it does not, a server relies on nobody: no ticket and no Finished of an earlier "
        "connection counts in the next, and none counts beside a full handshake.",
        Basis.MUST,
        Unreachable(_resumption, NOT_RESUMING, Or(PROVED, Not(R.shown.is_(Shown.NOTHING) == IDLE))),
        follows_from="the figures",
    ),
    Theorem(
        "server_resumes_a_session",
        "A server that resumes has a session, a ticket and somebody whom it is about; the client's only once there is "
        "one.",
        Basis.MUST,
        Unreachable(_resumption, Or(RESUMING, OF_CLIENT), Or(And(RESUMING, ABOUT_NOBODY), TOO_EARLY)),
        follows_from="the figures",
    ),
    Theorem(
        "server_relies_on_nobody_unproved",
        "A server that resumes has let its peer in, or spoken to it, exactly once it has taken the client's Finished.",
        Basis.MUST,
        Unreachable(
            _resumption,
            R.server.among(ServerRun.RESUMING, ServerRun.CERTAIN),
            Not(R.relied == R.server.is_(ServerRun.CERTAIN)),
            shown=R.relied,
        ),
        follows_from="R5246-7.3-01",
    ),
    Theorem(
        "secret_is_safe_before_its_ticket",
        "Before the client's ticket is issued nobody has learnt the secret of its session but from a holder, whatever "
        "keys were given away.",
        Basis.MUST,
        Unreachable(_resumption, And(Not(R.issued), Not(R.secret_revealed)), R.knows_secret, shown=R.knows_key),
        follows_from="R5077-3.4-05",
    ),
    Theorem(
        "alert_in_clear_costs_the_client_its_ticket_alone",
        "A client that gives up has deleted the ticket that it offered, and relies on nobody.",
        Basis.MUST,
        Unreachable(
            _resumption,
            R.client.is_(ClientRun.GIVEN_UP),
            Not(R.deleted),
            shown=R.server_proof.is_(Proof.MISSING),
        ),
        follows_from="the figures",
    ),
    Theorem(
        "client_starts_from_nothing",
        "Before it offers its ticket a client has no Finished of the server, whatever earlier connections brought; and "
        "it offers what it was issued.",
        Basis.MUST,
        Unreachable(
            _resumption,
            Or(And(R.client.is_(ClientRun.AWAY), R.issued), R.client.is_(ClientRun.OFFERING)),
            Or(
                And(R.client.is_(ClientRun.AWAY), Or(R.same, Not(R.server_proof.is_(Proof.MISSING)))),
                And(R.client.is_(ClientRun.OFFERING), Not(R.issued)),
            ),
        ),
        follows_from="the figures",
    ),
)
"""Theorems about who passes for whom in a resumption."""
