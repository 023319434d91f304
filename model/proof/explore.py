"""Breadth-first search over the joint states, by the compiled rules.

What it finds is only a proposal: that the reachable set is an invariant is proved by the solvers, rule by rule.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rfc5077.model.logic import Codes
from rfc5077.model.proof.joint import STATE, Rule, World
from rfc5077.model.proof.rules import rules
from rfc5077.model.run.compiled import Function, compiled
from rfc5077.model.state import Client, Server

Triple = tuple[Codes, Codes, Codes]
"""A joint state: the codes of client, server and channel."""

RECORDS = (STATE.client, STATE.server, STATE.world)
CUTS = (len(Client.fields()), len(Client.fields()) + len(Server.fields()))


@dataclass(frozen=True)
class Moves:
    """The rules as Python: which are possible in a joint state, and where each leads."""

    rules: tuple[Rule, ...]
    guards: Function
    results: tuple[Function, ...]

    def after(self, state: Triple) -> list[tuple[int, Triple]]:
        """The numbers of the rules that are possible, with the state after each."""
        found = []
        for number, possible in enumerate(self.guards(*state)):
            if possible:
                codes = self.results[number](*state)
                found.append((number, split(tuple(map(int, codes)))))
        return found


def split(codes: Codes) -> Triple:
    """One tuple of codes as those of client, server and channel."""
    return codes[: CUTS[0]], codes[CUTS[0] : CUTS[1]], codes[CUTS[1] :]


@cache
def moves(without: frozenset[str] = frozenset()) -> Moves:
    """The compiled rules where the clauses of the given ids do not bind."""
    found = rules(without)
    return Moves(found, compiled([rule.guard for rule in found], *RECORDS), _results())


@cache
def _results() -> tuple[Function, ...]:
    """Where the moves lead: no clause changes that."""
    return tuple(compiled(rule.result.terms(), *RECORDS) for rule in rules())


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
    steps = moves(without)
    parents: dict[Triple, tuple[Triple, int] | None] = dict.fromkeys(starts(without))
    waiting = deque(parents)
    while waiting:
        state = waiting.popleft()
        for number, reached in steps.after(state):
            if reached not in parents:
                parents[reached] = (state, number)
                if stop is not None and stop(reached):
                    return Explored(parents, steps, starts(without))
                waiting.append(reached)
    return Explored(parents, steps, starts(without))
