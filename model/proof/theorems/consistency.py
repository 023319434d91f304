"""Theorems about the clauses themselves: no two of them contradict each other, advice included."""

from __future__ import annotations

from functools import cache

import z3

from rfc5077.model.event import CLIENT, SERVER, Party
from rfc5077.model.flows import COMPLETE, Position, speaks
from rfc5077.model.proof.profiles import ALONE, Alone, alone, concrete, permitted, sayings
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable
from rfc5077.model.proof.theorems.profiles import client_facts, server_facts
from rfc5077.model.run.says import alert
from rfc5077.model.state import Ending, Fault, Peer

And, Not, Or = z3.And, z3.Not, z3.Or


def _due(a: Alone) -> z3.BoolRef:
    """The party is to say something: it is its turn, or it has read what it must refuse."""
    s = a.state
    here = And(s.ending.is_(Ending.OPEN), Not(s.position.is_(Position.RENEGOTIATION)))
    turn = And(speaks(s.position, s.me), Not(s.position.among(*COMPLETE)))
    verified = Not(And(s.peer_finished.is_(Peer.RIGHT), Not(s.verified)))
    return And(here, verified, Or(turn, Not(s.fault.is_(Fault.NONE))))


def _no_way(party: Party) -> z3.BoolRef:
    """Whatever the party says, some clause speaks against it: one that must be kept, or advice, or a note."""
    said = [concrete(event) for event in (*sayings(party), alert(party))]
    return Not(Or([permitted(party, e, frozenset(), verdict=None) for e in said]))


@cache
def _claim(party: Party) -> Unreachable:
    facts = server_facts() if party is SERVER else client_facts()
    return Unreachable(lambda without: alone(party, without), _due(ALONE[party]), _no_way(party), facts, depth=4)


THEOREMS = tuple(
    Theorem(
        f"clauses_leave_the_{party.name.lower()}_a_way",
        f"Whenever a {party.name.lower()} that has broken nothing is to speak, something is left to say that no clause "
        "of any document speaks against, advice included: no two clauses contradict each other.",
        Basis.SHOULD,
        _claim(party),
    )
    for party in (CLIENT, SERVER)
)
"""Theorems about the clauses, for each party."""
