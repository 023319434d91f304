"""Parts of a system that are alike: exchanging them turns each move into a move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import z3

from rfc5077.model.proof.unbounded import F, Move

And, Or = z3.And, z3.Or
Value = Callable[[z3.ExprRef], z3.ExprRef]


@dataclass(frozen=True)
class Exchange:
    """An exchange that undoes itself.

    ``fields`` are those of the state; ``names`` has, by field, the one that takes its place, where that is another;
    ``values`` what becomes of a field's value, where that is not the same.
    """

    fields: Mapping[str, z3.ExprRef]
    names: Mapping[str, str]
    values: Mapping[str, Value]

    def of(self, formula: F) -> F:
        """The formula over the state after the exchange, as one over the state before it."""
        return z3.substitute(
            formula, *((term, self._value(name, self.fields[self._other(name)])) for name, term in self.fields.items())
        )

    def unlike(self, move: Move, other: Move) -> z3.BoolRef:
        """True where a move, seen through the exchange, is not the other one."""
        found = [move.guard != self.of(other.guard)]
        for name, term in self.fields.items():
            theirs = self._other(name)
            if name in move.changes or theirs in other.changes:
                ours = self._value(name, move.changes.get(name, term))
                found.append(And(move.guard, ours != self.of(other.changes.get(theirs, self.fields[theirs]))))
        return Or(found)

    def _other(self, name: str) -> str:
        return self.names.get(name, name)

    def _value(self, name: str, term: z3.ExprRef) -> z3.ExprRef:
        return self.values[name](term) if name in self.values else term


def both_ways(pairs: Mapping[str, str]) -> dict[str, str]:
    """The names, and back."""
    return {**pairs, **{other: name for name, other in pairs.items()}}
