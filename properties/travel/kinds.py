"""Classes of clauses of which no counterexample is a conversation on one connection's wire, and why."""

from __future__ import annotations

from dataclasses import dataclass

from rfc5077.model.clause import Decided
from rfc5077.model.clauses import BY_ID
from rfc5077.model.systems import bound
from rfc5077.properties.travel.offence import Ids

ELSEWHERE = (Decided.BY_PAIRED_RUNS, Decided.WITH_CONTEXT, Decided.WITH_CLOCK)
"""Where no single conversation tells whether a clause is followed."""


@dataclass(frozen=True)
class Stay:
    """A class whose counterexamples do not reach the wire; ``kind`` in a word or two, ``why`` in a sentence."""

    ids: Ids
    kind: str
    why: str


def off_the_wire(ids: Ids) -> Stay | None:
    """Why no message of one connection breaks these clauses; None where one may."""
    entries = [BY_ID[id] for id in ids if id in BY_ID]
    if not entries:
        return Stay(ids, "choice", "It is a choice of the deployer: nobody sends it.")
    if any(entry.constraint is not None for entry in entries):
        return None
    if any(entry.hellos is not None for entry in entries):
        why = "It binds parameters of hellos, such as suites and names, which the suite's symbols leave as they are."
        return Stay(ids, "parameters", why)
    systems = dict.fromkeys(row.system for row in bound() if row.id in ids)
    if systems:
        why = f"Its counterexamples are moves of many connections, clocks or keys, no messages: {', '.join(systems)}."
        return Stay(ids, "many connections", why)
    return Stay(ids, "no model", f"No move of a model is bound by it; it is decided {entries[0].decided.value}.")
