"""Mutants of the many-connection model by what the theorems about its making say: tickets and servers are alike.

A mutant is made wherever the step that it changes stands.  A step outside the followed connection is the same in the
system whose connection offers A and in the one whose connection offers B, so it is changed in both; a step of the
connection itself is another one in each, and changed in each, so that exchanging the tickets cannot tell.
"""

from __future__ import annotations

from functools import cache

import z3

from rfc5077.model.lasting import all_but
from rfc5077.model.proof.digest import digest
from rfc5077.model.proof.mutation import Fate
from rfc5077.model.proof.unbounded import Move, System
from rfc5077.model.sessions import symmetry
from rfc5077.model.sessions.state import MIRRORED
from rfc5077.model.sessions.steps import made

MODEL = "sessions"
TICKETS, SERVERS = "followed_tickets_are_alike", "servers_with_the_same_keys_are_alike"
PATIENCE = 5_000
"""Milliseconds that z3 is given for one question."""


def composed(system: System, number: int, move: Move) -> Fate | None:
    """Which theorem about the making of the model a changed move refutes, if z3 finds that one is."""
    if system.name != MODEL:
        return None
    moves, old = {one.name: one for one in system.moves}, system.moves[number]
    mirrored = _mirrored(system.left_out)
    other = symmetry.exchanged(move.name)
    here = mirrored.get(move.name)
    outside = here is not None and other != move.name and _same(old, here)
    if outside and _sat(symmetry.unlike(move, mirrored[other])):
        return Fate("refuted", TICKETS)
    for first, second in symmetry.servers(moves):
        if move.name in (first, second):
            one, two = (move if name == move.name else moves[name] for name in (first, second))
            if _sat(symmetry.unlike_by_second(one, two)):
                return Fate("refuted", SERVERS)
    return None


@cache
def _mirrored(without: frozenset[str]) -> dict[str, Move]:
    """The moves of the system whose connection offers B, under the same clauses."""
    return {move.name: move for move in made("sessions, mirrored", MIRRORED, all_but(without)).moves}


def _same(one: Move, other: Move) -> bool:
    """Whether two moves are one and the same."""
    return digest(one.guard) == digest(other.guard) and {name: digest(term) for name, term in one.changes.items()} == {
        name: digest(term) for name, term in other.changes.items()
    }


def _sat(formula: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.set("timeout", PATIENCE)
    solver.add(formula)
    return solver.check() == z3.sat
