"""Every system that outlasts a connection, by name, with the clauses that bind its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import z3

from rfc5077.model.attacker import cost, credentials, gluing, lineage, names, negotiation, prolongation, replay, splice
from rfc5077.model.attacker import resumption as theft
from rfc5077.model.lasting import Lasting, S, T
from rfc5077.model.proof.unbounded import System, fresh
from rfc5077.model.sessions import refusal, renegotiation, rules, slot, steps, two_runs
from rfc5077.model.sessions.state import STATE

Make = Callable[[frozenset[str]], System]


@dataclass(frozen=True)
class Bound:
    """A clause's lasting constraint in one system; ``kind`` names the kind of step where the formula does not."""

    id: str
    system: str
    kind: str
    formula: z3.BoolRef


@dataclass(frozen=True)
class Ruled:
    """A system: its name, what binds in it, and how it is made without the clauses of some ids."""

    name: str
    rows: tuple[Bound, ...]
    make: Make


def _row(name: str, entry: Lasting[S, T], state: S, step: T) -> Bound:
    return Bound(entry.id, name, entry.kind.name if entry.kind else "", entry.formula(state, step))


def _room(name: str, state: S, step: T, entries: Iterable[Lasting[S, T]], make: Make) -> Ruled:
    return Ruled(name, tuple(_row(name, entry, state, step) for entry in entries), make)


def _many() -> Ruled:
    rows = [_row("sessions", rule, STATE, rules.shown(act)) for rule in rules.RULES for act in rules.Act
            if rule.kind is act]  # fmt: skip
    return Ruled("sessions", tuple(rows), steps.sessions)


@cache
def systems() -> tuple[Ruled, ...]:
    """All of them, in the order in which the theorems speak of them."""
    r, t = renegotiation, two_runs
    return (
        _many(),
        _room("renegotiation", r.S, fresh(r.StepTerm, "step"), r.CLAUSES, r.renegotiation),
        _room("two runs", t.RUNS[0], fresh(t.Answer, "step"), t.CLAUSES, t.two_runs),
        _room("slot", slot.W, fresh(slot.StepTerm, "step"), slot.CLAUSES, slot.slot),
        _room("refusal", refusal.W, fresh(refusal.StepTerm, "step"), refusal.CLAUSES, refusal.refusal),
        _room("resumption", theft.W, fresh(theft.StepTerm, "step"), theft.CLAUSES, theft.system),
        _room("negotiation", negotiation.W, fresh(negotiation.StepTerm, "step"), negotiation.CLAUSES,
              negotiation.system),
        _room("gluing", gluing.W, fresh(gluing.StepTerm, "step"), gluing.CLAUSES, gluing.system),
        _room("credentials", credentials.W, fresh(credentials.StepTerm, "step"), credentials.CLAUSES,
              credentials.system),
        _room("splice", splice.W, fresh(splice.StepTerm, "step"), splice.CLAUSES, splice.system),
        _room("replay", replay.W, fresh(replay.StepTerm, "step"), replay.CLAUSES, replay.system),
        _room("names", names.W, fresh(names.StepTerm, "step"), names.CLAUSES, names.system),
        _room("lineage", lineage.W, fresh(lineage.StepTerm, "step"), lineage.CLAUSES, lineage.system),
        _room("prolongation", prolongation.W, fresh(prolongation.StepTerm, "step"), prolongation.CLAUSES,
              prolongation.system),
        _room("cost", cost.W, fresh(cost.StepTerm, "step"), cost.CLAUSES, cost.system),
    )  # fmt: skip


def bound() -> tuple[Bound, ...]:
    """Every lasting constraint: id, name of the system, kind of step, formula."""
    return tuple(row for system in systems() for row in system.rows)


@cache
def constrained() -> frozenset[str]:
    """The ids that have a lasting constraint in some system."""
    return frozenset(row.id for row in bound())
