"""Mutants of systems with clocks and counters: a run that breaks a theorem, or a proof that none does.

An invariant of the model that a mutant does not keep kills nothing: a run to a bad state does.  Where none is found,
the theorem is proved of the mutant from what is left of all invariants, or by Spacer; else it is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import z3

from rfc5077.model.proof.families import Claim, Variant, mutated
from rfc5077.model.proof.mutants_composition import composed
from rfc5077.model.proof.mutation import EQUAL, MORE, OTHERWISE, SURVIVES, UNDECIDED, Fate, conjuncts
from rfc5077.model.proof.unbounded import PATIENCE, Move, System, Unproved, asked, proposed, soonest, witnesses

And, Not, Or = z3.And, z3.Not, z3.Or
FURTHER = 2
"""Moves that a run to a bad state may have more than the bound of the theorem's own runs."""


@cache
def _invariants(variant: Variant) -> dict[str, z3.BoolRef]:
    """By theorem, what excludes its bad states."""
    found = {}
    for claim in variant.claims:
        found[claim.id] = claim.lemma if claim.lemma is not None else proposed(variant.system, _bad(claim))
    return found


def _bad(claim: Claim) -> z3.BoolRef:
    return And(claim.when, claim.bad)


def _depth(claims: Iterable[Claim]) -> int:
    return max((claim.depth for claim in claims), default=0)


@cache
def _runs(variant: Variant) -> dict[str, tuple[str, ...]]:
    """By theorem, the moves of a shortest run to its condition."""
    goals = {claim.id: claim.when for claim in variant.twins}
    runs = witnesses(variant.system, goals, _depth(variant.twins))
    return {id: tuple(moment.move for moment in run[1:]) for id, run in runs.items()}


@cache
def _happens(variant: Variant) -> frozenset[str]:
    """The moves that a run of bounded length makes possible."""
    guards = {move.name: move.guard for move in variant.system.moves}
    depth = _depth((*variant.claims, *variant.twins))
    return frozenset(name for name, run in witnesses(variant.system, guards, depth).items() if run)


def quick(variant: Variant, number: int, move: Move) -> Fate | None:
    """What becomes of a variant with one move changed, where that is cheap to find out.

    :raises ReplayError: for a run of the mutant that z3 does not confirm.
    """
    try:
        return _quick(variant, number, move)
    except Unproved as unknown:
        return Fate(UNDECIDED, why=str(unknown))


def proved(variant: Variant, number: int, move: Move) -> Fate:
    """What becomes of it where nothing kills it: every theorem is proved of it, or it is undecided."""
    try:
        return _holds(variant, number, move)
    except Unproved as unknown:
        return Fate(UNDECIDED, why=str(unknown))


def lost(variant: Variant, number: int, move: Move) -> Fate | None:
    """A theorem that excludes nothing any more, as what it excludes comes about no more where no clause binds."""
    try:
        return _vacuous(variant, mutated(variant, number, move), move)
    except Unproved:
        return None  # what is not known kills nothing


def _quick(variant: Variant, number: int, move: Move) -> Fate | None:
    """What kills the mutant, or that it is the same; nothing where a proof is wanted."""
    system, old = variant.system, variant.system.moves[number]
    other, known = mutated(variant, number, move), And(*_invariants(variant).values())
    steps = _steps(system, old, move, known)
    if steps == EQUAL:
        return Fate("equivalent", why="it moves alike wherever the invariants hold")
    return (
        _refuted(variant, other, old, move)
        or (_vacuous(variant, other, move) if steps != MORE else None)
        or _idle(variant, old, move, known)
        or composed(system, number, move)
    )


def _refuted(variant: Variant, other: System, old: Move, new: Move) -> Fate | None:
    """A run of the mutant to a bad state of a theorem whose invariant it does not keep."""
    suspects = _suspects(variant, other, old, new)
    if not suspects:
        return None
    found = soonest(other, {claim.id: _bad(claim) for claim in suspects}, _depth(suspects) + FURTHER)
    return Fate("refuted", found[0], len(found[1]) - 1) if found else None


def _suspects(variant: Variant, other: System, old: Move, new: Move) -> list[Claim]:
    """The theorems whose invariant the changed move may break."""
    invariants = _invariants(variant)
    return [claim for claim in variant.claims if not _kept(other, old, new, invariants[claim.id])]


def _vacuous(variant: Variant, other: System, move: Move) -> Fate | None:
    """A theorem whose condition comes about no more in runs of its bound."""
    runs = _runs(variant)
    gone = [c for c in variant.twins if move.name in runs[c.id] and not _follows(other, runs[c.id], c.when)]
    if gone:
        found = witnesses(other, {claim.id: claim.when for claim in gone}, _depth(gone))
        for claim in gone:
            if not found[claim.id]:
                return Fate("vacuous", claim.id, _depth(gone))
    return None


def _idle(variant: Variant, old: Move, move: Move, known: z3.BoolRef) -> Fate | None:
    """A move that happens in the model and nowhere in the mutant, wherever the invariants hold."""
    if old.name in _happens(variant) and _never(known, move.guard):
        return Fate("idle", why=f"no more: {move.name}")
    return None


def _holds(variant: Variant, number: int, move: Move) -> Fate:
    """Every theorem is proved of the mutant: it survives.

    :raises Unproved: for a theorem of which neither a run nor a proof is found.
    """
    system, old, other = variant.system, variant.system.moves[number], mutated(variant, number, move)
    steps = _steps(system, old, move, And(*_invariants(variant).values()))
    suspects = _suspects(variant, other, old, move)
    left = _left(other, conjuncts(And(*_invariants(variant).values()))) if suspects else []
    for claim in suspects:
        if not _never(*left, _bad(claim)):
            proposed(other, _bad(claim), PATIENCE)
    if steps == MORE:
        return Fate("wider", why="it makes every step that the model makes, and every theorem is true of it")
    if suspects:
        return Fate(SURVIVES, why="every theorem is true of it")
    # Both moves keep every invariant.
    return Fate("either", why="every theorem is true of a model that makes both steps")


def _left(other: System, parts: list[z3.BoolRef]) -> list[z3.BoolRef]:
    """The greatest set of these parts that the changed system keeps together.

    :raises Unproved: where z3 does not know.
    """
    kept = dict.fromkeys(range(len(parts)))
    while True:
        before = len(kept)
        for move in other.moves:
            _drop_broken(other, move, parts, kept)
        if len(kept) == before:
            return [parts[number] for number in kept]


def _drop_broken(system: System, move: Move, parts: list[z3.BoolRef], kept: dict[int, None]) -> None:
    """Drops what the move may break where all that is kept holds."""
    after = {number: system.after(move, parts[number]) for number in kept}
    after = {number: formula for number, formula in after.items() if not formula.eq(parts[number])}
    while left := [number for number in after if number in kept]:
        solver = asked(*(parts[number] for number in kept), move.guard, Not(And([after[number] for number in left])))
        answer = solver.check()
        if answer == z3.unsat:
            return
        if answer == z3.unknown:
            raise Unproved("unknown")
        found = solver.model()
        for number in left:
            if not z3.is_true(found.eval(after[number], model_completion=True)):
                del kept[number]


def _steps(system: System, old: Move, new: Move, known: z3.BoolRef) -> str:
    """How the steps of a changed move compare with those of the model's, wherever the invariants hold."""
    differ = _differ(system, old, new)
    if not _never(known, old.guard, Or(Not(new.guard), differ)):
        return OTHERWISE
    # A step that changes nothing leads nowhere.
    moving = Or([term != system.state.terms[name] for name, term in new.changes.items()])
    return EQUAL if _never(known, new.guard, moving, Or(Not(old.guard), differ)) else MORE


def _never(*formulas: z3.BoolRef) -> bool:
    """Whether z3 finds that these hold nowhere together; what it cannot say counts as no."""
    return asked(*formulas).check() == z3.unsat


def _differ(system: System, old: Move, new: Move) -> z3.BoolRef:
    """True where two moves lead to different states."""
    terms = system.state.terms
    names = dict.fromkeys([*old.changes, *new.changes])
    return Or([old.changes.get(name, terms[name]) != new.changes.get(name, terms[name]) for name in names])


def _kept(system: System, old: Move, new: Move, invariant: z3.BoolRef) -> bool:
    """Whether the changed move keeps an invariant that the old one keeps; what cannot be found out counts as no."""
    after = system.after(new, invariant)
    if after.eq(invariant) or (new.guard.eq(old.guard) and after.eq(system.after(old, invariant))):
        return True
    return _never(invariant, new.guard, Not(after))


def _follows(system: System, run: tuple[str, ...], goal: z3.BoolRef) -> bool:
    """Whether z3 finds that moves of these names, one after the other, lead to the goal."""
    solver = asked(system.start)
    state = dict(system.state.terms)
    moves = {move.name: move for move in system.moves}
    for step, name in enumerate(run):
        inputs = [(term, z3.Const(f"{term.decl().name()}@{step}", term.sort())) for term in system.inputs]
        pairs = [*((system.state.terms[field], term) for field, term in state.items()), *inputs]
        solver.add(z3.substitute(moves[name].guard, *pairs))
        state |= {field: z3.substitute(term, *pairs) for field, term in moves[name].changes.items()}
    solver.add(z3.substitute(goal, *((system.state.terms[field], term) for field, term in state.items())))
    return solver.check() == z3.sat
