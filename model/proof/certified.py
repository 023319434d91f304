"""Theorems about the model itself, whose obligations are given rather than sought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import z3

from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.induction import found_by_search
from rfc5077.model.proof.invariant import on_fields
from rfc5077.model.proof.reachability import Attempt, Run
from rfc5077.model.proof.theorem import Certified, Theorem, Without
from rfc5077.model.proof.unbounded import Unproved, witness


def attempts(theorems: Iterable[Theorem], without: Without) -> Iterator[tuple[str, Attempt]]:
    """The id of each such theorem, with its obligations."""
    for theorem in theorems:
        if isinstance(theorem.claim, Certified):
            yield theorem.id, Attempt(tuple(_obligations(theorem.id, theorem.claim, without)), ())


def _obligations(id: str, claim: Certified, without: Without) -> Iterator[Obligation]:
    known = z3.BoolVal(True)
    if claim.joint:
        reached = found_by_search(without)
        known = on_fields((a + b + c for a, b, c in reached.explored.states), claim.joint)
        yield from reached.common
        yield obligation(f"theorem {id}: what holds in joint states", reached.invariant, z3.Not(known))
    yield from claim.obligations(known, without)


def twins(theorems: Iterable[Theorem], without: Without) -> dict[str, Run]:
    """By theorem, a shortest run to its condition."""
    found: dict[str, Run] = {}
    for theorem in theorems:
        if isinstance(theorem.claim, Certified):
            try:
                found[theorem.id] = witness(theorem.claim.system(without), theorem.claim.when, theorem.claim.depth)
            except Unproved:
                found[theorem.id] = ()
    return found
