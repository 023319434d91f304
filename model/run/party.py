"""One party's part of the model, compiled: how its state moves, and which of its clauses an event breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import z3

from rfc5077.model.clause import Clause, Verdict
from rfc5077.model.clauses import binding
from rfc5077.model.event import CLIENT, SERVER, EventTerm, Message, Party
from rfc5077.model.flows import Position
from rfc5077.model.logic import Codes
from rfc5077.model.run.compiled import Function, compiled
from rfc5077.model.run.says import conclusion, verification
from rfc5077.model.state import Client, ClientTerm, PartyTerm, Server, ServerTerm, step

M = Message


class Said(Protocol):
    """What somebody said, as a concrete record."""

    codes: Codes

    @property
    def sender(self) -> Party:
        """Who said it."""


@dataclass(frozen=True)
class Conduct:
    """One party's mechanics and its clauses, as Python over codes.

    ``move`` takes the codes of state and event to those of the next state; ``check`` gives one truth value for each of
    ``clauses``.  ``unseen`` are the steps that the party may take without anybody seeing them.
    """

    party: Party
    clauses: tuple[Clause, ...]
    move: Function
    check: Function
    unseen: tuple[Said, ...] = ()

    def breaks(self, state: Codes, event: Said) -> tuple[Clause, ...]:
        """The clauses that the party breaks by this event of its own, the most telling first."""
        if event.sender is not self.party:
            return ()
        held = self.check(state, event.codes)
        return tuple(entry for entry, holds in zip(self.clauses, held, strict=True) if not holds)

    def permits(self, state: Codes, event: Said) -> bool:
        """Whether no clause of the class ``violation`` speaks against the event."""
        return all(entry.verdict is not Verdict.VIOLATION for entry in self.breaks(state, event))

    def settle(self, states: Iterable[Codes]) -> frozenset[Codes]:
        """The states, and all that the party may have reached from them by steps that nobody sees."""
        found = set(states)
        waiting = list(found)
        while waiting:
            state = waiting.pop()
            for unseen in self.unseen:
                if self.permits(state, unseen):
                    reached = self.move(state, unseen.codes)
                    if reached not in found:
                        found.add(reached)
                        waiting.append(reached)
        return frozenset(found)


def term_of(party: Party) -> PartyTerm:
    """The symbolic state of a party, its fields named ``client.…`` or ``server.…``."""
    return ClientTerm("client") if party is CLIENT else ServerTerm("server")


def start_of(party: Party) -> tuple[Codes, ...]:
    """The states in which a party may begin: the server's opinion of the ticket is its own affair."""
    if party is CLIENT:
        return (Client().codes,)
    return (Server().codes, Server(honours=True).codes)


ENDS = "R5246-7.2-01"
"""The clause that binds in every handshake of a connection alike."""


def _rank(entry: Clause) -> int:
    return int(entry.general)


def judged(entry: Clause, state: PartyTerm, event: EventTerm) -> z3.BoolRef:
    """The constraint, as far as handshakes are followed: of a renegotiation only the end is judged."""
    assert entry.constraint is not None
    constraint = entry.constraint(state, event)
    if entry.id == ENDS:
        return constraint
    return z3.Or(state.position.is_(Position.RENEGOTIATION), constraint)


def conduct(party: Party, without: frozenset[str] = frozenset()) -> Conduct:
    """A party's conduct under all its clauses but those of the given ids; compiled once."""
    return _conduct(party, without)


@cache
def _conduct(party: Party, without: frozenset[str]) -> Conduct:
    state, event = term_of(party), EventTerm("event")
    clauses = tuple(sorted((entry for entry in binding(party) if entry.id not in without), key=_rank))
    constraints = [judged(entry, state, event) for entry in clauses]
    move = compiled(list(step(state, event).terms.values()), state, event)
    unseen = (verification(party), *((conclusion(False), conclusion(True)) if party is CLIENT else ()))
    return Conduct(party, clauses, move, compiled(constraints, state, event), unseen)


PARTIES = (CLIENT, SERVER)
