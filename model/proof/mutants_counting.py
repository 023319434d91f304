"""Mutants of systems with clocks and counters: whether they keep each theorem's invariant, and reach its condition."""

from __future__ import annotations

from functools import cache

import z3

from rfc5077.model.proof.families import Claim, Variant, mutated
from rfc5077.model.proof.mutation import EQUAL, MORE, OTHERWISE, Change, Fate
from rfc5077.model.proof.unbounded import Move, System, Unproved, proposed, witness, witnesses

And, Not = z3.And, z3.Not
PATIENCE = 5_000
"""Milliseconds that z3 is given for one question."""


@cache
def _invariants(variant: Variant) -> dict[str, z3.BoolRef]:
    """By theorem, what excludes its bad states."""
    found = {}
    for claim in variant.claims:
        bad = And(claim.when, claim.bad)
        found[claim.id] = claim.lemma if claim.lemma is not None else proposed(variant.system, bad)
    return found


@cache
def _runs(variant: Variant) -> dict[str, tuple[str, ...]]:
    """By theorem, the moves of a shortest run to its condition."""
    depth = max(claim.depth for claim in variant.twins)
    runs = witnesses(variant.system, {claim.id: claim.when for claim in variant.twins}, depth)
    return {id: tuple(moment.move for moment in run[1:]) for id, run in runs.items()}


def fate(variant: Variant, number: int, move: Move, change: Change) -> Fate:
    """What becomes of a variant with one move changed."""
    system, old = variant.system, variant.system.moves[number]
    invariants, other = _invariants(variant), mutated(variant, number, move)
    for claim in variant.claims:
        if not _kept(other, old, move, invariants[claim.id]):
            return Fate("invariant", claim.id)
    known = And(*invariants.values())
    steps = _steps(system, old, move, known)
    if steps == EQUAL:
        return Fate("equivalent", why="it moves alike wherever the invariants hold")
    for claim in variant.twins if steps != MORE else []:
        run = _runs(variant)[claim.id]
        if move.name in run and not _follows(other, run, claim.when) and not _comes(other, claim, len(run)):
            return Fate("vacuous", claim.id, len(run))
    if steps == MORE:
        return Fate("wider", why="it makes every step that the model makes, and every theorem is true of it")
    if _never(known, move.guard) and not _never(known, old.guard):
        return Fate("idle", why=f"no more: {move.name}")
    # Both moves keep every invariant.
    return Fate("either", why="every theorem is true of a model that makes both steps")


def _steps(system: System, old: Move, new: Move, known: z3.BoolRef) -> str:
    """How the steps of a changed move compare with those of the model's, wherever the invariants hold."""
    differ = _differ(system, old, new)
    if not _never(known, old.guard, z3.Or(Not(new.guard), differ)):
        return OTHERWISE
    return EQUAL if _never(known, new.guard, z3.Or(Not(old.guard), differ)) else MORE


def _never(*formulas: z3.BoolRef) -> bool:
    """Whether z3 finds that these hold nowhere together."""
    solver = z3.Solver()
    solver.set("timeout", PATIENCE)
    solver.add(*formulas)
    return solver.check() == z3.unsat


def _differ(system: System, old: Move, new: Move) -> z3.BoolRef:
    """True where two moves lead to different states."""
    terms = system.state.terms
    names = dict.fromkeys([*old.changes, *new.changes])
    return z3.Or([old.changes.get(name, terms[name]) != new.changes.get(name, terms[name]) for name in names])


def _kept(system: System, old: Move, new: Move, invariant: z3.BoolRef) -> bool:
    """Whether the changed move keeps an invariant that the old one keeps; what cannot be found out counts as no."""
    after = system.after(new, invariant)
    if after.eq(invariant) or (new.guard.eq(old.guard) and after.eq(system.after(old, invariant))):
        return True
    return _never(invariant, new.guard, Not(after))


def _follows(system: System, run: tuple[str, ...], goal: z3.BoolRef) -> bool:
    """Whether moves of these names, one after the other, can lead to the goal."""
    solver = z3.Solver()
    solver.set("timeout", PATIENCE)
    solver.add(system.start)
    state = dict(system.state.terms)
    moves = {move.name: move for move in system.moves}
    for step, name in enumerate(run):
        inputs = [(term, z3.Const(f"{term.decl().name()}@{step}", term.sort())) for term in system.inputs]
        pairs = [*((system.state.terms[field], term) for field, term in state.items()), *inputs]
        solver.add(z3.substitute(moves[name].guard, *pairs))
        state |= {field: z3.substitute(term, *pairs) for field, term in moves[name].changes.items()}
    solver.add(z3.substitute(goal, *((system.state.terms[field], term) for field, term in state.items())))
    return solver.check() == z3.sat


def _comes(system: System, claim: Claim, depth: int) -> bool:
    """Whether another run of the length of the shortest one leads to the condition."""
    try:
        return bool(witness(system, claim.when, depth))
    except Unproved:
        return True
