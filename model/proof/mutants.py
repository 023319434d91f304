"""Models with one thing wrong in them, made mechanically, and what becomes of each.

A mutant that no theorem kills shows either that it is no other model, as far as theorems can see, or that no theorem
rests on what was changed.  Both are proved; a mutant of which neither can be shown survives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rfc5077.model.proof import mutants_composition, mutants_counting, mutants_finite, mutants_joint
from rfc5077.model.proof.digest import combined, digest_of_system
from rfc5077.model.proof.families import NONE, Family, Variant, families
from rfc5077.model.proof.mutation import ALIKE, FREE, KILLED, SURVIVES, UNDECIDED, Change, Fate, changed
from rfc5077.model.proof.necessity import digest_of_goal, digest_of_joint
from rfc5077.model.proof.unbounded import Move

METHOD = "3"
"""What is kept was found by this way of judging; another way has another number."""

JOINT = (mutants_joint.CLAUSES, mutants_joint.FIGURES, mutants_joint.MECHANICS)


@dataclass(frozen=True)
class Mutant:
    """A model with one thing wrong: which model, which move, clause or row of it, and what."""

    model: str
    name: str
    change: Change

    def __str__(self) -> str:
        return f"{self.model}: {self.name}: {self.change}"


def mutants() -> tuple[Mutant, ...]:
    """All of them, those of a model together."""
    joint = [Mutant(*found) for found in mutants_joint.mutants()]
    systems = [Mutant(family.name, *found) for family in families() for found in family.mutants()]
    return (*joint, *systems)


def fate(mutant: Mutant) -> Fate:
    """What becomes of a mutant: the first theorem that kills it, or why none can, or that it survives.

    :raises ReplayError: for a run of the joint model that z3 does not confirm.
    :raises Unconfirmed: for a run of a system that it does not confirm.
    """
    if mutant.model in JOINT:
        return mutants_joint.fate(mutant.model, mutant.name, mutant.change)
    return _of_system(_families()[mutant.model], mutant.name, mutant.change)


def keys(found: tuple[Mutant, ...]) -> dict[Mutant, str]:
    """By mutant, the digest of all that its fate depends on: the model, the theorems about it, and what is changed."""
    return {
        one: combined([METHOD, _model(one.model), one.model, one.name, one.change.kind, one.change.place])
        for one in found
    }


@cache
def _families() -> dict[str, Family]:
    return {family.name: family for family in families()}


@cache
def _model(name: str) -> str:
    """The digest of a model with the theorems about it."""
    if name in JOINT:
        goals = [f"{theorem.id} {digest_of_goal(theorem)}" for theorem in mutants_joint.JOINT]
        return combined([digest_of_joint(NONE), *goals])
    parts = mutants_composition.others(name)
    for variant in _families()[name].variants:
        parts.append(digest_of_system(variant.system))
        parts += [f"{claim.id} {claim.digest}" for claim in (*variant.claims, *variant.twins)]
    return combined(parts)


Place = tuple[Variant, int, Move]
"""A variant, the number of a move of it, and the move changed."""


# --- systems ----------------------------------------------------------------------------------------------------------


def _of_system(family: Family, name: str, change: Change) -> Fate:
    every: list[Place] = []
    for variant in family.variants:
        if (has := _in(variant, name, change)) is not None:
            every.append((variant, *has))
    here = [place for place in every if not place[0].lawless]
    finite = here[0][0].enumerated
    found: list[Fate | None] = []
    for place in here:
        known = mutants_finite.fate(*place, change) if finite else mutants_counting.quick(*place)
        if known is not None and known.kind in KILLED:
            return known
        found.append(known)
    if any(known is None or known.kind not in ALIKE for known in found):
        for place in every:
            lost = mutants_finite.lost if place[0].enumerated else mutants_counting.lost
            if place[0].lawless and (gone := lost(*place)):
                return gone
    fates = [_not_killed(place, change, known) for known, place in zip(found, here, strict=True)]
    return max(fates, key=lambda one: (*ALIKE, *FREE, SURVIVES, UNDECIDED).index(one.kind))


def _not_killed(place: Place, change: Change, known: Fate | None) -> Fate:
    """Why nothing kills the mutant in one variant."""
    variant, number, move = place
    if (known is None or known.kind not in ALIKE) and _unread(variant, number, change):
        return Fate("unread", why=f"no theorem depends on {move.name if change.of_guard else change.place}")
    return known or mutants_counting.proved(*place)


def _unread(variant: Variant, number: int, change: Change) -> bool:
    if change.of_guard:
        return variant.seen.isdisjoint(variant.system.moves[number].changes)
    return change.place not in variant.seen


def _in(variant: Variant, name: str, change: Change) -> tuple[int, Move] | None:
    """The number of the move, and the move changed, if the variant has what is changed."""
    for number, move in enumerate(variant.system.moves):
        if move.name == name and (other := changed(move, change)) is not None:
            return number, other
    return None
