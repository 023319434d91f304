"""The classes of clauses that bind a move of some model: derived from the catalogue and from the systems themselves.

A class is a clause with those that restate it; dropping one of them alone would change nothing.  A choice of a deployer
on which theorems rest is a class by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from functools import cache

from rfc5077.model.attacker.attacks import ATTACKS
from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import BY_ID, CATALOGUE, family
from rfc5077.model.proof.theorem import Theorem, Unreachable, Without
from rfc5077.model.proof.theorems import THEOREMS, consistency, profiles
from rfc5077.model.proof.unbounded import System

Builder = Callable[[Without], System]

_OF_CLAUSES = (*profiles.THEOREMS, *consistency.THEOREMS)
SUBJECTS: tuple[Theorem, ...] = tuple(theorem for theorem in THEOREMS if theorem not in _OF_CLAUSES)
"""The theorems that clauses may carry.  Those that compare profiles with the clauses say that neither permits more than
the other: that they fall with any clause tells nothing of what the clause is for."""


@dataclass(frozen=True)
class ClauseClass:
    """Clauses that say the same from several sides, in the order of the catalogue, or one choice of a deployer."""

    ids: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first of its ids."""
        return self.ids[0]

    @property
    def without(self) -> Without:
        """What is dropped with it."""
        return frozenset(self.ids)


class _Asking(frozenset[str]):
    """A set of dropped ids that notes which ids it is asked about: those are the ones that can be dropped.

    It equals nothing but itself, so that no cache answers in its place.
    """

    asked: set[str]

    def __new__(cls, items: Iterable[str] = (), asked: set[str] | None = None) -> _Asking:
        self = super().__new__(cls, items)
        self.asked = set() if asked is None else asked
        return self

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __contains__(self, item: object) -> bool:
        self.asked.add(str(item))
        return super().__contains__(item)

    def __or__(self, other: Set[object]) -> _Asking:
        return _Asking(map(str, frozenset[object](self) | other), self.asked)

    __ror__ = __or__

    def __sub__(self, other: Set[object]) -> _Asking:
        return _Asking((item for item in self if item not in other), self.asked)

    def __and__(self, other: Set[object]) -> frozenset[str]:
        return frozenset(str(item) for item in other if item in self)

    __rand__ = __and__


@cache
def asked_by(builder: Builder) -> frozenset[str]:
    """The ids of the clauses and choices that a family of systems can be built without."""
    probe = _Asking()
    builder(probe)
    return frozenset(probe.asked)


@cache
def builders() -> tuple[Builder, ...]:
    """The families of systems that theorems and attacks speak of, each once."""
    claims = [theorem.claim for theorem in SUBJECTS]
    found = [claim.system for claim in claims if isinstance(claim, Unreachable)]
    return tuple(dict.fromkeys([*found, *(attack.system for attack in ATTACKS)]))


def class_of(id: str) -> ClauseClass:
    """The class of a clause or choice."""
    return ClauseClass(tuple(entry.id for entry in family(BY_ID[id])) if id in BY_ID else (id,))


@cache
def classes() -> tuple[ClauseClass, ...]:
    """Every class that has a constraint anywhere, in the order of the catalogue, the choices last.

    A constraint that only says what is worth a note forbids nothing, so there is nothing to drop.
    """
    asked = frozenset[str]().union(*(asked_by(builder) for builder in builders()))
    mechanised = {entry.id for entry in CATALOGUE if entry.mechanised and entry.verdict is not Verdict.NOTE}
    known = [entry.id for entry in CATALOGUE if entry.id in asked | mechanised]
    return tuple(dict.fromkeys(class_of(id) for id in [*known, *sorted(asked - set(BY_ID))]))
