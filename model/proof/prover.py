"""Proves the theorems: a proposal by search, a proof by two solvers.

The search gives the reachable joint states; written as a decision diagram they are the invariant.  z3 and cvc5 then
check initiation, consecution rule by rule, and that the invariant implies each theorem.  Nothing that the search says
is believed: were a state missing, consecution would fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Self

import z3

from rfc5077.model.clauses import BY_ID, family
from rfc5077.model.proof.certificate import INITIATION, SOLVERS, Obligation, check, consecution, obligation
from rfc5077.model.proof.explore import Explored, Triple, explore
from rfc5077.model.proof.invariant import Diagram
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.reachability import Attempt, Run, attempts, twins
from rfc5077.model.proof.replay import Step, replayed, values
from rfc5077.model.proof.search import counterexample, witness
from rfc5077.model.proof.theorem import Always, Decreasing, Theorem, TwoRuns, Unreachable, Without
from rfc5077.model.proof.theorems import THEOREMS

And, Not, Or = z3.And, z3.Not, z3.Or
Traces = tuple[tuple[Step, ...] | Run, ...]
"""One run, or two for a claim about two."""

Progress = Callable[[str, int, int], None]
"""Told the name of the stage, how much is done and how much there is."""


@dataclass(frozen=True)
class Twin:
    """The claim that a theorem's condition never comes about, which must be refuted, by a run that is shown."""

    id: str
    status: str
    traces: Traces


@dataclass(frozen=True)
class Proved:
    """What became of one theorem: ``proved``, ``refuted`` with a counterexample, or ``unknown``."""

    theorem: Theorem
    status: str
    seconds: float
    certificate: dict[str, str]
    twin: Twin
    counterexample: Traces


@dataclass(frozen=True)
class Proof:
    """All theorems under one set of clauses."""

    without: frozenset[str]
    results: tuple[Proved, ...]
    obligations: tuple[Obligation, ...]
    states: int
    nodes: int
    seconds: float

    @property
    def failed(self) -> tuple[Proved, ...]:
        """The theorems that are not proved."""
        return tuple(result for result in self.results if result.status != "proved")


def dropped(clause: str) -> frozenset[str]:
    """The clause and those that restate it: dropping one of them alone would change nothing."""
    return frozenset(entry.id for entry in family(BY_ID[clause]))


def prove(
    theorems: tuple[Theorem, ...] = THEOREMS, without: Without = frozenset(), tell: Progress = lambda *_: None
) -> Proof:
    """Proves the theorems under all clauses but those of the given ids."""
    begun = time.perf_counter()
    tell("searching", 0, 1)
    joint = tuple(theorem for theorem in theorems if not isinstance(theorem.claim, Unreachable))
    with _Solvers() as solvers:
        draft = _joint_draft(joint, without) if joint else None
        common = draft.common if draft else []
        solvers.ask([*common, *(draft.all_safety() if draft else [])])
        tried = dict(attempts(theorems, without))
        solvers.ask(one for attempt in tried.values() for one in attempt.obligations)
        seen = twins(theorems, without)
        answers, spent = solvers.answers(tell)

    def worst(obligations: Iterable[Obligation]) -> dict[str, str]:
        names = [one.name for one in obligations]
        return {solver: _worst([answers[solver][name] for name in names]) for solver in SOLVERS}

    results = []
    for theorem in theorems:
        own = tried[theorem.id].obligations if theorem.id in tried else draft.safety[theorem.id] if draft else []
        seconds = sum(spent[one.name] for one in own)
        if theorem.id in tried:
            results.append(_tried(theorem, worst(own), tried[theorem.id], seen[theorem.id], seconds))
        elif draft:
            failure = draft.failures[theorem.id]
            results.append(_result(theorem, worst([*common, *own]), failure, draft.explored, without, seconds))
    states, nodes = (len(draft.explored.states), draft.nodes) if draft else (0, 0)
    return Proof(without, tuple(results), solvers.asked, states, nodes, time.perf_counter() - begun)


@dataclass(frozen=True)
class _Draft:
    """The theorems about joint states before the solvers have spoken; ``common`` is the invariant's own."""

    explored: Explored
    nodes: int
    common: list[Obligation]
    failures: dict[str, tuple[Triple, ...]]
    safety: dict[str, list[Obligation]]

    def all_safety(self) -> list[Obligation]:
        """Of all theorems, in order."""
        return [one for found in self.safety.values() for one in found]


def _joint_draft(theorems: tuple[Theorem, ...], without: Without) -> _Draft:
    explored = explore(without)
    diagram = Diagram(a + b + c for a, b, c in explored.states)
    invariant = diagram.formula()
    common = [*_initiation(invariant, explored.starts), *_consecution(invariant, explored)]
    failures = {theorem.id: counterexample(theorem, explored, without) for theorem in theorems}
    safety = {t.id: [] if failures[t.id] else list(_safety(t, invariant, explored, without)) for t in theorems}
    return _Draft(explored, len(diagram.nodes), common, failures, safety)


def _tried(theorem: Theorem, certificate: dict[str, str], found: Attempt, seen: Run, seconds: float) -> Proved:
    """A theorem about a system with clocks and counters; without obligations nothing was proved."""
    twin = Twin(f"{theorem.id}.twin", "refuted" if seen else "unknown", (seen,) if seen else ())
    if found.counterexample:
        return Proved(theorem, "refuted", seconds, {}, twin, (found.counterexample,))
    if not found.obligations:
        return Proved(theorem, "unknown", seconds, dict.fromkeys(SOLVERS, "unknown"), twin, ())
    proved = set(certificate.values()) == {"unsat"} and twin.status == "refuted"
    return Proved(theorem, "proved" if proved else "unknown", seconds, certificate, twin, ())


def _result(theorem: Theorem, certificate: dict[str, str], failure: tuple[Triple, ...], explored: Explored,
            without: Without, seconds: float) -> Proved:  # fmt: skip
    seen = witness(theorem, explored, without)
    twin = Twin(f"{theorem.id}.twin", "refuted" if seen else "unknown", tuple(replayed(explored, s) for s in seen))
    if failure:
        return Proved(theorem, "refuted", seconds, {}, twin, tuple(replayed(explored, state) for state in failure))
    proved = set(certificate.values()) == {"unsat"} and twin.status == "refuted"
    return Proved(theorem, "proved" if proved else "unknown", seconds, certificate, twin, ())


def _worst(answers: list[str]) -> str:
    return next((answer for answer in answers if answer != "unsat"), "unsat")


def _initiation(invariant: z3.BoolRef, starts: tuple[Triple, ...]) -> Iterator[Obligation]:
    begins = Or([And([term == value for term, value in zip(STATE.terms(), values(s), strict=True)]) for s in starts])
    yield obligation("initiation", begins, Not(invariant), part=INITIATION)


def _consecution(invariant: z3.BoolRef, explored: Explored) -> Iterator[Obligation]:
    for number, rule in enumerate(explored.moves.rules):
        changes = [(old, new) for old, new in zip(STATE.terms(), rule.result.terms(), strict=True) if not new.eq(old)]
        yield consecution(f"consecution {number}: {rule.name}", rule.name, invariant, rule.guard, changes)


def _safety(theorem: Theorem, invariant: z3.BoolRef, explored: Explored, without: Without) -> Iterator[Obligation]:
    claim, name = theorem.claim, f"theorem {theorem.id}"
    if isinstance(claim, Always):
        yield obligation(name, invariant, claim.when(without), Not(claim.then(without)))
    elif isinstance(claim, TwoRuns):
        yield obligation(f"{name}: alone", invariant, claim.when(without), Not(claim.alone(without)))
        yield obligation(name, *_self_composed(claim, invariant, without))
    elif isinstance(claim, Decreasing):
        yield from _falling(name, claim, invariant, explored, without)


def _falling(
    name: str, claim: Decreasing, invariant: z3.BoolRef, explored: Explored, without: Without
) -> Iterator[Obligation]:
    """The lemma from the invariant, then the fall of the rank from the lemma, for all rules at once."""
    rank, when = claim.rank(), claim.when(without)
    moves = [rule for rule in explored.moves.rules if claim.moves(rule)]
    after = [z3.substitute(rank, *zip(STATE.terms(), rule.result.terms(), strict=True)) for rule in moves]
    lemmas = [And(rule.guard, Not(claim.lemma(rule))) for rule in moves]
    rises = [And(rule.guard, claim.lemma(rule), Not(new < rank)) for rule, new in zip(moves, after, strict=True)]
    yield obligation(f"{name}: never negative", rank < 0)
    yield obligation(f"{name}: lemma", invariant, when, Or(lemmas))
    yield obligation(f"{name}: falls", when, Or(rises))


def _self_composed(claim: TwoRuns, invariant: z3.BoolRef, without: Without) -> list[z3.BoolRef]:
    other = [(term, z3.Const(f"other.{term.decl().name()}", term.sort())) for term in STATE.terms()]
    when = claim.when(without)
    linked = [term == z3.substitute(term, *other) for term in claim.linked()]
    same = [term == z3.substitute(term, *other) for term in claim.same(without)]
    return [invariant, z3.substitute(invariant, *other), when, z3.substitute(when, *other), *linked, Not(And(same))]


class _Solvers:
    """Both solvers at work on obligations; a name that was asked before is not asked again.

    cvc5, the slower of the two, works in a process beside this one from the first obligation on; when z3 is through,
    this process helps it out, from the end of the list.
    """

    def __init__(self) -> None:
        self._beside = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self._waiting: dict[Obligation, Future[list[str]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._beside.shutdown(cancel_futures=True)

    @property
    def asked(self) -> tuple[Obligation, ...]:
        """The obligations, in the order in which they were asked."""
        return tuple(self._waiting)

    def ask(self, obligations: Iterable[Obligation]) -> None:
        """Hands obligations over; the second solver begins at once."""
        for one in obligations:
            if one not in self._waiting:
                self._waiting[one] = self._beside.submit(check, "cvc5", [one.script])

    def answers(self, tell: Progress) -> tuple[dict[str, dict[str, str]], dict[str, float]]:
        """Each solver's answer to each obligation by its name, and the seconds that z3 took."""
        spent: dict[str, float] = {}
        first: dict[str, str] = {}
        for number, one in enumerate(self._waiting):
            tell("proving", number, len(self._waiting))
            begun = time.perf_counter()
            first[one.name] = check("z3", [one.script])[0]
            spent[one.name] = time.perf_counter() - begun
        second: dict[str, str] = {}
        for one, future in reversed(self._waiting.items()):
            tell("checking again", len(second), len(self._waiting))
            second[one.name] = (check("cvc5", [one.script]) if future.cancel() else future.result())[0]
        return {"z3": first, "cvc5": second}, spent
