"""Theorems about ticket keys that change: on servers that share them, and where they are stolen."""

from __future__ import annotations

import z3

from rfc5077.model.attacker import lineage
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.grounds import resting_on
from rfc5077.model.sessions.lemmas import ANSWERED, ages_are_known
from rfc5077.model.sessions.state import STATE, Stage

And, Not, Or = z3.And, z3.Not, z3.Or
S, LINK, L = STATE, STATE.link, lineage.W
HONOURED = LINK.stage.among(*ANSWERED)
LIVE = And(LINK.age <= S.deployment.life, LINK.session_age <= S.deployment.cap)
DECLINED = And(LINK.stage.is_(Stage.DECLINED), Not(LINK.excused))


def _hoarding(without: Without) -> System:
    """Old keys need not be destroyed."""
    return lineage.system(without | {"R9325-3.4-03"})


def _honoured(window: int) -> Unreachable:
    """Shown: a ticket of an older key is answered by the second server."""
    answered = And(Or(HONOURED, LINK.stage.is_(Stage.DECLINED)), LIVE)
    shown = And(LINK.by_second, S.a.fate.key < S.keys.newest)
    lemma = ages_are_known(window)
    return Unreachable(resting_on(Basis.PROFILE, window), answered, DECLINED, lemma, depth=11, shown=shown)


THEOREMS = (
    Theorem(
        "live_ticket_is_honoured_with_one_older_key",
        "Servers that keep one older key honour every live ticket, if a key serves longer than a ticket lives and "
        "twice the clocks differ together, and is handed on before its use.",
        Basis.PROFILE,
        _honoured(1),
    ),
    Theorem(
        "live_ticket_is_honoured_with_two_older_keys",
        "Servers that keep two older keys honour every live ticket, if two keys serve longer than a ticket lives and "
        "twice the clocks differ together, and are handed on before their use.",
        Basis.PROFILE,
        _honoured(2),
    ),
    Theorem(
        "retired_key_opens_nothing",
        "A ticket whose key is older than the window is honoured by no server.",
        Basis.PROFILE,
        Unreachable(
            resting_on(Basis.PROFILE), And(Or(HONOURED, LINK.stage.is_(Stage.DECLINED)), LINK.retired), HONOURED
        ),
    ),
    Theorem(
        "keys_seized_before_a_session_open_none_of_its_tickets",
        "Keys that were seized before a session began, and replaced by then, open none of its tickets and none of its "
        "traffic, even where servers keep keys for longer than they need them.",
        Basis.SHOULD,
        Unreachable(
            _hoarding,
            And(L.seized, L.seized_at < L.born, L.key + L.window < L.seized_at),
            Or(L.sealed, lineage.read_unaided()),
            depth=6,
        ),
        follows_from="R5077-5.5-04",
    ),
    Theorem(
        "private_key_opens_no_ephemeral_session",
        "Who has the server's private key, and the key of none of its tickets, reads an ephemeral session only by its "
        "own secret.",
        Basis.MUST,
        Unreachable(
            _hoarding,
            And(L.ephemeral, L.signing_key_revealed, L.read, Not(L.seized)),
            Not(L.secret_revealed),
            depth=6,
        ),
        follows_from="recorded_traffic_needs_a_key",
    ),
    Theorem(
        "ticket_on_the_wire_gives_nothing_away",
        "A ticket that a client offers, for all to see, was sealed by the server, and without its key tells nothing of "
        "an ephemeral session.",
        Basis.MUST,
        Unreachable(
            _hoarding,
            And(L.offered, L.ephemeral, Not(L.seized), Not(L.secret_revealed)),
            Or(L.read, Not(L.sealed)),
            depth=6,
        ),
    ),
)
