"""What a judge says: verdicts, findings, and what led to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rfc5077.model.clause import Clause, Verdict
from rfc5077.model.clauses import family
from rfc5077.model.event import Event, Party
from rfc5077.properties.trace.abstraction import Alternatives
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.sentences import sentence

VIOLATION, ADVICE, NOTE, CONFORMANT, INCONCLUSIVE = "violation", "advice", "note", "conformant", "inconclusive"
"""The words of a verdict."""

WORDS: dict[Verdict, str] = {Verdict.VIOLATION: VIOLATION, Verdict.ADVICE: ADVICE, Verdict.NOTE: NOTE}
GRAVITY = (VIOLATION, INCONCLUSIVE, ADVICE, NOTE, CONFORMANT)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a trace: its place in the recording, counted from 1, what was seen, and what that may have been."""

    index: int
    event: RecordedEvent
    alternatives: Alternatives


@dataclass(frozen=True, slots=True)
class Finding:
    """A clause that was not followed."""

    clause: Clause
    party: Party
    connection: int
    """The connection on which it happened."""
    index: int
    """The event's place in the recording, counted from 1; 0 for a conclusion drawn at the end."""
    trace: tuple[Step, ...]
    """What led to it, the event itself last; where a ClientHello takes something from elsewhere, that connection's."""
    allowed: tuple[Event, ...]
    """What the party might have sent instead."""
    got: RecordedEvent
    waits: bool = False
    """Whether it was the other party's turn."""
    earlier: int | None = None
    """The connection from which a ClientHello takes what it must not."""
    alternatives: tuple[Clause, ...] = ()
    """Other clauses, of which one was broken in place of this one: what was seen does not tell which."""
    compared: str = ""
    """With which other run this one was compared, in a sentence; empty where the trace alone tells."""
    provoked: bool = False
    """Whether the other party had sent what this one should have refused."""
    ruling: str = ""
    """The verdict where a corner case rules otherwise than the clause; empty where the clause's own holds."""
    due: str = ""
    """What was due instead, in words, where that follows from a comparison; empty where clause and trace tell."""

    @property
    def verdict(self) -> str:
        """``violation``, ``advice`` or ``note``."""
        return self.ruling or WORDS[self.clause.verdict]

    @property
    def level(self) -> str:
        """How the document says it."""
        return self.clause.level.value

    @property
    def class_ids(self) -> tuple[str, ...]:
        """The clauses that restate each other, this one among them."""
        return tuple(entry.id for entry in family(self.clause))

    @property
    def why(self) -> str:
        """What was seen, in a sentence."""
        usual = "" if self.due else sentence(self.clause.id, self.got.message, self.provoked)
        told = usual or self.clause.text
        told = f"{told} {self.compared}" if self.compared else told
        others = " or ".join(entry.id for entry in self.alternatives)
        return f"{told} (Or it was {others}: what was seen does not tell.)" if others else told


@dataclass(frozen=True, slots=True)
class Judged:
    """One connection's verdict; ``reason`` says why it is inconclusive."""

    connection: int
    verdict: str
    findings: tuple[Finding, ...]
    reason: str = ""
    exercised: bool = True
    """Whether the server answered at all."""


def summary(connections: Iterable[Judged]) -> str:
    """The verdict on several connections: the gravest; those that were never answered count only if all were not."""
    judged = tuple(connections)
    words = {one.verdict for one in judged if one.exercised or one.findings} or {INCONCLUSIVE}
    return next(word for word in GRAVITY if word in words)


def gravest(findings: Iterable[Finding]) -> str:
    words = {finding.verdict for finding in findings}
    return next((word for word in GRAVITY if word in words), "")
