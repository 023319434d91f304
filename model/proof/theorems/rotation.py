"""Theorems about ticket keys that change, on servers that share them."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable
from rfc5077.model.sessions.grounds import resting_on
from rfc5077.model.sessions.lemmas import ANSWERED, ages_are_known
from rfc5077.model.sessions.state import STATE, Stage

And, Not, Or = z3.And, z3.Not, z3.Or
S, LINK = STATE, STATE.link
HONOURED = LINK.stage.among(*ANSWERED)
LIVE = And(LINK.age <= S.deployment.life, LINK.session_age <= S.deployment.cap)
DECLINED = And(LINK.stage.is_(Stage.DECLINED), Not(LINK.excused))


def _honoured(window: int) -> Unreachable:
    """Twin: a ticket of an older key is answered by the second server."""
    answered = Or(HONOURED, LINK.stage.is_(Stage.DECLINED))
    when = And(answered, LIVE, LINK.by_second, S.a.fate.key < S.keys.newest)
    return Unreachable(resting_on(Basis.PROFILE, window), when, DECLINED, ages_are_known(window))


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
)
