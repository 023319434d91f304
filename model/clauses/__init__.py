"""The catalogue: every clause, in the order of the documents; one room per section of RFC 5077, one per other RFC."""

from __future__ import annotations

from types import ModuleType

from rfc5077.model.clause import Clause, Verdict
from rfc5077.model.clauses import (
    appendix_a,
    corner_cases,
    corner_cases_of_sessions,
    rfc5246,
    rfc5246_hellos,
    rfc5246_proofs,
    rfc5746,
    rfc6066,
    rfc7301,
    rfc7627,
    rfc8446,
    rfc8447,
    rfc9325,
    section_1,
    section_3,
    section_3_1,
    section_3_2,
    section_3_3,
    section_3_4,
    section_4,
    section_5,
)
from rfc5077.model.event import Party

ROOMS = (
    section_1,
    section_3,
    section_3_1,
    section_3_2,
    section_3_3,
    section_3_4,
    section_4,
    section_5,
    appendix_a,
    rfc5246,
    rfc5246_hellos,
    rfc5246_proofs,
    rfc7627,
    rfc6066,
    rfc7301,
    rfc5746,
    rfc8446,
    rfc8447,
    rfc9325,
    corner_cases,
    corner_cases_of_sessions,
)


def _of(room: ModuleType) -> tuple[Clause, ...]:
    return tuple(value for value in vars(room).values() if isinstance(value, Clause))


CATALOGUE: tuple[Clause, ...] = tuple(entry for room in ROOMS for entry in _of(room))
"""Every entry, in reading order."""

BY_ID = {entry.id: entry for entry in CATALOGUE}


def binding(party: Party, verdict: Verdict | None = None) -> tuple[Clause, ...]:
    """The clauses with a constraint over states and events that bind a party, of one verdict or of all."""
    return tuple(
        entry
        for entry in CATALOGUE
        if entry.constraint is not None and entry.binds.covers(party) and verdict in (None, entry.verdict)
    )


def binding_by_hellos(party: Party) -> tuple[Clause, ...]:
    """The clauses with a constraint over the parameters of the hellos that bind a party."""
    return tuple(entry for entry in CATALOGUE if entry.hellos is not None and entry.binds.covers(party))


def family(entry: Clause) -> tuple[Clause, ...]:
    """The clauses that say the same as this one, itself included."""
    return tuple(other for other in CATALOGUE if other is entry or (entry.family and other.family == entry.family))
