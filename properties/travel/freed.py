"""Whether dropping a class alone frees a party to do what it does: asked of the monitor, and then of z3."""

from __future__ import annotations

from functools import cache

import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import BY_ID, binding
from rfc5077.model.event import Event, EventTerm, Party
from rfc5077.model.logic import Codes, plain
from rfc5077.model.run.monitor import Monitor, expand
from rfc5077.model.run.party import PARTIES, conduct, judged, term_of
from rfc5077.model.state import Client, Server
from rfc5077.properties.travel.offence import Ids, Offence


def freed(offence: Offence) -> bool:
    """Whether z3 finds that every other clause permits the offence, in a state that the run may have led to."""
    place = opening(offence)
    return place is not None and _confirmed(offence, *place)


def opening(offence: Offence) -> tuple[Codes, Event] | None:
    """A state in which the monitor without the class permits the offence, and that in full; None if none does."""
    monitor = Monitor(frozenset(offence.ids))
    for event in offence.run[:-1]:
        monitor.feed((event,))
    track = monitor.node.tracks[PARTIES.index(offence.party)]
    if track.strayed or track.doubt:
        return None
    own, grave = conduct(offence.party), _grave(offence.ids)
    for state in sorted(track.states):
        for event in expand(offence.event):
            broken = {entry.id for entry in own.breaks(state, event) if entry.verdict in grave}
            if broken and broken.issubset(offence.ids):
                return state, event
    return None


@cache
def _grave(ids: Ids) -> tuple[Verdict, ...]:
    """What else counts as forbidden: violations, and whatever is no lighter than the class itself."""
    order = (Verdict.VIOLATION, Verdict.ADVICE, Verdict.NOTE)
    return order[: 1 + min(order.index(BY_ID[id].verdict) for id in ids if BY_ID[id].constraint is not None)]


def _confirmed(offence: Offence, state: Codes, event: Event) -> bool:
    """Whether z3 finds the class broken, and every other clause kept."""
    values = _constants(offence.party, state, event)
    term, said = term_of(offence.party), EventTerm("event")
    broken = {
        entry.id for entry in binding(offence.party)
        if entry.verdict in _grave(offence.ids)
        and not z3.is_true(z3.simplify(z3.substitute(judged(entry, term, said), *values)))
    }  # fmt: skip
    return bool(broken) and broken.issubset(offence.ids)


def _constants(party: Party, state: Codes, event: Event) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    kept = (Client if party is PARTIES[0] else Server).from_codes(state)
    pairs = [(term_of(party).terms[name], plain(value)) for name, value in kept.values().items()]
    return pairs + [(EventTerm("event").terms[name], plain(value)) for name, value in event.values().items()]
