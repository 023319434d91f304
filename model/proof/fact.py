"""Which fact of a theorem fails at the end of the run that refutes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import z3

from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.replay import Step, values
from rfc5077.model.proof.theorem import Always, Decreasing, Theorem, TwoRuns, Unreachable, Without
from rfc5077.model.proof.unbounded import Moment

And, Not = z3.And, z3.Not
State = Mapping[str, z3.ExprRef]
"""Values by the name of the field's term."""


@dataclass(frozen=True)
class Fact:
    """What is so and should not be, as a formula or in words, and what was found: values by the name of the field."""

    what: z3.ExprRef | str
    found: Mapping[str, z3.ExprRef]


def failing(theorem: Theorem, without: Without, runs: Sequence[Sequence[Step | Moment]]) -> Fact | None:
    """The fact that fails after the last step of a counterexample; none for a claim of a kind that has no run."""
    claim, ends = theorem.claim, [state(run[-1]) for run in runs if run]
    if not ends:
        return None
    if isinstance(claim, Always):
        return _told(narrowed(claim.then(without), False, ends[0]), ends[0])
    if isinstance(claim, Unreachable):
        system = claim.system(without)
        names = {term.decl().name(): name for name, term in system.state.terms.items()}
        end = {name: ends[0][key] for name, key in names.items()}
        return _told(narrowed(claim.bad, True, end), end)
    if isinstance(claim, TwoRuns):
        if len(ends) == 1:
            return _told(narrowed(claim.alone(without), False, ends[0]), ends[0])
        return _differing(claim, without, ends)
    return _steady(claim, runs[0]) if isinstance(claim, Decreasing) else None


def state(step: Step | Moment) -> State:
    """The values after a step."""
    if isinstance(step, Moment):
        return step.values
    triple = step.client.codes, step.server.codes, step.world.codes
    return {term.decl().name(): value for term, value in zip(STATE.terms(), values(triple), strict=True)}


def _value(formula: z3.ExprRef, end: State) -> z3.ExprRef:
    pairs = [(term, end[name]) for name, term in fields(formula).items() if name in end]
    return z3.simplify(z3.substitute(formula, *pairs)) if pairs else z3.simplify(formula)


def _told(found: z3.BoolRef, end: State) -> Fact:
    return Fact(found, {name: end[name] for name in fields(found) if name in end})


def fields(formula: z3.ExprRef) -> dict[str, z3.ExprRef]:
    """The fields that a formula speaks of, in the order in which it names them."""
    found: dict[str, z3.ExprRef] = {}
    seen: set[int] = set()
    waiting = [formula]
    while waiting:
        node = waiting.pop()
        if node.get_id() in seen:
            continue
        seen.add(node.get_id())
        if node.kind() == z3.Z3_OP_UNINTERPRETED and not node.num_args():
            found[node.decl().name()] = node
        waiting += reversed(node.children())
    return found


def narrowed(formula: z3.BoolRef, holds: bool, end: State) -> z3.BoolRef:
    """A part of a formula that alone makes it true, or alone makes it false, in a state; as a formula that is true."""
    children = [cast(z3.BoolRef, child) for child in formula.children()]
    if z3.is_not(formula):
        return narrowed(children[0], not holds, end)
    if z3.is_implies(formula):
        return narrowed(z3.Or(Not(children[0]), children[1]), holds, end)
    if (z3.is_or(formula) and holds) or (z3.is_and(formula) and not holds):
        return narrowed(next(c for c in children if z3.is_true(_value(c, end)) == holds), holds, end)
    if z3.is_or(formula) or z3.is_and(formula):  # every part counts
        parts = [narrowed(child, holds, end) for child in children]
        flat = [one for part in parts for one in (part.children() if z3.is_and(part) else [part])]
        return And([cast(z3.BoolRef, one) for one in dict.fromkeys(flat)])
    return formula if holds else Not(formula)


def _differing(claim: TwoRuns, without: Without, ends: Sequence[State]) -> Fact:
    """The term that should be the same in both runs."""
    for term in claim.same(without):
        found = [_value(term, end) for end in ends]
        if not found[0].eq(found[1]):
            return Fact("the answer is not the same", {f"run {n}": one for n, one in enumerate(found, 1)})
    return Fact("the answer is not the same", {})


def _steady(claim: Decreasing, run: Sequence[Step | Moment]) -> Fact:
    """The rank before the last move and after it."""
    ranks = [_value(claim.rank(), state(step)) for step in run[-2:]]
    return Fact("the rank does not fall", dict(zip(("before", "after")[-len(ranks) :], ranks, strict=True)))
