"""What each class of clauses is for: the theorems that fall without it, each by a shortest run that z3 has replayed.

One cell per class and theorem.  Theorems about one handshake fall in the joint model, explored anew without the class;
those about systems in the system without it, by its states where it is finite.  Where it counts, the invariant that
holds under all clauses is tried first, then Spacer, and the runs of all theorems that neither saves are found by one
unrolling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, SERVER, EventTerm
from rfc5077.model.proof.certificate import check
from rfc5077.model.proof.classes import SUBJECTS, ClauseClass, asked_by, class_of, classes
from rfc5077.model.proof.digest import combined, digest, digest_of_system
from rfc5077.model.proof.explore import Explored, explore, starts
from rfc5077.model.proof.finite import is_finite, reach
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.replay import ReplayError, evaluated, replayed
from rfc5077.model.proof.rules import rules
from rfc5077.model.proof.search import counterexample
from rfc5077.model.proof.tables import Triple
from rfc5077.model.proof.theorem import Always, Decreasing, Theorem, TwoRuns, Unreachable, Without
from rfc5077.model.proof.unbounded import Moment, System, Unproved, obligations, proposed, witnesses

And, Not = z3.And, z3.Not
NONE: Without = frozenset()
KNOWN = {theorem.id: theorem for theorem in SUBJECTS}
PATIENCE = 20_000
"""Milliseconds that Spacer is given to save a theorem."""

NEAR = 8
"""Moves of the runs that are looked for before Spacer is asked: most theorems that fall do so within them."""

FAR = 14
"""Moves at least that the search for a run goes on to, where Spacer saves nothing."""

SIZE = "joint states"
"""Stands for no theorem: how many joint states there are without a class."""

FALLS, STANDS, UNKNOWN = "falls", "stands", "unknown"


@dataclass(frozen=True)
class Fall:
    """A theorem that falls: the moves of a shortest run that refutes it, and how many they are.

    Of a claim about two runs ``other`` is the second; ``depth`` then counts the longer one.
    """

    theorem: str
    depth: int
    moves: tuple[str, ...]
    other: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """What became of one theorem without one class: ``falls``, ``stands`` or ``unknown``; or a number, for ``SIZE``."""

    status: str
    fall: Fall | None = None


@dataclass(frozen=True)
class Task:
    """One class to drop, and theorems that speak of one system, with the digest of what each cell depends on."""

    name: str
    theorems: tuple[str, ...]
    keys: tuple[str, ...]


# --- what there is to do ----------------------------------------------------------------------------------------------


def tasks(theorems: Iterable[Theorem] = SUBJECTS) -> tuple[Task, ...]:
    """All cells whose class changes the system that the theorem speaks of, those of one system and class together."""
    chosen = tuple(theorems)
    return (*_joint_tasks(chosen), *_system_tasks(chosen))


def of_joint(theorems: Iterable[Theorem]) -> tuple[Theorem, ...]:
    """The theorems about one handshake of client and server."""
    return tuple(theorem for theorem in theorems if isinstance(theorem.claim, Always | TwoRuns | Decreasing))


def binds_joint(one: ClauseClass) -> bool:
    """Whether a clause of the class binds a party of the joint model."""
    return any(id in _joint_formulas() for id in one.ids)


def _joint_tasks(theorems: tuple[Theorem, ...]) -> Iterator[Task]:
    joint = of_joint(theorems)
    if not joint:
        return
    goals = {theorem.id: digest_of_goal(theorem) for theorem in joint}
    for one in classes():
        if binds_joint(one):
            model = digest_of_joint(one.without)
            keys = tuple(combined([model, goal]) for goal in (*goals.values(), SIZE))
            yield Task(one.name, (*goals, SIZE), keys)


def _system_tasks(theorems: tuple[Theorem, ...]) -> Iterator[Task]:
    for group in groups(theorems):
        builder = group[0].claim.system  # type: ignore[union-attr]  # theorems about systems alone are grouped
        asked, full = asked_by(builder), digest_of_system(builder(NONE))
        goals = {theorem.id: digest_of_goal(theorem) for theorem in group}
        for one in classes():
            if asked.isdisjoint(one.ids) or (less := digest_of_system(builder(one.without))) == full:
                continue
            keys = tuple(combined([full, less, goal]) for goal in goals.values())
            yield Task(one.name, tuple(goals), keys)


def groups(theorems: Iterable[Theorem]) -> list[tuple[Theorem, ...]]:
    """The theorems about systems, those about one system together."""
    found: dict[str, list[Theorem]] = {}
    for theorem in theorems:
        if isinstance(theorem.claim, Unreachable):
            found.setdefault(digest_of_system(theorem.claim.system(NONE)), []).append(theorem)
    return [tuple(group) for group in found.values()]


# --- what a cell depends on -------------------------------------------------------------------------------------------


@cache
def _joint_formulas() -> dict[str, str]:
    """By id, the digest of each clause that binds a party of the joint model."""
    event = EventTerm("event")
    found: dict[str, str] = {}
    for entry in BY_ID.values():
        if entry.constraint is not None and entry.verdict is Verdict.VIOLATION:
            parties = [party for party in (CLIENT, SERVER) if entry.binds.covers(party)]
            found[entry.id] = combined(digest(entry.constraint(STATE.party(party), event)) for party in parties)
    return found


@cache
def _mechanics() -> str:
    """The digest of the joint model where no clause binds."""
    moves = rules(frozenset(_joint_formulas()))
    found = []
    for rule in moves:
        found += [rule.name, digest(rule.guard), *map(digest, rule.result.terms())]
    return combined(found)


def digest_of_joint(without: Without) -> str:
    """The digest of the joint model where these clauses do not bind."""
    said = [f"{id} {text}" for id, text in _joint_formulas().items() if id not in without]
    return combined([_mechanics(), *said, *map(str, starts(without))])


def digest_of_goal(theorem: Theorem) -> str:
    """The digest of what a theorem claims; what it says of dropped clauses follows from the model's own digest."""
    claim = theorem.claim
    if isinstance(claim, Unreachable):
        parts = [claim.when, claim.bad, z3.IntVal(claim.depth)]
    elif isinstance(claim, Always):
        parts = [claim.when(NONE), claim.then(NONE)]
    elif isinstance(claim, TwoRuns):
        parts = [claim.when(NONE), *claim.linked(), *claim.same(NONE), claim.alone(NONE)]
    elif isinstance(claim, Decreasing):
        parts = [claim.when(NONE), claim.rank()]
        return combined([*map(digest, parts), *(rule.name for rule in rules() if claim.moves(rule))])
    else:
        raise TypeError(f"{theorem.id} speaks of no run")
    return combined([type(claim).__name__, *map(digest, parts)])


# --- one task ---------------------------------------------------------------------------------------------------------


def done(task: Task) -> tuple[Cell, ...]:
    """The cells of a task, in the order of its theorems; runs well in a process of its own.

    :raises ReplayError: for a counterexample that z3 does not confirm.
    """
    without = class_of(task.name).without
    if in_joint(task):
        explored = explore(without)
        return tuple(
            Cell(str(len(explored.parents))) if id == SIZE else _cell(joint_fall(KNOWN[id], explored, without))
            for id in task.theorems
        )
    return _in_system(tuple(KNOWN[id] for id in task.theorems), without)


def in_joint(task: Task) -> bool:
    """Whether the theorems of a task are about one handshake."""
    return all(id == SIZE or not isinstance(KNOWN[id].claim, Unreachable) for id in task.theorems)


def _cell(fall: Fall | None) -> Cell:
    return Cell(FALLS, fall) if fall else Cell(STANDS)


def joint_fall(theorem: Theorem, explored: Explored, without: Without) -> Fall | None:
    """How a theorem about one handshake falls among the states explored, if it does.

    :raises ReplayError: if z3 does not confirm it.
    """
    states = counterexample(theorem, explored, without)
    if not states:
        return None
    traces = [tuple(step.rule for step in replayed(explored, state)) for state in states]
    if not confirmed(theorem, explored, states, without):
        raise ReplayError(f"z3 finds nothing that refutes {theorem.id}")
    return Fall(theorem.id, max(map(len, traces)), traces[0], traces[1] if len(traces) > 1 else ())


def confirmed(theorem: Theorem, explored: Explored, states: tuple[Triple, ...], without: Without) -> bool:
    """Whether z3 finds the claim false in these joint states."""
    claim = theorem.claim
    if not isinstance(claim, Always | TwoRuns | Decreasing):
        return False
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
    return _rises(claim, explored, states[0])


def _rises(claim: Decreasing, explored: Explored, state: Triple) -> bool:
    after = [reached for number, reached in explored.moves.after(state) if claim.moves(explored.moves.rules[number])]
    before = _number(claim, state)
    return any(_number(claim, one) >= before for one in after)


def _number(claim: Decreasing, state: Triple) -> int:
    return int(str(evaluated(claim.rank(), state)))


# --- systems ----------------------------------------------------------------------------------------------------------


def _in_system(theorems: tuple[Theorem, ...], without: Without) -> tuple[Cell, ...]:
    claims = {theorem.id: theorem.claim for theorem in theorems if isinstance(theorem.claim, Unreachable)}
    system = next(iter(claims.values())).system(without)
    if enumerable(system):
        reached = reach(system)
        return tuple(_cell(system_fall(id, reached.nearest(bad(c)), bad(c))) for id, c in claims.items())
    doubtful = [id for id, claim in claims.items() if not holds(system, invariant(id), bad(claim))]
    goals = {id: bad(claims[id]) for id in doubtful}
    runs = _runs(system, goals, NEAR)
    doubtful = [id for id in doubtful if id not in runs and not saved(id, system)]
    if doubtful:
        depth = max(FAR, *(claims[id].depth for id in doubtful))
        runs |= _runs(system, {id: goals[id] for id in doubtful}, depth)
    cells = []
    for id, claim in claims.items():
        fall = system_fall(id, runs.get(id, ()), bad(claim))
        cells.append(Cell(UNKNOWN) if id in doubtful and fall is None else _cell(fall))
    return tuple(cells)


def _runs(system: System, goals: dict[str, z3.BoolRef], depth: int) -> dict[str, tuple[Moment, ...]]:
    """Shortest runs to those goals that are reached within so many moves."""
    try:
        found = witnesses(system, goals, depth) if goals else {}
    except Unproved:
        return {}
    return {id: run for id, run in found.items() if run}


def enumerable(system: System) -> bool:
    """Whether all states can be counted from one start: the fields are flags and enums, declared as one record."""
    return is_finite(system) and system.state.fields().keys() == system.state.terms.keys()


def bad(claim: Unreachable) -> z3.BoolRef:
    """What the theorem excludes."""
    return And(claim.when, claim.bad)


def system_fall(id: str, run: tuple[Moment, ...], goal: z3.BoolRef) -> Fall | None:
    """How a theorem falls by a run, whose steps have been confirmed; that it ends in the goal is confirmed here.

    :raises ReplayError: if it does not.
    """
    if not run:
        return None
    record = [(term, run[-1].values[name]) for name, term in _fields(KNOWN[id]).items()]
    if not z3.is_true(z3.simplify(z3.substitute(goal, record))):
        raise ReplayError(f"the run does not refute {id}")
    return Fall(id, len(run) - 1, tuple(moment.move for moment in run[1:]))


def _fields(theorem: Theorem) -> dict[str, z3.ExprRef]:
    return dict(theorem.claim.system(NONE).state.terms) if isinstance(theorem.claim, Unreachable) else {}


@cache
def invariant(id: str) -> z3.BoolRef:
    """What excludes the theorem's bad states under all clauses; false of everything where Spacer finds nothing."""
    claim = KNOWN[id].claim
    if not isinstance(claim, Unreachable):
        raise TypeError(f"{id} speaks of no system")
    if claim.lemma is not None:
        return claim.lemma
    try:
        return proposed(claim.system(NONE), bad(claim), PATIENCE)
    except Unproved:
        return z3.BoolVal(False)


def saved(id: str, system: System) -> bool:
    """Whether Spacer proves the theorem in a system with fewer clauses."""
    claim = KNOWN[id].claim
    if not isinstance(claim, Unreachable):
        raise TypeError(f"{id} speaks of no system")
    try:
        return holds(system, proposed(system, bad(claim), PATIENCE), bad(claim))
    except Unproved:
        return False


def holds(system: System, proposal: z3.BoolRef, goal: z3.BoolRef) -> bool:
    """Whether z3 finds the proposal to be an invariant, and without the goal."""
    found = obligations(system, "cell", proposal, goal)
    return all(check("z3", [one.script]) == ["unsat"] for one in found)
