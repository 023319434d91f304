"""Mutants of systems whose states can be enumerated: all that is reached, and a run to whatever breaks a theorem."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import z3

from rfc5077.model.logic import Codes
from rfc5077.model.proof.families import Parents, Variant, mutated, result
from rfc5077.model.proof.finite import Reached
from rfc5077.model.proof.mutants_composition import composed
from rfc5077.model.proof.mutation import EQUAL, LESS, MORE, OTHERWISE, SURVIVES, Change, Fate
from rfc5077.model.proof.unbounded import Move
from rfc5077.model.run.compiled import Function, compiled

And = z3.And


def fate(variant: Variant, number: int, move: Move, change: Change) -> Fate:
    """What becomes of a variant with one move changed.

    :raises Unconfirmed: for a run that z3 does not confirm.
    """
    guard, leads = compiled([move.guard], variant.system.state), result(variant.system, move)
    before = variant.reached.parents
    steps = _compared(variant, number, guard, leads, before)
    if steps == EQUAL:
        return Fate("equivalent", why="it moves alike in every reachable state")
    found = _search(variant, number, guard, leads)
    if found.broken is not None:
        claim = next(c for c, broken in zip(variant.claims, variant.bad(found.broken), strict=True) if broken)
        run = Reached(mutated(variant, number, move), found.parents).nearest(And(claim.when, claim.bad))
        return Fate("refuted", claim.id, len(run) - 1)
    for claim, place in zip(variant.twins, range(len(variant.twins)), strict=True):
        if place not in found.conditions:
            return Fate("vacuous", claim.id)
    if idle := variant.happening - found.happened:
        return Fate("idle", why=f"no more: {variant.system.moves[min(idle)].name}")
    if unlike := composed(variant.system, number, move):
        return unlike
    if found.parents.keys() == before.keys():
        return Fate("equivalent", why="the same states are reached")
    if found.parents.keys() < before.keys() and _compared(variant, number, guard, leads, found.parents) == LESS:
        return Fate("fewer", why="it makes no step that the model does not make")
    told = variant.told
    if all({_at(one, places) for one in found.parents} == {_at(one, places) for one in before} for places in told):
        return Fate("unread", why="the same, as far as the fields go that theorems speak of")
    if not change.of_guard and _but(variant, found.parents, change.place) == _but(variant, before, change.place):
        return Fate("unread", why=f"the same but for {change.place}, which makes no difference to a theorem there")
    if steps == MORE:
        return Fate("wider", why="it makes every step that the model makes, and every theorem is true of it")
    if _search(variant, len(variant.system.moves), guard, leads).broken is None:
        return Fate("either", why="every theorem is true of a model that makes both steps")
    more, less = len(found.parents.keys() - before.keys()), len(before.keys() - found.parents.keys())
    return Fate(SURVIVES, why=f"{more} states more, {less} fewer, and every theorem holds")


def lost(variant: Variant, number: int, move: Move) -> Fate | None:
    """A theorem that excludes nothing any more, as what it excludes comes about no more where no clause binds."""
    guard, leads = compiled([move.guard], variant.system.state), result(variant.system, move)
    if _compared(variant, number, guard, leads, variant.reached.parents) in (EQUAL, MORE):
        return None
    gone = variant.met - _search(variant, number, guard, leads).conditions
    return Fate("vacuous", variant.twins[min(gone)].id) if gone else None


def _but(variant: Variant, states: Iterable[Codes], field: str) -> set[Codes]:
    """The states without a field, each with what conditions are met there."""
    place = list(variant.system.state.terms).index(field)
    return {(*state[:place], *state[place + 1 :], *variant.conditions(state)) for state in states}


def _at(state: Codes, places: tuple[int, ...]) -> Codes:
    return tuple(state[place] for place in places)


def _compared(
    variant: Variant, number: int, guard: Function, leads: Callable[[Codes], Codes], states: Iterable[Codes]
) -> str:
    """How the steps of a changed move compare with those of the model's, in these states."""
    old_guard, old = compiled([variant.system.moves[number].guard], variant.system.state), variant.results[number]
    less = more = False
    for state in states:
        now, before = bool(guard(state)[0]), bool(old_guard(state)[0])
        less |= before and not now
        more |= now and not before
        if now and before and leads(state) != old(state):
            return OTHERWISE
    return (OTHERWISE if more else LESS) if less else MORE if more else EQUAL


@dataclass
class _Search:
    """The states reached, to the first that breaks a theorem; the moves that happen, and the conditions met."""

    parents: Parents
    happened: set[int] = field(default_factory=set)
    conditions: set[int] = field(default_factory=set)
    broken: Codes | None = None

    def look(self, variant: Variant, state: Codes) -> bool:
        """Whether a new state breaks no theorem."""
        if len(self.conditions) < len(variant.twins):
            self.conditions.update(n for n, met in enumerate(variant.conditions(state)) if met)
        if state not in variant.reached.parents and any(variant.bad(state)):
            self.broken = state
        return self.broken is None


def _search(variant: Variant, changed_move: int, guard: Function, leads: Callable[[Codes], Codes]) -> _Search:
    """What is reached with one move changed, or with one more."""
    results = [*variant.results, leads]
    results[changed_move] = leads
    start: Codes = (0,) * len(variant.system.state.terms)
    found = _Search({start: None})
    waiting = deque(found.parents)
    while waiting:
        state = waiting.popleft()
        possible = [*variant.guards(state), 0]
        possible[changed_move] = guard(state)[0]
        for number, one in enumerate(possible):
            if not one:
                continue
            found.happened.add(number)
            if (after := results[number](state)) not in found.parents:
                found.parents[after] = (state, number)
                if not found.look(variant, after):
                    return found
                waiting.append(after)
    return found
