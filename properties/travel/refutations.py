"""Counterexamples of the joint model as its parties see them: the states that refute a theorem once a class is dropped.

The search has found the states, nearest first; whoever shows a run lets z3 replay it, step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice

import z3

from rfc5077.model.event import CLIENT, Content, Event, Message, Offer, Party, Ticket
from rfc5077.model.proof.classes import SUBJECTS, ClauseClass
from rfc5077.model.proof.explore import explore
from rfc5077.model.proof.joint import STATE, in_flight
from rfc5077.model.proof.necessity import confirmed
from rfc5077.model.proof.replay import Step, replayed
from rfc5077.model.proof.rules import mechanics
from rfc5077.model.proof.search import RECORDS, counterexample
from rfc5077.model.proof.tables import Triple
from rfc5077.model.proof.theorem import Always, Certified, Theorem, Unreachable
from rfc5077.model.run.compiled import compiled
from rfc5077.model.run.party import PARTIES
from rfc5077.model.run.says import SAYS, alert
from rfc5077.model.state import Client, Server
from rfc5077.properties.travel.offence import Offence, first_offence, in_doubt, word_of

M = Message
Views = tuple[tuple[Event, ...], tuple[Event, ...]]
"""What client and server have each heard and said."""

OF_ONE_CONNECTION = tuple(one for one in SUBJECTS if not isinstance(one.claim, Unreachable | Certified))
"""The theorems about one handshake."""

STATES = 3000
"""States at most of one theorem that are looked at, nearest first."""

_ELSEWHERE = tuple(Event(sender=CLIENT, message=M.NextClientHello, offer=offer) for offer in Offer)
"""What a theorem may say that a client may do next, on another connection."""


class Refutations:
    """The joint model without a class, and what falls in it."""

    def __init__(self, dropped: ClauseClass) -> None:
        self.dropped = dropped
        self._explored = explore(dropped.without)
        self._views: dict[Triple, Views] = {}

    def offences(self) -> Iterator[tuple[Offence, Theorem, Triple]]:
        """The offences of which the class is named first, each once: the nearest of each theorem before the next ones.

        A run that nobody could tell from an innocent one is left out.
        """
        seen: set[tuple[Party, tuple[Event, ...]]] = set()
        for theorem in OF_ONE_CONNECTION:
            for state in islice(self._refuting(theorem), STATES):
                for party, view in zip(PARTIES, self._view(state), strict=True):
                    for run in self._ending_in_an_offence(party, view):
                        if (party, run) not in seen:
                            seen.add((party, run))
                            if (word := word_of(party, run)) is not None:
                                yield Offence(self.dropped.ids, party, run, word, theorem.id), theorem, state

    def falls(self) -> bool:
        """Whether any theorem about one handshake falls."""
        return any(counterexample(theorem, self._explored, self.dropped.without) for theorem in OF_ONE_CONNECTION)

    def replayed(self, theorem: Theorem, state: Triple) -> tuple[Step, ...]:
        """The run to a refuting state, confirmed by z3 together with what it refutes.

        :raises ReplayError: if z3 does not confirm a step.
        :raises AssertionError: if it does not confirm that the theorem fails there.
        """
        assert confirmed(theorem, self._explored, (state,), self.dropped.without), theorem.id
        return replayed(self._explored, state)

    def _refuting(self, theorem: Theorem) -> Iterator[Triple]:
        claim, without = theorem.claim, self.dropped.without
        if isinstance(claim, Always):
            broken = compiled([z3.And(claim.when(without), z3.Not(claim.then(without)))], *RECORDS)
            yield from (state for state in self._explored.parents if broken(*state)[0])
        else:  # of a claim about two runs, one run alone tells nothing
            found = counterexample(theorem, self._explored, without)
            yield from found if len(found) == 1 else ()

    def _ending_in_an_offence(self, party: Party, view: tuple[Event, ...]) -> Iterator[tuple[Event, ...]]:
        place = first_offence(party, view, self.dropped.ids)
        if place is not None:
            yield view[: place + 1]
        elif view:  # what it does elsewhere, or what shows which clause its last message has broken
            for further in (*(_ELSEWHERE if party is CLIENT else ()), *(SAYS[party] if in_doubt(party, view) else ())):
                if first_offence(party, (*view, further), self.dropped.ids) == len(view):
                    yield (*view, further)

    def _view(self, state: Triple) -> Views:
        """What the parties have heard and said on the way to a state; worked out from its parent's."""
        path = []
        while state not in self._views and (parent := self._explored.parents[state]) is not None:
            path.append((state, parent))
            state = parent[0]
        views = self._views.setdefault(state, ((), ()))
        for reached, (before, number) in reversed(path):
            views = self._views[reached] = _further(views, before, number)
        return views


def _further(views: Views, before: Triple, number: int) -> Views:
    rule = mechanics()[number]
    if rule.event.message in (M.Verification, M.Conclusion):
        return views
    client, server = views
    event = _heard(number)(before) if rule.delivery else _said(rule.event, before)
    if (event.sender is CLIENT) != rule.delivery:
        return (*client, event), server
    return client, (*server, event)


def _said(event: Event, before: Triple) -> Event:
    """What a party says as others see it: that it leaves the ticket out of what it hashes is a trait in the model."""
    speaker = Client.from_codes(before[0]) if event.sender is CLIENT else Server.from_codes(before[1])
    if event.message is M.Finished and speaker.skips and speaker.ticket is not Ticket.NONE:
        return event.but(omits_ticket=True, content=Content.WRONG)
    return event


@cache
def _heard(number: int) -> Callable[[Triple], Event]:
    """What a delivery is to its receiver, by the state before it."""
    rule = mechanics()[number]
    if rule.event.message is M.Alert:
        return lambda _: alert(rule.event.sender)
    terms = in_flight(STATE, rule.event.sender, rule.event.message, rule.harm).terms
    codes = compiled(list(terms.values()), *RECORDS)
    return lambda before: Event.from_codes(tuple(map(int, codes(*before))))
