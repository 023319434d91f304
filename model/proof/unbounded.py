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
from rfc5077.model.proof.certificate import Obligation, obligation

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


def fresh(kind: type[S]) -> S:
    """The record with every field, numbers included, as a constant of the field's name."""
    terms: dict[str, z3.ExprRef] = {}
    for base in reversed(kind.__mro__):
        for name, field in vars(base).items():
            if isinstance(field, Flag):
                terms[name] = z3.Bool(name)
            elif isinstance(field, Choice):
                terms[name] = z3.Const(name, sort_of(field.kind))
            elif isinstance(field, Number):
                terms[name] = z3.Int(name)
    return kind("", terms)


@dataclass(frozen=True)
class Move:
    """One kind of step: where it is possible, and the fields that it changes; the others stay."""

    name: str
    guard: z3.BoolRef
    changes: Mapping[str, z3.ExprRef]


F = TypeVar("F", bound=z3.ExprRef)


@dataclass(frozen=True)
class System:
    """Fields, start and moves.  ``inputs`` are the values that a move picks freely."""

    name: str
    state: Symbolic
    start: z3.BoolRef
    moves: tuple[Move, ...]
    inputs: tuple[z3.ExprRef, ...] = ()

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
    answer = engine.query(And(reached(*terms), bad))
    if answer != z3.unsat:
        raise Unproved("reachable" if answer == z3.sat else "unknown")
    return z3.substitute_vars(engine.get_cover_delta(-1, reached), *terms)


def obligations(system: System, name: str, invariant: z3.BoolRef, bad: z3.BoolRef) -> list[Obligation]:
    """Initiation, consecution move by move, safety."""
    found = [obligation(f"{name}: initiation", system.start, Not(invariant))]
    for number, move in enumerate(system.moves):
        after = system.after(move, invariant)
        found.append(obligation(f"{name}: consecution {number}: {move.name}", invariant, move.guard, Not(after)))
    found.append(obligation(f"{name}: safety", invariant, bad))
    return found


@dataclass(frozen=True)
class Moment:
    """One step of a witness: the move that led here (none at the start) and the fields' values, as z3 constants."""

    move: str
    values: Mapping[str, z3.ExprRef]


def witness(system: System, goal: z3.BoolRef, depth: int) -> tuple[Moment, ...]:
    """A shortest run to a state of ``goal``, of at most ``depth`` moves; empty where there is none.

    :raises Unproved: where the solver does not know.
    """
    solver = z3.Solver()
    layers = [_layer(system, 0)]
    solver.add(z3.substitute(system.start, *_pairs(system, layers[0])))
    picks: list[z3.ArithRef] = []
    for step in range(depth + 1):
        solver.push()
        solver.add(z3.substitute(goal, *_pairs(system, layers[-1])))
        answer = solver.check()
        if answer == z3.sat:
            return _run(system, solver.model(), layers, picks)
        if answer == z3.unknown:
            raise Unproved("unknown")
        solver.pop()
        picks.append(z3.Int(f"move@{step}"))
        layers.append(_layer(system, step + 1))
        solver.add(_step(system, step, layers, picks[-1]))
    return ()


Layer = dict[str, z3.ExprRef]


def _layer(system: System, step: int) -> Layer:
    return {name: z3.Const(f"{name}@{step}", term.sort()) for name, term in system.state.terms.items()}


def _pairs(system: System, layer: Layer) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    return [(term, layer[name]) for name, term in system.state.terms.items()]


def _step(system: System, step: int, layers: list[Layer], pick: z3.ArithRef) -> z3.BoolRef:
    before, after = layers[-2], layers[-1]
    inputs = [(term, z3.Const(f"{term.decl().name()}@{step}", term.sort())) for term in system.inputs]
    pairs = _pairs(system, before) + inputs
    choices = []
    for number, move in enumerate(system.moves):
        kept = {name: move.changes.get(name, term) for name, term in system.state.terms.items()}
        same = [after[name] == z3.substitute(term, *pairs) for name, term in kept.items()]
        choices.append(And(pick == number, z3.substitute(move.guard, *pairs), *same))
    return Or(choices)


def _run(system: System, model: z3.ModelRef, layers: list[Layer], picks: list[z3.ArithRef]) -> tuple[Moment, ...]:
    moments = []
    for step, layer in enumerate(layers):
        name = ""
        if step:
            number = model.eval(picks[step - 1], model_completion=True)
            name = next(m.name for n, m in enumerate(system.moves) if z3.is_true(z3.simplify(number == n)))
        values = {field: model.eval(term, model_completion=True) for field, term in layer.items()}
        moments.append(Moment(name, values))
    return tuple(moments)
