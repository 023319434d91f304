"""What falls when clauses are dropped: an exploration in a process of its own, counterexamples replayed by z3."""

import z3

from rfc5077.model.proof.explore import Explored, Triple, explore
from rfc5077.model.proof.replay import evaluated, replayed
from rfc5077.model.proof.search import counterexample
from rfc5077.model.proof.theorem import Always, Decreasing, Theorem, TwoRuns, Unreachable
from rfc5077.model.proof.theorems import THEOREMS

JOINT = tuple(theorem for theorem in THEOREMS if not isinstance(theorem.claim, Unreachable))
"""The theorems about one handshake of client and server."""


def fallen(without: frozenset[str]) -> dict[str, str]:
    """The theorems that fall without these clauses, each with the names of its counterexample's moves.

    :raises AssertionError: if z3 does not confirm a counterexample.
    """
    explored = explore(without)
    found = {}
    for theorem in JOINT:
        states = counterexample(theorem, explored, without)
        if states:
            traces = [replayed(explored, state) for state in states]
            assert all(traces) and confirmed(theorem, explored, states, without), theorem.id
            found[theorem.id] = " | ".join("; ".join(step.rule for step in trace) for trace in traces)
    return found


def confirmed(theorem: Theorem, explored: Explored, states: tuple[Triple, ...], without: frozenset[str]) -> bool:
    """Whether z3 finds the claim false in these states."""
    claim = theorem.claim
    if not all(z3.is_true(evaluated(claim.when(without), state)) for state in states):
        return False
    if isinstance(claim, Always):
        return z3.is_false(evaluated(claim.then(without), states[0]))
    if isinstance(claim, TwoRuns):
        if len(states) == 1:
            return z3.is_false(evaluated(claim.alone(without), states[0]))
        one, other = ([evaluated(term, state) for term in claim.same(without)] for state in states)
        links = ([evaluated(term, state) for term in claim.linked()] for state in states)
        return one != other and all(a.eq(b) for a, b in zip(*links, strict=True))
    assert isinstance(claim, Decreasing)
    rank = evaluated(claim.rank(), states[0]).as_long()
    after = [
        evaluated(claim.rank(), reached).as_long()
        for number, reached in explored.moves.after(states[0])
        if claim.moves(explored.moves.rules[number])
    ]
    return max(after) >= rank
