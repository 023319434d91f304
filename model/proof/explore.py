"""Breadth-first search over the joint states, by tables derived from the rules.

What it finds is only a proposal: that the reachable set is an invariant is proved by the solvers, rule by rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rfc5077.model.proof.joint import Rule, World
from rfc5077.model.proof.rules import rules
from rfc5077.model.proof.tables import Results, Tables, Triple
from rfc5077.model.state import Client, Server


@dataclass(frozen=True)
class Moves:
    """The rules, and their tables: which are possible in a joint state, and where each leads."""

    rules: tuple[Rule, ...]
    tables: Tables

    def after(self, state: Triple) -> list[tuple[int, Triple]]:
        """The numbers of the rules that are possible, with the state after each."""
        return self.tables.after(state)


@cache
def moves(without: frozenset[str] = frozenset()) -> Moves:
    """The rules where the clauses of the given ids do not bind, with tables that fill while they are used."""
    found = rules(without)
    return Moves(found, Tables(found, _results()))


@cache
def _results() -> Results:
    """Where the moves lead: no clause changes that."""
    return Results(rules())


def starts(without: frozenset[str] = frozenset()) -> tuple[Triple, ...]:
    """The states in which a pair may begin: with any opinion of the ticket, and the traits that the clauses leave."""
    skips = (False, True) if "R5077-3.3-04" in without else (False,)
    return tuple(
        (Client(skips=client).codes, Server(honours=honours, skips=server).codes, World().codes)
        for client in skips
        for server in skips
        for honours in (False, True)
    )


@dataclass(frozen=True)
class Explored:
    """The joint states reached, in order of distance, each with the step that first led there."""

    parents: dict[Triple, tuple[Triple, int] | None]
    moves: Moves
    starts: tuple[Triple, ...]

    @property
    def states(self) -> list[Triple]:
        """The states, nearest first."""
        return list(self.parents)

    def trace(self, state: Triple) -> list[tuple[int, Triple]]:
        """The rules that lead from a start to the state, with the state after each: a shortest such run."""
        path: list[tuple[int, Triple]] = []
        step = self.parents[state]
        while step is not None:
            path.append((step[1], state))
            state = step[0]
            step = self.parents[state]
        return path[::-1]


def explore(without: frozenset[str] = frozenset(), stop: Callable[[Triple], bool] | None = None) -> Explored:
    """All joint states, or those up to the first that satisfies ``stop``."""
    return searched(moves(without), starts(without), stop)


def searched(steps: Moves, begins: tuple[Triple, ...], stop: Callable[[Triple], bool] | None = None) -> Explored:
    """The joint states that some moves reach, or those up to the first that satisfies ``stop``."""
    found = steps.tables.search(begins, stop)
    codes = steps.tables.results.codes
    triples = {numbers: codes(numbers) for numbers in found}
    parents = {
        triples[numbers]: None if origin is None else (triples[origin[0]], origin[1])
        for numbers, origin in found.items()
    }
    return Explored(parents, steps, begins)
