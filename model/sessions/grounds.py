"""What a theorem about sessions may rest on: the rows that its basis leaves out do not bind in its system."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.clause import Clause, Verdict
from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.theorem import Basis, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.rules import CHOICES, RULES
from rfc5077.model.sessions.steps import sessions


def _is_format(clause: Clause) -> bool:
    return clause.document == "5077" and clause.section == "4"


def _is_deployment(clause: Clause) -> bool:
    """Advice for whoever runs servers: RFC 9325, and RFC 5077 on keys."""
    return clause.document == "9325" or clause.section == "5.5"


def left_out(basis: Basis) -> frozenset[str]:
    """The ids of the rows that a theorem of this basis does not rest on."""
    if basis is Basis.PROFILE:
        return frozenset()
    found = set(CHOICES)
    for name in {rule.id for rule in RULES} - found:
        clause = BY_ID[name]
        advice = clause.verdict is not Verdict.VIOLATION
        should = advice and not _is_format(clause) and not _is_deployment(clause)
        rests = not advice or (should and basis is Basis.SHOULD) or (_is_format(clause) and basis is Basis.FORMAT)
        if not rests:
            found.add(name)
    return frozenset(found)


def resting_on(basis: Basis, window: int = 0, absent: frozenset[str] = frozenset()) -> Callable[[Without], System]:
    """The many-connection system under what the basis names, less ``absent`` and what is dropped."""
    absent |= left_out(basis)

    def system(without: Without) -> System:
        return sessions(without | absent, window)

    return system
