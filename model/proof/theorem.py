"""What a theorem is: a statement about every state, a pair of runs, or every move, and its twin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

import z3

from rfc5077.model.proof.certificate import Obligation
from rfc5077.model.proof.joint import Rule
from rfc5077.model.proof.unbounded import System

Without = frozenset[str]


class Basis(Enum):
    """What a theorem rests on."""

    MUST = "MUST alone"
    SHOULD = "MUST and SHOULD"
    FORMAT = "the format of section 4"
    PROFILE = "a profile"


@dataclass(frozen=True)
class Always:
    """In every reachable joint state: where ``when`` holds, ``then`` holds.

    Both are functions of the clauses that do not bind, since some speak of what a party may do next.
    """

    when: Callable[[Without], z3.BoolRef]
    then: Callable[[Without], z3.BoolRef]


@dataclass(frozen=True)
class TwoRuns:
    """In any two reachable states where ``when`` holds and whose ``linked`` terms agree, the ``same`` terms agree.

    Self-composition: two independent runs of the system, which share what ``linked`` names.  ``alone`` is what holds
    in each of them, so that what is compared is determined.  ``apart`` names what the runs differ in; the twin asks for
    two such states.
    """

    when: Callable[[Without], z3.BoolRef]
    linked: Callable[[], tuple[z3.ExprRef, ...]]
    same: Callable[[Without], tuple[z3.ExprRef, ...]]
    apart: Callable[[], z3.ExprRef]
    alone: Callable[[Without], z3.BoolRef] = lambda _: z3.BoolVal(True)


@dataclass(frozen=True)
class Decreasing:
    """Every move of the protocol proper lowers the rank, which is never negative; ``when`` names the runs meant."""

    when: Callable[[Without], z3.BoolRef]
    rank: Callable[[], z3.ArithRef]
    moves: Callable[[Rule], bool]


@dataclass(frozen=True)
class Unreachable:
    """In no run of a system with clocks and counters: ``when`` and ``bad``; the twin is a run to ``when``, ``shown``.

    ``when`` is the premise that the statement names, and nothing more; what makes a run worth looking at is ``shown``,
    on which no proof may rest.  ``system`` depends on the clauses that do not bind.  ``lemma`` is an invariant written
    by hand, where Spacer finds none; like a found one it counts for nothing until both solvers have checked it.
    ``stricter`` is a system whose runs are runs of ``system`` too: the twin's is one of them.  ``depth`` bounds the
    moves of the runs that are shown.
    """

    system: Callable[[Without], System]
    when: z3.BoolRef
    bad: z3.BoolRef
    lemma: z3.BoolRef | None = None
    stricter: Callable[[Without], System] | None = None
    depth: int = 10
    shown: z3.BoolRef = field(default_factory=lambda: z3.BoolVal(True))

    @property
    def twin(self) -> z3.BoolRef:
        """What the twin's run leads to."""
        return z3.And(self.when, self.shown)


@dataclass(frozen=True)
class Certified:
    """About the model itself: that steps of one system are steps of another, as obligations.

    ``obligations`` gets what holds in every joint state on the fields ``joint``, where the claim speaks of any, and the
    clauses that do not bind.  The twin is a run of ``system`` to ``when``, of at most ``depth`` moves.
    """

    obligations: Callable[[z3.BoolRef, Without], Iterable[Obligation]]
    system: Callable[[Without], System]
    when: z3.BoolRef
    joint: tuple[str, ...] = ()
    depth: int = 12


@dataclass(frozen=True)
class Theorem:
    """A named claim: one sentence, what it rests on, and the formula.

    ``follows_from`` names what alone suffices, where a clause or two or the order of the figures do: such a theorem is
    shown but not counted.  ``formula`` is the text of a formula that the statement points to.
    """

    id: str
    statement: str
    basis: Basis
    claim: Always | TwoRuns | Decreasing | Unreachable | Certified
    follows_from: str = ""
    formula: Callable[[], str] | None = None


def fixed(formula: Callable[[], z3.BoolRef]) -> Callable[[Without], z3.BoolRef]:
    """A formula that no clause changes."""

    def same_for_all(without: Without) -> z3.BoolRef:
        return formula()

    return same_for_all
