"""Theorems about systems of moves: an invariant, or a run that refutes the theorem.

Where every field is a flag or an enum the states are enumerated, unless an invariant is given; where there are clocks
and counters, Spacer is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import z3

from rfc5077.model.proof.certificate import Obligation, check
from rfc5077.model.proof.finite import is_finite, reach
from rfc5077.model.proof.theorem import Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import Moment, System, Unproved, obligations, proposed, witness, witnesses

Run = tuple[Moment, ...]


@dataclass(frozen=True)
class Attempt:
    """What an attempt at a theorem has brought: obligations, or a run that refutes it, or neither."""

    obligations: tuple[Obligation, ...]
    counterexample: Run


def attempts(theorems: Iterable[Theorem], without: Without) -> Iterator[tuple[str, Attempt]]:
    """The id of each theorem about such a system, with what was made of it."""
    for theorem in theorems:
        if isinstance(theorem.claim, Unreachable):
            yield theorem.id, _attempt(f"theorem {theorem.id}", theorem.claim, without)


def _attempt(name: str, claim: Unreachable, without: Without) -> Attempt:
    """An invariant as obligations, not yet checked by both solvers; where there is none, a run to the bad states."""
    system, bad = claim.system(without), z3.And(claim.when, claim.bad)
    if is_finite(system) and claim.lemma is None:
        reached = reach(system)
        refuted = reached.nearest(bad)
        return Attempt(() if refuted else tuple(reached.obligations(name, bad)), refuted)
    if claim.lemma is not None:
        by_hand = obligations(system, name, claim.lemma, bad)
        # Under all clauses the answers are the proof's; under fewer they tell whether the lemma still holds.
        if not without or set(check("z3", [one.script for one in by_hand])) == {"unsat"}:
            return Attempt(tuple(by_hand), ())
        if shown := _run(system, bad, claim.depth):
            return Attempt((), shown)
    try:
        return Attempt(tuple(obligations(system, name, proposed(system, bad), bad)), ())
    except Unproved as failure:
        sought = failure.answer != "reachable" or claim.lemma is not None
        return Attempt((), () if sought else _run(system, bad, claim.depth))


def _run(system: System, bad: z3.BoolRef, depth: int) -> Run:
    """A shortest run to the bad states; empty where none of the depth is found."""
    try:
        return witness(system, bad, depth)
    except Unproved:
        return ()


def twins(theorems: Iterable[Theorem], without: Without) -> dict[str, Run]:
    """By theorem, a shortest run to its condition; of theorems about one system all are found together."""
    found: dict[str, Run] = {}
    systems: dict[int, tuple[System, dict[str, Unreachable]]] = {}
    for theorem in theorems:
        if isinstance(theorem.claim, Unreachable):
            system = (theorem.claim.stricter or theorem.claim.system)(without)
            systems.setdefault(id(system), (system, {}))[1][theorem.id] = theorem.claim
    for system, claims in systems.values():
        goals = {name: claim.twin for name, claim in claims.items()}
        if is_finite(system) and all(claim.lemma is None for claim in claims.values()):
            found |= {name: reach(system).nearest(goal) for name, goal in goals.items()}
            continue
        depth = max(claim.depth for claim in claims.values())
        try:
            found |= witnesses(system, goals, depth)
        except Unproved:
            found |= dict.fromkeys(claims, ())
    return found
