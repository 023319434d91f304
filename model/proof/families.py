"""The systems that outlast a connection, as the models that mutants are made of.

Systems on the same fields (one model under several sets of clauses) are one family: a mutant is a change of one move,
made in each of them that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property

import z3

from rfc5077.model.clauses import BY_ID
from rfc5077.model.logic import Codes
from rfc5077.model.proof.digest import combined, digest, digest_of_system
from rfc5077.model.proof.finite import Reached, is_finite, reach
from rfc5077.model.proof.mutation import Change, changes_of, fields_read, seen_by
from rfc5077.model.proof.theorem import Unreachable, Without
from rfc5077.model.proof.theorems import THEOREMS
from rfc5077.model.proof.unbounded import Move, System
from rfc5077.model.run.compiled import Function, compiled
from rfc5077.model.sessions.rules import CHOICES

And = z3.And
NONE: Without = frozenset()
EVERYTHING: Without = frozenset(BY_ID) | frozenset(CHOICES)
ALONE = frozenset({"client alone", "server alone"})
"""Systems of one step, whose guards are the clauses themselves."""

Parents = dict[Codes, tuple[Codes, int] | None]


@dataclass(frozen=True)
class Claim:
    """A theorem about a system, under all clauses."""

    id: str
    when: z3.BoolRef
    bad: z3.BoolRef
    lemma: z3.BoolRef | None
    depth: int

    @property
    def digest(self) -> str:
        """The digest of what it says, and of what is tried as its invariant."""
        parts = [self.when, self.bad, *([] if self.lemma is None else [self.lemma])]
        return combined([*map(digest, parts), str(self.depth)])


class Variant:
    """One system of a family, and the theorems about it.

    In a ``lawless`` one no clause binds: nothing is proved of it, but what theorems exclude has to come about there, or
    they would exclude what is impossible anyway.
    """

    def __init__(self, system: System, *, lawless: bool = False) -> None:
        self.system, self.lawless = system, lawless
        self.claims: list[Claim] = []
        self.twins: list[Claim] = []
        """The theorems whose condition has to come about in this system."""

    @cached_property
    def reached(self) -> Reached:
        """The states, where they are finitely many."""
        return reach(self.system)

    @cached_property
    def guards(self) -> Function:
        """All guards at once."""
        return compiled([move.guard for move in self.system.moves], self.system.state)

    @cached_property
    def results(self) -> list[Callable[[Codes], Codes]]:
        """Where each move leads."""
        return [result(self.system, move) for move in self.system.moves]

    @cached_property
    def bad(self) -> Function:
        """Of a state, which theorems it breaks."""
        return compiled([And(claim.when, claim.bad) for claim in self.claims], self.system.state)

    @cached_property
    def conditions(self) -> Function:
        """Of a state, which conditions are met there."""
        return compiled([claim.when for claim in self.twins], self.system.state)

    @cached_property
    def met(self) -> set[int]:
        """The conditions that come about."""
        found: set[int] = set()
        for state in self.reached.parents:
            if len(found) == len(self.twins):
                break
            found.update(n for n, met in enumerate(self.conditions(state)) if met)
        return found

    @cached_property
    def happening(self) -> set[int]:
        """The moves that happen."""
        return {n for state in self.reached.parents for n, possible in enumerate(self.guards(state)) if possible}

    @cached_property
    def told(self) -> list[tuple[int, ...]]:
        """For each theorem, the places of the fields that it speaks of."""
        terms = self.system.state.terms
        goals = [[claim.when, claim.bad] for claim in self.claims] + [[claim.when] for claim in self.twins]
        read = [fields_read(goal, frozenset(terms)) for goal in goals]
        return [tuple(place for place, name in enumerate(terms) if name in names) for names in read]

    @cached_property
    def enumerated(self) -> bool:
        """Whether the states are enumerated, and not kept in bounds by an invariant."""
        return is_finite(self.system) and all(claim.lemma is None for claim in (*self.claims, *self.twins))

    @cached_property
    def seen(self) -> frozenset[str]:
        """The fields on which a theorem can depend."""
        names = frozenset(self.system.state.terms)
        goals: list[z3.ExprRef] = [formula for claim in self.claims for formula in (claim.when, claim.bad)]
        goals += [claim.when for claim in self.twins]
        return seen_by(self.system.moves, goals, names)


@dataclass(frozen=True)
class Family:
    """Systems on the same fields."""

    name: str
    variants: tuple[Variant, ...]

    def mutants(self) -> Iterator[tuple[str, Change]]:
        """The changes of each move, by its name."""
        found: dict[tuple[str, Change], None] = {}
        for variant in self.variants:
            for move in () if variant.lawless else variant.system.moves:
                found |= {(move.name, change): None for change in changes_of(move)}
        yield from found


@cache
def families() -> tuple[Family, ...]:
    """The systems that theorems speak of; those of one step, whose guards are the clauses themselves, are left out."""
    found: dict[tuple[str, ...], dict[str, Variant]] = {}
    for theorem in THEOREMS:
        if isinstance(theorem.claim, Unreachable):
            claim = theorem.claim
            if _stem(claim.system(NONE)) in ALONE:
                continue
            own = Claim(theorem.id, claim.when, claim.bad, claim.lemma, claim.depth)
            _variant(found, claim.system(NONE)).claims.append(own)
            _variant(found, (claim.stricter or claim.system)(NONE)).twins.append(replace(own, when=claim.twin))
            excluded = replace(own, when=And(own.when, own.bad))
            if (variant := _variant(found, claim.system(EVERYTHING), lawless=True)).lawless:
                variant.twins.append(excluded)
    return tuple(_family(variants) for variants in found.values())


def _variant(found: dict[tuple[str, ...], dict[str, Variant]], system: System, *, lawless: bool = False) -> Variant:
    variants = found.setdefault(tuple(system.state.terms), {})
    return variants.setdefault(digest_of_system(system), Variant(system, lawless=lawless))


def _family(variants: dict[str, Variant]) -> Family:
    return Family(_stem(next(iter(variants.values())).system), tuple(variants.values()))


def _stem(system: System) -> str:
    """A system's name without what does not bind in it."""
    return system.name.partition(" without ")[0]


def result(system: System, move: Move) -> Callable[[Codes], Codes]:
    """Where a move leads, by codes."""
    places = [place for place, name in enumerate(system.state.terms) if name in move.changes]
    names = list(system.state.terms)
    terms = compiled([move.changes[names[place]] for place in places], system.state)

    def reached(state: Codes) -> Codes:
        codes = list(state)
        for place, value in zip(places, terms(state), strict=True):
            codes[place] = int(value)
        return tuple(codes)

    return reached


def mutated(variant: Variant, number: int, move: Move) -> System:
    """The system with one move changed."""
    moves = variant.system.moves
    return replace(variant.system, moves=(*moves[:number], move, *moves[number + 1 :]))
