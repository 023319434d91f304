"""Theorems about a ticket that the server refuses: the handshake goes on as if there had been none."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.refusal import (
    PERMITTED,
    Cause,
    Milestone,
    Obstacle,
    W,
    both_at_rest,
    completes,
    end_alike,
    ends_at_once,
    goes_on_in_full,
    refusal,
    settled_with,
)

And, Not, Or = z3.And, z3.Not, z3.Or
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
        Unreachable(_musts, goes_on_in_full(), W.turned_back),
    ),
    Theorem(
        "hindered_hello_is_answered_alike",
        "Where the server minds the hello, for its suites or a missing extension, it says so at the same place with a "
        "ticket that it refuses and without (two runs).",
        Basis.MUST,
        Unreachable(
            _musts,
            And(both_at_rest(), W.obstacle.is_(Obstacle.HELLO_UNWELCOME)),
            Not(end_alike()),
        ),
        follows_from="the figures",
    ),
    Theorem(
        "untrusted_server_is_refused_alike",
        "Where the client does not trust the server, it says so at the same place with a ticket that is refused and "
        "without (two runs).",
        Basis.MUST,
        Unreachable(
            _musts,
            And(both_at_rest(), W.obstacle.is_(Obstacle.SERVER_UNTRUSTED), Not(UNWANTED), Not(KNOWN_TO_BE_EXTENDED)),
            Not(end_alike()),
        ),
    ),
    Theorem(
        "unknown_client_is_refused_alike",
        "Where the server does not know the client, it says so at the same place with a ticket that it refuses and "
        "without (two runs).",
        Basis.MUST,
        Unreachable(
            _musts,
            And(both_at_rest(), W.obstacle.is_(Obstacle.CLIENT_UNKNOWN), Not(UNWANTED), Not(KNOWN_TO_BE_EXTENDED)),
            Not(end_alike()),
        ),
    ),
    Theorem(
        "unwanted_ticket_costs_the_handshake_at_once_or_not_at_all",
        "A server that does not want a ticket aborts over it as its first answer, or else the hello completes with it "
        "as it does without (two runs).",
        Basis.MUST,
        Unreachable(_musts, And(settled_with(), UNWANTED), Not(Or(completes(), ends_at_once()))),
    ),
    Theorem(
        "new_ticket_for_a_refused_one_was_announced",
        "After a ticket was refused a new one comes only where that ServerHello announced it.",
        Basis.MUST,
        Unreachable(_musts, And(goes_on_in_full(), W.milestone.is_(Milestone.TICKET_ARRIVED)), Not(W.announced)),
        follows_from="R5077-3.3-03",
    ),
    Theorem(
        "hello_without_the_extension_completes_with_no_extended_ticket",
        "With a ticket of a session that has the extended master secret no hello without it completes, resumed or in "
        "full (two runs).",
        Basis.MUST,
        Unreachable(_musts, And(settled_with(), KNOWN_TO_BE_EXTENDED), completes()),
        follows_from="R7627-5.3-04",
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
