"""How long a thief of one session stays in: he renews its ticket again and again, each time within the ticket's life.

He has stolen the client's secret and ticket.  A ticket tells when it was sealed, and when its session began; the server
goes by what the ticket tells.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Lasting, compose, lasting
from rfc5077.model.logic import Choice, Concrete, Symbolic
from rfc5077.model.proof.unbounded import Number, System, fresh

And, Implies = z3.And, z3.Implies


class Admission(Enum):
    """What a step is, as far as a clause cares."""

    NO_ANSWER = auto()
    RESUME_ON = auto()  # and go on with the old ticket, or with one that tells the same beginning
    RESUME_AFRESH = auto()  # and seal a ticket that lets the session begin now


class StepFields:
    """A step."""

    answer = Choice(Admission.NO_ANSWER)


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """The server's clock and limits, in seconds, and the thief's ticket."""

    now = Number()
    life = Number()  # how long a ticket is honoured
    cap = Number()  # how long a session is resumed
    began = Number()  # when the session began
    sealed_at = Number()  # what the ticket tells of itself
    told = Number()  # what the ticket tells of the session's beginning
    resumed_at = Number()  # when the thief was let in last


W = fresh(World)
LATER = z3.Int("later")
Entry = Lasting[World, StepTerm]


@lasting("R9325-3.4-04")
def tickets_live_for_a_time(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.answer.among(Admission.RESUME_ON, Admission.RESUME_AFRESH), w.now - w.sealed_at <= w.life)


@lasting("R9325-3.4-05")
def sessions_live_for_a_time(w: World, s: StepTerm) -> z3.BoolRef:
    # A limit on sessions is none if renewal makes the session young again.
    within = Implies(s.answer.is_(Admission.RESUME_ON), w.now - w.told <= w.cap)
    return And(within, z3.Not(s.answer.is_(Admission.RESUME_AFRESH)))


CLAUSES: tuple[Entry, ...] = (tickets_live_for_a_time, sessions_live_for_a_time)


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    always, renewed = z3.BoolVal(True), {"resumed_at": W.now, "sealed_at": W.now}
    acts = [
        Act("network: waits", Step(), LATER > 0, {"now": W.now + LATER}),
        Act("network > server: the stolen ticket; renewed", Step(answer=Admission.RESUME_ON), always, renewed),
        Act("network > server: the stolen ticket; renewed, as if the session began now",
            Step(answer=Admission.RESUME_AFRESH), always, {**renewed, "told": W.now}),
    ]  # fmt: skip
    clocks = [W.sealed_at == W.now, W.told == W.now, W.began == W.now, W.resumed_at == W.now]
    start = And(W.now == 0, W.life >= 1, W.cap >= W.life, *clocks)
    return compose("prolongation", W, StepTerm, acts, CLAUSES, without, start, inputs=(LATER,))


def stays_too_long() -> z3.BoolRef:
    """True where the thief was let in long after the session should have ended, by tickets each of which was alive."""
    return W.resumed_at > W.began + W.cap
