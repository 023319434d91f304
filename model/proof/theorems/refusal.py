"""Theorems about a ticket that the server refuses: the handshake goes on as if there had been none."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.refusal import PERMITTED, Cause, Round, W, completes, refusal, settled_with

And, Not = z3.And, z3.Not
UNWANTED, KNOWN_TO_BE_EXTENDED = W.cause.is_(Cause.UNWANTED), W.cause.is_(Cause.EXTENDED_SESSION)


def _musts(without: Without) -> System:
    return refusal(without | PERMITTED)


THEOREMS = (
    Theorem(
        "refused_ticket_costs_no_handshake",
        "A hello that completes without its ticket completes with it too, though the server refuses it: a ticket that "
        "does not open, of another name, or of a session without the extended master secret (two runs).",
        Basis.MUST,
        Unreachable(_musts, And(settled_with(), Not(UNWANTED), Not(KNOWN_TO_BE_EXTENDED)), Not(completes())),
    ),
    Theorem(
        "unwanted_ticket_costs_no_handshake",
        "Where a server that does not want a ticket goes on in full, the hello completes with it as it does without "
        "(two runs).",
        Basis.PROFILE,
        Unreachable(refusal, And(settled_with(), UNWANTED), Not(completes())),
    ),
    Theorem(
        "refused_handshake_comes_to_its_end",
        "After a ticket was refused every step of client and server brings the end of the handshake nearer.",
        Basis.MUST,
        Unreachable(_musts, And(W.round.is_(Round.WITH_TICKET), W.answered), W.turned_back),
    ),
    Theorem(
        "only_a_missing_extension_costs_the_handshake",
        "A hello that completes without its ticket, and not with it, lacks the extended master secret that the "
        "ticket's session has.",
        Basis.MUST,
        Unreachable(_musts, And(settled_with(), Not(completes()), Not(UNWANTED)), Not(KNOWN_TO_BE_EXTENDED)),
        follows_from="refused_ticket_costs_no_handshake",
    ),
)
