"""Systems with clocks and counters: invariants by Spacer, re-proved by two solvers; witnesses by unrolling.

A system is a record of fields, a start and moves.  Spacer proposes an invariant; only what z3 and cvc5 then make of the
obligations counts.  A witness is a run found by unrolling the moves step by step, each step evaluated again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast, overload

import z3

from rfc5077.model.logic import Choice, Flag, Symbolic, sort_of
from rfc5077.model.proof.certificate import INITIATION, Obligation, consecution, obligation

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Number:
    """A field that holds a whole number; only the z3 view has such."""

    def __init__(self) -> None:
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type) -> Number: ...
    @overload
    def __get__(self, record: Symbolic, owner: type) -> z3.ArithRef: ...
    def __get__(self, record: Symbolic | None, owner: type) -> Number | z3.ArithRef:
        return self if record is None else cast(z3.ArithRef, record.terms[self.name])


S = TypeVar("S", bound=Symbolic)


def fresh(kind: type[S], prefix: str = "") -> S:
    """The record with every field, numbers included, as a constant of the field's name, behind ``prefix`` and a dot."""
    dotted = f"{prefix}." if prefix else ""
    terms: dict[str, z3.ExprRef] = {}
    for base in reversed(kind.__mro__):
        for name, field in vars(base).items():
            if isinstance(field, Flag):
                terms[name] = z3.Bool(dotted + name)
            elif isinstance(field, Choice):
                terms[name] = z3.Const(dotted + name, sort_of(field.kind))
            elif isinstance(field, Number):
                terms[name] = z3.Int(dotted + name)
    return kind(prefix, terms)


@dataclass(frozen=True)
class Move:
    """One kind of step: where it is possible, and the fields that it changes; the others stay."""

    name: str
    guard: z3.BoolRef
    changes: Mapping[str, z3.ExprRef]


F = TypeVar("F", bound=z3.ExprRef)


@dataclass(frozen=True, eq=False)
class System:
    """Fields, start and moves; equal to itself alone.

    ``inputs`` are the values that a move picks freely; the clauses of the ids ``left_out`` do not bind.
    """

    name: str
    state: Symbolic
    start: z3.BoolRef
    moves: tuple[Move, ...]
    inputs: tuple[z3.ExprRef, ...] = ()
    left_out: frozenset[str] = frozenset()

    def terms(self) -> list[z3.ExprRef]:
        """The fields, in order."""
        return list(self.state.terms.values())

    def after(self, move: Move, formula: F) -> F:
        """The formula over the state after a move, as one over the state before it."""
        pairs = [(self.state.terms[name], term) for name, term in move.changes.items()]
        return z3.substitute(formula, *pairs) if pairs else formula


class Unproved(Exception):
    """Spacer found no invariant: the goal is reachable, or it gave up."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


def proposed(system: System, bad: z3.BoolRef, milliseconds: int = 20_000) -> z3.BoolRef:
    """An invariant that excludes ``bad``, found on as few fields as suffice; a proposal, no proof.

    A system with fewer fields, and without the guards that speak of the others, can do more: what it cannot reach the
    whole cannot.  Fields are added until the goal is excluded.

    :raises Unproved: where the bad states of the whole system can be reached, or Spacer does not know.
    """
    kept = _closed(system, _names(system, bad))
    while True:
        part = restricted(system, kept)
        wider = _closed(system, kept | _guarding(system, part, kept))
        try:
            return propose(part, bad, milliseconds)
        except Unproved:
            if wider == kept:
                raise
        kept = wider


def _names(system: System, formula: z3.ExprRef) -> frozenset[str]:
    """The fields that the formula speaks of."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [formula]
    while waiting:
        node = waiting.pop()
        if node.get_id() in seen:
            continue
        seen.add(node.get_id())
        if z3.is_const(node) and (name := node.decl().name()) in system.state.terms:
            found.add(name)
        waiting += node.children()
    return frozenset(found)


def _closed(system: System, kept: frozenset[str]) -> frozenset[str]:
    """With the fields that changes of the kept ones are computed from."""
    while True:
        terms = [term for move in system.moves for name, term in move.changes.items() if name in kept]
        wider = kept.union(*(_names(system, term) for term in terms))
        if wider == kept:
            return kept
        kept = wider


def _conjuncts(formula: z3.BoolRef) -> list[z3.BoolRef]:
    if z3.is_and(formula):
        return [part for child in formula.children() for part in _conjuncts(cast(z3.BoolRef, child))]
    return [formula]


def _guarding(system: System, part: System, kept: frozenset[str]) -> frozenset[str]:
    """The fields that guards of moves of the part speak of."""
    moving = {move.name for move in part.moves}
    return frozenset[str]().union(*(_names(system, move.guard) for move in system.moves if move.name in moving))


def restricted(system: System, kept: frozenset[str]) -> System:
    """The system on some of its fields, which can do more: moves that change none of them are left out, as are guards
    that speak of others."""

    def within(formula: z3.BoolRef) -> z3.BoolRef:
        return And(z3.BoolVal(True), *(one for one in _conjuncts(formula) if _names(system, one) <= kept))

    moves = tuple(
        Move(move.name, within(move.guard), changes)
        for move in system.moves
        if (changes := {name: term for name, term in move.changes.items() if name in kept})
    )
    terms = {name: term for name, term in system.state.terms.items() if name in kept}
    return System(system.name, Symbolic("", terms), within(system.start), moves, system.inputs)


def propose(system: System, bad: z3.BoolRef, milliseconds: int = 20_000) -> z3.BoolRef:
    """An invariant that excludes ``bad``, by Spacer; a proposal, no proof.

    :raises Unproved: where the bad states can be reached, or Spacer does not know.
    """
    engine = z3.Fixedpoint()
    # Without these the answer speaks of a smaller system than ours.
    engine.set("engine", "spacer", "timeout", milliseconds)
    engine.set("xform.slice", False, "xform.inline_linear", False, "xform.inline_eager", False)
    terms = system.terms()
    reached = z3.Function("reached", *[term.sort() for term in terms], z3.BoolSort())
    engine.register_relation(reached)
    engine.declare_var(*terms, *system.inputs)
    engine.rule(reached(*terms), [system.start])
    for move in system.moves:
        new = [move.changes.get(name, term) for name, term in system.state.terms.items()]
        engine.rule(reached(*new), [reached(*terms), move.guard])
    try:
        answer = engine.query(And(reached(*terms), bad))
    except z3.Z3Exception as interrupted:  # out of time
        raise Unproved("unknown") from interrupted
    if answer != z3.unsat:
        raise Unproved("reachable" if answer == z3.sat else "unknown")
    return z3.substitute_vars(engine.get_cover_delta(-1, reached), *terms)


def obligations(system: System, name: str, invariant: z3.BoolRef, bad: z3.BoolRef) -> list[Obligation]:
    """Initiation, consecution move by move, safety."""
    found = [obligation(f"{name}: initiation", system.start, Not(invariant), part=INITIATION)]
    for number, move in enumerate(system.moves):
        if system.after(move, invariant).eq(invariant):
            continue  # the move changes nothing that the invariant speaks of
        changes = [(system.state.terms[field], term) for field, term in move.changes.items()]
        label = f"{name}: consecution {number}: {move.name}"
        found.append(consecution(label, move.name, invariant, move.guard, changes))
    found.append(obligation(f"{name}: safety", invariant, bad))
    return found


@dataclass(frozen=True)
class Moment:
    """One step of a witness: the move that led here (none at the start) and the fields' values, as z3 constants."""

    move: str
    values: Mapping[str, z3.ExprRef]


class ReplayError(Exception):
    """A witness that the system does not allow: the solver's model is no run."""


PATIENCE = 5_000
"""Milliseconds that z3 is given for one question about a changed model."""


def asked(*formulas: z3.BoolRef) -> z3.Solver:
    """A solver that thinks about these formulas for no longer than :data:`PATIENCE`."""
    solver = z3.Solver()
    solver.set("timeout", PATIENCE)
    solver.add(*formulas)
    return solver


def possible(*formulas: z3.BoolRef) -> bool:
    """Whether z3 finds that these hold somewhere together; what it cannot say counts as no."""
    return asked(*formulas).check() == z3.sat


def witness(system: System, goal: z3.BoolRef, depth: int) -> tuple[Moment, ...]:
    """A shortest run to a state of ``goal``, of at most ``depth`` moves; empty where there is none.

    :raises Unproved: where the solver does not know.
    """
    return witnesses(system, {"": goal}, depth)[""]


def witnesses(system: System, goals: Mapping[str, z3.BoolRef], depth: int) -> dict[str, tuple[Moment, ...]]:
    """A shortest run to each goal, all found in one unrolling.

    :raises Unproved: where the solver does not know.
    """
    solver = z3.Solver()
    relation = _relation(system)
    layers = [_layer(system, 0)]
    solver.add(z3.substitute(system.start, *_pairs(system, layers[0])))
    found: dict[str, tuple[Moment, ...]] = dict.fromkeys(goals, ())
    for step in range(depth + 1):
        for name in [name for name, run in found.items() if not run]:
            solver.push()
            solver.add(z3.substitute(goals[name], *_pairs(system, layers[-1])))
            answer = solver.check()
            if answer == z3.sat:
                found[name] = _run(system, solver.model(), layers)
            elif answer == z3.unknown:
                raise Unproved("unknown")
            solver.pop()
        if all(found.values()):
            break
        layers.append(_layer(system, step + 1))
        solver.add(_step(system, relation, step, layers))
    return found


def soonest(system: System, goals: Mapping[str, z3.BoolRef], depth: int) -> tuple[str, tuple[Moment, ...]] | None:
    """The goal that a shortest run of at most ``depth`` moves leads to, and this run; nothing where there is none.

    :raises Unproved: where the solver does not know.
    """
    run = witness(system, Or(list(goals.values())), depth)
    if not run:
        return None
    last = list(zip(system.terms(), run[-1].values.values(), strict=True))
    name = next(name for name, goal in goals.items() if z3.is_true(z3.simplify(z3.substitute(goal, *last))))
    return name, run


Layer = dict[str, z3.ExprRef]


def _layer(system: System, step: int) -> Layer:
    return {name: z3.Const(f"{name}@{step}", term.sort()) for name, term in system.state.terms.items()}


def _pairs(system: System, layer: Mapping[str, z3.ExprRef]) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    return [(term, layer[name]) for name, term in system.state.terms.items()]


def _relation(system: System) -> z3.BoolRef:
    """Exactly one move is taken, and each field that it does not change stays; over the fields before and after."""
    picks = [_pick(None, number) for number in range(len(system.moves))]
    after = {name: _later(name, term) for name, term in system.state.terms.items()}
    facts: list[z3.BoolRef] = [z3.PbEq([(pick, 1) for pick in picks], 1)]
    changers: dict[str, list[z3.BoolRef]] = {name: [] for name in system.state.terms}
    for pick, move in zip(picks, system.moves, strict=True):
        facts.append(Implies(pick, move.guard))
        for name, term in move.changes.items():
            changers[name].append(pick)
            facts.append(Implies(pick, after[name] == term))
    facts += [Or(*found, after[name] == system.state.terms[name]) for name, found in changers.items()]
    return And(facts)


def _later(name: str, term: z3.ExprRef) -> z3.ExprRef:
    return z3.Const(f"{name}@next", term.sort())


def _step(system: System, relation: z3.BoolRef, step: int, layers: list[Layer]) -> z3.BoolRef:
    """The relation between the last two layers, by one substitution: they are dear."""
    later = [(_later(name, term), layers[-1][name]) for name, term in system.state.terms.items()]
    inputs = [(term, z3.Const(f"{term.decl().name()}@{step}", term.sort())) for term in system.inputs]
    picks = [(_pick(None, number), _pick(step, number)) for number in range(len(system.moves))]
    return z3.substitute(relation, *_pairs(system, layers[-2]), *later, *inputs, *picks)


def _pick(step: int | None, number: int) -> z3.BoolRef:
    return z3.Bool(f"move {number}" if step is None else f"move {number}@{step}")


def _run(system: System, model: z3.ModelRef, layers: list[Layer]) -> tuple[Moment, ...]:
    """The run of a solver's model; each of its steps is evaluated again.

    :raises ReplayError: for a step that the system does not allow.
    """

    def value(term: z3.ExprRef) -> z3.ExprRef:
        return model.eval(term, model_completion=True)

    moments: list[Moment] = []
    for step, layer in enumerate(layers):
        values = {field: value(term) for field, term in layer.items()}
        if not step:
            _confirm("start", system.start, _pairs(system, values))
            moments.append(Moment("", values))
            continue
        move = next(m for n, m in enumerate(system.moves) if z3.is_true(value(_pick(step - 1, n))))
        picked = [(term, value(z3.Const(f"{term.decl().name()}@{step - 1}", term.sort()))) for term in system.inputs]
        before = _pairs(system, moments[-1].values) + picked
        kept = {name: move.changes.get(name, term) for name, term in system.state.terms.items()}
        _confirm(move.name, And(move.guard, *(values[name] == term for name, term in kept.items())), before)
        moments.append(Moment(move.name, values))
    return tuple(moments)


def _confirm(name: str, formula: z3.BoolRef, values: list[tuple[z3.ExprRef, z3.ExprRef]]) -> None:
    if not z3.is_true(z3.simplify(z3.substitute(formula, *values))):
        raise ReplayError(f"{name} is not possible")
