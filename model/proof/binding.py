"""Under which clauses a theorem is proved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rfc5077.model.clauses import CATALOGUE
from rfc5077.model.proof.theorem import Certified, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.systems import systems


@dataclass(frozen=True)
class Binding:
    """The clauses that bind in a theorem's system, and those of the system that the theorem does without."""

    ids: frozenset[str]
    left_out: frozenset[str]


def binding(theorem: Theorem, without: Without) -> Binding:
    """What a theorem is proved under when the clauses of the given ids are dropped."""
    claim, joint = theorem.claim, frozenset(clause.id for clause in CATALOGUE if clause.mechanised)
    if not isinstance(claim, Unreachable | Certified):
        return Binding(joint - without, frozenset())
    system = claim.system(without)
    rows = _rows(system)
    left_out = rows & system.left_out - without
    if isinstance(claim, Certified) and claim.joint:
        rows |= joint
    return Binding(rows - without - left_out, left_out)


def _rows(system: System) -> frozenset[str]:
    """The ids of the clauses that speak of a system's steps; of a larger system of the same rows too."""
    known = next((one for one in systems() if re.match(rf"{re.escape(one.name)}( with(out)? .*)?$", system.name)), None)
    return frozenset(row.id for row in known.rows) if known else frozenset()
