"""One connection with any number of handshakes: what one of them announced is nothing to the next.

On the wire every handshake stands for itself; what the server remembers is its own.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

import z3

from rfc5077.model.logic import Choice, Flag, Symbolic
from rfc5077.model.proof.unbounded import Move, Number, System, fresh

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


S = fresh(Handshakes, "handshakes")
EXTENSION, MEMORY = z3.Bool("any.extension"), z3.Bool("any.memory")


def _to(**terms: z3.ExprRef | Phase | bool) -> dict[str, z3.ExprRef]:
    record = S.but(**terms)  # type: ignore[arg-type]  # numbers are terms of this record too
    return {f"{S.prefix}.{name}": record.terms[name] for name in terms}


@cache
def renegotiation(without: frozenset[str] = frozenset()) -> System:
    """The server's side of any number of handshakes, where the clauses of the given ids do not bind."""

    def bound(id: str, formula: z3.BoolRef) -> z3.BoolRef:
        return z3.BoolVal(True) if id in without else formula

    anew = bound("R5077-5.8-03", Not(MEMORY))  # each handshake announces for itself
    begins = And(S.phase.is_(Phase.QUIET), anew)
    asked = bound("R5077-3.2-08", Implies(EXTENSION, S.heard))
    issues = bound("R5077-3.3-03", S.promised)
    ends = bound("R5077-3.3-02", Implies(S.promised, S.gave))
    hello = _to(
        number=S.number + 1, phase=Phase.ASKED, asked=EXTENSION, announced=False, issued=False,
        before=Or(S.before, S.announced), heard=Or(EXTENSION, And(MEMORY, S.heard)),
        promised=And(MEMORY, S.promised), gave=And(MEMORY, S.gave),
    )  # fmt: skip
    moves = (
        Move("ClientHello", begins, hello),
        Move(
            "ServerHello", And(S.phase.is_(Phase.ASKED), asked),
            _to(phase=Phase.ANNOUNCING, announced=EXTENSION, promised=Or(S.promised, EXTENSION),
                unasked=Or(S.unasked, And(EXTENSION, Not(S.asked)))),
        ),
        Move(
            "NewSessionTicket", And(S.phase.is_(Phase.ANNOUNCING), issues),
            _to(phase=Phase.ISSUING, issued=True, gave=True, unannounced=Or(S.unannounced, Not(S.announced))),
        ),
        Move(
            "ChangeCipherSpec and Finished", And(S.phase.among(Phase.ANNOUNCING, Phase.ISSUING), ends),
            _to(phase=Phase.QUIET, unkept=Or(S.unkept, And(S.announced, Not(S.issued)))),
        ),
    )  # fmt: skip
    flags = [Not(term) for term in S.terms.values() if z3.is_bool(term)]
    start = And(S.phase.is_(Phase.QUIET), S.number == 0, *flags)
    whole = Symbolic("", {f"{S.prefix}.{name}": term for name, term in S.terms.items()})
    return System("renegotiation", whole, start, moves, (EXTENSION, MEMORY))
