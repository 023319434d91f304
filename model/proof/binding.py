"""Under which clauses a theorem is proved."""

from __future__ import annotations

from dataclasses import dataclass

from rfc5077.model.clauses import CATALOGUE
from rfc5077.model.proof.theorem import Theorem, Unreachable, Without
from rfc5077.model.systems import systems


@dataclass(frozen=True)
class Binding:
    """The clauses that bind in a theorem's system, and those of the system that the theorem does without."""

    ids: frozenset[str]
    left_out: frozenset[str]


def binding(theorem: Theorem, without: Without) -> Binding:
    """What a theorem is proved under when the clauses of the given ids are dropped."""
    if not isinstance(theorem.claim, Unreachable):
        return Binding(frozenset(clause.id for clause in CATALOGUE if clause.mechanised) - without, frozenset())
    system = theorem.claim.system(without)
    name = system.name.partition(" without ")[0]
    rows = next(frozenset(row.id for row in one.rows) for one in systems() if one.name == name)
    left_out = rows & system.left_out - without
    return Binding(rows - without - left_out, left_out)
