"""One connection with any number of handshakes: what one of them announced is nothing to the next.

On the wire every handshake stands for itself; what the server remembers is its own.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Flag, Symbolic, constant, term
from rfc5077.model.proof.unbounded import Number, System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Phase(Enum):
    """How far the handshake at hand is."""

    QUIET = "none at hand"
    ASKED = "ClientHello"
    ANNOUNCING = "ServerHello"
    ISSUING = "NewSessionTicket"


class Handshakes(Symbolic):
    """The handshake at hand, as it is on the wire and as the server remembers it, and what has ever gone wrong."""

    number = Number()
    phase = Choice(Phase.QUIET)
    asked = Flag()
    announced = Flag()
    issued = Flag()
    before = Flag()  # some earlier handshake announced a ticket
    heard = Flag()  # the server remembers that the client asked
    promised = Flag()  # the server remembers that it announced
    gave = Flag()  # the server remembers that it issued
    unasked = Flag()  # a ServerHello announced what its ClientHello did not ask for
    unannounced = Flag()  # a ticket came in a handshake that had not announced it
    unkept = Flag()  # a handshake announced a ticket and ended without


class Said(Enum):
    """What is said in a step."""

    BEGIN_ANEW = auto()
    ANSWER_HELLO = auto()
    BRING_TICKET = auto()
    END_HANDSHAKE = auto()


class StepTerm(Symbolic):
    """A step: whether the hello has the extension, and whether the server goes by an earlier handshake."""

    said = Choice(Said.BEGIN_ANEW)
    extension = Flag()
    memory = Flag()


S = fresh(Handshakes)
ANY = StepTerm("any")
Entry = Lasting[Handshakes, StepTerm]


@lasting("R5077-5.8-03")
def each_handshake_announces_for_itself(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(s.said.is_(Said.BEGIN_ANEW), Not(s.memory))


@lasting("R5077-3.2-08")
def announcement_answers_a_request(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.said.is_(Said.ANSWER_HELLO), s.extension), h.heard)


@lasting("R5077-3.3-03")
def ticket_was_announced(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(s.said.is_(Said.BRING_TICKET), h.promised)


@lasting("R5077-3.3-02")
def announced_ticket_comes(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.said.is_(Said.END_HANDSHAKE), h.promised), h.gave)


CLAUSES: tuple[Entry, ...] = (
    each_handshake_announces_for_itself,
    announcement_answers_a_request,
    ticket_was_announced,
    announced_ticket_comes,
)


def _step(said: Said) -> StepTerm:
    return StepTerm("", ANY.terms | {"said": constant(said)})


def _acts() -> tuple[Act, ...]:
    before, extension, memory = Or(S.before, S.announced), ANY.extension, ANY.memory
    return (
        Act("ClientHello", _step(Said.BEGIN_ANEW), S.phase.is_(Phase.QUIET),
            {"number": S.number + 1, "phase": term(Phase.ASKED), "asked": extension, "announced": False,
             "issued": False, "before": before, "heard": Or(extension, And(memory, S.heard)),
             "promised": And(memory, S.promised), "gave": And(memory, S.gave)}),
        Act("ServerHello", _step(Said.ANSWER_HELLO), S.phase.is_(Phase.ASKED),
            {"phase": term(Phase.ANNOUNCING), "announced": extension, "promised": Or(S.promised, extension),
             "unasked": Or(S.unasked, And(extension, Not(S.asked)))}),
        Act("NewSessionTicket", _step(Said.BRING_TICKET), S.phase.is_(Phase.ANNOUNCING),
            {"phase": term(Phase.ISSUING), "issued": True, "gave": True,
             "unannounced": Or(S.unannounced, Not(S.announced))}),
        Act("ChangeCipherSpec and Finished", _step(Said.END_HANDSHAKE), S.phase.among(Phase.ANNOUNCING, Phase.ISSUING),
            {"phase": term(Phase.QUIET), "unkept": Or(S.unkept, And(S.announced, Not(S.issued)))}),
    )  # fmt: skip


@cache
def renegotiation(without: frozenset[str] = frozenset()) -> System:
    """The server's side of any number of handshakes, where the clauses of the given ids do not bind."""
    inputs = (ANY.extension, ANY.memory)
    return compose("renegotiation", S, StepTerm, _acts(), CLAUSES, without, plainest(S), inputs)
