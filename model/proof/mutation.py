"""What can be wrong with a model, formula by formula: a part of a guard dropped or turned round, an update left out, a
value that is another one.

Everything is read off the formulas of moves; nothing is listed by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import cast

import z3

from rfc5077.model.proof.digest import digest
from rfc5077.model.proof.unbounded import Move

DROPPED, TURNED, LEFT_OUT, ANOTHER = "dropped", "turned round", "left out", "another value"

KILLED = ("refuted", "vacuous", "idle")
ALIKE = ("equivalent", "unread", "fewer")
FREE = ("wider", "either")
SURVIVES = "survives"
UNDECIDED = "undecided"

EQUAL, LESS, MORE, OTHERWISE = "the same steps", "fewer steps", "more steps", "other steps"
"""How the steps of a mutant compare with those of the model."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant; ``kind`` is one of :data:`KILLED`, :data:`ALIKE` or :data:`FREE`, ``survives`` or
    ``undecided``.

    Killed: ``refuted`` (a run breaks a theorem), ``vacuous`` (the condition of a theorem comes about no more), ``idle``
    (a move of the model happens no more).  Alike, so that no theorem about all runs can tell: ``equivalent`` (the same
    states are reached), ``unread`` (the same as far as the fields go that any theorem speaks of), ``fewer`` (every step
    is one of the model's, and every move and condition still comes about).  Free, as no theorem rests on it: ``wider``
    (every step of the model is one of the mutant's, and every theorem is true of it too), ``either`` (every theorem is
    true of a model that may do either).  Of what is undecided, neither a run nor a proof was found.
    """

    kind: str
    theorem: str = ""
    depth: int = 0
    why: str = ""


@dataclass(frozen=True)
class Change:
    """One thing that is wrong with a move: what was done to which part of its guard, or to the update of which field.

    ``place`` is the digest of a part of the guard, or the name of a field; ``shown`` is what a person reads.  A text
    cannot stand for a formula, since operands are in the order in which a process happened to make them.
    """

    kind: str
    place: str
    shown: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.shown or self.place} {self.kind}"

    @property
    def of_guard(self) -> bool:
        """Whether the guard is meant, and not an update."""
        return self.kind in (DROPPED, TURNED)


def conjuncts(formula: z3.BoolRef) -> list[z3.BoolRef]:
    """The parts that a guard is the conjunction of."""
    if z3.is_and(formula):
        return [part for child in formula.children() for part in conjuncts(cast(z3.BoolRef, child))]
    return [] if z3.is_true(formula) else [formula]


def text(formula: z3.ExprRef) -> str:
    """A formula in one line, whole."""
    return " ".join(formula.sexpr().split())


def changes_of(move: Move) -> Iterator[Change]:
    """All that can be wrong with a move."""
    for place, part in {digest(part): part for part in conjuncts(move.guard)}.items():
        yield Change(DROPPED, place, text(part))
        yield Change(TURNED, place, text(part))
    for name, term in move.changes.items():
        yield Change(LEFT_OUT, name)
        if another(term) is not None:
            yield Change(ANOTHER, name)


def changed(move: Move, change: Change) -> Move | None:
    """The move with the change made; nothing where it has no such part."""
    if change.of_guard:
        parts = conjuncts(move.guard)
        kept = [part for part in parts if digest(part) != change.place]
        if len(kept) == len(parts):
            return None
        turned = [z3.Not(part) for part in parts if digest(part) == change.place] if change.kind == TURNED else []
        return replace(move, guard=z3.And(z3.BoolVal(True), *kept, *turned))
    if change.place not in move.changes:
        return None
    rest = {name: term for name, term in move.changes.items() if name != change.place}
    if change.kind == ANOTHER:
        other = another(move.changes[change.place])
        if other is None:
            return None
        rest[change.place] = other
    return replace(move, changes=rest)


def another(term: z3.ExprRef) -> z3.ExprRef | None:
    """The next value of the enum; of flags and numbers nothing, as the old value is another one already."""
    sort = term.sort()
    if not isinstance(sort, z3.DatatypeSortRef):
        return None
    values = [sort.constructor(number)() for number in range(sort.num_constructors())]
    found = values[0]
    for value, following in pairwise(values):
        found = z3.If(term == value, following, found)
    return z3.simplify(found)


def fields_read(formulas: Sequence[z3.ExprRef], names: frozenset[str]) -> frozenset[str]:
    """Which of the named constants formulas speak of."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting = list(formulas)
    while waiting:
        node = waiting.pop()
        if node.get_id() in seen:
            continue
        seen.add(node.get_id())
        waiting += node.children()
        if z3.is_const(node) and node.decl().name() in names:
            found.add(node.decl().name())
    return frozenset(found)


def seen_by(moves: tuple[Move, ...], goals: list[z3.ExprRef], names: frozenset[str]) -> frozenset[str]:
    """The fields on which the truth of the goals can depend, however moves follow each other: a slice of the model."""
    kept = fields_read(goals, names)
    while True:
        wider = kept
        for move in moves:
            if not kept.isdisjoint(move.changes):
                told = [term for name, term in move.changes.items() if name in kept]
                wider |= fields_read([move.guard, *told], names)
        if wider == kept:
            return kept
        kept = wider
