"""What the systems with an attacker share: steps, what clauses say about them, and the ladder of a run.

The attacker is the network.  Whatever an honest party says reaches him, and an honest party hears what he delivers.  A
system is mechanics, what a party or the attacker is able to do, and what clauses demand of the steps of honest parties;
a clause says so once, as a :class:`Lasting` function of the system's state and the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import z3

from rfc5077.model.logic import AnyTerm, Choice, Concrete, Flag, Symbolic, constant, plain
from rfc5077.model.proof.unbounded import Moment, Move, Number, System

S = TypeVar("S", bound=Symbolic)
T = TypeVar("T", bound=Symbolic)
Term = AnyTerm | z3.BoolRef | z3.ArithRef
Change = Term | bool | int
"""What a field is changed to; enum values as :func:`rfc5077.model.logic.term`."""


@dataclass(frozen=True)
class Lasting(Generic[S, T]):
    """What one clause of the catalogue says about the steps of a system that outlasts a connection."""

    id: str
    formula: Callable[[S, T], z3.BoolRef]


@dataclass(frozen=True)
class lasting:
    """Decorator that makes a :class:`Lasting` of a function of state and step, for the clause of this id."""

    id: str

    def __call__(self, formula: Callable[[S, T], z3.BoolRef]) -> Lasting[S, T]:
        return Lasting(self.id, formula)


@dataclass(frozen=True)
class Act:
    """A step: who says or does what, the step as clauses see it, where it is possible, what it changes.

    ``name`` is ``sender > receiver: what`` for a message, ``who: what`` for anything else; ladders are drawn by it.
    """

    name: str
    step: Concrete
    possible: z3.BoolRef
    changes: Mapping[str, Change]


def compose(
    name: str,
    state: S,
    step: type[T],
    acts: Iterable[Act],
    clauses: Sequence[Lasting[S, T]],
    without: frozenset[str],
    start: z3.BoolRef,
    inputs: tuple[z3.ExprRef, ...] = (),
) -> System:
    """The system of these acts, under the clauses but those of the ids left out; its name tells which."""
    binding = [entry.formula for entry in clauses if entry.id not in without]
    absent = sorted({entry.id for entry in clauses} & without)
    name += f" without {', '.join(absent)}" if absent else ""
    moves = []
    for act in acts:
        seen = step("", act.step.terms())
        guard = z3.simplify(z3.And(act.possible, *(formula(state, seen) for formula in binding)))
        if not z3.is_false(guard):
            moves.append(Move(act.name, guard, {field: _term(value) for field, value in act.changes.items()}))
    return System(name, state, start, tuple(moves), inputs)


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


PLACES = ("client", "network", "server")


def passes_messages(run: Sequence[Moment]) -> bool:
    """Whether messages go between places in this run, so that it makes a ladder."""
    return any(" > " in moment.move for moment in run)


def ladder(run: Sequence[Moment], indent: str = "  ") -> str:
    """A run as lines: client left, network in the middle, server right; what is only done stands in brackets."""
    steps = [moment.move.partition(": ") for moment in run if moment.move]
    width = max((len(what) for parties, _, what in steps if " > " in parties), default=0) + 10
    lines = [f"{PLACES[0]:<{width - 2}}{PLACES[1]:<{width}}{PLACES[2]}"]
    for parties, _, what in steps:
        sender, _, receiver = parties.partition(" > ")
        lines.append(_arrow(sender, receiver, what, width) if receiver else _thought(sender, what, width))
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def _arrow(sender: str, receiver: str, what: str, width: int) -> str:
    ends = PLACES.index(sender), PLACES.index(receiver)
    length = (max(ends) - min(ends)) * width - 1
    lane = f"--- {what} ".ljust(length - 1, "-")
    lane = f"{lane}>" if ends[0] < ends[1] else f"<{lane}"
    return " " * (2 + min(ends) * width) + f"|{lane}|"


def _thought(who: str, what: str, width: int) -> str:
    """Beside the client, around the network's line, before the server's."""
    text, place = f"[{what}]", PLACES.index(who) * width + 2
    before = {"client": 0, "network": len(text) // 2, "server": len(text) - 1}[who]
    return " " * max(2, place - before) + text
