"""Theorems about renegotiation: what the handshake before is to the next, and whose it is."""

from __future__ import annotations

import z3

from rfc5077.model.attacker import gluing, splice
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.renegotiation import SERVERS, Phase, S, Stock, renegotiation

And, Not, Or = z3.And, z3.Not, z3.Or
G = gluing.W


def _whatever_the_server_sends(without: Without) -> System:
    return renegotiation(without | SERVERS)


def _gluing(without: Without) -> System:
    return gluing.system(without | gluing.ADVICE)


THEOREMS = (
    Theorem(
        "client_goes_by_the_handshake_at_hand",
        "Whatever a server sends, a client takes a ticket only where the ServerHello of that handshake announced one "
        "and its own ClientHello asked, and goes on only once it has come; whatever earlier handshakes announced.",
        Basis.MUST,
        Unreachable(_whatever_the_server_sends, And(S.later, S.before), Or(S.misled, S.cheated)),
    ),
    Theorem(
        "earlier_announcements_disturb_no_renegotiation",
        "A client refuses nothing that a conforming server sends in a renegotiation, whatever earlier handshakes "
        "announced.",
        Basis.MUST,
        Unreachable(renegotiation, And(S.later, S.before, Not(S.phase.is_(Phase.QUIET))), S.balked),
    ),
    Theorem(
        "ticket_outlives_renegotiations",
        "Once the store holds a ticket that a right Finished has followed, it does so still after renegotiations that "
        "were refused, cut off, or brought a ticket of zero length.",
        Basis.MUST,
        Unreachable(renegotiation, And(S.stocked, S.later, S.declined), Not(S.stock.is_(Stock.SOUND))),
    ),
    Theorem(
        "renegotiation_continues_its_own_connection",
        "Where client and server complete a handshake that is a renegotiation for either, it is one for both, of the "
        "handshake that they had with each other on this connection.",
        Basis.MUST,
        Unreachable(splice.system, splice.continued(), Not(splice.is_one_connection())),
    ),
    Theorem(
        "undisturbed_renegotiation_is_not_refused",
        "A ClientHello that nobody altered says of the handshake before what the server has to see, be it the first of "
        "its connection or a renegotiation.",
        Basis.MUST,
        Unreachable(splice.system, splice.undisturbed(), splice.hello_is_refused()),
    ),
    Theorem(
        "nobody_answers_for_the_man_in_the_middle",
        "A client that renegotiates with a man in the middle is not taken by the server for the one who spoke before.",
        Basis.MUST,
        Unreachable(_gluing, And(G.spoken, Not(G.third.is_(gluing.Repeat.NO_THIRD))), gluing.answers_for_him()),
    ),
)
