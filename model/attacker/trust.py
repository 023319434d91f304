"""Who has proved himself in a resumption through the network, and who is relied on: what the theorems speak of."""

from __future__ import annotations

import z3

from rfc5077.model.attacker.resumption import Footing, Proof, ServerRun, Shown, Subject, W

And, Not, Or = z3.And, z3.Not, z3.Or


def of_one_connection() -> z3.BoolRef:
    """True where neither party had its proof from a connection that is not watched."""
    beside = Proof.OF_PEER_BESIDE
    return Not(Or(W.client_proof.is_(beside), W.server_proof.is_(beside)))


def server_proved_itself() -> z3.BoolRef:
    """True where the client got a right Finished that the server has computed for its transcript."""
    return W.server_proof.among(Proof.OF_PEER, Proof.OF_PEER_BESIDE)


def holder_proved_himself() -> z3.BoolRef:
    """True where the server got a right Finished for its transcript, computed from the client's own secret.

    By the client, or by one to whom that secret was given away.
    """
    thief = And(W.client_proof.is_(Proof.OF_ATTACKER), W.basis.is_(Footing.OF_CLIENT), W.secret_revealed)
    owner = And(W.client_proof.among(Proof.OF_PEER, Proof.OF_PEER_BESIDE), W.basis.is_(Footing.OF_CLIENT))
    return Or(owner, thief)


def relies_on_client() -> z3.BoolRef:
    """True where the server lets its peer in, or speaks to it, as the client of the watched session."""
    return And(W.relied, W.subject.is_(Subject.CLIENT))


def honours_what_it_did_not_issue() -> z3.BoolRef:
    """True where the server resumes with a ticket that nobody got from it."""
    foreign = W.shown.among(Shown.ALTERED, Shown.EXTENDED, Shown.FORGED, Shown.SEALED_ANEW)
    return And(W.server.among(ServerRun.RESUMING, ServerRun.CERTAIN), foreign)
