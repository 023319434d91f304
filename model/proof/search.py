"""Witnesses and counterexamples among the joint states that were reached, nearest first."""

from __future__ import annotations

from collections.abc import Iterator

import z3

from rfc5077.model.logic import Codes
from rfc5077.model.proof.explore import Explored
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.tables import Triple
from rfc5077.model.proof.theorem import Always, Certified, Decreasing, Theorem, TwoRuns, Unreachable, Without
from rfc5077.model.run.compiled import Function, compiled

RECORDS = (STATE.client, STATE.server, STATE.world)


def counterexample(theorem: Theorem, explored: Explored, without: Without) -> tuple[Triple, ...]:
    """The nearest state, or pair of states, that refutes the theorem; empty where none was reached."""
    claim = theorem.claim
    if isinstance(claim, Unreachable | Certified):
        return ()  # speaks of another system
    if isinstance(claim, Always):
        broken = compiled([z3.And(claim.when(without), z3.Not(claim.then(without)))], *RECORDS)
        return next(((state,) for state in explored.parents if broken(*state)[0]), ())
    if isinstance(claim, TwoRuns):
        return _conflict(claim, explored, without)
    return _rising(claim, explored, without)


def witness(theorem: Theorem, explored: Explored, without: Without) -> tuple[Triple, ...]:
    """The nearest state, past the start, where the theorem's condition holds, or two that differ in what it varies."""
    claim = theorem.claim
    if isinstance(claim, Unreachable | Certified):
        return ()
    later = (state for state, parent in explored.parents.items() if parent is not None)
    when = compiled([claim.when(without)], *RECORDS)
    if isinstance(claim, TwoRuns):
        return _pair(claim, explored, when)
    if isinstance(claim, Decreasing):
        return next(((state,) for state in later if when(*state)[0] and any(_moves(claim, explored, state))), ())
    return next(((state,) for state in later if when(*state)[0]), ())


def _conflict(claim: TwoRuns, explored: Explored, without: Without) -> tuple[Triple, ...]:
    linked, same = list(claim.linked()), list(claim.same(without))
    terms = compiled([claim.when(without), claim.alone(without), *linked, *same], *RECORDS)
    seen: dict[Codes, tuple[Codes, Triple]] = {}
    for state in explored.parents:
        met, determined, *found = terms(*state)
        if met and not determined:
            return (state,)
        if met:
            key, value = tuple(found[: len(linked)]), tuple(found[len(linked) :])
            first = seen.setdefault(key, (value, state))
            if first[0] != value:
                return first[1], state
    return ()


def _pair(claim: TwoRuns, explored: Explored, when: Function) -> tuple[Triple, ...]:
    terms = compiled([*claim.linked(), claim.apart()], *RECORDS)
    seen: dict[Codes, tuple[int, Triple]] = {}
    for state in explored.parents:
        if when(*state)[0]:
            *key, apart = terms(*state)
            first = seen.setdefault(tuple(key), (apart, state))
            if first[0] != apart:
                return first[1], state
    return ()


def offending(theorem: Theorem, explored: Explored, state: Triple, without: Without) -> tuple[int, Triple] | None:
    """The move, and where it leads, by which a claim about moves fails in the state that refutes it; else none."""
    claim = theorem.claim
    if not isinstance(claim, Decreasing):
        return None
    rank = compiled([claim.rank()], *RECORDS)
    before = rank(*state)[0]
    return next((move for move in _moves(claim, explored, state) if rank(*move[1])[0] >= before), None)


def _moves(claim: Decreasing, explored: Explored, state: Triple) -> Iterator[tuple[int, Triple]]:
    for number, reached in explored.moves.after(state):
        if claim.moves(explored.moves.rules[number]):
            yield number, reached


def _rising(claim: Decreasing, explored: Explored, without: Without) -> tuple[Triple, ...]:
    terms = compiled([claim.when(without), claim.rank()], *RECORDS)
    for state in explored.parents:
        met, before = terms(*state)
        if met and any(terms(*reached)[1] >= before for _, reached in _moves(claim, explored, state)):
            return (state,)
    return ()
