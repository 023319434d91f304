"""Mutants of models by what the theorems about their making say: tickets and servers are alike, what is not followed is
the environment, connections beside add nothing.

A mutant is made wherever the step that it changes stands.  A step outside the followed connection is the same in the
system whose connection offers A and in the one whose connection offers B, so it is changed in both; a step of the
connection itself is another one in each, and changed in each, so that exchanging the tickets cannot tell.  The same
goes for the system that follows a third ticket and more connections.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from rfc5077.model.attacker import beside
from rfc5077.model.lasting import all_but
from rfc5077.model.proof.digest import digest, digest_of_system
from rfc5077.model.proof.mutation import Fate
from rfc5077.model.proof.unbounded import Move, System, possible
from rfc5077.model.sessions import environment, slot, symmetry
from rfc5077.model.sessions.environment import Pair
from rfc5077.model.sessions.state import EXTENDED, MIRRORED
from rfc5077.model.sessions.steps import made

MODEL, SLOT, RESUMPTION = "sessions", "slot", "resumption"
TICKETS, SERVERS = "followed_tickets_are_alike", "servers_with_the_same_keys_are_alike"
CONNECTIONS = "renewals_of_one_place_are_alike"
ENVIRONMENT = "what_is_not_followed_is_the_environment"
BESIDE = "connections_beside_add_nothing"


def composed(system: System, number: int, move: Move) -> Fate | None:
    """Which theorem about the making of the model a changed move refutes, if z3 finds that one is."""
    old = system.moves[number]
    if system.name.startswith(SLOT):
        return Fate("refuted", CONNECTIONS) if _of_connections(system, move) else None
    if system.name.startswith(RESUMPTION):
        return Fate("refuted", BESIDE) if beside.tells(system, number, move) else None
    if system.name != MODEL:
        return None
    if _of_tickets(system, old, move):
        return Fate("refuted", TICKETS)
    if _of_servers(system, move):
        return Fate("refuted", SERVERS)
    if _of_environment(system, old, move):
        return Fate("refuted", ENVIRONMENT)
    return None


def others(model: str) -> list[str]:
    """The digests of the systems that a model is compared with."""
    if model == MODEL:
        return [digest_of_system(symmetry.offering_b()), digest_of_system(_pair(frozenset()).larger)]
    return [digest_of_system(beside.larger(frozenset()))] if model == RESUMPTION else []


# --- tickets and servers ----------------------------------------------------------------------------------------------


def _of_tickets(system: System, old: Move, move: Move) -> bool:
    """Whether a move outside the followed connection is no more what it is for the other ticket."""
    mirrored = _mirrored(system.left_out)
    other = symmetry.exchanged(move.name)
    here = mirrored.get(move.name)
    outside = here is not None and other != move.name and _same(old, here)
    return outside and possible(symmetry.TICKETS.unlike(move, mirrored[other]))


def _of_servers(system: System, move: Move) -> bool:
    """Whether a move of one server is no more what it is for the other one."""
    moves = {one.name: one for one in system.moves} | {move.name: move}
    pairs = [pair for pair in symmetry.servers(moves) if move.name in pair]
    return any(possible(symmetry.unlike_by_second(moves[first], moves[second])) for first, second in pairs)


def _of_connections(system: System, move: Move) -> bool:
    """Whether a move of one connection that renews is no more what it is for the other one."""
    moves = {one.name: one for one in system.moves} | {move.name: move}
    return possible(slot.ALIKE.unlike(move, moves[slot.exchanged(move.name)]))


@cache
def _mirrored(without: frozenset[str]) -> dict[str, Move]:
    """The moves of the system whose connection offers B, under the same clauses."""
    return {move.name: move for move in made("sessions, mirrored", MIRRORED, all_but(without)).moves}


def _same(one: Move, other: Move) -> bool:
    """Whether two moves are one and the same."""
    return digest(one.guard) == digest(other.guard) and {name: digest(term) for name, term in one.changes.items()} == {
        name: digest(term) for name, term in other.changes.items()
    }


# --- what is not followed ---------------------------------------------------------------------------------------------


@cache
def _pair(without: frozenset[str]) -> Pair:
    """The larger and the smaller system under the same clauses."""
    return environment.under(all_but(without))


def _of_environment(system: System, old: Move, move: Move) -> bool:
    """Whether a step of what is not followed is no more one of the environment, or breaks what is assumed of it."""
    pair = _pair(system.left_out)
    large = next(one for one in pair.larger.moves if one.name == move.name)
    if (changed := _changed_alike(large, old, move)) is None:
        return False
    mutant = Pair(_with(pair.larger, changed), _with(pair.smaller, move), pair.invariant)
    concerned = (
        one
        for one in mutant.larger.moves
        if one is changed or any(image.move == move.name for image in environment.imaged(one.name))
    )
    return any(possible(*formulas) for one in concerned for _, formulas in environment.questions(mutant, one))


def _changed_alike(large: Move, old: Move, new: Move) -> Move | None:
    """The move of the larger system changed as that of the smaller one is; nothing where it is made otherwise."""
    if digest(large.guard) != digest(old.guard):
        return None
    changes = dict(large.changes)
    for name, term in old.changes.items():
        if name not in new.changes:
            del changes[name]
        elif digest(changes[name]) == digest(term):
            changes[name] = new.changes[name]
        elif digest(new.changes[name]) != digest(term):
            return None
    if EXTENDED.third and (held := f"{EXTENDED.slot.prefix}.held") in old.changes and held not in new.changes:
        # Which further ticket the store holds is a part of what it holds.
        changes.pop(f"{EXTENDED.third.mark.prefix}.here", None)
    return replace(large, guard=new.guard, changes=changes)


def _with(system: System, move: Move) -> System:
    return replace(system, moves=tuple(move if one.name == move.name else one for one in system.moves))
