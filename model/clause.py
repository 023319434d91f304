"""What a clause is: a catalogue entry and, wherever a trace can decide it, one named constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import z3

from rfc5077.model.event import EventTerm, Party
from rfc5077.model.parameters.event import HelloEventTerm
from rfc5077.model.parameters.state import ClientHelloTerm, HelloTerm, ServerHelloTerm
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
    OLD_SERVER = "server of RFC 4507"

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


class Decided(Enum):
    """What tells whether a clause is followed; the reason of an entry without a constraint goes into detail."""

    BY_CONSTRAINT = "by a constraint"
    RESTATED = "by the clauses that restate it"
    WITH_KEYS = "with keys"
    WITH_CLOCK = "with clock control"
    BY_PAIRED_RUNS = "by paired runs"
    WITH_CONTEXT = "with a second server or configuration"
    PERMISSION = "not at all: it permits"
    BY_INSPECTION = "by inspection: no trace can decide"


class Answer(Enum):
    """What a corner case says about one behaviour; where the texts leave it open, tolerance is no offence."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    UNWISE = "against advice"
    OPEN = "open"


@dataclass(frozen=True)
class Ruling:
    """One party's behaviour in a corner case, the answer, and the clauses that it rests on."""

    party: Binds
    behaviour: str
    answer: Answer
    clauses: tuple[str, ...] = ()


_VIOLATIONS = (Level.MUST, Level.MUST_NOT, Level.PROSE, Level.DERIVED)
_PERMISSIONS = (Level.MAY, Level.LC_MAY)
_DECIDED = {
    Observer.PAIR: Decided.BY_PAIRED_RUNS,
    Observer.KEYS: Decided.WITH_KEYS,
    Observer.DRIVING_CLIENT: Decided.BY_PAIRED_RUNS,
    Observer.DRIVING_SERVER: Decided.BY_PAIRED_RUNS,
    Observer.INSPECTION: Decided.BY_INSPECTION,
}
_RESTATES = {
    Decided.RESTATED: "Decided by the clauses that the rulings name.",
    Decided.PERMISSION: "Whatever a party does here is allowed or open.",
}


@dataclass(frozen=True)
class Clause:
    """One statement of a document.

    ``constraint`` holds over the state of the party that is bound, before the event, and the event; ``hellos`` is a
    constraint of the other kind, over the parameters of the hellos (:mod:`rfc5077.model.parameters`).  Where there is
    neither, or it binds what no trace shows, ``reason`` says why and ``decided`` what tells instead.  ``family`` names
    the class of clauses that restate each other.  ``general`` marks the rules of order that every misplaced message
    breaks, and other sweeping ones: a more specific clause is named before them.  ``rulings`` say what a corner case
    means for each party; their answers outrank the verdict of the level.
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
    decided: Decided = Decided.BY_CONSTRAINT
    rulings: tuple[Ruling, ...] = ()
    hellos: Callable[[HelloTerm, HelloEventTerm], z3.BoolRef] | None = None

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
        """Whether a constraint decides the clause, of either kind."""
        return self.constraint is not None or self.hellos is not None

    @property
    def permission(self) -> bool:
        """Whether the clause permits rather than binds."""
        return self.level in _PERMISSIONS or self.decided is Decided.PERMISSION


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
    rulings: tuple[Ruling, ...] = ()
    decided: Decided = Decided.BY_CONSTRAINT
    """Something else where the constraint binds what nobody sees, so that it carries proofs and no verdict."""
    reason: str = ""

    def __call__(self, constraint: Callable[[T, EventTerm], z3.BoolRef]) -> Clause:
        return Clause(
            self.id, self.level, self.binds, self.observer, self.text,
            self.verdict or verdict_of(self.level, self.binds),
            constraint=constraint,  # type: ignore[arg-type]  # a clause is only ever applied to the party it binds
            family=self.family, general=self.general, rulings=self.rulings, decided=self.decided, reason=self.reason,
        )  # fmt: skip


H = TypeVar("H", ServerHelloTerm, ClientHelloTerm, HelloTerm)


@dataclass(frozen=True)
class hello_clause:
    """Decorator that makes a :class:`Clause` of a constraint over the parameters of the hellos."""

    id: str
    level: Level
    binds: Binds
    observer: Observer
    text: str
    verdict: Verdict | None = None
    family: str = ""
    general: bool = False

    def __call__(self, constraint: Callable[[H, HelloEventTerm], z3.BoolRef]) -> Clause:
        return Clause(
            self.id, self.level, self.binds, self.observer, self.text,
            self.verdict or verdict_of(self.level, self.binds),
            family=self.family, general=self.general,
            hellos=constraint,  # type: ignore[arg-type]  # a clause is only ever applied to the party it binds
        )  # fmt: skip


def stated(id: str, level: Level, binds: Binds, observer: Observer, text: str, reason: str, family: str = "",
           verdict: Verdict | None = None, decided: Decided | None = None) -> Clause:  # fmt: skip
    """A catalogue entry without a constraint of its own, with the reason.

    ``decided`` follows from level and observer unless given.

    :raises ValueError: where it has to be given, as one connection's wire shows whether the clause is followed.
    """
    found = decided or (Decided.PERMISSION if level in _PERMISSIONS else _DECIDED.get(observer))
    if found is None:
        raise ValueError(f"{id} shows on the wire: it has a constraint, or says what decides in its place")
    judged = verdict or (Verdict.NOTE if found is Decided.PERMISSION else verdict_of(level, binds))
    return Clause(id, level, binds, observer, text, judged, reason=reason, family=family, decided=found)


def corner(id: str, observer: Observer, text: str, decided: Decided, *rulings: Ruling, reason: str = "") -> Clause:
    """A corner case without a constraint of its own; its verdict is that of the hardest ruling."""
    parties = {ruling.party for ruling in rulings}
    (binds,) = parties if len(parties) == 1 else (Binds.BOTH,)
    answers = {ruling.answer for ruling in rulings}
    verdict = Verdict.ADVICE if Answer.UNWISE in answers else Verdict.NOTE
    verdict = Verdict.VIOLATION if Answer.FORBIDDEN in answers else verdict
    return Clause(
        id, Level.CORNER, binds, observer, text, verdict, reason=reason or _RESTATES[decided], decided=decided,
        rulings=rulings,
    )  # fmt: skip


def allowed(party: Binds, behaviour: str, *clauses: str) -> Ruling:
    """The party may do this."""
    return Ruling(party, behaviour, Answer.ALLOWED, clauses)


def forbidden(party: Binds, behaviour: str, *clauses: str) -> Ruling:
    """The party breaks these clauses by this."""
    return Ruling(party, behaviour, Answer.FORBIDDEN, clauses)


def unwise(party: Binds, behaviour: str, *clauses: str) -> Ruling:
    """The party goes against the advice of these clauses."""
    return Ruling(party, behaviour, Answer.UNWISE, clauses)


def left_open(party: Binds, behaviour: str, *clauses: str) -> Ruling:
    """The texts are silent, or at odds, about this."""
    return Ruling(party, behaviour, Answer.OPEN, clauses)


def verdict_of(level: Level, binds: Binds) -> Verdict:
    """What follows from the level when a clause is not followed; a deployer is only ever advised."""
    if level in _VIOLATIONS:
        return Verdict.ADVICE if binds is Binds.DEPLOYER else Verdict.VIOLATION
    return Verdict.NOTE if level in _PERMISSIONS or level is Level.CORNER else Verdict.ADVICE
