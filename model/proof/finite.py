"""Systems whose fields are all flags and enums: every reachable state, an invariant of them, and shortest runs.

As in the joint model the search only proposes: that the states found are closed under the moves is left to the solvers.
A run is shown after z3 has evaluated each of its steps again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import cast

import z3

from rfc5077.model.logic import Choice, Codes, Flag, constant
from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.invariant import Diagram, Fields
from rfc5077.model.proof.unbounded import Moment, Number, System, obligations
from rfc5077.model.run.compiled import compiled


class Unconfirmed(Exception):
    """A step of a run that z3 does not confirm."""


def is_finite(system: System) -> bool:
    """Whether no field is a number, and no move picks anything."""
    fields = [field for base in type(system.state).__mro__ for field in vars(base).values()]
    return not system.inputs and not any(isinstance(field, Number) for field in fields)


@dataclass(frozen=True)
class Reached:
    """The states of a finite system in order of distance, each with the state and the move that first led there."""

    system: System
    parents: dict[Codes, tuple[Codes, int] | None]

    @cached_property
    def invariant(self) -> z3.BoolRef:
        """A formula that is true of these states and of no others."""
        return Diagram(self.parents, _fields(self.system)).formula()

    def obligations(self, name: str, bad: z3.BoolRef) -> list[Obligation]:
        """That the states found are closed under the moves, the same for all theorems, and hold no ``bad`` one."""
        return [*self._closed, obligation(f"{name}: safety", self.invariant, bad)]

    @cached_property
    def _closed(self) -> list[Obligation]:
        """Written once: the same formula may be spelled in another order when it is written anew."""
        *closed, _ = obligations(self.system, f"system {self.system.name}", self.invariant, z3.BoolVal(False))
        return closed

    def nearest(self, goal: z3.BoolRef) -> tuple[Moment, ...]:
        """A shortest run to a state of ``goal``; empty where none is reached.

        :raises Unconfirmed: where z3 does not confirm a step.
        """
        holds = compiled([goal], self.system.state)
        found = next((state for state in self.parents if holds(state)[0]), None)
        return () if found is None else self._run(found)

    def _run(self, state: Codes) -> tuple[Moment, ...]:
        path: list[tuple[int, Codes]] = []
        came = self.parents[state]
        while came is not None:
            path.append((came[1], state))
            state = came[0]
            came = self.parents[state]
        run = [Moment("", _values(self.system, state))]
        run += [Moment(self.system.moves[move].name, _values(self.system, after)) for move, after in reversed(path)]
        for (before, after), (move, _) in zip(pairwise(run), reversed(path), strict=True):
            _confirm(self.system, before, after, move)
        return tuple(run)


@lru_cache(maxsize=32)  # theorems about one system share its invariant, which is spelled anew when it is made anew
def reach(system: System) -> Reached:
    """All states that the moves reach from the one start, which is the plainest state.

    :raises Unconfirmed: where the plainest state is no start.
    """
    record = system.state
    guards = compiled([move.guard for move in system.moves], record)
    results = [_result(system, number) for number in range(len(system.moves))]
    start: Codes = (0,) * len(record.terms)
    if not z3.is_true(_evaluated(system, system.start, _values(system, start))):
        raise Unconfirmed(f"{system.name}: the plainest state is no start")
    parents: dict[Codes, tuple[Codes, int] | None] = {start: None}
    waiting = deque(parents)
    while waiting:
        state = waiting.popleft()
        for number, possible in enumerate(guards(state)):
            if possible and (after := results[number](state)) not in parents:
                parents[after] = (state, number)
                waiting.append(after)
    return Reached(system, parents)


def _result(system: System, number: int) -> Callable[[Codes], Codes]:
    changes = system.moves[number].changes
    terms = compiled([changes.get(name, term) for name, term in system.state.terms.items()], system.state)
    return lambda state: tuple(map(int, terms(state)))


def _fields(system: System) -> Fields:
    declared = system.state.fields()
    kinds = [None if isinstance(field, Flag) else field.kind for field in declared.values()]
    return list(zip(system.state.terms.values(), kinds, strict=True))


def _values(system: System, state: Codes) -> dict[str, z3.ExprRef]:
    values: dict[str, z3.ExprRef] = {}
    for (name, field), code in zip(system.state.fields().items(), state, strict=True):
        values[name] = constant(list(field.kind)[code]) if isinstance(field, Choice) else z3.BoolVal(bool(code))
    return values


def _evaluated(system: System, formula: z3.ExprRef, values: dict[str, z3.ExprRef]) -> z3.ExprRef:
    return z3.simplify(z3.substitute(formula, [(term, values[name]) for name, term in system.state.terms.items()]))


def _confirm(system: System, before: Moment, after: Moment, number: int) -> None:
    move, values = system.moves[number], cast(dict[str, z3.ExprRef], before.values)
    same = [
        _evaluated(system, move.changes.get(name, term), values).eq(z3.simplify(after.values[name]))
        for name, term in system.state.terms.items()
    ]
    if not z3.is_true(_evaluated(system, move.guard, values)) or not all(same):
        raise Unconfirmed(f"{system.name}: z3 does not confirm {move.name!r}")
