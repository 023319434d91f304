"""Classes of clauses whose loss breaks nothing because other clauses imply them, as obligations for both solvers.

What holds in every state under all clauses is an invariant.  Where no state of it permits a move that the class alone
forbids, nothing changes when the class is dropped: the invariant stays one, and whatever the other clauses permit
satisfies the class.  A class that no move of any model could break is not implied: it protects what is outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import z3

from rfc5077.model.clause import Clause
from rfc5077.model.clauses import BY_ID, binding
from rfc5077.model.event import CLIENT, SERVER, Event, EventTerm, Message, Offer
from rfc5077.model.flows import listed
from rfc5077.model.proof import minimal
from rfc5077.model.proof.certificate import SOLVERS, Obligation, check, obligation
from rfc5077.model.proof.classes import SUBJECTS, ClauseClass, asked_by, builders, class_of
from rfc5077.model.proof.digest import combined, digest, digest_of_system
from rfc5077.model.proof.explore import explore
from rfc5077.model.proof.finite import reach
from rfc5077.model.proof.hellos import hellos
from rfc5077.model.proof.invariant import Diagram
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.necessity import NONE, Fall, bad, digest_of_joint, enumerable, system_fall
from rfc5077.model.proof.rules import answers_old_ticket, offers_new_ticket, rules
from rfc5077.model.proof.theorem import Unreachable, Without
from rfc5077.model.proof.unbounded import System, Unproved, obligations, proposed

And, Not, Or = z3.And, z3.Not, z3.Or
SHORT = 3_000
"""Milliseconds that Spacer is given for an invariant on some of the fields."""

FIGURES = "R5077-3.1-07"
"""What the figures show: whoever speaks in the joint model keeps to their rows."""

FEW = 12
"""Classes at most that a system has for pairs of them to be tried."""


@dataclass(frozen=True)
class Standing:
    """Where a class stands when it breaks nothing.

    ``implied``: both solvers say so.  ``by``: classes that suffice at the very steps that it forbids; where what came
    before has a part in it, ``history`` is true.  ``bites``: a step that it alone forbids, if there is one; where there
    is none and it is not implied, no model has a step that could break it.  ``fall`` is a theorem that falls without it
    once the classes ``beside`` it are dropped, none of which has to be there while it is: a defence held twice.
    """

    implied: bool
    by: tuple[str, ...] = ()
    history: bool = False
    bites: str = ""
    fall: Fall | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """A move of the joint model, or a step on another connection that its theorems ask about."""

    name: str
    event: Event
    guard: z3.BoolRef


def key(one: ClauseClass) -> str:
    """The digest of all that the standing of a class depends on."""
    event = EventTerm("event")
    said = [digest(entry.constraint(STATE.party(CLIENT if entry.binds.covers(CLIENT) else SERVER), event))
            for entry in _mechanised(one) if entry.constraint is not None]  # fmt: skip
    systems = [digest_of_system(system) for views in _changed(one) for system in (views.full, views.less)]
    return combined(["standing, held twice, or figures", *one.ids, digest_of_joint(one.without), *said, *systems])


def standing(name: str) -> Standing:
    """Whether the class of this name is implied by the others, and by which."""
    one = class_of(name)
    asked, systems = list(_joint(one)), list(_systems(one))
    proved = [(question.name, question.obligations) for question in asked] + systems
    for where, found in proved:
        if not found or not all(_unsat(one) for one in found):
            return _held_twice(one) or Standing(False, bites=where)
    if not proved:
        return Standing(False)
    by = {source for question in asked for source in question.sources or ()}
    history = bool(systems) or any(question.sources is None for question in asked)
    return Standing(True, tuple(sorted(by)), history)


def _held_twice(one: ClauseClass) -> Standing | None:
    """A theorem about a small system that falls without the class where some others are gone too, and not with it."""
    for theorem in SUBJECTS:
        claim = theorem.claim
        if not isinstance(claim, Unreachable) or not enumerable(claim.system(NONE)):
            continue
        names = minimal.relevant(theorem)
        if one.name not in names or len(names) > FEW:
            continue
        others = [name for name in names if name != one.name]
        for beside in (some for number in (1, 2) for some in combinations(others, number)):
            gone = frozenset[str]().union(*(class_of(name).ids for name in beside))
            run = reach(claim.system(gone | one.without)).nearest(bad(claim))
            if run and not reach(claim.system(gone)).nearest(bad(claim)):
                return Standing(False, fall=system_fall(theorem.id, run, bad(claim)), beside=beside)
    return None


def _unsat(one: Obligation) -> bool:
    return all(check(solver, [one.script]) == ["unsat"] for solver in SOLVERS)


# --- the joint model --------------------------------------------------------------------------------------------------


def _mechanised(one: ClauseClass) -> list[Clause]:
    return [BY_ID[id] for id in one.ids if id in BY_ID and BY_ID[id].mechanised]


def steps(without: Without) -> list[Step]:
    """Whatever a party does in the joint model, or may do to a ticket of this connection on another one."""
    found = [Step(rule.name, rule.event, rule.guard) for rule in rules(without) if not rule.delivery]
    offer = Event(sender=CLIENT, message=Message.NextClientHello, offer=Offer.ISSUED)
    found.append(Step("client offers the new ticket", offer, offers_new_ticket(without)))
    for resumes in (True, False):
        event = Event(sender=SERVER, message=Message.OldTicketAnswer, resumes=resumes)
        guard = answers_old_ticket(resumes, without)
        found.append(Step(f"server {'takes' if resumes else 'declines'} the old ticket", event, guard))
    return found


@cache
def _invariant() -> z3.BoolRef:
    return Diagram(a + b + c for a, b, c in explore().states).formula()


@cache
def _mechanics() -> dict[str, Step]:
    bound = frozenset(entry.id for party in (CLIENT, SERVER) for entry in binding(party))
    return {step.name: step for step in steps(bound)}


@dataclass(frozen=True)
class _Question:
    """A step that might break the class: obligations that no state allows it, and what forbids it at once."""

    name: str
    obligations: list[Obligation]
    sources: tuple[str, ...] | None


def _joint(one: ClauseClass) -> Iterator[_Question]:
    """The steps that a party could break the class by, if it went by the figures alone."""
    entries = [entry for entry in _mechanised(one) if entry.constraint is not None]
    if not entries:
        return
    for step in steps(one.without):
        party = step.event.sender
        e = EventTerm(terms=step.event.terms())
        for entry in entries:
            if entry.constraint is None or not entry.binds.covers(party):
                continue
            broken = z3.simplify(Not(entry.constraint(STATE.party(party), e)))
            if z3.is_false(broken):
                continue
            name, rows = f"{entry.id} at {step.name}", listed(STATE.party(party).position, e)
            if not _never(rows) and _never(rows, broken):  # the rows of the figures
                yield _Question(name, [obligation(name, rows, broken)], (class_of(FIGURES).name,))
                continue
            if _never(_mechanics()[step.name].guard, broken):
                continue
            proof = [obligation(name, _invariant(), step.guard, broken)]
            yield _Question(name, proof, _sources(one, step, broken))


def _never(*formulas: z3.BoolRef) -> bool:
    solver = z3.Solver()
    solver.add(*formulas)
    return bool(solver.check() == z3.unsat)


def _sources(one: ClauseClass, step: Step, broken: z3.BoolRef) -> tuple[str, ...] | None:
    """The classes that forbid the step at once, in any state whatever; nothing where the states before matter."""
    solver = z3.Solver()
    solver.set("core.minimize", True)
    solver.add(_mechanics()[step.name].guard, broken)
    party, e = step.event.sender, EventTerm(terms=step.event.terms())
    marks: dict[str, z3.BoolRef] = {}
    for entry in binding(party):
        if entry.id in one.ids or entry.constraint is None or entry.verdict.value != "violation":
            continue
        mark = marks.setdefault(class_of(entry.id).name, z3.Bool(f"class {class_of(entry.id).name}"))
        solver.add(z3.Implies(mark, entry.constraint(STATE.party(party), e)))
    if solver.check(*marks.values()) != z3.unsat:
        return None
    core = solver.unsat_core()
    found = {str(core[number]) for number in range(len(core))}
    return tuple(name for name, mark in marks.items() if str(mark) in found)


# --- systems ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Views:
    """A system that the class binds: under all clauses, without the class, under the class alone, under none."""

    full: System
    less: System
    alone: System
    bare: System


def _changed(one: ClauseClass) -> list[_Views]:
    """Every system that the class changes."""
    found: dict[str, _Views] = {}
    for builder in builders():
        asked = asked_by(builder)
        if asked.isdisjoint(one.ids):
            continue
        full, less = builder(NONE), builder(one.without)
        digests = digest_of_system(full), digest_of_system(less)
        if digests[0] != digests[1]:
            views = _Views(full, less, builder(asked - one.without), builder(asked))
            found.setdefault(combined(digests), views)
    if any(entry.hellos is not None for entry in _mechanised(one)):
        every = frozenset(entry.id for entry in BY_ID.values() if entry.hellos is not None)
        alone = hellos(every - one.without, one.without)
        found["hellos"] = _Views(hellos(NONE, one.without), hellos(one.without), alone, hellos(every))
    return list(found.values())


def _systems(one: ClauseClass) -> Iterator[tuple[str, list[Obligation]]]:
    """For each system that the class binds: obligations that no state permits a move that the class alone forbids.

    Left out are systems where it forbids nothing that a party is able to do.
    """
    for views in _changed(one):
        full, extra = views.full, _extra(views.full, views.less)
        if not extra:
            if _extra(views.alone, views.bare):
                yield full.name, [obligation(f"{full.name}: at no move", *_alone(full, views.less))]
            continue
        name, goal = f"{full.name}: {next(iter(extra))}", Or(*extra.values())
        if enumerable(full):
            yield name, list(reach(full).obligations(name, goal))
            continue
        try:
            yield name, obligations(full, name, proposed(full, goal, SHORT), goal)
        except Unproved:
            yield name, []


def _alone(full: System, less: System) -> list[z3.BoolRef]:
    """True where some move is possible in ``less`` and not in ``full``."""
    guards = {move.name: move.guard for move in full.moves}
    return [Or([And(move.guard, Not(guards.get(move.name, z3.BoolVal(False)))) for move in less.moves])]


def _extra(full: System, less: System) -> dict[str, z3.BoolRef]:
    """By name, where a move is possible in ``less`` and not in ``full``, if it is so in any state whatever."""
    guards = {move.name: move.guard for move in full.moves}
    found = {move.name: And(move.guard, Not(guards.get(move.name, z3.BoolVal(False)))) for move in less.moves}
    return {name: formula for name, formula in found.items() if not _never(formula)}
