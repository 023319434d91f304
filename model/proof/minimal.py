"""Minimal sufficient sets: classes with which alone a theorem is proved, none of which can be spared.

Those without which the theorem falls under all others are in every such set.  The others are dropped in heaps, those
first whose loss adds the fewest states, and a heap that cannot be spared is halved.  Fewer clauses permit more: a class
that could not be spared at first cannot be spared later.  Where a claim itself changes with the clauses, each class of
the set is dropped once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import z3

from rfc5077.model.proof.classes import asked_by, class_of, classes
from rfc5077.model.proof.digest import combined, digest_of_system
from rfc5077.model.proof.explore import explore, moves
from rfc5077.model.proof.finite import reach
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.necessity import (
    KNOWN,
    NONE,
    bad,
    binds_joint,
    digest_of_goal,
    digest_of_joint,
    enumerable,
    holds,
    invariant,
    saved,
)
from rfc5077.model.proof.tables import Triple
from rfc5077.model.proof.theorem import Always, Decreasing, Theorem, TwoRuns, Unreachable, Without
from rfc5077.model.proof.unbounded import Unproved, witness
from rfc5077.model.run.compiled import compiled

Names = tuple[str, ...]
Suffices = Callable[[frozenset[str]], bool]
MOST = 400_000
"""Joint states at most: where more come about without a counterexample, the classes in question are kept at first."""

UTMOST = 1_200_000
"""Joint states at most when a single class that was kept is dropped once more."""

RECORDS = (STATE.client, STATE.server, STATE.world)


@dataclass(frozen=True)
class Minimal:
    """Names of classes that suffice for a theorem; ``doubtful`` are those whose loss no run within reach refuted."""

    names: Names
    doubtful: Names = ()


def relevant(theorem: Theorem) -> Names:
    """The names of the classes that bind a move of the model that the theorem speaks of."""
    claim = theorem.claim
    if not isinstance(claim, Unreachable):
        return tuple(one.name for one in classes() if binds_joint(one))
    asked, full = asked_by(claim.system), digest_of_system(claim.system(NONE))
    near = [one for one in classes() if not asked.isdisjoint(one.ids)]
    return tuple(one.name for one in near if digest_of_system(claim.system(one.without)) != full)


def key(theorem: Theorem, needed: Names, order: Names) -> str:
    """The digest of all that the minimal set depends on."""
    claim, names = theorem.claim, relevant(theorem)
    if isinstance(claim, Unreachable):
        models = [digest_of_system(claim.system(NONE))]
        models += [digest_of_system(claim.system(class_of(name).without)) for name in names]
    else:
        models = [digest_of_joint(NONE)]
    tried = [name for name in order if name in names]
    return combined(["minimal", *models, digest_of_goal(theorem), *tried, "needed", *needed])


def minimal(id: str, needed: Names, order: Names) -> Minimal:
    """A minimal sufficient set for a theorem that falls without each of the needed classes.

    ``order`` names the classes in the order in which they are tried.
    """
    theorem = KNOWN[id]
    names = relevant(theorem)
    suffices = partial(_suffices, theorem, names)
    found = set(names)
    found -= _spared(found, [name for name in order if name in names and name not in needed], suffices)
    again = sorted(found - set(needed), key=names.index)
    if not isinstance(theorem.claim, Unreachable) and _changes(theorem, frozenset(names)):
        again = sorted(found, key=names.index)
    doubtful = []
    for name in again:
        refuted = _refuted(theorem, names, frozenset(found - {name}))
        if refuted is False:
            found.remove(name)
        elif refuted is None:
            doubtful.append(name)
    return Minimal(tuple(name for name in names if name in found), tuple(doubtful))


def _spared(kept: set[str], heap: Sequence[str], suffices: Suffices) -> set[str]:
    """What of a heap of classes the kept ones, to which it belongs, can do without."""
    if not heap or suffices(frozenset(kept.difference(heap))):
        return set(heap)
    if len(heap) == 1:
        return set()
    half = len(heap) // 2
    first = _spared(kept, heap[:half], suffices)
    return first | _spared(kept - first, heap[half:], suffices)


def _dropped(names: Names, kept: frozenset[str]) -> Without:
    return frozenset[str]().union(*(class_of(name).ids for name in names if name not in kept))


def _suffices(theorem: Theorem, names: Names, kept: frozenset[str]) -> bool:
    """Whether the theorem is proved with the kept classes alone."""
    claim, without = theorem.claim, _dropped(names, kept)
    if not isinstance(claim, Unreachable):
        return _joint_fate(theorem.id, without, MOST) is False
    system = claim.system(without)
    if enumerable(system):
        return not reach(system).nearest(bad(claim))
    return holds(system, invariant(theorem.id), bad(claim)) or saved(theorem.id, system)


def _refuted(theorem: Theorem, names: Names, kept: frozenset[str]) -> bool | None:
    """Whether a run refutes the theorem with the kept classes alone; unknown where there is neither run nor proof."""
    claim, without = theorem.claim, _dropped(names, kept)
    if not isinstance(claim, Unreachable):
        return _joint_fate(theorem.id, without, UTMOST)
    system = claim.system(without)
    if enumerable(system):
        return bool(reach(system).nearest(bad(claim)))
    try:
        return bool(witness(system, bad(claim), claim.depth)) or None
    except Unproved:
        return None


def _changes(theorem: Theorem, all_ids: Without) -> bool:
    """Whether what the theorem says depends on the clauses that bind."""
    claim = theorem.claim
    if isinstance(claim, Always):
        return not (claim.when(all_ids).eq(claim.when(NONE)) and claim.then(all_ids).eq(claim.then(NONE)))
    if isinstance(claim, TwoRuns):
        return not all(a.eq(b) for a, b in zip(claim.same(all_ids), claim.same(NONE), strict=True))
    return False


# --- the joint model --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _joint_fate(id: str, without: Without, most: int) -> bool | None:
    """Whether the theorem falls without these clauses; unknown where more states than ``most`` come about."""
    breaks = _breaker(KNOWN[id], without)
    seen = 0
    fallen = False

    def stop(state: Triple) -> bool:
        nonlocal seen, fallen
        seen += 1
        fallen = breaks(state)
        return fallen or seen > most

    explore(without, stop)
    return None if seen > most and not fallen else fallen


def _breaker(theorem: Theorem, without: Without) -> Callable[[Triple], bool]:
    """Tells of each state, as it is reached, whether it refutes the theorem, alone or with one that came before."""
    claim = theorem.claim
    if isinstance(claim, Always):
        broken = compiled([z3.And(claim.when(without), z3.Not(claim.then(without)))], *RECORDS)
        return lambda state: bool(broken(*state)[0])
    if isinstance(claim, TwoRuns):
        return _conflicts(claim, without)
    if isinstance(claim, Decreasing):
        return _rises(claim, without)
    raise TypeError(f"{theorem.id} speaks of no joint state")


def _conflicts(claim: TwoRuns, without: Without) -> Callable[[Triple], bool]:
    linked, same = list(claim.linked()), list(claim.same(without))
    terms = compiled([claim.when(without), claim.alone(without), *linked, *same], *RECORDS)
    first: dict[tuple[int, ...], tuple[int, ...]] = {}

    def breaks(state: Triple) -> bool:
        met, alone, *found = terms(*state)
        if not met:
            return False
        value = tuple(found[len(linked) :])
        return not alone or first.setdefault(tuple(found[: len(linked)]), value) != value

    return breaks


def _rises(claim: Decreasing, without: Without) -> Callable[[Triple], bool]:
    terms = compiled([claim.when(without), claim.rank()], *RECORDS)
    steps = moves(without)

    def breaks(state: Triple) -> bool:
        met, rank = terms(*state)
        after = (reached for number, reached in steps.after(state) if claim.moves(steps.rules[number]))
        return bool(met) and any(terms(*reached)[1] >= rank for reached in after)

    return breaks
