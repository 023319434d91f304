"""Proves the theorems: a proposal by search, a proof by two solvers.

Theorems about joint states share one invariant (see ``induction``); those about other systems bring their own (see
``reachability``).  Whoever adds a kind of claim adds a row to :data:`KINDS`: what there is to check, or a run that
refutes it, and the run that its twin asks for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from rfc5077.model.clauses import BY_ID, family
from rfc5077.model.proof import certified, reachability
from rfc5077.model.proof.certificate import SECONDS, SOLVERS, Obligation
from rfc5077.model.proof.explore import Explored
from rfc5077.model.proof.induction import Draft, draft
from rfc5077.model.proof.reachability import Attempt, Run
from rfc5077.model.proof.replay import Step, replayed
from rfc5077.model.proof.search import offending, witness
from rfc5077.model.proof.solvers import Answers, Progress, Solvers
from rfc5077.model.proof.tables import Triple
from rfc5077.model.proof.theorem import Always, Certified, Decreasing, Theorem, TwoRuns, Unreachable, Without
from rfc5077.model.proof.theorems import EVERY

Traces = tuple[tuple[Step, ...] | Run, ...]
"""One run, or two for a claim about two."""

JOINT = (Always, TwoRuns, Decreasing)
"""Claims about the joint states of one client and one server."""


@dataclass(frozen=True)
class Kind:
    """How claims of a kind are tried: obligations or a counterexample by theorem id, and the twins' runs."""

    attempts: Callable[[Iterable[Theorem], Without], Iterator[tuple[str, Attempt]]]
    twins: Callable[[Iterable[Theorem], Without], Mapping[str, Run]]


KINDS: Mapping[type, Kind] = {
    Unreachable: Kind(reachability.attempts, reachability.twins),
    Certified: Kind(certified.attempts, certified.twins),
}
"""Claims about systems of their own, by type."""


@dataclass(frozen=True)
class Twin:
    """The claim that a theorem's condition never comes about, which must be refuted, by a run that is shown."""

    id: str
    status: str
    traces: Traces


@dataclass(frozen=True)
class Proved:
    """What became of one theorem: ``proved``, ``refuted`` with a counterexample, or ``unknown``.

    A theorem that is proved rests on its ``obligations``, some of which it may share with others.
    """

    theorem: Theorem
    status: str
    seconds: float
    certificate: dict[str, str]
    twin: Twin
    counterexample: Traces
    obligations: tuple[Obligation, ...] = ()


@dataclass(frozen=True)
class Proof:
    """All theorems under one set of clauses; ``megabytes`` is the most that the processes held at a time."""

    without: frozenset[str]
    results: tuple[Proved, ...]
    obligations: tuple[Obligation, ...]
    states: int
    nodes: int
    seconds: float
    megabytes: int

    @property
    def failed(self) -> tuple[Proved, ...]:
        """The theorems that are not proved."""
        return tuple(result for result in self.results if result.status != "proved")


def dropped(clause: str) -> frozenset[str]:
    """The clause and those that restate it: dropping one of them alone would change nothing."""
    return frozenset(entry.id for entry in family(BY_ID[clause]))


def prove(
    theorems: tuple[Theorem, ...] = EVERY,
    without: Without = frozenset(),
    tell: Progress = lambda *_: None,
    seconds: float = SECONDS,
) -> Proof:
    """Proves the theorems under all clauses but those of the given ids.

    ``seconds`` is how long a solver may think about one obligation; what it has not shown by then is not proved.
    """
    begun = time.perf_counter()
    tell("searching", 0, 1)
    joint = [theorem for theorem in theorems if isinstance(theorem.claim, JOINT)]
    tried: dict[str, Attempt] = {}
    seen: dict[str, Run] = {}
    with Solvers(seconds) as solvers:
        found = draft(joint, without) if joint else None
        solvers.ask(found.obligations() if found else [])
        for kind, own in _by_kind(theorems):
            for id, attempt in kind.attempts(own, without):
                tried[id] = attempt
                solvers.ask(attempt.obligations)
            seen |= kind.twins(own, without)
        answers = solvers.answers(tell)
    results: list[Proved] = []
    for theorem in theorems:
        if theorem.id in tried:
            results.append(_tried(theorem, answers, tried[theorem.id], seen[theorem.id]))
        elif found:
            results.append(_joint(theorem, answers, found, without))
    states, nodes = (len(found.explored.states), found.nodes) if found else (0, 0)
    spent = time.perf_counter() - begun
    return Proof(without, tuple(results), solvers.asked, states, nodes, spent, _megabytes())


def _by_kind(theorems: Iterable[Theorem]) -> Iterator[tuple[Kind, list[Theorem]]]:
    for claim, kind in KINDS.items():
        if own := [theorem for theorem in theorems if isinstance(theorem.claim, claim)]:
            yield kind, own


def _tried(theorem: Theorem, answers: Answers, found: Attempt, seen: Run) -> Proved:
    """A theorem about a system of its own; without obligations nothing was proved."""
    twin = _twin(theorem, (seen,) if seen else ())
    if found.counterexample:
        return Proved(theorem, "refuted", 0.0, {}, twin, (found.counterexample,))
    if not found.obligations:
        return Proved(theorem, "unknown", 0.0, dict.fromkeys(SOLVERS, "unknown"), twin, ())
    return _judged(theorem, answers, found.obligations, found.obligations, twin)


def _joint(theorem: Theorem, answers: Answers, found: Draft, without: Without) -> Proved:
    """A theorem about joint states; the seconds are those of what it does not share with the others."""
    states = witness(theorem, found.explored, without)
    twin = _twin(theorem, tuple(replayed(found.explored, state) for state in states))
    if failure := found.failures[theorem.id]:
        return Proved(theorem, "refuted", 0.0, {}, twin, _runs(theorem, failure, found.explored, without))
    own = tuple(found.safety[theorem.id])
    return _judged(theorem, answers, own, (*found.common, *own), twin)


def _runs(theorem: Theorem, failure: Iterable[Triple], explored: Explored, without: Without) -> Traces:
    """The runs to the states where the claim fails, past them by the move that fails it if it speaks of moves."""
    return tuple(replayed(explored, state, offending(theorem, explored, state, without)) for state in failure)


def _twin(theorem: Theorem, traces: Traces) -> Twin:
    return Twin(f"{theorem.id}.twin", "refuted" if traces else "unknown", traces)


def _judged(
    theorem: Theorem, answers: Answers, own: tuple[Obligation, ...], every: tuple[Obligation, ...], twin: Twin
) -> Proved:
    """Proved if both solvers say ``unsat`` of every obligation, and the twin is refuted."""
    certificate = answers.worst(every)
    status = "proved" if set(certificate.values()) == {"unsat"} and twin.status == "refuted" else "unknown"
    return Proved(theorem, status, answers.spent(own), certificate, twin, (), every)


def _megabytes() -> int:
    """What this process held at most, and the largest of those beside it."""
    unit = 1 if sys.platform == "darwin" else 1024  # octets there, kibibytes elsewhere
    return sum(getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)) * unit // 1_000_000
