"""Which clauses a run put at stake: the peer could have broken them, and it would have been seen."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import z3

from rfc5077.model.clause import Clause
from rfc5077.model.clauses import binding
from rfc5077.model.event import (
    FATAL,
    Content,
    Event,
    EventTerm,
    Exchange,
    Extension,
    Message,
    Offer,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.run.monitor import Track, expand
from rfc5077.model.run.party import conduct, term_of
from rfc5077.model.run.says import SAYS, alert

M = Message


@cache
def utterances(party: Party) -> tuple[tuple[Event, ...], ...]:
    """What a party might do, right and wrong, that can be seen; each with all that it may be to who sees it."""
    plain = [event for event in SAYS[party] if not event.resumes and event.exchange is Exchange.EPHEMERAL]
    wrong = [event.but(content=Content.WRONG) for event in plain]
    hellos = [event for event in plain if event.message in (M.ClientHello, M.ServerHello)]
    kinds = (Extension.REPEATED, Extension.FILLED, Extension.WRAPPED, Extension.ANOTHERS)
    odd = [event.but(extension=kind) for event in hellos for kind in kinds]
    omitting = [event.but(omits_ticket=True) for event in wrong if event.message is M.Finished]
    offers = [Event(sender=party, message=M.NextClientHello, offer=offer) for offer in Offer]
    beside = [Event(sender=party, message=message) for message in (M.Silence, M.Close)]
    ids = [event.but(session_id=kind) for event in hellos for kind in SessionId]
    tickets = [Event(sender=party, message=M.NewSessionTicket, ticket=ticket) for ticket in Ticket]
    alerts = [alert(party, alarm) for alarm in FATAL]
    everything = dict.fromkeys([*plain, *wrong, *odd, *omitting, *offers, *beside, *ids, *tickets, *alerts])
    return tuple(map(expand, everything))


@cache
def at_stake(party: Party, track: Track) -> frozenset[str]:
    """The ids of clauses that some utterance would certainly break where the party is."""
    if track.strayed or track.doubt:
        return frozenset()
    owes = conduct(party)
    found: set[int] = set()
    for looks in utterances(party):
        held = [owes.check(state, event.codes) for state in track.states for event in looks]
        found |= {place for place, kept in enumerate(zip(*held, strict=True)) if not any(kept)}
    return frozenset(owes.clauses[place].id for place in found)


def exercised(party: Party, tracks: Iterable[Track]) -> frozenset[str]:
    """The ids of the clauses that were at stake somewhere."""
    found: frozenset[str] = frozenset()
    return found.union(*(at_stake(party, track) for track in tracks))


def untouched(party: Party, tracks: Iterable[Track]) -> tuple[Clause, ...]:
    """The mechanised clauses that bind the party and were never at stake, in reading order."""
    touched = exercised(party, tracks)
    return tuple(entry for entry in binding(party) if entry.id not in touched)


@cache
def unbreakable(party: Party) -> frozenset[str]:
    """The ids of clauses that nothing which the party says can break, by proof: they speak of what nobody sees.

    What breaks them shows later, as a breach of another clause.
    """
    seen = [message for message in M if message not in (M.Conclusion, M.Verification)]
    state, event = term_of(party), EventTerm("event")
    found = set()
    for entry in binding(party):
        if entry.constraint is not None:
            solver = z3.Solver()
            solver.add(event.sends(party, *seen), z3.Not(entry.constraint(state, event)))
            if solver.check() == z3.unsat:
                found.add(entry.id)
    return frozenset(found)
