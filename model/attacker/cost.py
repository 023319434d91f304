"""What hellos with forged tickets cost a server beyond the same hellos without: any number of them, any number of keys.

Work is counted in symmetric checks of a ticket; anything heavier counts as two at least, and so does an entry that is
kept.  What a full handshake costs anyway is left out on both sides.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Lasting, compose, lasting
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic
from rfc5077.model.proof.unbounded import Number, System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Handling(Enum):
    """What the server does with a ticket."""

    NO_TICKET = auto()
    NAME_UNKNOWN = auto()  # no key of it has the ticket's name
    CHECK_ONE = auto()  # with the key that the name tells
    CHECK_ALL = auto()  # with one key after the other
    VERIFY_HEAVILY = auto()  # by something heavier than symmetric cryptography


class StepFields:
    """A step: how a ticket is handled, and whether something of it is kept."""

    handling = Choice(Handling.NO_TICKET)
    keeps = Flag()


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """Counters, and what the server is like."""

    nameless = Number()  # hellos with forged tickets that name no key of the server
    named = Number()  # and with such that name one
    excess = Number()  # work beyond that of hellos without, in checks
    kept = Number()  # entries held on account of forged tickets
    keys = Number()  # how many ticket keys the server has
    heavy = Number()  # the checks that one heavier operation is worth


W = fresh(World)
Entry = Lasting[World, StepTerm]
G = Handling


@lasting("R5077-4-06")
def name_tells_the_key(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.handling.is_(G.CHECK_ALL))


@lasting("R5077-5.4-02")
def verification_is_light(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.handling.is_(G.VERIFY_HEAVILY))


@lasting("R5077-5-02")
def exhaustion_is_not_made_easier(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.keeps)


CLAUSES: tuple[Entry, ...] = (name_tells_the_key, verification_is_light, exhaustion_is_not_made_easier)


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    work: dict[Handling, tuple[str, z3.ArithRef]] = {
        G.NAME_UNKNOWN: ("a forged ticket, no key of that name", z3.IntVal(0)),
        G.CHECK_ONE: ("a forged ticket, checked once", z3.IntVal(1)),
        G.CHECK_ALL: ("a forged ticket, checked with every key", W.keys),
        G.VERIFY_HEAVILY: ("a forged ticket, verified heavily", W.heavy),
    }
    acts = [Act("network > server: ClientHello without ticket", Step(), z3.BoolVal(True), {})]
    for handling, (words, amount) in work.items():
        for keeps in (False, True):
            changes = {"nameless": W.nameless + 1} if handling is G.NAME_UNKNOWN else {"named": W.named + 1}
            changes |= {"excess": W.excess + amount} if handling is not G.NAME_UNKNOWN else {}
            if keeps:
                changes |= {"kept": W.kept + 1, "excess": W.excess + amount + 2}
            name = f"network > server: ClientHello, {words}" + (", something kept" if keeps else "")
            acts.append(Act(name, Step(handling=handling, keeps=keeps), z3.BoolVal(True), changes))
    start = And(W.nameless == 0, W.named == 0, W.excess == 0, W.kept == 0, W.keys >= 2, W.heavy >= 2)
    return compose("cost", W, StepTerm, acts, CLAUSES, without, start)


def too_dear() -> z3.BoolRef:
    """True where forged tickets have cost more than one check each that names a key, or have left something behind."""
    return Or(W.excess > W.named, W.kept > 0)
