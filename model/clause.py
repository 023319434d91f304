"""What a clause is: a catalogue entry and, wherever a trace can decide it, one named constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import z3

from rfc5077.model.event import EventTerm, Party
from rfc5077.model.state import ClientTerm, PartyTerm, ServerTerm


class Level(Enum):
    """How the document says it (capital keyword, lowercase word, plain text, or our own derivation)."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"
    RECOMMENDED = "RECOMMENDED"
    LC_MUST = "must (lower case)"
    LC_SHOULD = "should (lower case)"
    LC_MAY = "may (lower case)"
    PROSE = "plain text"
    DERIVED = "derived"
    CORNER = "corner case"


class Verdict(Enum):
    """What it means when a clause is not followed."""

    VIOLATION = "violation"
    ADVICE = "advice"
    NOTE = "note"


class Binds(Enum):
    """Whom a clause binds."""

    CLIENT = "client"
    SERVER = "server"
    BOTH = "both"
    DEPLOYER = "deployer"

    def covers(self, party: Party) -> bool:
        """Whether the clause binds this party."""
        return self is Binds.BOTH or self.value == party.name.lower()


class Observer(Enum):
    """The weakest observer that can tell whether a clause is followed."""

    WIRE = "one connection's wire"
    PAIR = "the wire of several connections of a pair"
    KEYS = "the wire with keys"
    DRIVING_CLIENT = "a client that drives the server"
    DRIVING_SERVER = "a server that drives the client"
    INSPECTION = "inspection alone"


_VIOLATIONS = (Level.MUST, Level.MUST_NOT, Level.PROSE, Level.DERIVED)
_PERMISSIONS = (Level.MAY, Level.LC_MAY)

Constraint = Callable[[ServerTerm, EventTerm], z3.BoolRef] | Callable[[ClientTerm, EventTerm], z3.BoolRef]


@dataclass(frozen=True)
class Clause:
    """One statement of a document.

    ``constraint`` holds over the state of the party that is bound, before the event, and the event; ``reason`` says why
    there is none.  ``family`` names the class of clauses that restate each other.  ``general`` marks the rules of order
    that every misplaced message breaks: a more specific clause is named before them.
    """

    id: str
    level: Level
    binds: Binds
    observer: Observer
    text: str
    verdict: Verdict
    constraint: Callable[[PartyTerm, EventTerm], z3.BoolRef] | None = None
    reason: str = ""
    family: str = ""
    general: bool = False

    @property
    def document(self) -> str:
        """The number of the RFC, or ``K`` for a corner case."""
        return self.id.split("-")[0].removeprefix("R")

    @property
    def section(self) -> str:
        """The section of the document; empty for a corner case."""
        parts = self.id.split("-")
        return parts[1] if len(parts) == 3 else ""

    @property
    def mechanised(self) -> bool:
        """Whether a constraint decides the clause."""
        return self.constraint is not None

    @property
    def permission(self) -> bool:
        """Whether the clause permits rather than binds."""
        return self.level in _PERMISSIONS


T = TypeVar("T", ServerTerm, ClientTerm, PartyTerm)


@dataclass(frozen=True)
class clause:
    """Decorator that makes a :class:`Clause` of a constraint; it registers nothing."""

    id: str
    level: Level
    binds: Binds
    observer: Observer
    text: str
    verdict: Verdict | None = None
    family: str = ""
    general: bool = False

    def __call__(self, constraint: Callable[[T, EventTerm], z3.BoolRef]) -> Clause:
        return Clause(
            self.id, self.level, self.binds, self.observer, self.text, self.verdict or verdict_of(self.level),
            constraint=constraint,  # type: ignore[arg-type]  # a clause is only ever applied to the party it binds
            family=self.family, general=self.general,
        )  # fmt: skip


def stated(id: str, level: Level, binds: Binds, observer: Observer, text: str, reason: str, family: str = "",
           verdict: Verdict | None = None) -> Clause:  # fmt: skip
    """A catalogue entry without a constraint of its own, with the reason."""
    return Clause(id, level, binds, observer, text, verdict or verdict_of(level), reason=reason, family=family)


def verdict_of(level: Level) -> Verdict:
    """What follows from the level alone when a clause is not followed."""
    if level in _VIOLATIONS:
        return Verdict.VIOLATION
    return Verdict.NOTE if level in _PERMISSIONS or level is Level.CORNER else Verdict.ADVICE
