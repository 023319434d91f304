"""Systems that outlast a connection: what is possible in a step, and what the clauses say of it.

A system is mechanics, what a party (or an attacker) is able to do, and what clauses demand of the steps of those who
keep to them.  A clause says so once, as a :class:`Lasting` function of the system's state and the step; no guard is
written anywhere else, so that which clause binds which step can be asked (see ``systems``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

import z3

from rfc5077.model.logic import AnyTerm, Choice, Concrete, Flag, Symbolic, constant, plain
from rfc5077.model.proof.unbounded import Move, Number, System

S = TypeVar("S")
T = TypeVar("T")
State = TypeVar("State", bound=Symbolic)
Seen = TypeVar("Seen", bound=Symbolic)
Term = AnyTerm | z3.BoolRef | z3.ArithRef
Change = Term | bool | int
"""What a field is changed to; enum values as :func:`rfc5077.model.logic.term`."""


@dataclass(frozen=True)
class Lasting(Generic[S, T]):
    """What one clause of the catalogue says about the steps of a system that outlasts a connection.

    The formula is true where the step is in order.  With a ``kind`` it speaks of steps of that kind alone; without one
    the formula itself tells of which.  Where the id is no clause's, it is that of a deployer's choice.
    """

    id: str
    formula: Callable[[S, T], z3.BoolRef]
    kind: Enum | None = None


@dataclass(frozen=True)
class lasting:
    """Decorator that makes a :class:`Lasting` of a function of state and step, for the clause of this id."""

    id: str

    def __call__(self, formula: Callable[[S, T], z3.BoolRef]) -> Lasting[S, T]:
        return Lasting(self.id, formula)


Binds = Callable[[str], z3.BoolRef]
"""Whether the clause of an id binds: true, false, or a switch of its own."""


def all_but(without: frozenset[str]) -> Binds:
    """Every clause binds but those of the given ids."""
    return lambda id: z3.BoolVal(id not in without)


def switched(id: str) -> z3.BoolRef:
    """A switch for each clause: what is proved for all their positions holds whatever clauses bind."""
    return z3.Bool(f"binds {id}")


def where(condition: z3.BoolRef, formula: z3.BoolRef) -> z3.BoolRef:
    """The formula if the condition is true, nothing if it is false, an implication where that is open."""
    if z3.is_true(condition):
        return formula
    return z3.BoolVal(True) if z3.is_false(condition) else z3.Implies(condition, formula)


def in_order(
    rows: Iterable[Lasting[S, T]], state: S, step: T, binds: Binds, kind: Enum | None = None
) -> z3.BoolRef:
    """What the rows that bind say of a step, of this kind if the rows have kinds."""
    asked = [(binds(row.id), row) for row in rows if row.kind is kind]
    said = [where(on, row.formula(state, step)) for on, row in asked if not z3.is_false(on)]
    return z3.And(said) if said else z3.BoolVal(True)


@dataclass(frozen=True)
class Act:
    """A step: who says or does what, the step as clauses see it, where it is possible, what it changes.

    ``name`` is ``sender > receiver: what`` for a message, ``who: what`` for anything else; ladders are drawn by it.
    """

    name: str
    step: Concrete | Symbolic
    possible: z3.BoolRef
    changes: Mapping[str, Change]


def compose(
    name: str,
    state: State,
    step: type[Seen],
    acts: Iterable[Act],
    clauses: Sequence[Lasting[State, Seen]],
    without: frozenset[str],
    start: z3.BoolRef,
    inputs: tuple[z3.ExprRef, ...] = (),
) -> System:
    """The system of these acts, under the clauses but those of the ids left out; its name tells which."""
    absent = sorted({entry.id for entry in clauses} & without)
    name += f" without {', '.join(absent)}" if absent else ""
    moves = []
    for act in acts:
        seen = step("", act.step.terms() if isinstance(act.step, Concrete) else act.step.terms)
        guard = z3.simplify(z3.And(act.possible, in_order(clauses, state, seen, all_but(without))))
        if not z3.is_false(guard):
            moves.append(Move(act.name, guard, {field: _term(value) for field, value in act.changes.items()}))
    return System(name, state, start, tuple(moves), inputs, frozenset(absent))


def _term(value: Change) -> z3.ExprRef:
    if isinstance(value, z3.ExprRef):
        return value
    return z3.IntVal(value) if isinstance(value, int) and not isinstance(value, bool) else plain(value)


def plainest(state: Symbolic, *, numbers: int = 0) -> z3.BoolRef:
    """True where every field has its plainest value; numbers that of the argument."""
    found = []
    for base in reversed(type(state).__mro__):
        for name, field in vars(base).items():
            if isinstance(field, Flag):
                found.append(z3.Not(z3.Bool(name)))
            elif isinstance(field, Choice):
                found.append(state.terms[name] == constant(field.default))
            elif isinstance(field, Number):
                found.append(z3.Int(name) == numbers)
    return z3.And(found)
