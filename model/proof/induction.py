"""The obligations of theorems about joint states: one invariant for all, then what each claim needs beside it.

The search gives the reachable joint states; written as a decision diagram they are the invariant.  Nothing that the
search says is believed: were a state missing, consecution would fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import z3

from rfc5077.model.proof.certificate import INITIATION, Obligation, consecution, obligation
from rfc5077.model.proof.explore import Explored, explore
from rfc5077.model.proof.invariant import Diagram
from rfc5077.model.proof.joint import STATE, Rule
from rfc5077.model.proof.replay import values
from rfc5077.model.proof.search import counterexample
from rfc5077.model.proof.tables import Triple
from rfc5077.model.proof.theorem import Always, Decreasing, Theorem, TwoRuns, Without

And, Not, Or = z3.And, z3.Not, z3.Or


@dataclass(frozen=True)
class Draft:
    """The theorems about joint states before the solvers have spoken; ``common`` is the invariant's own."""

    explored: Explored
    nodes: int
    common: list[Obligation]
    failures: dict[str, tuple[Triple, ...]]
    safety: dict[str, list[Obligation]]

    def obligations(self) -> list[Obligation]:
        """The invariant's own, then those of all theorems, in order."""
        return [*self.common, *(one for found in self.safety.values() for one in found)]


@dataclass(frozen=True)
class Reached:
    """What the search found: the states, the invariant that they are, and the obligations that it is one."""

    explored: Explored
    nodes: int
    invariant: z3.BoolRef
    common: tuple[Obligation, ...]


@lru_cache(maxsize=1)  # theorems of more than one kind speak of joint states
def found_by_search(without: Without) -> Reached:
    """All joint states, under all clauses but those of the given ids, as an invariant."""
    explored = explore(without)
    diagram = Diagram(a + b + c for a, b, c in explored.states)
    invariant = diagram.formula()
    common = (*initiation(invariant, explored.starts), *closure(invariant, explored))
    return Reached(explored, len(diagram.nodes), invariant, common)


def draft(theorems: Iterable[Theorem], without: Without) -> Draft:
    """Obligations or counterexamples for theorems about joint states, under all clauses but those of the given ids."""
    reached = found_by_search(without)
    explored, invariant = reached.explored, reached.invariant
    failures = {theorem.id: counterexample(theorem, explored, without) for theorem in theorems}
    due = [theorem for theorem in theorems if not failures[theorem.id]]
    found = {theorem.id: list(safety(theorem, invariant, explored, without)) for theorem in due}
    return Draft(explored, reached.nodes, list(reached.common), failures, {id: found.get(id, []) for id in failures})


def initiation(invariant: z3.BoolRef, starts: Iterable[Triple]) -> Iterator[Obligation]:
    """That the starts are in the invariant."""
    begins = Or([And([term == value for term, value in zip(STATE.terms(), values(s), strict=True)]) for s in starts])
    yield obligation("initiation", begins, Not(invariant), part=INITIATION)


def closure(invariant: z3.BoolRef, explored: Explored) -> Iterator[Obligation]:
    """Rule by rule, that no move leads out of the invariant."""
    for number, rule in enumerate(explored.moves.rules):
        changes = [(old, new) for old, new in zip(STATE.terms(), rule.result.terms(), strict=True) if not new.eq(old)]
        yield consecution(f"consecution {number}: {rule.name}", rule.name, invariant, rule.guard, changes)


def safety(theorem: Theorem, invariant: z3.BoolRef, explored: Explored, without: Without) -> Iterator[Obligation]:
    """That the claim follows from the invariant, whatever its kind."""
    claim, name = theorem.claim, f"theorem {theorem.id}"
    if isinstance(claim, Always):
        yield obligation(name, invariant, claim.when(without), Not(claim.then(without)))
    elif isinstance(claim, TwoRuns):
        yield obligation(f"{name}: alone", invariant, claim.when(without), Not(claim.alone(without)))
        yield obligation(name, *self_composed(claim, invariant, without))
    elif isinstance(claim, Decreasing):
        yield from _falling(name, claim, invariant, explored, without)


def _falling(
    name: str, claim: Decreasing, invariant: z3.BoolRef, explored: Explored, without: Without
) -> Iterator[Obligation]:
    """That the rank is never negative, and that every move meant lowers it."""
    rank = claim.rank()
    steady = [lowers_nothing(rank, rule) for rule in explored.moves.rules if claim.moves(rule)]
    yield obligation(f"{name}: never negative", rank < 0)
    yield obligation(f"{name}: falls", invariant, claim.when(without), Or(steady))


def lowers_nothing(rank: z3.ArithRef, rule: Rule) -> z3.BoolRef:
    """The rule is possible, and the rank after it is not below that before it."""
    after = z3.substitute(rank, *zip(STATE.terms(), rule.result.terms(), strict=True))
    return And(rule.guard, Not(after < rank))


def self_composed(claim: TwoRuns, invariant: z3.BoolRef, without: Without) -> list[z3.BoolRef]:
    """Two states of the invariant that agree in what is linked and differ in what should be the same."""
    other = [(term, z3.Const(f"other.{term.decl().name()}", term.sort())) for term in STATE.terms()]
    when = claim.when(without)
    linked = [term == z3.substitute(term, *other) for term in claim.linked()]
    same = [term == z3.substitute(term, *other) for term in claim.same(without)]
    return [invariant, z3.substitute(invariant, *other), when, z3.substitute(when, *other), *linked, Not(And(same))]
